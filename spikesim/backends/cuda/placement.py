"""Which block of a GPU takes care of which elements, and whether a network fits the fast path of
cuda_kernels/include/spikesim/fast.cuh."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ir.program import Program
from ...passes.layout import addresses, port_of
from ..base import Options
from ..memory import expected
from ..synapses import Synapses
from .device import Device

TILE = 32  # elements that a warp takes at a time
_BOARD = 64  # bytes ahead of the sums
_OTHERS = 256  # bytes of shared memory that the kernel takes besides
_NUMBERS = 2**16  # of 16 bits
# A whole sum stays below 2^30; weights that are narrower have a sign and 15 bits.
_SUM_BITS, _NARROW_BITS = 30, 15
# As many units have the largest weights of each projection, at least.
_FINEST, _NARROW_FINEST = 2**16, 2**11
# A CPU takes a step of fewer in about the 3 us that a GPU's barriers and latencies are predicted to
# take, whatever the size.
_WORTH_NEURONS, _WORTH_SYNAPSES = 2_000, 1_000_000


def launch_bound(program: Program) -> str:
    """Why a program is too small for a GPU to gain; empty if it is not."""
    sizes = {n.name: n.size for n in program.neurons}
    synapses = sum(expected(e, sizes) for e in program.edges)
    if sum(sizes.values()) >= _WORTH_NEURONS or synapses >= _WORTH_SYNAPSES:
        return ""
    return (
        f"launch-bound: a step of {sum(sizes.values())} neurons with {synapses:.0f} synapses is "
        f"over sooner than the blocks of a GPU meet; it gains from {_WORTH_NEURONS} neurons or "
        f"{_WORTH_SYNAPSES} synapses on"
    )


def tiles(program: Program) -> np.ndarray:
    """All elements, cut into what a warp takes at a time: int32 [tiles, (group, first, size)]."""
    found = [
        (k, first, min(TILE, g.size - first))
        for k, g in enumerate(program.neurons)
        for first in range(0, g.size, TILE)
    ]
    return np.array(found, np.int32).reshape(-1, 3)


@dataclass(frozen=True, eq=False)
class Placement:
    """Tiles are dealt to the blocks. slot, place int32 [tiles]: where in the block its slots start,
    and its sources, in units of TILE. where uint32 [slots]: block << 16 | slot of the block. source
    int32 [places, blocks]: the first source of each place. interval: steps between two exchanges.
    rows: of the ring of sums. n_slots, n_listed: slots of a block, and its spikes between two
    exchanges, at most. shift: bits of a step in what is listed. n_kept: exchanges remembered."""

    blocks: int
    slot: np.ndarray
    place: np.ndarray
    where: np.ndarray
    source: np.ndarray
    interval: int
    rows: int
    n_slots: int
    n_listed: int
    shift: int
    n_kept: int

    def shared_bytes(self, sum_bytes: int) -> int:
        """Of a block, for sums of so many bytes."""
        return _BOARD + self.rows * self.n_slots * sum_bytes


def placed(program: Program, blocks: int, shortest: int, longest: int) -> Placement | str:
    """The placement for delays from shortest to longest, in steps; or why there is none."""
    delivery = addresses(program)
    slots = {(g, v): start for g, v, start in delivery.slots}
    sources = {(g, e): start for g, e, start in delivery.sources}
    found = tiles(program)
    slot, place = np.zeros((2, len(found)), np.int32)
    where = np.zeros(delivery.n_slots, np.uint32)
    n_slots, lists = np.zeros(blocks, np.int64), [list[int]() for _ in range(blocks)]
    for k, (number, first, size) in enumerate(found):
        group, block = program.neurons[number], k % blocks
        slot[k], place[k] = n_slots[block], len(lists[block])
        for port in group.ports:
            start = slots[group.name, port.variable] + first
            where[start : start + size] = block << 16 | n_slots[block] + np.arange(size)
            n_slots[block] += TILE
        begins = [sources[group.name, e.name] for e in group.events
                  if (group.name, e.name) in sources]  # fmt: skip
        lists[block] += [start + first for start in begins]
    places = max(map(len, lists))
    most, rows = int(n_slots.max()), longest + 1
    if most * rows > _NUMBERS:
        return (
            f"{most} slots of a block and delays of up to {longest} steps make {most * rows} sums; "
            f"{_NUMBERS} have an address"
        )
    late = program.order.index("deliver") < program.order.index("threshold")
    listed = max(places * TILE, 1)
    if listed >= _NUMBERS:
        return f"a block has {listed} sources; it may have {_NUMBERS - 1}"
    room = 2 ** (16 - (listed - 1).bit_length())
    interval = max(1, min(shortest + (not late), room, (_NUMBERS - 1) // listed))
    source = np.zeros((max(places, 1), blocks), np.int32)
    for block, starts in enumerate(lists):
        source[: len(starts), block] = starts
    return Placement(
        blocks, slot, place, where, source, interval, rows, most, listed * interval,
        (interval - 1).bit_length(), -(-(longest + 2) // interval) + 2,
    )  # fmt: skip


class Fast:
    """How tables are laid out for the fast path, where the network fits it.

    placement: of the present tables, or None; reason: why. unit: what 1 is worth in sums of whole
    numbers.
    """

    def __init__(self, program: Program, options: Options, device: Device):
        self.program, self.options, self.device = program, options, device
        self.placement: Placement | None = None
        self.reason, self.unit = "", 1.0
        self._refrain = ""

    @property
    def sums(self) -> np.dtype[Any]:
        """The type of sums: whole numbers where precision is single."""
        return np.dtype("i4" if self.options.precision == "float32" else "f8")

    def refrain(self, why: str) -> None:
        """Leave the next tables to the general kernel."""
        self._refrain = why

    def lay_out(self, tables: Sequence[Any]) -> None:
        """Tell the tables of the placement, if there is one."""
        found = self._refrain or self._unfit() or self._placed(tables)
        self._refrain = ""
        self.placement, self.reason = (None, found) if isinstance(found, str) else (found, "")
        if self.placement:
            for table in tables:
                table.place(self.placement)

    def _unfit(self) -> str:
        """What of the network needs the general kernel."""
        if self.program.plastic:
            return f"{self.program.plastic[0].name!r} is plastic"
        unreliable = [e.name for e in self.program.edges if e.unreliable]
        if unreliable:
            return f"{unreliable[0]!r} transmits spikes with a probability"
        logged = [p.name for p in self.program.probes if p.logged]
        if logged:
            return f"{logged[0]!r} keeps variables, or events other than spikes"
        return ""

    def _placed(self, tables: Sequence[Any]) -> Placement | str:
        delays = np.concatenate([t.delays for t in tables] or [np.empty(0, np.int32)])
        if not delays.size:
            return "there are no synapses"
        found = placed(self.program, self.device.blocks, int(delays.min()), int(delays.max()))
        if isinstance(found, str):
            return found
        needed, room = found.shared_bytes(self.sums.itemsize), self.device.shared - _OTHERS
        if needed > room:
            return (
                f"{found.n_slots} slots of a block and delays of up to {found.rows - 1} steps take "
                f"{needed / 1000:.1f} kB of its shared memory; there are {room / 1000:.1f}"
            )
        # The bounds of slices; as they are made, of 8 bytes, of one table at a time.
        sources, blocks = addresses(self.program).n_sources, found.blocks
        bounds = sources * (2 * len(tables) + 8) * (blocks + 1)
        synapses = sum(t.synapses for t in tables) * (2 + self.options.weight_dtype.itemsize)
        free = self.device.free_bytes()
        if free is not None and bounds + synapses > free:
            return (
                f"the slices of {sources} sources in {blocks} blocks take {bounds / 1e9:.1f} GB "
                f"besides {synapses / 1e9:.1f} GB of synapses; {free / 1e9:.1f} GB are free"
            )
        return found

    def settle(self, synapses: Synapses) -> str:
        """Make whole numbers of weights; or say why they do not fit."""
        if self.placement is None:
            return ""
        tables: list[Any] = [s.table for s in synapses.stores]
        if any(t.too_long for t in tables):
            return f"a source has more than {_NUMBERS - 1} synapses"
        if self.sums.kind == "f":
            return ""
        assert synapses.program.delivery is not None
        most = np.array(synapses.most)
        bound: dict[tuple[str, str], float] = {}
        for e, one, indegree in zip(
            self.program.edges, most, synapses.program.delivery.largest_indegree, strict=True
        ):
            bound[port_of(e)] = bound.get(port_of(e), 0.0) + one * indegree
        exponent = _exponent(max(bound.values(), default=0.0)) - _SUM_BITS
        finest = _FINEST
        if self.options.weight_dtype.itemsize == 2:
            exponent = max(exponent, _exponent(most.max() * (1 + 2**-14)) - _NARROW_BITS)
            finest = _NARROW_FINEST
        self.unit = 2.0**exponent
        if (most[most > 0] < finest * self.unit).any():
            coarse = self.program.edges[int(np.argmin(np.where(most > 0, most, np.inf)))].name
            return (
                f"in whole numbers that can't overflow, the weights of {coarse!r} would have fewer "
                f"than {finest.bit_length() - 1} bits"
            )
        for table, store in zip(tables, synapses.stores, strict=True):
            if not store.shared:
                table.whole(store.weight, 1 / self.unit)
        return ""

    def whole(self, weight: np.ndarray) -> np.ndarray:
        """Weights that sources share, as sums have them."""
        if self.sums.kind == "f":
            return weight
        dtype = np.dtype(f"i{weight.itemsize}")
        return np.trunc(weight / self.unit + np.copysign(0.5, weight)).astype(dtype)

    def explain(self) -> str:
        """Which path is taken, and why."""
        p = self.placement
        if p is None:
            return f"general kernel ({self.reason})"
        steps = "step" if p.interval == 1 else f"{p.interval} steps"
        whole = f"whole numbers of 2^{int(math.log2(self.unit))}"
        size = p.shared_bytes(self.sums.itemsize) / 1000
        return (
            f"fast path: spikes exchanged every {steps}, {p.rows} x {p.n_slots} sums a block "
            f"({whole if self.sums.kind == 'i' else 'float64'}) in {size:.1f} kB of shared memory"
        )


def _exponent(x: float) -> int:
    """Of the smallest power of two that is not below x; 0 of 0."""
    return math.ceil(math.log2(x)) if x > 0 else 0

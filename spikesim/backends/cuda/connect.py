"""The table of synapses made on the GPU from the rules, by cuda_kernels/.../connect.cuh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ctypes import Structure, c_double, c_int64, c_void_p
from typing import Any

import numpy as np

from ...ir.program import Delivery, Program
from ...native.connect import Surveyed
from ...native.rules import DrawnEdges, Projection, Weighing
from ..sharing import sources
from .compile import KERNELS
from .device import Device, Memory
from .placement import Placement


class _Survey(Structure):
    _fields_ = [
        ("reach", c_int64),
        *((name, c_void_p) for name in ("seen", "indegree", "largest", "synapses", "fault")),
    ]


class _Table(Structure):
    _fields_ = [
        ("synapses", c_int64),
        ("n_delays", c_int64),
        ("n_slots", c_int64),
        *((name, c_void_p) for name in ("delay_number", "row", "segment", "target", "delay")),
        *((name, c_void_p) for name in ("number", "weight")),
        ("width", c_int64),
        *((name, c_void_p) for name in ("largest", "sums", "base", "offset", "fault")),
        *((name, c_void_p) for name in ("part_start", "constant")),
        ("units", c_double),
    ]


class DeviceTable(Surveyed):
    """The synapses of a program, as native.connect.Table has them; target, segment, row and delay
    are memory of a device. So is number int32 [synapses], where spikes are transmitted with a
    probability: of each synapse in the order of the pairs of the only edges, else None.

    Where there is a placement, synapses lie in slices by (source, block): base int64 [sources] says
    where those of a source start, offset uint16 [sources, blocks + 1] those of its slices, and
    target holds addresses: delay times slots of a block, plus the slot. too_long: an offset did not
    fit.

    The order of synapses with one part, source and delay (else: part and source) is any, and
    another each time that the table is filled.
    """

    def __init__(
        self, device: Device, program: Program, delivery: Delivery, part_start: np.ndarray
    ):
        def put(array: np.ndarray) -> tuple[Memory, int]:
            memory = device.upload(array)
            return memory, memory.address

        self.device = device
        text = f"#define SPIKESIM_THREADS {device.lanes}\n" + (KERNELS / "connect.cu").read_text()
        self.kernels = {
            name: device.kernel(text, f"connect_{name}", exact=True)
            for name in ("survey", "count", "place", "shorten", "settle")
        }
        super().__init__(program, delivery, part_start, put)
        self.numbered = any(e.unreliable for e in program.edges)
        if self.numbered:
            self.edges = [e if e.by_source else e.listed() for e in self.edges]
        self.segment: Any = None
        self.row: Any = None
        self.delay: Any = None
        self.number: Any = None
        self.base: Any = None
        self.offset: Any = None
        self.placement: Placement | None = None
        self.too_long = False

    def place(self, placement: Placement) -> None:
        """Lie in slices, a part for each block."""
        self.placement = placement
        self.part_start = np.arange(placement.blocks + 1, dtype=np.int32) * placement.n_slots

    @property
    def arrangement(self) -> str:
        return "a slice for each block" if self.placement else super().arrangement

    def weights(self, dtype: Any) -> Memory:
        """Memory for one weight a synapse."""
        return self.device.zeros(self.synapses, dtype)

    def in_order(self, value: np.ndarray) -> np.ndarray:
        """Numbers in the order of the pairs of the only edges, as they are: see `number`."""
        return value

    def lay_out(self, by_row: bool) -> None:
        """Take the memory of the table, which `fill` fills."""
        zeros = self.device.zeros
        parts, n_sources = len(self.part_start) - 1, self.delivery.n_sources
        self.target = zeros(self.synapses, np.uint16)
        if self.placement:
            self.base = zeros(n_sources, np.int64)
            self.offset = zeros((n_sources, parts + 1), np.uint16)
        elif by_row:
            self.row = zeros((parts, n_sources + 1), np.int64)
            self.delay = zeros(self.synapses, np.uint16)
        else:
            self.segment = zeros((parts, n_sources, len(self.delays) + 1), np.uint32)
        if self.numbered:
            self.number = zeros(self.synapses, np.int32)

    @property
    def nbytes(self) -> int:
        """Of the arrays, without weights."""
        kept = (self.target, self.segment, self.row, self.delay, self.number, self.base,
                self.offset)  # fmt: skip
        return sum(m.nbytes for m in kept if m is not None)

    def fill(self, weighings: Sequence[Weighing], weight: Any, first: bool) -> np.ndarray:
        """Draw the table, the first time or not, and the weights into `weight` [synapses], of any
        float type (or nowhere). Returns the largest |weight| of each edges."""
        device = self.device
        edges = [e.weighed(w) for e, w in zip(self.edges, weighings, strict=True)]
        number = np.zeros(self.rows, np.int32)
        number[self.delays] = np.arange(len(self.delays))
        row = self.row
        if self.placement:
            for e in edges:
                e.placed(self.placement.where)
            cells = self.delivery.n_sources * self.placement.blocks + 1
            row = device.zeros(cells, np.int64)
        held = {
            "delay_number": device.upload(number),
            "row": row,
            "segment": self.segment,
            "target": self.target,
            "delay": self.delay,
            "number": self.number,
            "weight": weight,
            "largest": device.zeros(len(edges), np.uint64),
            "sums": device.zeros(device.blocks * device.lanes, np.int64),
            "base": self.base,
            "offset": self.offset,
            "fault": device.zeros(1, np.uint32),
        }
        table = self._table(held)
        self._run("count", edges, table)
        if self.numbered:
            self._number(edges)
        self._run("place", edges, table)
        if self.placement:
            self._run("shorten", [], table)
            self.too_long = bool(device.download(held["fault"])[0])
        return device.download(held["largest"]).view(np.float64)

    def _number(self, edges: Sequence[DrawnEdges]) -> None:
        """Tell the only edges how many pairs those before each source have, once the synapses of
        each source are counted."""
        (only,) = edges
        if self.row is not None:
            ends = self.device.download(self.row)[:, :-1]
        else:
            ends = self.device.download(self.segment)[..., -1]
        count = np.diff(ends.ravel(), prepend=0).reshape(ends.shape).sum(axis=0, dtype=np.int64)
        mine = count[sources(self.program, 0)]
        only.structure.begin = only.keep(np.append(0, np.cumsum(mine)), np.int64)

    def round(self, weight: Any, constant: np.ndarray) -> None:
        """weight = (weight + constant) - constant in place, constant float64 [slots]."""
        if self.placement:
            block, slot = np.divmod(self.placement.where, 2**16)
            given, constant = constant, np.zeros(self.part_start[-1])
            constant[self.part_start[block] + slot] = given
        self._settle(weight, constant=self.device.upload(constant))

    def whole(self, weight: Any, units: float) -> None:
        """Put whole numbers of `units` to 1 in the place of weights."""
        self._settle(weight, units=units)

    def _settle(self, weight: Any, constant: Any = None, units: float = 0.0) -> None:
        held = {
            "row": self.row,
            "segment": self.segment,
            "target": self.target,
            "weight": weight,
            "base": self.base,
            "offset": self.offset,
            "part_start": self.device.upload(self.part_start),
            "constant": constant,
        }
        table = self._table(held)
        table.units = units
        self._run("settle", [], table)

    def _survey(self, edges: Sequence[DrawnEdges], reach: int) -> tuple[int, np.ndarray, list[int]]:
        zeros, download = self.device.zeros, self.device.download
        seen, synapses = zeros(reach // 32 + 1, np.uint32), zeros(1, np.int64)
        indegree = zeros(sum(e.structure.n_target for e in edges), np.uint32)
        largest, fault = zeros(len(edges), np.uint32), zeros(1, np.uint32)
        found = (seen, indegree, largest, synapses, fault)
        self._run("survey", edges, _Survey(reach, *(m.address for m in found)))
        assert not download(fault)[0], "a delay is out of range"
        bits = np.unpackbits(download(seen).view(np.uint8), bitorder="little")
        delays = np.flatnonzero(bits).astype(np.int32)
        return int(download(synapses)[0]), delays, download(largest).tolist()

    def _table(self, held: Mapping[str, Any]) -> _Table:
        table = _Table(
            synapses=self.synapses,
            n_delays=len(self.delays),
            n_slots=self.placement.n_slots if self.placement else 0,
        )
        for name, memory in held.items():
            setattr(table, name, None if memory is None else memory.address)
        if held["weight"] is not None:
            table.width = held["weight"].nbytes // max(self.synapses, 1)
        return table

    def _run(self, name: str, edges: Sequence[DrawnEdges], argument: Structure) -> None:
        """Run a kernel, and wait until it is over."""
        upload = self.device.upload
        structures = (Projection * len(edges))(*(e.structure for e in edges))
        projections = upload(np.frombuffer(bytes(structures), np.uint8))
        net = self._wiring(edges, projections.address, threads=1)
        wiring = upload(np.frombuffer(bytes(net), np.uint8))
        self.kernels[name](wiring, argument)
        self.device.wait()

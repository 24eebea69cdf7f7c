"""Plastic synapses for the kernels: their arrays, their code, and where all threads meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...ir.expr import references
from ...ir.program import Response
from ...native import machine
from ...passes.inputs import grid
from ...passes.layout import port_of
from ..cpp.code import LETTER, Number, Value, typed
from ..cpp.plasticity import GRID, Transmitting
from ..plasticity import Wired
from . import layout
from .emit import CudaUnit, Named, Writer, array, function, single, switch

if TYPE_CHECKING:
    from .groups import Groups

_HEAD = (
    "Respond(int32_t number, const Plastic& p, const Moment& m, int64_t i, int32_t source, "
    "int32_t target)"
)


class PlasticGroups:
    """All plastic edges of a program. transmitted: the ring of what they send, None without any."""

    def __init__(self, groups: Groups, plastic: Sequence[Wired]):
        assert groups.program.delivery is not None
        self.groups = groups
        self.rows = 1 + max((int(np.max(w.dendritic, initial=0)) for w in plastic), default=0)
        shape = self.rows, groups.program.delivery.n_slots
        self.transmitted = groups.device.zeros(shape, groups.sum) if plastic else None
        meetings = _Meetings()
        self.parts = [_Part(groups, w, meetings) for w in plastic]

    def structures(self, units: int) -> list[Any]:
        """What the kernels are told. units: where those of sums that are whole numbers are."""
        if self.transmitted is None:
            return []
        ring = self.groups.uploads.keep(self.transmitted), units, *self.transmitted.shape
        return [part.structure(*ring) for part in self.parts]


class _Meetings:
    """What was read and written since all threads met."""

    def __init__(self) -> None:
        self.read, self.written = set[str](), set[str]()

    def needed(self, w: Wired, r: Response) -> bool:
        """Must all meet before this response? It is noted."""
        own = _own(w, r)
        read = {own(n) for s in r.block for n in references(s.value)}
        written = {own(s.target) for s in r.block if not s.local and "post." not in s.target}
        clash = bool(written & (self.read | self.written) or read & self.written)
        if clash:
            self.read, self.written = set(), set()
        self.read |= read
        self.written |= written
        return clash


def _own(w: Wired, r: Response) -> Any:
    """The name in the program of what a response calls so."""
    e = w.edges
    groups = {"pre": e.source.group, "post": e.target.group}
    assert e.plasticity is not None
    elsewhere = {m.name: f"{m.source.group}.{m.variable}" for m in e.plasticity.modulators}

    def own(name: str) -> str:
        if r.at == "neuron":
            return f"{groups[r.to]}.{name}"
        side, _, rest = name.partition(".")
        if side in groups:
            return f"{groups[side]}.{rest}"
        return elsewhere.get(name, f"{e.name}.{name}")

    return own


@dataclass(frozen=True)
class _Sent(Named):
    """Where what is transmitted goes."""

    def put(self, value: str) -> str:
        return f"Transmit<Total>(p, m, i, target, {value});"


class _Unit(Transmitting, CudaUnit):
    def transmit(self, value: Value) -> None:
        self.store("transmitted", _Sent(self.real, 0, 1), value)


class _Part:
    """One plastic edges."""

    def __init__(self, groups: Groups, w: Wired, meetings: _Meetings):
        assert w.edges.plasticity is not None
        self.groups, self.w, self.up = groups, w, groups.uploads
        self.places: list[tuple[int, int]] = []  # (address, length) of the fields, as counted
        writer = Writer(w.edges.name, self._scope(), groups.real, groups.options.conformance,
                        owner="p", kind=_Unit)  # fmt: skip
        bodies: list[list[str]] = []
        self.responses = []
        names = [g.name for g in groups.program.neurons]
        self.group = {side: names.index(w.neurons(side)[0].group) for side in ("pre", "post")}
        for r in w.edges.plasticity.responses:
            meet = meetings.needed(w, r)
            if r.at == "neuron":
                of_group = groups.responses[w.neurons(r.to)[0].group]
                number = len(of_group)
                of_group.append(r.block)
            else:
                number = len(bodies)
                bodies.append(writer.body(writer.of(r.block)))
            self.responses.append(layout.Response(machine.TO[r.to], r.at == "neuron", number, meet))
        self.code = groups.rules.number(function(_HEAD, switch("number", bodies)))
        self.streams = writer.streams

    # the fields that the code reads and writes

    def _scope(self) -> dict[str, Value]:
        e, groups = self.w.edges, self.groups
        assert e.plasticity is not None
        blocks = [r.block for r in e.plasticity.responses if r.at == "synapse"]
        read = {n for block in blocks for s in block for n in references(s.value)}
        scope: dict[str, Value] = {"dt": Number(groups.program.dt)}
        for f in e.fields:
            name = f"{e.name}.{f.name}"
            if name not in groups.values:
                continue
            value = np.asarray(groups.values[name])
            memory = groups.device.upload(typed(f, value, groups.real))
            if f.kind == "state":
                groups.states[name], groups.dtypes[name] = memory, memory.dtype
            place = self.up.keep(memory), memory.dtype, value.size
            scope[f.name] = self._place(*place, "i" if value.ndim else "")
        for side, element in (("pre", "source"), ("post", "target")):
            group = self.w.neurons(side)[0].group
            for name in sorted(n for n in read if n.startswith(f"{side}.")):
                field = f"{group}.{name.removeprefix(f'{side}.')}"
                one_each = np.ndim(groups.values[field]) > 0
                scope[name] = self._place(*groups.fields[field], element if one_each else "")
        for m in e.plasticity.modulators:
            field = f"{m.source.group}.{m.variable}"
            address, dtype, size = groups.fields[field]
            (element,) = m.source.indices(groups.program.group(m.source.group).size)
            at = address + int(element) * dtype.itemsize * (size > 1)
            scope[m.name] = self._place(at, dtype, 1, "")
        group, port = port_of(e)
        scope[GRID] = Number(0.0)
        if groups.options.precision != "float32":
            scope[GRID] = self._place(*groups.fields[f"{group}.{grid(port)}"], "")
        return scope

    def _place(self, address: int, dtype: np.dtype[Any], size: int, element: str) -> Named:
        """One more field. element: which of its values; empty for one for all."""
        self.places.append((address, size))
        letter, number = LETTER[dtype], len(self.places) - 1
        return array(letter, number, "p", element) if element else single(letter, number, "p")

    # the structure

    def structure(self, ring: int, units: int, rows: int, n_slots: int) -> Any:
        """What the kernels are told."""
        w, up = self.w, self.up
        delay = np.atleast_1d(np.asarray(w.dendritic, np.int32))
        first = self.groups.slots[port_of(w.edges)]
        return layout.Plastic(
            self.code, w.delay("post").ndim > 0, len(w),
            up.array([a for a, _ in self.places], np.uint64),
            up.array([n for _, n in self.places], np.int32), up.array(self.streams, np.uint32),
            self._ends(w.source), self._ends(w.target), self._side("pre"), self._side("post"),
            len(self.responses), up.structures(self.responses), up.array(delay, np.int32),
            ring + first * self.groups.sum.itemsize, units + 16 * first if units else 0, rows,
            n_slots,
        )  # fmt: skip

    def _ends(self, neuron: np.ndarray) -> Any:
        address = self.up.array(neuron, neuron.dtype)
        return layout.Ends(*((address, 0) if neuron.dtype == np.int32 else (0, address)))

    def _side(self, side: str) -> Any:
        w, up = self.w, self.up
        view, _ = w.neurons(side)
        event = w.edges.event if side == "pre" else "spike"
        lookups = [
            layout.Lookup(
                delay, up.array(one.start, np.int64),
                0 if one.synapse is None else up.array(one.synapse, np.int32),
            )
            for delay, one in w.lookups.get(side, ())
        ]  # fmt: skip
        return layout.Side(
            # A group that never spikes has no sources, and no lookups.
            self.group[side], self.groups.sources.get((view.group, event), 0), w.sizes[view.group],
            len(lookups), up.structures(lookups),
        )  # fmt: skip

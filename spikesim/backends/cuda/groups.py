"""The groups and couplings of a program for the kernels: their arrays and their code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...ir.expr import references
from ...ir.program import Block, Clock, Link, Neurons, Program
from ...passes.inputs import arriving, grid
from ..base import Options
from ..coupling import Joined
from ..cpp.code import DTYPE, LETTER, Number, Value, typed
from ..plasticity import Wired
from . import layout
from .device import Device
from .emit import TYPE, Codes, Named, Writer, array, function, program_text, single, switch
from .plasticity import PlasticGroups

_NUMBER = {"f4": "float", "f8": "double", "i4": "int32_t", "i8": "int64_t"}


class Groups:
    """structures, couplings: what the kernels are told of groups and couplings. states: memory by
    "group.state"; single: of these, those with one value for all. logged: (address, dtype) of
    variables that are kept when events are logged."""

    def __init__(
        self, program: Program, couplings: Sequence[Joined], plastic: Sequence[Wired],
        values: Mapping[str, np.ndarray], options: Options, device: Device,
        uploads: layout.Uploads, total: np.dtype[Any],
    ):  # fmt: skip
        assert program.delivery is not None
        self.program, self.values, self.options = program, values, options
        self.device, self.uploads, self.real = device, uploads, LETTER[options.dtype]
        self.sum, self.total = total, _NUMBER[total.str[1:]]
        self.late = program.order.index("deliver") < program.order.index("threshold")
        self.slots = {(g, v): start for g, v, start in program.delivery.slots}
        self.sources = {(g, e): start for g, e, start in program.delivery.sources}
        self.rounds = max(1, *(len(g.stages) for g in program.neurons))
        self.states: dict[str, Any] = {}
        self.single: set[str] = set()
        self.dtypes: dict[str, np.dtype[Any]] = {}
        self.fields: dict[str, tuple[int, np.dtype[Any], int]] = {}  # address, dtype, size
        self.flags: dict[tuple[str, str], int] = {}
        self.logged: dict[tuple[str, str], tuple[int, np.dtype[Any]]] = {}
        self.codes, self.edges, self.rules = Codes("Code"), Codes("Edge"), Codes("Rule")
        self.keeps = False
        for group in program.neurons:
            self._fields(group)
        # What spikes make of a group for its plastic synapses, in the order of their numbers.
        self.responses: dict[str, list[Block]] = {g.name: [] for g in program.neurons}
        self.plastic = PlasticGroups(self, plastic)
        self.structures = [self._group(g) for g in program.neurons]
        self.couplings = [self._coupling(c, couplings[:k]) for k, c in enumerate(couplings)]

    def text(self, lanes: int, way: str) -> str:
        """The code, whole. way: "general" or "fast"."""
        real = TYPE[self.real]
        codes = self.codes, self.edges, self.rules
        return program_text(*codes, real, self.total, self.keeps, lanes, way)

    def _fields(self, group: Neurons) -> None:
        for f in group.fields:
            name = f"{group.name}.{f.name}"
            if f.kind == "arrival":
                continue
            value = np.asarray(self.values[name])
            values = typed(f, value, self.real)
            memory = self.device.upload(values)
            if f.kind == "state":
                self.states[name], self.dtypes[name] = memory, values.dtype
                if not value.ndim:
                    self.single.add(name)
            self.fields[name] = self.uploads.keep(memory), values.dtype, values.size

    def _scope(self, group: Neurons) -> tuple[dict[str, Value], list[str]]:
        """Names as the code knows them, and the fields in the order in which it counts them."""
        scope: dict[str, Value] = {"dt": Number(self.program.dt)}
        order = [f.name for f in group.fields if f.kind != "arrival"]
        for k, name in enumerate(order):
            letter = LETTER[self.fields[f"{group.name}.{name}"][1]]
            shared = not np.ndim(self.values[f"{group.name}.{name}"])
            scope[name] = single(letter, k) if shared else array(letter, k)
        for k, port in enumerate(group.ports):
            if self.options.precision == "float32":
                scope[grid(port.variable)] = Number(0.0)  # nothing is rounded
            scope[arriving(port.variable)] = Named(self.real, 0, 1, text=f"a{k}")
        return scope, [f"{group.name}.{name}" for name in order]

    def _group(self, group: Neurons) -> Any:
        scope, order = self._scope(group)
        passing = frozenset(f.name for f in group.fields if f.kind == "arrival")
        writer = Writer(group.name, scope, self.real, self.options.conformance)
        before = [writer.of(group.inputs, group.update)]
        before += [writer.unit() for _ in range(self.rounds - 1)]
        for unit, stage in zip(before, group.stages, strict=False):
            unit.block(stage)
        after = writer.unit(passing)
        after.block(group.arrive)
        looking = after if self.late else before[-1]
        self._look(group, looking, order)
        begin, clocks = writer.of(group.begin), self._clocks(group)
        acts = [writer.of(c.block) for c in clocks]
        ports = [
            f"const Real a{k} = Arriving<Real, Total>(from, g.slot[{k}] + i, {k}, m.step);"
            for k in range(len(group.ports))
        ]
        resets = [writer.body(writer.of(e.reset)) for e in group.events]
        responses = [writer.body(writer.of(block)) for block in self.responses[group.name]]
        element = "const Group& g, const Moment& m, int32_t i"
        text = (
            function(f"Begin({element})", writer.body(begin))
            + function(f"KeepBegin({element[:-11]})", writer.keep(begin))
            + function(f"Act(int64_t clock, {element})",
                       switch("clock", [writer.body(unit) for unit in acts]))
            + function(f"KeepAct(int64_t clock, {element[:-11]})",
                       switch("clock", [writer.keep(unit) for unit in acts]))
            + function(f"Before(int32_t round, {element})",
                       switch("round", [writer.body(unit) for unit in before]))
            + "  template <typename From>\n"
            + function(f"After(const From& from, {element})", [*ports, *writer.body(after)])
            + function(f"Reset(int64_t event, {element})", switch("event", resets))
        )  # fmt: skip
        if self.program.plastic:
            text += function(f"Respond(int32_t number, {element})", switch("number", responses))
        self.keeps = self.keeps or any(unit.keeps for unit in (begin, *acts))
        return self._structure(group, self.codes.number(text), order, writer.streams, clocks)

    def _look(self, group: Neurons, unit: Any, order: list[str]) -> None:
        """Note who has an event, and what is logged of them."""
        for k, event in enumerate(group.events):
            flags = self.device.zeros(group.size, np.bool_)
            self.flags[group.name, event.name] = self.uploads.keep(flags)
            place = Named("b", 0, 1, text=f"g.events[{k}].flags[i]")
            unit.store(f"flags of {event.name}", place, unit.value(event.condition))
        names = {v for p in self.program.probes if p.source.group == group.name
                 for v in p.variables}  # fmt: skip
        for name in sorted(names):
            address, dtype, size = self.fields[f"{group.name}.{name}"]
            if self.late:
                # What arrives and resets comes before it is logged: copies are kept.
                seen = self.uploads.keep(self.device.zeros(size, dtype))
                self.fields[f"{group.name}.{name} seen"] = seen, dtype, size
                order.append(f"{group.name}.{name} seen")
                unit.store(f"{name} seen", array(LETTER[dtype], len(order) - 1), unit.now[name])
                address = seen
            self.logged[group.name, name] = address, dtype

    def _structure(
        self, group: Neurons, code: int, order: Sequence[str], streams: Sequence[int],
        clocks: Sequence[Clock],
    ) -> Any:  # fmt: skip
        up = self.uploads
        events = [
            layout.Event(self.flags[group.name, e.name], self.sources.get((group.name, e.name), -1))
            for e in group.events
        ]
        slots = [self.slots[group.name, p.variable] for p in group.ports]
        links = [self._link(k) for k in self.program.links if k.reader == group.name]
        listed = [
            layout.Clock(c.every, c.offset, up.array(sorted(c.at or ()), np.int64), len(c.at or ()))
            if c.at is None or c.at
            # No step at all: one that never comes.
            else layout.Clock(1, 0, up.array([-1], np.int64), 1)
            for c in clocks
        ]
        return layout.Group(
            code, group.size, up.array([self.fields[f][0] for f in order], np.uint64),
            up.array([self.fields[f][2] for f in order], np.int32), up.array(streams, np.uint32),
            len(events), up.structures(events), len(slots), up.array(slots, np.int64),
            len(links), up.structures(links), len(listed), up.structures(listed),
        )  # fmt: skip

    def _clocks(self, group: Neurons) -> list[Clock]:
        return [c for c in self.program.clocks if c.group == group.name]

    def _link(self, link: Link) -> Any:
        values, _, size = self.fields[f"{link.source.group}.{link.variable}"]
        out, dtype, n = self.fields[f"{link.reader}.{link.name}"]
        index = link.source.indices(self.program.group(link.source.group).size) * (size > 1)
        index = np.broadcast_to(index, (n,))
        return layout.Link(values, self.uploads.array(index, np.int64), out, dtype.itemsize)

    def _coupling(self, c: Joined, before: Sequence[Joined]) -> Any:
        e, up = c.edges, self.uploads
        (one,) = e.continuous
        scope: dict[str, Value] = {"dt": Number(self.program.dt)}
        places: list[tuple[int, int]] = [
            (up.array(c.source, np.int32), len(c.source)),
            (up.array(c.target, np.int32), len(c.target)),
        ]
        index = {"pre": array("i", 0, "c"), "post": array("i", 1, "c")}
        groups = {"pre": e.source.group, "post": e.target.group}
        writer = Writer(e.name, scope, self.real, self.options.conformance)
        unit = writer.unit()
        for name in sorted(references(one.value) - {"t", "dt", "step"}):
            side, _, rest = name.partition(".")
            if side in index:
                field = f"{groups[side]}.{rest}"
                address, dtype, size = self.fields[field]
                places.append((address, size))
                k, letter = len(places) - 1, LETTER[dtype]
                one_each = np.ndim(self.values[field]) > 0
                unit.now[name] = (
                    unit.take(array(letter, k, "c"), index[side])
                    if one_each else single(letter, k, "c")
                )  # fmt: skip
            else:
                value = np.asarray(self.values[f"{e.name}.{name}"])
                letter = self.real if value.dtype == np.float64 else LETTER[value.dtype]
                places.append((up.array(value.ravel(), DTYPE[letter]), value.size))
                k = len(places) - 1
                unit.now[name] = array(letter, k, "c") if value.ndim else single(letter, k, "c")
        body = writer.value(unit, unit.value(one.value))
        text = function("Value(const Coupling& c, const Moment& m, int64_t i)", body, "Real")
        again = any((x.edges.target.group, x.edges.continuous[0].variable)
                    == (e.target.group, one.variable) for x in before)  # fmt: skip
        row = c.row
        if c.spread is not None:
            row = np.searchsorted(c.spread, np.arange(c.whole + 1))
        rounds = (0, 0) if one.each == "step" else (1, self.rounds - 1)
        names = [g.name for g in self.program.neurons]
        pooled = c.spread is not None
        pool = up.keep(self.device.zeros(len(c.target), self.options.dtype)) if pooled else 0
        return layout.Coupling(
            self.edges.number(text), names.index(e.target.group),
            up.array([a for a, _ in places], np.uint64), up.array([n for _, n in places], np.int32),
            up.array(row, np.int64), pool,
            self.fields[f"{e.target.group}.{one.variable}"][0], len(c.target), again,
            pooled, *rounds,
        )  # fmt: skip

"""A program on the machine: its arrays laid out, its blocks compiled, run chunk by chunk."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from ctypes import c_int64
from typing import Any

import numpy as np

from ... import random
from ...ir.expr import references
from ...ir.program import PRECISE_OFFSET, Clock, Link, Neurons, Probe, Program
from ...ir.verify import released
from ...native import machine
from ...native.pages import allocate
from ...passes import COUPLED, LEARNING, lower
from ...passes.inputs import arriving, grid
from ...passes.layout import addresses
from ...passes.precise import CROSSING, UNTIL
from .. import precise
from ..base import Chunk, Log, Options, State
from ..binding import Binder
from ..coupling import Joined, joined
from ..drive import sample_steps
from ..memory import estimate, refuse_too_large
from ..plasticity import TRANSMITTED, Wired, longest, wired
from ..synapses import Store, Synapses, part_starts, planned, release_of, weights_of
from . import plasticity
from .assemble import Assembler
from .code import DTYPE, LETTER, Memory, Number, Place, Unit, Value, started, typed

# Bytes of a block of floats: a few of them stay in the nearest cache.
_BLOCK_BYTES = 4096
# A thread more pays from about so many elements on.
_ELEMENTS_A_THREAD = 16384
# A chunk has so many updates of neurons, but not more steps.
_CHUNK_UPDATES, _CHUNK_STEPS = 5 * 10**7, 10_000
_ROOM = 2**20  # spikes drained at a time


class CppExecutable:
    """A program that is run by the machine in C++. Nothing is compiled but instructions."""

    compilations = 0

    def __init__(self, program: Program, options: Options):
        threads = _threads(program)
        self.options, self.threads = options, threads
        parts = len(part_starts(addresses(program).n_slots, threads)) - 1
        self.memory = estimate(program, options, planned(program, options, True), parts, threads)
        refuse_too_large(self.memory)
        self.synapses = Synapses(program, options, threads, share=True)
        self.program = lower(self.synapses.program, COUPLED + LEARNING)
        self.wired = wired(self.program, narrow=True)
        self.joined = joined(self.program)
        self.binder = Binder(self.program, options, self.synapses)
        self._machine(self.binder.bind())  # an operation that is missing is told here

    def _machine(self, values: Mapping[str, np.ndarray]) -> Machine:
        return Machine(
            self.program, self.synapses, self.joined, self.wired, values, self.options, self.threads
        )

    def explain(self) -> list[str]:
        return [f"threads: {self.threads}", *self.synapses.explain()]

    def prepare(self, values: Mapping[str, np.ndarray], seed: int) -> Machine:
        made = self._machine(values)
        made.seed = seed
        return made


class Machine:
    """A program and the values of a run, as the machine takes them."""

    def __init__(
        self, program: Program, synapses: Synapses, couplings: Sequence[Joined],
        plastic: Sequence[Wired], values: Mapping[str, np.ndarray], options: Options, threads: int,
    ):  # fmt: skip
        assert program.delivery is not None
        self.program, self.values, self.options = program, values, options
        self.conformance, self.real = options.conformance, LETTER[options.dtype]
        self.deliver_first = program.order.index("deliver") < program.order.index("threshold")
        delivery = program.delivery
        self.layers = self._layers()
        self.slots = {(g, v): start for g, v, start in delivery.slots}
        self.memory = Memory()
        # Whichever table has the longest delay: a state is that of other weights too.
        rows = max(delivery.longest + 1, precise.rows(program), longest(program) + 1)
        self.state: dict[str, np.ndarray] = {
            "log": allocate((rows, delivery.n_sources), np.int32),
        }
        # Between runs all is counted by the first thread: a state is that of any number of threads.
        self.found = np.zeros((rows, max(len(self.layers), 1) * threads), np.int32)
        self.state["log.count"] = self.found[:, 0]
        self.timed = precise.timed(program)
        if self.timed:
            self.state["sent"] = np.zeros((rows, delivery.n_sources))
        if any(s.table.segment is None for s in synapses.stores):
            self.state["ring"] = allocate((rows, delivery.n_slots), options.dtype)
        if plastic:
            rows_sent = 1 + max(int(np.max(w.dendritic, initial=0)) for w in plastic)
            self.state[TRANSMITTED] = np.zeros((rows_sent, delivery.n_slots), options.dtype)
        self.arrived = allocate(delivery.n_slots, options.dtype)
        self.fields: dict[str, np.ndarray] = {}
        self.flags: dict[tuple[str, str], Place] = {}
        # Where variables that are logged lie when events are recorded. With the standard order
        # nothing has changed them since the condition was looked at; else they are copies.
        self.logged: dict[tuple[str, str], np.ndarray] = {}
        self.rounds = max(1, *(len(g.stages) for g in program.neurons))
        self.scopes = {g.name: self._scope(g) for g in program.neurons}
        groups = [self._units(g) for g in program.neurons]
        sums = [self._values(c) for c in couplings]
        learning = [plasticity.units(self, w) for w in plastic]
        block = _BLOCK_BYTES // options.dtype.itemsize
        assembler = Assembler(self.memory, block)
        described = [
            self._group(g, units, assembler)
            for g, units in zip(program.neurons, groups, strict=True)
        ]
        coupled = [
            self._coupling(c, couplings[:k], *sums[k], assembler) for k, c in enumerate(couplings)
        ]
        learned = [
            plasticity.plastic(self, w, units, assembler)
            for w, units in zip(plastic, learning, strict=True)
        ]
        changing = {f"{w.edges.name}.{f.name}" for w in plastic for f in w.edges.fields}
        self.values = {name: v for name, v in values.items() if name not in changing}
        tables = [
            self._table(s, values[weights_of(k)], values.get(release_of(k)))
            for k, s in enumerate(synapses.stores)
        ]
        part_start = synapses.part_start
        self.memory.kept += [part_start, *tables]
        recording = any(p.event and not p.logged for p in program.probes)
        self.spikes = (
            np.empty((2, max(_ROOM, 2 * delivery.n_sources)), np.int32) if recording else None
        )
        self.logs = [_Log(self, p) for p in program.probes if p.logged]
        logs = machine.array(machine.Log, [log.structure for log in self.logs])
        self.network = machine.Network(
            program.dt, options.dtype.itemsize == 8, self.deliver_first, threads, block,
            assembler.local, len(described), machine.array(machine.Group, described),
            self.rounds, len(coupled), machine.array(machine.Coupling, coupled),
            delivery.n_sources, max(len(self.layers), 1), delivery.n_slots,
            len(part_start) - 1, len(tables),
            part_start.ctypes.data, machine.array(machine.Table, tables),
            self.arrived.ctypes.data, _at(self.state.get("ring")), rows,
            self.state["log"].ctypes.data, self.found.ctypes.data,
            bool(program.links), any(g.begin for g in program.neurons), bool(program.clocks),
            n_logs=len(logs), logs=logs,
            precise=any(g.precise for g in program.neurons), sent=_at(self.state.get("sent")),
            n_plastic=len(learned), plastic=machine.array(machine.Plastic, learned),
            transmitted=_at(self.state.get(TRANSMITTED)),
            transmitted_rows=len(self.state.get(TRANSMITTED, ())),
        )  # fmt: skip
        self.latest: State = {}
        size = sum(n.size for n in program.neurons)
        self.seed, self.chunk = 0, int(np.clip(_CHUNK_UPDATES // max(size, 1), 1, _CHUNK_STEPS))

    # the code

    def _units(self, group: Neurons) -> dict[str, Unit]:
        """The code of a group: before the delivery of spikes, in rounds; after it; and a reset an
        event."""
        passing = frozenset(f.name for f in group.fields if f.kind == "arrival")

        def unit(**more: Any) -> Unit:
            return self.unit(group.name, **more)

        before, after = [unit() for _ in range(self.rounds)], unit(passing=passing)
        before[0].block(group.inputs + group.update)
        for one, stage in zip(before, group.stages, strict=False):
            one.block(stage)
        after.block(group.arrive)
        units = {f"before.{k}": one for k, one in enumerate(before)} | {"after": after}
        units["begin"] = unit()
        units["begin"].block(group.begin)
        for clock in self._clocks(group):
            units[f"clock {clock.name}"] = unit()
            units[f"clock {clock.name}"].block(clock.block)
        looking = after if self.deliver_first else before[-1]
        if group.precise:
            for name, block in group.precise.blocks().items():
                units[name] = unit(listed=True, passing=passing)
                units[name].block(block)
            units["look"] = unit()
            looking = after if self.deliver_first else units["look"]
        for event in group.events:
            flags = self.memory.keep(np.zeros(group.size, bool))
            looking.store(f"flags of {event.name}", flags, looking.value(event.condition))
            self.flags[group.name, event.name] = flags
            reset = unit(listed=True)
            reset.block(event.reset)
            units[event.name] = reset
        for name in {v for p in self.program.probes if p.source.group == group.name
                     for v in p.variables}:  # fmt: skip
            values = self.state[f"{group.name}.{name}"]
            if self.deliver_first:
                values = np.empty_like(values)
                looking.store(f"{name} seen", self.memory.keep(values), looking.now[name])
            self.logged[group.name, name] = values
        return units

    def unit(self, group: str, **more: Any) -> Unit:
        """Code of a group, to be filled."""
        return Unit(self.memory, group, self.scopes[group], self.real, self.conformance, **more)

    def _scope(self, group: Neurons) -> dict[str, Value]:
        scope: dict[str, Value] = {"dt": Number(self.program.dt)}
        itemsize = self.options.dtype.itemsize
        for f in group.fields:
            name = f"{group.name}.{f.name}"
            if f.kind == "arrival":
                continue
            value = np.asarray(self.values[name])
            array = (started if f.kind == "state" else typed)(f, value, self.real)
            if f.kind == "state":
                self.state[name] = array.reshape(value.shape)
            self.fields[name] = array
            scope[f.name] = self.memory.keep(array, shared=not value.ndim)
        for port in group.ports:
            if not self.values[f"{group.name}.{grid(port.variable)}"]:
                scope[grid(port.variable)] = Number(0.0)  # nothing is rounded
        for port in group.ports:
            start = self.slots[group.name, port.variable]
            base = self.arrived.ctypes.data + start * itemsize
            scope[arriving(port.variable)] = Place(self.real, base, itemsize)
        return scope

    def _group(
        self, group: Neurons, units: Mapping[str, Unit], assembler: Assembler
    ) -> machine.Group:
        events = [
            machine.Event(
                self.flags[group.name, event.name].base,
                *self._source(group.name, event.name),
                assembler.code(units[event.name]) if event.reset else machine.Code(),
                self._offset(group, event.name),
            )
            for event in group.events
        ]
        slots = [self.slots[group.name, p.variable] for p in group.ports]
        links = [self._link(k) for k in self.program.links if k.reader == group.name]
        clocks = [
            machine.Clock(
                c.every, c.offset, *self._listed(c.at), assembler.code(units[f"clock {c.name}"])
            )
            for c in self._clocks(group)
        ]
        before = [assembler.code(units[f"before.{k}"]) for k in range(self.rounds)]
        return machine.Group(
            group.size, machine.array(machine.Code, before),
            assembler.code(units["after"]), len(events), machine.array(machine.Event, events),
            len(slots), (c_int64 * len(slots))(*slots),
            len(links), machine.array(machine.Link, links), assembler.code(units["begin"]),
            len(clocks), machine.array(machine.Clock, clocks),
            self._precise(group, units, assembler),
        )  # fmt: skip

    def _offset(self, group: Neurons, event: str) -> int | None:
        if not precise.knows(group, event):
            return None
        return self.state[f"{group.name}.{PRECISE_OFFSET}"].ctypes.data

    def _precise(self, group: Neurons, units: Mapping[str, Unit], assembler: Assembler) -> Any:
        if not group.precise:
            return None
        code = [assembler.code(units[name]) for name in (*group.precise.blocks(), "look")]
        addresses = [self.state[f"{group.name}.{name}"].ctypes.data for name in (UNTIL, CROSSING)]
        table = self.timed.get(group.name)
        arrays: list[np.ndarray] = []
        if table is not None and len(table.source):
            assert self.program.delivery is not None
            weight = self.values[precise.weights_of(group.name)]
            arrays = _by_delay(table, weight, self.program.delivery.n_sources)
        delays, *rest = (a.ctypes.data for a in arrays) if arrays else [None] * 5
        self.memory.kept += arrays
        n_delays = len(arrays[0]) if arrays else 0
        return machine.array(
            machine.Precise, [machine.Precise(*code, *addresses, delays, n_delays, *rest)]
        )

    def _clocks(self, group: Neurons) -> list[Clock]:
        return [c for c in self.program.clocks if c.group == group.name]

    def _listed(self, at: tuple[int, ...] | None) -> tuple[int | None, int]:
        if at is None:
            return None, 0
        steps = np.array(sorted(at), np.int64)
        self.memory.kept.append(steps)
        return steps.ctypes.data, len(steps)

    def _link(self, link: Link) -> machine.Link:
        values = self.fields[f"{link.source.group}.{link.variable}"]
        out = self.fields[f"{link.reader}.{link.name}"]
        index = link.source.indices(self.program.group(link.source.group).size)
        index = np.broadcast_to(index * (len(values) > 1), out.shape).astype(np.int64)
        self.memory.kept.append(index)
        return machine.Link(values.ctypes.data, index.ctypes.data, out.ctypes.data, out.itemsize)

    def _layers(self) -> list[dict[tuple[str, str], int]]:
        """The first sources of the first events of groups, of their second ones, and so on."""
        assert self.program.delivery is not None
        layers: list[dict[tuple[str, str], int]] = []
        seen: Counter[str] = Counter()
        for group, event, start in self.program.delivery.sources:
            if seen[group] == len(layers):
                layers.append({})
            layers[seen[group]][group, event] = start
            seen[group] += 1
        return layers

    def _source(self, group: str, event: str) -> tuple[int, int]:
        """The first source of an event, -1 for none, and its layer."""
        for number, layer in enumerate(self.layers):
            if (group, event) in layer:
                return layer[group, event], number
        return -1, 0

    def _values(self, c: Joined) -> tuple[Unit, Place]:
        """The code of the edges of a coupling, and where it leaves their values."""
        e = c.edges
        (one,) = e.continuous
        unit = Unit(self.memory, e.name, {"dt": Number(self.program.dt)}, self.real,
                    self.conformance)  # fmt: skip
        index = {"pre": self.memory.keep(c.source), "post": self.memory.keep(c.target)}
        groups = {"pre": e.source.group, "post": e.target.group}
        for name in sorted(references(one.value) - {"t", "dt", "step"}):
            side, _, rest = name.partition(".")
            if side in index:
                place = self.scopes[groups[side]][rest]
                one_each = isinstance(place, Place) and place.stride
                unit.now[name] = unit.take(place, index[side]) if one_each else place
            else:
                value = np.asarray(self.values[f"{e.name}.{name}"])
                letter = self.real if value.dtype == np.float64 else LETTER[value.dtype]
                cast = np.ascontiguousarray(value.ravel(), DTYPE[letter])
                unit.now[name] = self.memory.keep(cast, shared=not value.ndim)
        values = self.memory.keep(np.zeros(len(c.target), self.options.dtype))
        unit.store("values", values, unit.value(one.value))
        return unit, values

    def _coupling(
        self, c: Joined, before: Sequence[Joined], unit: Unit, values: Place, assembler: Assembler
    ) -> machine.Coupling:
        e = c.edges
        (one,) = e.continuous
        total = self.state[f"{e.target.group}.{one.variable}"]
        again = any((x.edges.target.group, x.edges.continuous[0].variable)
                    == (e.target.group, one.variable) for x in before)  # fmt: skip
        row = c.row
        if c.spread is not None:
            row = np.searchsorted(c.spread, np.arange(c.whole + 1)).astype(np.int64)
        rounds = (0, 0) if one.each == "step" else (1, self.rounds - 1)
        self.memory.kept += [row, total]
        names = [g.name for g in self.program.neurons]
        return machine.Coupling(
            names.index(e.target.group), assembler.code(unit), row.ctypes.data, values.base,
            total.ctypes.data, again, c.spread is not None, len(c.target), *rounds,
        )  # fmt: skip

    def _table(self, store: Store, weight: np.ndarray, release: np.ndarray | None) -> machine.Table:
        t = store.table
        self.memory.kept += [t, weight]
        number, each, path = None, False, 0
        if release is not None:
            each = release.ndim > 0
            release = np.ascontiguousarray(release, np.float64)
            number = t.in_order(np.arange(t.synapses, dtype=np.float64)).astype(np.int32)
            path = random.stream(released(self.program.edges[store.edges[0]]))
            self.memory.kept += [release, number]
        return machine.Table(
            _at(t.segment), _at(t.row), _at(t.delay), _at(t.delays), len(t.delays), _at(t.target),
            _at(weight), weight.itemsize, store.shared, _at(number), _at(release),
            each, path,
        )  # fmt: skip

    # the run

    def start(self) -> State:
        """The state. Its arrays are the machine's own until it goes on: a copy is made then, not
        while what the last chunk started from is still there."""
        self.latest = dict(self.state)
        return self.latest

    def _leave(self, state: State) -> None:
        """Let a state keep its values: the machine is about to change its own."""
        for name, value in self.state.items():
            if state.get(name) is value:
                state[name] = value.copy()

    def resend(self, state: State, n: int) -> State:
        self._take_over(state)
        if "ring" in self.state:
            machine.run(self.network, self.seed, n, 0, self.spikes, again=True)
        return self.start()

    def _take_over(self, state: State) -> None:
        for name in self.state.keys() & state.keys():
            self.state[name][...] = state[name]

    def advance(self, state: State, n: int, count: int) -> Chunk:
        """`count` steps from step n."""
        self._leave(self.latest)
        if state is not self.latest:
            self._leave(state)
            self._take_over(state)
        samples = self._probes(n, count)
        found: list[tuple[np.ndarray, np.ndarray]] = []
        done = 0
        while done < count:
            taken, spikes = machine.run(
                self.network, self.seed, n + done, count - done, self.spikes
            )
            if self.spikes is not None:
                steps, sources = self.spikes[:, :spikes].copy()
                found.append((steps, sources))
            for log, filled in zip(self.logs, self.network.logs, strict=False):
                log.drain(filled)
            for p in self.network.probes[: self.network.n_probes]:
                p.out += len(sample_steps(n + done, taken, p.every)) * p.count * p.width
            done += taken
        logs = {log.name: log.taken() for log in self.logs}
        if not found:
            return self.start(), (np.empty(0, np.int32), np.empty(0, np.int32)), samples, logs
        steps, sources = (np.concatenate(column) for column in zip(*found, strict=True))
        return self.start(), (steps, sources), samples, logs

    def _probes(self, n: int, count: int) -> dict[str, np.ndarray]:
        """Set up where samples of these steps go."""
        samples, probes = {}, []
        self.indices = []
        for p in self.program.sampled():
            values = self.state[f"{p.source.group}.{p.variable}"]
            size = self.program.owner(p.source.group).size
            index = np.ascontiguousarray(p.source.indices(size)) * bool(values.ndim)
            out = np.empty((len(sample_steps(n, count, p.every)), len(index)), values.dtype)
            samples[p.name] = out
            self.indices.append(index)
            probes.append(
                machine.Probe(
                    values.ctypes.data, values.itemsize, index.ctypes.data, len(index), p.every,
                    out.ctypes.data,
                )
            )  # fmt: skip
        self.network.n_probes = len(probes)
        self.network.probes = machine.array(machine.Probe, probes)
        return samples


class _Log:
    """The events that a probe logs, drained whenever the machine stops."""

    def __init__(self, made: Machine, probe: Probe):
        group = probe.source.group
        index = np.ascontiguousarray(probe.source.indices(made.program.group(group).size))
        in_a_row = bool((np.diff(index) == 1).all())
        first = int(index[0]) if in_a_row else 0
        values = [made.logged[group, name] for name in probe.variables]
        room = max(_ROOM, 2 * len(index))
        self.name = probe.name
        self.room = [np.empty(room, t) for t in ("i4", "i4", *(v.dtype for v in values))]
        self.parts: list[Log] = []
        step, position, *columns = self.room
        described = [
            machine.Column(v.ctypes.data + first * v.itemsize, v.itemsize, c.ctypes.data)
            for v, c in zip(values, columns, strict=True)
        ]
        made.memory.kept += [index, *values]
        self.structure = machine.Log(
            made.flags[group, probe.event].base + first, None if in_a_row else index.ctypes.data,
            len(index), len(columns), machine.array(machine.Column, described), step.ctypes.data,
            position.ctypes.data, room, 0,
        )  # fmt: skip

    def drain(self, filled: machine.Log) -> None:
        """Take out what the machine has put in."""
        self.parts.append(tuple(column[: filled.count].copy() for column in self.room))
        filled.count = 0

    def taken(self) -> Log:
        """All since it was last asked."""
        parts, self.parts = self.parts, []
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _by_delay(table: precise.Timed, weight: np.ndarray, n_sources: int) -> list[np.ndarray]:
    """delays, segment, element, port and weight, as precise.h has them."""
    delays, number = np.unique(table.delay, return_inverse=True)
    order = np.lexsort((table.element, table.source, number))
    cells = number * n_sources + table.source
    ends = np.cumsum(np.bincount(cells, minlength=len(delays) * n_sources))
    starts = np.concatenate([[0], ends]).astype(np.int64)
    segment = np.stack(
        [starts[k * n_sources : (k + 1) * n_sources + 1] for k in range(len(delays))]
    )
    columns = [a[order] for a in (table.element, table.port, weight)]
    return [delays.astype(np.int32), segment, *columns]


def _at(array: np.ndarray | None) -> int | None:
    return None if array is None else array.ctypes.data


def _threads(program: Program) -> int:
    """As many as there is work for."""
    have = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    elements = sum(n.size for n in program.neurons)
    return int(np.clip(elements // _ELEMENTS_A_THREAD, 1, have))

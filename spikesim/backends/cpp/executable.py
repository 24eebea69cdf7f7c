"""A program on the machine: its arrays laid out, its blocks compiled, run chunk by chunk."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from ctypes import c_int64
from typing import Any

import numpy as np

from ...ir.program import Clock, Link, Neurons, Program
from ...native import machine
from ...native.connect import allocate
from ...passes.inputs import arriving, grid
from ...passes.layout import addresses
from ..base import Chunk, Options, State
from ..binding import Binder
from ..drive import sample_steps
from ..memory import estimate, refuse_too_large
from ..synapses import Store, Synapses, part_starts, planned, weights_of
from .assemble import Assembler
from .code import DTYPE, LETTER, Memory, Number, Place, Unit, Value

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
        self.program = self.synapses.program
        self.binder = Binder(self.program, options, self.synapses)
        self._machine(self.binder.bind())  # an operation that is missing is told here

    def _machine(self, values: Mapping[str, np.ndarray]) -> Machine:
        return Machine(self.program, self.synapses, values, self.options, self.threads)

    def explain(self) -> list[str]:
        return [f"threads: {self.threads}", *self.synapses.explain()]

    def prepare(self, values: Mapping[str, np.ndarray], seed: int) -> Machine:
        made = self._machine(values)
        made.seed = seed
        return made


class Machine:
    """A program and the values of a run, as the machine takes them."""

    def __init__(
        self, program: Program, synapses: Synapses, values: Mapping[str, np.ndarray],
        options: Options, threads: int,
    ):  # fmt: skip
        assert program.delivery is not None
        self.program, self.values, self.options = program, values, options
        self.conformance, self.real = options.conformance, LETTER[options.dtype]
        self.deliver_first = program.order.index("deliver") < program.order.index("threshold")
        delivery = program.delivery
        self.layers = self._layers()
        self.slots = {(g, v): start for g, v, start in delivery.slots}
        self.memory = Memory()
        rows, log_rows = delivery.longest + 1, 1
        if any(s.table.segment is not None for s in synapses.stores):
            log_rows = max(s.table.rows for s in synapses.stores if s.table.segment is not None)
        self.state: dict[str, np.ndarray] = {
            "log": allocate((log_rows, delivery.n_sources), np.int32),
        }
        # Between runs all is counted by the first thread: a state is that of any number of threads.
        self.found = np.zeros((log_rows, max(len(self.layers), 1) * threads), np.int32)
        self.state["log.count"] = self.found[:, 0]
        if any(s.table.segment is None for s in synapses.stores):
            self.state["ring"] = allocate((rows, delivery.n_slots), options.dtype)
        self.arrived = allocate(delivery.n_slots, options.dtype)
        self.fields: dict[str, np.ndarray] = {}
        groups = [self._units(g) for g in program.neurons]
        block = _BLOCK_BYTES // options.dtype.itemsize
        assembler = Assembler(self.memory, block)
        described = [
            self._group(g, units, assembler)
            for g, units in zip(program.neurons, groups, strict=True)
        ]
        tables = [self._table(s, values[weights_of(k)]) for k, s in enumerate(synapses.stores)]
        part_start = synapses.part_start
        self.memory.kept += [part_start, *tables]
        recording = any(p.event for p in program.probes)
        self.spikes = (
            np.empty((2, max(_ROOM, 2 * delivery.n_sources)), np.int32) if recording else None
        )
        self.network = machine.Network(
            program.dt, options.dtype.itemsize == 8, self.deliver_first, threads, block,
            assembler.local, len(described), machine.array(machine.Group, described),
            delivery.n_sources, max(len(self.layers), 1), delivery.n_slots,
            len(part_start) - 1, len(tables),
            part_start.ctypes.data, machine.array(machine.Table, tables),
            self.arrived.ctypes.data, _at(self.state.get("ring")), rows, log_rows,
            self.state["log"].ctypes.data, self.found.ctypes.data,
            bool(program.links), any(g.begin for g in program.neurons), bool(program.clocks),
        )  # fmt: skip
        self.latest: State | None = None
        size = sum(n.size for n in program.neurons)
        self.seed, self.chunk = 0, int(np.clip(_CHUNK_UPDATES // max(size, 1), 1, _CHUNK_STEPS))

    # the code

    def _units(self, group: Neurons) -> dict[str, Unit]:
        """The code of a group: before and after the delivery of spikes, and a reset an event."""
        scope = self._scope(group)
        passing = frozenset(f.name for f in group.fields if f.kind == "arrival")

        def unit(**more: Any) -> Unit:
            return Unit(self.memory, group.name, scope, self.real, self.conformance, **more)

        before, after = unit(), unit(passing=passing)
        before.block(group.inputs + group.update)
        after.block(group.arrive)
        units = {"before": before, "after": after, "begin": unit()}
        units["begin"].block(group.begin)
        for clock in self._clocks(group):
            units[f"clock {clock.name}"] = unit()
            units[f"clock {clock.name}"].block(clock.block)
        looking = after if self.deliver_first else before
        for event in group.events:
            flags = self.memory.keep(np.zeros(group.size, bool))
            looking.store(f"flags of {event.name}", flags, looking.value(event.condition))
            reset = unit(listed=True)
            reset.block(event.reset)
            units[event.name] = reset
        return units

    def _scope(self, group: Neurons) -> dict[str, Value]:
        scope: dict[str, Value] = {"dt": Number(self.program.dt)}
        itemsize = self.options.dtype.itemsize
        for f in group.fields:
            name = f"{group.name}.{f.name}"
            if f.kind == "arrival":
                continue
            value = np.asarray(self.values[name])
            letter = {"float": self.real, "int": "i", "bool": "b"}[f.dtype]
            if f.kind != "state" and value.dtype != np.float64:
                letter = LETTER[value.dtype]
            cast = np.ascontiguousarray(value.ravel(), DTYPE[letter])
            if f.kind == "state":
                cast = cast.copy()
                self.state[name] = cast.reshape(value.shape)
            self.fields[name] = cast
            scope[f.name] = self.memory.keep(cast, shared=not value.ndim)
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
                self._flags(units, event.name).base,
                *self._source(group.name, event.name),
                assembler.code(units[event.name]) if event.reset else machine.Code(),
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
        return machine.Group(
            group.size, assembler.code(units["before"]),
            assembler.code(units["after"]), len(events), machine.array(machine.Event, events),
            len(slots), (c_int64 * len(slots))(*slots),
            len(links), machine.array(machine.Link, links), assembler.code(units["begin"]),
            len(clocks), machine.array(machine.Clock, clocks),
        )  # fmt: skip

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

    def _flags(self, units: Mapping[str, Unit], event: str) -> Place:
        looking = units["after" if self.deliver_first else "before"]
        return looking.stores[f"flags of {event}"][0]

    def _table(self, store: Store, weight: np.ndarray) -> machine.Table:
        t = store.table
        self.memory.kept += [t, weight]
        return machine.Table(
            _at(t.segment), _at(t.row), _at(t.delay), _at(t.delays), len(t.delays), _at(t.target),
            _at(weight), weight.itemsize, store.shared,
        )  # fmt: skip

    # the run

    def start(self) -> State:
        """A copy of the state."""
        self.latest = {name: value.copy() for name, value in self.state.items()}
        return self.latest

    def advance(self, state: State, n: int, count: int) -> Chunk:
        """`count` steps from step n."""
        if state is not self.latest:
            for name, value in self.state.items():
                value[...] = state[name]
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
            for p in self.network.probes[: self.network.n_probes]:
                p.out += len(sample_steps(n + done, taken, p.every)) * p.count * p.width
            done += taken
        if not found:
            return self.start(), (np.empty(0, np.int32), np.empty(0, np.int32)), samples
        steps, sources = (np.concatenate(column) for column in zip(*found, strict=True))
        return self.start(), (steps, sources), samples

    def _probes(self, n: int, count: int) -> dict[str, np.ndarray]:
        """Set up where samples of these steps go."""
        samples, probes = {}, []
        self.indices = []
        for p in self.program.probes:
            if not p.variable:
                continue
            values = self.state[f"{p.source.group}.{p.variable}"]
            size = self.program.group(p.source.group).size
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


def _at(array: np.ndarray | None) -> int | None:
    return None if array is None else array.ctypes.data


def _threads(program: Program) -> int:
    """As many as there is work for."""
    have = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    elements = sum(n.size for n in program.neurons)
    return int(np.clip(elements // _ELEMENTS_A_THREAD, 1, have))

"""Plastic synapses on arrays: what spikes make of them, and what they transmit.

The synapses of each edges are numbered in the order of `passes.synapses`. NumPy looks up those that
have an event in a step, and takes these alone; where steps are traced, all are computed and those
without an event stay as they are. The results are the same bits.

State: "edges.weight" and what else synapses have, [synapses]; "history", flags of the sources in
the steps that events may still come from, [rows, sources]; "transmitted", what is on its way to the
slots, [rows, slots]; row: step mod rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from .. import random
from ..ir.expr import Draw
from ..ir.program import Block, Edges, Program, View
from ..ir.verify import draw_path
from ..passes.inputs import grid
from ..passes.layout import port_of
from .evaluate import Array, Drawing, evaluate

HISTORY, TRANSMITTED = "history", "transmitted"


@dataclass(frozen=True, eq=False)
class Lookup:
    """The synapses of each neuron of a group: those of neuron i are synapse[start[i]:start[i+1]],
    or, without `synapse`, these numbers themselves."""

    start: np.ndarray
    synapse: np.ndarray | None

    @classmethod
    def of(cls, neuron: np.ndarray, size: int, chosen: np.ndarray | None = None) -> Lookup:
        """Of the neurons [synapses], of a group of that size; of the chosen synapses alone."""
        mine = neuron if chosen is None else neuron[chosen]
        start = np.concatenate([[0], np.cumsum(np.bincount(mine, minlength=size))])
        if chosen is None and not (np.diff(mine) < 0).any():
            return cls(start.astype(np.int64), None)
        order = np.argsort(mine, kind="stable").astype(np.int32)
        return cls(start.astype(np.int64), order if chosen is None else chosen[order].astype(np.int32))

    def __getitem__(self, neurons: np.ndarray) -> np.ndarray:
        """The synapses of these neurons."""
        first, end = self.start[neurons], self.start[neurons + 1]
        count = end - first
        place = np.repeat(first - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
        return place if self.synapse is None else self.synapse[place]


@dataclass(frozen=True, eq=False)
class Wired:
    """Plastic edges that are drawn: int32 element numbers [synapses] of their neurons, and delays,
    steps, one or [synapses]."""

    edges: Edges
    source: Array
    target: Array
    axonal: Array
    dendritic: Array
    sizes: Mapping[str, int]

    arrays: ClassVar = ("source", "target", "axonal", "dendritic")

    def __len__(self) -> int:
        return len(self.source)

    def delay(self, side: str) -> Array:
        """Steps from a spike on a side to its event: one, or one each."""
        return self.axonal if side == "pre" else self.dendritic

    def neurons(self, side: str) -> tuple[View, Array]:
        """The view of a side, and the numbers of the synapses' neurons."""
        e = self.edges
        return (e.source, self.source) if side == "pre" else (e.target, self.target)

    @cached_property
    def lookups(self) -> dict[str, list[tuple[int, Lookup]]]:
        """By side: for each delay, who has an event that long after a spike."""
        assert self.edges.plasticity is not None
        found: dict[str, list[tuple[int, Lookup]]] = {}
        for side in {r.to for r in self.edges.plasticity.responses} - {"step"}:
            delay = self.delay(side)
            view, neuron = self.neurons(side)
            size = self.sizes[view.group]
            if not delay.ndim:
                found[side] = [(int(delay), Lookup.of(neuron, size))]
                continue
            found[side] = [
                (int(d), Lookup.of(neuron, size, np.flatnonzero(delay == d)))
                for d in np.unique(delay)
            ]
        return found


def wired(program: Program, narrow: bool = False) -> list[Wired]:
    """The plastic edges of a program that went through LEARNING. narrow: numbers of neurons may be
    uint16, as the pairs have them."""
    sizes = {n.name: n.size for n in program.neurons}
    found = []
    for e in program.plastic:
        ends = (
            _elements(v, sizes[v.group], places if narrow else places.astype(np.int32))
            for v, places in ((e.source, e.pattern.source), (e.target, e.pattern.target))
        )
        delays = (np.asarray(part, np.int32) for part in (e.axonal, e.dendritic))
        found.append(Wired(e, *ends, *delays, sizes))
    return found


def _elements(view: View, size: int, places: np.ndarray) -> np.ndarray:
    """The numbers of elements at places in a view."""
    if view.whole(size):
        return places
    return view.indices(size)[places].astype(places.dtype if size <= 2**16 else np.int32)


def longest(program: Program) -> int:
    """The longest delay, in steps, from a spike to an event of a plastic synapse."""
    parts = (part for e in program.plastic for part in (e.axonal, e.dendritic))
    return max((int(np.max(part, initial=0)) for part in parts), default=0)


class Learning:
    """All plastic synapses of a program, for one array library."""

    def __init__(self, program: Program, arrays: Any, plastic: Sequence[Wired]):
        assert program.delivery is not None
        self.program, self.arrays, self.delivery = program, arrays, program.delivery
        self.wired = plastic
        self.rows = 1 + longest(program)
        self.dtypes = {
            f"{w.edges.name}.{f.name}": f.dtype
            for w in self.wired
            for f in w.edges.fields
            if f.kind == "state"
        }
        self.slots = {(g, v): start for g, v, start in self.delivery.slots}
        # What is changed in place, where steps are not traced.
        self.changing = [*self.dtypes, HISTORY, TRANSMITTED] if self.wired else []

    def __bool__(self) -> bool:
        return bool(self.wired)

    def initial(self, values: Mapping[str, Array], dtype: Any) -> dict[str, Array]:
        """The state at t = 0."""
        if not self:
            return {}
        xp = self.arrays.xp
        types = {"float": dtype, "int": "int32", "bool": "bool"}
        state = {n: xp.asarray(values[n]).astype(types[d]) for n, d in self.dtypes.items()}
        state[HISTORY] = xp.zeros((self.rows, self.delivery.n_sources), dtype="bool")
        state[TRANSMITTED] = xp.zeros((self.rows, self.delivery.n_slots), dtype=dtype)
        return state

    def remember(self, state: dict[str, Array], n: Array) -> None:
        """Keep who fired in step n."""
        self._set(state, HISTORY, n % self.rows, state["fired"])

    def respond(self, run: Any, found: Array) -> None:
        """All that happens to synapses whose events are those of step `found`."""
        for w in self.wired:
            assert w.edges.plasticity is not None
            events = _Events(self, w, run.state, found)
            for r in w.edges.plasticity.responses:
                who = events.synapses(r.to) if r.at == "synapse" else events.neurons(r.to)
                if who is None:
                    continue
                if r.at == "synapse":
                    _Responding(self, w, run, found, who).block(r.block)
                else:
                    view, _ = w.neurons(r.to)
                    group = self.program.group(view.group)
                    flags = events.flags(r.to)
                    run.respond(group, r.block, flags)

    def arrived(self, state: dict[str, Array], n: Array) -> Array:
        """What arrives at the slots in step n; it is taken out."""
        row = n % self.rows
        here = state[TRANSMITTED][row]
        here = here if self.arrays.traced else here.copy()
        self._set(state, TRANSMITTED, row, 0.0)
        return here

    def _set(self, state: dict[str, Array], name: str, index: Any, value: Array) -> None:
        if self.arrays.traced:
            state[name] = state[name].at[index].set(value)
        else:
            state[name][index] = value


class _Events:
    """Who has an event in a step."""

    def __init__(self, learning: Learning, w: Wired, state: Mapping[str, Array], found: Array):
        self.learning, self.w, self.found = learning, w, found
        self.history, self.traced = state[HISTORY], learning.arrays.traced

    def _sources(self, side: str) -> slice:
        """Where the neurons of a side are among the sources."""
        view, _ = self.w.neurons(side)
        event = self.w.edges.event if side == "pre" else "spike"
        first = self.learning.delivery.first_source(view.group, event)
        return slice(first, first + self.w.sizes[view.group])

    def flags(self, side: str, delay: Array | None = None) -> Array:
        """The neurons of a side whose spike was `delay` steps ago, or the side's one delay."""
        delay = self.w.delay(side) if delay is None else delay
        return self.history[(self.found - delay) % self.learning.rows, self._sources(side)]

    def neurons(self, side: str) -> Array | None:
        """Anything but None, if there may be any."""
        return True if self.traced or self.flags(side).any() else None

    def synapses(self, side: str) -> Array | None:
        """The numbers of the synapses with an event, or flags of all; None for none."""
        if side == "step":
            return slice(None)
        if self.traced:
            _, neuron = self.w.neurons(side)
            row = (self.found - self.w.delay(side)) % self.learning.rows
            return self.history[row, self._sources(side).start + neuron]
        parts = [
            lookup[np.flatnonzero(self.flags(side, delay))]
            for delay, lookup in self.w.lookups[side]
        ]
        # In the order of their numbers, in which sums are added up.
        chosen = np.concatenate(parts) if len(parts) > 1 else parts[0]
        chosen = np.sort(chosen) if len(parts) > 1 or side == "post" else chosen
        return chosen if len(chosen) else None


class _Responding(Mapping[str, Array]):
    """A block of some synapses being run; also the values of its names.

    who: numbers of synapses; or, where steps are traced, flags of all; or a slice of all.
    """

    def __init__(self, learning: Learning, w: Wired, run: Any, found: Array, who: Array):
        self.learning, self.w, self.run, self.found = learning, w, run, found
        self.masked = learning.arrays.traced and not isinstance(who, slice)
        self.mask, self.index = (who, slice(None)) if self.masked else (None, who)
        self.xp, self.local = learning.arrays.xp, {}
        self.sources, self.targets = w.source[self.index], w.target[self.index]
        self.time = {
            "step": found,
            "dt": learning.program.dt,
            "t": self.xp.asarray(found).astype("float64") * learning.program.dt,
        }

    def block(self, block: Block) -> None:
        """Run the statements in order."""
        arrays, w = self.learning.arrays, self.w
        for s in block:
            value = evaluate(s.value, self, arrays, self.run.step.table, self._draw)
            if s.local:
                self.local[s.target] = value
            elif s.target.startswith("post."):
                self._transmit(value)
            else:
                self._write(f"{w.edges.name}.{s.target}", value, s.how)

    def _write(self, name: str, value: Array, how: str) -> None:
        state = self.run.state
        old = state[name][self.index]
        if how == "+=":
            value = self.learning.arrays.settle(old + value)
        elif how == "max=":
            value = self.xp.maximum(old, value)
        if self.mask is not None:
            value = self.xp.where(self.mask, value, old)
        value = self.xp.broadcast_to(self.xp.asarray(value).astype(old.dtype), old.shape)
        if self.learning.arrays.traced:
            state[name] = value
        else:
            state[name][self.index] = value

    def _transmit(self, value: Array) -> None:
        """On the grid of the port, so that sums are exact in any order."""
        group, port = port_of(self.w.edges)
        rounding = self.run.values[f"{group}.{grid(port)}"]
        value = (value + rounding) - rounding if self._rounds else value
        value = self.learning.arrays.settle(value)
        ring = self.run.state[TRANSMITTED]
        value = self.xp.broadcast_to(value, self.targets.shape).astype(ring.dtype)
        delay = self.w.delay("post")
        delay = delay[self.index] if delay.ndim else delay
        row = self.xp.broadcast_to((self.found + delay) % self.learning.rows, self.targets.shape)
        slot = self.learning.slots[group, port] + self.targets
        if self.learning.arrays.traced:
            value = value if self.mask is None else self.xp.where(self.mask, value, 0.0)
            self.run.state[TRANSMITTED] = ring.at[row, slot].add(value)
        else:
            np.add.at(ring, (row, slot), value)

    @property
    def _rounds(self) -> bool:
        return np.dtype(self.run.step.dtype) == np.float64

    def _draw(self, node: Draw, args: list[Array]) -> Array:
        """A number for each synapse: key (seed, stream), counter (step, number of the synapse)."""
        stream = random.stream(draw_path(self.w.edges.name, node))
        name, size = self.w.edges.name, len(self.w)
        step = self.xp.asarray(self.found).astype("uint32")
        drawing = Drawing(self.learning.arrays, self.run.drawing.seed, step)
        if self.learning.arrays.traced or isinstance(self.index, slice):
            return drawing.draw(name, size, node, args)
        words = random.threefry2x32(
            drawing.seed, np.uint32(stream), np.uint32(drawing.step), self.index.astype(np.uint32)
        )
        if node.distribution == "uniform":
            return random.uniform(*words)
        if node.distribution == "normal":
            return random.normal(*words, self.learning.arrays.library)
        whole = np.zeros(size)
        whole[self.index] = args[0]
        return drawing.draw(name, size, node, [whole])[self.index]

    # values of names

    def __getitem__(self, name: str) -> Array:
        for known in (self.local, self.time):
            if name in known:
                return known[name]
        side, _, rest = name.partition(".")
        if side in ("pre", "post"):
            view, _ = self.w.neurons(side)
            index = self.sources if side == "pre" else self.targets
            value = self.run.values_of(view.group, rest)
            return value[index] if np.ndim(value) else value
        key = f"{self.w.edges.name}.{name}"
        if key in self.learning.dtypes:
            return self.run.state[key][self.index]
        if key in self.run.values:
            value = self.run.values[key]
            return value[self.index] if np.ndim(value) else value
        return self._modulator(name)

    def _modulator(self, name: str) -> Array:
        assert self.w.edges.plasticity is not None
        (m,) = (m for m in self.w.edges.plasticity.modulators if m.name == name)
        value = self.run.values_of(m.source.group, m.variable)
        (element,) = m.source.indices(self.learning.program.group(m.source.group).size)
        return value[element] if np.ndim(value) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self.local)

    def __len__(self) -> int:
        return len(self.local)

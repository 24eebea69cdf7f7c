"""Plastic synapses on arrays: what spikes make of them, and what they transmit.

The synapses of each edges are numbered in the order of `passes.synapses`. Those that have an event
in a step are looked up, and taken alone: all together, or, where steps are traced, some at a time.

State: "edges.weight" and what else synapses have, [synapses]; "history", flags of the sources in
the steps that events may still come from, [rows, sources]; "transmitted", what is on its way to the
slots, [rows, slots]; row: step mod rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import random
from ..ir.expr import Draw
from ..ir.program import Block, Edges, Program, View
from ..ir.verify import draw_path
from ..passes.inputs import grid
from ..passes.layout import port_of
from .evaluate import Array, Drawing, evaluate, poisson_mean

HISTORY, TRANSMITTED = "history", "transmitted"
WIDTH = 256  # synapses at a time, where steps are traced


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
        if chosen is None and not (mine[1:] < mine[:-1]).any():
            return cls(start.astype(np.int64), None)
        order = np.argsort(mine, kind="stable").astype(np.int32)
        return cls(
            start.astype(np.int64), order if chosen is None else chosen[order].astype(np.int32)
        )

    def some(self, flags: Array, first: Array, xp: Any, none: int) -> tuple[Array, Array]:
        """The synapses of the flagged neurons, numbers `first` ... + WIDTH of them, [WIDTH], `none`
        beyond the last; and how many there are in all. For steps that are traced."""
        count = xp.where(flags, self.start[1:] - self.start[:-1], 0)
        end = xp.cumsum(count)
        number = first + xp.arange(WIDTH)
        neuron = xp.minimum(xp.searchsorted(end, number, side="right"), len(flags) - 1)
        place = self.start[neuron] + number - (end[neuron] - count[neuron])
        synapse = place if self.synapse is None else self.synapse[place]
        return xp.where(number < end[-1], synapse, none), end[-1]

    def __getitem__(self, neurons: np.ndarray) -> np.ndarray:
        """The synapses of these neurons."""
        first, end = self.start[neurons], self.start[neurons + 1]
        count = end - first
        place = np.repeat(first - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
        return place if self.synapse is None else self.synapse[place]


@dataclass(frozen=True, eq=False)
class Wired:
    """Plastic edges that are drawn: element numbers [synapses] of their neurons, and delays, steps,
    one or [synapses].

    lookups: by side, for each delay, who has an event that long after a spike.
    """

    edges: Edges
    source: Array
    target: Array
    axonal: Array
    dendritic: Array
    sizes: Mapping[str, int]
    lookups: Mapping[str, Sequence[tuple[int, Lookup]]]

    def __len__(self) -> int:
        return len(self.source)

    def delay(self, side: str) -> Array:
        """Steps from a spike on a side to its event: one, or one each."""
        return self.axonal if side == "pre" else self.dendritic

    def neurons(self, side: str) -> tuple[View, Array]:
        """The view of a side, and the numbers of the synapses' neurons."""
        e = self.edges
        return (e.source, self.source) if side == "pre" else (e.target, self.target)

    def arrays(self) -> dict[str, np.ndarray]:
        """All its arrays, by name."""
        found = {name: getattr(self, name) for name in _ARRAYS}
        for side, lookups in self.lookups.items():
            for k, (_, one) in enumerate(lookups):
                found[f"{side}.{k}.start"] = one.start
                if one.synapse is not None:
                    found[f"{side}.{k}.synapse"] = one.synapse
        return found

    def with_arrays(self, arrays: Mapping[str, Array]) -> Wired:
        """The same with other arrays of these names."""
        lookups = {
            side: [
                (d, Lookup(arrays[f"{side}.{k}.start"], arrays.get(f"{side}.{k}.synapse")))
                for k, (d, _) in enumerate(of_side)
            ]
            for side, of_side in self.lookups.items()
        }
        return replace(self, lookups=lookups, **{name: arrays[name] for name in _ARRAYS})


_ARRAYS = ("source", "target", "axonal", "dendritic")


def wired(program: Program, narrow: bool = False) -> list[Wired]:
    """The plastic edges of a program that went through LEARNING. narrow: numbers of neurons may be
    uint16, as the pairs have them."""
    sizes = {n.name: n.size for n in program.neurons}
    found = []
    for e in program.plastic:
        source, target = (
            _elements(v, sizes[v.group], places if narrow else places.astype(np.int32))
            for v, places in ((e.source, e.pattern.source), (e.target, e.pattern.target))
        )
        axonal, dendritic = (np.asarray(part, np.int32) for part in (e.axonal, e.dendritic))
        found.append(_looked_up(Wired(e, source, target, axonal, dendritic, sizes, {})))
    return found


def _looked_up(w: Wired) -> Wired:
    """With the lookups that its responses need."""
    assert w.edges.plasticity is not None
    lookups: dict[str, list[tuple[int, Lookup]]] = {}
    for side in dict.fromkeys(r.to for r in w.edges.plasticity.responses if r.to != "step"):
        delay = w.delay(side)
        view, neuron = w.neurons(side)
        size = w.sizes[view.group]
        each = [(int(delay), None)] if not delay.ndim else [
            (int(d), np.flatnonzero(delay == d)) for d in np.unique(delay)
        ]  # fmt: skip
        lookups[side] = [(d, Lookup.of(neuron, size, chosen)) for d, chosen in each]
    return replace(w, lookups=lookups)


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
                if r.at == "neuron":
                    view, _ = w.neurons(r.to)
                    flags = events.flags(r.to, w.delay(r.to))
                    if self.arrays.traced or flags.any():
                        group = self.program.group(view.group)
                        run.respond(group, r.block, flags, self.time(found))
                elif not len(w):
                    continue
                elif r.to == "step":
                    _Responding(self, w, run, found, slice(None)).block(r.block)
                elif self.arrays.masks:
                    mask = events.mask(r.to)
                    _Responding(self, w, run, found, slice(None), mask).block(r.block)
                elif self.arrays.traced:
                    for delay, lookup in w.lookups[r.to]:
                        flags = events.flags(r.to, delay)
                        self._some_at_a_time(w, run, found, r.block, flags, lookup)
                elif len(who := events.synapses(r.to)):
                    _Responding(self, w, run, found, who).block(r.block)

    def _some_at_a_time(
        self, w: Wired, run: Any, found: Array, block: Block, flags: Array, lookup: Lookup
    ) -> None:
        """A block of the synapses of flagged neurons, in a loop over parts of one size."""
        xp, before = self.arrays.xp, run.state
        names = [n for n in self.dtypes if n.startswith(f"{w.edges.name}.")] + [TRANSMITTED]

        def body(carry: Any) -> Any:
            first, _, moved = carry
            who, total = lookup.some(flags, first, xp, len(w))
            run.state = before | moved
            _Responding(self, w, run, found, who).block(block)
            return first + WIDTH, total, {n: run.state[n] for n in names}

        total = xp.where(flags, lookup.start[1:] - lookup.start[:-1], 0).sum()
        start = xp.zeros_like(total), total, {n: before[n] for n in names}
        *_, moved = self.arrays.repeat(lambda carry: carry[0] < carry[1], body, start)
        run.state = before | moved

    def time(self, found: Array) -> dict[str, Array]:
        """The time of step `found`, by its names."""
        t = self.arrays.xp.asarray(found).astype("float64") * self.program.dt
        return {"step": found, "dt": self.program.dt, "t": t}

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
        self.history = state[HISTORY]

    def _sources(self, side: str) -> slice:
        """Where the neurons of a side are among the sources."""
        view, _ = self.w.neurons(side)
        event = self.w.edges.event if side == "pre" else "spike"
        first = self.learning.delivery.first_source(view.group, event)
        return slice(first, first + self.w.sizes[view.group])

    def flags(self, side: str, delay: Array) -> Array:
        """The neurons of a side whose spike was `delay` steps ago."""
        return self.history[(self.found - delay) % self.learning.rows, self._sources(side)]

    def mask(self, side: str) -> Array:
        """Who has an event, of all synapses."""
        _, neurons = self.w.neurons(side)
        row = (self.found - self.w.delay(side)) % self.learning.rows
        return self.history[row, self._sources(side).start + neurons]

    def synapses(self, side: str) -> np.ndarray:
        """The numbers of the synapses with an event, ascending: the order in which sums are added
        up."""
        parts = [
            lookup[np.flatnonzero(self.flags(side, delay))]
            for delay, lookup in self.w.lookups[side]
        ]
        chosen = np.concatenate(parts or [np.empty(0, np.int64)])
        return np.sort(chosen) if len(parts) > 1 or side == "post" else chosen


class _Responding(Mapping[str, Array]):
    """A block of some synapses being run; also the values of its names.

    who: numbers of synapses, where steps are traced also one that there is not; or a slice of all.
    mask: whose values change, of these; None: all.
    """

    def __init__(
        self, learning: Learning, w: Wired, run: Any, found: Array, who: Array, mask: Array = None
    ):
        self.learning, self.w, self.run, self.found = learning, w, run, found
        self.mask = mask
        self.index, self.some = who, not isinstance(who, slice)
        self.traced = learning.arrays.traced
        self.xp = learning.arrays.xp
        self.local: dict[str, Array] = {}
        self.sources, self.targets = w.source[self.index], w.target[self.index]
        self.time = learning.time(found)

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
        value = self.xp.broadcast_to(self.xp.asarray(value).astype(old.dtype), old.shape)
        if self.mask is not None:
            state[name] = self.xp.where(self.mask, value, old)
        elif self.traced and self.some:
            state[name] = state[name].at[self.index].set(value, mode="drop")
        elif self.traced:  # ONNX Runtime can't scatter without an index
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
        if self.mask is not None:
            value = self.xp.where(self.mask, value, 0.0)
        if self.traced and self.some:
            value = self.xp.where(self.index < len(self.w), value, 0.0)
        row = self.xp.broadcast_to((self.found + delay) % self.learning.rows, self.targets.shape)
        slot = self.learning.slots[group, port] + self.targets
        if self.traced:
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
        if not self.some:
            return drawing.draw(name, size, node, args)
        lib, element = self.learning.arrays.library, self.index.astype("uint32")
        words = random.threefry2x32(drawing.seed, np.uint32(stream), drawing.step, element)
        if node.distribution == "uniform":
            return random.uniform(*words)
        if node.distribution == "normal":
            return random.normal(*words, lib)
        return self.learning.arrays.counts(random.uniform(*words), poisson_mean(args[0], self.xp))

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

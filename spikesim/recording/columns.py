"""From the spikes and samples of a chunk to what each probe wants of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir.program import Program

# Arrays of one length: steps, and what was recorded in them.
Entries = tuple[np.ndarray, ...]
Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Column:
    """What one probe records: spikes, the rate, or a variable of some neurons of a group.

    what: "spikes", "rate", or the name of the variable or of another event. neurons: int64, their
    numbers in the group. every: steps between samples, or the bin of a rate. start, stop: the steps
    between which it records, None: to the end. event: of an event, its name. variables: what is
    kept with each event, units and types (NumPy's) of them. dtype: NumPy's type of samples. Of a
    projection, neurons are the numbers of connections, and source and target int64, the numbers of
    their neurons.
    """

    name: str
    group: str
    what: str
    neurons: np.ndarray
    every: int
    unit: str = ""
    start: int = 0
    stop: int | None = None
    event: str = ""
    variables: Sequence[str] = ()
    units: Sequence[str] = ()
    types: Sequence[str] = ()
    dtype: str = "float64"
    source: np.ndarray | None = None
    target: np.ndarray | None = None

    @property
    def is_spikes(self) -> bool:
        """Are its entries spikes?"""
        return self.what == "spikes"

    @property
    def is_events(self) -> bool:
        """Are its entries (step, element), and values of variables, and not (step, values)?"""
        return self.is_spikes or bool(self.event)

    @property
    def parts(self) -> list[str]:
        """Names of the arrays of its entries."""
        return ["steps", "values", *(f"variables/{name}" for name in self.variables)]

    def between(self, first: int, end: int) -> tuple[int, int]:
        """What of the steps first ... end - 1 is recorded, as (first, end)."""
        last = end if self.stop is None else min(end, self.stop)
        return min(max(first, self.start), max(last, first)), max(last, first)

    def inside(self, entries: Entries) -> Entries:
        """The entries between `start` and `stop`; their steps ascend."""
        if not self.start and self.stop is None:
            return entries
        steps = entries[0]
        low = int(np.searchsorted(steps, self.start))
        high = len(steps) if self.stop is None else int(np.searchsorted(steps, self.stop))
        return tuple(part[low:high] for part in entries)


def columns_of(program: Program, dtype: Any) -> list[Column]:
    """The columns of a program, one a probe. dtype: of its floating point numbers."""
    found = []
    numpy_type = {"float": np.dtype(dtype).name, "int": "int32", "bool": "bool"}
    for p in program.probes:
        group = program.group(p.source.group)
        event = "" if p.reduce else p.event
        what = p.variable or ("spikes" if event == "spike" else event) or "rate"
        unit = str(group.field(p.variable).unit) if p.variable else "spikes/s" * bool(p.reduce)
        units = tuple(str(group.field(name).unit) for name in p.variables)
        neurons = np.ascontiguousarray(p.source.indices(group.size))
        column = Column(
            p.name, group.name, what, neurons, p.every, unit, p.start, p.stop, event, p.variables,
            units, tuple(numpy_type[group.field(name).dtype] for name in p.variables),
            numpy_type[group.field(p.variable).dtype] if p.variable else "float64",
        )  # fmt: skip
        found.append(column)
    return found


Piece = dict[str, Entries]


@dataclass
class Picker:
    """Picks from each chunk what is recorded: by column (steps, elements), or (steps, values).

    Spikes of a column are in the order of (step, element); elements are positions in its neurons,
    and variables follow them. A rate is handed out, in spikes/s, when its bin is over; `rest` gives
    the last one, which may be shorter. first: the step at which the recording starts. dtype: of
    floating point numbers. synapses: columns of projections.
    """

    program: Program
    first: int
    dtype: Any
    synapses: Sequence[Column] = ()
    columns: list[Column] = field(init=False)
    bins: dict[str, tuple[int, int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = [*columns_of(self.program, self.dtype), *self.synapses]
        delivery = self.program.delivery
        n_sources = delivery.n_sources if delivery else 0
        # For each column, which of its elements a source is (-1: none), and whether in order; for
        # neurons in a row, the first source and the one after the last.
        self.places: dict[str, np.ndarray | tuple[int, int]] = {}
        self.ascending: dict[str, bool] = {}
        logged = {p.name for p in self.program.probes if p.logged}
        for c in self.columns:
            if c.what == "rate":
                self.bins.setdefault(c.name, (self.first, 0, 0.0))
            if c.what not in ("spikes", "rate") or c.name in logged:
                continue
            assert delivery is not None
            sources = c.neurons + delivery.first_source(c.group, "spike")
            if (np.diff(sources) == 1).all():
                self.places[c.name] = int(sources[0]), int(sources[-1]) + 1
            else:
                place = np.full(n_sources, -1, np.int32)
                place[sources] = np.arange(len(sources))
                self.places[c.name] = place
            self.ascending[c.name] = bool((np.diff(c.neurons) > 0).all())

    def pick(
        self,
        first: int,
        count: int,
        spikes: Pair,
        samples: Mapping[str, np.ndarray],
        logs: Mapping[str, Entries],
    ) -> Piece:
        """What `count` steps from step `first` on gave."""
        piece: Piece = {}
        for c in self.columns:
            if c.name in logs:
                step, element, *values = logs[c.name]
                step, element = step.astype(np.int32), element.astype(np.int32)
            elif c.name in self.places:
                step, element = self._mine(c, spikes)
                values = []
            else:
                steps = np.arange(-(-first // c.every) * c.every, first + count, c.every)
                piece[c.name] = c.inside((steps, np.asarray(samples[c.name])))
                continue
            if c.what == "rate":
                piece[c.name] = c.inside(self._rates(c, first, count, step))
                continue
            if not self.ascending.get(c.name, True):  # logs are in order
                order = np.lexsort((element, step))
                element, step = element[order], step[order]
            piece[c.name] = c.inside((step, element, *values))
        return piece

    def _mine(self, c: Column, spikes: Pair) -> Pair:
        """The spikes of a column's neurons, as (steps, elements), int32."""
        steps, sources = (side.astype(np.int32, copy=False) for side in spikes)
        place = self.places[c.name]
        if isinstance(place, tuple):
            low, high = place
            mine = np.flatnonzero((sources >= low) & (sources < high))
            return steps[mine], sources[mine] - np.int32(low)
        element = place[sources]
        mine = np.flatnonzero(element >= 0)
        return steps[mine], element[mine]

    def _rates(self, c: Column, first: int, count: int, step: np.ndarray) -> Pair:
        start, length, total = self.bins[c.name]
        counts = np.bincount(step - first, minlength=count)
        # Bins end at multiples of `every`.
        ends = np.arange(-(-(first + 1) // c.every) * c.every, first + count + 1, c.every)
        edges = np.concatenate([[first], ends, [first + count]])
        sums = np.add.reduceat(np.append(counts, 0), np.minimum(edges[:-1] - first, count))
        sums[np.diff(edges) == 0] = 0
        lengths = np.diff(edges)
        sums[0] += total
        lengths[0] += length
        starts = np.concatenate([[start], ends])
        self.bins[c.name] = int(starts[-1]), int(lengths[-1]), float(sums[-1])
        return starts[:-1], self._rate(c, sums[:-1], lengths[:-1])

    def _rate(self, c: Column, total: Any, steps: Any) -> np.ndarray:
        time = np.asarray(steps) * self.program.dt
        return np.asarray(total / (max(len(c.neurons), 1) * time) * 1e3)

    def rest(self) -> Piece:
        """The bins that are not over yet."""
        piece: Piece = {}
        for c in self.columns:
            start, length, total = self.bins.get(c.name, (0, 0, 0.0))
            if length:
                rate = self._rate(c, np.array([total]), np.array([length]))
                piece[c.name] = c.inside((np.array([start]), rate))
        return piece


def joined(c: Column, entries: list[Entries]) -> Entries:
    """Entries one after the other; empty ones of the right shape and type for none."""
    if entries:
        return tuple(np.concatenate(part) for part in zip(*entries, strict=True))
    if c.is_events:
        empty = np.empty(0, np.int32)
        return empty, empty, *(np.empty(0, dtype) for dtype in c.types)
    shape = (0,) if c.what == "rate" else (0, len(c.neurons))
    return np.empty(0, np.int64), np.empty(shape, c.dtype)

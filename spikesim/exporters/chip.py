"""A network in a target's own numbers, and the interpreter that runs it step by step.

The same loop runs the integers (bit for bit what the target computes) and the real numbers that
they were rounded from; a target gives the rule of one neuron, `advance`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csc_array

from ..errors import ParameterError

State = dict[str, np.ndarray]
# (layer, state, arrivals, integer?) -> number of spikes [size]; changes the state.
Rule = Callable[["ChipLayer", State, "Arrivals", bool], np.ndarray]


@dataclass(frozen=True, eq=False)
class ChipLayer:
    """Neurons: the target's parameters by name, numbers or arrays [size]; initial states [size]."""

    name: str
    size: int
    kinds: int
    parameters: Mapping[str, Any]
    start: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class ChipSynapses:
    """Synapses: a spike of step s adds weight * 2^exponent in step s + latency; [n] each.

    With a negative exponent the sum over the spikes of a step is shifted, not each weight.
    """

    name: str
    source: str
    target: str
    kind: int
    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    latency: np.ndarray
    exponent: int = 0


@dataclass(frozen=True, eq=False)
class Chip:
    """A network on a target. integer: are these the rounded numbers? most: spikes of one source in
    one step that the target takes; more are lost."""

    target: str
    dt: float
    sources: Mapping[str, int]
    layers: tuple[ChipLayer, ...]
    synapses: tuple[ChipSynapses, ...]
    integer: bool
    most: int | None = None

    def layer(self, name: str) -> ChipLayer:
        """The layer of that name; KeyError if there is none."""
        return next(one for one in self.layers if one.name == name)


def operations(x: np.ndarray) -> Any:
    """The functions on arrays of the library that an array is of: NumPy, or JAX."""
    return x.__array_namespace__()


class Arrivals:
    """What arrives at a layer in a step: arrivals[kind] is the sum [size]; `onto` adds one after
    the other, for targets on which the order counts."""

    def __init__(
        self, layer: ChipLayer, given: list[tuple[_Table, np.ndarray]], integer: bool
    ) -> None:
        self._layer, self._given, self._integer = layer, given, integer

    def __getitem__(self, kind: int) -> np.ndarray:
        total = np.zeros(self._layer.size, np.int64 if self._integer else np.float64)
        for table, fired in self._given:
            if table.kind == kind:
                total += _shifted(table.matrix @ fired.astype(total.dtype), table.exponent)
        return total

    def onto(self, kind: int, x: np.ndarray, low: int, high: int) -> np.ndarray:
        """x [size] with the arrivals added, clipped after each spike: in the order of
        `Chip.sources`, then of `Chip.layers`, within each by neuron."""
        x = x.copy()
        for table, fired in self._given:
            if table.kind == kind:
                for post, weight in _columns(table.matrix, fired):
                    # Spikes of one neuron add with one sign: clipping once is clipping each time.
                    x[post] = np.clip(x[post] + _shifted(weight, table.exponent), low, high)
        return x


@dataclass(frozen=True, eq=False)
class Trace:
    """What a run did: spikes[group] int64 [steps, size], states[layer][state] [steps, size] at the
    end of each step."""

    spikes: Mapping[str, np.ndarray]
    states: Mapping[str, Mapping[str, np.ndarray]]


def run(chip: Chip, rule: Rule, given: Mapping[str, np.ndarray], steps: int | None = None) -> Trace:
    """Run a chip on spikes of its sources, [steps, size] each; without sources, for `steps`.

    Layers advance in the order of `chip.layers`; a latency of 0 therefore only reaches layers that
    come later. Raises ParameterError for spikes of other groups or shapes.
    """
    known, steps = input_of(chip, given, steps)
    sizes = dict(chip.sources) | {one.name: one.size for one in chip.layers}
    kind = np.int64 if chip.integer else np.float64
    tables = _tables(chip, sizes, kind)
    state = {one.name: {x: np.array(v, kind) for x, v in one.start.items()} for one in chip.layers}
    spikes = {name: np.zeros((steps, size), np.int64) for name, size in sizes.items()}
    states = {
        one.name: {x: np.zeros((steps, one.size), kind) for x in one.start} for one in chip.layers
    }
    spikes |= known
    busy = {name: np.asarray(counts.any(axis=1)) for name, counts in spikes.items()}
    for n in range(steps):
        for one in chip.layers:
            heard = [
                (table, spikes[table.source][n - table.latency])
                for table in tables.get(one.name, ())
                if n >= table.latency and busy[table.source][n - table.latency]
            ]
            arriving = Arrivals(one, heard, chip.integer)
            fired = rule(one, state[one.name], arriving, chip.integer)
            spikes[one.name][n], busy[one.name][n] = fired, fired.any()
            for x, trace in states[one.name].items():
                trace[n] = state[one.name][x]
    return Trace(spikes, states)


def input_of(
    chip: Chip, given: Mapping[str, np.ndarray], steps: int | None
) -> tuple[dict[str, np.ndarray], int]:
    """The spikes of the sources that the target takes, and the number of steps; see `run`."""
    if given.keys() != chip.sources.keys():
        had, expected = (", ".join(names) or "none" for names in (given, chip.sources))
        raise ParameterError(f"spikes are of {had:.200}; expected those of each source: {expected}")
    if not chip.sources:
        if steps is None:
            raise ParameterError("the network has no spike sources: give the number of steps")
        return {}, steps
    for name, size in chip.sources.items():
        got = np.shape(given[name])
        if len(got) != 2 or got[1] != size:
            raise ParameterError(f"spikes of {name!r} have shape {got}; expected [steps, {size}]")
        counts = np.asarray(given[name])
        if (
            counts.dtype.kind not in "biuf"
            or not (np.floor(counts) == np.clip(counts, 0, 2**53)).all()
        ):
            raise ParameterError(f"spikes of {name!r} are no counts; expected 0, 1, 2 ... a step")
    lengths = {len(given[name]) for name in chip.sources}
    if len(lengths) > 1:
        raise ParameterError(f"spikes of the sources have different lengths: {sorted(lengths)}")
    most = np.iinfo(np.int64).max if chip.most is None else chip.most
    spikes = {name: np.minimum(np.asarray(given[name], np.int64), most) for name in chip.sources}
    return spikes, lengths.pop()


@dataclass(frozen=True, eq=False)
class _Table:
    """The synapses of a projection that have one latency; matrix [post, pre]."""

    source: str
    kind: int
    latency: int
    exponent: int
    matrix: csc_array


def _tables(chip: Chip, sizes: Mapping[str, int], kind: Any) -> dict[str, list[_Table]]:
    """By target, in the order of the sources."""
    found: dict[str, list[_Table]] = {}
    for s in sorted(chip.synapses, key=lambda s: list(sizes).index(s.source)):
        for latency in np.unique(s.latency):
            at = s.latency == latency
            weight, exponent = s.weight[at].astype(kind), s.exponent
            if not chip.integer:
                weight, exponent = weight * 2.0**exponent, 0
            shape = (sizes[s.target], sizes[s.source])
            matrix = csc_array((weight, (s.post[at], s.pre[at])), shape=shape)
            found.setdefault(s.target, []).append(
                _Table(s.source, s.kind, int(latency), exponent, matrix)
            )
    return found


def _shifted(x: np.ndarray, exponent: int) -> np.ndarray:
    if not exponent:
        return x
    return x << exponent if exponent > 0 else x >> -exponent


def _columns(matrix: csc_array, fired: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(post, weight times spikes) of each neuron that fired, in their order."""
    for pre in np.flatnonzero(fired):
        mine = slice(matrix.indptr[pre], matrix.indptr[pre + 1])
        yield matrix.indices[mine], matrix.data[mine] * fired[pre]


def mixed(real: Chip, rounded: Chip, causes: Mapping[str, tuple[str, ...]], on: str) -> Chip:
    """The real numbers, with what `on` names taken from the rounded ones: "weights", or a key of
    `causes`, the parameters that it stands for."""
    if on == "weights":
        return replace(real, synapses=rounded.synapses)
    layers = tuple(
        replace(
            a,
            parameters={
                **a.parameters,
                **{p: b.parameters[p] for p in causes[on] if p in b.parameters},
            },
        )
        for a, b in zip(real.layers, rounded.layers, strict=True)
    )
    return replace(real, layers=layers)

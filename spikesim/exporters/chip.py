"""A network in a target's own numbers, and the interpreter that runs it step by step.

The same loop runs the integers (bit for bit what the target computes) and the real numbers that
they were rounded from; a target gives the rule of one neuron, `advance`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csc_array

from ..errors import ParameterError

State = dict[str, np.ndarray]
# (layer, state, arrivals [kinds, size], integer?) -> number of spikes [size]; changes the state.
Rule = Callable[["ChipLayer", State, np.ndarray, bool], np.ndarray]


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
    """A network on a target. integer: are these the rounded numbers?"""

    target: str
    dt: float
    sources: Mapping[str, int]
    layers: tuple[ChipLayer, ...]
    synapses: tuple[ChipSynapses, ...]
    integer: bool

    def layer(self, name: str) -> ChipLayer:
        """The layer of that name; KeyError if there is none."""
        return next(one for one in self.layers if one.name == name)


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
    steps = _steps(chip, given, steps)
    sizes = dict(chip.sources) | {one.name: one.size for one in chip.layers}
    kind = np.int64 if chip.integer else np.float64
    longest = 1 + max((int(s.latency.max(initial=0)) for s in chip.synapses), default=0)
    rings = {one.name: np.zeros((longest, one.kinds, one.size), kind) for one in chip.layers}
    tables = _tables(chip, sizes, kind)
    state = {one.name: {x: np.array(v, kind) for x, v in one.start.items()} for one in chip.layers}
    spikes = {name: np.zeros((steps, size), np.int64) for name, size in sizes.items()}
    states = {
        one.name: {x: np.zeros((steps, one.size), kind) for x in one.start} for one in chip.layers
    }
    for name in chip.sources:
        spikes[name][:] = given[name]
    for n in range(steps):
        for name in chip.sources:
            _send(tables.get(name, ()), spikes[name][n], n, rings, chip.integer)
        for one in chip.layers:
            slot = rings[one.name][n % longest]
            arriving = slot.copy()
            slot[:] = 0
            spikes[one.name][n] = rule(one, state[one.name], arriving, chip.integer)
            for x, trace in states[one.name].items():
                trace[n] = state[one.name][x]
            _send(tables.get(one.name, ()), spikes[one.name][n], n, rings, chip.integer)
    return Trace(spikes, states)


def _steps(chip: Chip, given: Mapping[str, np.ndarray], steps: int | None) -> int:
    if not chip.sources:
        if steps is None:
            raise ParameterError("the network has no spike sources: give the number of steps")
        return steps
    for name, size in chip.sources.items():
        got = np.shape(given.get(name, ()))
        if len(got) != 2 or got[1] != size:
            raise ParameterError(
                f"spikes of {name!r} have shape {got}; expected [steps, {size}], "
                f"for each of {', '.join(chip.sources)}"
            )
    lengths = {len(given[name]) for name in chip.sources}
    if len(lengths) > 1:
        raise ParameterError(f"spikes of the sources have different lengths: {sorted(lengths)}")
    return lengths.pop()


def _tables(chip: Chip, sizes: Mapping[str, int], kind: Any) -> dict[str, list[Any]]:
    """By source: (target, kind, latency, exponent, matrix [post, pre])."""
    found: dict[str, list[Any]] = {}
    for s in chip.synapses:
        for latency in np.unique(s.latency):
            at = s.latency == latency
            weight = s.weight[at].astype(kind)
            if not chip.integer:
                weight, exponent = weight * 2.0**s.exponent, 0
            else:
                exponent = s.exponent
            shape = (sizes[s.target], sizes[s.source])
            matrix = csc_array((weight, (s.post[at], s.pre[at])), shape=shape)
            found.setdefault(s.source, []).append(
                (s.target, s.kind, int(latency), exponent, matrix)
            )
    return found


def _send(tables: Any, fired: np.ndarray, n: int, rings: Any, integer: bool) -> None:
    if not fired.any():
        return
    for target, kind, latency, exponent, matrix in tables:
        added = matrix @ (fired if integer else fired.astype(np.float64))
        if exponent:
            added = added << exponent if exponent > 0 else added >> -exponent
        ring = rings[target]
        ring[(n + latency) % len(ring), kind] += added


def mixed(real: Chip, rounded: Chip, causes: Mapping[str, tuple[str, ...]], on: str) -> Chip:
    """The real numbers, with what `on` names taken from the rounded ones: "weights", or a key of
    `causes`, the parameters that it stands for."""
    if on == "weights":
        return replace(real, synapses=rounded.synapses)
    layers = tuple(
        replace(a, parameters={**a.parameters, **{p: b.parameters[p] for p in causes[on]}})
        for a, b in zip(real.layers, rounded.layers, strict=True)
    )
    return replace(real, layers=layers)

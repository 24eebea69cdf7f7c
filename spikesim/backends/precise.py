"""Spikes between the steps, on arrays: NumPy and JAX alike. native/machine.cc is the same in C++.

Neurons do not act on each other within a step, since delays are at least one step long. So all
neurons that something arrives at go on to their first arrival at once, then those that have a
second one, and so on: `Rounds`. What arrives at one moment is summed before it is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ParameterError
from ..ir.program import PRECISE_OFFSET, Edges, Limits, Neurons, Program
from ..passes.inputs import arriving
from ..passes.layout import addresses, port_of
from ..passes.precise import CROSSING, LONGEST, UNTIL, spectral_radius
from ..passes.timed import total

if TYPE_CHECKING:
    from .step import _Running

Array = Any


@dataclass(frozen=True, eq=False)
class Timed:
    """The synapses of the timed edges to a group, one edges after the other, [synapses] each.

    source: number among all sources. delay: steps. element, port: number in the group, and of its
    ports.
    """

    edges: tuple[Edges, ...]
    source: np.ndarray
    delay: np.ndarray
    element: np.ndarray
    port: np.ndarray


def timed(program: Program) -> dict[str, Timed]:
    """The tables of the groups that have such edges."""
    delivery = addresses(program)
    found = {}
    for group in program.neurons:
        mine = tuple(e for e in program.timed if e.target.group == group.name)
        ports = [p.variable for p in group.ports]
        columns: list[tuple[np.ndarray, ...]] = []
        for e in mine:
            first, size = (
                delivery.first_source(e.source.group, e.event),
                program.group(e.source.group).size,
            )
            n = len(e.pattern)
            columns.append(
                (
                    e.source.indices(size)[e.pattern.source] + first,
                    np.broadcast_to(total(e), n),
                    e.target.indices(group.size)[e.pattern.target],
                    np.full(n, ports.index(port_of(e)[1])),
                )
            )
        if mine:
            joined = (np.concatenate(c).astype(np.int32) for c in zip(*columns, strict=True))
            found[group.name] = Timed(mine, *joined)
    return found


def weights_of(group: str) -> str:
    """The name of the weights of a group's table among the values of a run."""
    return f"{group}.timed weights"


def rows(program: Program) -> int:
    """The steps in which a spike may be under way to a precise group; 0 where there is none."""
    longest = (int(np.max(total(e), initial=0)) for e in program.timed)
    return 1 + max(longest, default=-1)


def knows(group: Neurons, event: str) -> bool:
    """Does a group know when in a step its event was?"""
    return event == "spike" and any(f.name == PRECISE_OFFSET for f in group.fields)


def sent(run: _Running) -> Array:
    """When in their step sources had their event, [rows, sources]; infinite where they had none."""
    xp, state, before = run.xp, run.state, run.state["sent"]
    parts = []
    for name, event, _ in run.step.delivery.sources:
        group = run.step.program.group(name)
        when = state[f"{name}.{PRECISE_OFFSET}"] if knows(group, event) else run.step.program.dt
        parts.append(xp.where(run.fired[name, event], when, np.inf))
    row = xp.arange(before.shape[0]) == xp.mod(run.n, before.shape[0])
    return xp.where(row[:, None], xp.concatenate(parts), before)


def between(run: _Running, group: Neurons) -> None:
    """A precise group goes through a step, after its update."""
    _Rounds(run, group).take()


class _Rounds:
    def __init__(self, run: _Running, group: Neurons):
        self.run, self.group, self.xp = run, group, run.xp
        assert group.precise is not None
        self.blocks, self.dt = group.precise, run.step.program.dt
        self.names = [f"{group.name}.{f.name}" for f in group.fields if f.kind == "state"]
        self.table = run.step.timed.get(group.name)
        if self.table is not None:
            log = run.state["sent"]
            row = self.xp.mod(run.n - self.table.delay, log.shape[0])
            self.times = log[row, self.table.source]
            self.weights = run.values[weights_of(group.name)]

    def take(self) -> None:
        """All arrivals of the step, and what lies between them."""
        everyone = self.xp.ones(self.group.size, dtype="bool")
        if self.table is not None:
            due = self._first_after(self.xp.full(self.group.size, -1.0))
            self._repeat(lambda due: self.xp.isfinite(due).any(), self._round, due)
        self._go(self.xp.full(self.group.size, self.dt), everyone)
        self._let_arrive(self.blocks.finish, self.xp.full(self.group.size, self.dt), everyone)
        self._cross()

    def _round(self, due: Array) -> Array:
        there = self.xp.isfinite(due)
        self._go(due, there)
        self._let_arrive(self.blocks.land, due, there)
        return self._first_after(due)

    def _first_after(self, done: Array) -> Array:
        """When something next arrives at each neuron before the step is over; or infinite."""
        assert self.table is not None
        later = (self.times > done[self.table.element]) & (self.times < self.dt)
        times = self.xp.where(later, self.times, np.inf)
        return self.run.step.arrays.least(times, self.table.element, self.group.size)

    def _go(self, until: Array, there: Array) -> None:
        state, name = self.run.state, f"{self.group.name}.{UNTIL}"
        state[name] = self.xp.where(there, until, state[name])
        self.run._block(self.group, self.blocks.advance, there)
        self._cross()

    def _cross(self) -> None:
        name = f"{self.group.name}.{CROSSING}"

        def cross(nothing: Array) -> Array:
            self.run._block(self.group, self.blocks.cross, self.run.state[name])
            return nothing

        self._repeat(lambda _: self.run.state[name].any(), cross, self.xp.zeros(()))

    def _let_arrive(self, block: Any, at: Array, there: Array) -> None:
        state, table = self.run.state, self.table
        names = [f"{self.group.name}.{arriving(p.variable)}" for p in self.group.ports]
        for k, name in enumerate(names):
            sums = self.xp.zeros(self.group.size)
            if table is not None:
                mine = (self.times == at[table.element]) & (table.port == k)
                parts = self.xp.where(mine, self.weights, 0.0)
                sums = self.run.step.arrays.total(parts, table.element, self.group.size)
            state[name] = sums
        self.run._block(self.group, block, there)
        for name in names:
            del state[name]

    def _repeat(self, more: Any, body: Any, value: Array) -> None:
        """While `more` of a value says so, the group's states and the value as `body` makes them.
        What both see of states is `run.state`."""
        run = self.run

        def inside(function: Any, carry: Any) -> tuple[Any, dict[str, Array]]:
            moved, value = carry
            before, run.state = run.state, run.state | moved
            result = function(value)
            after, run.state = run.state, before
            return result, {name: after[name] for name in self.names}

        def one(carry: Any) -> Any:
            value, moved = inside(body, carry)
            return moved, value

        start = {name: run.state[name] for name in self.names}, value
        moved, _ = run.step.arrays.repeat(lambda carry: inside(more, carry)[0], one, start)
        run.state = run.state | moved


def check_limits(
    group: str, limits: Limits, matrix: np.ndarray, period: np.ndarray, dt: float
) -> None:
    """Raise ParameterError where a step is too long for a precise group: for any, or for this one
    as it was compiled. matrix: of dx/dt = matrix x, [..., variables, variables]."""
    fastest = spectral_radius(matrix)
    if fastest * dt > LONGEST:
        raise ParameterError(
            f"population {group!r} is precise, which needs a dt of at most {LONGEST:g} of its "
            f"shortest time constant; got dt = {dt:g} ms, and a time constant of "
            f"{1 / fastest:g} ms: use a dt of at most {LONGEST / fastest:g} ms"
        )
    if fastest * dt > limits.most:
        raise ParameterError(
            f"population {group!r} is precise, and was compiled for time constants of at least "
            f"{dt / limits.most:g} ms; got {1 / fastest:g} ms: compile the network with the "
            "shortest that runs will have"
        )
    shortest = float(np.min(period))
    if shortest < dt * (1 - 1e-9):
        raise ParameterError(
            f"population {group!r} is precise, which needs a refractory period of at least one "
            f"step; got {shortest:g} ms with dt = {dt:g} ms: make it longer, or use a smaller dt"
        )


def timed_weights(
    tables: Mapping[str, Timed], weights: Mapping[str, np.ndarray], constants: Mapping[Any, float]
) -> dict[str, np.ndarray]:
    """The weights of the tables, rounded to the grids of their ports; weights: by edges."""
    found = {}
    for group, table in tables.items():
        parts = []
        for e in table.edges:
            m = constants[port_of(e)]
            parts.append((weights[e.name] + m) - m)
        found[weights_of(group)] = np.concatenate(parts)
    return found

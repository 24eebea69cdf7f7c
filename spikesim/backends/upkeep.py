"""What is done to all synapses of plastic edges at intervals: on the host, between two chunks of a
run, so that it is the same on every backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .. import random
from ..build.values import value_of
from ..errors import ParameterError
from ..ir.program import Edges, Program, Rewire, Scale, Upkeep
from ..ir.verify import rewired
from .base import State
from .binding import Binder

ACTIVE = "active"
LAST = "last_step"


def beats(program: Program) -> list[int]:
    """A chunk has to end at each multiple of every one of these."""
    return [u.every for u in program.upkeep]


def kept_up(
    program: Program, state: State, step: int, seed: int, given: Mapping[str, Any]
) -> State:
    """The state as step `step` begins, after what is due; the same one if nothing is. given: the
    parameters of the run, of which `learning` counts."""
    for u, e in _due(program, step):
        if step and not given.get(f"{e.name}.learning", e.field("learning").value):
            continue
        name, active = f"{e.name}.weight", f"{e.name}.{ACTIVE}"
        weight = np.array(state[name])
        there = np.array(state[active]) if active in state else np.ones(len(weight), bool)
        if isinstance(u, Scale):
            _scale(u, e, weight, there, given)
        elif isinstance(u, Rewire):
            stream = random.stream(rewired(e.name))
            drawn = random.uniform(*random.words(seed, stream, step, np.arange(len(there))))
            if step:
                _rewire(u, e, weight, there, drawn)
            elif active in given:
                _check_budget(u, e, there)
            else:
                there[_rank(e.pattern.target, drawn) >= u.budget] = False
            weight[~there] = 0.0
            state = {**state, active: there}
        state = {**state, name: weight}
    return state


def moved_on(binder: Binder, state: State, step: int, given: Mapping[str, Any]) -> State:
    """The state as step `step` begins, with what stands still between events brought up to then, by
    the parameters that were `given`."""
    program: Program = binder.program
    late = program.order.index("deliver") < program.order.index("threshold")
    for e in program.plastic:
        assert e.plasticity is not None
        if not e.plasticity.moved:
            continue
        last = np.asarray(state[f"{e.name}.{LAST}"])
        now = step - 2 if late else step - 1
        scope = binder.edge_values(e, given, {})
        scope |= {x: np.asarray(state[f"{e.name}.{x}"], np.float64) for x in e.plasticity.moved}
        scope["elapsed"] = (now - last) * program.dt
        found = {
            f"{e.name}.{x}": np.asarray(binder.evaluate(expr, scope), state[f"{e.name}.{x}"].dtype)
            for x, expr in e.plasticity.moved.items()
        }
        state = {**state, **found, f"{e.name}.{LAST}": np.full_like(last, now)}
    return state


def emptied(program: Program, state: State) -> State:
    """The state, with no weight where there is no synapse."""
    for e in program.plastic:
        name, active = f"{e.name}.weight", f"{e.name}.{ACTIVE}"
        if active in state:
            there = np.asarray(state[active], bool)
            state = {**state, name: np.where(there, np.asarray(state[name]), 0)}
    return state


def _due(program: Program, step: int) -> Iterator[tuple[Upkeep, Edges]]:
    edges = {e.name: e for e in program.plastic}
    for u in program.upkeep:
        # Which synapses there are is decided before the first step.
        if step % u.every == 0 and (step or isinstance(u, Rewire)):
            yield u, edges[u.edges]


def _check_budget(u: Rewire, e: Edges, there: np.ndarray) -> None:
    most = int(np.bincount(e.pattern.target, there).max(initial=0))
    if most > u.budget:
        raise ParameterError(
            f"{e.name}.{ACTIVE}: a target has {most} synapses, more than its budget, {u.budget}; "
            "give a structure within the budget"
        )


def _scale(
    u: Scale, e: Edges, weight: np.ndarray, there: np.ndarray, given: Mapping[str, Any]
) -> None:
    """Multiply the weights of each target, within the bounds of the rule."""
    target = e.pattern.target
    size = 1 + int(target.max(initial=0))
    total = np.bincount(target, weight * there, size)
    wanted = np.broadcast_to(u.total, (max(size, np.size(u.total)),))[:size]
    factor = np.divide(wanted, total, out=np.ones(size), where=total != 0)
    scaled = weight * factor[target]
    assert e.plasticity is not None
    if e.plasticity.bounds is not None:
        known = {}
        for f in e.fields:
            if f.kind == "parameter":
                value = given.get(f"{e.name}.{f.name}", f.value)
                mine = f"{e.name}.{f.name}" in given and np.ndim(value)
                known[f.name] = e.pattern.from_user(value) if mine else value
        low, high = (value_of(b, known) for b in e.plasticity.bounds)
        if low is not None and high is not None:
            scaled = np.clip(scaled, low, high).astype(weight.dtype)
    weight[there] = scaled[there]


def _rewire(u: Rewire, e: Edges, weight: np.ndarray, there: np.ndarray, drawn: np.ndarray) -> None:
    """Remove and grow synapses; drawn: of each, a number in [0, 1) that decides who goes first."""
    target = e.pattern.target
    sign = -1.0 if u.weight < 0 else 1.0  # of inhibition, those near to zero are weak
    weak = there & (sign * weight < sign * u.below)
    there[weak] = False
    lacking = u.budget - np.bincount(target, there, 1 + int(target.max(initial=0)))
    # Places that have just become empty come last, and those that hold a synapse are no choice.
    grown = _rank(target, drawn + weak + 2.0 * there) < lacking[target]
    grown &= ~there
    there[grown], weight[grown] = True, u.weight


def _rank(target: np.ndarray, key: np.ndarray) -> np.ndarray:
    """The place of each synapse among those of its target, by ascending key."""
    order = np.lexsort((key, target))
    start = np.cumsum(np.bincount(target)) - np.bincount(target)
    rank = np.empty(len(target), np.int64)
    rank[order] = np.arange(len(target)) - start[target[order]]
    return rank

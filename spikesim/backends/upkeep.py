"""What is done to all synapses of plastic edges at intervals: on the host, between two chunks of a
run, so that it is the same on every backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .. import random
from ..ir.program import Edges, Program, Rewire, Scale, Upkeep
from ..ir.verify import rewired
from .base import State

ACTIVE = "active"


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
            _scale(u, e, weight, there)
        elif isinstance(u, Rewire):
            stream = random.stream(rewired(e.name))
            drawn = random.uniform(*random.words(seed, stream, step, np.arange(len(there))))
            if step:
                _rewire(u, e, weight, there, drawn)
            elif active not in given:
                there[_rank(e.pattern.target, drawn) >= u.budget] = False
            weight[~there] = 0.0
            state = {**state, active: there}
        state = {**state, name: weight}
    return state


def _due(program: Program, step: int) -> Iterator[tuple[Upkeep, Edges]]:
    edges = {e.name: e for e in program.plastic}
    for u in program.upkeep:
        # Which synapses there are is decided before the first step.
        if step % u.every == 0 and (step or isinstance(u, Rewire)):
            yield u, edges[u.edges]


def _scale(u: Scale, e: Edges, weight: np.ndarray, there: np.ndarray) -> None:
    """Multiply the weights of each target."""
    target = e.pattern.target
    size = 1 + int(target.max(initial=0))
    total = np.bincount(target, weight * there, size)
    wanted = np.broadcast_to(u.total, (max(size, np.size(u.total)),))[:size]
    factor = np.divide(wanted, total, out=np.ones(size), where=total != 0)
    weight[there] = (weight * factor[target])[there]


def _rewire(u: Rewire, e: Edges, weight: np.ndarray, there: np.ndarray, drawn: np.ndarray) -> None:
    """Remove and grow synapses; drawn: of each, a number in [0, 1) that decides who goes first."""
    target = e.pattern.target
    weak = there & (weight < u.below)
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

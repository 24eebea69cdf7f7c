"""The run, chunk by chunk.

A chunk starts from a state that is kept until it is over, so that a state that is no longer finite
can be located by taking the chunk again, step by step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import NotFiniteError
from ..ir.program import Program
from .base import Found, Log, Running, State


@dataclass(frozen=True)
class Taken:
    """Steps that have been taken: `count` from step `first` on, and what came of them."""

    first: int
    count: int
    state: State
    spikes: Found
    samples: dict[str, np.ndarray]
    logs: dict[str, Log]

    @property
    def end(self) -> int:
        """The step that comes next."""
        return self.first + self.count


def chunks(
    program: Program, running: Running, state: State, first: int, steps: int
) -> Iterator[Taken]:
    """Take `steps` steps from step `first`, some at a time.

    Raises NotFiniteError where a state became NaN or infinite.
    """
    floats = [
        f"{g.name}.{f.name}"
        for g in program.owners()
        for f in g.fields
        if f.kind == "state" and f.dtype == "float"
    ]
    n, end = first, first + steps
    while n < end:
        count = min(running.chunk, end - n)
        following, spikes, samples, logs = running.advance(state, n, count)
        if not all(_finite(np.asarray(following[name])) for name in floats):
            _locate(program, running, state, n, count, floats)
        yield Taken(n, count, following, spikes, samples, logs)
        state, n = following, n + count


def _finite(values: np.ndarray) -> bool:
    """Are all finite? Their sum is only if they are, and takes no memory."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(values.sum())) or bool(np.isfinite(values).all())


def _locate(
    program: Program, running: Running, state: State, n: int, count: int, floats: list[str]
) -> None:
    for step in range(n, n + count):
        state, *_ = running.advance(state, step, 1)
        for name in floats:
            bad = ~np.isfinite(np.asarray(state[name]))
            if bad.any():
                group, _, variable = name.partition(".")
                element = int(np.flatnonzero(bad)[0])
                value = np.asarray(state[name]).ravel()[element]
                edges = any(e.name == group for e in program.plastic)
                owner, one = ("projection", "synapse") if edges else ("population", "neuron")
                raise NotFiniteError(
                    f"{owner} {group!r}: {variable} of {one} {element} became {value} in the "
                    f"step that ends at {(step + 1) * program.dt:g} ms ({int(bad.sum())} of "
                    f"{bad.size} {one}s). Try a smaller dt, another method "
                    "(method='exponential_euler' or 'rk4'), or look for a value that divides by "
                    "zero or for input that is too strong",
                    group,
                    element,
                )


def resent(
    events: Any, recent: np.ndarray, late: bool, values: Any, seed: Any, n: int, dtype: Any
) -> Any:
    """What is under way at step `n` after the spikes in `recent`, as the backend's events have it.

    recent: flags bool [longest delay + 1, sources]; row: step mod rows. late: is a spike sent in
    the step after the one that it was found in?
    """
    rows = len(recent)
    under_way = events.start(dtype)
    for due in range(max(0, n - rows + 1), n):
        found = due - late
        _, under_way = events.exchange(under_way, recent[found % rows], values, seed, found, due)
    return under_way


def listed(flags: np.ndarray, n: int) -> Found:
    """The spikes of flags [steps, sources], from step n on. Few are set: eight are looked at at a
    time."""
    flat = np.ascontiguousarray(flags).reshape(-1).view(np.uint8)
    whole = flat.size // 8 * 8
    eights = np.flatnonzero(flat[:whole].view(np.uint64))
    row, column = np.nonzero(flat[:whole].reshape(-1, 8)[eights])
    place = np.concatenate([eights[row] * 8 + column, whole + np.flatnonzero(flat[whole:])])
    steps, sources = np.divmod(place, max(flags.shape[1], 1))
    return steps + n, sources


def sample_steps(n: int, count: int, every: int) -> range:
    """The steps in n ... n + count - 1 at which a probe samples."""
    return range(-(-n // every) * every, n + count, every)

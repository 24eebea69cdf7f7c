"""The run, chunk by chunk: drain what was recorded, look for NaN, tell the progress bar.

A backend brings `advance`, which takes the state some steps on and hands back the spikes and what
was sampled. Chunks start from a state that is kept until they are over, so that a state that is no
longer finite can be located by taking the chunk again, step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..errors import NotFiniteError
from ..ir.program import Probe, Program
from .base import Recorded

State = dict[str, Any]
Found = tuple[np.ndarray, np.ndarray]
Chunk = tuple[State, Found, dict[str, np.ndarray]]


class Advance(Protocol):
    """Take `count` steps from step `n`."""

    def __call__(self, state: State, n: int, count: int) -> Chunk:
        """(state, spikes as (steps, sources) by step, samples by probe [samples, elements])."""
        ...


def drive(
    program: Program,
    advance: Advance,
    state: State,
    steps: int,
    chunk: int,
    progress: Callable[[int], None],
) -> Recorded:
    """Run `steps` steps from step 0.

    Raises NotFiniteError where a state became NaN or infinite.
    """
    collected = _Collected(program)
    floats = [
        f"{g.name}.{f.name}"
        for g in program.neurons
        for f in g.fields
        if f.kind == "state" and f.dtype == "float"
    ]
    n = 0
    while n < steps:
        count = min(chunk, steps - n)
        following, spikes, samples = advance(state, n, count)
        if any(not np.isfinite(np.asarray(following[name])).all() for name in floats):
            _locate(program, advance, state, n, count, floats)
        collected.add(n, count, spikes, samples)
        state, n = following, n + count
        progress(count)
    final = {
        (g.name, f.name): np.array(state[f"{g.name}.{f.name}"])
        for g in program.neurons
        for f in g.fields
        if f.kind == "state"
    }
    return collected.finish(steps, final)


def _locate(
    program: Program, advance: Advance, state: State, n: int, count: int, floats: list[str]
) -> None:
    for step in range(n, n + count):
        state, _, _ = advance(state, step, 1)
        for name in floats:
            bad = ~np.isfinite(np.asarray(state[name]))
            if bad.any():
                group, _, variable = name.partition(".")
                element = int(np.flatnonzero(bad)[0])
                value = np.asarray(state[name]).ravel()[element]
                raise NotFiniteError(
                    f"population {group!r}: {variable} of neuron {element} became {value} in the "
                    f"step that ends at {(step + 1) * program.dt:g} ms ({int(bad.sum())} of "
                    f"{bad.size} neurons). Try a smaller dt, another method "
                    "(method='exponential_euler' or 'rk4'), or look for a value that divides by "
                    "zero or for input that is too strong"
                )


class _Collected:
    """What came out so far, cut to what the probes want."""

    def __init__(self, program: Program):
        self.program = program
        sizes = {g.name: g.size for g in program.neurons}
        offsets = dict(program.delivery.sources) if program.delivery else {}
        # For each probe, which of its elements a source is (-1: none), and whether in order.
        self.places: dict[str, np.ndarray] = {}
        self.ascending: dict[str, bool] = {}
        n_sources = program.delivery.n_sources if program.delivery else 0
        for probe in program.probes:
            if probe.event:
                chosen = probe.source.indices(sizes[probe.source.group])
                place = np.full(n_sources, -1, np.int64)
                place[chosen + offsets[probe.source.group]] = np.arange(len(chosen))
                self.places[probe.name] = place
                self.ascending[probe.name] = bool((np.diff(chosen) > 0).all())
        self.events: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {
            p.name: [] for p in program.probes if p.event and not p.reduce
        }
        self.counts: dict[str, list[np.ndarray]] = {p.name: [] for p in program.probes if p.reduce}
        self.samples: dict[str, list[np.ndarray]] = {
            p.name: [] for p in program.probes if p.variable
        }

    def add(self, n: int, count: int, spikes: Found, samples: dict[str, np.ndarray]) -> None:
        for name, values in samples.items():
            self.samples[name].append(np.array(values))
        steps, sources = spikes
        for name, place in self.places.items():
            element = place[sources]
            mine = element >= 0
            element, step = element[mine], steps[mine]
            if name in self.events:
                if not self.ascending[name]:
                    order = np.lexsort((element, step))
                    element, step = element[order], step[order]
                self.events[name].append((step, element))
            else:
                self.counts[name].append(np.bincount(step - n, minlength=count))

    def finish(self, steps: int, final: dict[tuple[str, str], np.ndarray]) -> Recorded:
        samples, sampled = {}, {}
        sizes = {g.name: g.size for g in self.program.neurons}
        for probe in self.program.probes:
            width = len(probe.source.indices(sizes[probe.source.group]))
            if probe.variable:
                parts = self.samples[probe.name] or [np.empty((0, width))]
                samples[probe.name] = np.concatenate(parts)
                sampled[probe.name] = np.arange(0, steps, probe.every)
            elif probe.reduce:
                samples[probe.name] = self._rate(probe, width)
                sampled[probe.name] = np.arange(0, steps, probe.every)
        events = {
            name: (
                np.concatenate([c[0] for c in chunks] or [np.empty(0, np.int64)]),
                np.concatenate([c[1] for c in chunks] or [np.empty(0, np.int64)]),
            )
            for name, chunks in self.events.items()
        }
        return Recorded(events, samples, sampled, final, steps)

    def _rate(self, probe: Probe, width: int) -> np.ndarray:
        """Mean rate in each bin, in spikes a millisecond; the last bin may be shorter."""
        counts = np.concatenate(self.counts[probe.name] or [np.empty(0)])
        starts = np.arange(0, len(counts), probe.every)
        lengths = np.diff(np.append(starts, len(counts)))
        total = np.add.reduceat(counts, starts) if len(counts) else counts
        return np.asarray(total / (max(width, 1) * lengths * self.program.dt))


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

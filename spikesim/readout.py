"""From recorded arrays back to the user's terms: populations, units, times."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .errors import DescriptionError, ParameterError, RecordingError, SpikesimError
from .files import checked_path
from .ir.program import PRECISE_OFFSET, Edges, Probe, Program, nearest_step
from .network import numbered
from .recording.columns import Column, Entries, joined
from .recording.disk import chunks, opened
from .results import (
    Connections,
    PopulationResult,
    ProjectionResult,
    Results,
    Spikes,
    Trace,
    Weights,
    merged_spikes,
    merged_traces,
    merged_weights,
    milliseconds,
)
from .results.times import steps_as_time


def read_out(
    columns: Sequence[Column],
    content: Mapping[str, Entries],
    final: Mapping[str, dict[str, np.ndarray]],
    span: tuple[int, int],
    about: Mapping[str, Any],
    complete: bool = True,
    took: float = 0.0,
    elsewhere: str = "",
) -> Results:
    """The results of a run.

    content: what was recorded, by column. final: states at the end, by population and name. span:
    the first step and the one after the last. about: dt, seed, backend, version. took: seconds.
    elsewhere: see `Sink`.
    """
    dt = about["dt"]
    populations = {
        name: PopulationResult(name, {}, dict(states), elsewhere)
        for name, states in final.items()
        if name not in about.get("plastic", ())
    }
    names = [c.group for c in columns if c.source is not None] + [*about.get("plastic", ())]
    projections = {
        name: ProjectionResult(name, {}, dict(final.get(name, {})), elsewhere) for name in names
    }
    same: dict[tuple[Any, ...], list[Spikes | Trace | Weights]] = {}
    for number, c in enumerate(columns):
        # Rates of two views are two; all else of one interval and window is put together.
        kind = -number if c.what == "rate" else 0 if c.is_events else c.every
        steps, values, *more = content[c.name]
        if c.is_events:
            first, end = c.between(*span)
            start, duration = steps_as_time(first, dt), steps_as_time(end - first, dt)
            variables = dict(zip(c.variables, more, strict=True))
            units = dict(zip(c.variables, c.units, strict=True))
            t, offset = (steps + 1) * dt, variables.pop(PRECISE_OFFSET, None)
            if offset is not None:
                # At the end of a step it is the number that others have, too.
                t = np.where(offset == dt, t, steps * dt + offset)
                order = np.lexsort((values, t))
                t, values = t[order], values[order]
            data: Spikes | Trace | Weights = Spikes(
                t, c.neurons[values], c.neurons, duration, start, variables, units,
            )  # fmt: skip
        elif c.source is not None and c.target is not None:
            data = Weights(steps * dt, values, c.unit, c.neurons, c.source, c.target)
        else:
            data = Trace(steps * dt, values, c.unit, c.neurons)
        key = c.group, c.what, kind, c.start, c.stop, tuple(sorted(c.variables))
        same.setdefault(key, []).append(data)
    for (name, what, *_), parts in same.items():
        mine = (projections.get(name) or populations[name]).recorded
        mine[next(free for free in numbered(what) if free not in mine)] = _merged(parts)
    length, start = steps_as_time(span[1] - span[0], dt), steps_as_time(span[0], dt)
    return Results(
        populations, length, dt, about["seed"], about["backend"], about["version"], start,
        complete, took, projections, elsewhere,
    )  # fmt: skip


def read_recording(path: Any, start: Any = None, stop: Any = None) -> Results:
    """The results of a recording on disk, also while its run goes on: then up to the time at which
    all that is recorded has been written; `complete` is False until the run is over.

    start, stop: read what was recorded in the steps between these times; default all. Final states
    are there when the run is over. Raises RecordingError, and ParameterError where stop is before
    start.
    """
    checked_path(path, "path")
    if start is not None and stop is not None:
        first, last = milliseconds(start, "start"), milliseconds(stop, "stop")
        if last < first:
            raise ParameterError(f"stop is {last:g} ms, before start, {first:g} ms")
    store = opened(path, "r")
    try:
        return _read(Path(path), store, start, stop)
    except SpikesimError:
        raise
    except Exception as fault:  # broken chunks fail in many ways
        raise RecordingError(f"{path} is broken: {fault}") from fault


def _read(path: Path, store: Any, start: Any, stop: Any) -> Results:
    about = dict(store.attrs)
    dt, there = about["dt"], about["whole"]
    columns, content = [], {}
    low = about["first"] if start is None else int(nearest_step(milliseconds(start, "start"), dt))
    high = there
    if stop is not None:
        high = min(there, int(nearest_step(milliseconds(stop, "stop"), dt)))
    for one in about["columns"]:
        group = store[one["name"]]
        written = group.attrs["written"]
        ends = {name: group[name][...] for name in ("source", "target") if name in group}
        c = Column(neurons=group["neurons"][...], **one, **ends)
        columns.append(c)
        if not written:
            content[c.name] = joined(c, [])
            continue
        steps = group["steps"]
        first = _place(steps, written, low)
        last = max(first, _place(steps, written, high))
        for part in c.parts:  # a chunk that is missing would be read as zeros
            lacking = [f for f in chunks(path, group[part], first, last) if not f.exists()]
            if lacking:
                raise RecordingError(f"{path} is broken: it lacks {lacking[0].relative_to(path)}")
        content[c.name] = tuple(group[part][first:last] for part in c.parts)
    final: dict[str, dict[str, np.ndarray]] = {c.group: {} for c in columns if c.source is None}
    if about["end"] is not None:
        final = {p: {} for p in about["populations"]}
        for p, states in store["final"].groups() if "final" in store else ():
            final[p] = {name: array[...] for name, array in states.arrays()}
    low = min(max(low, about["first"]), there)
    return read_out(columns, content, final, (low, max(low, high)), about, about["complete"])


def _place(steps: Any, n: int, step: int) -> int:
    """How many of the first n entries of an array on disk, which ascend, are below a step."""
    rows = steps.chunks[0]
    chunk = bisect_left(range(0, n, rows), step, key=lambda k: int(steps[k])) - 1
    if chunk < 0:
        return 0
    first = chunk * rows
    return first + int(np.searchsorted(steps[first : min(first + rows, n)], step))


def _merged(parts: list[Spikes | Trace | Weights]) -> Spikes | Trace | Weights:
    weights = [p for p in parts if isinstance(p, Weights)]
    if weights:
        return merged_weights(weights)
    spikes = [p for p in parts if isinstance(p, Spikes)]
    traces = [p for p in parts if isinstance(p, Trace)]
    return merged_spikes(spikes) if spikes else merged_traces(traces)


def synapse_column(probe: Probe, made: Connections, unit: str, dtype: Any) -> Column:
    """The column of a probe of connections. Raises DescriptionError for what is out of range."""
    name, index = probe.source.group, probe.source.index
    try:
        numbers = np.arange(len(made))[index]
    except (IndexError, TypeError) as fault:
        raise DescriptionError(
            f"recording of {probe.variable!r} of projection {name!r}: {fault}; the rule made "
            f"{len(made)} connections"
        ) from fault
    if not len(numbers) or len(np.unique(numbers)) != len(numbers):
        raise DescriptionError(
            f"recording of {probe.variable!r} of projection {name!r}: {index!r:.60} "
            + (
                "holds a connection twice"
                if len(numbers)
                else f"picks none of {len(made)} connections"
            )
        )
    return Column(
        probe.name, name, probe.variable, numbers, probe.every, unit, probe.start, probe.stop,
        dtype=np.dtype(dtype).name, source=made.source[numbers], target=made.target[numbers],
    )  # fmt: skip


def connections_of(edges: Edges, program: Program) -> Connections:
    """The connections of lowered edges, in the units of the user and the order of their arrays."""
    pairs = edges.pattern
    order = pairs.to_user(np.arange(len(pairs)))
    source = edges.source.indices(program.group(edges.source.group).size)[pairs.source]
    target = edges.target.indices(program.group(edges.target.group).size)[pairs.target]
    weight = np.broadcast_to(edges.field("weight").value, len(pairs))
    steps = np.broadcast_to(np.asarray(edges.axonal) + np.asarray(edges.dendritic), len(pairs))
    unit = str(edges.field("weight").unit)
    delay = steps * program.dt
    return Connections(source[order], target[order], weight[order], delay[order], unit)

"""From recorded arrays back to the user's terms: populations, units, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .ir.program import Edges, Program
from .network import numbered
from .recording.columns import Column, Pair, joined
from .recording.disk import opened
from .results import (
    Connections,
    PopulationResult,
    Results,
    Spikes,
    Trace,
    merged_spikes,
    merged_traces,
    milliseconds,
)


def read_out(
    columns: Sequence[Column],
    content: Mapping[str, Pair],
    final: Mapping[str, dict[str, np.ndarray]],
    span: tuple[int, int],
    about: Mapping[str, Any],
    complete: bool = True,
    took: float = 0.0,
) -> Results:
    """The results of a run.

    content: what was recorded, by column. final: states at the end, by population and name. span:
    the first step and the one after the last. about: dt, seed, backend, version. took: seconds.
    """
    dt = about["dt"]
    populations = {name: PopulationResult(name, {}, dict(states)) for name, states in final.items()}
    same: dict[tuple[str, str, int], list[Spikes | Trace]] = {}
    for number, c in enumerate(columns):
        # Rates of two views are two; all else of one interval is put together.
        kind = -number if c.what == "rate" else 0 if c.is_spikes else c.every
        steps, values = content[c.name]
        if c.is_spikes:
            start, stop = span[0] * dt, span[1] * dt
            data: Spikes | Trace = Spikes(
                (steps + 1) * dt, c.neurons[values], c.neurons, stop - start, start
            )
        else:
            data = Trace(steps * dt, values, c.unit, c.neurons)
        same.setdefault((c.group, c.what, kind), []).append(data)
    for (name, what, _), parts in same.items():
        mine = populations[name].recorded
        mine[next(free for free in numbered(what) if free not in mine)] = _merged(parts)
    length = (span[1] - span[0]) * dt
    return Results(
        populations, length, dt, about["seed"], about["backend"], about["version"], span[0] * dt,
        complete, took,
    )  # fmt: skip


def read_recording(path: Any, start: Any = None, stop: Any = None) -> Results:
    """The results of a recording on disk, also while its run goes on.

    start, stop: times between which to read; default all. Final states are there when the run is
    over. Raises RecordingError.
    """
    store = opened(path, "r")
    about = dict(store.attrs)
    dt, columns, content = about["dt"], [], {}
    end = about["end"]
    for one in about["columns"]:
        group = store[one["name"]]
        c = Column(neurons=group["neurons"][...], **one)
        columns.append(c)
        n = min(group[k].shape[0] for k in ("steps", "values")) if "values" in group else 0
        if not n:
            content[c.name] = joined(c, [])
            continue
        steps = group["steps"][:n]
        times = (steps + c.is_spikes) * dt
        low = 0 if start is None else np.searchsorted(times, milliseconds(start, "start"))
        high = n if stop is None else np.searchsorted(times, milliseconds(stop, "stop"), "right")
        values = group["values"][low:high]
        content[c.name] = steps[low:high], values.astype(np.int64) if c.is_spikes else values
    last = max((int(s[-1]) + 1 for s, _ in content.values() if len(s)), default=about["first"])
    final: dict[str, dict[str, np.ndarray]] = {c.group: {} for c in columns}
    if end is not None:
        final = {p: {} for p in about["populations"]}
        for p, states in store["final"].groups() if "final" in store else ():
            final[p] = {name: array[...] for name, array in states.arrays()}
    span = about["first"], last if end is None else end
    return read_out(columns, content, final, span, about, complete=end is not None)


def _merged(parts: list[Spikes | Trace]) -> Spikes | Trace:
    spikes = [p for p in parts if isinstance(p, Spikes)]
    traces = [p for p in parts if isinstance(p, Trace)]
    return merged_spikes(spikes) if spikes else merged_traces(traces)


def connections_of(edges: Edges, program: Program) -> Connections:
    """The connections of lowered edges, in the units of the user and the order of their arrays."""
    pairs = edges.pattern
    order = np.argsort(pairs.given)
    source = edges.source.indices(program.group(edges.source.group).size)[pairs.source]
    target = edges.target.indices(program.group(edges.target.group).size)[pairs.target]
    weight = np.broadcast_to(edges.field("weight").value, len(pairs))
    steps = np.broadcast_to(np.asarray(edges.axonal) + np.asarray(edges.dendritic), len(pairs))
    unit = str(edges.field("weight").unit)
    delay = steps * program.dt
    return Connections(source[order], target[order], weight[order], delay[order], unit)

"""From recorded arrays back to the user's terms: populations, units, times."""

from __future__ import annotations

import numpy as np

from .backends.base import Recorded
from .ir.program import Edges, Probe, Program
from .network import numbered
from .results import (
    Connections,
    PopulationResult,
    Results,
    Spikes,
    Trace,
    merged_spikes,
    merged_traces,
)


def read_out(program: Program, recorded: Recorded, seed: int, backend: str, took: float) -> Results:
    """The results of a run of a lowered program."""
    dt = program.dt
    populations = {}
    for group in program.neurons:
        final = {
            f.name: recorded.final[group.name, f.name] for f in group.fields if f.kind == "state"
        }
        populations[group.name] = PopulationResult(group.name, {}, final)
    same: dict[tuple[str, str, int], list[Spikes | Trace]] = {}
    for number, probe in enumerate(program.probes):
        what = probe.variable or ("rate" if probe.reduce else "spikes")
        # Rates of two views are two; all else of one interval is put together.
        kind = -number if probe.reduce else probe.every if probe.variable else 0
        key = (probe.source.group, what, kind)
        same.setdefault(key, []).append(_data(program, probe, recorded))
    for (name, what, _), parts in same.items():
        mine = populations[name].recorded
        mine[next(free for free in numbered(what) if free not in mine)] = _merged(parts)
    return Results(populations, recorded.steps * dt, dt, seed, backend, took)


def _merged(parts: list[Spikes | Trace]) -> Spikes | Trace:
    spikes = [p for p in parts if isinstance(p, Spikes)]
    traces = [p for p in parts if isinstance(p, Trace)]
    return merged_spikes(spikes) if spikes else merged_traces(traces)


def _data(program: Program, probe: Probe, recorded: Recorded) -> Spikes | Trace:
    group = program.group(probe.source.group)
    neurons = probe.source.indices(group.size)
    if probe.event and not probe.reduce:
        step, element = recorded.events[probe.name]
        return Spikes(
            (step + 1) * program.dt, neurons[element], neurons, recorded.steps * program.dt
        )
    t, values = recorded.sampled[probe.name] * program.dt, recorded.samples[probe.name]
    if probe.reduce:
        return Trace(t, values * 1e3, "spikes/s", neurons)
    return Trace(t, values, str(group.field(probe.variable).unit), neurons)


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

"""A run of a network as it was written: what goes to a chip's model, and what is expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backends.base import Options
from ..build import build
from ..distributions import stripped
from ..errors import ParameterError
from ..ir.program import Neurons, Probe, Program, View
from ..model import Model
from ..schedule import Schedule
from ..stimuli.spike_times import SpikeTimes
from ..units import TIME, ms

if TYPE_CHECKING:
    from ..network import Network


@dataclass(frozen=True, eq=False)
class Sample:
    """Spike counts [steps, size] by group: of sources, and of cells. Row s is step s, whose spikes
    are labelled (s + 1) dt."""

    sources: Mapping[str, np.ndarray]
    cells: Mapping[str, np.ndarray]
    steps: int


def sample(network: Network, duration: Any, seed: Any = None, silent: int = 0) -> Sample:
    """Run the network in float64 and keep all spikes; its own recordings are left out.

    silent: so many steps at the start in which no source spikes. Raises ParameterError for a
    duration that is not one step or more, and whole ones.
    """
    program = build(network)
    _check(duration, program.dt)
    found = _run(program, duration, seed)
    early = {s: n for s, n in found.sources.items() if n[:silent].any()}
    if not early:
        return found
    groups = [
        _replay(g, early[g.name], silent, program) if g.name in early else g
        for g in program.neurons
    ]
    return _run(replace(program, neurons=tuple(groups)), duration, seed)


def _check(duration: Any, dt: float) -> None:
    steps = Schedule.of(dt, 0, duration).steps
    if not steps or not np.isclose(stripped(duration, TIME, "duration", []), steps * dt, 1e-9, 0):
        raise ParameterError(
            f"duration is {duration!s:.60}; expected whole steps of {dt:g} ms, one or more, "
            f"such as {max(steps, 1) * dt:g}*ms"
        )


def _replay(group: Neurons, counts: np.ndarray, silent: int, program: Program) -> Neurons:
    """A source that spikes as another did, but for the first steps."""
    steps, index = np.nonzero(counts[silent:])
    times = (steps + silent + 1) * program.dt * ms
    made = SpikeTimes(times, index)
    return made.neurons(group.name, group.size, program.dt, program.seed, [])


def _run(program: Program, duration: Any, seed: Any) -> Sample:
    probes = tuple(
        Probe(f"{k} {n.name}.spike", View(n.name), event="spike")
        for k, n in enumerate(program.neurons)
        if any(e.name == "spike" for e in n.events)
    )
    program = replace(program, probes=probes, synapse_probes=())
    results = Model.of(program, Options.of(precision="float64"), "numpy").run(duration, seed=seed)
    steps = round(results.duration / program.dt)
    sources: dict[str, np.ndarray] = {}
    cells: dict[str, np.ndarray] = {}
    for group in (n for n in program.neurons if any(e.name == "spike" for e in n.events)):
        counts = np.zeros((steps, group.size), np.int64)
        spikes = results[group.name].spikes
        at = np.rint(np.asarray(spikes.t) / program.dt).astype(np.int64) - 1
        np.add.at(counts, (at, np.asarray(spikes.i)), 1)
        (cells if group.equations or group.ports else sources)[group.name] = counts
    return Sample(sources, cells, steps)

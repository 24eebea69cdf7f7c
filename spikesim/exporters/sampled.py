"""A run of a network as it was written: what goes to a chip's model, and what is expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backends.base import Options
from ..build import build
from ..ir.program import Probe, View
from ..model import Model

if TYPE_CHECKING:
    from ..network import Network


@dataclass(frozen=True, eq=False)
class Sample:
    """Spike counts [steps, size] by group: of sources, and of cells. Row s is step s, whose spikes
    are labelled (s + 1) dt."""

    sources: Mapping[str, np.ndarray]
    cells: Mapping[str, np.ndarray]
    steps: int


def sample(network: Network, duration: Any, seed: Any = None) -> Sample:
    """Run the network in float64 and keep all spikes; its own recordings are left out."""
    program = build(network)
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
    for group in program.neurons:
        counts = np.zeros((steps, group.size), np.int64)
        spikes = results[group.name].spikes
        at = np.rint(np.asarray(spikes.t) / program.dt).astype(np.int64) - 1
        np.add.at(counts, (at, np.asarray(spikes.i)), 1)
        (cells if group.equations or group.ports else sources)[group.name] = counts
    return Sample(sources, cells, steps)

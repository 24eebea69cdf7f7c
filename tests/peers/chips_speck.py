"""Our integer model of Speck against the layers of sinabs 3.1.3, which are built from speck.json as
its backend for the chip does: potentials and spikes of all steps, each layer fed with golden
spikes; and what it would hand to samna, with the file. sinabs lies in .venv-nir.

Networks of convolutions, pooled or not, and of dense layers, as those of the tests; and weights,
thresholds and initial values at the ends of their ranges.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from comparison import Comparisons
from folders import compare

from spikesim import exporters
from spikesim.exporters import artefact, chip
from spikesim.exporters.targets import find
from spikesim.units import ms

sys.path.insert(0, str(Path(__file__).parents[1] / "exporters"))
import exporter_networks as networks

STEPS = 60


def described(first: int, folder: Path) -> None:
    """50 described networks."""
    for seed in range(first, first + 50):
        exporters.export(networks.images(seed), "speck", folder / f"{seed}", STEPS * ms)


def extreme(first: int, folder: Path) -> None:
    """Fifty of the same shapes, with numbers from all of their ranges, and more spikes."""
    target = find("speck")
    for seed in range(first, first + 50):
        rng = np.random.default_rng(seed)
        made = exporters.quantize(networks.images(seed), "speck").integers
        feeding = {s.source for s in made.synapses}
        layers = tuple(_extreme(rng, one, one.name in feeding) for one in made.layers)
        made = replace(made, layers=layers)
        given = {n: rng.poisson(1.0, (STEPS, size)) for n, size in made.sources.items()}
        trace = chip.run(made, target.advance, given)
        place = folder / f"{seed}"
        place.mkdir()
        artefact.write_network(made, place)
        artefact.write_vectors(chip.Trace({**given, **trace.spikes}, trace.states), place)
        target.write(made, trace, place)


def _extreme(rng: np.random.Generator, one: chip.ChipLayer, feeds: bool) -> chip.ChipLayer:
    """A threshold of any size, all initial values, and either reset. sinabs computes in float32,
    whole up to 2^24: a threshold of 1 is for layers that feed no other."""
    threshold = int(rng.choice([1000, 32767] if feeds else [1, 2, 127, 1000, 32767]))
    start = rng.integers(-(2**15), 2**15, one.size)
    parameters = {**one.parameters, "threshold": threshold, "subtract": int(rng.integers(2))}
    return replace(one, parameters=parameters, start={"v": start})


def comparisons() -> Comparisons:
    """Two hundred networks."""
    kinds = [(f"networks {k}-{k + 49}", partial(described, k)) for k in (0, 50)]
    kinds += [(f"ends of ranges {k}-{k + 49}", partial(extreme, k)) for k in (0, 50)]
    return [
        (name, partial(compare, name, "dynapcnn", make))
        for what, make in kinds
        for name in [f"Speck, sinabs: {what}"]
    ]

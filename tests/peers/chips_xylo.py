"""Our integer model of Xylo against xylosim 0.1.3: currents, potentials and spikes of all steps.

Random recurrent networks, parameters at the ends of their ranges among them; and networks that were
quantised from a description, for all three chips. What the emulator runs is what the exporter
wrote for Rockpool, specification.npz. It lies in an environment of its own, .venv-xylo.
"""

from __future__ import annotations

import sys
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

TARGETS = ("xylo_a2", "xylo_a3", "xylo_imu")


def random_chips(first: int, folder: Path) -> None:
    """100 chips from a seed on."""
    for seed in range(first, first + 100):
        made, given = networks.xylo(np.random.default_rng(seed))
        target = find(TARGETS[seed % 3])
        trace = chip.run(made, target.advance, given)
        place = folder / f"{seed}"
        place.mkdir()
        # The emulator itself drops what is beyond 15 spikes of a channel.
        artefact.write_vectors(chip.Trace({**trace.spikes, **given}, trace.states), place)
        target.write(made, trace, place)


def quantised(first: int, folder: Path) -> None:
    """30 described networks."""
    for seed in range(first, first + 30):
        target = TARGETS[seed % 3]
        net = networks.reader(seed, kinds=1 if target == "xylo_imu" else 2)
        exporters.export(net, target, folder / f"{seed}", 150 * ms)


def comparisons() -> Comparisons:
    """Four hundred chips, and described networks."""
    kinds = [(f"random chips {k}-{k + 99}", partial(random_chips, k)) for k in (0, 100, 200, 300)]
    kinds.append(("quantised networks", partial(quantised, 0)))
    return [
        (name, partial(compare, name, "xylosim", make))
        for what, make in kinds
        for name in [f"Xylo, xylosim: {what}"]
    ]

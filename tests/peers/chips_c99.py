"""The C of the target c99, compiled here and for a Cortex-M3 in QEMU, against our integer model: u,
v and spikes of all steps.

The chips are those that chips_loihi2.py hands to Lava.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from chips_loihi2 import networks
from comparison import Comparisons
from folders import compare

from spikesim import exporters
from spikesim.exporters import artefact, chip
from spikesim.exporters.targets import find
from spikesim.units import ms


def random_chips(first: int, folder: Path, name: str = "c99") -> None:
    """100 chips of a target from a seed on."""
    target = find(name)
    for seed in range(first, first + 100):
        made, given = networks.loihi2(np.random.default_rng(seed))
        trace = chip.run(made, target.advance, given)
        place = folder / f"{seed}"
        place.mkdir()
        artefact.write_network(made, place)
        artefact.write_vectors(trace, place)
        target.write(made, trace, place)


def quantised(first: int, folder: Path, name: str = "c99") -> None:
    """20 described networks."""
    for seed in range(first, first + 20):
        net = networks.network(seed, ("standard", "nest")[seed % 2], bool(seed % 3))
        exporters.export(net, name, folder / f"{seed}", 60 * ms)


def comparisons() -> Comparisons:
    """Three hundred chips, and described networks."""
    chips = [(f"random chips {k}-{k + 99}", partial(random_chips, k)) for k in (0, 100, 200)]
    described = ("quantised networks", partial(quantised, 0))
    kinds = [("C99, cc", "cc", *one) for one in (*chips, described)]
    kinds += [("C99, Cortex-M3", "qemu", *one) for one in (chips[0], described)]
    return [
        (name, partial(compare, name, tool, make))
        for title, tool, what, make in kinds
        for name in [f"{title}: {what}"]
    ]

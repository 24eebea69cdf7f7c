"""Our integer model of Loihi 2 against lava-nc 0.10.0's fixed point: u, v and spikes of all steps.

Random recurrent networks, parameters at the ends of their ranges among them; and networks that were
quantised from a description. Lava runs in an environment of its own, .venv-lava.
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


def random_chips(first: int, folder: Path) -> None:
    """100 chips from a seed on."""
    rule = find("loihi2").advance
    for seed in range(first, first + 100):
        made, given = networks.loihi2(np.random.default_rng(seed))
        write(made, chip.run(made, rule, given), folder / f"{seed}")


def quantised(first: int, folder: Path) -> None:
    """20 described networks."""
    for seed in range(first, first + 20):
        net = networks.network(seed, ("standard", "nest")[seed % 2], bool(seed % 3))
        exporters.export(net, "loihi2", folder / f"{seed}", 60 * ms)


def write(made: chip.Chip, trace: chip.Trace, folder: Path) -> None:
    """What the script reads."""
    folder.mkdir()
    artefact.write_network(made, folder)
    artefact.write_vectors(trace, folder)


def comparisons() -> Comparisons:
    """Three hundred chips, and described networks."""
    kinds = [(f"random chips {k}-{k + 99}", partial(random_chips, k)) for k in (0, 100, 200)]
    kinds.append(("quantised networks", partial(quantised, 0)))
    return [
        (name, partial(compare, name, "lava", make))
        for what, make in kinds
        for name in [f"Loihi 2, Lava: {what}"]
    ]

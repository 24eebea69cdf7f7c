"""Files of netx, loaded by lava-dl 0.6.0 and run in Lava, fixed point, against our integer model:
u, v and spikes of all steps. Lava runs in an environment of its own, .venv-lava.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from chips_loihi2 import networks
from comparison import Comparisons
from folders import compare

from spikesim import exporters
from spikesim.units import ms


def chains(first: int, folder: Path) -> None:
    """50 chains of layers."""
    for seed in range(first, first + 50):
        exporters.export(networks.chain(seed), "netx", folder / f"{seed}", 60 * ms)


def comparisons() -> Comparisons:
    """A hundred chains of layers; Lava takes some seconds for each."""
    return [
        (name, partial(compare, name, "netx", partial(chains, k)))
        for k in (0, 50)
        for name in [f"Loihi 2, a file of netx: chains {k}-{k + 49}"]
    ]

"""Our integer model of Loihi 2 against lava-nc 0.10.0's fixed point: u, v and spikes of all steps.

Random recurrent networks, parameters at the ends of their ranges among them; and networks that were
quantised from a description. Lava runs in an environment of its own, .venv-lava.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from comparison import Comparisons, Row

from spikesim import exporters
from spikesim.exporters import artefact, chip
from spikesim.exporters.targets import find
from spikesim.exporters.verify import interpreter
from spikesim.units import ms

sys.path.insert(0, str(Path(__file__).parents[1] / "exporters"))
import exporter_networks as networks

SCRIPT = Path(exporters.__file__).parent / "scripts" / "run_lava.py"


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


def compare(name: str, make: Callable[[int, Path], None], first: int) -> Row:
    """All values of all steps."""
    python = interpreter("lava")
    if python is None:
        return Row(name, 0, 0, 0.0, 0.0, skipped="there is no .venv-lava; make verify-envs")
    with tempfile.TemporaryDirectory() as place:
        make(first, Path(place))
        folders = sorted(Path(place).iterdir())
        done = subprocess.run(
            [str(python), str(SCRIPT), *map(str, folders)], capture_output=True, text=True
        )
        found = [json.loads(line) for line in done.stdout.splitlines()]
    if len(found) < len(folders):
        raise RuntimeError(f"Lava stopped after {len(found)} networks:\n{done.stderr[-2000:]}")
    spikes = sum(f["spikes"] for f in found)
    wrong = [f for f in found if not f["equal"]]
    for one in wrong:
        print(one)
    values = sum(f["values"] for f in found)
    print(f"    {len(found)} networks, {values} values of u, v and spikes")
    return Row(name, spikes, 0 if wrong else spikes, float(len(wrong)), 0.0, "nets")


def comparisons() -> Comparisons:
    """Three hundred chips, and described networks."""
    rows: Comparisons = [
        (f"Loihi 2, Lava: chips {k}-{k + 99}",
         partial(compare, f"Loihi 2, Lava: random chips {k}-{k + 99}", random_chips, k))
        for k in (0, 100, 200)
    ]  # fmt: skip
    name = "Loihi 2, Lava: quantised networks"
    return [*rows, (name, partial(compare, name, quantised, 0))]

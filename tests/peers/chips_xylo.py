"""Our integer model of Xylo against xylosim 0.1.3: currents, potentials and spikes of all steps.

Random recurrent networks, parameters at the ends of their ranges among them; and networks that were
quantised from a description, for all three chips. What the emulator runs is what the exporter
wrote for Rockpool, specification.npz. It lies in an environment of its own, .venv-xylo.
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

SCRIPT = Path(exporters.__file__).parent / "scripts" / "run_xylosim.py"
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


def compare(name: str, make: Callable[[int, Path], None], first: int) -> Row:
    """All values of all steps."""
    python = interpreter("xylo")
    if python is None:
        return Row(name, 0, 0, 0.0, 0.0, skipped="there is no .venv-xylo; make verify-envs")
    with tempfile.TemporaryDirectory() as place:
        make(first, Path(place))
        folders = sorted(Path(place).iterdir())
        done = subprocess.run(
            [str(python), str(SCRIPT), *map(str, folders)], capture_output=True, text=True
        )
        found = [json.loads(line) for line in done.stdout.splitlines()]
    if len(found) < len(folders):
        raise RuntimeError(f"xylosim stopped after {len(found)} networks:\n{done.stderr[-2000:]}")
    spikes = sum(f["spikes"] for f in found)
    wrong = [f for f in found if not f["equal"]]
    for one in wrong:
        print(one)
    values = sum(f["values"] for f in found)
    print(f"    {len(found)} networks, {values} values of isyn, vmem and spikes")
    return Row(name, spikes, 0 if wrong else spikes, float(len(wrong)), 0.0, "nets")


def comparisons() -> Comparisons:
    """Four hundred chips, and described networks."""
    rows: Comparisons = [
        (f"Xylo, xylosim: chips {k}-{k + 99}",
         partial(compare, f"Xylo, xylosim: random chips {k}-{k + 99}", random_chips, k))
        for k in (0, 100, 200, 300)
    ]  # fmt: skip
    name = "Xylo, xylosim: quantised networks"
    return [*rows, (name, partial(compare, name, quantised, 0))]

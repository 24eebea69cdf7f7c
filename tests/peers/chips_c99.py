"""The C of the target c99, compiled here and for a Cortex-M3 in QEMU, against our integer model: u,
v and spikes of all steps.

The chips are those that chips_loihi2.py hands to Lava.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from chips_loihi2 import networks
from comparison import Comparisons, Row

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


def compare(
    name: str, make: Callable[[int, Path], None], first: int, script: str = "run_cc.py",
    tools: tuple[str, ...] = ("cc",),
) -> Row:  # fmt: skip
    """All values of all steps."""
    if missing := [tool for tool in tools if shutil.which(tool) is None]:
        return Row(name, 0, 0, 0.0, 0.0, skipped=f"there is no {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as place:
        make(first, Path(place))
        folders = sorted(Path(place).iterdir())
        command = [sys.executable, str(folders[0] / script), *map(str, folders)]
        done = subprocess.run(command, capture_output=True, text=True)
        found = [json.loads(line) for line in done.stdout.splitlines()]
    if len(found) < len(folders):
        raise RuntimeError(f"stopped after {len(found)} networks:\n{done.stderr[-2000:]}")
    wrong = [f for f in found if not f["equal"]]
    for one in wrong:
        print(one)
    spikes = sum(f["spikes"] for f in found)
    print(f"    {len(found)} networks, {sum(f['values'] for f in found)} values of u, v and spikes")
    return Row(name, spikes, 0 if wrong else spikes, float(len(wrong)), 0.0, "nets")


def comparisons() -> Comparisons:
    """Three hundred chips, and described networks."""
    rows: Comparisons = [
        (f"C99, cc: chips {k}-{k + 99}",
         partial(compare, f"C99, cc: random chips {k}-{k + 99}", random_chips, k))
        for k in (0, 100, 200)
    ]  # fmt: skip
    arm = "run_qemu.py", ("arm-none-eabi-gcc", "qemu-system-arm")
    more: Comparisons = [
        (name, partial(compare, name, make, 0, *how))
        for name, make, *how in (
            ("C99, cc: quantised networks", quantised),
            ("C99, Cortex-M3: random chips 0-99", random_chips, *arm),
            ("C99, Cortex-M3: quantised networks", quantised, *arm),
        )
    ]
    return [*rows, *more]

"""Files of netx, loaded by lava-dl 0.6.0 and run in Lava, fixed point, against our integer model:
u, v and spikes of all steps. Lava runs in an environment of its own, .venv-lava.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from chips_loihi2 import networks
from comparison import Comparisons, Row

from spikesim import exporters
from spikesim.exporters.verify import interpreter
from spikesim.units import ms


def compare(name: str, first: int) -> Row:
    """All values of all steps of 100 chains of layers."""
    python = interpreter("lava")
    if python is None:
        return Row(name, 0, 0, 0.0, 0.0, skipped="there is no .venv-lava; make verify-envs")
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / f"{seed}" for seed in range(first, first + 100)]
        for seed, folder in enumerate(folders, start=first):
            exporters.export(networks.chain(seed), "netx", folder, 60 * ms)
        command = [str(python), str(folders[0] / "run_netx.py"), *map(str, folders)]
        done = subprocess.run(command, capture_output=True, text=True)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if len(found) < len(folders):
        raise RuntimeError(f"stopped after {len(found)} networks:\n{done.stderr[-2000:]}")
    wrong = [f for f in found if not f["equal"]]
    for one in wrong:
        print(one)
    spikes = sum(f["spikes"] for f in found)
    print(f"    {len(found)} networks, {sum(f['values'] for f in found)} values of u, v and spikes")
    return Row(name, spikes, 0 if wrong else spikes, float(len(wrong)), 0.0, "nets")


def comparisons() -> Comparisons:
    """Two hundred chains of layers."""
    return [
        (name, partial(compare, name, k))
        for k in (0, 100)
        for name in [f"Loihi 2, a file of netx: chains {k}-{k + 99}"]
    ]

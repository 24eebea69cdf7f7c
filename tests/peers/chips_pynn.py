"""Scripts of PyNN, run by NEST 3.10, and placed on the virtual board of sPyNNaker 7.4.1.

Sources replay the spikes that the network had here, so that every other spike is decided. Cells
with currents or jumps: all spikes are equal. Cells with conductances and AdEx, which NEST integrates
by an adaptive method: each neuron by itself, without synapses among them, at most a step apart.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from comparison import Comparisons, Row

from spikesim import exporters
from spikesim.exporters.pynn import write_pynn
from spikesim.exporters.verify import PEERS, interpreter
from spikesim.units import ms

sys.path.insert(0, str(Path(__file__).parents[1] / "exporters"))
import pynn_networks as networks

SCRIPT = Path(exporters.__file__).parent / "scripts" / "run_pynn.py"
NETWORKS = 20


def run(tool: str, folders: list[Path]) -> list[dict[str, Any]] | str:
    """What the tool said of folders, or why it was not asked."""
    _, environment, simulator = PEERS[tool]
    python = interpreter(environment)
    if python is None:
        return f"there is no .venv-{environment}; make verify-envs"
    done = subprocess.run(
        [str(python), str(SCRIPT), simulator, *map(str, folders)], capture_output=True, text=True
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if len(found) < len(folders):
        raise RuntimeError(f"stopped after {len(found)} networks:\n{done.stderr[-2000:]}")
    return found


def written(kind: str, profile: str, place: str, count: int) -> list[Path]:
    """Folders of random networks."""
    folders = []
    for seed in range(count):
        folder = Path(place) / f"{seed}"
        write_pynn(networks.network(seed, kind), folder, profile, 150 * ms)
        folders.append(folder)
    return folders


def spikes(kind: str) -> Row:
    """All spikes of all populations."""
    name = f"PyNN, NEST: {kind}"
    with tempfile.TemporaryDirectory() as place:
        found = run("pynn-nest", written(kind, "pynn", place, NETWORKS))
    if isinstance(found, str):
        return Row(name, 0, 0, 0.0, 0.0, skipped=found)
    wrong = [f for f in found if not f["equal"]]
    for one in wrong:
        print(one)
    total = sum(f["spikes"] for f in found)
    same = sum(f["same"] for f in found)
    print(f"    {len(found)} networks, {sum(f['values'] for f in found)} values")
    return Row(name, total, same, float(len(wrong)), 0.0, "nets")


def comparisons() -> Comparisons:
    """Cells of all kinds by NEST."""
    return [(f"PyNN, NEST: {k}", partial(spikes, k)) for k in networks.EXACT]

"""Exported folders, run by the scripts that lie in them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from comparison import Row

from spikesim import exporters
from spikesim.exporters.verify import PEERS, interpreter

SCRIPTS = Path(exporters.__file__).parent / "scripts"


def verdicts(tool: str, folders: Sequence[Path], *options: str) -> list[dict[str, Any]] | str:
    """What the script of a tool prints of each folder; or why the tool can't be run."""
    script, environment, *words = PEERS[tool]
    python = interpreter(environment) if environment else Path(sys.executable)
    if python is None:
        return f"there is no .venv-{environment}; make verify-envs"
    command = [str(python), str(SCRIPTS / script), *words, *map(str, folders), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if found and "skipped" in found[0]:
        return str(found[0]["skipped"])
    if failed := [f["failed"] for f in found if "failed" in f]:
        raise RuntimeError(f"{len(failed)} folders can't be run, the first: {failed[0]}")
    if len(found) < len(folders):
        raise RuntimeError(f"{tool} stopped after {len(found)} folders:\n{done.stderr[-2000:]}")
    return found


def compare(name: str, tool: str, make: Callable[[Path], None]) -> Row:
    """All values of all steps of the folders that are made."""
    with tempfile.TemporaryDirectory() as place:
        make(Path(place))
        found = verdicts(tool, sorted(Path(place).iterdir()))
    if isinstance(found, str):
        return Row(name, 0, 0, 0.0, 0.0, skipped=found)
    wrong = [f for f in found if not f["equal"]]
    for one in wrong:
        print(one)
    spikes = sum(f["spikes"] for f in found)
    print(f"    {len(found)} networks, {sum(f['values'] for f in found)} values")
    return Row(name, spikes, 0 if wrong else spikes, float(len(wrong)), 0.0, "nets")

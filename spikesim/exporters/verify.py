"""Somebody else's software on an exported folder, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import FileError, UnknownNameError
from ..files import checked_path

# tool: (the script in the folder, the environment's name in `make verify-envs`, "" for this one,
# what the script is told before the folder)
PEERS: dict[str, tuple[str, ...]] = {
    "lava": ("run_lava.py", "lava"),
    "netx": ("run_netx.py", "lava"),
    "xylosim": ("run_xylosim.py", "xylo"),
    "pynn-nest": ("run_pynn.py", "pynn", "nest"),
    "spynnaker": ("run_pynn.py", "spynnaker", "spiNNaker"),
    "darwin3": ("run_darwin3.py", "darwin3"),
    "dynapcnn": ("run_dynapcnn.py", "nir"),
    **{
        name: ("run_nir.py", "nir", name)
        for name in ("norse", "rockpool", "sinabs", "snntorch", "spyx")
    },
    "cc": ("run_cc.py", ""),
    "qemu": ("run_qemu.py", ""),
    "iverilog": ("run_iverilog.py", ""),
}
_BY_HAND = ("darwin3",)  # their packages are not to be had
_PATIENCE = 600  # seconds


@dataclass(frozen=True)
class Verdict:
    """What a tool said of an exported folder. equal is None where it was not run, or computed
    nothing: see `text`."""

    tool: str
    equal: bool | None
    text: str


def interpreter(name: str) -> Path | None:
    """The Python of an environment: of "lava", $SPIKESIM_LAVA_PYTHON, or .venv-lava here or above.
    None where there is none."""
    given = os.environ.get(f"SPIKESIM_{name.upper()}_PYTHON")
    if given:
        return Path(given)
    here = Path.cwd()
    for folder in (here, *here.parents):
        found = folder / f".venv-{name}" / "bin" / "python"
        if found.exists():
            return found
    return None


def verify(path: Any, tool: str) -> Verdict:
    """Run a tool on an exported folder; equal, or where it first differs.

    Raises UnknownNameError for an unknown tool, FileError for a folder that was not exported for
    it.
    """
    if tool not in PEERS:
        known = ", ".join(sorted(PEERS))
        raise UnknownNameError(f"unknown tool {tool!r:.40}; known are: {known}")
    folder = Path(checked_path(path, "path")).resolve()
    script = folder / PEERS[tool][0]
    if not script.is_file():
        raise FileError(f"{str(path)!r} has no {script.name}; export it for a target of {tool}")
    python = interpreter(PEERS[tool][1]) if PEERS[tool][1] else Path(sys.executable)
    if python is None:
        return Verdict(
            tool, None, f"not run: there is no environment .venv-{PEERS[tool][1]}; "
            + ("make it with `make verify-envs`" if PEERS[tool][1] not in _BY_HAND else
               f"set SPIKESIM_{PEERS[tool][1].upper()}_PYTHON to a Python that has its packages"),
        )  # fmt: skip
    command = [str(python), str(script), *PEERS[tool][2:], str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as fault:
        return Verdict(tool, None, f"not run: {fault}")
    try:
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        last = "\n".join(done.stderr.strip().splitlines()[-3:])
        return Verdict(tool, None, f"not run: {tool} failed: {last}")
    if found["equal"] is None:
        text = found["text"]
    elif found["equal"]:
        text = f"equal: {found['values']} values, {found['spikes']} spikes"
        text += f"; {found['told']}" if found.get("told") else ""
    else:
        text = (
            f"differs first in step {found['step']}, {found['what']}, neuron {found['neuron']}: "
            f"ours {found['ours']}, {tool}'s {found['theirs']}"
        )
    return Verdict(tool, found["equal"], text)

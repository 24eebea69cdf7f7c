"""Somebody else's software on an exported folder, in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import FileError, ParameterError, UnknownNameError
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
    "iree": ("run_iree.py", "iree"),
    "onnxruntime": ("run_onnx.py", "onnx"),
    "cc": ("run_cc.py", ""),
    "qemu": ("run_qemu.py", ""),
    "iverilog": ("run_iverilog.py", ""),
}
_BY_HAND = ("darwin3",)  # their packages are not to be had
_PATIENCE = 600  # seconds
_LINES = 15  # of what a script says when it fails
# What writes a script.
_TARGETS = {
    "run_lava.py": "loihi2", "run_netx.py": "netx", "run_xylosim.py": "xylo_a2, xylo_a3, xylo_imu",
    "run_pynn.py": "pynn, spinnaker, brainscales2", "run_darwin3.py": "darwin3",
    "run_dynapcnn.py": "speck", "run_nir.py": "a reader of NIR, to a folder",
    "run_cc.py": "c99", "run_qemu.py": "c99", "run_iverilog.py": "verilog",
    "run_iree.py": "stablehlo", "run_onnx.py": "onnx",
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What a tool said of an exported folder.

    equal: False where values differ, and where the folder can't be run; None where nothing was
    computed: the tool maps networks without running them, or, `skipped`, it is not here.
    """

    tool: str
    equal: bool | None
    text: str
    skipped: bool = False


def interpreter(name: str) -> Path | None:
    """The Python of an environment: of "lava", $SPIKESIM_LAVA_PYTHON, or .venv-lava here or above.
    None where there is none.

    Raises ParameterError where the variable names no program.
    """
    variable = f"SPIKESIM_{name.upper()}_PYTHON"
    given = os.environ.get(variable)
    if given:
        if not shutil.which(given):
            raise ParameterError(f"${variable} is {given!r:.200}; expected the path of a Python")
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
    it, ParameterError for a variable that names no Python.
    """
    if tool not in PEERS:
        known = ", ".join(sorted(PEERS))
        raise UnknownNameError(f"unknown tool {tool!r:.40}; known are: {known}")
    name, environment, *words = PEERS[tool]
    folder = Path(checked_path(path, "path")).resolve()
    if not folder.is_dir():
        raise FileError(f"there is no folder {str(path)!r}; expected what `export` wrote")
    if not (folder / name).is_file():
        raise FileError(
            f"{str(path)!r} has no {name}, which {tool} needs; expected what `export` wrote for "
            f"{_TARGETS[name]}"
        )
    python = interpreter(environment) if environment else Path(sys.executable)
    if python is None:
        remedy = f"set SPIKESIM_{environment.upper()}_PYTHON to a Python that has its packages"
        if environment not in _BY_HAND:
            remedy = f"make it with `make verify-envs` in a clone of spikesim, or {remedy}"
        text = f"not run: there is no environment .venv-{environment}; {remedy}"
        return Verdict(tool, None, text, True)
    status, said, complaint = _run([str(python), str(folder / name), *words, str(folder)])
    if status is None:
        text = f"{tool} did not end within {_PATIENCE} seconds, and was stopped"
        return Verdict(tool, False, f"failed: {text}; a shorter `--duration` has fewer steps")
    try:
        found = json.loads(said.strip().splitlines()[-1])
    except (IndexError, ValueError):
        last = "\n".join(complaint.strip().splitlines()[-_LINES:])
        text = f"failed: {name} ended with {status}, and without a result"
        return Verdict(tool, False, f"{text}:\n{last}" if last else text)
    return _verdict(tool, found)


def _verdict(tool: str, found: dict[str, Any]) -> Verdict:
    """Of the line that scripts/golden.py prints."""
    if "skipped" in found:
        return Verdict(tool, None, f"not run: {found['skipped']}", True)
    if "failed" in found:
        return Verdict(tool, False, f"failed: {found['failed']}")
    if "mapped" in found:
        return Verdict(tool, None, f"mapped: {found['mapped']}")
    if not found["equal"]:
        text = (
            f"differs first in step {found['step']}, {found['what']}, neuron {found['neuron']}: "
            f"ours {found['ours']}, {tool}'s {found['theirs']}"
        )
        return Verdict(tool, False, text)
    text = f"equal: {found['values']} values, {found['spikes']} spikes"
    text += f"; {found['told']}" if found.get("told") else ""
    text += "" if found["spikes"] else "; nothing spiked, which proves little"
    return Verdict(tool, True, text)


def _run(command: list[str]) -> tuple[int | None, str, str]:
    """Exit status, standard output and error of a script; None where it took too long. Nothing that
    it started lives on: it and all its children are a group."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
        start_new_session=True,
    ) as started:  # fmt: skip
        try:
            said, complaint = started.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            return None, "", ""
        finally:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
    return started.returncode, said, complaint

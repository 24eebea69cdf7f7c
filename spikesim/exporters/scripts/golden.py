"""Compare what another's program makes of exported networks with their golden vectors; used by all
run_*.py, and like them without spikesim.

Each prints one line of JSON a folder: {"equal": true, ...}; or the first step, neuron and value
that differ; or {"failed": why} where the folder can't be run, {"skipped": why} where what runs it
is not here. The exit status is 1 if any is not equal.
"""

import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

_LINES = 12  # of what a program says when it fails
_UNREADABLE = (  # what a file that was tampered with raises
    OSError, ValueError, KeyError, TypeError, IndexError, EOFError, RecursionError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Broken(Exception):
    """A folder that can't be run; the text says why."""


def compared(folder: pathlib.Path, found: Any, golden: Any) -> dict[str, Any]:
    """What is printed of a folder. found: by name, [steps, size]; golden: the same names."""
    result: dict[str, Any] = {"folder": str(folder), "equal": True, "values": 0, "spikes": 0}
    for key, got in found.items():
        expected = golden[key]
        got = np.reshape(got, expected.shape)
        result["values"] += int(expected.size)
        result["spikes"] += int(expected.sum()) if key.startswith("spikes/") else 0
        differ = np.argwhere(got != expected)
        if len(differ) and (result["equal"] or differ[0][0] < result["step"]):
            step, neuron = (int(x) for x in differ[0])
            ours, theirs = expected[step, neuron].item(), got[step, neuron].item()
            result.update(equal=False, what=key, step=step, neuron=neuron, ours=ours, theirs=theirs)
    if not result["values"]:
        raise Broken("the golden vectors are empty")
    return result


def main(
    compare: Callable[[pathlib.Path], dict[str, Any]], names: Sequence[str] | None = None
) -> int:
    """Compare the folders, those of the command line or this file's; the exit status."""
    names = sys.argv[1:] if names is None else names
    places = [pathlib.Path(p).resolve() for p in names] or [pathlib.Path(__file__).parent]
    right = True
    for place in places:
        result: dict[str, Any]
        try:
            with contextlib.redirect_stdout(sys.stderr):
                result = compare(place)
        except Broken as fault:
            result = {"folder": str(place), "failed": str(fault)}
        except _UNREADABLE as fault:
            text = f"{place} can't be read: {type(fault).__name__}: {fault}"
            result = {"folder": str(place), "failed": text}
        right = right and bool(result.get("equal", False) or "mapped" in result)
        print(json.dumps(result), flush=True)
    return int(not right)


def need(tools: Sequence[str], how: str) -> None:
    """End here, and say so, where a program is not to be found."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        skip(f"{', '.join(missing)} not found; {how}")


def skip(why: str) -> None:
    """End here: what runs the folder is not here."""
    print(json.dumps({"skipped": why}))
    sys.exit(1)


def call(command: Sequence[str], **options: Any) -> Any:
    """What a program does. Raises Broken with what it said where it fails."""
    done = subprocess.run(command, capture_output=True, **options)
    if done.returncode:
        said = done.stderr if isinstance(done.stderr, str) else done.stderr.decode(errors="replace")
        lines = said.strip().splitlines()
        shown = "\n".join(["...", *lines[-_LINES:]] if len(lines) > _LINES else lines)
        raise Broken(f"{pathlib.Path(command[0]).name} ended with {done.returncode}:\n{shown}")
    return done

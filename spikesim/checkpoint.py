"""A run on disk: its state and what it recorded, to go on from in another process.

One file, NumPy's npz: a header in JSON and arrays, nothing that could be executed. It is written
beside its place and moved there when it is whole: a file of that name is never half written.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from .errors import CheckpointError

FORMAT = "spikesim checkpoint 1"


def write(path: str | os.PathLike[str], header: dict[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint. Raises CheckpointError where the disk refuses it; an older file of that
    name is then as it was."""
    place = Path(path)
    unfinished = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    text = json.dumps({"format": FORMAT, **header})
    try:
        try:
            with open(unfinished, "wb") as file:
                np.savez(file, header=np.array(text), **{f"data/{k}": v for k, v in arrays.items()})
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, place)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise
    except OSError as fault:
        raise CheckpointError(
            f"the checkpoint {place} can't be written: {fault.strerror or fault}; choose a folder "
            "that can be written to and has room"
        ) from fault


def remove(path: str | os.PathLike[str]) -> None:
    """Remove a checkpoint, and what a process that was killed left of writing one."""
    place = Path(path)
    place.unlink(missing_ok=True)
    for left in place.parent.glob(f".{glob.escape(place.name)}.*.tmp"):
        left.unlink(missing_ok=True)


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """(header, arrays) of a file. Raises CheckpointError where it is missing, broken or no
    checkpoint."""
    place = Path(path)
    try:
        with open(place, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            if header.get("format") != FORMAT:
                raise CheckpointError(
                    f"{place} is a {header.get('format')!r:.40}, expected a {FORMAT!r}; it was "
                    "written by another version: use that one, or run from the start"
                )
            names = [n for n in file.files if n.startswith("data/")]
            return header, {n.removeprefix("data/"): file[n] for n in names}
    except FileNotFoundError as fault:
        raise CheckpointError(f"there is no checkpoint {place}") from fault
    except CheckpointError:
        raise
    except Exception as fault:  # a broken file fails in many ways; nothing in it is executed
        raise CheckpointError(
            f"{place} is no checkpoint, or it is broken ({fault}); run from the start"
        ) from fault

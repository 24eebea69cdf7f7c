"""A run on disk: its state and what it recorded, to go on from in another process.

One file: a header in JSON and arrays, see `archive`. It is whole at any moment, see `files`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .archive import read_arrays, write_arrays
from .errors import CheckpointError
from .files import layout_fault, replacing

FORMAT, VERSION = "spikesim checkpoint", 2


def write(path: str | os.PathLike[str], header: dict[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint. Raises CheckpointError where the disk refuses it; an older file of that
    name is then as it was."""
    text = np.array(json.dumps({"format": FORMAT, "format version": VERSION, **header}))
    with replacing(path, CheckpointError) as draft:
        write_arrays(draft, {"header": text, **{f"data/{k}": v for k, v in arrays.items()}})


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """(header, arrays) of a file. Raises CheckpointError where it is missing, broken, no
    checkpoint, or of another layout."""
    place = Path(path)
    try:
        arrays = read_arrays(place)
        if "header" not in arrays:
            raise ValueError("it has no header")
        header = dict(json.loads(str(arrays.pop("header"))))
    except FileNotFoundError as fault:
        raise CheckpointError(f"there is no checkpoint {place}") from fault
    except OSError as fault:
        raise CheckpointError(f"can't read {place}: {fault.strerror or fault}") from fault
    except Exception as fault:  # a broken file fails in many ways; nothing in it is executed
        raise CheckpointError(
            f"{place} is no checkpoint, or it is broken ({fault}); a broken checkpoint may be "
            "deleted, to run from the start; results are read by sp.load_results"
        ) from fault
    if reason := layout_fault(header, FORMAT, VERSION):
        raise CheckpointError(f"{place} can't be taken up: {reason}, or run from the start")
    return header, {name.removeprefix("data/"): values for name, values in arrays.items()}


def flat(state: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The arrays of a state by name, those of a tuple by number."""
    found: dict[str, np.ndarray] = {}
    for name, value in state.items():
        if isinstance(value, tuple):
            found |= {f"{name}/{k}": np.asarray(v) for k, v in enumerate(value)}
        else:
            found[name] = np.asarray(value)
    return found


def unflat(arrays: Mapping[str, np.ndarray], like: Mapping[str, Any]) -> dict[str, Any]:
    """The state that `flat` made these arrays of, from one of the same form."""
    state: dict[str, Any] = {}
    for name, value in like.items():
        if isinstance(value, tuple):
            state[name] = tuple(arrays[f"{name}/{k}"] for k in range(len(value)))
        else:
            state[name] = arrays[name]
    return state


def misfit(arrays: Mapping[str, np.ndarray], like: Mapping[str, Any]) -> str:
    """Why these arrays are no state of that form; empty if they are."""
    expected = flat(like)
    if strange := sorted(arrays.keys() ^ expected.keys()):
        return f"{strange[0]!r} is {'not in it' if strange[0] in expected else 'in it alone'}"
    for name, value in arrays.items():
        wanted = expected[name]
        if (value.shape, value.dtype) != (wanted.shape, wanted.dtype):
            return (
                f"{name!r} is {value.dtype} {list(value.shape)}, expected {wanted.dtype} "
                f"{list(wanted.shape)}"
            )
    return ""


def under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays whose names start so, without that."""
    start = f"{prefix}/"
    return {n.removeprefix(start): v for n, v in arrays.items() if n.startswith(start)}

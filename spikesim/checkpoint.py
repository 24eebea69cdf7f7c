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
from .files import replacing

FORMAT = "spikesim checkpoint 1"


def write(path: str | os.PathLike[str], header: dict[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint. Raises CheckpointError where the disk refuses it; an older file of that
    name is then as it was."""
    text = np.array(json.dumps({"format": FORMAT, **header}))
    with replacing(path, CheckpointError) as draft:
        write_arrays(draft, {"header": text, **{f"data/{k}": v for k, v in arrays.items()}})


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """(header, arrays) of a file. Raises CheckpointError where it is missing, broken or no
    checkpoint."""
    place = Path(path)
    try:
        arrays = read_arrays(place)
        header = json.loads(str(arrays.pop("header")))
        form = header.get("format")
    except FileNotFoundError as fault:
        raise CheckpointError(f"there is no checkpoint {place}") from fault
    except Exception as fault:  # a broken file fails in many ways; nothing in it is executed
        raise CheckpointError(
            f"{place} is no checkpoint, or it is broken ({fault}); run from the start"
        ) from fault
    if form != FORMAT:
        raise CheckpointError(
            f"{place} is a {form!r:.40}, expected a {FORMAT!r}; it was written by another version: "
            "use that one, or run from the start"
        )
    return header, {name.removeprefix("data/"): values for name, values in arrays.items()}

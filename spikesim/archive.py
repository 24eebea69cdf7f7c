"""Arrays by name in one file, NumPy's .npz: numbers and text alone, nothing that could be executed.

They are not compressed, so that a file can't ask for more memory than it takes on the disk.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """What np.savez writes, but never a pickle: ValueError for an array of objects."""
    with open(path, "xb") as file, zipfile.ZipFile(file, "w") as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(values), allow_pickle=False)


def read_arrays(path: Any) -> dict[str, np.ndarray]:
    """All arrays of a file, each with its checksum compared.

    Raises OSError where it can't be read, and something else for one that is damaged, or that says
    that it holds more than it does: before memory is taken.
    """
    with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        room = Path(path).stat().st_size
        for entry in entries:
            room -= entry.file_size
            if entry.compress_type != zipfile.ZIP_STORED or room < 0:
                raise ValueError(f"{entry.filename} is compressed or larger than the file")
        return {e.filename.removesuffix(".npy"): _read(archive, e) for e in entries}


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"{entry.filename} is an array of version {version}")
        shape, _, dtype = _HEADERS[version](file)
        size = dtype.itemsize * int(np.prod(shape, dtype=object))
        if dtype.hasobject or min(shape, default=0) < 0 or size != entry.file_size - file.tell():
            raise ValueError(f"{entry.filename} is not the array of {shape} {dtype} that it says")
    with archive.open(entry) as file:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))

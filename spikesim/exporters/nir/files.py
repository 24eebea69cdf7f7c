"""Files of NIR graphs: read without trust, written whole."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from ... import __version__
from ...errors import FileError, UnsupportedError
from ...files import checked_path, replacing

MOST_VALUES = 2**27  # of all arrays of a file
MOST_NODES = 10_000
_DEEPEST = 8
# What nir 1.0.8 and h5py raise on files that are none.
_BROKEN = (
    OSError, KeyError, ValueError, TypeError, AttributeError, AssertionError, RuntimeError,
    IndexError, OverflowError,
)  # fmt: skip


def library() -> Any:
    """The package nir. Raises UnsupportedError where it is not installed."""
    try:
        return importlib.import_module("nir")
    except ImportError as fault:
        raise UnsupportedError(
            f"NIR files need the package nir, which can't be loaded ({fault}): "
            "pip install 'spikesim[nir]'"
        ) from fault


def load(path: Any) -> Any:
    """The graph of a file. Raises FileError for anything but a sound one."""
    nir = library()
    h5py = importlib.import_module("h5py")
    place = Path(checked_path(path, "path"))
    if not place.is_file():
        raise FileError(f"there is no file {str(path)!r}")
    try:
        with h5py.File(place, "r") as file:
            fault = next(_suspicious(h5py, file), None)
        graph = None if fault else nir.read(place, type_check=False)
    except _BROKEN as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise FileError(f"{str(path)!r} holds no sound NIR graph: {reason}") from error
    if fault:
        raise FileError(f"{str(path)!r} is no NIR graph that is safe to read: {fault}")
    if not isinstance(graph, nir.NIRGraph):
        raise FileError(
            f"{str(path)!r} holds a single {type(graph).__name__}, expected a graph of nodes"
        )
    return graph


def save(graph: Any, path: Any, old: bool = False) -> None:
    """Write a graph, over an older one if need be. old: so that nir 1.0.4 reads it too, which knows
    no v_reset.

    Raises FileError where it can't be written, or a file of another kind is there; then nothing is.
    """
    nir = library()
    h5py = importlib.import_module("h5py")
    if Path(checked_path(path, "path")).is_file() and not h5py.is_hdf5(path):
        raise FileError(f"{str(path)!r} is there already and holds no graph; name another file")
    with replacing(path) as draft:
        nir.write(os.fspath(draft), graph)
        if old:
            with h5py.File(draft, "r+") as file:
                found: list[str] = []
                file.visit(found.append)
                for name in found:
                    if name.endswith("/v_reset"):
                        del file[name]


def distinct(names: Iterable[str], unfit: str, taken: Iterable[str] = ()) -> dict[str, str]:
    """Each name with underscores for what matches `unfit`, and no two alike, or like `taken`."""
    taken = set(taken)
    found: dict[str, str] = {}
    for name in names:
        word = re.sub(unfit, "_", name).strip("_") or "node"
        while word in taken or word in found.values():
            word += "_"
        found[name] = word
    return found


def unused(name: str, names: Container[str]) -> str:
    """The name, with underscores until it is none of `names`."""
    while name in names:
        name += "_"
    return name


def metadata(dt: float) -> dict[str, Any]:
    """What a graph says besides; dt in s. No reader looks at it."""
    return {"dt in s": dt, "written by": f"spikesim {__version__}"}


def _suspicious(h5py: Any, file: Any) -> Iterator[str]:
    """Reasons not to read a file: links to elsewhere, loops, what would fill the memory."""
    values = groups = 0
    left = [(file, "", 0)]
    while left:
        group, place, depth = left.pop()
        groups += 1
        if depth > _DEEPEST or groups > MOST_NODES:
            yield f"its groups are nested too deeply, or more than {MOST_NODES}"
            return
        for name in group:
            here = f"{place}/{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                yield f"{here} is a link to elsewhere"
                return
            item = group[name]
            if isinstance(item, h5py.Group):
                left.append((item, here, depth + 1))
                continue
            if not isinstance(item, h5py.Dataset) or item.external or item.is_virtual:
                yield f"{here} lies outside the file"
                return
            kind = item.dtype.kind
            if kind not in "iufbSO" or (
                kind == "O" and h5py.check_string_dtype(item.dtype) is None
            ):
                yield f"{here} holds {item.dtype}, expected numbers or text"
                return
            values += int(item.size or 0)
            if values > MOST_VALUES:
                yield f"it holds more than {MOST_VALUES} values"
                return

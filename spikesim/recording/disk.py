"""Recordings on disk, in a Zarr store, while the run goes on.

The store has a group for each column, with the arrays neurons, steps and values: entry k was
recorded in step steps[k]; values are elements for spikes, positions in `neurons`. Entries are
written in whole chunks, so that memory does not grow with the run, and a reader finds all but the
latest; a checkpoint keeps those that are not written yet.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RecordingError
from .columns import Column, Pair, Piece, joined
from .sinks import Sink

FORMAT = "spikesim recording 1"
_CHUNK = 2**18  # numbers in a chunk


def zarr() -> Any:
    """The library. Raises RecordingError where it is missing."""
    try:
        import zarr as library
    except ImportError as fault:
        raise RecordingError(
            "recordings on disk need Zarr, which is not installed; pip install 'spikesim[zarr]'"
        ) from fault
    return library


class Disk(Sink):
    """A Zarr store at `path`. overwrite: an older store there is replaced."""

    def __init__(self, path: str | os.PathLike[str], overwrite: bool = False):
        self.path, self.overwrite = Path(path), overwrite
        self.store: Any = None

    def open(self, columns: Iterable[Column], about: dict[str, Any]) -> None:
        self.columns, self.about = list(columns), about
        self.waiting: dict[str, list[Pair]] = {c.name: [] for c in self.columns}
        self.store = None
        zarr()

    def _make(self) -> None:
        if self.path.exists() and not self.overwrite:
            raise RecordingError(
                f"{self.path} exists; choose another name, or overwrite=True to replace it"
            )
        described = [
            {"name": c.name, "group": c.group, "what": c.what, "every": c.every, "unit": c.unit}
            for c in self.columns
        ]
        about = {"format": FORMAT, **self.about, "columns": described, "end": None}
        self.store = zarr().open_group(self.path, mode="w", attributes=about)
        for c in self.columns:
            group = self.store.create_group(c.name)
            neurons = group.create_array("neurons", shape=c.neurons.shape, dtype="int64")
            neurons[...] = c.neurons

    def _array(self, c: Column, name: str, like: np.ndarray) -> Any:
        group = self.store[c.name]
        if name not in group:
            dtype = "int32" if name == "values" and c.is_spikes else like.dtype
            rows = _rows(like)
            group.create_array(
                name, shape=(0, *like.shape[1:]), chunks=(rows, *like.shape[1:]), dtype=dtype
            )
        return group[name]

    def add(self, piece: Piece) -> None:
        if self.store is None:
            self._guarded(self._make)
        for c in self.columns:
            if c.name in piece and len(piece[c.name][0]):
                self.waiting[c.name].append(piece[c.name])
                rows = _rows(piece[c.name][1])
                if sum(len(steps) for steps, _ in self.waiting[c.name]) >= rows:
                    self._guarded(lambda c=c, rows=rows: self._write(c, rows))

    def _write(self, c: Column, rows: int) -> None:
        """Append what waits, in whole chunks of so many rows."""
        steps, values = joined(c, self.waiting[c.name])
        whole = len(steps) // rows * rows
        if whole:
            self._array(c, "values", values).append(values[:whole])
            self._array(c, "steps", steps).append(steps[:whole])
        self.waiting[c.name] = [(steps[whole:], values[whole:])] if whole < len(steps) else []

    def mark(self) -> dict[str, np.ndarray]:
        kept: dict[str, np.ndarray] = {}
        for c in self.columns:
            steps, values = joined(c, self.waiting[c.name])
            written = self.store[c.name]["steps"].shape[0] if "steps" in self.store[c.name] else 0
            kept |= {
                f"{c.name}/written": np.array(written),
                f"{c.name}/steps": steps,
                f"{c.name}/values": values,
            }
        return kept

    def rewind(self, mark: dict[str, np.ndarray]) -> None:
        self._guarded(lambda: self._reopen(mark))

    def _reopen(self, mark: dict[str, np.ndarray]) -> None:
        self.store = opened(self.path, "r+")
        for c in self.columns:
            written = int(mark[f"{c.name}/written"])
            for name in ("steps", "values"):
                if name in self.store[c.name]:
                    array = self.store[c.name][name]
                    if array.shape[0] < written:
                        raise RecordingError(
                            f"{self.path} lacks what the checkpoint counts on; run from the start"
                        )
                    array.resize((written, *array.shape[1:]))
            steps, values = mark[f"{c.name}/steps"], mark[f"{c.name}/values"]
            self.waiting[c.name] = [(steps, values)] if len(steps) else []

    def close(self, end: int, final: dict[str, dict[str, np.ndarray]]) -> None:
        if self.store is None:
            self._guarded(self._make)
        self._guarded(lambda: self._finish(end, final))

    def _finish(self, end: int, final: dict[str, dict[str, np.ndarray]]) -> None:
        for c in self.columns:
            self._write(c, 1)
        for group, states in final.items():
            for name, value in states.items():
                place = self.store.require_group("final").require_group(group)
                array = place.create_array(name, shape=value.shape, dtype=value.dtype)
                array[...] = value
        self.store.attrs["populations"] = list(final)
        self.store.attrs["end"] = end

    def _guarded(self, action: Any) -> None:
        try:
            action()
        except OSError as fault:
            raise RecordingError(
                f"the recording {self.path} can't be written: {fault.strerror or fault}; choose a "
                "folder that can be written to and has room. What was written before is kept"
            ) from fault


def _rows(values: np.ndarray) -> int:
    width = int(np.prod(values.shape[1:]))
    return max(1, _CHUNK // max(width, 1))


def opened(path: str | os.PathLike[str], mode: str) -> Any:
    """A store. Raises RecordingError where there is none, or it is something else."""
    if not Path(path).exists():
        raise RecordingError(f"there is no recording {path}")
    try:
        store = zarr().open_group(path, mode=mode)
        form = store.attrs.get("format")
    except (OSError, ValueError, KeyError) as fault:
        raise RecordingError(f"{path} is no recording, or it is broken ({fault})") from fault
    if form != FORMAT:
        raise RecordingError(f"{path} is a {form!r:.40}, expected a {FORMAT!r}")
    return store

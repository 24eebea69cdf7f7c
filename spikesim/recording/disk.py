"""Recordings on disk, in a Zarr store, while the run goes on.

The store has a group for each column, with the arrays neurons, steps and values: entry k was
recorded in step steps[k]; values are elements for spikes, positions in `neurons`, and there is an
array in the group `variables` for each variable that is kept with them. A column of a projection
has the arrays source and target as well; `neurons` are numbers of connections. Entries are
written in whole chunks, so that memory does not grow with the run, and after some seconds in any
case; the group's attribute `written` says how many a reader finds, and that of the store, `whole`,
the step before which nothing is missing in any column. A checkpoint keeps those that wait. A thread
of its own writes, while the next steps are taken. `end` is there when the run has ended, and
`complete` says whether it was interrupted.
"""

from __future__ import annotations

import errno
import glob
import os
import shutil
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ParameterError, RecordingError
from ..files import checked_path, flush, layout_fault
from .columns import Column, Entries, Piece, joined
from .lock import Lock
from .sinks import Mark, Sink, marked

FORMAT, VERSION = "spikesim recording", 2  # version: of the layout
_CHUNK = 2**20  # numbers in a chunk: it takes milliseconds to write one of any size
_GONE = "it was removed while the run went on"
_DRAFTS = ("new", "old")
_LATE = 10.0  # seconds after which what waits is written, for readers


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
    """A Zarr store at `path`. overwrite: an older recording there is replaced. Raises
    ParameterError."""

    lasting = True

    def __init__(self, path: str | os.PathLike[str], overwrite: bool = False):
        if not isinstance(overwrite, bool):
            raise ParameterError(f"overwrite is {overwrite!r:.60}; expected True or False")
        place = os.path.realpath(checked_path(path, "the place of a recording"))
        self.path, self.overwrite = Path(place), overwrite
        if not self.path.name:
            raise ParameterError(
                f"a recording can't take the place of {place}; name a folder in it"
            )
        self.store: Any = None
        self.lock: Lock | None = None

    @property
    def elsewhere(self) -> str:
        return f"the recording is on disk; read it with sp.read_recording({str(self.path)!r})"

    def open(
        self, columns: Iterable[Column], about: dict[str, Any], mark: Mark | None = None
    ) -> None:
        self.columns, self.about = list(columns), about
        self.waiting: dict[str, list[Entries]] = {c.name: [] for c in self.columns}
        self.written = {c.name: 0 for c in self.columns}
        self.arrays: dict[tuple[str, str], Any] = {}
        self.fresh: set[Path] = set()  # files that are not surely on the disk
        self.end = self.whole = int(about["first"])
        self.latest = time.monotonic()
        self.writer = ThreadPoolExecutor(1, "recording")
        self.under_way: list[Future[None]] = []
        zarr()
        self._guarded(self._make if mark is None else lambda: self._reopen(mark))

    def _make(self) -> None:
        """A new store; it has its name when it is whole."""
        self._tidy()
        word = uuid.uuid4().hex[:12]
        unfinished, old = (self.path.with_name(f".{self.path.name}.{word}.{w}") for w in _DRAFTS)
        before = Lock(self.path) if self.path.is_dir() else None
        try:
            self._refuse_to_overwrite()
            unfinished.mkdir(parents=True)
            self.lock = Lock(unfinished)
            self._fill(unfinished)
            if before is not None:
                self.path.rename(old)
            unfinished.rename(self.path)
        except BaseException as fault:
            self._let_go()
            if old.exists() and not self.path.exists():
                old.rename(self.path)
            if isinstance(fault, OSError) and fault.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise BlockingIOError from fault  # another was there first
            raise
        finally:
            for left in (unfinished, old):
                shutil.rmtree(left, ignore_errors=True)
            if before is not None:
                before.free()
        self.store = zarr().open_group(self.path, mode="r+")

    def _fill(self, folder: Path) -> None:
        """Write what a store has from the start."""
        described = [{name: getattr(c, name) for name in DESCRIBED} for c in self.columns]
        about = {"format": FORMAT, "format version": VERSION, **self.about, "columns": described}
        about |= {"whole": self.whole, "end": None, "complete": False}
        store = zarr().open_group(folder, mode="a", attributes=about)
        for c in self.columns:
            group = store.create_group(c.name, attributes={"written": 0})
            for name in ("neurons", "source", "target"):
                if (numbers := getattr(c, name)) is not None:
                    array = group.create_array(name, shape=numbers.shape, dtype="int64")
                    array[...] = numbers

    def _tidy(self) -> None:
        """Remove what processes that were killed left of making a store."""
        for kind in _DRAFTS:
            for left in self.path.parent.glob(f".{glob.escape(self.path.name)}.*.{kind}"):
                with suppress(BlockingIOError):  # still at work
                    Lock(left).free()
                    shutil.rmtree(left, ignore_errors=True)

    def _let_go(self) -> None:
        if self.lock is not None:
            self.lock.free()

    def abandon(self) -> None:
        self.writer.shutdown()
        self._let_go()

    def _refuse_to_overwrite(self) -> None:
        """Raise RecordingError where something is in the way.

        What this very run has left, stopped before its first checkpoint, is not.
        """
        if not self.path.exists():
            return
        try:
            attributes = dict(opened(self.path, "r").attrs)
        except RecordingError as fault:
            raise RecordingError(
                f"{self.path} exists and is not ours to overwrite: {fault}; choose another name"
            ) from fault
        mine = self.about["run"] and self.about["run"] == attributes["run"]
        if not self.overwrite and not (mine and attributes["end"] is None):
            raise RecordingError(
                f"{self.path} exists; choose another name, or overwrite=True to replace it"
            )

    def _reopen(self, mark: Mark) -> None:
        self.store = opened(self.path, "r+")
        self.lock = Lock(self.path)
        self.end, self.whole = int(mark["end"]), int(mark["whole"])
        self.latest -= float(mark["age"])
        self.store.attrs.update({"whole": self.whole, "end": None, "complete": False})
        for c in self.columns:
            group, written = self.store[c.name], int(mark[f"{c.name}/written"])
            for name in c.parts if written else ():
                if name not in group or group[name].shape[0] < written:
                    raise RecordingError(
                        f"{self.path} lacks what the checkpoint counts on; delete the checkpoint "
                        "to run from the start"
                    )
            group.attrs["written"] = self.written[c.name] = written
            for name in c.parts:
                if name in group:
                    group[name].resize((written, *group[name].shape[1:]))
            entries = marked(c, mark)
            self.waiting[c.name] = [entries] if len(entries[0]) else []

    def _array(self, c: Column, name: str, like: np.ndarray) -> Any:
        if (c.name, name) in self.arrays:
            return self.arrays[c.name, name]
        group = self.store[c.name]
        if name not in group:
            rest = like.shape[1:]
            codecs = zarr().codecs
            packed = codecs.BloscCodec(cname="lz4", clevel=1, shuffle="shuffle")
            group.create_array(
                name, shape=(0, *rest), chunks=(_rows(like), *rest), dtype=like.dtype,
                compressors=[packed, codecs.Crc32cCodec()],
            )  # fmt: skip
        with zarr().config.set(
            {"array.write_empty_chunks": True}
        ):  # none is left out, see `chunks`
            self.arrays[c.name, name] = group[name]
        return self.arrays[c.name, name]

    def add(self, piece: Piece, end: int) -> None:
        self.end = end
        late = time.monotonic() - self.latest > _LATE
        for c in self.columns:
            if c.name in piece and len(piece[c.name][0]):
                self.waiting[c.name].append(piece[c.name])
        due = []
        for c in self.columns:
            waiting = self.waiting[c.name]
            rows = 1 if late or not waiting else _rows(waiting[0][1])
            if sum(len(entries[0]) for entries in waiting) >= rows:
                due.append((c, rows))
        if due or late:
            self._guarded(self._settle)  # so that no more than one piece waits for the disk
            for c, rows in due:
                self._write(c, rows)
            self._note()
        if late:
            self.latest = time.monotonic()

    def _write(self, c: Column, rows: int) -> None:
        """Hand over of what waits as much as ends at a multiple of so many rows."""
        entries = joined(c, self.waiting[c.name])
        before = self.written[c.name]
        after = (before + len(entries[0])) // rows * rows
        whole = after - before
        if whole > 0:
            self.written[c.name] = after
            append = self.writer.submit(self._append, c, after, [part[:whole] for part in entries])
            self.under_way.append(append)
            entries = tuple(part[whole:].copy() for part in entries)
        self.waiting[c.name] = [entries] if len(entries[0]) else []

    def _note(self) -> None:
        """Say, after what was handed over, up to which step all columns are written."""
        waiting = [parts[0][0] for parts in self.waiting.values() if parts]
        whole = min((int(steps[0]) for steps in waiting), default=self.end)
        if whole > self.whole:
            self.whole = whole
            note = self.writer.submit(self.store.attrs.__setitem__, "whole", whole)
            self.under_way.append(note)

    def _append(self, c: Column, after: int, entries: list[np.ndarray]) -> None:
        self._look()
        for name, new in zip(c.parts, entries, strict=True):
            array = self._array(c, name, new)
            array.resize((after, *array.shape[1:]))
            array[after - len(new) :] = new
            self.fresh |= {*chunks(self.path, array, after - len(new), after)}
            self.fresh |= {
                self.path / c.name / name / "zarr.json",
                self.path / c.name / "zarr.json",
            }
        self.store[c.name].attrs["written"] = after

    def _look(self) -> None:
        """Raise FileNotFoundError where somebody took the store away."""
        if self.lock is None or not self.lock.holds(self.path):
            raise FileNotFoundError(None, _GONE)

    def _settle(self) -> None:
        """Wait until all that was handed over is written."""
        under_way, self.under_way = self.under_way, []
        for append in under_way:
            try:
                append.result()
            except KeyError as fault:  # what Zarr makes of a file that is missing
                raise FileNotFoundError(None, _GONE) from fault

    def mark(self) -> Mark:
        self._guarded(self._secure)
        age = time.monotonic() - self.latest  # sessions that are short add up
        kept: Mark = {
            "end": np.array(self.end), "whole": np.array(self.whole), "age": np.array(age),
        }  # fmt: skip
        for c in self.columns:
            kept[f"{c.name}/written"] = np.array(self.written[c.name])
            entries = joined(c, self.waiting[c.name])
            for name, values in zip(c.parts, entries, strict=True):
                kept[f"{c.name}/{name}"] = values
        return kept

    def _secure(self) -> None:
        """Wait until all that a checkpoint counts on is on the disk, through a loss of power."""
        self._settle()
        self._look()
        for file in sorted(self.fresh):
            flush(file)
        for folder in sorted(
            {up for file in self.fresh for up in (file.parent, *file.parents[1:4])}
        ):
            if folder.is_relative_to(self.path):
                with suppress(OSError):  # some systems can't
                    flush(folder)
        self.fresh = set()

    def close(self, end: int, final: dict[str, dict[str, np.ndarray]], complete: bool) -> None:
        self._guarded(lambda: self._finish(end, final, complete))

    def _finish(self, end: int, final: dict[str, dict[str, np.ndarray]], complete: bool) -> None:
        self._look()
        for c in self.columns:
            self._write(c, 1)
        self._settle()
        self.writer.shutdown()
        for group, states in final.items():
            for name, value in states.items():
                place = self.store.require_group("final").require_group(group)
                array = place.create_array(
                    name, shape=value.shape, dtype=value.dtype, overwrite=True
                )
                array[...] = value
        ended = {"populations": list(final), "whole": end, "end": end, "complete": complete}
        self.store.attrs.update(ended)
        self._let_go()

    def _guarded(self, action: Any) -> None:
        try:
            action()
        except BaseException as fault:
            self._let_go()
            self._explain(fault)
            raise

    def _explain(self, fault: BaseException) -> None:
        """Raise RecordingError for what the system says."""
        if isinstance(fault, BlockingIOError):
            raise RecordingError(
                f"another process writes the recording {self.path} now; wait until it has ended, "
                "or choose another name"
            ) from fault
        if isinstance(fault, OSError) and not isinstance(fault, RecordingError):
            raise RecordingError(
                f"the recording {self.path} can't be written: {fault.strerror or fault}; choose a "
                "folder that can be written to and has room. What was written before is kept"
            ) from fault


# What the store says of a column, beside its neurons.
DESCRIBED = (
    *("name", "group", "what", "every", "unit", "start", "stop"),
    *("event", "variables", "units", "types", "dtype"),
)


def _rows(values: np.ndarray) -> int:
    width = int(np.prod(values.shape[1:]))
    return max(1, _CHUNK // max(width, 1))


def chunks(folder: Path, array: Any, first: int, last: int) -> list[Path]:
    """The files of the rows first ... last - 1 of an array of a store in that folder."""
    rows, rest = array.chunks[0], (0,) * (array.ndim - 1)
    key = array.metadata.encode_chunk_key
    numbers = range(first // rows, -(-last // rows))
    return [folder / array.path / key((k, *rest)) for k in numbers]


def opened(path: str | os.PathLike[str], mode: str) -> Any:
    """A store. Raises RecordingError where there is none, or it is something else."""
    if not os.path.exists(path):  # where a folder is closed, Path's own raises
        raise RecordingError(f"there is no recording {path}")
    library = zarr()
    try:
        store = library.open_group(path, mode=mode)
        reason = layout_fault(dict(store.attrs), FORMAT, VERSION)
    except Exception as fault:  # a folder may hold anything
        raise RecordingError(f"{path} is no recording, or it is broken ({fault})") from fault
    if reason:
        raise RecordingError(f"{path} can't be read: {reason}")
    return store

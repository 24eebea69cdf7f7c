"""Files that are written whole or not at all."""

from __future__ import annotations

import glob
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import FileError, ParameterError


@contextmanager
def replacing(path: Any, error: type[FileError] = FileError) -> Iterator[Path]:
    """A path to write to in place of `path`, in the same folder; it takes that place at the end.

    What was written is on the disk before it takes the place, so that at any moment there is the
    old file or the new one, whole. If anything fails, the old file is as it was and nothing else
    is left. Raises `error` where the system won't write.
    """
    target = Path(os.path.realpath(checked_path(path, "path")))  # of a link, what it points to
    draft = target.with_name(_draft(target, uuid.uuid4().hex[:12]))
    try:
        if target.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        yield draft
        flush(draft)
        os.replace(draft, target)
        with suppress(OSError):  # the new name too; some systems can't
            flush(target.parent)
    except OSError as fault:
        kept = (
            "the file that was there is unchanged"
            if os.path.exists(target)
            else "nothing was written"
        )
        # The system's own words: HDF5 adds a page to them.
        reason = os.strerror(fault.errno) if fault.errno else fault.strerror or fault
        raise error(
            f"can't write {str(path)!r}: {reason}; {kept}. Write it to another place, or make room "
            "there"
        ) from fault
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def check(path: Any, error: type[FileError] = FileError) -> None:
    """Raise `error` now, and not after hours of work, where `path` can't be written."""

    class _CanBe(Exception):
        pass

    with suppress(_CanBe), replacing(path, error) as draft:
        draft.touch()
        raise _CanBe


def tidy(path: Any) -> None:
    """Remove what processes that were killed left of writing a file."""
    target = Path(os.path.realpath(path))
    for left in target.parent.glob(_draft(target, "?" * 12, glob.escape)):
        left.unlink(missing_ok=True)


def _draft(target: Path, word: str, quoted: Callable[[str], str] = str) -> str:
    return f".{quoted(target.stem)}-{word}{quoted(target.suffix)}"


def flush(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checked_path(path: Any, subject: str) -> str:
    """A path as text. Raises ParameterError for what can be none."""
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else path
    if not isinstance(text, str) or not text or "\0" in text:
        raise ParameterError(f"{subject} is {path!r:.60}; expected the name of a file or a folder")
    return text


def layout_fault(header: Mapping[str, Any], form: str, version: int) -> str:
    """Why a header is not of this format and version of its layout; empty if it is."""
    found, number = header.get("format"), header.get("format version")
    if (found, number) == (form, version):
        return ""
    if not str(found).startswith(form):
        return f"it is a {found!r:.40}, expected a {form!r}"
    return (
        f"its layout is {str(found)!r:.40}, version {number!s:.20}, and this spikesim reads "
        f"version {version}; use the spikesim that wrote it ({header.get('version')!s:.20})"
    )

"""A folder that one writer alone has."""

from __future__ import annotations

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nobody is kept out there
    fcntl = None  # type: ignore[assignment]


class Lock:
    """Held until `free`, or until the process ends in whatever way; it moves with the folder.

    Raises BlockingIOError where another holds it. Where a file system has no locks of folders,
    nobody is kept out.
    """

    def __init__(self, folder: Path):
        self.descriptor: int | None = None
        if fcntl is None:
            return
        self.descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.free()
            raise
        except OSError:  # no locks here
            pass

    def holds(self, folder: Path) -> bool:
        """Is this folder still the one that was locked?"""
        if self.descriptor is None:
            return folder.exists()
        try:
            return os.path.samestat(os.fstat(self.descriptor), os.stat(folder))
        except FileNotFoundError:
            return False

    def free(self) -> None:
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            os.close(descriptor)

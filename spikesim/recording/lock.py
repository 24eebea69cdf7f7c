"""A folder that one writer alone has."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

# On Windows nobody is kept out.
fcntl: Any = import_module("fcntl") if os.name == "posix" else None


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

    def __del__(self) -> None:
        self.free()  # where Ctrl-C came before anybody could

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

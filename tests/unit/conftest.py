"""What tests of files share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder that any user may look into; pytest's own may not be looked into by others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def permitted() -> Callable[[Path, int], AbstractContextManager[None]]:
    """Gives a folder a mode for a while. It holds for root too, who is somebody else meanwhile."""

    @contextmanager
    def change(folder: Path, mode: int) -> Iterator[None]:
        folder.chmod(mode)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)

    return change

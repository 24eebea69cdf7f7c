"""Functions of tests under ThreadSanitizer, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FLAGS = ["-fsanitize=thread", "-g"]  # for the compiler
RACE = 66  # the exit status where a race was found


def watched(file: str, function: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """function(*arguments) of the module `file`."""
    library = subprocess.run(
        ["g++", "-print-file-name=libtsan.so"], capture_output=True, text=True, check=False
    ).stdout.strip()
    if not os.path.isabs(library):
        pytest.skip("there is no ThreadSanitizer")
    path = Path(file)
    code = f"import sys; sys.path.insert(0, {str(path.parent)!r}); import {path.stem} as t; "
    options = {
        "LD_PRELOAD": library,
        "TSAN_OPTIONS": f"halt_on_error=1 exitcode={RACE}",
        "OPENBLAS_NUM_THREADS": "1",  # others' threads are not our concern
    }
    done = subprocess.run(
        [sys.executable, "-c", code + f"t.{function}(*{arguments!r})"], env=os.environ | options,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "unexpected memory mapping" in done.stderr:
        pytest.skip("ThreadSanitizer can't run on this machine")
    return done

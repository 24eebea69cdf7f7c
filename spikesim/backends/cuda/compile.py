"""Kernels compiled and kept on disk, by what they are made of: text, headers, compiler, flags."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import spikesim

from ...errors import UnsupportedError
from ...files import replacing

_PACKAGE = Path(spikesim.__file__).parent
# Compiled where they run, so their text is part of the package.
KERNELS = _PACKAGE / "cuda_kernels"
INCLUDE = (KERNELS / "include", _PACKAGE / "native")


def folder() -> Path:
    """Where compiled kernels are kept: SPIKESIM_CACHE, or the user's cache folder."""
    given = os.environ.get("SPIKESIM_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(given or Path.home() / ".cache") / "spikesim" / "kernels"


@cache
def _headers() -> bytes:
    found = [p for d in INCLUDE for p in sorted(d.rglob("*")) if p.suffix in (".h", ".cuh")]
    return hashlib.sha256(b"".join(p.read_bytes() for p in found)).digest()


def cached(made_of: Sequence[str], suffix: str, make: Callable[[Path], None]) -> Path:
    """The file that `make` writes, once for each `made_of` and state of the headers."""
    key = hashlib.sha256(_headers() + "\0".join(made_of).encode()).hexdigest()[:32]
    path = folder() / f"{key}{suffix}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as unfinished:
            make(unfinished)
    return path


def host_compiler() -> str:
    """The C++ compiler of this machine; empty if there is none."""
    return os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++") or ""


def by_host(text: str, flags: Sequence[str]) -> Path:
    """A shared library for this CPU of C++ code. Raises UnsupportedError without a compiler."""
    compiler = host_compiler()
    if not compiler:
        raise UnsupportedError("no C++ compiler was found (g++); install one, or set CXX")
    include = [f"-I{path}" for path in INCLUDE]
    command = [compiler, "-shared", "-fPIC", "-ffp-contract=off", "-fno-math-errno", *flags]

    def make(path: Path) -> None:
        done = subprocess.run(
            [*command, *include, "-x", "c++", "-", "-o", str(path)],
            input=text, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"the kernels do not compile:\n{done.stderr[-4000:]}")

    return cached([text, *command, sys.platform], ".so", make)

"""What runs a program. One backend per file or folder, found by name; `base` says what one is."""

from __future__ import annotations

import importlib

from ..errors import UnknownNameError, did_you_mean
from ..ir.program import Program
from ..plugins import module_names
from .base import Backend

_SHARED = (
    "base",
    "binding",
    "coupling",
    "diffusion",
    "drive",
    "evaluate",
    "memory",
    "plasticity",
    "precise",
    "sharing",
    "step",
    "synapses",
    "upkeep",
    "weights",
)
# What "auto" looks at; NumPy is always there.
_FASTEST_FIRST = ("cuda", "cpp", "jax", "numpy")


def names() -> list[str]:
    """The backends that there are, available here or not."""
    return [name for name in module_names(__name__) if name not in _SHARED]


def find(name: str) -> Backend:
    """The backend of that name. Raises UnknownNameError for a name that no backend has."""
    if not isinstance(name, str) or name not in names():
        hint = did_you_mean(str(name), [*names(), "auto"])
        raise UnknownNameError(f"unknown backend {name!r:.40}; {hint}")
    backend: Backend = importlib.import_module(f"{__name__}.{name}").BACKEND
    return backend


def choose(name: str, program: Program | None = None) -> tuple[Backend, str]:
    """The backend of that name; "auto" is the fastest that is available and suits the program.

    With it why "auto" took no faster one; empty for other names. Raises UnknownNameError.
    """
    if not isinstance(name, str) or name != "auto":
        return find(name), ""
    passed = []
    for one in _FASTEST_FIRST:
        backend = find(one)
        why = backend.unavailable() or (program and backend.unsuited(program))
        if not why:
            break
        passed.append(f"not {one}: {why}")
    return backend, "; ".join(passed)

"""What runs a program. One backend per file or folder, found by name; `base` says what one is."""

from __future__ import annotations

import importlib

from ..errors import UnknownNameError, did_you_mean
from ..native import available
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
    "precise",
    "sharing",
    "step",
    "synapses",
    "weights",
)


def names() -> list[str]:
    """The backends that there are, available here or not."""
    return [name for name in module_names(__name__) if name not in _SHARED]


def find(name: str) -> Backend:
    """The backend of that name; "auto" is the fastest that is available.

    Raises UnknownNameError for a name that no backend has.
    """
    if isinstance(name, str) and name == "auto":
        name = "cpp" if available() else "jax"
    if not isinstance(name, str) or name not in names():
        hint = did_you_mean(str(name), [*names(), "auto"])
        raise UnknownNameError(f"unknown backend {name!r:.40}; {hint}")
    backend: Backend = importlib.import_module(f"{__name__}.{name}").BACKEND
    return backend

"""The targets, one file each: `targets.names()` lists them, `targets.find("loihi2")` gets one."""

from __future__ import annotations

import importlib
from typing import Any

from ...errors import UnknownNameError, did_you_mean
from ...plugins import find_class, module_names
from ..target import Target


def names() -> list[str]:
    """The names of all targets."""
    return module_names(__name__)


def find(name: Any) -> Target:
    """A target by its name, or the target itself. Raises UnknownNameError."""
    if isinstance(name, Target):
        return name
    if name not in names():
        raise UnknownNameError(f"unknown target {name!r:.40}; {did_you_mean(name, names())}")
    found = find_class(importlib.import_module(f"{__name__}.{name}"))
    made: Target = found()
    return made

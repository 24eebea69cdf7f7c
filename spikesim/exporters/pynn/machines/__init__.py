"""What PyNN drives, one file each: `machines.names()` lists them, `machines.find("spinnaker")`."""

from __future__ import annotations

import importlib
from typing import Any

from ....errors import UnknownNameError, did_you_mean
from ....plugins import find_class, module_names
from ..machine import Machine


def names() -> list[str]:
    """The names of all of them."""
    return module_names(__name__)


def find(name: Any) -> Machine:
    """A machine by its name, or the machine itself. Raises UnknownNameError."""
    if isinstance(name, Machine):
        return name
    if name not in names():
        raise UnknownNameError(f"unknown profile {name!r:.40}; {did_you_mean(name, names())}")
    made: Machine = find_class(importlib.import_module(f"{__name__}.{name}"))()
    return made

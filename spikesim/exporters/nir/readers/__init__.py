"""Readers of NIR, one file each: `readers.names()` lists them, `readers.find("norse")` gets one."""

from __future__ import annotations

import importlib
from typing import Any

from ....errors import UnknownNameError, did_you_mean
from ....plugins import find_class, module_names
from ..reader import Reader


def names() -> list[str]:
    """The names of all of them."""
    return module_names(__name__)


def find(name: Any) -> Reader:
    """A reader by its name, or the reader itself. Raises UnknownNameError."""
    if isinstance(name, Reader):
        return name
    if name not in names():
        raise UnknownNameError(f"unknown profile {name!r:.40}; {did_you_mean(name, names())}")
    made: Reader = find_class(importlib.import_module(f"{__name__}.{name}"))()
    return made

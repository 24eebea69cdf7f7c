"""The forms that a program is written in, one file each."""

from __future__ import annotations

import importlib
from typing import Any

from ....errors import UnknownNameError, did_you_mean
from ....plugins import find_class, module_names
from ..form import Form


def names() -> list[str]:
    """The names of all forms."""
    return module_names(__name__)


def find(name: Any) -> Form:
    """A form by its name. Raises UnknownNameError."""
    if name not in names():
        raise UnknownNameError(f"unknown form {name!r:.40}; {did_you_mean(str(name), names())}")
    made: Form = find_class(importlib.import_module(f"{__name__}.{name}"))()
    return made

"""Results in the terms of other libraries; one file a library, loaded when it is asked for."""

from __future__ import annotations

import importlib
from typing import Any


def needed(module: str, extra: str) -> Any:
    """A module of an optional library. ImportError, saying what to install, where it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError as fault:
        library = module.partition(".")[0]
        raise ImportError(
            f"this needs {library}, which can't be loaded ({fault}): "
            f"pip install 'spikesim[{extra}]'"
        ) from fault

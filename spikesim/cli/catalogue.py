"""The models that come with the package, by kind."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

from ..plugins import module_names


def models() -> dict[str, dict[str, str]]:
    """By kind, the name of each model and the first line of its docstring."""
    folders = [
        name for name in module_names("spikesim.models")
        if hasattr(importlib.import_module(f"spikesim.models.{name}"), "__path__")
    ]  # fmt: skip
    rooms = {name: f"spikesim.models.{name}" for name in folders}
    rooms |= {"rules": "spikesim.connectivity", "stimuli": "spikesim.stimuli"}
    return {kind: dict(_room(package)) for kind, package in rooms.items()}


def _room(package: str) -> Iterator[tuple[str, str]]:
    room = importlib.import_module(package)
    for name in sorted(dir(room)):
        found = getattr(room, name)
        if inspect.isclass(found):
            yield name, (inspect.getdoc(found) or "").partition("\n\n")[0].replace("\n", " ")

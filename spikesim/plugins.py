"""Rooms that list their own files: a new model, rule or backend is one new file, no list to edit.

A room is a package whose modules each hold one public class. The class is found by its module's
name: `exp_conductance.py` holds ExpConductance, `lif.py` holds LIF. Nothing is imported before it
is asked for.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .errors import UnknownAttributeError, did_you_mean


def module_names(package: str) -> list[str]:
    """The public modules of a package, sorted, without importing them."""
    paths = importlib.import_module(package).__path__
    return sorted(m.name for m in pkgutil.iter_modules(paths) if not m.name.startswith("_"))


def find_class(module: ModuleType) -> type:
    """The one public class that a module of a room is there for."""
    wanted = module.__name__.rpartition(".")[2].replace("_", "")
    for name, value in vars(module).items():
        if isinstance(value, type) and name.lower() == wanted:
            return value
    raise ImportError(f"{module.__name__} should hold a class named like its file")


class _Room(ModuleType):
    """A package whose files are no attributes of it, also after one has been imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        file = isinstance(value, ModuleType) and value.__name__ == f"{self.__name__}.{name}"
        if not file or name == "base" or name.startswith("_"):
            super().__setattr__(name, value)


def room(package: str, base: str = "base") -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for a package, which find a class by its name or its file's."""

    sys.modules[package].__class__ = _Room

    def stems() -> dict[str, str]:
        return {n.replace("_", ""): n for n in module_names(package) if n != base}

    def get(name: str) -> Any:
        if name == base:  # the import system asks for it before it is there
            raise AttributeError(name)
        stem = stems().get(name.replace("_", "").lower())
        if stem is None or name.startswith("__"):
            hint = known_as(name) or did_you_mean(name, listed())
            raise UnknownAttributeError(f"{package} has no {name!r}; {hint}")
        found = find_class(importlib.import_module(f"{package}.{stem}"))
        if name != found.__name__:
            raise UnknownAttributeError(
                f"{package} has no {name!r}; did you mean {found.__name__!r}?"
            )
        return found

    def known_as(name: str) -> str:
        """Which classes name `name`, as another simulator's word for them, in their docstrings."""
        texts = {n: get(n).__doc__ or "" for n in listed()}
        ours = [n for n, text in texts.items() if f"`{name}`" in text]
        return f"it is called {' or '.join(map(repr, ours))} here" if ours else ""

    def listed() -> list[str]:
        return [
            find_class(importlib.import_module(f"{package}.{stem}")).__name__
            for stem in stems().values()
        ]

    return get, listed

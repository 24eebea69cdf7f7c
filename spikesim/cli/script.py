"""A user's script as a Network, and times as they are typed."""

from __future__ import annotations

import importlib.util
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import units
from ..errors import DescriptionError, FileError, ParameterError
from ..exporters.nir import read_nir
from ..network import Network
from ..stimuli.poisson import Poisson

_UNITS = {"us": "us", "ms": "ms", "s": "second", "second": "second", "seconds": "second"}


def duration(text: str) -> Any:
    """A time such as "500ms", "2 s" or "1 second". Raises ParameterError."""
    found = re.fullmatch(r"\s*([0-9.]+(?:e[-+]?[0-9]+)?)\s*([a-z]+)\s*", text, re.IGNORECASE)
    if found is None or found[2].lower() not in _UNITS:
        raise ParameterError(
            f"duration is {text!r}; expected a number and one of {', '.join(_UNITS)}, such as 500ms"
        )
    try:
        number = float(found[1])
    except ValueError:
        raise ParameterError(f"duration is {text!r}; {found[1]!r} is no number") from None
    return number * getattr(units, _UNITS[found[2].lower()])


def check_places(file: Path, *written: Path | None) -> None:
    """Raise FileError where one file would take the place of another, or of the script."""
    places = [file, *(one for one in written if one is not None)]
    for k, place in enumerate(places):
        if any(place.resolve() == other.resolve() for other in places[:k]):
            raise FileError(f"{str(place)!r} is named twice; what is written needs its own name")


def load(file: Path) -> Network:
    """The network of a script: what `network()` returns, or the variable `net` or `network`.

    Raises DescriptionError, with the script's line, where it can't be run or defines none.
    """
    if not file.is_file():
        raise DescriptionError(f"there is no file {str(file)!r}")
    module = _module(file)
    found = getattr(module, "network", None) or getattr(module, "net", None)
    if callable(found):
        found = _guarded(file, found)
    if not isinstance(found, Network):
        found = getattr(module, "net", None)
    if not isinstance(found, Network):
        raise DescriptionError(
            f"{file} defines no network; write a function network() that returns one, or net = "
            "sp.Network(...)"
        )
    return found


def network(file: Path, rate: str) -> Network:
    """The network of a script, or of a NIR graph, whose inputs get Poisson spikes of `rate`."""
    if file.suffix != ".nir":
        return load(file)
    found = re.fullmatch(r"\s*([0-9.]+)\s*Hz\s*", rate)
    if found is None:
        raise ParameterError(f"rate is {rate!r}; expected a number and Hz, such as 50Hz")
    return read_nir(file, inputs=Poisson(rate=float(found[1]) * units.Hz))


def _module(file: Path) -> ModuleType:
    """The script, executed; not as `__main__`, so that what it does as a program is left out."""
    spec = importlib.util.spec_from_file_location(f"_script_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise DescriptionError(f"{file} is no Python script; its name should end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    sys.path.insert(0, str(file.resolve().parent))  # as `python FILE` does
    loader = spec.loader
    _guarded(file, lambda: loader.exec_module(module))
    return module


def _guarded(file: Path, call: Any) -> Any:
    try:
        return call()
    except (Exception, SystemExit) as fault:  # one that ends itself would end without a word
        frames = traceback.extract_tb(fault.__traceback__)
        lines = [f.lineno for f in frames if Path(f.filename).resolve() == file.resolve()]
        where = f"{file}, line {lines[-1]}" if lines else f"{file}"
        kind = type(fault).__name__
        raise DescriptionError(f"{where}: {kind}: {fault}") from fault

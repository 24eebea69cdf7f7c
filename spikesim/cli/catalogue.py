"""What the tables of the command line list: models by kind, and the rates of a run."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Iterator

import numpy as np

from ..plotting.select import spikes_of
from ..plugins import module_names
from ..results import Results


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


def rates(results: Results) -> Iterator[tuple[str, str, str, str, str]]:
    """For each population its name, neurons recorded, spikes, mean rate and mean CV."""
    for name, population in results.populations.items():
        spikes = spikes_of(population)
        if spikes is None:
            yield name, "-", "-", "-", "-"
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no CV at all
            cv = np.nanmean(spikes.cv()) if len(spikes.neurons) else np.nan
        rate = f"{spikes.rate():.2f}" if spikes.duration > 0 else "-"
        counts = f"{len(spikes.neurons):,}", f"{len(spikes):,}"
        yield name, *counts, rate, "-" if np.isnan(cv) else f"{cv:.2f}"

"""A moment of a run: to look at, or to go back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backends.base import State
from .errors import UnknownNameError, did_you_mean
from .results.hints import missing


@dataclass(frozen=True)
class Stored:
    """A moment of a simulation, to go back to. of: see `origin`."""

    step: int
    state: State
    given: Mapping[str, Any]
    seed: int
    of: Mapping[str, Any]


class Named(dict[Any, Any]):
    """Values by population, or by (population, variable). UnknownNameError for another key."""

    def __init__(self, values: Mapping[Any, Any], kind: str, advice: str):
        super().__init__(values)
        self.kind, self.advice = kind, advice

    def __missing__(self, key: Any) -> Any:
        known = {_dotted(k) for k in self}
        hint = did_you_mean(_dotted(key), known) if known else "there are none"
        raise UnknownNameError(f"no {self.kind} {key!r:.60}; {hint}. {self.advice}")


def _dotted(key: Any) -> str:
    return ".".join(map(str, key)) if isinstance(key, tuple) else str(key)


@dataclass(frozen=True, repr=False)
class Moment:
    """What a condition sees: the time, spikes since it was last asked, and states.

    t: float, ms. spikes: how many were recorded, by population, such as moment.spikes["exc"].
    states: arrays [neurons] by population and variable, such as moment.states["exc", "v"], in
    spikesim's own units: ms, mV, pA, nS, pF. Both raise UnknownNameError for another key.
    """

    t: float
    spikes: Mapping[str, int]
    states: Mapping[tuple[str, str], np.ndarray]

    @classmethod
    def of(
        cls, t: float, spikes: Mapping[str, int], states: Mapping[tuple[str, str], np.ndarray]
    ) -> Moment:
        """With what a wrong key needs to hear."""
        recorded = 'Counted are spikes that are recorded: net.record(population, "spikes")'
        form = 'Write moment.states["population", "variable"]'
        return cls(t, Named(spikes, "spikes of", recorded), Named(states, "state", form))

    def __getattr__(self, name: str) -> Any:
        raise missing(self, name)

    def __repr__(self) -> str:
        spikes = ", ".join(f"{count} of {name!r}" for name, count in self.spikes.items())
        states = ", ".join(map(_dotted, self.states))
        return f"Moment at {self.t:g} ms: spikes: {spikes:.200}; states: {states:.200}"

"""What a run gives back: plain arrays in documented units, by population.

Times in ms, potentials in mV, currents in pA, conductances in nS; rates in spikes/s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .errors import UnknownNameError, did_you_mean


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of a view, sorted by (time, neuron).

    t: float64 [spikes], ms, the end of the step in which each was found. i: int64 [spikes], the
    neuron's number in its population. neurons: int64, the numbers of those recorded. duration: ms.
    """

    t: np.ndarray
    i: np.ndarray
    neurons: np.ndarray
    duration: float

    def __len__(self) -> int:
        return len(self.t)

    def trains(self) -> list[np.ndarray]:
        """Spike times of each recorded neuron, ms."""
        order = np.argsort(self.i, kind="stable")
        counts = self._counts(0.0)
        by_number = np.argsort(self.neurons, kind="stable")
        pieces = np.split(self.t[order], np.cumsum(counts[by_number])[:-1])
        result: list[np.ndarray] = [np.empty(0)] * len(self.neurons)
        for place, piece in zip(by_number, pieces, strict=True):
            result[place] = piece
        return result

    def _counts(self, start: float) -> np.ndarray:
        late = self.i[self.t > start]
        largest = int(self.neurons.max()) + 1 if len(self.neurons) else 0
        return np.bincount(late, minlength=largest)[self.neurons]

    def rates(self, start: float = 0.0) -> np.ndarray:
        """Mean rate of each recorded neuron after `start` (ms), spikes/s."""
        return self._counts(start) / (self.duration - start) * 1e3

    def rate(self, start: float = 0.0) -> float:
        """Mean rate over the recorded neurons after `start` (ms), spikes/s."""
        return float(np.mean(self.rates(start))) if len(self.neurons) else 0.0

    def cv(self, start: float = 0.0, at_least: int = 3) -> np.ndarray:
        """Coefficient of variation of the interspike intervals of each neuron that has `at_least`
        spikes after `start` (ms)."""
        values = []
        for train in self.trains():
            train = train[train > start]
            if len(train) >= at_least:
                intervals = np.diff(train)
                values.append(np.std(intervals) / np.mean(intervals))
        return np.array(values)


@dataclass(frozen=True, eq=False)
class Trace:
    """Samples of a variable.

    t: ms [samples]; values: [samples, neurons] (a rate: [samples], spikes/s, in the bin that starts
    at t); unit: of the values; neurons: their numbers in the population.
    """

    t: np.ndarray
    values: np.ndarray
    unit: str
    neurons: np.ndarray

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype=dtype, copy=copy)


@dataclass(frozen=True, eq=False)
class PopulationResult:
    """What was recorded of one population: `.spikes`, `.rate`, or a variable by its name."""

    name: str
    recorded: dict[str, Spikes | Trace] = field(default_factory=dict)
    final: dict[str, np.ndarray] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        if name not in self.recorded:
            raise UnknownNameError(
                f"nothing called {name!r} was recorded of population {self.name!r}; "
                f"{did_you_mean(name, self.recorded)}; record it with net.record(...) before the run"
            )
        return self.recorded[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownNameError as fault:
            raise AttributeError(str(fault)) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.recorded]


@dataclass(frozen=True, eq=False)
class Results:
    """The results of a run: `results["exc"].spikes`, `results["exc"].v`.

    duration and dt in ms; seed of the run; populations in the order of the network; final states
    are in `results["exc"].final`.
    """

    populations: dict[str, PopulationResult]
    duration: float
    dt: float
    seed: int
    backend: str

    def __getitem__(self, name: str) -> PopulationResult:
        if name not in self.populations:
            raise UnknownNameError(
                f"no population {name!r}; {did_you_mean(name, self.populations)}"
            )
        return self.populations[name]

    def __iter__(self) -> Any:
        return iter(self.populations)

    def __repr__(self) -> str:
        lines = [f"Results of {self.duration:g} ms on {self.backend}, dt {self.dt:g} ms"]
        for name, population in self.populations.items():
            for what, data in population.recorded.items():
                if isinstance(data, Spikes):
                    lines.append(f"  {name}.{what}: {len(data)} spikes, {data.rate():.3g} spikes/s")
                else:
                    lines.append(f"  {name}.{what}: {list(data.values.shape)} in {data.unit}")
        return "\n".join(lines)

    def raster(self, ax: Any = None, **options: Any) -> Any:
        """Raster plot of all recorded spikes; see `spikesim.plotting.raster`."""
        from .plotting import raster

        return raster(self, ax=ax, **options)

    def traces(self, population: str, variable: str, ax: Any = None, **options: Any) -> Any:
        """Traces of a recorded variable; see `spikesim.plotting.trace`."""
        from .plotting import trace

        return trace(self, population, variable, ax=ax, **options)

    def rates(self, ax: Any = None, **options: Any) -> Any:
        """Population rates over time; see `spikesim.plotting.rate`."""
        from .plotting import rate

        return rate(self, ax=ax, **options)

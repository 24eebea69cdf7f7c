"""What a run gives back: plain arrays in documented units, by population.

Times in ms, potentials in mV, currents in pA, conductances in nS; rates in spikes/s. Times handed
to the functions here are quantities (`200*ms`) or, as the arrays are, plain numbers of ms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .errors import ParameterError, UnknownAttributeError, UnknownNameError, did_you_mean
from .units import TIME, is_quantity, strip

# Labels are sums of steps, (n + 1)*dt in floating point: 3*0.1 is a little more than 0.3.
_SLACK = 1e-6


def milliseconds(time: Any, subject: str) -> float:
    """A time as a plain number of ms. Raises DimensionError or ParameterError."""
    plain = strip(time, TIME, subject) if is_quantity(time) else time
    if isinstance(plain, bool) or np.ndim(plain) or not np.isreal(plain) or not np.isfinite(plain):
        raise ParameterError(f"{subject} is {time!r}; expected a time, such as 100*ms")
    return float(plain)


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of a view, sorted by (time, neuron).

    t: float64 [spikes], ms, the end of the step in which each was found. i: int64 [spikes], the
    neuron's number in its population. neurons: int64, the numbers of those recorded, in the order
    of the view. duration: of the run, ms.
    """

    t: np.ndarray
    i: np.ndarray
    neurons: np.ndarray
    duration: float

    def __len__(self) -> int:
        return len(self.t)

    def trains(self) -> list[np.ndarray]:
        """Spike times of each recorded neuron, ms, in the order of `neurons`."""
        order = np.argsort(self.i, kind="stable")
        number, t = self.i[order], self.t[order]
        first = np.searchsorted(number, self.neurons, side="left")
        end = np.searchsorted(number, self.neurons, side="right")
        return [t[a:b] for a, b in zip(first, end, strict=True)]

    def counts(self, start: Any = 0.0) -> np.ndarray:
        """Number of spikes of each recorded neuron after `start`, int64 [neurons]."""
        late = self.i[self.t > milliseconds(start, "start") + _SLACK]
        return np.bincount(late, minlength=int(self.neurons.max(initial=-1)) + 1)[self.neurons]

    def rates(self, start: Any = 0.0) -> np.ndarray:
        """Mean rate of each recorded neuron after `start`, spikes/s [neurons].

        Raises ParameterError unless the run goes on after `start`.
        """
        length = self.duration - milliseconds(start, "start")
        if length <= 0:
            raise ParameterError(
                f"no rate after start = {start} of a run of {self.duration:g} ms; start earlier"
            )
        return self.counts(start) / length * 1e3

    def rate(self, start: Any = 0.0) -> float:
        """Mean rate over the recorded neurons after `start`, spikes/s; 0 if there are none."""
        rates = self.rates(start)
        return float(np.mean(rates)) if len(rates) else 0.0

    def cv(self, start: Any = 0.0, at_least: int = 3) -> np.ndarray:
        """Coefficient of variation of the intervals between spikes of each neuron that has
        `at_least` spikes after `start`, in the order of `neurons`."""
        first = milliseconds(start, "start") + _SLACK
        late = (train[train > first] for train in self.trains())
        gaps = [np.diff(train) for train in late if len(train) >= max(at_least, 2)]
        return np.array([np.std(g) / np.mean(g) for g in gaps])


@dataclass(frozen=True, eq=False)
class Trace:
    """Samples of a variable.

    t: ms [samples]; values: [samples, neurons] (a rate: [samples], spikes/s, in the bin that starts
    at t); unit: of the values; neurons: their numbers in the population, in the order of the view.
    """

    t: np.ndarray
    values: np.ndarray
    unit: str
    neurons: np.ndarray

    def __len__(self) -> int:
        return len(self.t)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype=dtype, copy=copy)


@dataclass(frozen=True, eq=False)
class Connections:
    """Connections of a projection, [connections] each, sorted by source.

    source, target: neuron numbers in their populations; weight, in `unit`; delay: ms, on the grid.
    """

    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    unit: str

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True, eq=False)
class PopulationResult:
    """What was recorded of one population: `.spikes`, `.rate`, or a variable by its name.

    `["ampa.I"]` is for names with a dot. final: all states at the end of the run, by name.
    """

    name: str
    recorded: dict[str, Spikes | Trace] = field(default_factory=dict)
    final: dict[str, np.ndarray] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        if name not in self.recorded:
            known = f"recorded were: {', '.join(self.recorded)}" if self.recorded else "nothing was"
            raise UnknownNameError(
                f"nothing called {name!r} was recorded of population {self.name!r}; {known}; "
                "record it with net.record(...) before the run"
            )
        return self.recorded[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownNameError as fault:
            raise UnknownAttributeError(str(fault)) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.recorded]

    def __repr__(self) -> str:
        lines = [f"{self.name}.{what}: {_summary(data)}" for what, data in self.recorded.items()]
        return "\n".join(lines) or f"{self.name}: nothing recorded"


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

    def __len__(self) -> int:
        return len(self.populations)

    def __repr__(self) -> str:
        lines = [f"Results of {self.duration:g} ms on {self.backend}, dt {self.dt:g} ms"]
        for population in self.populations.values():
            lines += [f"  {line}" for line in repr(population).splitlines() if population.recorded]
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


def _summary(data: Spikes | Trace) -> str:
    if isinstance(data, Spikes):
        rate = f", {data.rate():.3g} spikes/s" if data.duration > 0 else ""
        return f"{len(data)} spikes of {len(data.neurons)} neurons{rate}"
    return f"{list(data.values.shape)} in {data.unit}"

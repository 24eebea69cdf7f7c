"""What a run gives back: plain arrays in documented units, by population.

Times in ms, potentials in mV, currents in pA, conductances in nS; rates in spikes/s. Times handed
to the functions here are quantities (`200*ms`) or, as the arrays are, plain numbers of ms.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    of the view. duration: of the run, ms; start: the time at which it started, ms.
    """

    t: np.ndarray
    i: np.ndarray
    neurons: np.ndarray
    duration: float
    start: float = 0.0

    def __len__(self) -> int:
        return len(self.t)

    def trains(self) -> list[np.ndarray]:
        """Spike times of each recorded neuron, ms, in the order of `neurons`."""
        order = np.argsort(self.i, kind="stable")
        number, t = self.i[order], self.t[order]
        first = np.searchsorted(number, self.neurons, side="left")
        end = np.searchsorted(number, self.neurons, side="right")
        return [t[a:b] for a, b in zip(first, end, strict=True)]

    def counts(self, start: Any = None, stop: Any = None) -> np.ndarray:
        """Number of spikes of each recorded neuron after `start`, up to `stop`, int64 [neurons].

        start, stop: default those of the run. Raises ParameterError where they are not in this
        order or no part of it.
        """
        first, last = self._window(start, stop)
        inside = self.i[(self.t > first + _SLACK) & (self.t <= last + _SLACK)]
        return np.bincount(inside, minlength=int(self.neurons.max(initial=-1)) + 1)[self.neurons]

    def rates(self, start: Any = None, stop: Any = None) -> np.ndarray:
        """Mean rate of each recorded neuron after `start`, up to `stop`, spikes/s [neurons].

        Raises ParameterError where no time lies between them, and as `counts` does.
        """
        first, last = self._window(start, stop)
        if last - first <= _SLACK:
            raise ParameterError(
                f"no rate after start = {first:g} ms up to {last:g} ms of a run of "
                f"{self.duration:g} ms; start earlier"
            )
        return self.counts(start, stop) / (last - first) * 1e3

    def rate(self, start: Any = None, stop: Any = None) -> float:
        """Mean rate over the recorded neurons in that time, spikes/s; 0 if there are none."""
        rates = self.rates(start, stop)
        return float(np.mean(rates)) if len(rates) else 0.0

    def cv(self, start: Any = None, stop: Any = None, *, at_least: int = 3) -> np.ndarray:
        """Coefficient of variation of each recorded neuron's intervals between spikes [neurons].

        It is that of the spikes after `start`, up to `stop`; NaN for a neuron with fewer than
        `at_least` of them (at least 2), so that `np.nanmean` is the mean over the others.
        """
        first, last = self._window(start, stop)
        result = np.full(len(self.neurons), np.nan)
        for k, train in enumerate(self.trains()):
            kept = train[(train > first + _SLACK) & (train <= last + _SLACK)]
            if len(kept) >= max(at_least, 2):
                gaps = np.diff(kept)
                result[k] = np.std(gaps) / np.mean(gaps)
        return result

    def _window(self, start: Any, stop: Any) -> tuple[float, float]:
        """(start, stop) in ms. Raises ParameterError where they are no part of the run."""
        end = self.start + self.duration
        first = self.start if start is None else milliseconds(start, "start")
        last = end if stop is None else milliseconds(stop, "stop")
        if first < self.start - _SLACK:
            raise ParameterError(f"start is {first:g} ms; the run starts at {self.start:g} ms")
        if last > end + _SLACK:
            raise ParameterError(f"stop is {last:g} ms; the run ends at {end:g} ms")
        if stop is not None and last < first:
            raise ParameterError(f"stop is {last:g} ms, before start, {first:g} ms")
        return first, last

    def __repr__(self) -> str:
        return f"Spikes: {_summary(self)}, {self.duration:g} ms"


def merged_spikes(parts: Sequence[Spikes]) -> Spikes:
    """Spikes of several views of one population, each spike and each neuron once."""
    if len(parts) == 1:
        return parts[0]
    every = np.concatenate([p.neurons for p in parts])
    neurons = every[_first(every)]
    place = np.zeros(int(neurons.max(initial=-1)) + 1, dtype=np.int64)
    place[neurons] = np.arange(len(neurons))
    t = np.concatenate([p.t for p in parts])
    row = place[np.concatenate([p.i for p in parts])]
    order = np.lexsort((row, t))
    t, row = t[order], row[order]
    new = np.ones(len(t), dtype=bool)
    new[1:] = (t[1:] != t[:-1]) | (row[1:] != row[:-1])  # views may overlap
    return Spikes(t[new], neurons[row[new]], neurons, parts[0].duration, parts[0].start)


def _first(numbers: np.ndarray) -> np.ndarray:
    """Where each number first comes, in order."""
    return np.sort(np.unique(numbers, return_index=True)[1])


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

    def __repr__(self) -> str:
        span = f", {self.t[0]:g} to {self.t[-1]:g} ms" if len(self.t) else ""
        return f"Trace: {_summary(self)}{span}"


def merged_traces(parts: Sequence[Trace]) -> Trace:
    """Traces of one variable at the same times, side by side, each neuron once."""
    if len(parts) == 1:
        return parts[0]
    every = np.concatenate([p.neurons for p in parts])
    columns = _first(every)
    values = np.concatenate([p.values for p in parts], axis=1)[:, columns]
    return Trace(parts[0].t, values, parts[0].unit, every[columns])


@dataclass(frozen=True, eq=False)
class Connections:
    """Connections of a projection, [connections] each.

    Their order is that in which arrays of weights are taken, when projecting and in `params`: the
    user's own for sp.explicit and sp.from_matrix, by source for all other rules.

    source, target: neuron numbers in their populations; weight, in `unit`; delay: ms, on the grid.
    """

    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    unit: str

    def __len__(self) -> int:
        return len(self.source)

    def __repr__(self) -> str:
        if not len(self):
            return "Connections: none"
        weight, delay = _span(self.weight), _span(self.delay)
        unit = f" {self.unit}" if self.unit not in ("", "1") else ""
        return f"Connections: {len(self)}, weight {weight}{unit}, delay {delay} ms"


def _span(values: np.ndarray) -> str:
    low, high = f"{values.min():.4g}", f"{values.max():.4g}"
    return low if low == high else f"{low} to {high}"


@dataclass(frozen=True, eq=False)
class PopulationResult:
    """What was recorded of one population: `.spikes`, `.rate`, or a variable by its name.

    `["ampa.I"]` is for names with a dot. Recordings of several views are one: all spikes are in
    `.spikes`, all samples of a variable in one trace. Only what was sampled at another interval,
    and the rate of another view, stand apart, as "v#2" or "rate#2". final: all states at the end of
    the run, by name.
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
    are in `results["exc"].final`. start: the time at which it started, ms, where it goes on from an
    earlier run. complete: False where it was interrupted, or is read while it goes on.
    """

    populations: dict[str, PopulationResult]
    duration: float
    dt: float
    seed: int
    backend: str
    start: float = 0.0
    complete: bool = True

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
        since = f" from {self.start:g} ms on" if self.start else ""
        lines = [f"Results of {self.duration:g} ms{since} on {self.backend}, dt {self.dt:g} ms"]
        if not self.complete:
            lines[0] += ", not complete"
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

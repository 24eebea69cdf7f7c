"""Spikes of a population, and what they say: trains, rates, irregularity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import ParameterError, UnknownAttributeError, UnknownNameError, did_you_mean
from . import statistics
from .hints import missing
from .spectrum import Spectrum, spectrum
from .times import SLACK, first_places, milliseconds, positive, times, whole
from .trace import Trace


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of a view, sorted by (time, neuron).

    t: float64 [spikes], ms, the end of the step in which each was found. i: int64 [spikes], the
    neuron's number in its population. neurons: int64, the numbers of those recorded, in the order
    of the view. duration: of the run, ms; start: the time at which it started, ms. variables: by
    name, what was recorded with the spikes [spikes], also as `spikes.v` and `spikes["v"]`: the
    value that the neuron had when its threshold was crossed, before the reset; units: of them.
    """

    t: np.ndarray
    i: np.ndarray
    neurons: np.ndarray
    duration: float
    start: float = 0.0
    variables: Mapping[str, np.ndarray] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> np.ndarray:
        """A variable that was recorded with the spikes [spikes]. Raises UnknownNameError."""
        if name not in self.variables:
            hint = did_you_mean(str(name), self.variables) if self.variables else "none was"
            raise UnknownNameError(
                f"no variable {name!r} was recorded with these spikes; {hint}. Record it with "
                f'net.record(population, "spikes", variables=[{name!r}]) before the run'
            )
        return self.variables[name]

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("_") or name in ("variables", "units"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownNameError as fault:
            raise UnknownAttributeError(f"{missing(self, name)}; {fault}") from None

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
        inside = self.i[(self.t > first + SLACK) & (self.t <= last + SLACK)]
        row = statistics.rows(inside, self.neurons)
        return np.bincount(row[row >= 0], minlength=len(self.neurons))

    def rates(self, start: Any = None, stop: Any = None) -> np.ndarray:
        """Mean rate of each recorded neuron after `start`, up to `stop`, spikes/s [neurons].

        Raises ParameterError where no time lies between them, and as `counts` does.
        """
        first, last = self._window(start, stop)
        if last - first <= SLACK:
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
        return np.array(
            [
                np.std(gaps) / np.mean(gaps) if len(gaps) + 1 >= max(at_least, 2) else np.nan
                for gaps in self.isi(start, stop)
            ],
            dtype=np.float64,
        )

    def isi(self, start: Any = None, stop: Any = None) -> list[np.ndarray]:
        """Intervals between the spikes of each recorded neuron after `start`, up to `stop`, ms."""
        first, last = self._window(start, stop)
        return [
            np.diff(train[(train > first + SLACK) & (train <= last + SLACK)])
            for train in self.trains()
        ]

    def binned(self, bin: Any, start: Any = None, stop: Any = None) -> np.ndarray:
        """Number of spikes of each recorded neuron in bins of a length, int64 [neurons, bins].

        The first bin begins at `start`; what is left before `stop` is in none. Raises
        ParameterError where not one fits, and as `counts` does.
        """
        width, first, count = self._bins(bin, "bin", start, stop)
        row = statistics.rows(self.i, self.neurons)
        shape = (len(self.neurons), count)
        return statistics.binned(row, statistics.places(self.t, first, width), shape)

    def fano(self, window: Any, start: Any = None, stop: Any = None) -> np.ndarray:
        """Fano factor of each recorded neuron [neurons]; NaN for one that did not fire.

        The variance over the mean of its numbers of spikes in windows of a length, one after the
        other. Raises ParameterError where less than two fit.
        """
        width, _, count = self._bins(window, "window", start, stop)
        if count < 2:
            raise ParameterError(f"only one window of {width:g} ms fits; expected two or more")
        return statistics.fano(self.binned(window, start, stop))

    def correlation(
        self, bin: Any, n: int | None = None, start: Any = None, stop: Any = None, *, seed: int = 0
    ) -> np.ndarray:
        """Correlation of each pair of neurons that fired after `start`, up to `stop` [pairs].

        It is Pearson's, of the numbers of spikes in bins; NaN where one of the two has as many in
        each. n: take only so many neurons, drawn by `seed`: there are n*(n - 1)/2 pairs.
        """
        fired = self.neurons[self.counts(start, stop) > 0]
        if n is not None:
            fired = np.random.default_rng(seed).permutation(fired)[:n]
        return statistics.correlation(replace(self, neurons=fired).binned(bin, start, stop))

    def psth(self, events: Any, before: Any, after: Any, bin: Any) -> Trace:
        """Mean rates around events (peri-stimulus time histogram), spikes/s.

        A Trace with t from -before to after, ms, the start of each bin; values [bins, neurons], the
        mean over the events. Raises ParameterError where before and after are no whole numbers of
        bins, and where a part of them is no part of the run.
        """
        width, at = positive(bin, "bin"), times(events, "events")
        early, late = whole(before, width, "before"), whole(after, width, "after")
        count, first, last = early + late, at - early * width, at + late * width
        end = self.start + self.duration
        odd = at[(first < self.start - SLACK) | (last > end + SLACK)]
        if len(odd) or not len(at) or not count:
            got = f"an event is at {odd[0]:g} ms" if len(odd) else f"{len(at)} events, {count} bins"
            raise ParameterError(
                f"{got}; expected events whose time before and after lies in the run from "
                f"{self.start:g} to {end:g} ms"
            )
        row = statistics.rows(self.i, self.neurons)
        near = [slice(*ends) for ends in np.searchsorted(self.t, [first, last + SLACK]).T]
        place = [statistics.places(self.t[k], a, width) for k, a in zip(near, first, strict=True)]
        found = statistics.binned(
            np.concatenate([row[k] for k in near]),
            np.concatenate(place),
            (len(self.neurons), count),
        )
        t = (np.arange(count) - early) * width
        return Trace(t, found.T / (len(at) * width) * 1e3, "spikes/s", self.neurons)

    def spectrum(
        self, bin: Any = 1.0, start: Any = None, stop: Any = None, *, segment: Any = None
    ) -> Spectrum:
        """Spectrum of the mean rate over the recorded neurons, (spikes/s)^2/Hz [frequencies].

        The rate is that in bins; for the rest see `Trace.spectrum`.
        """
        width, first, count = self._bins(bin, "bin", start, stop)
        place = statistics.places(self.t, first, width)
        total = statistics.binned(np.zeros_like(place), place, (1, count))[0]
        rate = total / (width * max(1, len(self.neurons))) * 1e3
        return spectrum(rate, width, "spikes/s", segment)

    def to_pandas(self) -> Any:
        """The spikes as a pandas DataFrame: t (ms) and neuron. ImportError without pandas."""
        from ..interop.pandas import spikes_frame

        return spikes_frame(self)

    def _bins(self, bin: Any, subject: str, start: Any, stop: Any) -> tuple[float, float, int]:
        """Width, start and number of the bins that fit. Raises ParameterError if there are none."""
        first, last = self._window(start, stop)
        width = positive(bin, subject)
        count = int((last - first + SLACK) / width)
        if not count:
            raise ParameterError(
                f"{subject} is {width:g} ms; expected at most the {last - first:g} ms looked at"
            )
        return width, first, count

    def _window(self, start: Any, stop: Any) -> tuple[float, float]:
        """(start, stop) in ms. Raises ParameterError where they are no part of the run."""
        end = self.start + self.duration
        first = self.start if start is None else milliseconds(start, "start")
        last = end if stop is None else milliseconds(stop, "stop")
        if first < self.start - SLACK:
            raise ParameterError(f"start is {first:g} ms; the run starts at {self.start:g} ms")
        if last > end + SLACK:
            raise ParameterError(f"stop is {last:g} ms; the run ends at {end:g} ms")
        if stop is not None and last < first:
            raise ParameterError(f"stop is {last:g} ms, before start, {first:g} ms")
        return first, last

    def __repr__(self) -> str:
        return f"Spikes: {self.summary}, {self.duration:g} ms"

    @property
    def summary(self) -> str:
        """Their number and mean rate, as text."""
        rate = f", {self.rate():.3g} spikes/s" if self.duration > 0 else ""
        kept = f", with {', '.join(self.variables)}" if self.variables else ""
        return f"{len(self)} spikes of {len(self.neurons)} neurons{rate}{kept}"


def merged_spikes(parts: Sequence[Spikes]) -> Spikes:
    """Spikes of several views of one population, each spike and each neuron once.

    Their variables are kept where all have the same.
    """
    if len(parts) == 1:
        return parts[0]
    every = np.concatenate([p.neurons for p in parts])
    neurons = every[first_places(every)]
    t = np.concatenate([p.t for p in parts])
    row = statistics.rows(np.concatenate([p.i for p in parts]), neurons)
    order = np.lexsort((row, t))
    t, row = t[order], row[order]
    new = np.ones(len(t), dtype=bool)
    new[1:] = (t[1:] != t[:-1]) | (row[1:] != row[:-1])  # views may overlap
    kept = [name for name in parts[0].variables if all(name in p.variables for p in parts)]
    values = {n: np.concatenate([p.variables[n] for p in parts])[order][new] for n in kept}
    units = {name: parts[0].units[name] for name in kept}
    one = parts[0]
    return Spikes(t[new], neurons[row[new]], neurons, one.duration, one.start, values, units)

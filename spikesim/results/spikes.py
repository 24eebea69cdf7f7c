"""Spikes of a population, and what they say: trains, rates, irregularity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ParameterError
from .times import SLACK, first_places, milliseconds


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

    def counts(self, start: Any = 0.0, stop: Any = None) -> np.ndarray:
        """Number of spikes of each recorded neuron after `start`, up to `stop`, int64 [neurons].

        stop: default the end of the run. Raises ParameterError unless 0 <= start <= stop <= the
        end of the run.
        """
        first, last = self._window(start, stop)
        inside = self.i[(self.t > first + SLACK) & (self.t <= last + SLACK)]
        return np.bincount(inside, minlength=int(self.neurons.max(initial=-1)) + 1)[self.neurons]

    def rates(self, start: Any = 0.0, stop: Any = None) -> np.ndarray:
        """Mean rate of each recorded neuron after `start`, up to `stop`, spikes/s [neurons].

        Raises ParameterError where no time lies between them, and as `counts` does.
        """
        first, last = self._window(start, stop)
        if last - first <= SLACK:
            raise ParameterError(
                f"no rate after start = {start} up to {last:g} ms of a run of {self.duration:g} ms;"
                " start earlier"
            )
        return self.counts(start, stop) / (last - first) * 1e3

    def rate(self, start: Any = 0.0, stop: Any = None) -> float:
        """Mean rate over the recorded neurons in that time, spikes/s; 0 if there are none."""
        rates = self.rates(start, stop)
        return float(np.mean(rates)) if len(rates) else 0.0

    def cv(self, start: Any = 0.0, stop: Any = None, *, at_least: int = 3) -> np.ndarray:
        """Coefficient of variation of each recorded neuron's intervals between spikes [neurons].

        It is that of the spikes after `start`, up to `stop`; NaN for a neuron with fewer than
        `at_least` of them (at least 2), so that `np.nanmean` is the mean over the others.
        """
        first, last = self._window(start, stop)
        result = np.full(len(self.neurons), np.nan)
        for k, train in enumerate(self.trains()):
            kept = train[(train > first + SLACK) & (train <= last + SLACK)]
            if len(kept) >= max(at_least, 2):
                gaps = np.diff(kept)
                result[k] = np.std(gaps) / np.mean(gaps)
        return result

    def _window(self, start: Any, stop: Any) -> tuple[float, float]:
        """(start, stop) in ms. Raises ParameterError where they are no part of the run."""
        first = milliseconds(start, "start")
        last = self.duration if stop is None else milliseconds(stop, "stop")
        if first < 0:
            raise ParameterError(f"start is {first:g} ms; a run starts at 0 ms")
        if last > self.duration + SLACK:
            raise ParameterError(f"stop is {last:g} ms; the run ends at {self.duration:g} ms")
        if stop is not None and last < first:
            raise ParameterError(f"stop is {last:g} ms, before start, {first:g} ms")
        return first, last

    def __repr__(self) -> str:
        return f"Spikes: {self.summary}, {self.duration:g} ms"

    @property
    def summary(self) -> str:
        """Their number and mean rate, as text."""
        rate = f", {self.rate():.3g} spikes/s" if self.duration > 0 else ""
        return f"{len(self)} spikes of {len(self.neurons)} neurons{rate}"


def merged_spikes(parts: Sequence[Spikes]) -> Spikes:
    """Spikes of several views of one population, each spike and each neuron once."""
    if len(parts) == 1:
        return parts[0]
    every = np.concatenate([p.neurons for p in parts])
    neurons = every[first_places(every)]
    place = np.zeros(int(neurons.max(initial=-1)) + 1, dtype=np.int64)
    place[neurons] = np.arange(len(neurons))
    t = np.concatenate([p.t for p in parts])
    row = place[np.concatenate([p.i for p in parts])]
    order = np.lexsort((row, t))
    t, row = t[order], row[order]
    new = np.ones(len(t), dtype=bool)
    new[1:] = (t[1:] != t[:-1]) | (row[1:] != row[:-1])  # views may overlap
    return Spikes(t[new], neurons[row[new]], neurons, parts[0].duration)

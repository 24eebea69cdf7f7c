"""A trace: samples of a variable, or of a rate, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ParameterError
from .hints import missing
from .spectrum import Spectrum, spectrum
from .times import SLACK, first_places, milliseconds


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

    def __getattr__(self, name: str) -> Any:
        raise missing(self, name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype=dtype, copy=copy)

    def spectrum(self, start: Any = 0.0, stop: Any = None, *, segment: Any = None) -> Spectrum:
        """Power spectral density of the samples from `start` on, before `stop`.

        By Welch's method: segments overlap by half, each is rid of its mean. segment: their length,
        default 1 s or all there is; frequencies are 1/segment apart. Raises ParameterError for
        samples that are fewer than two or not evenly spaced.
        """
        last = np.inf if stop is None else milliseconds(stop, "stop")
        inside = (self.t >= milliseconds(start, "start") - SLACK) & (self.t < last - SLACK)
        return spectrum(self.values[inside], self.interval, self.unit, segment)

    @property
    def interval(self) -> float:
        """Time between samples, ms. Raises ParameterError where they are not evenly spaced."""
        gaps = np.diff(self.t)
        if not len(gaps) or np.ptp(gaps) > SLACK:
            raise ParameterError(f"{len(self)} samples; expected at least two, evenly spaced")
        return float(f"{np.mean(gaps):.12g}")

    def to_pandas(self) -> Any:
        """A pandas DataFrame: a row a time (ms), a column a neuron. ImportError without pandas."""
        from ..interop.pandas import trace_frame

        return trace_frame(self)

    def __repr__(self) -> str:
        span = f", {self.t[0]:g} to {self.t[-1]:g} ms" if len(self.t) else ""
        return f"Trace: {self.summary}{span}"

    @property
    def summary(self) -> str:
        """Its shape and unit, as text."""
        return f"{list(self.values.shape)} in {self.unit}"


def merged_traces(parts: Sequence[Trace]) -> Trace:
    """Traces of one variable at the same times, side by side, each neuron once."""
    if len(parts) == 1:
        return parts[0]
    every = np.concatenate([p.neurons for p in parts])
    columns = first_places(every)
    values = np.concatenate([p.values for p in parts], axis=1)[:, columns]
    return Trace(parts[0].t, values, parts[0].unit, every[columns])

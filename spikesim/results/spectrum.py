"""Power spectra by Welch's method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ParameterError
from .times import milliseconds

_SEGMENT = 1000.0  # ms


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Power spectral density, one-sided: its sum times the step of frequency is the variance.

    frequency: Hz [frequencies]; power: in `unit`, [frequencies], or [frequencies, neurons] of a
    variable.
    """

    frequency: np.ndarray
    power: np.ndarray
    unit: str

    def __len__(self) -> int:
        return len(self.frequency)

    def __repr__(self) -> str:
        return f"Spectrum: {list(self.power.shape)} in {self.unit}, up to {self.frequency[-1]:g} Hz"


def spectrum(values: np.ndarray, interval: float, unit: str, segment: Any = None) -> Spectrum:
    """The spectrum over the first axis of samples that are `interval` ms apart.

    Segments (Hann's window) overlap by half, and each is rid of its mean. segment: their length,
    default 1 s or all there is; frequencies are 1/segment apart. Raises ParameterError for a
    segment of less than two samples or more than there are.
    """
    from scipy.signal import welch  # takes long to load

    most = len(values) * interval
    length = min(_SEGMENT, most) if segment is None else milliseconds(segment, "segment")
    samples = round(length / interval)
    if not 2 <= samples <= len(values):
        raise ParameterError(
            f"segment is {length:g} ms; expected two samples of {interval:g} ms or more, and at "
            f"most the {most:g} ms that there are"
        )
    frequency, power = welch(
        np.asarray(values, dtype=np.float64), 1e3 / interval, nperseg=samples, axis=0
    )
    of = unit if unit.isalpha() else f"({unit})"
    return Spectrum(frequency, power, "1/Hz" if unit == "1" else f"{of}^2/Hz")

"""Distributions of weights, delays, parameters and initial values, from counter-based draws.

Each value is one inverse cumulative distribution of one uniform number, so a bounded distribution
needs no redrawing: the uniform is mapped onto the part of the cumulative distribution between the
bounds, which gives exactly the law of 'redraw until inside'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from . import portable
from .errors import ParameterError, SpikesimError
from .random import normal_quantile, open_uniform, words
from .units import DIMENSIONLESS, Dimension, strip

_NUMPY = portable.NUMPY
# A bounded distribution keeps at least this much of its law; less than that is a slip of units.
_LEAST_MASS = 1e-6


@dataclass(frozen=True)
class Distribution:
    """Base: `stripped` loses units, `faults` tells what is wrong, `draw` gives values."""

    def stripped(self, dimension: Dimension, subject: str) -> Distribution:
        """The same distribution in coherent units. Raises DimensionError."""
        values = {
            f.name: strip(
                getattr(self, f.name),
                self._dimension_of(f.name, dimension),
                f"{subject}, {f.name} of {type(self).__name__.lower()}()",
            )
            for f in fields(self)
            if getattr(self, f.name) is not None
        }
        return replace(self, **values)

    def _dimension_of(self, name: str, dimension: Dimension) -> Dimension:
        return DIMENSIONLESS if name == "sigma" else dimension

    def faults(self) -> list[str]:
        """What makes this no distribution; empty if nothing does. Units must be gone."""
        bad = [
            f"{f.name} is {value}"
            for f in fields(self)
            if (value := getattr(self, f.name)) is not None
            and not np.isfinite(value)
            and f.name not in ("low", "high")
        ]
        return bad or self._faults()

    def _faults(self) -> list[str]:
        raise NotImplementedError

    def quantile(self, p: np.ndarray) -> np.ndarray:
        """The value below which a part `p` of the law lies."""
        raise NotImplementedError

    def draw(self, seed: int, stream: int, row: Any, position: Any) -> np.ndarray:
        """float64 values for the counters (row, position), which broadcast together."""
        return self.quantile(open_uniform(*words(seed, stream, row, position)))


@dataclass(frozen=True)
class Uniform(Distribution):
    """Evenly between `low` and `high`."""

    low: Any
    high: Any

    def _faults(self) -> list[str]:
        if not self.low <= self.high:
            return [f"low = {self.low:g} is above high = {self.high:g}"]
        return []

    def quantile(self, p: np.ndarray) -> np.ndarray:
        return self.low + (self.high - self.low) * p


@dataclass(frozen=True)
class Normal(Distribution):
    """Gaussian with `mean` and standard deviation `sd`, redrawn until within [low, high]."""

    mean: Any
    sd: Any
    low: Any = None
    high: Any = None

    def _mass(self) -> tuple[float, float]:
        if self.sd == 0:
            return 0.0, 1.0
        below = 0.0 if self.low is None else _below((self.low - self.mean) / self.sd)
        upto = 1.0 if self.high is None else _below((self.high - self.mean) / self.sd)
        return below, upto

    def _faults(self) -> list[str]:
        if self.sd < 0:
            return [f"sd = {self.sd:g} is negative"]
        return _bounds(self.low, self.high, self._mass())

    def quantile(self, p: np.ndarray) -> np.ndarray:
        below, upto = self._mass()
        if (below, upto) != (0.0, 1.0):
            p = below + (upto - below) * p
        return self.mean + self.sd * normal_quantile(p, _NUMPY)


@dataclass(frozen=True)
class Lognormal(Distribution):
    """exp of a Gaussian: median `median`, standard deviation of the logarithm `sigma`."""

    median: Any
    sigma: Any
    low: Any = None
    high: Any = None

    def _mass(self) -> tuple[float, float]:
        def part(bound: Any, default: float) -> float:
            if bound is None or self.sigma == 0:
                return default
            ratio = bound / self.median
            return _below(math.log(ratio) / self.sigma) if ratio > 0 else 0.0

        return part(self.low, 0.0), part(self.high, 1.0)

    def _faults(self) -> list[str]:
        if self.sigma < 0:
            return [f"sigma = {self.sigma:g} is negative"]
        if self.median <= 0:
            return [f"median = {self.median:g} is not positive"]
        return _bounds(self.low, self.high, self._mass())

    def quantile(self, p: np.ndarray) -> np.ndarray:
        below, upto = self._mass()
        if (below, upto) != (0.0, 1.0):
            p = below + (upto - below) * p
        return self.median * portable.exp(self.sigma * normal_quantile(p, _NUMPY), _NUMPY)


def _below(z: float) -> float:
    """The part of a standard normal law below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _bounds(low: Any, high: Any, mass: tuple[float, float]) -> list[str]:
    if low is not None and high is not None and not low < high:
        return [f"low = {low:g} is not below high = {high:g}"]
    if mass[1] - mass[0] < _LEAST_MASS:
        return [f"the bounds {low} to {high} hold almost none of it (part {mass[1] - mass[0]:.1g})"]
    return []


def uniform(low: Any, high: Any) -> Uniform:
    """Values evenly spread between `low` and `high`: `sp.uniform(-70 * mV, -50 * mV)`."""
    return Uniform(low, high)


def normal(mean: Any, sd: Any, low: Any = None, high: Any = None) -> Normal:
    """Gaussian values: `sp.normal(1.5 * ms, 0.75 * ms, low=0.1 * ms)`.

    With bounds, the values are those of redrawing until one lies within.
    """
    return Normal(mean, sd, low, high)


def lognormal(median: Any, sigma: Any, low: Any = None, high: Any = None) -> Lognormal:
    """Lognormal values: exp(sigma z) times `median`, z standard normal; bounds as in `normal`."""
    return Lognormal(median, sigma, low, high)


def check(value: Any, subject: str) -> list[ParameterError]:
    """Faults of a stripped value: a number, an array or a distribution. Not finite is one."""
    if isinstance(value, Distribution):
        return [ParameterError(f"{subject}: {fault}") for fault in value.faults()]
    bad = ~np.isfinite(value)
    if not np.any(bad):
        return []
    if np.ndim(value) == 0:
        return [ParameterError(f"{subject} is {value}; give a finite number")]
    first = int(np.flatnonzero(bad)[0])
    return [
        ParameterError(
            f"{subject} has {int(np.sum(bad))} values that are not finite, the first is "
            f"{np.ravel(value)[first]} at {first}; give finite numbers"
        )
    ]


def stripped(value: Any, dimension: Dimension, subject: str, faults: list[SpikesimError]) -> Any:
    """A value in coherent units, checked; None, and a fault noted, where it is no such thing."""
    try:
        if isinstance(value, Distribution):
            value = value.stripped(dimension, subject)
        else:
            value = strip(value, dimension, subject)
    except SpikesimError as fault:
        faults.append(fault)
        return None
    bad = check(value, subject)
    faults.extend(bad)
    return None if bad else value

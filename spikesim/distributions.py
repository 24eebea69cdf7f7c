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
from .units import DIMENSIONLESS, Dimension, is_quantity, strip

_NUMPY = portable.NUMPY
# A bounded distribution keeps at least this much of its law; less than that is a slip of units.
_LEAST_MASS = 1e-6
# Normal numbers stay below this; see random.normal.
_LARGEST_NORMAL = 8.3


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

    def example(self) -> Any:
        """A value in the unit of the draws."""
        return getattr(self, fields(self)[0].name)

    def faults(self) -> list[str]:
        """What makes this no distribution; empty if nothing does. Units must be gone."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        no_bound = {
            f.name: {"low": -math.inf, "high": math.inf}.get(f.name)
            for f in fields(self)
            if f.default is None
        }
        word = type(self).__name__.lower()
        shapeless = [
            f"{name} of {word}() is an array of shape {np.shape(value)}; give one number"
            for name, value in given.items()
            if np.ndim(value)
        ]
        shapeless += [
            f"{f.name} of {word}() is missing"
            for f in fields(self)
            if given[f.name] is None and f.default is not None
        ]
        bad = shapeless or [
            f"{name} of {word}() is {value}; give a finite number"
            for name, value in given.items()
            if not (value is None or math.isfinite(value) or value == no_bound.get(name))
        ]
        return bad or self._faults()

    def _faults(self) -> list[str]:
        raise NotImplementedError

    def lowest(self) -> float:
        """The smallest value there can be."""
        raise NotImplementedError

    def highest(self) -> float:
        """A number that no draw is above."""
        raise NotImplementedError

    def quantile(self, p: np.ndarray) -> np.ndarray:
        """The value below which a part `p` of the law lies."""
        raise NotImplementedError

    def draw(self, seed: int, stream: int, row: Any, position: Any) -> np.ndarray:
        """float64 values for the counters (row, position), which broadcast together."""
        return self.quantile(open_uniform(*words(seed, stream, row, position)))

    def __mul__(self, unit: Any) -> Any:
        raise ParameterError(
            f"{type(self).__name__.lower()}() can't be multiplied by {unit}; give units to its "
            "arguments: sp.normal(1.5*ms, 0.5*ms)"
        )

    __rmul__ = __mul__


@dataclass(frozen=True)
class Uniform(Distribution):
    """Evenly between `low` and `high`."""

    low: Any
    high: Any

    def _faults(self) -> list[str]:
        if not self.low <= self.high:
            return [f"low = {self.low:g} is above high = {self.high:g}; exchange them"]
        return []

    def lowest(self) -> float:
        return float(self.low)

    def highest(self) -> float:
        return float(self.high)

    def quantile(self, p: np.ndarray) -> np.ndarray:
        return np.asarray(self.low + (self.high - self.low) * p)


@dataclass(frozen=True)
class _Bounded(Distribution):
    """Base of laws on a whole line, of which the part between `low` and `high` is kept."""

    def interval(self) -> tuple[float, float]:
        """The bounds, infinite where there is none."""
        raise NotImplementedError

    def mass(self) -> tuple[float, float]:
        """The parts of the law below either bound."""
        raise NotImplementedError

    def _unbounded(self, p: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _bound_faults(self) -> list[str]:
        (low, high), (below, upto) = self.interval(), self.mass()
        if not low < high:
            return [f"low = {low:g} is not below high = {high:g}"]
        if upto - below < _LEAST_MASS:
            return [
                f"the bounds {low:g} to {high:g} hold almost none of it (part {upto - below:.1g}); "
                "widen them, or look at the units"
            ]
        return []

    def quantile(self, p: np.ndarray) -> np.ndarray:
        below, upto = self.mass()
        if (below, upto) == (0.0, 1.0):
            return self._unbounded(p)
        # Rounding must reach neither 1, where the quantile is infinite, nor beyond the bounds.
        inside = np.minimum(below + (upto - below) * p, 1.0 - 2.0**-53)
        return np.clip(self._unbounded(inside), *self.interval())


@dataclass(frozen=True)
class Normal(_Bounded):
    """Gaussian with `mean` and standard deviation `sd`, redrawn until within [low, high]."""

    mean: Any
    sd: Any
    low: Any = None
    high: Any = None

    def interval(self) -> tuple[float, float]:
        return _open(self.low, -math.inf), _open(self.high, math.inf)

    def mass(self) -> tuple[float, float]:
        low, high = self.interval()
        return _below(low, self.mean, self.sd), _below(high, self.mean, self.sd, upto=True)

    def _faults(self) -> list[str]:
        if self.sd < 0:
            return [f"sd = {self.sd:g} is negative"]
        return self._bound_faults()

    def lowest(self) -> float:
        return max(self.interval()[0], -math.inf if self.sd > 0 else float(self.mean))

    def highest(self) -> float:
        return min(self.interval()[1], float(self.mean + _LARGEST_NORMAL * self.sd))

    def _unbounded(self, p: np.ndarray) -> np.ndarray:
        return np.asarray(self.mean + self.sd * normal_quantile(p, _NUMPY))


@dataclass(frozen=True)
class Lognormal(_Bounded):
    """exp of a Gaussian: median `median`, standard deviation of the logarithm `sigma`."""

    median: Any
    sigma: Any
    low: Any = None
    high: Any = None

    def interval(self) -> tuple[float, float]:
        return _open(self.low, 0.0), _open(self.high, math.inf)

    def mass(self) -> tuple[float, float]:
        low, high = (math.log(x / self.median) if x > 0 else -math.inf for x in self.interval())
        return _below(low, 0.0, self.sigma), _below(high, 0.0, self.sigma, upto=True)

    def _faults(self) -> list[str]:
        if self.sigma < 0:
            return [f"sigma = {self.sigma:g} is negative"]
        if self.median <= 0:
            return [f"median = {self.median:g} is not positive"]
        return self._bound_faults()

    def lowest(self) -> float:
        return max(self.interval()[0], 0.0)

    def highest(self) -> float:
        exponent = min(_LARGEST_NORMAL * self.sigma, 700.0)
        return min(self.interval()[1], float(self.median * math.exp(exponent)))

    def _unbounded(self, p: np.ndarray) -> np.ndarray:
        scaled = portable.exp(self.sigma * normal_quantile(p, _NUMPY), _NUMPY)
        return np.asarray(self.median * scaled)


def _open(bound: Any, default: float) -> float:
    return default if bound is None else float(bound)


def _below(x: float, mean: float, sd: float, upto: bool = False) -> float:
    """The part of a normal law below x (upto: or at x, where the law is all at one point)."""
    if sd == 0:
        return float(mean < x or (upto and mean == x))
    return 0.5 * math.erfc((mean - x) / (sd * math.sqrt(2.0)))


def uniform(low: Any, high: Any) -> Uniform:
    """Values evenly spread between `low` and `high`: `sp.uniform(-70 * mV, -50 * mV)`."""
    return Uniform(low, high)


def normal(mean: Any, sd: Any, low: Any = None, high: Any = None) -> Normal:
    """Gaussian values: `sp.normal(1.5 * ms, 0.75 * ms, low=0.1 * ms)`.

    mean, sd: of the Gaussian, with a unit. low, high: bounds; the values are those of redrawing
    until one lies within.
    """
    return Normal(mean, sd, low, high)


def lognormal(median: Any, sigma: Any, low: Any = None, high: Any = None) -> Lognormal:
    """Lognormal values: exp(sigma z) times `median`, z standard normal.

    low, high: bounds, as in `normal`.
    """
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


def is_truth(value: Any) -> bool:
    """Is it True, False, or an array of them?"""
    if is_quantity(value):
        return False
    try:
        return bool(np.asarray(value).dtype == np.bool_)
    except (ValueError, TypeError):  # no array; told where numbers are expected
        return False


def truth(value: Any, subject: str) -> Any:
    """True, False or an array of them. Raises ParameterError for anything else."""
    if not is_truth(value):
        raise ParameterError(f"{subject}: got {value!r:.60}, expected True or False")
    return np.asarray(value) if np.ndim(value) else bool(value)


def whole(value: Any, subject: str) -> Any:
    """Plain whole numbers, int32. Raises ParameterError for fractions, and beyond 2^31 - 1."""
    if isinstance(value, Distribution):
        raise ParameterError(
            f"{subject} is an integer, but {value!r:.60} gives fractions; draw it by an "
            "expression: initialize(n='int(10*rand())')"
        )
    array = np.asarray(value)
    bad = ~((np.abs(array) < 2.0**31) & (array == np.floor(array)))
    if bad.any():
        raise ParameterError(
            f"{subject}: got {array[bad][0]:g}, expected a whole number from -2147483647 to "
            "2147483647"
        )
    return array.astype(np.int32) if array.ndim else int(array)


def stripped(
    value: Any,
    dimension: Dimension,
    subject: str,
    faults: list[SpikesimError],
    dtype: str = "float",
) -> Any:
    """A value in coherent units, checked; None, and a fault noted, where it is no such thing."""
    try:
        if dtype == "bool":
            return truth(value, subject)
        if isinstance(value, Distribution):
            value = value.stripped(dimension, subject)
        else:
            value = strip(value, dimension, subject)
        if dtype == "int":
            value = whole(value, subject)
    except SpikesimError as fault:
        faults.append(fault)
        return None
    bad = check(value, subject)
    faults.extend(bad)
    return None if bad else value

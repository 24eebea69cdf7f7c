"""Times as results have them: plain numbers of ms, on steps that are sums in floating point."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ParameterError
from ..units import TIME, bare_array, is_quantity, strip

# Labels are sums of steps, (n + 1)*dt in floating point: 3*0.1 is a little more than 0.3.
SLACK = 1e-6


def milliseconds(time: Any, subject: str) -> float:
    """A time as a plain number of ms. Raises DimensionError or ParameterError."""
    plain = strip(time, TIME, subject) if is_quantity(time) else time
    if isinstance(plain, bool) or np.ndim(plain) or not np.isreal(plain) or not np.isfinite(plain):
        raise ParameterError(f"{subject} is {time!r}; expected a time, such as 100*ms")
    return float(plain)


def steps_as_time(steps: int, dt: float) -> float:
    """The time of so many steps, ms, as one would write it: 333 steps of 0.1 ms are 33.3 ms."""
    return float(f"{steps * dt:.12g}")


def positive(time: Any, subject: str) -> float:
    """A length of time as a plain number of ms. Raises as `milliseconds`, and for 0 or less."""
    plain = milliseconds(time, subject)
    if plain <= 0:
        raise ParameterError(f"{subject} is {plain:g} ms; expected more than 0")
    return plain


def whole(time: Any, bin: float, subject: str) -> int:
    """A time as a number of bins (ms). Raises as `milliseconds`, and for parts of a bin."""
    plain = milliseconds(time, subject)
    number = round(plain / bin)
    if plain < 0 or abs(number * bin - plain) > SLACK:
        raise ParameterError(
            f"{subject} is {plain:g} ms; expected a whole number of bins of {bin:g} ms"
        )
    return number


def times(values: Any, subject: str) -> np.ndarray:
    """Times as plain numbers of ms, float64 [times]. Raises DimensionError or ParameterError."""
    bare = bare_array(values)
    plain = strip(values, TIME, subject) if bare is None else bare
    array = np.atleast_1d(plain)
    if array.ndim > 1 or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ParameterError(f"{subject}: expected times, such as [100, 200]*ms")
    return array.astype(np.float64)


def first_places(numbers: np.ndarray) -> np.ndarray:
    """Where each number first comes, in order."""
    return np.sort(np.unique(numbers, return_index=True)[1])

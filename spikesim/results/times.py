"""Times as results have them: plain numbers of ms, on steps that are sums in floating point."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ParameterError
from ..units import TIME, is_quantity, strip

# Labels are sums of steps, (n + 1)*dt in floating point: 3*0.1 is a little more than 0.3.
SLACK = 1e-6


def milliseconds(time: Any, subject: str) -> float:
    """A time as a plain number of ms. Raises DimensionError or ParameterError."""
    plain = strip(time, TIME, subject) if is_quantity(time) else time
    if isinstance(plain, bool) or np.ndim(plain) or not np.isreal(plain) or not np.isfinite(plain):
        raise ParameterError(f"{subject} is {time!r}; expected a time, such as 100*ms")
    return float(plain)


def first_places(numbers: np.ndarray) -> np.ndarray:
    """Where each number first comes, in order."""
    return np.sort(np.unique(numbers, return_index=True)[1])

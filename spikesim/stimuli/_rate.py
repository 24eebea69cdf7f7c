"""A rate in time, as stimuli that make spikes are given it."""

from __future__ import annotations

from typing import Any

from ..distributions import Distribution
from ..errors import SpikesimError
from ..ir.expr import ZERO, Expr
from ..units import RATE, TIME, decompose
from .base import Place, Signal
from .expression import Expression


def rate_of(value: Any, place: Place) -> Expr:
    """The rate of each neuron: one value or one each, the text of an expression, or a signal."""
    if isinstance(value, str):
        value = Expression(value)
    if isinstance(value, Signal):
        return value.drive(place.part("rate", RATE))
    if _is_time(value):
        place.fault(f"rate is {value}, a time; expected a rate, such as 10*Hz")
        return ZERO
    return place.masked(place.parameter("rate", value, RATE, "rate", ">= 0"))


def _is_time(rate: Any) -> bool:
    try:
        return decompose(rate.example() if isinstance(rate, Distribution) else rate)[1] == TIME
    except SpikesimError:
        return False

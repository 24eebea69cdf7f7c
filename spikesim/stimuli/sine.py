"""Alternating current."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Any

from ..ir.expr import Const, Expr, add, call, mul
from ..units import DIMENSIONLESS, RATE
from .base import Place, Signal


@dataclass(frozen=True, eq=False)
class Sine(Signal):
    """offset + amplitude*sin(2*pi*frequency*(t - start) + phase); `phase` in radians.

    NEST's `ac_generator` counts its phase from t = 0, PyNN's `ACSource` from the start as here;
    both in degrees.
    """

    amplitude: Any
    frequency: Any
    offset: Any = None
    phase: Any = 0.0

    def quantity(self) -> Any:
        return self.amplitude

    def value(self, place: Place) -> Expr:
        amplitude = place.parameter("amplitude", self.amplitude, place.dimension, "amplitude")
        value = mul(amplitude, wave(self, place, self.frequency, self.phase))
        if self.offset is not None:
            value = add(place.parameter("offset", self.offset, place.dimension, "mean"), value)
        return place.masked(value)


def wave(signal: Signal, place: Place, frequency: Any, phase: Any) -> Expr:
    """sin(2 pi frequency (t - start) + phase). Whole turns are taken off first: sines of small
    angles are the most exact."""
    rate = place.parameter("frequency", frequency, RATE, "frequency", ">= 0")
    shift = place.parameter("phase", phase, DIMENSIONLESS, "phase, radians")
    turns = mul(rate, signal.elapsed(place))
    angle = mul(Const(2 * pi), call("sub", turns, call("floor", turns)))
    return call("sin", add(angle, shift))

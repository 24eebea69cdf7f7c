"""Constant current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.expr import ZERO, Const, Expr, Op, Ref, where
from .base import Place, Signal


@dataclass(frozen=True, eq=False)
class Dc(Signal):
    """A constant value, one for all or one a neuron, from `start` until `stop` (times; optional).

    It acts in the steps that start at or after `start` and before `stop`.
    """

    amplitude: Any
    start: Any = None
    stop: Any = None

    def value(self, place: Place) -> Expr:
        value = place.parameter("amplitude", self.amplitude, place.dimension, "amplitude")
        value = place.masked(value)
        if self.start is not None:
            first = Const(place.step(self.start, "start"))
            value = where(Op("ge", (Ref("step"), first)), value, ZERO)
        if self.stop is not None:
            end = Const(place.step(self.stop, "stop"))
            value = where(Op("lt", (Ref("step"), end)), value, ZERO)
        return value

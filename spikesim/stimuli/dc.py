"""Constant current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.expr import ZERO, Expr, Op, Ref, where
from .base import Place, Signal, step_number


@dataclass(frozen=True, eq=False)
class Dc(Signal):
    """A constant value, one for all or one a neuron, from `start` until `stop` (times; optional).

    amplitude: the value, in the unit of the port. It acts in the steps that start at or after
    `start` and before `stop`.
    """

    amplitude: Any
    start: Any = None
    stop: Any = None

    def quantity(self) -> Any:
        return self.amplitude

    def value(self, place: Place) -> Expr:
        value = place.parameter("amplitude", self.amplitude, place.dimension, "amplitude")
        value = place.masked(value)
        start = None if self.start is None else place.step(self.start, "start")
        stop = None if self.stop is None else place.step(self.stop, "stop")
        if stop is not None and stop <= (start or 0):
            place.fault(
                f"stop ({self.stop}) is not after start ({self.start or 0}): no step is left"
            )
        if start is not None:
            value = where(Op("ge", (Ref("step"), step_number(start))), value, ZERO)
        if stop is not None:
            value = where(Op("lt", (Ref("step"), step_number(stop))), value, ZERO)
        return value

"""A current that rises or falls evenly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.expr import Const, Expr, add, mul, sub
from .base import Place, Signal


@dataclass(frozen=True, eq=False)
class Ramp(Signal):
    """From `first` at time `start` evenly to `last` at time `stop`, which must be given."""

    first: Any
    last: Any

    def quantity(self) -> Any:
        return self.last

    def value(self, place: Place) -> Expr:
        first = place.parameter("first", self.first, place.dimension, "value at the start")
        last = place.parameter("last", self.last, place.dimension, "value at the end")
        start, stop = self.window(place)
        if stop is None:
            place.fault("a ramp has an end; give stop=...")
            return first
        lasts = (stop - (start or 0)) * place.dt or 1.0
        part = mul(self.elapsed(place), Const(1.0 / lasts))
        return place.masked(add(first, mul(sub(last, first), part)))

"""Constant current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.expr import Expr
from .base import Place, Signal


@dataclass(frozen=True, eq=False)
class Dc(Signal):
    """A constant value.

    amplitude: the value, in the unit of the port; one for all neurons or one each.
    """

    amplitude: Any

    def quantity(self) -> Any:
        return self.amplitude

    def value(self, place: Place) -> Expr:
        value = place.parameter("amplitude", self.amplitude, place.dimension, "amplitude")
        return place.masked(value)

"""Coloured noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.expr import Const, Expr, Op, Ref, add, call, div, mul, neg, where
from ..units import TIME
from .base import Place, Signal


@dataclass(frozen=True, eq=False)
class OrnsteinUhlenbeck(Signal):
    """Normal noise with autocovariance sigma^2 exp(-|s|/tau) about `mean`, stationary from t = 0.

    The process is exact at the times of the steps, whatever they are, and constant in between.
    shared: the same noise for all neurons. Uhlenbeck and Ornstein (1930), Phys. Rev. 36:823; the
    exact update: Gillespie (1996), Phys. Rev. E 54:2084.
    """

    mean: Any
    sigma: Any
    tau: Any
    shared: bool = False

    def quantity(self) -> Any:
        return self.sigma

    def value(self, place: Place) -> Expr:
        mean = place.parameter("mean", self.mean, place.dimension, "mean")
        sigma = place.parameter("sigma", self.sigma, place.dimension, "standard deviation", ">= 0")
        tau = place.parameter("tau", self.tau, TIME, "correlation time", "> 0")
        passed = neg(div(Const(place.dt), tau))
        kept = call("exp", passed)
        new = call("sqrt", neg(call("expm1", mul(Const(2.0), passed))))
        number = place.local(
            "drawn", place.draw("normal", "normal", shared=place.flag("shared", self.shared))
        )
        x = place.state("x", 0.0, "float")
        first = Op("eq", (Ref("step"), Const(0)))
        place.let(x, where(first, number, add(mul(kept, x), mul(new, number))))
        return place.masked(add(mean, mul(sigma, x)))

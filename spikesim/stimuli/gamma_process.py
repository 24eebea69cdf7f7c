"""Gamma spike trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.expr import Const, Expr, Op, Ref, add, call, mul, sub, where
from ..units import DIMENSIONLESS
from ._rate import rate_of
from .base import Place, Train, at_most_one, whole


@dataclass(frozen=True, eq=False)
class GammaProcess(Train):
    """Intervals of a gamma distribution of whole-numbered `shape`, so their CV is 1/sqrt(shape).

    Every `shape`-th event of a Poisson process of rate shape*rate is a spike. rate: a rate, its
    text, or a signal, with which time is rescaled (NEST's `sinusoidal_gamma_generator` for a sine).
    The trains are in equilibrium from t = 0. Cox (1962), Renewal Theory.
    """

    rate: Any
    shape: Any

    def fires(self, place: Place) -> Expr:
        rate = rate_of(self.rate, place)
        shape = place.parameter("shape", self.shape, DIMENSIONLESS, "shape", "> 0")
        whole(place, "shape")
        at_most_one(place, Ref(place.path("rate")))
        events = place.draw("poisson", "events", mul(mul(rate, shape), Const(place.dt)))
        phase = place.state("phase", 0, "int")
        fired = place.state("fired", False, "bool")
        start = call("int", mul(shape, place.draw("uniform", "first")))
        first = Op("eq", (Ref("step"), Const(0)))
        place.let(phase, add(where(first, start, phase), events))
        place.let(fired, call("ge", phase, shape))
        place.let(phase, where(fired, call("int", sub(phase, shape)), phase))
        return fired

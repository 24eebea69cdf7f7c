"""Poisson spike trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.expr import Const, Expr, Op, Ref, mul
from ..random import LARGEST_POISSON_RATE, poisson_limit
from ..units import DIMENSIONLESS
from ._rate import rate_of
from .base import Place, Signal, Train, at_most_one, whole


@dataclass(frozen=True, eq=False)
class Poisson(Train):
    """Poisson trains of `rate`, which may change: a rate, its text, or a signal.

    Given to neurons, each of them receives `n` independent trains, drawn as one count a step. As a
    population, each source spikes in a step with probability rate*dt. A negative rate counts as 0.
    rate, n: one for all neurons, or one each.
    """

    rate: Any
    n: Any = 1

    def fires(self, place: Place) -> Expr:
        if isinstance(self.n, bool) or not np.isscalar(self.n) or self.n != 1:
            place.fault(f"n is {self.n}; a source is one train: make more sources")
        mean = mul(rate_of(self.rate, place), Const(place.dt))
        at_most_one(place, Ref(place.path("rate")))
        return Op("lt", (place.draw("uniform", "uniform"), mean))

    def count(self, place: Place) -> Expr:
        rate = rate_of(self.rate, place)
        number = place.parameter("n", self.n, DIMENSIONLESS, "trains a neuron", ">= 0")
        mean = Op("mul", (Op("mul", (rate, number)), Const(place.dt)))
        whole(place, "n")
        largest = mul(mul(Ref(place.path("rate")), number), Const(place.dt))
        place.require(
            Op("le", (largest, Const(LARGEST_POISSON_RATE))),
            "no more spikes of a step are drawn at once: use several stimuli",
        )
        lasting = self.start is None and self.stop is None
        if lasting and not isinstance(self.rate, Signal | str):
            return place.draw("poisson", "count", mean)
        # At first the largest there can be: binding takes the largest arrivals from initial states.
        count = place.state("arriving", int(poisson_limit(np.float64(LARGEST_POISSON_RATE))), "int")
        place.let(count, self.within(place, place.draw("poisson", "count", mean), Const(0)))
        return count

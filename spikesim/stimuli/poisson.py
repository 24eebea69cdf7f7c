"""Poisson spike trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.expr import Const, Expr, Op, mul
from ..random import LARGEST_POISSON_RATE, poisson_limit
from ..units import DIMENSIONLESS
from ._rate import rate_of
from .base import Place, Signal, Train, at_most_one


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
        rate = place.plain("rate")
        at_most_one(place, "rate", None if rate is None else rate * place.dt)
        return Op("lt", (place.draw("uniform", "uniform"), mean))

    def count(self, place: Place) -> Expr:
        rate = rate_of(self.rate, place)
        number = place.parameter("n", self.n, DIMENSIONLESS, "trains a neuron", ">= 0")
        self._check(place)
        mean = Op("mul", (Op("mul", (rate, number)), Const(place.dt)))
        lasting = self.start is None and self.stop is None
        if lasting and not isinstance(self.rate, Signal | str):
            return place.draw("poisson", "count", mean)
        # At first the largest there can be: binding takes the largest arrivals from initial states.
        count = place.state("arriving", int(poisson_limit(np.float64(LARGEST_POISSON_RATE))), "int")
        place.let(count, self.within(place, place.draw("poisson", "count", mean), Const(0)))
        return count

    def _check(self, place: Place) -> None:
        rate, number = place.plain("rate"), place.plain("n")
        if number is not None and (number != np.round(number)).any():
            place.fault(f"n is a number of trains, got {self.n}; expected whole numbers")
        if rate is None or number is None:
            return  # what is drawn is looked at where it is bound
        largest = float(np.max(np.multiply(rate, number)) * place.dt)
        if largest > LARGEST_POISSON_RATE:
            place.fault(
                f"{largest:g} spikes a step at one neuron; at most {LARGEST_POISSON_RATE:g} are "
                "drawn at once: use several stimuli"
            )

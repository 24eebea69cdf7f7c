"""Poisson spike trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..distributions import Distribution
from ..errors import SpikesimError
from ..ir.expr import ZERO, Const, Draw, Expr, Op
from ..units import DIMENSIONLESS, RATE, TIME, decompose
from .base import Arrivals, Place


def _is_time(rate: Any) -> bool:
    try:
        return decompose(rate.example() if isinstance(rate, Distribution) else rate)[1] == TIME
    except SpikesimError:
        return False


# exp(-mean) must stay a normal number; see spikesim.random.poisson.
LARGEST_MEAN = 700.0


@dataclass(frozen=True, eq=False)
class Poisson(Arrivals):
    """Every neuron receives `n` independent Poisson trains of `rate`, drawn as one count a step.

    rate, n: one for all neurons, or one each. For trains that several neurons share, make a
    population of `sp.neurons.Poisson`.
    """

    rate: Any
    n: Any = 1

    def count(self, place: Place) -> Expr:
        if _is_time(self.rate):
            place.fault(f"rate is {self.rate}, a time; expected a rate, such as 10*Hz")
            return ZERO
        rate = place.parameter("rate", self.rate, RATE, "rate of one train", ">= 0")
        number = place.parameter("n", self.n, DIMENSIONLESS, "trains a neuron", ">= 0")
        values = {f.name.rpartition(".")[2]: f.value for f in place.fields}
        self._check(values.get("rate"), values.get("n"), place)
        mean = place.masked(Op("mul", (Op("mul", (rate, number)), Const(place.dt))))
        return Draw("poisson", f"{place.name}.count", (mean,))

    def _check(self, rate: Any, number: Any, place: Place) -> None:
        for what, value, unit in (("rate", rate, " 1/ms"), ("n", number, "")):
            if value is None:
                return
            lowest = value.lowest() if isinstance(value, Distribution) else float(np.min(value))
            if lowest < 0:
                place.fault(f"{what} can't be negative, got {lowest:g}{unit}")
        if isinstance(rate, Distribution) or isinstance(number, Distribution):
            return  # what is drawn is looked at where it is bound
        if np.any(number != np.round(number)):
            place.fault(f"n is a number of trains, got {self.n}; expected whole numbers")
        largest = float(np.max(np.multiply(rate, number)) * place.dt)
        if largest > LARGEST_MEAN:
            place.fault(
                f"{largest:g} spikes a step at one neuron; at most {LARGEST_MEAN:g} are drawn at "
                "once: use several stimuli"
            )

"""Poisson spike trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.expr import Const, Draw, Expr, Op
from ..units import DIMENSIONLESS, RATE
from .base import Arrivals, Place

# exp(-mean) must stay a normal number; see spikesim.random.poisson.
LARGEST_MEAN = 700.0


@dataclass(frozen=True, eq=False)
class Poisson(Arrivals):
    """Every neuron receives `n` independent Poisson trains of `rate`, drawn as one count a step.

    For trains that several neurons share, make a population of `sp.neurons.Poisson`.
    """

    rate: Any
    n: Any = 1

    def count(self, place: Place) -> Expr:
        rate = place.parameter("rate", self.rate, RATE, "rate of one train")
        number = place.parameter("n", self.n, DIMENSIONLESS, "trains a neuron")
        values = {f.name.rpartition(".")[2]: f.value for f in place.fields}
        if not place.faults and "rate" in values and "n" in values:
            low = min(np.min(values["rate"]), np.min(values["n"]))
            largest = float(np.max(values["rate"]) * np.max(values["n"]) * place.dt)
            if low < 0:
                place.fault(f"rate and n can't be negative, got {low:g}")
            if largest > LARGEST_MEAN:
                place.fault(
                    f"{largest:g} spikes a step at one neuron; at most {LARGEST_MEAN:g} "
                    "are drawn at once: use several stimuli"
                )
        mean = place.masked(Op("mul", (Op("mul", (rate, number)), Const(place.dt))))
        return Draw("poisson", f"{place.name}.count", (mean,))

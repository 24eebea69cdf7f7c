"""Poisson spike trains that share spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.expr import Const, Expr, Ref, call, div, mul
from ..units import DIMENSIONLESS
from ._rate import rate_of
from .base import Place, Train, at_most_one


@dataclass(frozen=True, eq=False)
class CorrelatedPoisson(Train):
    """Each spike of one mother train is copied into each train with probability `p_copy`.

    rate: of each train (a rate, its text, or a signal), so that of the mother is rate/p_copy. Two
    trains of one rate have the correlation p_copy (of two rates, the slower shares in the spikes of
    the faster): the multiple interaction process of Kuhn, Aertsen and Rotter
    (2003), Neural Comput. 15:67. NEST's `mip_generator` is given the rate of the mother.
    """

    rate: Any
    p_copy: Any

    def fires(self, place: Place) -> Expr:
        rate = rate_of(self.rate, place)
        p = place.parameter("p_copy", self.p_copy, DIMENSIONLESS, "probability of a copy", "> 0")
        place.require(call("le", p, Const(1)), "it is a probability, above 0 and at most 1")
        at_most_one(place, div(Ref(place.path("rate")), p))
        mother = place.draw("uniform", "mother", shared=True)
        copied = call("lt", place.draw("uniform", "copied"), p)
        return call("and", call("lt", mother, div(mul(rate, Const(place.dt)), p)), copied)

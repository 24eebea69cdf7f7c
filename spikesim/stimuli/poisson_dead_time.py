"""Poisson spike trains with a dead time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.expr import ONE, ZERO, Const, Expr, Op, Ref, add, call, div, mul, sub, where
from ..units import TIME
from ._rate import rate_of
from .base import Place, Train


@dataclass(frozen=True, eq=False)
class PoissonDeadTime(Train):
    """After a spike there is none for `dead_time`, then with a constant hazard; `rate` is the mean.

    rate: a rate, its text, or a signal. The trains are in equilibrium from t = 0. With a rate that
    changes, the hazard is that of the momentary rate; where the rate is more than the dead time
    lets through, a spike follows each dead time at once. PyNN's `SpikeSourcePoissonRefractory`;
    NEST's `ppd_sup_generator` with one component. Deger et al. (2012), J. Comput. Neurosci. 32:443.
    """

    rate: Any
    dead_time: Any

    def fires(self, place: Place) -> Expr:
        mean = mul(rate_of(self.rate, place), Const(place.dt))
        dead = place.parameter("dead_time", self.dead_time, TIME, "dead time", ">= 0")
        dead = call("floor", add(div(dead, Const(place.dt)), Const(0.5 + 1e-9)))
        interval = mul(add(dead, ONE), Const(place.dt))
        place.require(
            call("le", mul(Ref(place.path("rate")), interval), Const(1 + 1e-9)),
            f"the mean interval is at least the dead time and one step of {place.dt:g} ms",
        )
        mean = place.local("mean", mean)
        # Of `dead` steps and those in which it waits, 1/p on average, one in 1/mean has a spike.
        free = sub(ONE, mul(dead, mean))
        hazard = where(call("gt", free, mean), div(mean, call("max", free, mean)), ONE)
        hazard = where(call("gt", mean, ZERO), hazard, ZERO)
        number = place.local("drawn", place.draw("uniform", "uniform"))
        left = place.state("dead", 0, "int")
        fired = place.state("fired", False, "bool")
        # At first one number tells how much of a dead time is left, and whether there is a spike.
        first = Op("eq", (Ref("step"), Const(0)))
        in_dead = call("lt", number, call("min", mul(dead, mean), ONE))
        rest = add(call("int", call("min", div(number, mean), sub(dead, ONE))), Const(1))
        place.let(left, where(first, where(in_dead, rest, Const(0)), left))
        below = where(first, sub(number, mul(dead, mean)), number)
        hit = call("lt", below, where(first, mean, hazard))
        place.let(fired, call("and", call("eq", left, Const(0)), hit))
        place.let(
            left,
            where(fired, call("int", dead), call("max", call("sub", left, Const(1)), Const(0))),
        )
        return fired

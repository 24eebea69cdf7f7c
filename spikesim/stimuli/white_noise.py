"""Piecewise constant noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.expr import ZERO, Const, Expr, Ref, add, call, mul, where
from ..units import TIME
from .base import Place, Signal
from .sine import wave


@dataclass(frozen=True, eq=False)
class WhiteNoise(Signal):
    """A normal number of mean `mean` and standard deviation `std`, a new one every `dt`.

    dt: a multiple of the network's; default that. shared: the same noise for all neurons. The
    variance may be modulated: std^2 + std_modulation^2 sin(2 pi frequency (t - start) + phase).
    This is NEST's `noise_generator`, of which each target gets noise of its own, too. Its effect on
    a membrane depends on dt; noise of unit intensity is `xi` in equations.
    """

    mean: Any
    std: Any
    dt: Any = None
    shared: bool = False
    std_modulation: Any = None
    frequency: Any = None
    phase: Any = 0.0

    def quantity(self) -> Any:
        return self.std

    def value(self, place: Place) -> Expr:
        mean = place.parameter("mean", self.mean, place.dimension, "mean")
        std = place.parameter("std", self.std, place.dimension, "standard deviation", ">= 0")
        if self.std_modulation is not None:
            std = self._modulated(place, std)
        elif self.frequency is not None:
            place.fault("frequency is given, but no std_modulation")
        number = place.draw("normal", "normal", shared=place.flag("shared", self.shared))
        every = self._interval(place)
        if every > 1:
            held = place.state("number", 0.0, "float")
            new = call("eq", call("mod", Ref("step"), Const(every)), Const(0))
            place.let(held, where(new, number, held))
            number = held
        return place.masked(add(mean, mul(std, number)))

    def _modulated(self, place: Place, std: Expr) -> Expr:
        depth = place.parameter(
            "std_modulation", self.std_modulation, place.dimension, "its modulation", ">= 0"
        )
        if self.frequency is None:
            place.fault("std_modulation is given, but no frequency")
            return std
        place.require(call("le", depth, std), "or the variance would be negative")
        sine = wave(self, place, self.frequency, self.phase)
        variance = add(mul(std, std), mul(mul(depth, depth), sine))
        return call("sqrt", call("max", variance, ZERO))

    def _interval(self, place: Place) -> int:
        if self.dt is None:
            return 1
        interval = place.strip(self.dt, TIME, "dt")
        if interval is None:
            return 1
        if not isinstance(interval, float):
            place.fault(f"dt is {self.dt}; expected one time")
            return 1
        every = round(interval / place.dt)
        if every < 1 or abs(every * place.dt - interval) > 1e-9 * interval:
            place.fault(
                f"dt is {interval:g} ms; expected a multiple of the network's, {place.dt:g} ms"
            )
        return every

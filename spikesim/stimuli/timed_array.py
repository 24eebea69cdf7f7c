"""A value read from an array as time goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.expr import Const, Expr, Op, Ref, call
from ..units import TIME
from .base import Place, Signal, step_number


@dataclass(frozen=True, eq=False)
class TimedArray(Signal):
    """Row k of `values` holds from k*dt until (k + 1)*dt; the last row holds on.

    values: [times], the same for all neurons, or [times, neurons]. `dt` is a multiple of the
    network's dt.
    """

    values: Any
    dt: Any

    def quantity(self) -> Any:
        return self.values

    def value(self, place: Place) -> Expr:
        values = place.array(self.values, place.dimension, "values")
        interval = place.strip(self.dt, TIME, "dt")
        if values is None or interval is None:
            return Const(0.0)
        if not isinstance(interval, float):
            place.fault(f"dt of the array is {self.dt}; expected one time")
            return Const(0.0)
        every = round(interval / place.dt)
        if every < 1 or abs(every * place.dt - interval) > 1e-9 * interval:
            place.fault(
                f"dt of the array is {interval:g} ms; expected a multiple of the network's "
                f"dt, {place.dt:g} ms"
            )
            return Const(0.0)
        per_neuron = np.ndim(values) == 2
        if (
            np.ndim(values) not in (1, 2)
            or not np.size(values)
            or (per_neuron and values.shape[1] != len(place.chosen))
        ):
            place.fault(
                f"values have shape {np.shape(values)}; expected [times] or "
                f"[times, {len(place.chosen)}]"
            )
            return Const(0.0)
        row = call("min", call("floordiv", Ref("step"), step_number(every)), Const(len(values) - 1))
        if per_neuron:
            row = Op("add", (Op("mul", (row, Const(values.shape[1]))), place.columns()))
        table = place.table("values", np.ravel(values), place.dimension)
        return place.masked(call("take", table, row))

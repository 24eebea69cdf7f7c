"""A current that changes at given times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.expr import Const, Expr, Op, Ref, call
from ..ir.program import nearest_step
from ..units import TIME
from .base import Place, Signal, step_number


@dataclass(frozen=True, eq=False)
class StepCurrent(Signal):
    """`amplitudes[k]` from `times[k]` until `times[k + 1]`; zero before the first time."""

    times: Any
    amplitudes: Any

    def quantity(self) -> Any:
        return self.amplitudes

    def value(self, place: Place) -> Expr:
        times = place.array(self.times, TIME, "times")
        amplitudes = place.array(self.amplitudes, place.dimension, "amplitudes")
        if times is None or amplitudes is None:
            return Const(0.0)
        if np.ndim(times) != 1 or np.shape(times) != np.shape(amplitudes) or not len(times):
            place.fault(
                f"times and amplitudes are lists of equal length, got shapes "
                f"{np.shape(times)} and {np.shape(amplitudes)}"
            )
            return Const(0.0)
        steps = nearest_step(np.clip(times, None, 1e18 * place.dt), place.dt)
        if (np.diff(steps) <= 0).any() or steps[0] < 0:
            place.fault("times must grow by at least one step each, from 0 on")
            return Const(0.0)
        # The number of changes so far is the index: a sum of comparisons, one a change, added in
        # pairs so that the tree stays flat.
        terms: list[Expr] = [
            call("where", call("ge", Ref("step"), step_number(k)), Const(1), Const(0))
            for k in steps
        ]
        while len(terms) > 1:
            odd = terms[len(terms) & ~1 :]
            pairs = zip(terms[::2], terms[1::2], strict=False)
            terms = [Op("add", pair) for pair in pairs] + odd
        (index,) = terms
        table = place.table("amplitudes", np.concatenate([[0.0], amplitudes]), place.dimension)
        return place.masked(call("take", table, index))

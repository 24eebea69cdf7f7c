"""Arrays that a text calls like functions: I(t), I(t, i)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.expr import Const, Expr, Op, Ref, call
from ..units import Dimension

# What a time may be short of a row's start, in rows: 3*0.1 is 0.30000000000000004.
_SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Table:
    """Row k of `values` holds from k*interval (ms) on, the first before it and the last after.

    values: [rows], or [rows, columns], plain.
    """

    values: np.ndarray
    interval: float
    dimension: Dimension

    @property
    def arguments(self) -> int:
        """How many arguments a call takes: the time, and the column where there are several."""
        return int(np.ndim(self.values))

    def look_up(self, name: str, args: list[Expr]) -> Expr:
        """The value at a time, of a column."""
        row = call("floor", Op("add", (Op("div", (args[0], Const(self.interval))), Const(_SLACK))))
        place = call("clip", row, Const(0.0), Const(float(len(self.values) - 1)))
        if len(args) == 2:
            columns = self.values.shape[1]
            column = call("clip", args[1], Const(0.0), Const(float(columns - 1)))
            place = Op("add", (Op("mul", (place, Const(float(columns)))), column))
        return Op("take", (Ref(name), call("int", place)))


def column(expr: Expr) -> tuple[str, Expr, int] | None:
    """(table, column, how many columns) of a call that `look_up` made, of a table that has them."""
    if isinstance(expr, Op) and expr.name == "take":
        table, place = expr.args[0], expr.args[1]
        assert isinstance(table, Ref) and isinstance(place, Op)
        match place.args[0]:
            case Op("add", (_, Op("clip", (asked, _, Const(last))))):
                return table.name, asked, int(last) + 1
    return None

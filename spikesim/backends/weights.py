"""What weights are made from: told to C++ as a value and operations with numbers
(weight * weight_scale * e/tau), or, where it is more than that, as one number a synapse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..distributions import Distribution
from ..errors import ParameterError
from ..ir.expr import Expr, Op, Ref, references
from ..ir.program import Edges, Program, Statement
from ..native.rules import CHANGE, CHANGES, Weighing
from ..passes.draw import drawn_edges
from ..passes.layout import is_static
from .binding import Binder, Values


def plain(value: Any) -> float | None:
    """A value that is one number, or None."""
    return None if np.ndim(value) or isinstance(value, Distribution) else float(value)


def single(e: Edges, weighing: Weighing) -> float | None:
    """The weight that all synapses have, or None."""
    weight = plain(e.field("weight").value if weighing.value is None else weighing.value)
    if weight is None:
        return None
    for kind, number in weighing.changes:
        weight = CHANGE[kind](weight, number)
    return weight


def weighing(
    e: Edges,
    binder: Binder,
    given: Mapping[str, Any],
    values: Values,
    groups: Mapping[str, Values],
    program: Program,
) -> Weighing:
    """What the weights of the program's edges are made from. groups: the values of each group."""
    assert is_static(e)
    field = e.field("weight")
    value: Any = given.get(f"{e.name}.weight")
    scope: dict[str, Any] = {
        f.name: np.asarray(given.get(f"{e.name}.{f.name}", f.value), np.float64)
        for f in e.fields
        if f.kind != "derived" and f.name not in ("weight", "release")
    }
    for side, view in (("pre", e.source), ("post", e.target)):
        scope |= {f"{side}.{name}": bound for name, bound in groups.get(view.group, {}).items()}
    scalars = {name: v for name, v in scope.items() if np.ndim(v) == 0}
    result = e.pre[0].value
    assert isinstance(result, Ref)
    changes = None
    if np.ndim(value) == 0:
        steps = {s.target: s.value for s in e.prologue if isinstance(s, Statement)}
        changes = _changes(result, steps, scalars, binder)
    if changes is not None:
        return Weighing(None if value is None else float(value), changes)
    drawn = drawn_edges(e, program)
    if np.ndim(value) and np.shape(value) != (len(drawn.pattern),):
        raise ParameterError(
            f"params, {e.name}.{field.name}: shape {np.shape(value)}; expected one value or "
            f"{len(drawn.pattern)}"
        )
    return Weighing(binder.weights(drawn, given, values))


def _changes(
    expr: Expr, steps: Mapping[str, Expr], scalars: Mapping[str, Any], binder: Binder
) -> tuple[tuple[int, float], ...] | None:
    """The operations that lead from the weight to an expression; None where there are others."""
    if expr == Ref("weight"):
        return ()
    if isinstance(expr, Ref) and expr.name in steps:
        return _changes(steps[expr.name], steps, scalars, binder)
    if not isinstance(expr, Op):
        return None
    for side in (0, 1):
        if (expr.name, side) not in CHANGES:
            continue
        inner, other = expr.args[side], expr.args[1 - side]
        before = _changes(inner, steps, scalars, binder)
        if before is not None and references(other) <= scalars.keys():
            number = float(binder.evaluate(other, scalars))
            return (*before, (CHANGES[expr.name, side], number))
    return None


def same(a: Sequence[Weighing], b: Sequence[Weighing]) -> bool:
    return all(
        x.changes == y.changes and _equal(x.value, y.value) for x, y in zip(a, b, strict=True)
    )


def _equal(a: Any, b: Any) -> bool:
    if a is None or b is None or isinstance(a, Distribution) or isinstance(b, Distribution):
        return bool(a == b)
    return np.array_equal(a, b)

"""The dimension of every operation, or the reason why it has none.

A dimension of None stands for a literal zero, which goes with anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..ir.expr import Const, Expr, Op
from ..units import DIMENSIONLESS, TRUTH, Dimension, unit_name

_ALIKE = {"add", "sub", "min", "max", "mod", "floordiv", "clip", "lt", "le", "gt", "ge", "eq", "ne"}
_COMPARE = {"lt", "le", "gt", "ge", "eq", "ne"}
_LOGIC = {"and", "or", "not"}
_KEEP = {"neg", "abs"}
_VERB = {
    "add": "add",
    "sub": "subtract",
    "lt": "compare",
    "le": "compare",
    "gt": "compare",
    "ge": "compare",
    "eq": "compare",
    "ne": "compare",
}


class Misfit(Exception):
    """Dimensions that don't fit; the parser adds the place."""


def common(dimensions: Sequence[Dimension | None], doing: str) -> Dimension | None:
    """The one dimension that all share; Misfit if there are two."""
    known = [d for d in dimensions if d is not None]
    for other in known[1:]:
        if other != known[0]:
            raise Misfit(f"can't {doing} {unit_name(known[0])} and {unit_name(other)}")
    return known[0] if known else None


def of_operation(
    name: str, args: Sequence[Expr], dimensions: Sequence[Dimension | None]
) -> Dimension | None:
    """Dimension of the result of `name` on arguments of these dimensions.

    Raises Misfit, saying what does not fit.
    """
    _check_truth(name, dimensions)
    if name == "where":
        return common(dimensions[1:], "choose between")
    if name in _LOGIC:
        return TRUTH
    if name in _ALIKE:
        shared = common(dimensions, _VERB.get(name, f"take {name} of"))
        if name in _COMPARE:
            return TRUTH
        return DIMENSIONLESS if name == "floordiv" else shared
    if name in _KEEP:
        return dimensions[0]
    if name in ("mul", "div"):
        if dimensions[0] is None:
            return None
        left, right = dimensions[0], dimensions[1] or DIMENSIONLESS
        return left * right if name == "mul" else left / right
    if name == "pow":
        return _power(args, dimensions)
    if name == "sqrt":
        return None if dimensions[0] is None else dimensions[0] ** Fraction(1, 2)
    if name == "sign":
        return DIMENSIONLESS
    for dimension in [] if name == "int" and dimensions == [TRUTH] else dimensions:
        if dimension not in (None, DIMENSIONLESS):
            raise Misfit(
                f"{name}() needs a number without unit, got one in {unit_name(dimension)}; "
                "divide it by a quantity of that unit"
            )
    return DIMENSIONLESS


def _check_truth(name: str, dimensions: Sequence[Dimension | None]) -> None:
    """Conditions where they belong, and numbers everywhere else."""
    if name in _LOGIC or name == "where":
        for dimension in dimensions[:1] if name == "where" else dimensions:
            if dimension != TRUTH:
                got = "zero" if dimension is None else f"a number in {unit_name(dimension)}"
                if dimension == DIMENSIONLESS:
                    got = "a number"
                word = "if" if name == "where" else name
                raise Misfit(f"'{word}' needs a condition such as v > V_th, got {got}")
    elif name != "int" and TRUTH in dimensions:
        raise Misfit("a condition is no number; write int(condition) for 0 or 1")


def _power(args: Sequence[Expr], dimensions: Sequence[Dimension | None]) -> Dimension | None:
    base, exponent = dimensions[0], dimensions[1]
    if exponent not in (None, DIMENSIONLESS):
        raise Misfit(f"an exponent has no unit, got {unit_name(exponent)}")
    if base in (None, DIMENSIONLESS):
        return base
    power = args[1]
    if isinstance(power, Op) and power.name == "neg" and isinstance(power.args[0], Const):
        return base ** -Fraction(power.args[0].value).limit_denominator(12)
    if isinstance(power, Const):
        return base ** Fraction(power.value).limit_denominator(12)
    raise Misfit(
        f"a quantity in {unit_name(base)} can only be raised to a constant; "
        "divide it by its unit first"
    )

"""Equations as polynomials of degree two, with exponentials of one variable as further unknowns.

`expand` is to neurons with conductances, a quadratic or an exponential upswing what `affine` is to
linear ones: it says what stands before each product, or that there is no such form.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..ir.expr import ONE, Const, Draw, Expr, Op, Ref, add, div, mul, neg, references, rewrite, sub
from .affine import collect

# What stands before 1, (), before a variable, (x,), and before a product of two, (x, y), sorted.
Polynomial = dict[tuple[str, ...], Expr]


@dataclass(frozen=True)
class Exponential:
    """exp(slope * variable + shift), as an unknown of its own."""

    variable: str
    slope: Expr
    shift: Expr


def expand(
    rates: Mapping[str, Expr],
) -> tuple[dict[str, Polynomial], dict[str, Exponential]] | None:
    """(polynomials of the rates, the exponentials in them by name); None where there are none.

    A name of an exponential is no name of a variable; its products with variables are refused.
    """
    found: dict[str, Exponential] = {}

    def name(node: Expr) -> Expr | None:
        if not (isinstance(node, Op) and node.name == "exp" and references(node) & rates.keys()):
            return None
        form = collect(node.args[0], rates.keys())
        if form is None or len(form[0]) != 1:
            return None
        ((variable, slope),) = form[0].items()
        one = Exponential(variable, slope, form[1])
        known = next((k for k, e in found.items() if e == one), f"exp {len(found)}")
        found[known] = one
        return Ref(known)

    named = {x: rewrite(rate, name) for x, rate in rates.items()}
    unknowns = rates.keys() | found.keys()
    polynomials = {x: _polynomial(rate, unknowns) for x, rate in named.items()}
    whole = {x: p for x, p in polynomials.items() if p is not None}
    if len(whole) < len(rates):
        return None
    if any(len(m) == 2 and found.keys() & set(m) for p in whole.values() for m in p):
        return None
    return whole, found


def _polynomial(expr: Expr, unknowns: Collection[str]) -> Polynomial | None:
    if isinstance(expr, Ref):
        return {(expr.name,): ONE} if expr.name in unknowns else {(): expr}
    if isinstance(expr, Const | Draw) or not references(expr) & set(unknowns):
        return {(): expr}
    parts = [_polynomial(a, unknowns) for a in expr.args]
    forms = [p for p in parts if p is not None]
    if len(forms) < len(parts):
        return None
    if expr.name == "neg":
        return {m: neg(c) for m, c in forms[0].items()}
    if expr.name in ("add", "sub"):
        made = dict(forms[0])
        for m, c in forms[1].items():
            join = add if expr.name == "add" else sub
            made[m] = join(made.get(m, Const(0.0)), c)
        return made
    if expr.name == "div" and set(forms[1]) == {()}:
        return {m: div(c, forms[1][()]) for m, c in forms[0].items()}
    if expr.name == "mul":
        made = {}
        for m, c in forms[0].items():
            for n, d in forms[1].items():
                both = tuple(sorted(m + n))
                made[both] = add(made.get(both, Const(0.0)), mul(c, d))
        return made if all(len(m) <= 2 for m in made) else None
    if expr.name == "pow" and isinstance(expr.args[1], Const) and expr.args[1].value == 2:
        return _polynomial(Op("mul", (expr.args[0], expr.args[0])), unknowns)
    return None

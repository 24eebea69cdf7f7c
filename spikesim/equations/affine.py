"""What kind of system the equations are: affine in all variables, in each one alone, or neither.

`collect` writes an expression as coefficient_1 x_1 + ... + coefficient_n x_n + rest, where no x
occurs in the coefficients or the rest, or says that it can't.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..ir.expr import (
    ONE,
    ZERO,
    Const,
    Draw,
    Expr,
    Ref,
    add,
    div,
    mul,
    neg,
    references,
    sub,
    walk,
)

Form = tuple[dict[str, Expr], Expr]


def collect(expr: Expr, variables: Collection[str]) -> Form | None:
    """(coefficients by variable, rest) if `expr` is affine in `variables` jointly; else None."""
    found = _collect(expr, frozenset(variables), {})
    return found


def _collect(expr: Expr, variables: frozenset[str], done: dict[int, Form | None]) -> Form | None:
    if id(expr) not in done:
        done[id(expr)] = _form(expr, variables, done)
    return done[id(expr)]


def _form(expr: Expr, variables: frozenset[str], done: dict[int, Form | None]) -> Form | None:
    if isinstance(expr, Ref):
        return ({expr.name: ONE}, ZERO) if expr.name in variables else ({}, expr)
    if isinstance(expr, Const | Draw) or not references(expr) & variables:
        return {}, expr
    parts = [_collect(a, variables, done) for a in expr.args]
    forms = [part for part in parts if part is not None]
    if len(forms) < len(parts):
        return None
    if expr.name in ("add", "sub"):
        (a, p), (b, q) = forms
        join = add if expr.name == "add" else sub
        return {x: join(a.get(x, ZERO), b.get(x, ZERO)) for x in a | b}, join(p, q)
    if expr.name == "neg":
        a, p = forms[0]
        return {x: neg(c) for x, c in a.items()}, neg(p)
    if expr.name == "mul":
        (a, p), (b, q) = forms
        if a and b:
            return None
        if b:
            a, p, q = b, q, p
        return {x: mul(c, q) for x, c in a.items()}, mul(p, q)
    if expr.name == "div":
        (a, p), (b, q) = forms
        return None if b else ({x: div(c, q) for x, c in a.items()}, div(p, q))
    return None


def linear_system(rates: Mapping[str, Expr], inputs: Collection[str]) -> dict[str, Form] | None:
    """Each rate's form if the system is affine with coefficients that the run does not change.

    `inputs` are names whose value changes from step to step but not within one; they may stand in
    the rest, linearly, not in a coefficient.
    """
    forms = {}
    for x, rate in rates.items():
        form = collect(rate, rates.keys() | set(inputs))
        if form is None:
            return None
        coefficients, rest = form
        if any(_changes(c) for c in coefficients.values()) or _changes(rest):
            return None
        forms[x] = form
    return forms


def _changes(expr: Expr) -> bool:
    """Does it change during a run by itself (time, or a draw)?"""
    return bool(references(expr) & {"t", "step"}) or any(isinstance(n, Draw) for n in walk(expr))


def conditionally_linear(rates: Mapping[str, Expr]) -> dict[str, tuple[Expr, Expr]] | None:
    """(slope, rest) of each rate in its own variable, if every one is affine in that."""
    forms = {}
    for x, rate in rates.items():
        form = collect(rate, [x])
        if form is None:
            return None
        forms[x] = form[0].get(x, ZERO), form[1]
    return forms

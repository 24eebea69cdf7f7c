"""White noise in equations: dx/dt = drift + strength_1 xi_1 + strength_2 xi_2 + ..."""

from __future__ import annotations

from ..ir.expr import Draw, Expr, Ref, rewrite, walk
from .affine import Form, collect


def noises(expr: Expr) -> list[str]:
    """The names of the noises in an expression, sorted."""
    return sorted({n.stream for n in walk(expr) if isinstance(n, Draw) and _is_white(n)})


def split(expr: Expr) -> Form | None:
    """(strength by noise, drift), where no noise occurs in either; None if it is not linear."""
    return collect(named(expr), noises(expr))


def named(expr: Expr) -> Expr:
    """The expression with each noise as a name."""
    return rewrite(expr, lambda n: Ref(n.stream) if isinstance(n, Draw) and _is_white(n) else None)


def renamed(expr: Expr, prefix: str) -> Expr:
    """The expression with noises of its own: `prefix.xi`."""
    return rewrite(
        expr,
        lambda n: (
            Draw("white", f"{prefix}.{n.stream}") if isinstance(n, Draw) and _is_white(n) else None
        ),
    )


def _is_white(draw: Draw) -> bool:
    return draw.distribution == "white"

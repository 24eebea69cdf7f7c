"""Whole numbers: which expressions are, and how they are written as such.

Numbers in a text are floats, so that nothing wraps in silence. Where an integer is set, the whole
expression is made one of integers (32 bits): `n + 1`, `2*n % 5`, `int(x)`, `poisson(3)`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..ir.expr import Const, Expr, Kind, Op, Ref, kind_of, rewrite, walk

# The range of an integer.
LARGEST = 2**31 - 1
_STAY_WHOLE = frozenset(
    {"add", "sub", "mul", "mod", "floordiv", "neg", "abs", "min", "max", "clip"}
)
# Kinds of names that no model declares.
BUILT_IN: Mapping[str, Kind] = {"i": "int", "N": "int", "step": "int"}


def as_whole(expr: Expr, kinds: Mapping[str, Kind]) -> Expr | None:
    """The expression with integers in it where numbers are whole; None if it may be a fraction."""
    done: dict[int, Expr | None] = {}
    for node in walk(expr):
        done[id(node)] = _whole(node, kinds, done)
    return done[id(expr)]


def _whole(node: Expr, kinds: Mapping[str, Kind], done: dict[int, Expr | None]) -> Expr | None:
    if isinstance(node, Const):
        if isinstance(node.value, bool) or node.value != int(node.value):
            return None
        return Const(int(node.value)) if abs(node.value) <= LARGEST else None
    if isinstance(node, Op) and (node.name in _STAY_WHOLE or node.name == "where"):
        first = int(node.name == "where")
        parts = [done[id(a)] for a in node.args[first:]]
        whole = tuple(part for part in parts if part is not None)
        return Op(node.name, (*node.args[:first], *whole)) if len(whole) == len(parts) else None
    return node if kind_of(node, kinds) == "int" else None


def as_float(expr: Expr, kinds: Mapping[str, Kind]) -> Expr:
    """The expression with no power of an integer, which would wrap: its base becomes a float."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Op) and node.name == "pow" and kind_of(node.args[0], kinds) == "int":
            return Op("pow", (Op("add", (node.args[0], Const(0.0))), node.args[1]))
        return None

    whole = any(isinstance(n, Ref) and kinds.get(n.name) == "int" for n in walk(expr))
    return rewrite(expr, rule) if whole else expr

"""Expressions of the IR: Const, Ref, Op and Draw; frozen, hashable trees without units.

An expression says how one element of a field is computed. The same tree is evaluated by NumPy,
traced by JAX and made into instructions for the machine of `cpp`. `OPERATIONS` is the whole
vocabulary; docs/extend/backend.md says how to add to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["float", "int", "bool"]


@dataclass(frozen=True, slots=True)
class Const:
    """A number or a truth value."""

    value: float | int | bool


@dataclass(frozen=True, slots=True)
class Ref:
    """A name: a field or local of the block's owner, `pre.x`/`post.x` in edges, or t, dt, step."""

    name: str


@dataclass(frozen=True, slots=True)
class Op:
    """An operation of OPERATIONS on other expressions."""

    name: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """A random number, keyed by (seed, stream) and counted by (step, element).

    `distribution` is uniform [0, 1), normal (0, 1) or poisson (args = (mean,)); or white, white
    noise of unit intensity, which stands in equations only and becomes normal numbers when these
    are integrated. shared: one number for all elements, that of element 0.
    """

    distribution: Literal["uniform", "normal", "poisson", "white"]
    stream: str
    args: tuple[Expr, ...] = ()
    shared: bool = False


Expr = Const | Ref | Op | Draw


@dataclass(frozen=True, slots=True)
class Operation:
    """Arity of an operation, the kind of its result, and how it is written.

    `symbol` and `precedence` are for infix operators; functions have neither.
    `kind` is "same" where the result has the widest kind of the arguments.
    """

    arity: int
    kind: Kind | Literal["same"] = "float"
    symbol: str = ""
    precedence: int = 0


OPERATIONS: Mapping[str, Operation] = {
    "or": Operation(2, "bool", "or", 1),
    "and": Operation(2, "bool", "and", 2),
    "not": Operation(1, "bool", "not ", 3),
    "lt": Operation(2, "bool", "<", 4),
    "le": Operation(2, "bool", "<=", 4),
    "gt": Operation(2, "bool", ">", 4),
    "ge": Operation(2, "bool", ">=", 4),
    "eq": Operation(2, "bool", "==", 4),
    "ne": Operation(2, "bool", "!=", 4),
    "add": Operation(2, "same", "+", 5),
    "sub": Operation(2, "same", "-", 5),
    "mul": Operation(2, "same", "*", 6),
    "div": Operation(2, "float", "/", 6),
    "mod": Operation(2, "same", "%", 6),
    "floordiv": Operation(2, "same", "//", 6),
    "neg": Operation(1, "same", "-", 7),
    "pow": Operation(2, "same", "**", 8),
    "where": Operation(3, "same"),
    "abs": Operation(1, "same"),
    "min": Operation(2, "same"),
    "max": Operation(2, "same"),
    "clip": Operation(3, "same"),
    "sign": Operation(1),
    "floor": Operation(1),
    "ceil": Operation(1),
    "sqrt": Operation(1),
    "exp": Operation(1),
    "expm1": Operation(1),
    "log": Operation(1),
    "log1p": Operation(1),
    "log10": Operation(1),
    "sin": Operation(1),
    "cos": Operation(1),
    "tan": Operation(1),
    "arcsin": Operation(1),
    "arccos": Operation(1),
    "arctan": Operation(1),
    "sinh": Operation(1),
    "cosh": Operation(1),
    "tanh": Operation(1),
    "exprel": Operation(1),
    "int": Operation(1, "int"),
    "take": Operation(
        2, "same"
    ),  # take(table, flat index): the one operation that is not by element
}

ZERO, ONE = Const(0.0), Const(1.0)


def add(a: Expr, b: Expr) -> Expr:
    """a + b, with nothing left of a zero."""
    return b if _is(a, 0) else a if _is(b, 0) else Op("add", (a, b))


def sub(a: Expr, b: Expr) -> Expr:
    """a - b, with nothing left of a zero."""
    return a if _is(b, 0) else neg(b) if _is(a, 0) else Op("sub", (a, b))


def neg(a: Expr) -> Expr:
    """-a; twice is nothing."""
    if isinstance(a, Const) and not isinstance(a.value, bool):
        return Const(-a.value)
    return a.args[0] if isinstance(a, Op) and a.name == "neg" else Op("neg", (a,))


def mul(a: Expr, b: Expr) -> Expr:
    """a * b, without zeros and ones."""
    if _is(a, 0) or _is(b, 0):
        return ZERO
    return b if _is(a, 1) else a if _is(b, 1) else Op("mul", (a, b))


def div(a: Expr, b: Expr) -> Expr:
    """a / b, without zeros above and ones below."""
    return ZERO if _is(a, 0) else a if _is(b, 1) else Op("div", (a, b))


def where(condition: Expr, yes: Expr, no: Expr) -> Expr:
    """yes if condition else no."""
    return Op("where", (condition, yes, no))


def call(name: str, *args: Expr) -> Expr:
    """The operation `name` on `args`."""
    return Op(name, args)


def _is(expr: Expr, value: float) -> bool:
    return isinstance(expr, Const) and not isinstance(expr.value, bool) and expr.value == value


def is_zero(expr: Expr) -> bool:
    """Is this the constant zero?"""
    return _is(expr, 0)


def arguments(expr: Expr) -> tuple[Expr, ...]:
    """The direct children of an expression."""
    return expr.args if isinstance(expr, Op | Draw) else ()


def walk(expr: Expr) -> Iterator[Expr]:
    """Every distinct node, children first."""
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(expr, False)]
    while stack:
        node, ready = stack.pop()
        if id(node) in seen:
            continue
        if ready:
            seen.add(id(node))
            yield node
        else:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(arguments(node)))


def measure(expr: Expr) -> tuple[int, int]:
    """Depth and number of nodes of an expression, written out as a tree."""
    done: dict[int, tuple[int, int]] = {}
    for node in walk(expr):
        inner = [done[id(a)] for a in arguments(node)]
        done[id(node)] = (
            1 + max((depth for depth, _ in inner), default=0),
            1 + sum(size for _, size in inner),
        )
    return done[id(expr)]


def references(expr: Expr) -> frozenset[str]:
    """The names that an expression reads."""
    return frozenset(node.name for node in walk(expr) if isinstance(node, Ref))


def rewrite(expr: Expr, rule: Callable[[Expr], Expr | None]) -> Expr:
    """Rebuild bottom-up; where `rule` returns a node, it stands in place of the old one."""
    done: dict[int, Expr] = {}
    for node in walk(expr):
        new: Expr = node
        if isinstance(node, Op | Draw) and node.args:
            args = tuple(done[id(child)] for child in node.args)
            if any(a is not b for a, b in zip(args, node.args, strict=True)):
                new = (
                    Op(node.name, args)
                    if isinstance(node, Op)
                    else Draw(node.distribution, node.stream, args, node.shared)
                )
        done[id(node)] = rule(new) or new
    return done[id(expr)]


def substitute(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """Put expressions in place of names."""
    return rewrite(expr, lambda node: values.get(node.name) if isinstance(node, Ref) else None)


def kind_of(expr: Expr, kinds: Mapping[str, Kind]) -> Kind:
    """float, int or bool; `kinds` tells it for names (default float)."""
    if isinstance(expr, Const):
        value = expr.value
        return "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "float"
    if isinstance(expr, Ref):
        return kinds.get(expr.name, "float")
    if isinstance(expr, Draw):
        return "int" if expr.distribution == "poisson" else "float"
    kind = OPERATIONS[expr.name].kind
    if kind != "same":
        return kind
    if expr.name == "take":
        return kind_of(expr.args[0], kinds)
    args = expr.args[1:] if expr.name == "where" else expr.args
    found = {kind_of(a, kinds) for a in args}
    return "float" if "float" in found else "int" if "int" in found else "bool"

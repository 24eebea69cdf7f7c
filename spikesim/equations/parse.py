"""Equations as text, read into expression trees.

The grammar is Python's own (its `ast`), against a whitelist: arithmetic, comparison, `and or not`,
`a if c else b`, numbers, declared names, unit names, and calls of known functions. Nothing is ever
evaluated. Names, and the dimensions of every operation, are checked while the tree is built, so
that each error points at its place.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..errors import DimensionError, EquationError, SpikesimError, did_you_mean
from ..ir.expr import OPERATIONS, Const, Draw, Expr, Op, Ref, neg, rewrite
from ..units import (
    DIMENSIONLESS,
    TIME,
    TRUTH,
    UNIT_NAMES,
    Dimension,
    unit_in_equations,
    unit_name,
)
from .dimensions import Misfit, of_operation
from .source import Source
from .tables import Table

_BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.Mod: "mod",
    ast.FloorDiv: "floordiv",
}
_COMPARE = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
_DRAWS = {"rand": "uniform", "randn": "normal", "poisson": "poisson"}
_FUNCTIONS = tuple(name for name, op in OPERATIONS.items() if not op.symbol and name != "take")
_BUILT_IN = {"t": TIME, "dt": TIME}
_WHITE = TIME ** Fraction(-1, 2)  # white noise of unit intensity
# Names with a meaning of their own, which no model may declare.
RESERVED = frozenset(
    {
        *_BUILT_IN,
        *_DRAWS,
        *_FUNCTIONS,
        "take",
        "timestep",
        "and",
        "or",
        "not",
        "step",
        "weight",
        "pre",
        "post",
        "i",
        "xi",
        "True",
    }
)
# What users of other languages write.
_SLIPS = {"&&": "write 'and'", "||": "write 'or'", "!": "write 'not'"}
_OTHER = {ast.BitXor: "write ** for a power", ast.BitAnd: "write 'and'", ast.BitOr: "write 'or'"}
_LONGEST, _DEEPEST = 10_000, 100


@dataclass(frozen=True)
class Typed:
    """An expression with its dimension (None: a literal zero, which fits all)."""

    expr: Expr
    dimension: Dimension | None


Scope = Mapping[str, Dimension | None]


def parse(
    source: Source,
    scope: Scope,
    draws: str = "",
    tables: Mapping[str, Table] | None = None,
    noise: bool = False,
) -> Typed:
    """Read one expression; `scope` gives the dimension of every declared name.

    `draws` is the label under which random draws get their streams; without one they are refused.
    `tables` are called like functions. noise: is white noise (xi, xi_1 ...) allowed?
    Raises EquationError (syntax, unknown names) or DimensionError, each with a caret.
    """
    text = source.text
    if not text.strip():
        raise source.fault("expected an expression, got nothing")
    if len(text) > _LONGEST:
        raise source.fault(f"an expression of {len(text)} characters; at most {_LONGEST} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode="eval")
    except SyntaxError as fault:
        column = max(0, (fault.offset or 1) - 1) if (fault.lineno or 1) == 1 else 0
        hint = next((f"; {h}" for word, h in _SLIPS.items() if word in text), "")
        raise source.fault(f"can't be read: {fault.msg}{hint}", min(column, len(text))) from None
    except (ValueError, RecursionError, MemoryError) as fault:
        raise source.fault(f"can't be read: {fault}") from None
    return _Reader(source, scope, draws, tables or {}, noise).read(tree.body, 0)


class _Reader:
    """One walk over the tree of one expression."""

    def __init__(
        self, source: Source, scope: Scope, draws: str, tables: Mapping[str, Table], noise: bool
    ):
        self.source, self.scope, self.draws, self.noise = source, scope, draws, noise
        self.tables = tables
        self.drawn = 0

    def fault(
        self, node: ast.AST, message: str, cls: type[SpikesimError] = EquationError
    ) -> SpikesimError:
        offset = getattr(node, "col_offset", 0)
        column = len(self.source.text.encode()[:offset].decode(errors="ignore"))
        return self.source.fault(message, column, cls)

    def read(self, node: ast.expr, depth: int) -> Typed:
        if depth > _DEEPEST:
            raise self.fault(node, f"nested more than {_DEEPEST} deep; name a part of it")
        depth += 1
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Attribute) and self._side(node):
            return self._of_side(node)
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return self._operation(
                node, _BINARY[type(node.op)], [self.read(a, depth) for a in (node.left, node.right)]
            )
        if isinstance(node, ast.UnaryOp):
            return self._unary(node, depth)
        if isinstance(node, ast.Compare):
            return self._compare(node, depth)
        if isinstance(node, ast.BoolOp):
            name = "and" if isinstance(node.op, ast.And) else "or"
            if depth + len(node.values) > _DEEPEST:
                raise self.fault(node, f"more than {_DEEPEST} conditions; name a part of them")
            result, *rest = [self.read(value, depth) for value in node.values]
            for value in rest:
                result = self._operation(node, name, [result, value])
            return result
        if isinstance(node, ast.IfExp):
            parts = [self.read(a, depth) for a in (node.test, node.body, node.orelse)]
            return self._operation(node, "where", parts)
        if isinstance(node, ast.Call):
            return self._call(node, depth)
        if isinstance(node, ast.BinOp) and type(node.op) in _OTHER:
            raise self.fault(node, f"this operator is not known; {_OTHER[type(node.op)]}")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("pre", "post"):
                raise self.fault(
                    node,
                    f"{node.value.id}.{node.attr} is a variable of a neuron; a plasticity rule "
                    f"declares what it reads of its neurons: reads = {{{node.attr!r}: mV}}",
                )
        raise self.fault(
            node,
            f"{_describe(node)} is not part of the language; it has arithmetic, comparisons, "
            "'a if c else b', declared names, units and calls of known functions",
        )

    def _constant(self, node: ast.Constant) -> Typed:
        value = node.value
        if isinstance(value, bool):
            return Typed(Const(value), TRUTH)
        if not isinstance(value, int | float):
            raise self.fault(node, f"expected a number, got {value!r:.40}")
        if (isinstance(value, int) and abs(value) >= 2**53) or not math.isfinite(value):
            raise self.fault(node, "a number too large for a float64")
        # Always a float: integers would wrap, and differently on each backend.
        return Typed(Const(float(value)), None if value == 0 else DIMENSIONLESS)

    def _name(self, node: ast.Name) -> Typed:
        name = node.id
        if name in self.scope:
            return Typed(Ref(name), self.scope[name])
        if name in _BUILT_IN:
            return Typed(Ref(name), _BUILT_IN[name])
        if name == "pi":
            return Typed(Const(math.pi), DIMENSIONLESS)
        unit = unit_in_equations(name)
        if unit:
            return Typed(Ref(f"1 {name}"), unit[1])
        known = [*self.scope, *_BUILT_IN]
        if name in _FUNCTIONS or name in _DRAWS or name == "timestep":
            raise self.fault(node, f"{name!r} is a function; call it: {name}(...)")
        if name in self.tables:
            given = "t, i" if self.tables[name].arguments == 2 else "t"
            raise self.fault(node, f"{name!r} is an array over time; call it: {name}({given})")
        if name == "xi" or name.startswith("xi_"):
            if not self.noise:
                raise self.fault(node, f"noise ({name!r}) may only stand in differential equations")
            return Typed(Draw("white", name), _WHITE)
        hint = did_you_mean(name, [*known, *_FUNCTIONS])
        if hint.startswith("no"):
            hint = did_you_mean(name, UNIT_NAMES)
        if "weight" in self.scope:
            hint = in_rules(name) or hint
        if hint.startswith("no") and self.scope:
            hint = f"declared here: {', '.join(self.scope)}"
        raise self.fault(node, f"unknown name {name!r}; {hint}")

    def _side(self, node: ast.Attribute) -> str:
        """pre or post, where this is a name of one of the two neurons of a synapse; else empty."""
        side = node.value.id if isinstance(node.value, ast.Name) else ""
        return side if any(name.startswith(f"{side}.") for name in self.scope) else ""

    def _of_side(self, node: ast.Attribute) -> Typed:
        name = f"{self._side(node)}.{node.attr}"
        if name in self.scope:
            return Typed(Ref(name), self.scope[name])
        raise self.fault(node, f"unknown name {name!r}; {did_you_mean(name, self.scope)}")

    def _unary(self, node: ast.UnaryOp, depth: int) -> Typed:
        operand = self.read(node.operand, depth)
        if isinstance(node.op, ast.UAdd):
            return operand
        if isinstance(node.op, ast.Not):
            return self._operation(node, "not", [operand])
        if isinstance(node.op, ast.USub):
            dimension = self._operation(node, "neg", [operand]).dimension
            return Typed(neg(operand.expr), dimension)
        raise self.fault(node, "'~' is not part of the language; write 'not'")

    def _compare(self, node: ast.Compare, depth: int) -> Typed:
        if depth + len(node.ops) > _DEEPEST:
            raise self.fault(node, f"more than {_DEEPEST} conditions; name a part of them")
        values = [self.read(a, depth) for a in (node.left, *node.comparators)]
        result: Typed | None = None
        for operator, left, right in zip(node.ops, values, values[1:], strict=False):
            if type(operator) not in _COMPARE:
                raise self.fault(node, "'in' and 'is' are not part of the language")
            one = self._operation(node, _COMPARE[type(operator)], [left, right])
            result = one if result is None else self._operation(node, "and", [result, one])
        assert result is not None
        return result

    def _call(self, node: ast.Call, depth: int) -> Typed:
        if not isinstance(node.func, ast.Name):
            raise self.fault(node, "only known functions can be called, by their plain names")
        name = node.func.id
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise self.fault(node, f"{name}() takes plain arguments only")
        others = {n: t.arguments for n, t in self.tables.items()} | {"timestep": 2}
        if name not in _FUNCTIONS and name not in _DRAWS and name not in others:
            hint = did_you_mean(name, [*_FUNCTIONS, *_DRAWS, *others])
            raise self.fault(node, f"unknown function {name!r}; {hint}")
        args = [self.read(a, depth) for a in node.args]
        if name in others:
            return self._of_time(node, name, args, others[name])
        arity = int(name == "poisson") if name in _DRAWS else OPERATIONS[name].arity
        if len(args) != arity:
            raise self.fault(node, f"{name}() takes {arity} arguments, got {len(args)}")
        if name in OPERATIONS:
            return self._operation(node, name, args)
        if not self.draws:
            raise self.fault(node, f"{name}() can't be used here: nothing random is allowed")
        if name == "poisson" and args[0].dimension not in (None, DIMENSIONLESS):
            raise self.fault(node, "poisson() takes a mean count, without unit", DimensionError)
        self.drawn += 1
        label = f"{self.draws}#{self.drawn}"
        return Typed(Draw(_DRAWS[name], label, tuple(a.expr for a in args)), DIMENSIONLESS)  # type: ignore[arg-type]

    def _of_time(self, node: ast.Call, name: str, args: list[Typed], arity: int) -> Typed:
        """timestep(t, dt), as Brian2 has it: the whole number of dt in t; or a table's value."""
        if len(args) != arity:
            raise self.fault(node, f"{name}() takes {arity} arguments, got {len(args)}")
        table = self.tables.get(name)
        wanted = [TIME, DIMENSIONLESS if table else TIME]
        for arg, dimension in zip(args, wanted, strict=False):
            if arg.dimension not in (None, dimension):
                needs = "a time, such as t" if dimension == TIME else "a number, such as i"
                raise self.fault(node, f"{name}() takes {needs}", DimensionError)
        exprs = [arg.expr for arg in args]
        if table:
            return Typed(table.look_up(name, exprs), table.dimension)
        time, interval = exprs
        late = Op("add", (time, Op("mul", (Const(1e-3), interval))))
        return Typed(Op("int", (Op("div", (late, interval)),)), DIMENSIONLESS)

    def _operation(self, node: ast.AST, name: str, parts: list[Typed]) -> Typed:
        args = tuple(part.expr for part in parts)
        try:
            dimension = of_operation(name, args, [part.dimension for part in parts])
        except Misfit as misfit:
            raise self.fault(node, str(misfit), DimensionError) from None
        return Typed(Op(name, args), dimension)


def check_dimension(typed: Typed, expected: Dimension, source: Source, what: str) -> None:
    """Raise DimensionError unless the expression has the expected dimension (a zero has any)."""
    if typed.dimension == expected or (typed.dimension is None and expected != TRUTH):
        return
    raise source.fault(
        f"{what} must be {_in_words(expected)}, but this is {_in_words(typed.dimension)}",
        cls=DimensionError,
    )


def _in_words(dimension: Dimension | None) -> str:
    if dimension is None or dimension == DIMENSIONLESS:
        return "a number without unit"
    return unit_name(dimension) if dimension == TRUTH else f"in {unit_name(dimension)}"


def without_units(expr: Expr) -> Expr:
    """Put numbers of the coherent set in place of unit names."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Ref) and node.name.startswith("1 "):
            unit = unit_in_equations(node.name[2:])
            assert unit is not None
            return Const(unit[0])
        return None

    return rewrite(expr, rule)


def in_rules(name: str) -> str:
    """What a name of Brian2's synapses is called in a plasticity rule; empty if it is none."""
    if name in ("w", "wgt"):
        return "the weight is called 'weight'"
    stem, _, side = name.rpartition("_")
    if stem and side in ("pre", "post"):
        return (
            f"a variable of the neuron is {side}.{stem}, declared in reads; what a spike sends is "
            "the weight, or transmit(...)"
        )
    return ""


def _describe(node: ast.AST) -> str:
    words = {
        ast.Attribute: "attribute access ('.')",
        ast.Subscript: "indexing ('[]')",
        ast.Lambda: "a lambda",
        ast.Tuple: "a tuple",
        ast.List: "a list",
        ast.Dict: "a dict",
        ast.JoinedStr: "an f-string",
        ast.NamedExpr: "':='",
        ast.Starred: "'*'",
        ast.ListComp: "a comprehension",
        ast.GeneratorExp: "a comprehension",
    }
    return words.get(type(node), f"this ({type(node).__name__})")

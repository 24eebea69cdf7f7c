"""What parameters alone decide is computed once, in the prologue.

Also: `dt` becomes a number, operations on numbers become numbers, a division by a parameter becomes
a product with its reciprocal, small integer powers become products. (XLA turns x/c into x*(1/c)
where it likes; here it is part of the program.)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace

from ..ir.expr import ONE, Const, Expr, Op, Ref, kind_of, neg, rewrite
from ..ir.program import (
    Block,
    Edges,
    Event,
    Field,
    Limits,
    MatrixExponential,
    Neurons,
    NoiseFactor,
    Precise,
    Program,
    Statement,
)

FIXED = ("parameter", "constant", "derived")
_HIGHEST_POWER = 8


def hoist(program: Program) -> Program:
    """Blocks hold no subexpression that the run does not change."""
    groups = {n.name: n for n in program.neurons}
    neurons, clocks = [], {c.name: c for c in program.clocks}
    hoisters = {
        n.name: _Hoister({f.name for f in n.fields if f.kind in FIXED}, program.dt)
        for n in program.neurons
    }
    plastic = tuple(_plastic(e, groups, hoisters, program.dt) for e in program.plastic)
    for n in program.neurons:
        h = hoisters[n.name]
        for c in program.clocks:
            if c.group == n.name:
                clocks[c.name] = replace(c, block=h.block(c.block))
        neurons.append(_neurons(n, h))
    return replace(
        program,
        neurons=tuple(neurons),
        clocks=tuple(clocks.values()),
        edges=tuple(_edges(e, groups, program.dt) for e in program.edges),
        couplings=tuple(_edges(e, groups, program.dt) for e in program.couplings),
        plastic=plastic,
    )


class _Hoister:
    """Rewrites the blocks of one group and gathers its prologue."""

    def __init__(self, fixed: set[str], dt: float, prefix: str = "fixed"):
        self.fixed, self.dt, self.prefix = fixed, dt, prefix
        self.names: dict[Expr, str] = {}

    def block(self, statements: Block) -> Block:
        return tuple(replace(s, value=self.expr(s.value)) for s in statements)

    def expr(self, expr: Expr) -> Expr:
        return self._top(rewrite(expr, self._simpler))

    def _simpler(self, node: Expr) -> Expr | None:
        if isinstance(node, Ref) and node.name == "dt":
            return Const(self.dt)
        if not isinstance(node, Op):
            return None
        if node.name in _FOLDED and (number := _folded(node)):
            return number
        if node.name == "pow":
            return _product(*node.args)
        if node.name == "mul":
            return _without_one(*node.args)
        if node.name == "div" and self._is_fixed(node.args[1]):
            reciprocal = Op("div", (ONE, node.args[1]))
            return _without_one(node.args[0], _folded(reciprocal) or reciprocal)
        return None

    def _is_fixed(self, expr: Expr) -> bool:
        if isinstance(expr, Const):
            return True
        if isinstance(expr, Ref):
            return expr.name in self.fixed
        return isinstance(expr, Op) and expr.name != "take" and all(map(self._is_fixed, expr.args))

    def _top(self, expr: Expr) -> Expr:
        """Give the largest fixed parts names."""
        if isinstance(expr, Const | Ref):
            return expr
        if self._is_fixed(expr):
            name = self.names.setdefault(expr, f"{self.prefix}.{len(self.names)}")
            return Ref(name)
        args = tuple(self._top(a) for a in expr.args)
        return replace(expr, args=args)

    def named(self, expr: Expr) -> Expr:
        """A fixed expression always by a name, so that static edges are easy to tell."""
        if isinstance(expr, Ref) or not self._is_fixed(expr):
            return expr
        return Ref(self.names.setdefault(expr, f"{self.prefix}.{len(self.names)}"))

    def statements(self) -> Block:
        return tuple(Statement(name, expr) for expr, name in self.names.items())

    def fields(self) -> tuple[Field, ...]:
        return tuple(Field(name, "derived") for name in self.names.values())


_FOLDED: dict[str, Callable[..., float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
}


def _folded(node: Op) -> Expr | None:
    """An operation on numbers as a number; rounded here as it would be later."""
    values = [a.value for a in node.args if isinstance(a, Const) and not isinstance(a.value, bool)]
    if len(values) < len(node.args) or (node.name == "div" and values[1] == 0):
        return None
    return Const(_FOLDED[node.name](*values))


def _without_one(a: Expr, b: Expr) -> Expr:
    """a * b, without a factor of 1 or -1."""
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Const) and abs(one.value) == 1 and kind_of(other, {}) == "float":
            return other if one.value == 1 else neg(other)
    return Op("mul", (a, b))


def _product(base: Expr, exponent: Expr) -> Expr | None:
    """x**n as products, for whole n up to 8; None otherwise."""
    if not isinstance(exponent, Const) or isinstance(exponent.value, bool):
        return None
    n = exponent.value
    if n != int(n) or not 0 <= n <= _HIGHEST_POWER:
        return None
    if n == 0:
        return ONE
    half = base
    result: Expr | None = None
    n = int(n)
    while n:
        if n & 1:
            result = half if result is None else Op("mul", (result, half))
        n >>= 1
        if n:
            half = Op("mul", (half, half))
    return result


def _neurons(group: Neurons, h: _Hoister) -> Neurons:
    matrices = tuple(_simpler(item, h) for item in group.prologue)
    lowered = replace(
        group,
        begin=h.block(group.begin),
        inputs=h.block(group.inputs),
        update=h.block(group.update),
        stages=tuple(h.block(stage) for stage in group.stages),
        arrive=h.block(group.arrive),
        precise=group.precise
        and Precise(**{k: h.block(b) for k, b in group.precise.blocks().items()}),
        events=tuple(Event(e.name, h.expr(e.condition), h.block(e.reset)) for e in group.events),
    )
    return replace(lowered, fields=group.fields + h.fields(), prologue=matrices + h.statements())


def _simpler(
    item: Statement | MatrixExponential | NoiseFactor | Limits, h: _Hoister
) -> Statement | MatrixExponential | NoiseFactor | Limits:
    if isinstance(item, Statement):
        return item

    def rows(matrix: tuple[tuple[Expr, ...], ...]) -> tuple[tuple[Expr, ...], ...]:
        return tuple(tuple(rewrite(e, h._simpler) for e in row) for row in matrix)

    if isinstance(item, NoiseFactor):
        return NoiseFactor(item.names, rows(item.matrix), rows(item.noise))
    if isinstance(item, Limits):
        return Limits(rows(item.matrix), rewrite(item.period, h._simpler), item.most)
    return MatrixExponential(item.names, rows(item.matrix))


def _plastic(
    e: Edges, groups: Mapping[str, Neurons], hoisters: Mapping[str, _Hoister], dt: float
) -> Edges:
    h = _of_edges(e, groups, dt)
    assert e.plasticity is not None
    sides = {"pre": hoisters[e.source.group], "post": hoisters[e.target.group]}
    responses = tuple(
        replace(r, block=(h if r.at == "synapse" else sides[r.to]).block(r.block))
        for r in e.plasticity.responses
    )
    return replace(
        e,
        pre=h.block(e.pre),
        plasticity=replace(e.plasticity, responses=responses),
        fields=e.fields + h.fields(),
        prologue=tuple(_simpler(item, h) for item in e.prologue) + h.statements(),
    )


def _of_edges(edges: Edges, groups: Mapping[str, Neurons], dt: float) -> _Hoister:
    fixed = {f.name for f in edges.fields if f.kind in FIXED}
    for side, view in (("pre", edges.source), ("post", edges.target)):
        fixed |= {f"{side}.{f.name}" for f in groups[view.group].fields if f.kind in FIXED}
    return _Hoister(fixed, dt)


def _edges(edges: Edges, groups: Mapping[str, Neurons], dt: float) -> Edges:
    h = _of_edges(edges, groups, dt)
    pre = tuple(replace(s, value=h.named(h.expr(s.value))) for s in edges.pre)
    sums = tuple(replace(s, value=h.expr(s.value)) for s in edges.continuous)
    return replace(
        edges,
        pre=pre,
        continuous=sums,
        fields=edges.fields + h.fields(),
        prologue=edges.prologue + h.statements(),
    )

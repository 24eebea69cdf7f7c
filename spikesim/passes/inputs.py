"""Inputs become part of the groups they act on.

A signal that parameters alone decide is put in place of its name, so that integration sees it as a
constant. Any other becomes a state that the `inputs` block sets at the start of each step. Arrivals
become a statement of the `arrive` block.

Each port gets an arrival field, zero before the deliveries of a step and added to the port's
variable after them. Whatever arrives is first rounded to the port's grid, a power of two so coarse
that sums of float64 numbers are exact in any order: (x + M) - M with a constant M from binding.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir.expr import Draw, Expr, Op, Ref, add, references, sub, substitute, walk, where
from ..ir.program import (
    Block,
    Differential,
    Field,
    Input,
    Neurons,
    Port,
    Program,
    Statement,
)
from .refractory import HELD


def inputs(program: Program) -> Program:
    """No Input is left."""
    neurons, clocks = [], list(program.clocks)
    for group in program.neurons:
        group = replace(group, fields=group.fields + _arrival_fields(group))
        mine = [one for one in program.inputs if one.target.group == group.name]
        for one in mine:
            group = _put_in(group, one)
        fixed = {one.into: one.value for one in mine if one.kind == "signal" and _constant(one)}
        clocks = [
            replace(c, block=_block(c.block, fixed)) if c.group == group.name else c for c in clocks
        ]
        early = [s for c in clocks if c.group == group.name for s in c.block] + list(group.begin)
        needed = {name for s in early for name in references(s.value)}
        arrive = group.arrive + tuple(_arrival(port) for port in group.ports)
        # What looks at a signal when the step begins sees that of the step.
        early_inputs, later = _early(group.inputs, needed)
        begin = early_inputs + group.begin
        neurons.append(replace(group, arrive=arrive, begin=begin, inputs=later))
    return replace(program, neurons=tuple(neurons), inputs=(), clocks=tuple(clocks))


def _early(block: Block, needed: set[str]) -> tuple[Block, Block]:
    """What of a block sets the names that are needed, and what is left to be done in its place: all
    but what depends on its own last value, which may be done once only."""
    found: list[Statement] = []
    for s in reversed(block):
        if s.target in needed:
            found.insert(0, s)
            needed = needed | references(s.value)
    once = {s.target for s in found if s.target in references(s.value)}
    rest = [s for s in block if s.target not in once]
    read = {name for s in rest for name in references(s.value)}
    return tuple(found), tuple(s for s in rest if not s.local or s.target in read)


def arriving(variable: str) -> str:
    """The arrival field of a port."""
    return f"arriving.{variable}"


def grid(variable: str) -> str:
    """The derived field that holds a port's rounding constant M (0: no rounding)."""
    return f"grid.{variable}"


def _arrival_fields(group: Neurons) -> tuple[Field, ...]:
    return tuple(
        field
        for port in group.ports
        for field in (
            Field(arriving(port.variable), "arrival", 0.0),
            Field(grid(port.variable), "derived", meaning="rounding constant", shared=True),
        )
    )


def _arrival(port: Port) -> Statement:
    new = Op("add", (Ref(port.variable), Ref(arriving(port.variable))))
    if port.while_held == "drop":
        return Statement(port.variable, where(HELD, Ref(port.variable), new))
    return Statement(port.variable, new)


def _put_in(group: Neurons, one: Input) -> Neurons:
    fields = group.fields + one.fields
    group = replace(group, inputs=group.inputs + one.before)
    if one.kind == "arrivals":
        rounding = Ref(grid(one.into))
        rounded = sub(add(one.value, rounding), rounding)
        added = Statement(arriving(one.into), rounded, "+=")
        return replace(group, fields=fields, arrive=(*group.arrive, added))
    if _constant(one):
        return _substituted(replace(group, fields=fields), {one.into: one.value})
    fields += (Field(one.into, "state", 0.0, meaning="signal"),)
    return replace(group, fields=fields, inputs=(*group.inputs, Statement(one.into, one.value)))


def _constant(one: Input) -> bool:
    looked_up = any(
        isinstance(n, Draw) or (isinstance(n, Op) and n.name == "take") for n in walk(one.value)
    )
    return not looked_up and not references(one.value) & {"t", "step"}


def _block(statements: Block, values: dict[str, Expr]) -> Block:
    return tuple(replace(s, value=substitute(s.value, values)) for s in statements)


def _substituted(group: Neurons, values: dict[str, Expr]) -> Neurons:
    return replace(
        group,
        begin=_block(group.begin, values),
        equations=tuple(
            Differential(d.variable, substitute(d.rate, values), d.held) for d in group.equations
        ),
        update=_block(group.update, values),
        events=tuple(
            replace(e, condition=substitute(e.condition, values), reset=_block(e.reset, values))
            for e in group.events
        ),
    )

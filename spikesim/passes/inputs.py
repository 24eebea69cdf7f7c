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
    Event,
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
    neurons = []
    for group in program.neurons:
        group = replace(group, fields=group.fields + _arrival_fields(group))
        for one in program.inputs:
            if one.target.group == group.name:
                group = _put_in(group, one)
        arrive = group.arrive + tuple(_arrival(port) for port in group.ports)
        neurons.append(replace(group, arrive=arrive))
    return replace(program, neurons=tuple(neurons), inputs=())


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


def _substituted(group: Neurons, values: dict[str, Expr]) -> Neurons:
    def block(statements: Block) -> Block:
        return tuple(
            Statement(s.target, substitute(s.value, values), s.how, s.local) for s in statements
        )

    return replace(
        group,
        equations=tuple(
            Differential(d.variable, substitute(d.rate, values), d.held) for d in group.equations
        ),
        update=block(group.update),
        events=tuple(
            Event(e.name, substitute(e.condition, values), block(e.reset)) for e in group.events
        ),
    )

"""Refractoriness becomes a counter of held steps, a flag, and a condition on spikes.

A spike found in step n holds steps n+1 ... n+R: in them `held` is true, held variables stand still,
there is no spike, and ports that drop arrivals drop them. Where a condition ends the period, a
spike sets the flag, and a step that begins with a false condition clears it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..ir.expr import Const, Expr, Op, Ref, substitute, where
from ..ir.program import Block, Event, Field, Neurons, Program, Statement

HELD = Ref("held")
_HELD_FIELD = Field("held", "state", False, "bool", meaning="stands still in this step")
_LEFT = Ref("held_steps")
OF_HOLDING = ("held", "held_steps")


def refractory(program: Program) -> Program:
    """No Hold is left, but in precise groups."""
    held = {n.name for n in program.neurons if n.hold}
    clocks = tuple(
        replace(c, block=tuple(replace(s, value=_readable(s.value)) for s in c.block))
        if c.group in held
        else c
        for c in program.clocks
    )
    neurons = tuple(_hold(n) if n.hold else n for n in program.neurons)
    return replace(program, neurons=neurons, clocks=clocks)


def _hold(group: Neurons) -> Neurons:
    assert group.hold is not None
    hold = group.hold
    if group.precise:  # the rest: `precise`
        held = replace(group, fields=(*group.fields, _HELD_FIELD), hold=hold)
        return in_neurons(held, _readable)
    fields: tuple[Field, ...] = (_HELD_FIELD,)
    if hold.until is not None:
        count: Block = (Statement("held", Op("and", (HELD, hold.until))),)
        begins = Statement("held", Const(True))
    else:
        fields += (Field("held_steps", "state", 0, "int", meaning="steps still to be held"),)
        count = (
            Statement("held", Op("gt", (_LEFT, Const(0)))),
            Statement("held_steps", where(HELD, Op("sub", (_LEFT, Const(1))), _LEFT)),
        )
        begins = Statement("held_steps", hold.steps)
    events = []
    for event in group.events:
        if event.name == hold.event:
            condition = Op("and", (event.condition, Op("not", (HELD,))))
            event = Event(event.name, condition, (*event.reset, begins))
        events.append(event)
    lowered = replace(
        group,
        fields=group.fields + fields,
        update=count + group.update,
        events=tuple(events),
        hold=None,
    )
    return in_neurons(lowered, _readable)


def _readable(expr: Expr) -> Expr:
    return substitute(expr, {"not_refractory": Op("not", (HELD,))})


def in_neurons(group: Neurons, change: Callable[[Expr], Expr]) -> Neurons:
    """The group with every expression of its blocks and equations changed."""

    def block(statements: Block) -> Block:
        return tuple(replace(s, value=change(s.value)) for s in statements)

    return replace(
        group,
        begin=block(group.begin),
        inputs=block(group.inputs),
        update=block(group.update),
        arrive=block(group.arrive),
        equations=tuple(replace(d, rate=change(d.rate)) for d in group.equations),
        events=tuple(
            replace(e, condition=change(e.condition), reset=block(e.reset)) for e in group.events
        ),
    )

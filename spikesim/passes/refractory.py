"""Refractoriness becomes a counter of held steps, a flag, and a condition on events.

A spike found in step n holds steps n+1 ... n+R: in them `held` is true, held variables stand still,
no event fires, and ports that drop arrivals drop them.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir.expr import Const, Op, Ref, where
from ..ir.program import Event, Field, Neurons, Program, Statement

HELD = Ref("held")
_LEFT = Ref("held_steps")
OF_HOLDING = ("held", "held_steps")


def refractory(program: Program) -> Program:
    """No Hold is left."""
    return replace(program, neurons=tuple(_hold(n) if n.hold else n for n in program.neurons))


def _hold(group: Neurons) -> Neurons:
    assert group.hold is not None
    fields = (
        Field("held", "state", False, "bool", meaning="stands still in this step"),
        Field("held_steps", "state", 0, "int", meaning="steps still to be held"),
    )
    count = (
        Statement("held", Op("gt", (_LEFT, Const(0)))),
        Statement("held_steps", where(HELD, Op("sub", (_LEFT, Const(1))), _LEFT)),
    )
    events = []
    for event in group.events:
        condition = Op("and", (event.condition, Op("not", (HELD,))))
        reset = event.reset
        if event.name == group.hold.event:
            reset = (*reset, Statement("held_steps", group.hold.steps))
        events.append(Event(event.name, condition, reset))
    return replace(
        group,
        fields=group.fields + fields,
        update=count + group.update,
        events=tuple(events),
        hold=None,
    )

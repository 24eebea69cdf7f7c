"""Action -> Clock: code that acts on neurons at an interval or at given times."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..distributions import stripped
from ..errors import DescriptionError, ParameterError, SpikesimError
from ..ir.expr import Op, Ref, where
from ..ir.program import MOST_STEPS, Block, Clock, Field, nearest_step
from ..models.reader import Reader
from ..population import Action
from ..units import TIME
from .group import Group


def clock_of(
    action: Action, number: int, group: Group, dt: float, faults: list[SpikesimError]
) -> Clock | None:
    """The clock of an action; the group gets what tells the neurons in view from the others."""
    name = f"action {number}"
    subject = f"{name} on {group.name!r}"
    if group.definition is None:
        faults.append(DescriptionError(f"{subject}: a spike source has no state to set"))
        return None
    reader = Reader.again(group.definition, subject)
    block = reader.block(action.code, "code", label=name, together=True)
    if not reader.faults and not block:
        reader.faults.append(DescriptionError(f"{subject}: the code is empty"))
    faults += reader.faults
    if len(action.view) < group.population.size:
        block = _within(block, name, action, group, subject, faults)
    if action.at is not None:
        return Clock(name, group.name, 1, block, at=_times(action.at, dt, subject, faults))
    every = interval_steps(action.every, dt, subject, faults)
    offset = 0 if action.start is None else _steps(action.start, "start", dt, subject, faults)
    return None if every is None else Clock(name, group.name, every, block, offset)


def interval_steps(time: Any, dt: float, subject: str, faults: list[SpikesimError]) -> int | None:
    """An interval in steps; None where it is none."""
    every = _steps(time, "every", dt, subject, faults)
    if every < 1:
        text = f"{subject}: every is {time}; expected a time of at least {dt:g} ms"
        faults.append(ParameterError(text))
        return None
    return every


def _within(
    block: Block, name: str, action: Action, group: Group, subject: str, faults: list[SpikesimError]
) -> Block:
    """The block for the neurons in view alone."""
    assert group.definition is not None
    chosen = np.zeros(group.population.size, bool)
    chosen[action.view.indices] = True
    here = f"{name}.here"
    group.fields.append(Field(here, "constant", chosen, "bool"))
    statements = []
    for s in block:
        if group.definition.declared[s.target].shared:
            faults.append(
                DescriptionError(
                    f"{subject}: {s.target!r} is shared by all neurons and can't be set of a view; "
                    "act on the whole population"
                )
            )
        value = Op("add", (Ref(s.target), s.value)) if s.how == "+=" else s.value
        statements.append(type(s)(s.target, where(Ref(here), value, Ref(s.target))))
    return tuple(statements)


def _steps(time: Any, word: str, dt: float, subject: str, faults: list[SpikesimError]) -> int:
    plain = stripped(time, TIME, f"{subject}, {word}", faults)
    if plain is None:
        return 1
    if np.ndim(plain) or not isinstance(plain, float) or plain < 0:
        faults.append(ParameterError(f"{subject}: {word} is {time}; expected one time"))
        return 1
    if plain / dt > MOST_STEPS:
        text = f"{subject}: {word} is {time}; expected at most {MOST_STEPS} steps of {dt:g} ms"
        faults.append(ParameterError(text))
        return 1
    steps = int(nearest_step(plain, dt))
    if word == "every" and steps and abs(steps * dt - plain) > 1e-9 * plain:
        faults.append(
            ParameterError(
                f"{subject}: every {plain:g} ms is no multiple of dt = {dt:g} ms; choose one, such "
                f"as {steps * dt:g} ms"
            )
        )
    return steps


def _times(times: Any, dt: float, subject: str, faults: list[SpikesimError]) -> tuple[int, ...]:
    plain = stripped(times, TIME, f"{subject}, times", faults)
    if plain is None:
        return ()
    values = np.atleast_1d(plain)
    if values.ndim != 1 or values.dtype == object or (values < 0).any():
        faults.append(
            ParameterError(
                f"{subject}: expected times of at least 0, such as [10, 25]*ms, got {times}"
            )
        )
        return ()
    return tuple(int(step) for step in np.unique(nearest_step(values, dt)))

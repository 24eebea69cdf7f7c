"""Delays in milliseconds become whole steps: floor(delay/dt + 0.5 + 1e-9)."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import numpy as np

from ..errors import ConnectivityError
from ..ir.program import NEST_ORDER, Program, nearest_step


def delays(program: Program) -> Program:
    """axonal and dendritic are integers or int64 arrays of steps.

    Raises ConnectivityError for a delay below the shortest that the order of a step allows.
    """
    edges = []
    for e in program.edges:
        parts = [nearest_step(part, program.dt) for part in (e.axonal, e.dendritic)]
        total = parts[0] + parts[1]
        if np.size(total) and np.min(total) < shortest(program):
            refuse_short(e.name, int(np.min(total)), program)
        axonal, dendritic = (int(p) if np.ndim(p) == 0 else p for p in parts)
        edges.append(replace(e, axonal=axonal, dendritic=dendritic))
    return replace(program, edges=tuple(edges))


def shortest(program: Program) -> int:
    """The shortest delay, in steps, that the order of a step allows."""
    return 1 if program.order == NEST_ORDER else 0


def refuse_short(name: str, steps: int, program: Program) -> NoReturn:
    """Raise ConnectivityError for a delay of so many steps."""
    least = shortest(program)
    raise ConnectivityError(
        f"projection {name!r}: a delay of {steps} steps; in this order of the step at least "
        f"{least} is needed, {least * program.dt:g} ms"
    )

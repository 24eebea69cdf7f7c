"""Delays in milliseconds become whole steps: floor(delay/dt + 0.5 + 1e-9)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import ConnectivityError
from ..ir.program import NEST_ORDER, Program, nearest_step


def delays(program: Program) -> Program:
    """axonal and dendritic are integers or int64 arrays of steps.

    Raises ConnectivityError for a delay below the shortest that the order of a step allows.
    """
    least = 1 if program.order == NEST_ORDER else 0
    edges = []
    for e in program.edges:
        parts = [nearest_step(part, program.dt) for part in (e.axonal, e.dendritic)]
        total = parts[0] + parts[1]
        if np.size(total) and np.min(total) < least:
            raise ConnectivityError(
                f"projection {e.name!r}: a delay of {int(np.min(total))} steps; in this order of "
                f"the step at least {least} is needed, {least * program.dt:g} ms"
            )
        axonal, dendritic = (int(p) if np.ndim(p) == 0 else p for p in parts)
        edges.append(replace(e, axonal=axonal, dendritic=dendritic))
    return replace(program, edges=tuple(edges))

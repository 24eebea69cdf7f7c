"""Edges to precise groups become pairs, apart from the others: their spikes arrive at their times.

All backends take them from here; of the table of `layout`, which counts in steps, they are no part.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import DescriptionError, SpikesimError, raise_all
from ..ir.program import Edges, Program
from .delays import delays
from .draw import draw_edges


def timed(program: Program) -> Program:
    """`timed` holds the edges to precise groups, drawn, with delays in steps.

    Raises what stands against it: delays below one step, synapses that do not always transmit.
    """
    aimed = [e for e in program.edges if program.group(e.target.group).precise]
    if not aimed:
        return program
    faults: list[SpikesimError] = []
    sizes = {n.name: n.size for n in program.neurons}
    drawn = [draw_edges(e, sizes, program.seed, faults) for e in aimed]
    raise_all("the network", faults)
    made = delays(replace(program, edges=tuple(drawn))).edges
    for e in made:
        faults += _faults(e, program.dt)
    raise_all("the network", faults)
    rest = tuple(e for e in program.edges if not program.group(e.target.group).precise)
    return replace(program, edges=rest, timed=made)


def _faults(e: Edges, dt: float) -> list[SpikesimError]:
    found: list[SpikesimError] = []
    least = np.min(np.broadcast_to(total(e), len(e.pattern)), initial=1)
    if least < 1:
        found.append(
            DescriptionError(
                f"projection {e.name!r}: a delay of {least} steps to the population "
                f"{e.target.group!r}, which is precise; at least 1 is needed, {dt:g} ms"
            )
        )
    if e.unreliable:
        found.append(
            DescriptionError(
                f"projection {e.name!r}: release= to the population {e.target.group!r}, which is "
                "precise; leave one of them out"
            )
        )
    return found


def total(e: Edges) -> np.ndarray:
    """The delays of drawn edges, in steps: one, or one each."""
    return np.asarray(e.axonal) + np.asarray(e.dendritic)

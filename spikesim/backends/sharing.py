"""Which edges go into one table: those that can share weights by source, and the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir.program import Program
from ..passes.layout import addresses, port_of
from .base import Options
from .memory import expected, span

# The edges of each table, by number, and whether it shares weights.
Groups = list[tuple[list[int], bool]]

# A table of its own pays where the weights that are saved take as many times its memory.
_TABLE_COSTS = 1


def grouped(
    program: Program, options: Options, weights: Sequence[float | None], parts: int
) -> Groups:
    """The groups for these weights: of each edges, one number or None.

    Edges that transmit spikes with a probability have a table each. One takes all others that have
    weights of their own. The rest go where no source has another
    weight (or, where weights are rounded, another port) yet, if what is saved is more than what a
    table of so many parts takes.
    """
    own: list[int] = []
    shared: list[list[int]] = []
    sizes = {n.name: n.size for n in program.neurons}
    table = 4 * parts * addresses(program).n_sources
    rounded = options.weight_dtype == np.float64

    def differ(k: int, j: int) -> bool:
        ports = port_of(program.edges[k]), port_of(program.edges[j])
        return weights[k] != weights[j] or (rounded and ports[0] != ports[1])

    unreliable = [k for k, e in enumerate(program.edges) if e.unreliable]
    for k, e in enumerate(program.edges):
        if e.unreliable:
            continue
        saved = options.weight_dtype.itemsize * expected(e, sizes)
        if weights[k] is None:
            own.append(k)
            continue
        for group in shared:
            if not any(differ(k, j) and _overlap(program, k, j) for j in group):
                group.append(k)
                break
        else:
            if saved > _TABLE_COSTS * table * (span(e, program.dt, sizes)[1] + 2):
                shared.append([k])
            else:
                own.append(k)
    alone = [([k], False) for k in unreliable]
    rest = [(own, False)] if own or not (shared or alone) else []
    return [(g, True) for g in shared] + rest + alone


def sources(program: Program, k: int) -> np.ndarray:
    """The numbers of the sources of edges."""
    view = program.edges[k].source
    offset = addresses(program).first_source(view.group, program.edges[k].event)
    return view.indices(program.group(view.group).size) + offset


def _overlap(program: Program, k: int, j: int) -> bool:
    """Have two edges a source in common?"""
    a, b = program.edges[k].source, program.edges[j].source
    if a.group != b.group or program.edges[k].event != program.edges[j].event:
        return False
    size = program.group(a.group).size
    return bool(np.intersect1d(a.indices(size), b.indices(size)).size)

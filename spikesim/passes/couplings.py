"""Couplings become pairs, sorted by target: the order in which a neuron's sum is added up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import SpikesimError, raise_all
from ..ir.program import Edges, Pairs, Program
from .draw import draw_edges


def couplings(program: Program) -> Program:
    """The pattern of every coupling is Pairs, by target, then source, then the rule's order.

    Raises ConnectivityError where an array of weights has the wrong length.
    """
    faults: list[SpikesimError] = []
    sizes = {n.name: n.size for n in program.neurons}
    drawn = [draw_edges(e, sizes, program.seed, faults) for e in program.couplings]
    raise_all("the network", faults)
    return replace(program, couplings=tuple(_sorted(e, sizes[e.target.group]) for e in drawn))


def _sorted(e: Edges, size: int) -> Edges:
    p: Pairs = e.pattern
    order = np.argsort(e.target.indices(size)[p.target], kind="stable")

    def moved(value: Any) -> Any:
        return value[order] if isinstance(value, np.ndarray) and value.ndim else value

    pairs = Pairs(*(a[order] for a in (p.source, p.target, p.row, p.position, p.given)))
    return replace(
        e, pattern=pairs, fields=tuple(replace(f, value=moved(f.value)) for f in e.fields)
    )

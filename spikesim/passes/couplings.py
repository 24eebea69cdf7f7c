"""Couplings become pairs, sorted by target: the order in which a neuron's sum is added up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..connectivity import AllToAll
from ..errors import SpikesimError, raise_all
from ..ir.expr import references
from ..ir.program import Edges, Pairs, Program
from .draw import draw_edges, ends_of


def couplings(program: Program) -> Program:
    """The pattern of every coupling is Pairs, by target, then source, then the rule's order.

    Raises ConnectivityError where an array of weights has the wrong length.
    """
    faults: list[SpikesimError] = []
    sizes = {n.name: n.size for n in program.neurons}
    whole = [pooled(e, sizes) for e in program.couplings]
    drawn = [draw_edges(e, sizes, program.seed, faults) for e in whole]
    raise_all("the network", faults)
    return replace(program, couplings=tuple(_sorted(e, sizes[e.target.group]) for e in drawn))


def pooled(e: Edges, sizes: dict[str, int]) -> Edges:
    """Where all sources reach all targets alike, their sum is the same for all: one row of it."""
    ends = ends_of(e, sizes)
    every = isinstance(e.pattern, AllToAll) and e.pattern.count(ends) == (
        ends.n_source * ends.n_target
    )
    of_target = any(n.startswith("post.") for n in references(e.continuous[0].value))
    if not every or of_target or any(not f.shared for f in e.fields if f.kind == "parameter"):
        return e
    k, zeros = np.arange(ends.n_source), np.zeros(ends.n_source, np.int64)
    return replace(e, pattern=Pairs(k, zeros, k, zeros, k), pooled=True)


def _sorted(e: Edges, size: int) -> Edges:
    p: Pairs = e.pattern
    order = np.argsort(e.target.indices(size)[p.target], kind="stable")

    def moved(value: Any) -> Any:
        return value[order] if isinstance(value, np.ndarray) and value.ndim else value

    given = p.from_user(np.arange(p.values))
    pairs = Pairs(*(a[order] for a in (p.source, p.target, p.row, p.position, given)))
    return replace(
        e, pattern=pairs, fields=tuple(replace(f, value=moved(f.value)) for f in e.fields)
    )

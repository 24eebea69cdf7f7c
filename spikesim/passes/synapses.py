"""Plastic edges become pairs, sorted by source and target, with delays in steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import SpikesimError, raise_all
from ..ir.program import Edges, Pairs, Probe, Program, View, nearest_step
from .draw import draw_edges


def synapses(program: Program) -> Program:
    """The pattern of every plastic edges is Pairs, by source, then target, then the rule's order.

    Raises ConnectivityError where an array has the wrong length.
    """
    faults: list[SpikesimError] = []
    sizes = {n.name: n.size for n in program.neurons}
    drawn = [draw_edges(e, sizes, program.seed, faults) for e in program.plastic]
    raise_all("the network", faults)
    made = replace(program, plastic=tuple(_in_steps(sort_edges(e), program.dt) for e in drawn))
    return replace(made, synapse_probes=tuple(_aimed(p, made) for p in program.synapse_probes))


def _aimed(probe: Probe, program: Program) -> Probe:
    """A probe of plastic edges with the numbers of the synapses as they are stored; where their
    neurons have the variable, a probe of these."""
    edges = {e.name: e for e in program.plastic}
    if probe.source.group not in edges:
        return probe
    e = edges[probe.source.group]
    try:
        number = e.pattern.to_user(np.arange(len(e.pattern)))[probe.source.index]
    except IndexError:
        return probe  # told where the columns of the results are made
    if any(f.name == probe.variable for f in e.fields):
        return replace(probe, source=View(e.name, np.atleast_1d(number)))
    name = f"{e.name}.{probe.variable}"
    for view, ends in ((e.source, e.pattern.source), (e.target, e.pattern.target)):
        group = program.group(view.group)
        if any(f.name == name for f in group.fields):
            neuron = np.atleast_1d(view.indices(group.size)[ends[number]])
            return replace(probe, source=View(group.name, neuron), variable=name)
    return probe


def sort_edges(e: Edges) -> Edges:
    """Drawn edges in the order in which the synapses of plastic edges are numbered."""
    p: Pairs = e.pattern
    small = np.int32  # the largest projection has fewer than 2^31 of them
    sorted_ = not (np.diff(p.source) < 0).any()
    if sorted_ and not ((np.diff(p.target) < 0) & (np.diff(p.source) == 0)).any():
        order: Any = slice(None)
    else:
        order = np.lexsort((p.target, p.source)).astype(small)

    def moved(value: Any) -> Any:
        return value[order] if isinstance(value, np.ndarray) and value.ndim else value

    assert p.given is not None
    given = p.given[order]
    in_order = np.array_equal(given, np.arange(len(given)))
    none = np.empty(0, small)
    source, target = (_narrow(places[order]) for places in (p.source, p.target))
    pairs = Pairs(source, target, none, none, None if in_order else given.astype(small))
    return replace(
        e,
        pattern=pairs,
        fields=tuple(replace(f, value=moved(f.value)) for f in e.fields),
        axonal=moved(e.axonal),
        dendritic=moved(e.dendritic),
    )


def _narrow(places: np.ndarray) -> np.ndarray:
    """Positions in a view, in half of the memory where they are few."""
    return places.astype(np.uint16 if places.max(initial=0) < 2**16 else np.int32)


def _in_steps(e: Edges, dt: float) -> Edges:
    axonal, dendritic = (nearest_step(part, dt) for part in (e.axonal, e.dendritic))
    return replace(e, axonal=axonal, dendritic=dendritic)

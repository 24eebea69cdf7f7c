"""Static edges become one table: for each source, the slot, delay and weight of its synapses.

An edge is static if its pre block only adds a value that parameters decide to one port of the
target.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..ir.expr import Ref
from ..ir.program import Delivery, Edges, Pairs, Program
from .hoist import FIXED


def layout(program: Program) -> Program:
    """`delivery` holds all static edges."""
    return replace(program, delivery=_table(program, [e for e in program.edges if is_static(e)]))


def is_static(e: Edges) -> bool:
    """Does the edge only add a fixed weight to one port?"""
    if e.event != "spike" or e.post or e.clocked or e.continuous or len(e.pre) != 1:
        return False
    (one,) = e.pre
    fixed = {f.name for f in e.fields if f.kind in FIXED}
    return one.how == "+=" and isinstance(one.value, Ref) and one.value.name in fixed


def _table(program: Program, static: list[Edges]) -> Delivery:
    sources, n_sources = {}, 0
    for n in program.neurons:
        if any(event.name == "spike" for event in n.events):
            sources[n.name] = n_sources
            n_sources += n.size
    slots, n_slots = {}, 0
    for n in program.neurons:
        for port in n.ports:
            slots[n.name, port.variable] = n_slots
            n_slots += n.size
    sizes = {n.name: n.size for n in program.neurons}
    columns: list[tuple[Any, ...]] = []
    indegree = {}
    for e in static:
        pairs: Pairs = e.pattern
        variable = e.pre[0].target.removeprefix("post.")
        source = e.source.indices(sizes[e.source.group])[pairs.source] + sources[e.source.group]
        target = e.target.indices(sizes[e.target.group])[pairs.target]
        delay = np.broadcast_to(np.asarray(e.axonal) + np.asarray(e.dendritic), len(pairs))
        columns.append((source, target + slots[e.target.group, variable], delay))
        most = int(np.bincount(target).max()) if len(target) else 0
        indegree[e.name, e.target.group, variable] = most
    source, slot, delay = (
        np.concatenate(
            [np.asarray(c[k], dtype=np.int64) for c in columns] or [np.empty(0, np.int64)]
        )
        for k in range(3)
    )
    order = np.argsort(source, kind="stable")
    counts = np.bincount(source, minlength=n_sources)
    return Delivery(
        tuple(sources.items()),
        tuple((group, variable, start) for (group, variable), start in slots.items()),
        n_sources,
        n_slots,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        slot[order].astype(np.int32),
        delay[order].astype(np.int32),
        tuple((e.name, _weight(e), len(e.pattern)) for e in static),
        order,
        indegree,
    )


def _weight(e: Edges) -> str:
    assert isinstance(e.pre[0].value, Ref)
    return e.pre[0].value.name

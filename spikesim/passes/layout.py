"""Static edges become one table: for each source, the slot, delay and weight of its synapses.

An edge is static if its pre block only adds a value that parameters decide to one port of the
target.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..ir.expr import Ref
from ..ir.program import Delivery, Edges, Pairs, Program, Rows, Unreliable
from ..ir.verify import released
from ..random import stream
from .hoist import FIXED


def layout(program: Program) -> Program:
    """`delivery` holds all static edges."""
    static = [e for e in program.edges if is_static(e)]
    return replace(program, delivery=_laid_out(program, static))


def addresses(program: Program) -> Delivery:
    """The numbers of sources and slots, and no synapses yet."""
    wanted = {(e.source.group, e.event) for e in (*program.edges, *program.timed, *program.plastic)}
    sending = [
        [e.name for e in n.events if e.name == "spike" or (n.name, e.name) in wanted]
        for n in program.neurons
    ]
    sources, n_sources = [], 0
    for layer in range(max(map(len, sending), default=0)):
        for n, events in zip(program.neurons, sending, strict=True):
            if layer < len(events):
                sources.append((n.name, events[layer], n_sources))
                n_sources += n.size
    slots, n_slots = [], 0
    for n in program.neurons:
        for port in n.ports:
            slots.append((n.name, port.variable, n_slots))
            n_slots += n.size
    return Delivery(tuple(sources), tuple(slots), n_sources, n_slots)


def port_of(e: Edges) -> tuple[str, str]:
    """The group and the variable that static edges add to."""
    return e.target.group, e.pre[0].target.removeprefix("post.")


def is_static(e: Edges) -> bool:
    """Does the edge only add a fixed weight to one port?"""
    if e.plasticity or e.continuous or len(e.pre) != 1:
        return False
    (one,) = e.pre
    fixed = {f.name for f in e.fields if f.kind in FIXED}
    return one.how == "+=" and isinstance(one.value, Ref) and one.value.name in fixed


def _unreliable(static: list[Edges], order: np.ndarray) -> Unreliable:
    sizes = [len(e.pattern) for e in static]
    number = np.concatenate([np.arange(n) for n in sizes])[order]
    streams = [stream(released(e)) if e.unreliable else 0 for e in static]
    place = np.flatnonzero(np.repeat([e.unreliable for e in static], sizes)[order])
    each = np.repeat(np.asarray(streams, np.uint32), sizes)[order]
    return Unreliable(place, number[place].astype(np.uint32), each[place])


def _laid_out(program: Program, static: list[Edges]) -> Delivery:
    delivery = addresses(program)
    slots = {(group, variable): start for group, variable, start in delivery.slots}
    sizes = {n.name: n.size for n in program.neurons}
    columns = []
    indegree = []
    for e in static:
        pairs: Pairs = e.pattern
        source = e.source.indices(sizes[e.source.group])[pairs.source]
        source = source + delivery.first_source(e.source.group, e.event)
        target = e.target.indices(sizes[e.target.group])[pairs.target]
        delay = np.broadcast_to(np.asarray(e.axonal) + np.asarray(e.dendritic), len(pairs))
        columns.append((source, target + slots[port_of(e)], delay))
        indegree.append(int(np.bincount(target).max()) if len(target) else 0)
    source, slot, delay = (
        np.concatenate(
            [np.asarray(c[k], dtype=np.int64) for c in columns] or [np.empty(0, np.int64)]
        )
        for k in range(3)
    )
    order = np.argsort(source, kind="stable")
    counts = np.bincount(source, minlength=delivery.n_sources)
    rows = Rows(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        slot[order].astype(np.int32),
        delay[order].astype(np.int32),
        order,
    )
    if any(e.unreliable for e in static):
        rows = replace(rows, unreliable=_unreliable(static, order))
    longest = int(delay.max()) if len(delay) else 0
    return replace(
        delivery,
        synapses=len(source),
        longest=longest,
        largest_indegree=tuple(indegree),
        rows=rows,
    )

"""Connectivity rules become pairs; distributions become arrays. All from the network's seed.

Streams: `edges.pairs`, `edges.weight`, `edges.axonal`, `group.v` ... Counters: (row, position) of
the connection, (element, 0) of a neuron.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..connectivity.base import Ends
from ..distributions import Distribution
from ..errors import ConnectivityError, SpikesimError, raise_all
from ..ir.program import Edges, Field, Neurons, Pairs, Program
from ..random import stream


def draw(program: Program) -> Program:
    """No rule and no Distribution is left.

    Raises ConnectivityError where arrays of weights or delays have the wrong length.
    """
    faults: list[SpikesimError] = []
    sizes = {n.name: n.size for n in program.neurons}
    neurons = tuple(_neurons(n, program.seed) for n in program.neurons)
    edges = tuple(_edges(e, sizes, program.seed, faults) for e in program.edges)
    raise_all("the network", faults)
    return replace(program, neurons=neurons, edges=edges)


def _neurons(group: Neurons, seed: int) -> Neurons:
    def value(f: Field) -> Any:
        if isinstance(f.value, Distribution):
            return f.value.draw(seed, stream(f"{group.name}.{f.name}"), np.arange(group.size), 0)
        return f.value

    return replace(group, fields=tuple(replace(f, value=value(f)) for f in group.fields))


def _edges(e: Edges, sizes: dict[str, int], seed: int, faults: list[SpikesimError]) -> Edges:
    pairs = e.pattern
    if not isinstance(pairs, Pairs):
        pairs = pairs.draw(ends_of(e, sizes), seed, stream(f"{e.name}.pairs"))

    def value(word: str, given: Any) -> Any:
        if isinstance(given, Distribution):
            return given.draw(seed, stream(f"{e.name}.{word}"), pairs.row, pairs.position)
        if np.ndim(given) == 0:
            return given
        if np.shape(given) != (len(pairs),):
            faults.append(
                ConnectivityError(
                    f"projection {e.name!r}: {word} has shape {np.shape(given)}; the rule made "
                    f"{len(pairs)} connections, give one value for each, or a distribution"
                )
            )
            return 0.0
        return np.asarray(given)[pairs.given]

    fields = tuple(replace(f, value=value(f.name, f.value)) for f in e.fields)
    return replace(
        e,
        pattern=pairs,
        fields=fields,
        axonal=value("axonal", e.axonal),
        dendritic=value("dendritic", e.dendritic),
    )


def ends_of(e: Edges, sizes: dict[str, int]) -> Ends:
    """The sizes of the two views of edges, and which of their neurons are the same."""
    source = e.source.indices(sizes[e.source.group])
    target = e.target.indices(sizes[e.target.group])
    own = None
    if e.source.group == e.target.group:
        place = np.full(sizes[e.source.group], -1, dtype=np.int64)
        place[source] = np.arange(len(source))
        own = place[target]
    return Ends(len(source), len(target), own)

"""Connectivity rules become pairs, distributions arrays. All from the network's seed.

Streams: `edges.pairs`, `edges.weight`, `edges.axonal` ... Counters: (row, position) of the
connection.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..connectivity.base import Ends
from ..distributions import Distribution
from ..errors import ConnectivityError, SpikesimError, raise_all
from ..ir.program import Edges, Pairs, Program
from ..random import stream


def draw(program: Program) -> Program:
    """Edges have neither a rule nor a Distribution left.

    Raises ConnectivityError where arrays of weights or delays have the wrong length.
    """
    faults: list[SpikesimError] = []
    sizes = {n.name: n.size for n in program.neurons}
    edges = tuple(draw_edges(e, sizes, program.seed, faults) for e in program.edges)
    raise_all("the network", faults)
    return replace(program, edges=edges)


def drawn_edges(e: Edges, program: Program) -> Edges:
    """`draw` of one of the program's edges."""
    faults: list[SpikesimError] = []
    found = draw_edges(e, {n.name: n.size for n in program.neurons}, program.seed, faults)
    raise_all("the network", faults)
    return found


def draw_edges(e: Edges, sizes: dict[str, int], seed: int, faults: list[SpikesimError]) -> Edges:
    """Edges with pairs and arrays, in the order of the pairs."""
    pairs = e.pattern
    if not isinstance(pairs, Pairs):
        pairs = pairs.draw(ends_of(e, sizes), seed, stream(f"{e.name}.pairs"))

    def value(word: str, given: Any) -> Any:
        if isinstance(given, Distribution):
            return given.draw(seed, stream(f"{e.name}.{word}"), pairs.row, pairs.position)
        if np.ndim(given) == 0:
            return given
        if np.shape(given) != (pairs.values,):
            faults.append(
                ConnectivityError(
                    f"projection {e.name!r}: {word} has shape {np.shape(given)}; the rule made "
                    f"{pairs.values} connections, give one value for each, or a distribution"
                )
            )
            return 0.0
        return pairs.from_user(np.asarray(given))

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

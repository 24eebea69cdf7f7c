"""Couplings on arrays: which neurons an edge joins, and how the sums of targets are added up.

The edges are sorted by target. A sum is ((0 + first) + second) + ..., on every backend, so that it
is the same number on each, and on any number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from ..ir.program import Edges, Program


@dataclass(frozen=True, eq=False)
class Joined:
    """The ends of the edges of a coupling that is drawn: element numbers, int32 [edges].

    size: how many sums there are. spread: of a coupling that is pooled, which has one, the targets
    that get it, int32, of `whole`.
    """

    edges: Edges
    source: np.ndarray
    target: np.ndarray
    size: int
    whole: int
    spread: np.ndarray | None = None

    @cached_property
    def row(self) -> np.ndarray:
        """Where the edges of each target start, and the end: int64 [size + 1]."""
        return np.searchsorted(self.target, np.arange(self.size + 1)).astype(np.int64)

    @cached_property
    def columns(self) -> np.ndarray:
        """The k-th edge of each target, int32 [most, size]; the number of edges where it has
        fewer."""
        degree = np.diff(self.row)
        k = np.arange(int(degree.max(initial=0)))[:, None]
        return np.where(k < degree, self.row[:-1] + k, len(self.target)).astype(np.int32)


def joined(program: Program) -> list[Joined]:
    """The couplings of a program that went through COUPLED."""
    sizes = {n.name: n.size for n in program.neurons}
    found = []
    for e in program.couplings:
        source = e.source.indices(sizes[e.source.group])[e.pattern.source]
        targets, size = e.target.indices(sizes[e.target.group]), sizes[e.target.group]
        if e.pooled:
            target, spread = np.zeros_like(source), np.sort(targets).astype(np.int32)
        else:
            target, spread = targets[e.pattern.target], None
        found.append(Joined(e, source.astype(np.int32), target.astype(np.int32),
                            1 if e.pooled else size, size, spread))  # fmt: skip
    return found


class Coupling(Protocol):
    """A coupling for an array library."""

    edges: Edges
    source: Any
    target: Any

    def total(self, values: Any) -> Any:
        """The sums of the targets [size] of values [edges]."""
        ...


class EdgeScope(Mapping[str, Any]):
    """The values of names in a coupling: its own, and those of its two groups, an edge each."""

    def __init__(self, coupling: Coupling, own: Mapping[str, Any], pre: Mapping[str, Any],
                 post: Mapping[str, Any]):  # fmt: skip
        self.own = own
        self.sides = {"pre": (pre, coupling.source), "post": (post, coupling.target)}
        self.name = coupling.edges.name

    def __getitem__(self, name: str) -> Any:
        side, _, rest = name.partition(".")
        if side not in self.sides:
            key = f"{self.name}.{name}"
            return self.own[key] if key in self.own else self.sides["post"][0][name]
        values, index = self.sides[side]
        value = values[rest]
        return value[index] if np.ndim(value) else value

    def __iter__(self) -> Any:
        return iter(self.own)

    def __len__(self) -> int:
        return len(self.own)

"""The synapses of a program for the C++ code, in one table or several; see docs/design/native.md.

They are made by C++ from the rules, without the arrays of the passes (what only NumPy knows how to
draw is handed over). Static edges only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import ParameterError, raise_all
from ..ir.program import Program
from ..native.connect import Table, Weighing, allocate
from ..passes.layout import addresses, port_of
from .base import Options
from .binding import Binder, Values, Weighed
from .sharing import Groups, grouped, sources
from .weights import plain, same, single, weighing

# Targets are 16-bit numbers within a part. A few parts more than that needs keep threads busy.
_LARGEST_PART = 2**16
_FEWEST_SLOTS = 4096
# Where segments (a source, a delay) hold fewer synapses on average, a ring is faster and smaller.
_FEWEST_IN_A_SEGMENT = 4


def part_starts(n_slots: int, threads: int) -> np.ndarray:
    """Where parts of slots start, and the end."""
    few = max(-(-n_slots // _LARGEST_PART), min(threads, n_slots // _FEWEST_SLOTS), 1)
    return np.linspace(0, n_slots, few + 1).round().astype(np.int64)


def weights_of(store: int) -> str:
    """The name of the weights of a store among the values of a run."""
    return "delivery.weights" + f".{store}" * (store > 0)


@dataclass
class Store:
    """A table of some of the edges, and its weights.

    edges: their numbers in the program. weight: one a synapse, or, where `shared`, one a source,
    which all its synapses have.
    """

    edges: list[int]
    table: Table
    weight: np.ndarray
    shared: bool

    def explain(self, names: Sequence[str]) -> str:
        """How it is stored, in a line."""
        t, n = self.table, max(self.table.synapses, 1)
        size = t.nbytes + self.weight.nbytes
        where = "a delay each, through a ring" if t.segment is None else "sorted by delay"
        weight = "one weight a source" if self.shared else f"{self.weight.itemsize} for the weight"
        kept = ", ".join(names[k] for k in self.edges[:4]) + ", ..." * (len(self.edges) > 4)
        return (
            f"{kept}: {t.synapses} synapses in {len(t.part_start) - 1} parts, {len(t.delays)} "
            f"delays, {where}; {size / 1e6:.1f} MB, {size / n:.2f} bytes a synapse (2 for the "
            f"target, {weight})"
        )


class Synapses:
    """The tables of synapses, and their weights for the values of a run.

    share: may edges with one weight for all be stored without weights, and many delays as a number
    a synapse? The weights of one run are kept, and drawn again in the same place where the next has
    others; where those are shared in another way, the tables are made again. How they are stored
    depends on the network and the values of the run alone, and so does the order in which numbers
    are added.
    """

    def __init__(self, program: Program, options: Options, threads: int, share: bool = False):
        self.given, self.options, self.threads, self.share = program, options, threads, share
        self.delivery = addresses(program)
        self.part_start = part_starts(self.delivery.n_slots, threads)
        self._lay_out(self._grouped([plain(e.field("weight").value) for e in program.edges]))

    def _grouped(self, weights: Sequence[float | None]) -> Groups:
        if not self.share:
            return [(list(range(len(weights))), False)]
        return grouped(self.given, self.options, weights, self._fewest_parts)

    @property
    def _fewest_parts(self) -> int:
        """Those of one thread: more threads change nothing of how synapses are stored."""
        return len(part_starts(self.delivery.n_slots, 1)) - 1

    def _lay_out(self, groups: Groups) -> None:
        self.groups = groups
        self.stores = [self._store(edges, shared) for edges, shared in groups]
        self.weighings: list[Weighing] | None = None
        self.constants: dict[tuple[str, str], float] | None = None
        self.most = [0.0] * len(self.given.edges)
        indegree = [0] * len(self.given.edges)
        for store in self.stores:
            for k, most in zip(store.edges, store.table.largest_indegree, strict=True):
                indegree[k] = most
        self.program = replace(
            self.given,
            delivery=replace(
                self.delivery,
                synapses=sum(s.table.synapses for s in self.stores),
                longest=max((s.table.rows - 1 for s in self.stores), default=0),
                largest_indegree=tuple(indegree),
            ),
        )

    def _store(self, edges: list[int], shared: bool) -> Store:
        some = replace(self.given, edges=tuple(self.given.edges[k] for k in edges))
        table = Table(some, self.delivery, self.part_start, self.threads)
        segments = self._fewest_parts * self.delivery.n_sources * len(table.delays)
        sparse = table.synapses < _FEWEST_IN_A_SEGMENT * segments
        table.lay_out(self.share and sparse and table.rows <= 2**16)
        size = self.delivery.n_sources if shared else table.synapses
        return Store(edges, table, allocate(size, self.options.weight_dtype), shared)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What XLA's kernels read of the one table there is without sharing, but for weights."""
        (store,) = self.stores
        t = store.table
        assert t.segment is not None
        return {"segment": t.segment, "target": t.target, "delays": t.delays,
                "part_start": t.part_start}  # fmt: skip

    def explain(self) -> list[str]:
        """How they are stored, in lines."""
        names = [e.name for e in self.given.edges]
        return [s.explain(names) for s in self.stores]

    def weigh(self, binder: Binder, given: Mapping[str, Any], values: Values) -> Weighed:
        """The weights; drawn again where they are other than those of the last run."""
        tables = {k: s.table for s in self.stores for k in s.edges}
        wanted = [
            weighing(e, binder, given, values, tables[k]) for k, e in enumerate(self.given.edges)
        ]
        if self.weighings is None or not same(self.weighings, wanted):
            groups = self._grouped(
                [single(e, w) for e, w in zip(self.given.edges, wanted, strict=True)]
            )
            if groups != self.groups:
                self._lay_out(groups)
            first = self.weighings is None
            self.weighings = wanted
            self._draw(first)
        return self

    def largest(self) -> Sequence[float]:
        return self.most

    def rounded(self, constants: Mapping[tuple[str, str], float]) -> Values:
        """The weights of the stores, by `weights_of`."""
        weights = {weights_of(k): s.weight for k, s in enumerate(self.stores)}
        if self.options.weight_dtype != np.float64 or self.constants == constants:
            return weights
        if self.constants is not None:
            self._draw(False)  # the numbers before they were rounded are gone
        self.constants = dict(constants)
        assert self.program.delivery is not None
        slots = [
            np.full(self.program.group(group).size, constants[group, variable])
            for group, variable, _ in self.program.delivery.slots
        ]
        constant = np.concatenate(slots or [np.empty(0)])
        for store in self.stores:
            if not store.shared:
                store.table.round(store.weight, constant)
                continue
            for k in store.edges:
                mine, m = sources(self.given, k), constants[port_of(self.given.edges[k])]
                store.weight[mine] = (store.weight[mine] + m) - m
        return weights

    def _draw(self, first: bool) -> None:
        self.constants = None
        assert self.weighings is not None
        for store in self.stores:
            mine = [self.weighings[k] for k in store.edges]
            if first or not store.shared:
                drawn = None if store.shared else store.weight
                most = store.table.fill(mine, drawn, first)
            for number, k in enumerate(store.edges):
                if store.shared:
                    weight = single(self.given.edges[k], mine[number])
                    assert weight is not None
                    store.weight[sources(self.given, k)] = weight
                    self.most[k] = abs(weight) if store.table.largest_indegree[number] else 0.0
                else:
                    self.most[k] = float(most[number])
        self._refuse_overflow()

    def _refuse_overflow(self) -> None:
        limit = float(np.finfo(self.options.weight_dtype).max)
        raise_all(
            "the weights",
            [
                ParameterError(
                    f"projection {e.name!r}: a weight of {most:g}; {self.options.weight_dtype} "
                    f"holds at most {limit:g}; leave weights={self.options.weights!r} out"
                )
                for e, most in zip(self.given.edges, self.most, strict=True)
                if self.options.weights and most > limit
            ],
        )

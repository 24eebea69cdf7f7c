"""The synapses of a program, in one table or several; see docs/design/native.md.

They are made from the rules by C++, here or on a GPU, without the arrays of the passes (what only
NumPy knows how to draw is handed over). Static edges only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from ..errors import ParameterError, UnsupportedError, raise_all
from ..ir.program import Delivery, Program
from ..native import connect
from ..native.pages import allocate
from ..native.rules import Weighing
from ..passes.draw import drawn_edges
from ..passes.layout import addresses, port_of
from .base import Options
from .binding import Binder, Values, Weighed, of_groups
from .memory import Planned, expected, span
from .sharing import Groups, grouped, sources
from .weights import plain, same, single, weighing

# Targets are 16-bit numbers within a part. A few parts more than that needs keep threads busy.
_LARGEST_PART = 2**16
_FEWEST_SLOTS = 4096
# Where segments (a source, a delay) hold fewer synapses on average, a ring is faster and smaller.
_FEWEST_IN_A_SEGMENT = 4
# With more delays than that a table goes through a ring: on a GPU each is a round of its own.
_MOST_DELAYS = {"cuda": 4}


def part_starts(n_slots: int, threads: int) -> np.ndarray:
    """Where parts of slots start, and the end."""
    few = max(-(-n_slots // _LARGEST_PART), min(threads, n_slots // _FEWEST_SLOTS), 1)
    return np.linspace(0, n_slots, few + 1).round().astype(np.int64)


def planned(program: Program, options: Options, share: bool, backend: str = "cpp") -> list[Planned]:
    """The tables that Synapses is going to make for the values of the network."""
    delivery = addresses(program)
    sizes = {n.name: n.size for n in program.neurons}
    weights = [plain(e.field("weight").value) for e in program.edges]
    tables = []
    for edges, shared in _grouped(program, options, weights, share):
        mine = [program.edges[k] for k in edges]
        synapses = sum(expected(e, sizes) for e in mine)
        spans = {span(e, program.dt, sizes) for e in mine}
        delays = len({d for low, high in spans for d in range(low, min(high, low + 2**16) + 1)})
        rows = 1 + max((high for _, high in spans), default=0)
        unreliable = any(e.unreliable for e in mine)
        by_row = share and (unreliable or _is_sparse(delivery, synapses, delays, rows, backend))
        numbers = delivery.n_sources if shared else synapses
        tables.append(Planned(synapses, numbers, delays, by_row))
    return tables


def _grouped(
    program: Program, options: Options, weights: Sequence[float | None], share: bool
) -> Groups:
    if not share:
        return [(list(range(len(weights))), False)]
    return grouped(program, options, weights, _fewest_parts(addresses(program)))


def _is_sparse(delivery: Delivery, synapses: float, delays: int, rows: int, backend: str) -> bool:
    """Does a table go through a ring?"""
    if delays > _MOST_DELAYS.get(backend, delays) and rows <= 2**16:
        return True
    segments = _fewest_parts(delivery) * delivery.n_sources * delays
    return synapses < _FEWEST_IN_A_SEGMENT * segments and rows <= 2**16


def _fewest_parts(delivery: Delivery) -> int:
    """Those of one thread: more threads change nothing of how synapses are stored."""
    return len(part_starts(delivery.n_slots, 1)) - 1


def weights_of(store: int) -> str:
    """The name of the weights of a store among the values of a run."""
    return "delivery.weights" + f".{store}" * (store > 0)


def release_of(store: int) -> str:
    """The name of the probabilities of release of a store among the values of a run."""
    return f"delivery.release.{store}"


class Table(Protocol):
    """A table of synapses, whose arrays are where it was made: see native.connect.Table."""

    part_start: np.ndarray
    delays: np.ndarray
    synapses: int
    largest_indegree: list[int]
    segment: Any
    row: Any
    delay: Any
    target: Any

    @property
    def nbytes(self) -> int: ...

    @property
    def rows(self) -> int: ...

    def lay_out(self, by_row: bool) -> None: ...

    def weights(self, dtype: Any) -> Any: ...

    def fill(self, weighings: Sequence[Weighing], weight: Any, first: bool) -> np.ndarray: ...

    def round(self, weight: Any, constant: np.ndarray) -> None: ...

    def in_order(self, value: np.ndarray) -> np.ndarray: ...

    @property
    def arrangement(self) -> str: ...


# Makes one for a program: of the places of its synapses, and where parts start.
Make = Callable[[Program, Delivery, np.ndarray], Table]


class Placing(Protocol):
    """A way of its own to lay out tables."""

    def lay_out(self, tables: Sequence[Table]) -> None:
        """Tell the tables, which know their synapses by now, how to lie, if they can."""
        ...

    def settle(self, synapses: Synapses) -> str:
        """Make of weights, now that they are drawn, what sums need; or say why they do not fit."""
        ...

    def refrain(self, why: str) -> None:
        """Leave the next tables as they are."""
        ...


@dataclass
class Store:
    """A table of some of the edges, and its weights.

    edges: their numbers in the program. weight: one a synapse, where the table is; or, where
    `shared`, an array of one a source, which all its synapses have.
    """

    edges: list[int]
    table: Table
    weight: Any
    shared: bool
    unreliable: bool = False

    def explain(self, names: Sequence[str], itemsize: int) -> str:
        """How it is stored, in a line. itemsize: of a weight."""
        t, n = self.table, max(self.table.synapses, 1)
        size = t.nbytes + self.weight.nbytes
        weight = "one weight a source" if self.shared else f"{itemsize} for the weight"
        kept = ", ".join(names[k] for k in self.edges[:4]) + ", ..." * (len(self.edges) > 4)
        return (
            f"{kept}: {t.synapses} synapses in {len(t.part_start) - 1} parts, {len(t.delays)} "
            f"delays, {t.arrangement}; {size / 1e6:.1f} MB, {size / n:.2f} bytes a synapse (2 for "
            f"the target, {weight})"
        )


class Synapses:
    """The tables of synapses, and their weights for the values of a run.

    share: may edges with one weight for all be stored without weights, and many delays as a number
    a synapse? make: of tables, in the memory of the CPU if not given. backend: its name. placing:
    of the tables, if another than the usual one.

    The weights of one run are kept, and drawn again in the same place where the next has others;
    where those are shared in another way, the tables are made again. How they are stored depends on
    the network and the values of the run alone, and so does the order in which numbers are added.
    """

    def __init__(
        self,
        program: Program,
        options: Options,
        threads: int,
        share: bool = False,
        make: Make | None = None,
        backend: str = "cpp",
        placing: Placing | None = None,
    ):
        self.given, self.options, self.share, self.backend = program, options, share, backend
        self.placing, self.refrained = placing, False
        self.make: Make = make or partial(connect.Table, threads=threads)
        self.delivery = addresses(program)
        self.part_start = part_starts(self.delivery.n_slots, threads)
        weights = [plain(e.field("weight").value) for e in program.edges]
        self._lay_out(_grouped(program, options, weights, share))

    def _lay_out(self, groups: Groups) -> None:
        self.groups: Groups = []  # what there was goes first, and is gone where memory ends
        self.stores: list[Store] = []
        tables = [
            self.make(
                replace(self.given, edges=tuple(self.given.edges[k] for k in edges)),
                self.delivery,
                self.part_start,
            )
            for edges, _ in groups
        ]
        if self.placing:
            self.placing.lay_out(tables)
        self.stores = [
            self._store(edges, shared, table)
            for (edges, shared), table in zip(groups, tables, strict=True)
        ]
        self.groups, self.filled = groups, False
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

    def _store(self, edges: list[int], shared: bool, table: Table) -> Store:
        sparse = _is_sparse(
            self.delivery, table.synapses, len(table.delays), table.rows, self.backend
        )
        unreliable = any(self.given.edges[k].unreliable for k in edges)
        if self.share and unreliable and table.rows > 2**16:
            name = self.given.edges[edges[0]].name
            raise UnsupportedError(
                f"the backend {self.backend!r} can't run: {name!r} has a release "
                f"probability and delays of up to {table.rows - 1} steps, above {2**16 - 1}; the "
                "backend 'numpy' can"
            )
        table.lay_out(self.share and (sparse or unreliable))
        dtype = self.options.weight_dtype
        weight = allocate(self.delivery.n_sources, dtype) if shared else table.weights(dtype)
        return Store(edges, table, weight, shared, unreliable)

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
        itemsize = self.options.weight_dtype.itemsize
        return [s.explain(names, itemsize) for s in self.stores if s.edges]

    def weigh(self, binder: Binder, given: Mapping[str, Any], values: Values) -> Weighed:
        """The weights; drawn again where they are other than those of the last run."""
        if not self.stores:
            self._lay_out(_grouped(self.given, self.options, [None] * len(self.most), self.share))
        groups = of_groups(values)
        wanted = [weighing(e, binder, given, values, groups, self.given) for e in self.given.edges]
        if self.weighings is None or not same(self.weighings, wanted):
            self.weighings = None  # none that will do, until they have been drawn
            weights = [single(e, w) for e, w in zip(self.given.edges, wanted, strict=True)]
            kept = _grouped(self.given, self.options, weights, self.share)
            if kept != self.groups or self.refrained:
                self._lay_out(kept)
                self.refrained = False
            self._draw(wanted)
            if self.placing and (why := self.placing.settle(self)):
                self.placing.refrain(why)
                self.refrained = True
                self._lay_out(kept)
                self._draw(wanted)
            self.weighings = wanted
        self.releases = {}
        for k, store in enumerate(self.stores):
            if store.unreliable:
                edges = self.given.edges[store.edges[0]]
                chance = binder.release(edges, given, partial(drawn_edges, program=self.given))
                assert chance is not None
                each = store.table.in_order(chance) if chance.ndim else chance
                self.releases[release_of(k)] = each
        return self

    def largest(self) -> Sequence[float]:
        return self.most

    def rounded(self, constants: Mapping[tuple[str, str], float]) -> Values:
        """The weights of the stores, by `weights_of`."""
        weights = {weights_of(k): s.weight for k, s in enumerate(self.stores)} | self.releases
        if self.options.weight_dtype != np.float64 or self.constants == constants:
            return weights
        if self.constants is not None:
            assert self.weighings is not None
            self._draw(self.weighings)  # the numbers before they were rounded are gone
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

    def _draw(self, weighings: Sequence[Weighing]) -> None:
        self.constants = None
        first = not self.filled
        for store in self.stores:
            mine = [weighings[k] for k in store.edges]
            if first or not store.shared:
                drawn = None if store.shared else store.weight
                most = store.table.fill(mine, drawn, first)
            for number, k in enumerate(store.edges):
                if store.shared:
                    weight = single(self.given.edges[k], mine[number])
                    assert weight is not None
                    with np.errstate(over="ignore"):  # refused below
                        store.weight[sources(self.given, k)] = weight
                    self.most[k] = abs(weight) if store.table.largest_indegree[number] else 0.0
                else:
                    self.most[k] = float(most[number])
        self.filled = True
        if self.options.weights:
            self._refuse_unfit()

    def _refuse_unfit(self) -> None:
        limits = np.finfo(self.options.weight_dtype)
        highest, lowest = float(limits.max), float(limits.smallest_normal)
        raise_all(
            "the weights",
            [
                ParameterError(
                    f"projection {e.name!r}: "
                    + (
                        f"a weight of {most:g}; {limits.dtype} holds at most {highest:g}"
                        if most > highest
                        else f"weights of at most {most:g}; {limits.dtype} holds nothing below "
                        f"{lowest:g}"
                    )
                    + f"; leave weights={self.options.weights!r} out"
                )
                for e, most in zip(self.given.edges, self.most, strict=True)
                if most > highest or 0.0 < most < lowest
            ],
        )

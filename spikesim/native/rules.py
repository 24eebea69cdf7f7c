"""The synapses of a projection as the C++ code draws them: wiring.h."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from ctypes import CDLL, Structure, c_double, c_int32, c_int64, c_uint32, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from .. import portable
from ..connectivity.all_to_all import AllToAll
from ..connectivity.base import Ends, Rule
from ..connectivity.fixed_indegree import FixedIndegree
from ..connectivity.fixed_outdegree import FixedOutdegree
from ..connectivity.fixed_probability import FixedProbability
from ..connectivity.fixed_total_number import FixedTotalNumber
from ..connectivity.one_to_one import OneToOne
from ..distributions import Distribution
from ..ir.program import Delivery, Edges, Pairs, Program, nearest_step
from ..passes.draw import drawn_edges, ends_of
from ..random import stream
from . import library as native_library
from . import why_missing
from .laws import Law, address, known, law

_TOTAL, _INDEGREE, _OUTDEGREE, _ALL, _ONE, _PROBABILITY, _LIST = range(7)
# What may be done to a weight, by (operation, where the weight stands).
CHANGES = {("mul", 0): 0, ("mul", 1): 0, ("add", 0): 1, ("add", 1): 1, ("sub", 0): 2, ("sub", 1): 3,
           ("div", 0): 4, ("div", 1): 5}  # fmt: skip
CHANGE: tuple[Callable[[float, float], float], ...] = (
    lambda w, v: w * v,
    lambda w, v: w + v,
    lambda w, v: w - v,
    lambda w, v: v - w,
    lambda w, v: w / v,
    lambda w, v: v / w,
)


_CHANGE = np.dtype([("kind", np.int32), ("value", np.float64)], align=True)

# Puts an array where the code that draws can read it: what keeps it there, and its address.
Put = Callable[[np.ndarray], tuple[Any, int]]


def here(array: np.ndarray) -> tuple[Any, int]:
    """For the C++ code: where the array is already."""
    return array, address(array)


class Projection(Structure):
    _fields_ = [
        ("rule", c_int32),
        ("stream", c_uint32),
        *((name, c_int64) for name in ("n_source", "n_target", "number")),
        ("scale", c_double),
        *((name, c_void_p) for name in ("own", "source", "by_source", "place")),
        *((name, c_void_p) for name in ("begin", "target", "row", "position")),
        *((name, Law) for name in ("weight", "axonal", "dendritic")),
        ("n_changes", c_int64),
        ("changes", c_void_p),
    ]


@cache
def _library() -> CDLL:
    library = native_library()
    library.spikesim_candidates.argtypes = [c_uint32, c_uint32, c_int64, c_int64, c_void_p, c_int64]
    library.spikesim_candidates.restype = c_int64
    return library


@dataclass(frozen=True)
class Weighing:
    """How the weights of a projection come about: a value (a number, a Distribution, an array in
    the order of the pairs, or None: what the edges say), then changes: (kind, number)."""

    value: Any = None
    changes: tuple[tuple[int, float], ...] = ()


class DrawnEdges:
    """Edges as the C++ code wants them; `kept` holds what `put` made of the arrays."""

    def __init__(
        self,
        edges: Edges,
        program: Program,
        delivery: Delivery,
        part_start: np.ndarray,
        put: Put = here,
    ):
        self.edges, self.given = edges, (program, delivery, part_start, put)
        sizes = {n.name: n.size for n in program.neurons}
        self.kept: list[Any] = []
        e = edges
        ends = ends_of(e, sizes)
        s = self.structure = Projection()
        s.n_source, s.n_target = ends.n_source, ends.n_target
        if (
            isinstance(e.pattern, Pairs)
            or _needs_numpy(e)
            or not _RULES[type(e.pattern)](self, e.pattern, ends)
        ):
            self.edges = e = drawn_edges(e, program)
            self._list(e.pattern)
        s.stream = stream(f"{e.name}.pairs")
        source = e.source.indices(sizes[e.source.group])
        source = source + delivery.first_source(e.source.group, e.event)
        s.source = self.keep(source, np.int32)
        s.by_source = self.keep(np.argsort(source, kind="stable"), np.int32)
        variable = e.pre[0].target.removeprefix("post.")
        slots = {(g, v): start for g, v, start in delivery.slots}
        self.slot = e.target.indices(sizes[e.target.group]) + slots[e.target.group, variable]
        part = np.searchsorted(part_start, self.slot, side="right") - 1
        s.place = self.keep(part << 16 | (self.slot - part_start[part]), np.uint32)
        s.axonal, s.dendritic = self._law("axonal", e.axonal), self._law("dendritic", e.dendritic)

    def keep(self, values: Any, dtype: Any) -> int:
        """The address of an array that stays."""
        kept, where = self.given[-1](np.ascontiguousarray(values, dtype))
        self.kept.append(kept)
        return where

    def placed(self, place: np.ndarray) -> None:
        """Put the slots elsewhere: place uint32 [slots], part << 16 | place in the part."""
        self.structure.place = self.keep(place[self.slot], np.uint32)

    def _list(self, pairs: Pairs) -> None:
        s = self.structure
        s.rule = _LIST
        count = np.bincount(pairs.source, minlength=s.n_source)
        s.begin = self.keep(np.append(0, np.cumsum(count)), np.int64)
        s.target = self.keep(pairs.target, np.int64)
        s.row, s.position = self.keep(pairs.row, np.int64), self.keep(pairs.position, np.int64)

    def _law(self, word: str, value: Any) -> Law:
        return law(value, stream(f"{self.edges.name}.{word}"), self.keep)

    def longest(self) -> int:
        """A bound on the delay in steps."""
        parts = (_bound(v) for v in (self.edges.axonal, self.edges.dendritic))
        return int(sum(nearest_step(min(b, 1e12), self.given[0].dt) for b in parts))

    def weighed(self, w: Weighing) -> DrawnEdges:
        """The same, with weights."""
        one = copy(self.listed() if np.ndim(w.value) else self)
        one.structure = Projection.from_buffer_copy(one.structure)
        one.kept = list(one.kept)
        value = one.edges.field("weight").value if w.value is None else w.value
        one.structure.weight = one._law("weight", value)
        one.structure.n_changes = len(w.changes)
        one.structure.changes = one.keep(np.array(list(w.changes), _CHANGE), _CHANGE)
        return one

    def listed(self) -> DrawnEdges:
        """The same, as a list of pairs in their order."""
        if self.structure.rule == _LIST:
            return self
        return DrawnEdges(drawn_edges(self.edges, self.given[0]), *self.given)

    @property
    def by_source(self) -> bool:
        """Are they drawn source by source, in the order of the pairs?"""
        return self.structure.rule not in (_TOTAL, _INDEGREE)


def _needs_numpy(e: Edges) -> bool:
    """Has it a rule or a distribution that only NumPy knows, or values one by one?"""
    given = [e.axonal, e.dendritic, e.field("weight").value]
    return type(e.pattern) not in _RULES or any(np.ndim(v) or not known(v) for v in given)


def _bound(value: Any) -> float:
    """A number that no value is above."""
    if isinstance(value, Distribution):
        return value.highest()
    return float(np.max(value)) if np.size(value) else 0.0


# --- rules: each fills in its part of the structure, or says that NumPy has to draw the pairs -----


def _own(d: DrawnEdges, rule: Any, ends: Ends) -> np.ndarray | None:
    """Hand over who is in both views, if that matters."""
    if rule.autapses or ends.self_position is None:
        return None
    own = np.ascontiguousarray(ends.self_position, np.int32)
    d.structure.own = d.keep(own, np.int32)
    return own


def _total(d: DrawnEdges, rule: FixedTotalNumber, ends: Ends) -> bool:
    s, e = d.structure, d.edges
    s.rule, s.number = _TOTAL, int(rule.number)
    if not rule.multapses:
        return False
    own = _own(d, rule, ends) if s.number else None
    if own is not None:
        if why_missing():  # a GPU may be used without the C++ part
            return False
        s.number = _library().spikesim_candidates(
            d.given[0].seed, stream(f"{e.name}.pairs"), s.n_source, s.n_target, address(own),
            s.number,
        )  # fmt: skip
    return bool(s.number >= 0)


def _indegree(d: DrawnEdges, rule: FixedIndegree, ends: Ends) -> bool:
    s = d.structure
    s.rule, s.number = _INDEGREE, int(rule.indegree)
    _own(d, rule, ends)
    return rule.multapses and s.number * s.n_target < 2**32


def _outdegree(d: DrawnEdges, rule: FixedOutdegree, ends: Ends) -> bool:
    s = d.structure
    s.rule, s.number = _OUTDEGREE, int(rule.outdegree)
    barred = rule.barred(ends)
    if barred is not None:
        s.own = d.keep(barred, np.int32)
    return rule.multapses


def _all(d: DrawnEdges, rule: AllToAll, ends: Ends) -> bool:
    d.structure.rule = _ALL
    _own(d, rule, ends)
    return True


def _one(d: DrawnEdges, rule: OneToOne, ends: Ends) -> bool:
    d.structure.rule = _ONE
    return True


def _probability(d: DrawnEdges, rule: FixedProbability, ends: Ends) -> bool:
    s = d.structure
    if rule.never(ends):
        s.rule, s.number = _TOTAL, 0
        return True
    if rule.p == 1:
        return _all(d, AllToAll(rule.autapses), ends)
    s.rule, s.scale = _PROBABILITY, 1.0 / portable.log1p(np.float64(-rule.p), portable.NUMPY)
    _own(d, rule, ends)
    return True


_RULES: dict[type[Rule], Callable[[DrawnEdges, Any, Ends], bool]] = {
    FixedTotalNumber: _total,
    FixedIndegree: _indegree,
    FixedOutdegree: _outdegree,
    AllToAll: _all,
    OneToOne: _one,
    FixedProbability: _probability,
}

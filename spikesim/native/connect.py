"""The table of synapses, made by C++ from the rules: what the passes draw, delays and layout and a
sort would give, bit for bit, without their arrays. connect.cc says how.

The functions are called through ctypes, which lets other threads run meanwhile.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from ctypes import POINTER, Structure, byref, c_double, c_int32, c_int64, c_uint32, c_void_p
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
from ..distributions import Distribution, Lognormal, Normal, Uniform
from ..errors import SpikesimError, TooLargeError, raise_all
from ..ir.program import Delivery, Edges, Pairs, Program, nearest_step
from ..passes.delays import refuse_short, shortest
from ..passes.draw import draw_edges, ends_of
from ..random import stream
from . import library as native_library

# Delays above this many steps are no delays.
_LONGEST = 2**26
_MOST_SYNAPSES = 2**32 - 1

_TOTAL, _INDEGREE, _OUTDEGREE, _ALL, _ONE, _PROBABILITY, _LIST = range(7)
_CONSTANT, _UNIFORM, _NORMAL, _LOGNORMAL, _GIVEN = range(5)
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


class _Law(Structure):
    _fields_ = [
        ("kind", c_int32),
        ("stream", c_uint32),
        *((name, c_double) for name in ("a", "b", "below", "upto", "low", "high")),
        ("given", c_void_p),
    ]


class _Change(Structure):
    _fields_ = [("kind", c_int32), ("value", c_double)]


class _Projection(Structure):
    _fields_ = [
        ("rule", c_int32),
        ("stream", c_uint32),
        *((name, c_int64) for name in ("n_source", "n_target", "number")),
        ("scale", c_double),
        *((name, c_void_p) for name in ("own", "source", "by_source", "place")),
        *((name, c_void_p) for name in ("begin", "target", "row", "position")),
        *((name, _Law) for name in ("weight", "axonal", "dendritic")),
        ("n_changes", c_int64),
        ("changes", POINTER(_Change)),
    ]


class _Network(Structure):
    _fields_ = [
        ("seed", c_uint32),
        ("threads", c_int32),
        ("dt", c_double),
        ("n_sources", c_int64),
        ("n_parts", c_int64),
        ("n_projections", c_int64),
        ("projections", POINTER(_Projection)),
    ]


class _Table(Structure):
    _fields_ = [
        ("counts", c_void_p),
        ("delays", c_void_p),
        ("n_delays", c_int64),
        ("segment", c_void_p),
        ("target", c_void_p),
        ("delay", c_void_p),
        ("weight", c_void_p),
        ("width", c_int32),
        ("largest", c_void_p),
    ]


@cache
def _library() -> ctypes.CDLL:
    library = native_library()
    network = POINTER(_Network)
    library.spikesim_survey.argtypes = [network, c_void_p, c_void_p, c_int64, c_void_p]
    library.spikesim_fill.argtypes = [network, POINTER(_Table)]
    library.spikesim_round.argtypes = [c_int32, c_int64] + [c_void_p] * 5
    library.spikesim_round.restype = None
    library.spikesim_candidates.argtypes = [c_uint32, c_uint32, c_int64, c_int64, c_void_p, c_int64]
    library.spikesim_candidates.restype = c_int64
    library.spikesim_normal_quantiles.argtypes = [c_void_p, c_int64, c_void_p]
    library.spikesim_normal_quantiles.restype = None
    library.spikesim_draw.argtypes = [POINTER(_Law), c_uint32, c_int64, c_void_p]
    library.spikesim_draw.restype = None
    return library


def allocate(shape: Any, dtype: Any) -> np.ndarray:
    """An array of zeros on pages of its own, large ones where there are: reads of a big table at
    random are faster so, and JAX takes it without a copy."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    # Private pages: shared ones, which Python takes by default, are never large.
    private = (
        {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    )
    pages = mmap.mmap(-1, max(size, 1), **private)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without large pages
            pages.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(pages, dtype, size // dtype.itemsize).reshape(shape)


def normal_quantiles(p: np.ndarray) -> np.ndarray:
    """random.normal_quantile by the C++ code."""
    p = np.ascontiguousarray(p, np.float64)
    z = np.empty_like(p)
    _library().spikesim_normal_quantiles(_at(p), p.size, _at(z))
    return z


def draws(law: Distribution, seed: int, number: int, out: np.ndarray) -> np.ndarray:
    """`law.draw(seed, number, 0, np.arange(len(out)))` by the C++ code, into float64 `out`."""
    _library().spikesim_draw(byref(_described(law, number)), seed, out.size, _at(out))
    return out


@dataclass(frozen=True)
class Weighing:
    """How the weights of a projection come about: a value (a number, a Distribution, an array in
    the order of the pairs, or None: what the edges say), then changes: (kind, number)."""

    value: Any = None
    changes: tuple[tuple[int, float], ...] = ()


class Table:
    """The synapses of a program: who they go to, sorted by (part, source, delay).

    Parts are ranges of at most 2^16 slots, from part_start[k] to part_start[k + 1]. target uint16
    [synapses] holds slots within the part, delays int32 the steps that occur, ascending;
    largest_indegree one number a projection. Where the synapses of a delay are is told in one of
    two ways, as `lay_out` is asked: segment uint32 [parts, sources, delays + 1] says where they
    begin; or row int64 [parts, sources + 1] where those of a source do, and delay uint16 [synapses]
    what the delay of each is.
    """

    def __init__(self, program: Program, delivery: Delivery, part_start: np.ndarray, threads: int):
        self.program, self.delivery, self.threads = program, delivery, threads
        self.part_start = part_start.astype(np.int32)
        self.sizes = {n.name: n.size for n in program.neurons}
        self.edges = [_Described(e, self) for e in program.edges]
        self._survey()
        self.synapses = int(self.counts.sum(dtype=np.int64))
        if self.synapses > _MOST_SYNAPSES:
            raise TooLargeError(f"{self.synapses} synapses; a table holds {_MOST_SYNAPSES}")
        self.segment: np.ndarray | None = None
        self.row: np.ndarray | None = None
        self.delay: np.ndarray | None = None

    def lay_out(self, by_row: bool) -> None:
        """Take the memory of the table, which `fill` fills."""
        self.target = allocate(self.synapses, np.uint16)
        parts, sources = self.counts.shape
        if by_row:
            ends = np.cumsum(self.counts, dtype=np.int64).reshape(parts, sources)
            starts = np.append(0, ends[:-1, -1]) if sources else np.zeros(parts, np.int64)
            self.row = np.ascontiguousarray(np.column_stack([starts, ends]))
            self.delay = allocate(self.synapses, np.uint16)
        else:
            self.segment = allocate((parts, sources, len(self.delays) + 1), np.uint32)

    @property
    def nbytes(self) -> int:
        """Of the arrays, without weights."""
        kept = (self.target, self.segment, self.row, self.delay)
        return sum(a.nbytes for a in kept if a is not None)

    @property
    def rows(self) -> int:
        """One more than the longest delay."""
        return int(self.delays[-1]) + 1 if len(self.delays) else 1

    def _survey(self) -> None:
        reach = 1 + max((e.longest() for e in self.edges), default=0)
        if reach > _LONGEST:
            raise TooLargeError(f"delays of up to {reach - 1} steps; at most {_LONGEST} are held")
        shape = (len(self.part_start) - 1, self.delivery.n_sources)
        self.counts = np.zeros(shape, np.uint32)
        indegree = np.zeros(len(self.edges), np.uint32)
        seen = np.zeros(reach, np.uint8)
        self._call(self.edges, "survey", self.counts, seen, reach, indegree)
        self.delays = np.flatnonzero(seen).astype(np.int32)
        self.largest_indegree = [int(k) for k in indegree]
        if len(self.delays) and self.delays[0] < shortest(self.program):
            self._refuse_short(reach)

    def _refuse_short(self, reach: int) -> None:
        for e in self.edges:
            seen, most = np.zeros(reach, np.uint8), np.zeros(1, np.uint32)
            self._call([e], "survey", np.zeros_like(self.counts), seen, reach, most)
            if seen[: shortest(self.program)].any():
                refuse_short(e.edges.name, int(np.flatnonzero(seen)[0]), self.program)

    def fill(
        self, weighings: Sequence[Weighing], weight: np.ndarray | None, first: bool
    ) -> np.ndarray:
        """Draw the weights into `weight` [synapses], of any float type, in the order of the table
        (or nowhere); the first time the rest of the table as well. Returns the largest |weight| of
        each edges."""
        edges = [e.weighed(w) for e, w in zip(self.edges, weighings, strict=True)]
        largest = np.zeros(len(edges))

        def new(array: np.ndarray | None) -> int | None:
            return _at(array) if first and array is not None else None

        table = _Table(
            _at(self.counts), _at(self.delays), len(self.delays), new(self.segment),
            new(self.target), new(self.delay), None if weight is None else _at(weight),
            4 if weight is None else weight.itemsize, _at(largest),
        )  # fmt: skip
        self._call(edges, "fill", byref(table))
        return largest

    def round(self, weight: np.ndarray, constant: np.ndarray) -> None:
        """weight = (weight + constant) - constant in place, constant float64 [slots]."""
        begin = np.append(0, np.cumsum(self.counts.sum(axis=1, dtype=np.int64)))
        _library().spikesim_round(
            self.threads, len(begin) - 1, _at(begin), _at(self.part_start.astype(np.int64)),
            _at(self.target), _at(constant), _at(weight),
        )  # fmt: skip

    def drawn(self, e: Edges) -> Edges:
        """Edges drawn by NumPy."""
        faults: list[SpikesimError] = []
        found = draw_edges(e, self.sizes, self.program.seed, faults)
        raise_all("the network", faults)
        return found

    def _call(self, edges: Sequence[_Described], name: str, *args: Any) -> None:
        array = (_Projection * len(edges))(*(e.structure for e in edges))
        net = _Network(
            self.program.seed, self.threads, self.program.dt, self.delivery.n_sources,
            len(self.part_start) - 1, len(edges), array,
        )  # fmt: skip
        plain = [_at(a) if isinstance(a, np.ndarray) else a for a in args]
        fault = getattr(_library(), f"spikesim_{name}")(byref(net), *plain)
        if fault == 2:
            raise TooLargeError("the synapses do not fit into memory; see model.memory()")
        assert not fault, f"spikesim_{name} failed with {fault}"


class _Described:
    """Edges as the C++ code wants them; `kept` holds the arrays it points to."""

    def __init__(self, edges: Edges, table: Table):
        self.edges, self.table = edges, table
        self.kept: list[np.ndarray] = []
        self.changes: Any = None
        e = edges
        ends = ends_of(e, table.sizes)
        s = self.structure = _Projection()
        s.n_source, s.n_target = ends.n_source, ends.n_target
        if (
            isinstance(e.pattern, Pairs)
            or _needs_numpy(e)
            or not _RULES[type(e.pattern)](self, e.pattern, ends)
        ):
            self.edges = e = table.drawn(e)
            self._list(e.pattern)
        s.stream = stream(f"{e.name}.pairs")
        source = e.source.indices(table.sizes[e.source.group])
        source = source + table.delivery.first_source(e.source.group, e.event)
        s.source = self.keep(source, np.int32)
        s.by_source = self.keep(np.argsort(source, kind="stable"), np.int32)
        variable = e.pre[0].target.removeprefix("post.")
        slots = {(g, v): start for g, v, start in table.delivery.slots}
        slot = e.target.indices(table.sizes[e.target.group]) + slots[e.target.group, variable]
        part = np.searchsorted(table.part_start, slot, side="right") - 1
        s.place = self.keep(part << 16 | (slot - table.part_start[part]), np.uint32)
        s.axonal, s.dendritic = self._law("axonal", e.axonal), self._law("dendritic", e.dendritic)

    def keep(self, values: Any, dtype: Any) -> int:
        """The address of an array that stays."""
        self.kept.append(np.ascontiguousarray(values, dtype))
        return _at(self.kept[-1])

    def _list(self, pairs: Pairs) -> None:
        s = self.structure
        s.rule = _LIST
        count = np.bincount(pairs.source, minlength=s.n_source)
        s.begin = self.keep(np.append(0, np.cumsum(count)), np.int64)
        s.target = self.keep(pairs.target, np.int64)
        s.row, s.position = self.keep(pairs.row, np.int64), self.keep(pairs.position, np.int64)

    def _law(self, word: str, value: Any) -> _Law:
        number = stream(f"{self.edges.name}.{word}")
        if isinstance(value, Distribution):
            return _described(value, number)
        law = _Law(stream=number)
        if np.ndim(value):
            law.kind, law.given = _GIVEN, self.keep(value, np.float64)
        else:
            law.kind, law.a = _CONSTANT, float(value)
        return law

    def longest(self) -> int:
        """A bound on the delay in steps."""
        parts = (_bound(v) for v in (self.edges.axonal, self.edges.dendritic))
        return int(sum(nearest_step(min(b, 1e12), self.table.program.dt) for b in parts))

    def weighed(self, w: Weighing) -> _Described:
        """The same, with weights."""
        one = copy(self)
        if np.ndim(w.value) and self.structure.rule != _LIST:
            one = _Described(self.table.drawn(self.edges), self.table)
        one.structure = _Projection.from_buffer_copy(one.structure)
        one.kept = list(one.kept)
        value = one.edges.field("weight").value if w.value is None else w.value
        one.structure.weight = one._law("weight", value)
        one.changes = (_Change * len(w.changes))(*(_Change(*c) for c in w.changes))
        one.structure.n_changes, one.structure.changes = len(w.changes), one.changes
        return one


def _at(array: np.ndarray) -> int:
    return array.ctypes.data


def _described(value: Any, number: int) -> _Law:
    """A distribution as the C++ code wants it, drawn from the stream `number`."""
    kind, a, b = _LAWS[type(value)](value)
    law = _Law(kind, number, a, b, 0.0, 1.0)
    if kind != _UNIFORM:
        law.below, law.upto = value.mass()
        law.low, law.high = value.interval()
    return law


def _needs_numpy(e: Edges) -> bool:
    """Has it a rule or a distribution that only NumPy knows, or values one by one?"""
    given = [e.axonal, e.dendritic, e.field("weight").value]
    return type(e.pattern) not in _RULES or any(
        type(v) not in _LAWS if isinstance(v, Distribution) else bool(np.ndim(v)) for v in given
    )


def _bound(value: Any) -> float:
    """A number that no value is above."""
    if isinstance(value, Distribution):
        return value.highest()
    return float(np.max(value)) if np.size(value) else 0.0


# --- rules: each fills in its part of the structure, or says that NumPy has to draw the pairs -----


def _own(d: _Described, rule: Any, ends: Ends) -> bool:
    """Hand over who is in both views, if that matters."""
    if rule.autapses or ends.self_position is None:
        return False
    d.structure.own = d.keep(ends.self_position, np.int32)
    return True


def _total(d: _Described, rule: FixedTotalNumber, ends: Ends) -> bool:
    s, e = d.structure, d.edges
    s.rule, s.number = _TOTAL, int(rule.number)
    if not rule.multapses:
        return False
    if s.number and _own(d, rule, ends):
        s.number = _library().spikesim_candidates(
            d.table.program.seed, stream(f"{e.name}.pairs"), s.n_source, s.n_target, s.own, s.number
        )
    return bool(s.number >= 0)


def _indegree(d: _Described, rule: FixedIndegree, ends: Ends) -> bool:
    s = d.structure
    s.rule, s.number = _INDEGREE, int(rule.indegree)
    _own(d, rule, ends)
    return rule.multapses and s.number * s.n_target < 2**32


def _outdegree(d: _Described, rule: FixedOutdegree, ends: Ends) -> bool:
    s = d.structure
    s.rule, s.number = _OUTDEGREE, int(rule.outdegree)
    barred = rule.barred(ends)
    if barred is not None:
        s.own = d.keep(barred, np.int32)
    return rule.multapses


def _all(d: _Described, rule: AllToAll, ends: Ends) -> bool:
    d.structure.rule = _ALL
    _own(d, rule, ends)
    return True


def _one(d: _Described, rule: OneToOne, ends: Ends) -> bool:
    d.structure.rule = _ONE
    return True


def _probability(d: _Described, rule: FixedProbability, ends: Ends) -> bool:
    s = d.structure
    if rule.never(ends):
        s.rule, s.number = _TOTAL, 0
        return True
    if rule.p == 1:
        return _all(d, AllToAll(rule.autapses), ends)
    s.rule, s.scale = _PROBABILITY, 1.0 / portable.log1p(np.float64(-rule.p), portable.NUMPY)
    _own(d, rule, ends)
    return True


_RULES: dict[type[Rule], Callable[[_Described, Any, Ends], bool]] = {
    FixedTotalNumber: _total,
    FixedIndegree: _indegree,
    FixedOutdegree: _outdegree,
    AllToAll: _all,
    OneToOne: _one,
    FixedProbability: _probability,
}
_LAWS: dict[type[Distribution], Callable[[Any], tuple[int, float, float]]] = {
    Uniform: lambda d: (_UNIFORM, float(d.low), float(d.high)),
    Normal: lambda d: (_NORMAL, float(d.mean), float(d.sd)),
    Lognormal: lambda d: (_LOGNORMAL, float(d.median), float(d.sigma)),
}

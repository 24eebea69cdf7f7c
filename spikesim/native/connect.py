"""The table of synapses, made by C++ from the rules: what the passes draw, delays and layout and a
sort would give, bit for bit, without their arrays. connect.cc says how.

The functions are called through ctypes, which lets other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import (
    CDLL,
    POINTER,
    Structure,
    addressof,
    byref,
    c_double,
    c_int32,
    c_int64,
    c_uint32,
    c_void_p,
)
from functools import cache
from typing import Any

import numpy as np

from ..errors import TooLargeError
from ..ir.program import Delivery, Program
from ..passes.delays import refuse_short, shortest
from . import library as native_library
from .laws import address
from .pages import allocate
from .rules import DrawnEdges, Projection, Put, Weighing, here

# Delays above this many steps are no delays.
_LONGEST = 2**26
_MOST_SYNAPSES = 2**32 - 1


class Wiring(Structure):
    """The edges of a program as C++ code wants them: wiring.h."""

    _fields_ = [
        ("seed", c_uint32),
        ("threads", c_int32),
        ("dt", c_double),
        ("n_sources", c_int64),
        ("n_parts", c_int64),
        ("n_projections", c_int64),
        ("projections", c_void_p),
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
def _library() -> CDLL:
    library = native_library()
    wiring = POINTER(Wiring)
    library.spikesim_survey.argtypes = [wiring, c_void_p, c_void_p, c_int64, c_void_p]
    library.spikesim_fill.argtypes = [wiring, POINTER(_Table)]
    library.spikesim_round.argtypes = [c_int32, c_int64] + [c_void_p] * 5
    library.spikesim_round.restype = None
    return library


class Surveyed:
    """The synapses of a program, before there is a table of them.

    delays int32: the steps that occur, ascending; largest_indegree: one number for each edges.
    """

    def __init__(
        self, program: Program, delivery: Delivery, part_start: np.ndarray, put: Put = here
    ):
        self.program, self.delivery = program, delivery
        self.part_start = part_start.astype(np.int32)
        self.edges = [DrawnEdges(e, program, delivery, part_start, put) for e in program.edges]
        reach = 1 + max((e.longest() for e in self.edges), default=0)
        if reach > _LONGEST:
            raise TooLargeError(f"delays of up to {reach - 1} steps; at most {_LONGEST} are held")
        self.synapses, self.delays, self.largest_indegree = self._survey(self.edges, reach)
        if len(self.delays) and self.delays[0] < shortest(program):
            self._refuse_short(reach)
        if self.synapses > _MOST_SYNAPSES:
            raise TooLargeError(f"{self.synapses} synapses; a table holds {_MOST_SYNAPSES}")

    segment: Any = None

    @property
    def arrangement(self) -> str:
        """How the synapses of a source lie, in words."""
        return "a delay each, through a ring" if self.segment is None else "sorted by delay"

    @property
    def rows(self) -> int:
        """One more than the longest delay."""
        return int(self.delays[-1]) + 1 if len(self.delays) else 1

    def _survey(self, edges: Sequence[DrawnEdges], reach: int) -> tuple[int, np.ndarray, list[int]]:
        """How many synapses some of the edges have, their delays (all below reach), and the largest
        indegree of each."""
        raise NotImplementedError

    def _refuse_short(self, reach: int) -> None:
        for e in self.edges:
            _, delays, _ = self._survey([e], reach)
            if len(delays) and delays[0] < shortest(self.program):
                refuse_short(e.edges.name, int(delays[0]), self.program)

    def _wiring(self, edges: Sequence[DrawnEdges], projections: int, threads: int) -> Wiring:
        """projections: the address of their structures."""
        return Wiring(
            self.program.seed, threads, self.program.dt, self.delivery.n_sources,
            len(self.part_start) - 1, len(edges), projections,
        )  # fmt: skip


class Table(Surveyed):
    """The synapses of a program: who they go to, sorted by (part, source, delay).

    Parts are ranges of at most 2^16 slots, from part_start[k] to part_start[k + 1]. target uint16
    [synapses] holds slots within the part, delays int32 the steps that occur, ascending;
    largest_indegree one number a projection. Where the synapses of a delay are is told in one of
    two ways, as `lay_out` is asked: segment uint32 [parts, sources, delays + 1] says where they
    begin; or row int64 [parts, sources + 1] where those of a source do, and delay uint16 [synapses]
    what the delay of each is.
    """

    def __init__(self, program: Program, delivery: Delivery, part_start: np.ndarray, threads: int):
        self.threads = threads
        super().__init__(program, delivery, part_start)
        self.segment: np.ndarray | None = None
        self.row: np.ndarray | None = None
        self.delay: np.ndarray | None = None

    def weights(self, dtype: Any) -> np.ndarray:
        """Memory for one weight a synapse."""
        return allocate(self.synapses, dtype)

    def in_order(self, value: np.ndarray) -> np.ndarray:
        """Numbers in the order of the pairs of the only edges, in that of the table: float64."""
        out = np.empty(self.synapses)
        self.fill([Weighing(value)], out, False)
        return out

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

    def _survey(self, edges: Sequence[DrawnEdges], reach: int) -> tuple[int, np.ndarray, list[int]]:
        self.counts = np.zeros((len(self.part_start) - 1, self.delivery.n_sources), np.uint32)
        indegree = np.zeros(len(edges), np.uint32)
        seen = np.zeros(reach, np.uint8)
        self._call(edges, "survey", self.counts, seen, reach, indegree)
        delays = np.flatnonzero(seen).astype(np.int32)
        return int(self.counts.sum(dtype=np.int64)), delays, indegree.tolist()

    def fill(
        self, weighings: Sequence[Weighing], weight: np.ndarray | None, first: bool
    ) -> np.ndarray:
        """Draw the weights into `weight` [synapses], of any float type, in the order of the table
        (or nowhere); the first time the rest of the table as well. Returns the largest |weight| of
        each edges."""
        edges = [e.weighed(w) for e, w in zip(self.edges, weighings, strict=True)]
        largest = np.zeros(len(edges))

        def new(array: np.ndarray | None) -> int | None:
            return address(array) if first and array is not None else None

        table = _Table(
            address(self.counts), address(self.delays), len(self.delays), new(self.segment),
            new(self.target), new(self.delay), None if weight is None else address(weight),
            4 if weight is None else weight.itemsize, address(largest),
        )  # fmt: skip
        self._call(edges, "fill", byref(table))
        return largest

    def round(self, weight: np.ndarray, constant: np.ndarray) -> None:
        """weight = (weight + constant) - constant in place, constant float64 [slots]."""
        begin = np.append(0, np.cumsum(self.counts.sum(axis=1, dtype=np.int64)))
        _library().spikesim_round(
            self.threads, len(begin) - 1, address(begin), address(self.part_start.astype(np.int64)),
            address(self.target), address(constant), address(weight),
        )  # fmt: skip

    def _call(self, edges: Sequence[DrawnEdges], name: str, *args: Any) -> None:
        array = (Projection * len(edges))(*(e.structure for e in edges))
        net = self._wiring(edges, addressof(array), self.threads)
        plain = [address(a) if isinstance(a, np.ndarray) else a for a in args]
        fault = getattr(_library(), f"spikesim_{name}")(byref(net), *plain)
        if fault == 2:
            raise TooLargeError("the synapses do not fit into memory; see model.memory()")
        assert not fault, f"spikesim_{name} failed with {fault}"

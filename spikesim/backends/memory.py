"""How much memory a network takes, told from the rules before anything is allocated."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..distributions import Distribution
from ..errors import TooLargeError
from ..ir.program import Edges, Field, Pairs, Program, nearest_step
from ..passes.couplings import pooled
from ..passes.draw import ends_of
from ..passes.layout import addresses
from ..recording.columns import columns_of
from ..units import TIME, strip
from .base import Options
from .precise import rows as longest_row

# What NumPy's passes hold a synapse at their peak: pairs, values, columns and their order.
_BYTES_BY_PASSES = 112
# What the C++ code lists at a time while it builds; see native/connect.cc.
_LISTED, _BUFFERS = 100_000_000, 8_000_000
# What is under way is held by the run, at the start of a chunk and at its end.
_COPIES = 3


@dataclass(frozen=True)
class Memory:
    """Bytes by part, estimated; recorded spikes come on top, 16 bytes each."""

    parts: dict[str, int]

    @property
    def total(self) -> int:
        """All parts together."""
        return sum(self.parts.values())

    def __str__(self) -> str:
        width = max(len(name) for name in self.parts)
        rows = [*self.parts.items(), ("total", self.total)]
        return "\n".join(f"{name:{width}}  {size_text(size):>12}" for name, size in rows)


def size_text(size: float) -> str:
    """A number of bytes in words: "3.2 kB", "1,204.0 MB"."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


@dataclass(frozen=True)
class Planned:
    """A table of synapses as it is going to be made, about.

    weights: how many. delays: how many distinct ones. by_row: with a delay for each synapse, which
    go through a ring; else sorted by delay.
    """

    synapses: float
    weights: float
    delays: int
    by_row: bool


def estimate(
    program: Program, options: Options, tables: Sequence[Planned] | None, parts: int, threads: int
) -> Memory:
    """The memory of a program after the symbolic passes. tables: those made by C++; None where
    NumPy's passes make them."""
    delivery = addresses(program)
    sizes = {n.name: n.size for n in program.neurons}
    synapses = int(sum(expected(e, sizes) for e in program.edges))
    rows = 1 + max((span(e, program.dt, sizes)[1] for e in program.edges), default=0)
    real = options.dtype.itemsize
    fields = sum(n.size * sum(_one_each(f) for f in n.fields) for n in program.neurons)
    found = {"neurons": fields * (8 + 2 * real)}
    if program.timed:
        precise = sum(len(e.pattern) for e in program.timed)
        found["synapses of precise times"] = _BYTES_BY_PASSES * precise
        rows = max(rows, longest_row(program))
        found["precise times under way"] = _COPIES * 8 * rows * delivery.n_sources
    if program.plastic:
        kept = passing = 0.0
        for e in program.plastic:
            number = expected(e, sizes)
            ends = 4 if max(sizes.values()) <= 2**16 else 8
            own = sum(f.kind == "state" for f in e.fields)
            # The place in the column of its target; states, and those that a chunk began with.
            kept += number * (ends + 4 + 2 * real * own)
            passing += number * _BYTES_BY_PASSES
        found["plastic synapses"] = int(kept)
        found["while they are drawn"] = int(max(passing - kept, 0))
    if program.couplings:
        edges = sum(expected(pooled(e, sizes), sizes) for e in program.couplings)
        found["couplings"] = int(_BYTES_BY_PASSES * edges)
    if tables is None:
        found |= {
            "synapses": _BYTES_BY_PASSES * synapses,
            "spikes under way": 2 * rows * (real * delivery.n_slots + delivery.n_sources),
        }
        return Memory(found)
    cells = parts * delivery.n_sources
    largest = max(t.synapses for t in tables)
    by_row = [t for t in tables if t.by_row]
    log, ring = 4 * rows * delivery.n_sources, real * rows * delivery.n_slots * bool(by_row)
    found |= {
        "targets": 2 * synapses,
        "weights": int(options.weight_dtype.itemsize * sum(t.weights for t in tables)),
        "delays": int(sum(2 * t.synapses for t in by_row)),
        "segments": sum(4 * cells + (8 * cells if t.by_row else 4 * cells * (t.delays + 1))
                        for t in tables),
        "spikes under way": _COPIES * (log + ring),
        "while it is built": int(4 * min(largest, _LISTED)) + threads * _BUFFERS,
    }  # fmt: skip
    return Memory({name: size for name, size in found.items() if size or name != "delays"})


def with_recordings(memory: Memory, program: Program, options: Options, duration: Any) -> Memory:
    """With what a run of `duration` (a time) records in memory; but for spikes, which nobody knows.

    Raises DimensionError.
    """
    steps = int(nearest_step(strip(duration, TIME, "duration"), program.dt))
    found = 0
    for c in columns_of(program, options.dtype):
        first, end = c.between(0, steps)
        samples = -(-end // c.every) - -(-first // c.every)
        if c.what == "rate":
            found += 16 * samples
        elif not c.is_events:
            found += samples * (8 + options.dtype.itemsize * len(c.neurons))
    edges = {e.name: e for e in (*program.edges, *program.plastic, *program.couplings)}
    sizes = {n.name: n.size for n in program.neurons}
    for p in program.synapse_probes:
        index = p.source.index
        if isinstance(index, slice):
            count = len(range(round(expected(edges[p.source.group], sizes)))[index])
        else:
            count = int(index.sum()) if index.dtype == bool else len(index)
        end = steps if p.stop is None else min(steps, p.stop)
        samples = max(-(-end // p.every) - -(-p.start // p.every), 0)
        found += samples * (8 + options.dtype.itemsize * count)
    return Memory({**memory.parts, "recordings": found})


def _one_each(f: Field) -> bool:
    """Has a field a value for each element?"""
    if f.kind in ("parameter", "constant"):
        return isinstance(f.value, Distribution) or bool(np.ndim(f.value))
    return f.kind != "table" and not f.shared


def refuse_too_large(memory: Memory, free: int | None = None) -> None:
    """Raise TooLargeError, with the table, for more than this machine has; or than is `free` on a
    device."""
    have, who = free, "the device has"
    if have is None and hasattr(os, "sysconf"):
        have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        who = "this machine has"
    if have and memory.total > have > 0:
        raise TooLargeError(
            f"the network takes about {memory.total / 1e9:.1f} GB, {who} "
            f"{have / 1e9:.1f} GB; make it smaller:\n{memory}"
        )


def expected(e: Edges, sizes: dict[str, int]) -> float:
    if isinstance(e.pattern, Pairs):
        return len(e.pattern)
    return float(e.pattern.expected(ends_of(e, sizes)))


def span(e: Edges, dt: float, sizes: dict[str, int]) -> tuple[int, int]:
    """The shortest and the longest delay in steps, about: as many draws as there are synapses go
    beyond them once in a hundred networks."""
    beyond = 0.01 / max(expected(e, sizes), 1.0)
    ends = np.zeros(2, np.int64)
    for v in (e.axonal, e.dendritic):
        if isinstance(v, Distribution):
            v = v.quantile(np.array([beyond, 1.0 - beyond]))
        if np.size(v):
            ends += nearest_step(np.clip([np.min(v), np.max(v)], 0.0, 1e12), dt)
    return int(ends[0]), int(ends[1])

"""How much memory a network takes, told from the rules before anything is allocated."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from ..distributions import Distribution
from ..errors import TooLargeError
from ..ir.program import Edges, Pairs, Program, nearest_step
from ..passes.draw import ends_of
from ..passes.layout import addresses
from .base import Options

# What NumPy's passes hold a synapse at their peak: pairs, values, columns and their order.
_BYTES_BY_PASSES = 112
# What the C++ code lists at a time while it builds; see native/connect.cc.
_LISTED, _BUFFERS = 100_000_000, 8_000_000


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
        return "\n".join(f"{name:{width}}  {size / 1e6:12,.1f} MB" for name, size in rows)


def estimate(program: Program, options: Options, native: bool, parts: int, threads: int) -> Memory:
    """The memory of a program after the symbolic passes. native: with a table made by C++ in
    the plainest way, sorted by delay, with a weight for each synapse."""
    delivery = addresses(program)
    sizes = {n.name: n.size for n in program.neurons}
    synapses = int(sum(expected(e, sizes) for e in program.edges))
    rows = 1 + max((longest(e, program.dt) for e in program.edges), default=0)
    real = options.dtype.itemsize
    fields = sum(n.size * sum(not f.shared for f in n.fields) for n in program.neurons)
    found = {"neurons": fields * (8 + 2 * real)}
    if native:
        found |= {
            "targets": 2 * synapses,
            "weights": options.weight_dtype.itemsize * synapses,
            "segments": 4 * parts * delivery.n_sources * (rows + 1),
            "spikes under way": 4 * rows * delivery.n_sources,
            "while it is built": 4 * min(synapses, _LISTED) + threads * _BUFFERS,
        }
    else:
        found |= {
            "synapses": _BYTES_BY_PASSES * synapses,
            "spikes under way": 2 * real * rows * delivery.n_slots,
        }
    return Memory(found)


def refuse_too_large(memory: Memory) -> None:
    """Raise TooLargeError, with the table, for more than this machine has."""
    if not hasattr(os, "sysconf"):
        return
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if memory.total > have > 0:
        raise TooLargeError(
            f"the network takes about {memory.total / 1e9:.1f} GB, this machine has "
            f"{have / 1e9:.1f} GB; make it smaller:\n{memory}"
        )


def expected(e: Edges, sizes: dict[str, int]) -> float:
    if isinstance(e.pattern, Pairs):
        return len(e.pattern)
    return float(e.pattern.expected(ends_of(e, sizes)))


def longest(e: Edges, dt: float) -> int:
    """A bound on the delay in steps."""
    bounds = [
        v.highest() if isinstance(v, Distribution) else float(np.max(v)) if np.size(v) else 0.0
        for v in (e.axonal, e.dendritic)
    ]
    return int(sum(nearest_step(min(b, 1e12), dt) for b in bounds))

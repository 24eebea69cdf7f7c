"""The synapses of a program for the C++ code, in one table or several; see docs/design/native.md.

They are made by C++ from the rules, without the arrays of the passes (what only NumPy knows how to
draw is handed over). Static edges only. What a weight depends on is told to C++ as a value and
operations with numbers (weight * weight_scale * e/tau); where it is more than that, as one number a
synapse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..distributions import Distribution
from ..errors import ParameterError, raise_all
from ..ir.expr import Expr, Op, Ref, references
from ..ir.program import Edges, Program, Statement
from ..native.connect import CHANGE, CHANGES, Table, Weighing, allocate
from ..passes.layout import addresses, is_static, port_of
from .base import Options
from .binding import Binder, Values, Weighed
from .memory import expected, longest

# Targets are 16-bit numbers within a part. A few parts more than that needs keep threads busy.
_LARGEST_PART = 2**16
_FEWEST_SLOTS = 4096
# A table of its own pays where the weights that are saved take as many times its memory.
_TABLE_COSTS = 1


def part_starts(n_slots: int, threads: int) -> np.ndarray:
    """Where parts of slots start, and the end."""
    few = max(-(-n_slots // _LARGEST_PART), min(threads, n_slots // _FEWEST_SLOTS), 1)
    return np.linspace(0, n_slots, few + 1).round().astype(np.int64)


# The edges of each store, by number, and whether it shares weights.
Groups = list[tuple[list[int], bool]]


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
        weights = [_plain(e.field("weight").value) for e in program.edges]
        self._lay_out(self._grouped(weights))

    def _grouped(program: Program, options: Options, weights: Sequence[float | None]) -> Groups:
    """The edges of each store, and whether it shares weights.

    One store takes all that have weights of their own (None). The others go where no source has
    another weight (or, where weights are rounded, another port) yet, if what is saved is more than
    what a table takes.
    """
    own: list[int] = []
    shared: list[list[int]] = []
    sizes = {n.name: n.size for n in program.neurons}
    delivery = addresses(program)
    table = 4 * (len(part_starts(delivery.n_slots, 1)) - 1) * delivery.n_sources
    rounded = options.weight_dtype == np.float64

    def differ(k: int, j: int) -> bool:
        ports = port_of(program.edges[k]), port_of(program.edges[j])
        return weights[k] != weights[j] or (rounded and ports[0] != ports[1])

    for k, e in enumerate(program.edges):
        saved = options.weight_dtype.itemsize * expected(e, sizes)
        if weights[k] is None:
            own.append(k)
            continue
        for group in shared:
            if not any(_overlap(program, k, j) and differ(k, j) for j in group):
                group.append(k)
                break
        else:
            if saved > _TABLE_COSTS * table * (longest(e, program.dt) + 2):
                shared.append([k])
            else:
                own.append(k)
    return [(g, True) for g in shared] + ([(own, False)] if own or not shared else [])


def _sources(program: Program, k: int) -> np.ndarray:
    """The numbers of the sources of edges."""
    view = program.edges[k].source
    offset = dict(addresses(program).sources)[view.group]
    return view.indices(program.group(view.group).size) + offset


def _overlap(program: Program, k: int, j: int) -> bool:
    """Have two edges a source in common?"""
    a, b = program.edges[k].source, program.edges[j].source
    if a.group != b.group:
        return False
    size = program.group(a.group).size
    return bool(np.intersect1d(a.indices(size), b.indices(size)).size)


def _plain(value: Any) -> float | None:
    """A value that is one number, or None."""
    return None if np.ndim(value) or isinstance(value, Distribution) else float(value)


def _single(e: Edges, weighing: Weighing) -> float | None:
    """The weight that all synapses have, or None."""
    weight = _plain(e.field("weight").value if weighing.value is None else weighing.value)
    if weight is None:
        return None
    for kind, number in weighing.changes:
        weight = CHANGE[kind](weight, number)
    return weight


def _weighing(
    e: Edges, binder: Binder, given: Mapping[str, Any], values: Values, table: Table
) -> Weighing:
    """What the weights of edges are made from."""
    assert is_static(e)
    field = e.field("weight")
    value: Any = given.get(f"{e.name}.weight")
    scope: dict[str, Any] = {
        f.name: np.asarray(given.get(f"{e.name}.{f.name}", f.value), np.float64)
        for f in e.fields
        if f.kind != "derived" and f.name != "weight"
    }
    for side, view in (("pre", e.source), ("post", e.target)):
        prefix = f"{view.group}."
        for name, bound in values.items():
            if name.startswith(prefix):
                scope[f"{side}.{name.removeprefix(prefix)}"] = bound
    scalars = {name: v for name, v in scope.items() if np.ndim(v) == 0}
    result = e.pre[0].value
    assert isinstance(result, Ref)
    changes = None
    if np.ndim(value) == 0:
        steps = {s.target: s.value for s in e.prologue if isinstance(s, Statement)}
        changes = _changes(result, steps, scalars, binder)
    if changes is not None:
        return Weighing(None if value is None else float(value), changes)
    drawn = table.drawn(e)
    if np.ndim(value) and np.shape(value) != (len(drawn.pattern),):
        raise ParameterError(
            f"params, {e.name}.{field.name}: shape {np.shape(value)}; expected one value or "
            f"{len(drawn.pattern)}"
        )
    return Weighing(binder.weights(drawn, given, values))


def _changes(
    expr: Expr, steps: Mapping[str, Expr], scalars: Mapping[str, Any], binder: Binder
) -> tuple[tuple[int, float], ...] | None:
    """The operations that lead from the weight to an expression; None where there are others."""
    if expr == Ref("weight"):
        return ()
    if isinstance(expr, Ref) and expr.name in steps:
        return _changes(steps[expr.name], steps, scalars, binder)
    if not isinstance(expr, Op):
        return None
    for side in (0, 1):
        if (expr.name, side) not in CHANGES:
            continue
        inner, other = expr.args[side], expr.args[1 - side]
        before = _changes(inner, steps, scalars, binder)
        if before is not None and references(other) <= scalars.keys():
            number = float(binder.evaluate(other, scalars))
            return (*before, (CHANGES[expr.name, side], number))
    return None


def _same(a: Sequence[Weighing], b: Sequence[Weighing]) -> bool:
    return all(
        x.changes == y.changes and _equal(x.value, y.value) for x, y in zip(a, b, strict=True)
    )


def _equal(a: Any, b: Any) -> bool:
    if a is None or b is None or isinstance(a, Distribution) or isinstance(b, Distribution):
        return bool(a == b)
    return np.array_equal(a, b)

"""The synapses of a program for the kernels on the CPU: made by C++ from the rules, never by NumPy.

Static edges only. What a weight depends on is told to C++ as a value and operations with numbers
(weight * weight_scale * e/tau); where it is more than that, as one number a synapse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..distributions import Distribution
from ..errors import ParameterError
from ..ir.expr import Expr, Op, Ref, references
from ..ir.program import Edges, Program, Statement
from ..native.connect import CHANGES, Table, Weighing, allocate
from ..passes.layout import addresses, is_static
from .base import Options
from .binding import Binder, Values, Weighed

# Targets are 16-bit numbers within a part. A few parts more than that needs keep threads busy.
_LARGEST_PART = 2**16
_FEWEST_SLOTS = 4096


def part_starts(n_slots: int, threads: int) -> np.ndarray:
    """Where parts of slots start, and the end."""
    few = max(-(-n_slots // _LARGEST_PART), min(threads, n_slots // _FEWEST_SLOTS), 1)
    return np.linspace(0, n_slots, few + 1).round().astype(np.int64)


class Synapses:
    """The table of synapses, and its weights for the values of a run.

    The weights of one run are kept, and drawn again in the same place where the next has others.
    """

    def __init__(self, program: Program, options: Options, threads: int):
        delivery = addresses(program)
        self.table = Table(program, delivery, part_starts(delivery.n_slots, threads), threads)
        self.program = replace(
            program,
            delivery=replace(
                delivery,
                synapses=self.table.synapses,
                longest=self.table.rows - 1,
                largest_indegree=tuple(self.table.largest_indegree),
            ),
        )
        self.weight = allocate(self.table.synapses, options.dtype)
        self.weighings: list[Weighing] | None = None
        self.most: list[float] = []
        self.constants: dict[tuple[str, str], float] | None = None

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What the kernels read, but for the weights."""
        t = self.table
        return {"segment": t.segment, "target": t.target, "delays": t.delays,
                "part_start": t.part_start}  # fmt: skip

    def explain(self) -> list[str]:
        """How they are stored, in lines."""
        t = self.table
        size = t.target.nbytes + self.weight.nbytes + t.segment.nbytes
        each = size / max(t.synapses, 1)
        return [
            f"stored by (part, source, delay): {len(t.part_start) - 1} parts, {len(t.delays)} "
            f"delays, {size / 1e6:.1f} MB, {each:.2f} bytes a synapse (target 2, weight "
            f"{self.weight.itemsize}, segments {t.segment.nbytes / max(t.synapses, 1):.2f})"
        ]

    def weigh(self, binder: Binder, given: Mapping[str, Any], values: Values) -> Weighed:
        """The weights; drawn again where they are other than those of the last run."""
        wanted = [_weighing(e, binder, given, values, self.table) for e in self.program.edges]
        first = self.weighings is None
        if first or not _same(self.weighings or [], wanted):
            self.weighings = wanted
            self._draw(first)
        return self

    def largest(self) -> Sequence[float]:
        return self.most

    def rounded(self, constants: Mapping[tuple[str, str], float]) -> np.ndarray:
        if self.weight.dtype == np.float32 or self.constants == constants:
            return self.weight
        if self.constants is not None:
            self._draw(False)  # the numbers before they were rounded are gone
        self.constants = dict(constants)
        delivery, slots = self.program.delivery, []
        assert delivery is not None
        for group, variable, _ in delivery.slots:
            slots.append(np.full(self.program.group(group).size, constants[group, variable]))
        self.table.round(self.weight, np.concatenate(slots or [np.empty(0)]))
        return self.weight

    def _draw(self, first: bool) -> None:
        self.constants = None
        assert self.weighings is not None
        self.most = [float(m) for m in self.table.fill(self.weighings, self.weight, first)]


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

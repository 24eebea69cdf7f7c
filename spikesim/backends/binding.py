"""From a program and the values of a run to arrays: what every backend is handed.

Binding puts the user's values in place of defaults, evaluates the prologue in float64 (the matrix
exponential by SciPy), rounds weights to the grids of their ports and broadcasts initial states. It
happens on the host and is the same for all backends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.linalg import expm

from .. import portable
from ..build.values import check_values
from ..distributions import Distribution, stripped
from ..errors import ParameterError, SpikesimError, UnknownNameError, did_you_mean, raise_all
from ..ir.expr import Draw, Expr
from ..ir.program import Edges, Field, MatrixExponential, Neurons, Pairs, Program, Prologue
from ..passes.inputs import arriving, grid
from ..random import LARGEST_POISSON_RATE, poisson, poisson_limit
from .base import Options
from .evaluate import evaluate, operations, uniform_draws

Values = dict[str, np.ndarray]


class HostArrays:
    """NumPy as the evaluator needs it."""

    xp: Any = np
    library: portable.ArrayLibrary = portable.NUMPY

    def __init__(self, conformance: bool):
        self.conformance = conformance

    def poisson(self, seed: Any, stream: int, step: Any, size: int, mean: Any) -> np.ndarray:
        zero = portable.exp(-np.asarray(mean, np.float64), self.library)
        return poisson(uniform_draws(seed, stream, step, size, np), zero, mean)

    def settle(self, value: np.ndarray) -> np.ndarray:
        return value


class Binder:
    """Binds a lowered program again and again, for the values of each run.

    `described` is the same program before the passes: values are checked against its equations.
    """

    def __init__(self, program: Program, options: Options, described: Program):
        self.program, self.options, self.described = program, options, described
        self.arrays = HostArrays(options.conformance)
        self.table = operations(self.arrays)
        owners: list[Neurons | Edges] = [*program.neurons, *program.edges]
        self.settable = {
            f"{owner.name}.{f.name}": f
            for owner in owners
            for f in owner.fields
            if f.kind == "parameter" or (f.kind == "state" and f.dtype == "float")
        }

    def bind(self, params: Mapping[str, Any] | None = None) -> Values:
        """All arrays of a run, by "group.field", and "delivery.weights".

        params: values by name ("exc.g_L"; a state's name sets its initial value), with units.
        Raises UnknownNameError, DimensionError or ParameterError, all together.
        """
        given = self._given(params or {})
        values: Values = {}
        for group in self.program.neurons:
            self._group(group, given, values)
        weights = [self._edges(e, given, values) for e in self.program.edges]
        self._grids(weights, values)
        weight = self._weights(weights, values)
        return {n: _flushed(v) for n, v in values.items()} | {"delivery.weights": weight}

    def _given(self, params: Mapping[str, Any]) -> dict[str, np.ndarray]:
        if not isinstance(params, Mapping):
            raise ParameterError(
                f"params: got {params!r:.60}, expected values by name, such as "
                '{"exc.tau_m": 12*ms}'
            )
        faults: list[SpikesimError] = []
        given = {}
        for name, value in params.items():
            field = self.settable.get(name) if isinstance(name, str) else None
            if field is None:
                hint = did_you_mean(str(name), self.settable)
                faults.append(UnknownNameError(f"params: no parameter or state {name!r}; {hint}"))
                continue
            plain = stripped(value, field.unit, f"params, {name}", faults)
            if isinstance(plain, Distribution):
                faults.append(
                    ParameterError(
                        f"params, {name}: a distribution is drawn when the network is built; give "
                        "numbers or an array here"
                    )
                )
            elif plain is not None:
                given[name] = plain
        for group in self.described.neurons:
            mine = {
                n.removeprefix(f"{group.name}."): v
                for n, v in given.items()
                if n.startswith(f"{group.name}.")
            }
            if mine:
                check_values(group, faults, mine)
        raise_all("params", faults)
        return given

    def _group(self, group: Neurons, given: Mapping[str, Any], values: Values) -> None:
        scope: dict[str, Any] = {}
        for f in group.fields:
            if f.kind in ("parameter", "constant", "table", "state"):
                full = f.kind == "state" and not f.shared
                scope[f.name] = self._value(group.name, f, given, group.size, full)
        self._prologue(group.prologue, scope)
        values.update({f"{group.name}.{name}": value for name, value in scope.items()})

    def _value(
        self, owner: str, f: Field, given: Mapping[str, Any], size: int, full: bool
    ) -> np.ndarray:
        name = f"{owner}.{f.name}"
        dtype = {"float": np.float64, "int": np.int32, "bool": np.bool_}[f.dtype]
        value: np.ndarray = np.asarray(given.get(name, f.value), dtype=dtype)
        if f.kind != "table" and value.ndim and value.shape != (size,):
            raise ParameterError(
                f"params, {name}: shape {value.shape}; expected one value or {size}"
            )
        return np.broadcast_to(value, (size,)).copy() if full else value

    def _prologue(self, prologue: Prologue, scope: dict[str, Any]) -> None:
        with np.errstate(all="ignore"):
            for item in prologue:
                if isinstance(item, MatrixExponential):
                    scope.update(self._propagator(item, scope))
                else:
                    scope[item.target] = np.asarray(self._evaluate(item.value, scope))

    def _propagator(self, item: MatrixExponential, scope: Mapping[str, Any]) -> Values:
        entries = [
            [np.asarray(self._evaluate(e, scope), np.float64) for e in row] for row in item.matrix
        ]
        shape = np.broadcast_shapes(*(e.shape for row in entries for e in row))
        matrix = np.stack(
            [np.stack([np.broadcast_to(e, shape) for e in row], axis=-1) for row in entries],
            axis=-2,
        )
        result = expm(matrix * self.program.dt)
        return {
            name: np.asarray(result[..., r, c])
            for r, row in enumerate(item.names)
            for c, name in enumerate(row)
            if name
        }

    def _evaluate(self, expr: Expr, scope: Mapping[str, Any]) -> Any:
        return evaluate(expr, scope, self.arrays, self.table, _largest)

    def _edges(self, e: Edges, given: Mapping[str, Any], values: Values) -> np.ndarray:
        """The weight of every synapse of static edges, before rounding."""
        pairs: Pairs = e.pattern
        scope: dict[str, Any] = {}
        for side, view, index in (
            ("pre", e.source, pairs.source),
            ("post", e.target, pairs.target),
        ):
            size = self.program.group(view.group).size
            element = view.indices(size)[index]
            prefix = f"{view.group}."
            for name, value in values.items():
                if name.startswith(prefix):
                    chosen = value[element] if value.shape == (size,) else value
                    scope[f"{side}.{name.removeprefix(prefix)}"] = chosen
        for f in e.fields:
            if f.kind != "derived":
                scope[f.name] = self._value(e.name, f, given, len(pairs), False)
        self._prologue(e.prologue, scope)
        weight = scope[e.pre[0].value.name]  # type: ignore[union-attr]
        return np.asarray(np.broadcast_to(weight, (len(pairs),)), np.float64)

    def _grids(self, weights: list[np.ndarray], values: Values) -> None:
        """The rounding constant M = 1.5 2^E of each port, with 2^E above every possible sum.

        Numbers rounded by (x + M) - M are multiples of 2^(E - 52), so their sums are exact. In
        float32 nothing is rounded.
        """
        delivery = self.program.delivery
        assert delivery is not None
        largest: dict[tuple[str, str], float] = {}
        for weight, (name, _, _) in zip(weights, delivery.weights, strict=True):
            for (edges, target, variable), most in delivery.largest_indegree.items():
                if edges == name and len(weight):
                    bound = float(np.abs(weight).max()) * most
                    largest[target, variable] = largest.get((target, variable), 0.0) + bound
        for group in self.program.neurons:
            scope = {
                n.removeprefix(f"{group.name}."): v
                for n, v in values.items()
                if n.startswith(f"{group.name}.")
            }
            for port in group.ports:
                scope[grid(port.variable)] = np.asarray(0.0)
            for s in group.arrive:
                for port in group.ports:
                    if s.target == arriving(port.variable):
                        bound = float(np.max(np.abs(self._evaluate(s.value, scope))))
                        key = group.name, port.variable
                        largest[key] = largest.get(key, 0.0) + bound
            for port in group.ports:
                bound = largest.get((group.name, port.variable), 0.0)
                values[f"{group.name}.{grid(port.variable)}"] = np.asarray(self._rounding(bound))

    def _rounding(self, bound: float) -> float:
        if self.options.precision == "float32" or bound == 0.0:
            return 0.0
        return 1.5 * 2.0 ** (np.ceil(np.log2(bound)) + 1)

    def _weights(self, weights: list[np.ndarray], values: Values) -> np.ndarray:
        delivery = self.program.delivery
        assert delivery is not None
        rounded = []
        for weight, (name, _, _) in zip(weights, delivery.weights, strict=True):
            group, variable = next((g, v) for e, g, v in delivery.largest_indegree if e == name)
            constant = values[f"{group}.{grid(variable)}"]
            rounded.append((weight + constant) - constant)
        return np.concatenate(rounded or [np.empty(0)])[delivery.order]


def _flushed(value: np.ndarray) -> np.ndarray:
    """Subnormal numbers count as zero, here as in the run."""
    if value.dtype != np.float64:
        return value
    return np.where(np.abs(value) < portable.SMALLEST_NORMAL, np.copysign(0.0, value), value)


def _largest(node: Draw, args: list[np.ndarray]) -> np.ndarray:
    """A bound on a draw: what it can reach at most."""
    if node.distribution == "poisson":
        mean = np.asarray(args[0], np.float64)
        if not (mean >= 0).all() or (mean > LARGEST_POISSON_RATE).any():
            raise ParameterError(
                f"{node.stream}: {np.min(mean):g} to {np.max(mean):g} spikes a step are to be "
                f"drawn at once; expected 0 to {LARGEST_POISSON_RATE:g}. Use a smaller dt or "
                "several stimuli"
            )
        return poisson_limit(mean)
    return np.asarray(1.0 if node.distribution == "uniform" else 9.0)

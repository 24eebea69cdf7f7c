"""From a program and the values of a run to arrays: what every backend is handed.

Binding puts the user's values in place of defaults, evaluates the prologue in float64 (the matrix
exponential by SciPy), rounds weights to the grids of their ports and broadcasts initial states. It
happens on the host and is the same for all backends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from scipy.linalg import expm

from .. import portable
from ..distributions import Distribution, stripped
from ..errors import ParameterError, SpikesimError, UnknownNameError, did_you_mean, raise_all
from ..ir.expr import Draw, Expr, references
from ..ir.program import (
    Edges,
    Field,
    Limits,
    MatrixExponential,
    Neurons,
    NoiseFactor,
    Pairs,
    Pieces,
    Program,
    Prologue,
    Statement,
)
from ..passes.inputs import arriving, grid
from ..passes.layout import port_of
from ..passes.refractory import OF_HOLDING
from ..random import LARGEST_POISSON_RATE, normal, poisson, poisson_limit
from .base import Options
from .diffusion import noise_factor
from .evaluate import Drawing, evaluate, operations, step_words, uniform_draws
from .precise import check_limits, timed, timed_weights

Values = dict[str, np.ndarray]
# The largest |value| that a plastic synapse adds to its port; without bounds it is taken to be so
# many times what it starts with. Beyond it, sums are no longer exact in any order.
LARGEST, _BEYOND = "largest", 16.0


class HostArrays:
    """NumPy as the evaluator needs it."""

    xp: Any = np
    library: portable.ArrayLibrary = portable.NUMPY
    traced = False
    masks = False

    def __init__(self, conformance: bool):
        self.conformance = conformance

    def uniform(self, seed: Any, stream: int, step: Any, size: int) -> np.ndarray:
        return uniform_draws(seed, stream, step, size, np)

    def normal(self, seed: Any, stream: int, step: Any, size: int) -> np.ndarray:
        return normal(*step_words(seed, stream, step, size, np), self.library)

    def poisson(self, seed: Any, stream: int, step: Any, size: int, mean: Any) -> np.ndarray:
        return self.counts(uniform_draws(seed, stream, step, size, np), mean)

    def counts(self, u: Any, mean: Any) -> np.ndarray:
        return poisson(u, portable.exp(-np.asarray(mean, np.float64), self.library), mean)

    def least(self, values: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
        found = np.full(size, np.inf)
        np.minimum.at(found, place, values)
        return found

    def total(self, values: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
        return np.bincount(place, values, size)

    def repeat(self, more: Any, body: Any, value: Any) -> Any:
        while more(value):
            value = body(value)
        return value

    def settle(self, value: np.ndarray) -> np.ndarray:
        return value


class Weighed(Protocol):
    """The weights of all synapses for the values of a run."""

    def largest(self) -> Sequence[float]:
        """The largest |weight| of each edges; 0 where there are no synapses."""
        ...

    def rounded(self, constants: Mapping[tuple[str, str], float]) -> Values:
        """The weights in the order in which they are stored, (weight + M) - M with the constant of
        their port; "delivery.weights", and others where they are stored in several tables."""
        ...


class Weigher(Protocol):
    """What knows the synapses of a program."""

    def weigh(self, binder: Binder, given: Mapping[str, Any], values: Values) -> Weighed:
        """Their weights; `given` are parameters of the run, `values` what is bound of neurons."""
        ...


class Binder:
    """Binds a lowered program again and again, for the values of each run.

    The weigher knows the synapses and gives their weights.
    """

    def __init__(self, program: Program, options: Options, weigher: Weigher | None = None):
        self.program, self.options = program, options
        self.weigher: Weigher = weigher or _Rows()
        self.arrays = HostArrays(options.conformance)
        self.table = operations(self.arrays)
        self.timed = timed(program)
        # The largest indegree of edges that no delivery counts.
        self.indegrees = {
            e.name: int(np.bincount(e.pattern.target).max(initial=0))
            for e in (*program.plastic, *program.timed)
        }
        owners: list[Neurons | Edges] = [*program.neurons, *program.edges, *program.couplings,
                                         *program.timed, *program.plastic]  # fmt: skip
        self.settable = {
            f"{owner.name}.{f.name}": f
            for owner in owners
            for f in owner.fields
            if (f.kind == "parameter" and not f.of) or (f.kind == "state" and not _is_inner(f.name))
        }
        # Parameters of plastic edges that their neurons use.
        self.copies = {
            f"{n.name}.{f.name}": f.of for n in program.neurons for f in n.fields if f.of
        }

    def bind(self, params: Mapping[str, Any] | None = None) -> Values:
        """All arrays of a run, by "group.field", and "delivery.weights".

        params: values by name ("exc.g_L"; a state's name sets its initial value), with units.
        Raises UnknownNameError, DimensionError or ParameterError, all together.
        """
        return self.bind_given(self.given(params or {}))

    def bind_given(self, given: Mapping[str, np.ndarray]) -> Values:
        """As `bind`, of what `given` returned."""
        values: Values = {}
        given = self._copied(given)
        for group in self.program.neurons:
            self._group(group, given, values)
        for e in self.program.couplings:
            self._refuse_arrays(e, given)
            scope, own = self.edge_values(e, given, values), {f.name for f in e.fields}
            for name in sorted(references(e.continuous[0].value) & own):
                values[f"{e.name}.{name}"] = np.asarray(scope[name])
        for e in self.program.plastic:
            values |= self._plastic(e, given, values)
        weights = self.weigher.weigh(self, given, values)
        of_timed = {e.name: self.weights(e, given, values) for e in self.program.timed}
        self._grids(weights.largest(), of_timed, values)
        ports = {(n.name, p.variable) for n in self.program.neurons for p in n.ports}
        constants = {(g, v): float(values[f"{g}.{grid(v)}"]) for g, v in ports}
        rounded = weights.rounded(constants) | timed_weights(self.timed, of_timed, constants)
        bound = {n: _flushed(v) for n, v in values.items()} | rounded
        for e in self.program.plastic:
            for f in (f for f in e.fields if f.kind == "state"):
                name = f"{e.name}.{f.name}"
                bound[name] = np.broadcast_to(bound[name], (len(e.pattern),))
        return bound

    def _copied(self, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """With the parameters of plastic edges under the names that neurons have for them."""
        return {**given, **{name: given[of] for name, of in self.copies.items() if of in given}}

    def _plastic(self, e: Edges, given: Mapping[str, Any], values: Values) -> Values:
        """What plastic edges start from and read, states and parameters; and the largest |value|
        that they add to their port."""
        assert e.plasticity is not None
        scope, found = self.edge_values(e, given, values), {}
        own = {f.name: f for f in e.fields}
        blocks = [r.block for r in e.plasticity.responses if r.at == "synapse"]
        read = {n for block in blocks for s in block for n in references(s.value)}
        for f in own.values():
            value = np.asarray(scope[f.name])
            if f.kind == "state" or f.name in read:
                found[f"{e.name}.{f.name}"] = value
        weight = np.asarray(scope["weight"])
        most = _BEYOND * max(np.max(weight, initial=0.0), -np.min(weight, initial=0.0))
        if e.plasticity.bounds is not None:
            ends = [np.abs(self.evaluate(b, scope)) for b in e.plasticity.bounds]
            most = max(float(np.max(end)) for end in ends)
        added = self.evaluate(e.pre[0].value, scope | {"transmit": most})
        found[f"{e.name}.{LARGEST}"] = np.asarray(np.max(np.abs(added), initial=0.0))
        return found

    def _refuse_arrays(self, e: Edges, given: Mapping[str, Any]) -> None:
        for f in e.fields:
            name = f"{e.name}.{f.name}"
            if e.pooled and np.ndim(given.get(name, 0.0)):
                raise ParameterError(
                    f"params, {name}: the network was built with one value for all, so that all "
                    "targets have one sum; give one value here, or an array when it is built"
                )

    def given(self, params: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """The values of `params` without units. Raises what `bind` does."""
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
            plain = stripped(value, field.unit, f"params, {name}", faults, field.dtype)
            if isinstance(plain, Distribution):
                faults.append(
                    ParameterError(
                        f"params, {name}: a distribution is drawn when the network is built; give "
                        "numbers or an array here"
                    )
                )
            elif plain is not None and field.single and np.ndim(plain):
                faults.append(
                    ParameterError(f"params, {name}: it is shared; give one value for all")
                )
            elif plain is not None:
                given[name] = plain
        raise_all("params", faults)
        return given

    def _group(self, group: Neurons, given: Mapping[str, Any], values: Values) -> None:
        scope = self.scope(group, given)
        self._prologue(group.prologue, scope, group.name)
        values.update({f"{group.name}.{name}": value for name, value in scope.items()})

    def scope(self, group: Neurons, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a group's own fields, by the names that it uses."""
        scope: dict[str, Any] = {}
        waiting = {f.name: f for f in group.fields if f.kind not in ("derived", "arrival")}
        while waiting:
            # Values that are expressions come after those that they need.
            ready = [
                f
                for f in waiting.values()
                if f"{group.name}.{f.name}" in given
                or not any(references(e) & waiting.keys() for e in _expressions(f))
            ]
            for f in ready:
                full = f.kind == "state" and not f.shared
                if f"{group.name}.{f.name}" not in given and _expressions(f):
                    f = replace(f, value=self._evaluated(group, f, scope))
                scope[f.name] = self.value(group.name, f, given, group.size, full)
                del waiting[f.name]
        return scope

    def _evaluated(self, group: Neurons, f: Field, scope: Mapping[str, Any]) -> np.ndarray:
        """A value by expression, drawn from the network's seed."""
        drawing = Drawing(self.arrays, np.uint32(self.program.seed), np.uint32(0))
        size = 1 if f.shared else group.size

        def value(part: Any) -> np.ndarray:
            if isinstance(part, Expr):
                draw = lambda node, args: drawing.draw(group.name, size, node, args)  # noqa: E731
                with np.errstate(all="ignore"):
                    part = evaluate(part, scope, self.arrays, self.table, draw)
            return np.broadcast_to(0.0 if part is None else part, (size,))

        parts = f.value.parts if isinstance(f.value, Pieces) else ((None, f.value),)
        whole: np.ndarray = np.zeros(
            size, {"float": np.float64, "int": np.int32, "bool": np.bool_}[f.dtype]
        )
        for index, part in parts:
            if index is None:
                whole[:] = value(part)
            else:
                whole[index] = value(part)[index] if isinstance(part, Expr) else part
        bad = np.flatnonzero(~np.isfinite(whole))
        if len(bad):
            raise ParameterError(
                f"population {group.name!r}: the initial value of {f.name} of neuron {bad[0]} is "
                f"{whole[bad[0]]}; give an expression that is finite"
            )
        return whole[0] if f.shared else whole

    def value(
        self, owner: str, f: Field, given: Mapping[str, Any], size: int, full: bool
    ) -> np.ndarray:
        """The value of a field, given or by default; full: as an array [size]."""
        name = f"{owner}.{f.name}"
        dtype = {"float": np.float64, "int": np.int32, "bool": np.bool_}[f.dtype]
        value: np.ndarray = np.asarray(given.get(name, f.value), dtype=dtype)
        if f.kind != "table" and value.ndim and value.shape != (size,):
            raise ParameterError(
                f"params, {name}: shape {value.shape}; expected one value or {size}"
            )
        return np.broadcast_to(value, (size,)).copy() if full else value

    def _prologue(self, prologue: Prologue, scope: dict[str, Any], owner: str = "") -> None:
        with np.errstate(all="ignore"):
            for item in prologue:
                if isinstance(item, MatrixExponential | NoiseFactor):
                    scope.update(self._matrix(item, scope))
                elif isinstance(item, Limits):
                    period = np.asarray(self.evaluate(item.period, scope))
                    matrix = self._array(item.matrix, scope)
                    check_limits(owner, item, matrix, period, self.program.dt)
                else:
                    value = np.asarray(self.evaluate(item.value, scope))
                    # NumPy's own integers are wider than those of a run.
                    scope[item.target] = (
                        value.astype(np.int32) if value.dtype == np.int64 else value
                    )

    def _matrix(self, item: MatrixExponential | NoiseFactor, scope: Mapping[str, Any]) -> Values:
        matrix = self._array(item.matrix, scope)
        if isinstance(item, NoiseFactor):
            result = noise_factor(matrix, self._array(item.noise, scope), self.program.dt)
        else:
            result = expm(matrix * self.program.dt)
        return {
            name: np.asarray(result[..., r, c])
            for r, row in enumerate(item.names)
            for c, name in enumerate(row)
            if name
        }

    def _array(self, rows: Sequence[Sequence[Expr]], scope: Mapping[str, Any]) -> np.ndarray:
        """Expressions as a matrix, or as one an element: [..., rows, columns]."""
        entries = [[np.asarray(self.evaluate(e, scope), np.float64) for e in row] for row in rows]
        shape = np.broadcast_shapes(*(e.shape for row in entries for e in row))
        return np.stack(
            [np.stack([np.broadcast_to(e, shape) for e in row], axis=-1) for row in entries],
            axis=-2,
        )

    def evaluate(self, expr: Expr, scope: Mapping[str, Any]) -> Any:
        """On the host, in float64."""
        return evaluate(expr, scope, self.arrays, self.table, _largest)

    def weights(self, e: Edges, given: Mapping[str, Any], values: Values) -> np.ndarray:
        """The weight of every synapse of static edges that are drawn, before rounding."""
        weight = self.edge_values(e, given, values)[e.pre[0].value.name]  # type: ignore[union-attr]
        return np.asarray(np.broadcast_to(weight, (len(e.pattern),)), np.float64)

    def release(
        self, e: Edges, given: Mapping[str, Any], drawn: Callable[[Edges], Edges] = lambda e: e
    ) -> np.ndarray | None:
        """The probability with which edges transmit a spike, one or one each; None: 1."""
        if not e.unreliable:
            return None
        name, release = f"{e.name}.release", e.field("release").value
        if name in given:
            release = given[name]
            if np.ndim(release):
                pairs = drawn(e).pattern
                if np.shape(release) != (len(pairs),):
                    raise ParameterError(
                        f"params, {name}: shape {np.shape(release)}; expected one value or "
                        f"{len(pairs)}"
                    )
                release = pairs.from_user(release)
        elif not isinstance(release, float | int):
            release = drawn(e).field("release").value
        release = np.asarray(release, np.float64)
        if release.size and not (release.min() >= 0 and release.max() <= 1):
            raise ParameterError(
                f"params, {e.name}.release: {release.min():g} to {release.max():g}; expected "
                "probabilities, 0 to 1"
            )
        return release

    def edge_values(self, e: Edges, given: Mapping[str, Any], values: Values) -> dict[str, Any]:
        """What the run does not change, by the names that drawn edges use: one value, or one an
        edge."""
        pairs: Pairs = e.pattern
        scope: dict[str, Any] = {}
        read = _read_of(e)
        for side, view, index in (
            ("pre", e.source, pairs.source),
            ("post", e.target, pairs.target),
        ):
            size = self.program.group(view.group).size
            element = None
            for name in (n for n in read if n.startswith(f"{side}.")):
                value = values.get(f"{view.group}.{name.removeprefix(f'{side}.')}")
                if value is not None and value.shape == (size,):
                    element = view.indices(size)[index] if element is None else element
                    value = value[element]
                if value is not None:
                    scope[name] = value
        for f in e.fields:
            if f.kind != "derived":
                mine = np.ndim(given.get(f"{e.name}.{f.name}", 0.0)) > 0
                size = pairs.values if mine else len(pairs)
                value = self.value(e.name, f, given, size, False)
                scope[f.name] = pairs.from_user(value) if mine else value
        self._prologue(e.prologue, scope)
        return scope

    def _grids(
        self, weights: Sequence[float], of_timed: Mapping[str, np.ndarray], values: Values
    ) -> None:
        """The rounding constant M = 1.5 2^E of each port, with 2^E above every possible sum.

        Numbers rounded by (x + M) - M are multiples of 2^(E - 52), so their sums are exact. In
        float32 nothing is rounded.
        """
        delivery = self.program.delivery
        assert delivery is not None
        largest: dict[tuple[str, str], float] = {}
        for e, weight, most in zip(
            self.program.edges, weights, delivery.largest_indegree, strict=True
        ):
            largest[port_of(e)] = largest.get(port_of(e), 0.0) + float(weight) * most
        for e in self.program.plastic:
            bound = float(values.pop(f"{e.name}.{LARGEST}")) * self.indegrees[e.name]
            largest[port_of(e)] = largest.get(port_of(e), 0.0) + bound
        for e in self.program.timed:
            bound = float(np.abs(of_timed[e.name]).max(initial=0.0)) * self.indegrees[e.name]
            largest[port_of(e)] = largest.get(port_of(e), 0.0) + bound
        groups = of_groups(values)
        for group in self.program.neurons:
            scope = dict(groups.get(group.name, {}))
            for port in group.ports:
                scope[grid(port.variable)] = np.asarray(0.0)
            for s in (*group.arrive, *(group.precise.finish if group.precise else ())):
                for port in group.ports:
                    if s.target == arriving(port.variable):
                        bound = float(np.max(np.abs(self.evaluate(s.value, scope))))
                        key = group.name, port.variable
                        largest[key] = largest.get(key, 0.0) + bound
            for port in group.ports:
                bound = largest.get((group.name, port.variable), 0.0)
                values[f"{group.name}.{grid(port.variable)}"] = np.asarray(self._rounding(bound))

    def _rounding(self, bound: float) -> float:
        if self.options.precision == "float32" or bound == 0.0:
            return 0.0
        return 1.5 * 2.0 ** (np.ceil(np.log2(bound)) + 1)


def _read_of(e: Edges) -> set[str]:
    """The names that are read when edges are bound."""
    exprs = [s.value for s in e.pre] + [c.value for c in e.continuous]
    for item in e.prologue:
        if isinstance(item, Statement):
            exprs.append(item.value)
        else:
            exprs += [x for row in item.matrix for x in row]
    return {n for x in exprs for n in references(x)}


def _is_inner(state: str) -> bool:
    """Is it a state that the passes made, and that nobody sets?"""
    return state in OF_HOLDING or state.startswith("precise.")


def _expressions(f: Field) -> list[Expr]:
    """The expressions in the value of a field."""
    parts = [v for _, v in f.value.parts] if isinstance(f.value, Pieces) else [f.value]
    return [v for v in parts if isinstance(v, Expr)]


def of_groups(values: Values) -> dict[str, Values]:
    """The values of each group, by the names that it uses itself."""
    groups: dict[str, Values] = {}
    for name, value in values.items():
        group, _, own = name.partition(".")
        groups.setdefault(group, {})[own] = value
    return groups


class _Rows:
    """The weights of edges that NumPy has drawn, in the order of Rows."""

    def weigh(self, binder: Binder, given: Mapping[str, Any], values: Values) -> Weighed:
        program = binder.program
        releases = [binder.release(e, given) for e in program.edges]
        weights = [binder.weights(e, given, values) for e in program.edges]
        return _WeighedRows(program, weights, releases)


class _WeighedRows:
    def __init__(
        self, program: Program, weights: list[np.ndarray], releases: list[np.ndarray | None]
    ):
        self.program, self.weights, self.releases = program, weights, releases

    def largest(self) -> list[float]:
        return [float(np.abs(w).max(initial=0.0)) for w in self.weights]

    def rounded(self, constants: Mapping[tuple[str, str], float]) -> Values:
        assert self.program.delivery is not None and self.program.delivery.rows is not None
        rounded = [
            (weight + constants[port_of(e)]) - constants[port_of(e)]
            for weight, e in zip(self.weights, self.program.edges, strict=True)
        ]
        weights = np.concatenate(rounded or [np.empty(0)])[self.program.delivery.rows.order]
        bound = {"delivery.weights": weights}
        rows = self.program.delivery.rows
        if rows.unreliable is not None:
            every = [
                np.ones(len(w)) if r is None else np.broadcast_to(r, len(w))
                for w, r in zip(self.weights, self.releases, strict=True)
            ]
            bound["delivery.release"] = np.concatenate(every)[rows.order][rows.unreliable.place]
        return bound


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

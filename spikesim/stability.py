"""The largest step at which an explicit method is stable.

An explicit Runge-Kutta method lets a part of the solution that decays at a rate of -lambda grow
where dt lambda exceeds a number of its own (Hairer and Wanner 1996, section IV.2): 2 for euler,
milstein and heun, 2.785 for rk4. The rates are the eigenvalues of the Jacobian of a neuron's
equations without their noise. `exact` and `exponential_euler` are stable at any step.

Neurons that are coupled, as by gap junctions, decay towards one another too. Where the coupling is
held through a step, that part is integrated as by euler, whatever the method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.integrate import LSODA

from .backends.coupling import Joined, joined
from .ir.expr import references
from .ir.program import Neurons
from .passes.inputs import inputs
from .passes.noise import Noise
from .passes.refractory import refractory

if TYPE_CHECKING:
    from .backends.base import State
    from .model import Model

REACH = {"euler": 2.0, "milstein": 2.0, "heun": 2.0, "rk4": 2.785}
_AHEAD = 10.0  # ms in which a neuron may come to where it is stiffest
_STEPS_AHEAD = 300
_MOST = 16  # neurons that are looked at
_ITERATIONS, _SHIFT = 40, 1e-3  # of the power method
Rates = Callable[..., np.ndarray]


class Stability:
    """The largest stable steps of a model's groups, for the values of a run."""

    def __init__(self, model: Model, given: Mapping[str, Any]):
        self.model, self.given = model, given
        moving = {n.name for n in model.program.neurons if n.equations}
        methods = {n.name: n.method for n in model.lowered.neurons if n.name in moving}
        self.methods = {name: m for name, m in methods.items() if m in REACH}
        self.couplings = [c for c in joined(model.lowered) if _mutual(c)]
        self.groups: dict[str, Neurons] = {}
        if self.methods or self.couplings:
            lowered = inputs(refractory(model.program)).neurons
            self.groups = {n.name: n for n in lowered}

    def largest_step(self, group: str, state: State) -> float | None:
        """In ms, at a state of the network; None where nothing decays, or nobody can tell."""
        size = self.model.lowered.group(group).size
        rates, start = self._rates(
            group, state, np.unique(np.linspace(0, size - 1, _MOST, dtype=int))
        )
        return None if rates is None else self._limit(group, rates, start)

    def largest_step_ahead(self, group: str, state: State, neuron: int) -> float | None:
        """The smallest of them in the 10 ms that follow, of one neuron by itself."""
        rates, start = self._rates(group, state, np.array([neuron]))
        if rates is None or not np.isfinite(start).all():
            return None
        solver = LSODA(
            lambda _, x: rates(x[:, None])[:, 0], 0.0, start[:, 0], _AHEAD, rtol=1e-6, atol=1e-6
        )
        path = [start]
        with np.errstate(all="ignore"):
            # What runs away to infinity is followed for so many steps only.
            while solver.status == "running" and len(path) < _STEPS_AHEAD:
                solver.step()
                if not np.isfinite(solver.y).all():
                    break
                path.append(solver.y[:, None].copy())
        steps = [self._limit(group, rates, x) for x in path]
        return min((s for s in steps if s is not None), default=None)

    def largest_coupled_step(self, coupling: Joined, state: State) -> float | None:
        """In ms, of what neurons of one population do to one another.

        None where they do not decay towards one another, or nobody can tell.
        """
        edges, name = coupling.edges, coupling.edges.target.group
        one, group, binder = edges.continuous[0], self.model.lowered.group(name), self.model.binder
        rates, start = self._rates(name, state, np.arange(group.size))
        if rates is None or not np.isfinite(start).all():
            return None
        known = {f"{name}.{f}": np.asarray(v) for f, v in binder.scope(group, self.given).items()}
        moving = [d.variable for d in self.groups[name].equations]

        def change(x: np.ndarray) -> np.ndarray:
            """The rates under the sums of neurons that are at x, all else as it is."""
            rows = dict(zip(moving, x, strict=True))
            there = {f"{name}.{at}{v}": row for v, row in rows.items() for at in ("", "at.")}
            scope = binder.edge_values(edges, self.given, known | there)
            value = binder.evaluate(one.value, {**scope, "t": 0.0, "step": 0})
            each = np.broadcast_to(value, coupling.target.shape)
            total = np.bincount(coupling.target, each, coupling.size)
            return rates(start, {one.variable: total})

        reach = REACH[self.methods[name]] if one.each == "stage" else REACH["euler"]
        fastest = _fastest_of_all(change, start)
        return reach / fastest if fastest > 0 else None

    def _limit(self, group: str, rates: Rates, x: np.ndarray) -> float | None:
        """The largest stable step at points [variables, neurons].

        A slope that a longer difference does not confirm is that of a jump, or of a bend sharper
        than the difference is long: it tells nothing of stability.
        """
        size = np.maximum(np.abs(x), 1e-3)
        rate, far = (_fastest(rates, x, shift * size) for shift in (1e-6, 1e-5))
        with np.errstate(invalid="ignore"):
            rate = rate[np.maximum(rate, far) <= 2 * np.minimum(rate, far)]  # never where nan
        fastest = float(rate.max(initial=0.0))
        return REACH[self.methods[group]] / fastest if fastest > 0 else None

    def _rates(
        self, name: str, state: State, neurons: np.ndarray
    ) -> tuple[Rates | None, np.ndarray]:
        """The equations of some neurons as a function of their variables [variables, ..., neurons],
        and the variables as they are."""
        group, binder = self.groups[name], self.model.binder
        scope: dict[str, Any] = {"dt": self.model.program.dt, "t": 0.0}
        lowered = self.model.lowered.group(name)
        full = {f.name: f"{name}.{f.name}" for f in lowered.fields}
        now = {f: np.asarray(state[n]) for f, n in full.items() if n in state}
        given = {**self.given, **{full[f]: v for f, v in now.items()}}  # or states would be drawn
        tables = {f.name for f in lowered.fields if f.kind == "table"}
        for f, value in {**now, **binder.scope(lowered, given)}.items():
            each = f not in tables and np.shape(value) == (group.size,)
            scope[f] = value[neurons] if each else value
        drift = Noise(group).drift
        moving = list(drift)
        if not all(references(rate) <= scope.keys() for rate in drift.values()):
            return None, np.empty(0)

        def rates(x: np.ndarray, sums: Mapping[str, Any] | None = None) -> np.ndarray:
            there = scope | dict(zip(moving, x, strict=True)) | dict(sums or {})
            values = [binder.evaluate(rate, there) for rate in drift.values()]
            return np.array([np.broadcast_to(v, x.shape[1:]) for v in values], np.float64)

        return rates, np.array([scope[x] for x in moving], np.float64)


def _fastest_of_all(rates: Rates, x: np.ndarray) -> float:
    """The rate of what decays fastest of all variables [variables, neurons] together, about: by the
    power method."""
    way, rate = np.random.default_rng(1).standard_normal(x.shape), 0.0
    for _ in range(_ITERATIONS):
        way /= np.abs(way).max()
        with np.errstate(all="ignore"):
            slope = (rates(x + _SHIFT * way) - rates(x - _SHIFT * way)) / (2 * _SHIFT)
        rate = -float((way * slope).sum() / (way * way).sum())
        if not np.isfinite(rate) or not slope.any():
            return 0.0
        way = slope
    return rate


def _mutual(coupling: Joined) -> bool:
    """Does an edge act within one population, by the states of both its neurons?"""
    edges = coupling.edges
    sides = {name.partition(".")[0] for name in references(edges.continuous[0].value)}
    return edges.source.group == edges.target.group and {"pre", "post"} <= sides


def _fastest(rates: Rates, x: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """At each point, the rate of what decays fastest; nan where there is no Jacobian."""
    points = np.eye(len(x))[..., None] * shift  # [variable, shifted variable, neuron]
    with np.errstate(all="ignore"):
        change = rates(x[:, None] + points) - rates(x[:, None] - points)
        jacobians = np.moveaxis(change / (2 * shift), -1, 0)
    known = np.isfinite(jacobians).all(axis=(1, 2))
    found = np.full(len(jacobians), np.nan)
    found[known] = -np.linalg.eigvals(jacobians[known]).real.min(axis=1)
    return found

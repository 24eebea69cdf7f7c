"""Recognition: a program's groups as affine systems with a threshold, whatever their models' names.

    dx/dt = A x + b,    spike where x[0] passes theta,    x -> R x + r at a spike

The first state is the one that the threshold looks at. What the form can't hold is an Obstacle, and
is told, never dropped. The program is the one before the passes. For simulators that have them,
products of two states and exponentials of one may come on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..backends.base import Options
from ..backends.binding import Binder, HostArrays
from ..backends.evaluate import evaluate, operations
from ..equations.affine import collect, linear_system
from ..equations.noise import noises
from ..equations.quadratic import Exponential, Polynomial, expand
from ..ir.expr import ZERO, Draw, Expr, Op, Ref, add, references, rewrite, sub, substitute, walk
from ..ir.program import NEST_ORDER, Edges, Neurons, Program
from ..passes import lower
from ..passes.delays import delays
from ..passes.draw import draw
from ..passes.inputs import inputs


@dataclass(frozen=True)
class Obstacle:
    """Something that the canonical form can't hold: where, what, and what to write instead."""

    place: str
    what: str
    remedy: str


@dataclass(frozen=True, eq=False)
class Product:
    """A term factor * x[pair[0]] * x[pair[1]] of dx[row]/dt; factor [n]."""

    row: int
    pair: tuple[int, int]
    factor: np.ndarray


@dataclass(frozen=True, eq=False)
class Upswing:
    """A term factor * exp(slope * x[state] + shift) of dx[row]/dt; arrays [n]."""

    row: int
    state: int
    factor: np.ndarray
    slope: np.ndarray
    shift: np.ndarray


@dataclass(frozen=True, eq=False)
class Cell:
    """A group in canonical form. Time in ms, all else in the units of the program.

    states: k names. A [n, k, k] and b [n, k]: dx/dt = A x + b. threshold [n]; inclusive: spikes at
    the threshold itself too. R [n, k, k], r [n, k]: the reset. held [n]: steps after a spike in
    which the states `still` [k] do not move. drops [k]: arrivals at a state are lost meanwhile.
    start [n, k]. method: of integration. products, upswings: what is not affine, in all of the
    states up to the threshold; there is none unless `recognise` was asked for it.
    """

    name: str
    size: int
    states: tuple[str, ...]
    A: np.ndarray
    b: np.ndarray
    threshold: np.ndarray
    inclusive: bool
    R: np.ndarray
    r: np.ndarray
    held: np.ndarray
    still: tuple[bool, ...]
    drops: tuple[bool, ...]
    start: np.ndarray
    method: str = "exact"
    products: tuple[Product, ...] = ()
    upswings: tuple[Upswing, ...] = ()


@dataclass(frozen=True, eq=False)
class Wire:
    """Synapses that make one state of their targets jump by `weight`.

    pre, post: elements of the groups, int64 [n]; weight [n]; delay [n], steps.
    """

    name: str
    source: str
    target: str
    state: str
    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    delay: np.ndarray

    def __len__(self) -> int:
        return len(self.pre)


@dataclass(frozen=True, eq=False)
class Circuit:
    """A network in canonical form. dt in ms; early: are spikes delivered before the threshold is
    looked at (NEST's order)? sources: groups that only spike, with their sizes. rates [size]: in
    1/ms, of those that are Poisson processes."""

    dt: float
    early: bool
    sources: Mapping[str, int]
    cells: Mapping[str, Cell]
    wires: tuple[Wire, ...]
    obstacles: tuple[Obstacle, ...]
    rates: Mapping[str, np.ndarray] = field(default_factory=dict)


def recognise(program: Program, beyond: bool = False) -> Circuit:
    """The canonical form of a program before the passes, and what of it there is none for.

    beyond: products and exponentials of states are no obstacles.
    """
    return _Reader(program, beyond).circuit()


class _Reader:
    def __init__(self, program: Program, beyond: bool):
        self.program, self.plain, self.beyond = program, inputs(program), beyond
        self.values = Binder(lower(program), Options.of(precision="float64")).bind()
        self.arrays = HostArrays(False)
        self.table = operations(self.arrays)
        self.obstacles: list[Obstacle] = []

    def circuit(self) -> Circuit:
        p = self.program
        sources: dict[str, int] = {}
        cells: dict[str, Cell] = {}
        rates: dict[str, np.ndarray] = {}
        for group in self.plain.neurons:
            if not group.equations and not group.ports and self._only_spikes(group):
                sources[group.name] = group.size
                rate = self._rate(group)
                if rate is not None:
                    rates[group.name] = rate
                continue
            cell = self._cell(group)
            if cell is not None:
                cells[group.name] = cell
        if len(sources) == len(self.plain.neurons):
            self._fault("network", "it has no neurons", "add a population of neurons")
        self._whole(p)
        realised = delays(draw(replace(p, edges=(*p.edges, *p.plastic), plastic=())))
        found = [self._wire(e, cells, realised) for e in realised.edges]
        wires = tuple(w for w in found if w is not None)
        early = p.order == NEST_ORDER
        return Circuit(p.dt, early, sources, cells, wires, tuple(self.obstacles), rates)

    def _fault(self, place: str, what: str, remedy: str) -> None:
        self.obstacles.append(Obstacle(place, what, remedy))

    def _only_spikes(self, group: Neurons) -> bool:
        """Is it a source, which nothing arrives at?"""
        return all(
            e.target.group != group.name for e in (*self.program.edges, *self.program.plastic)
        )

    def _rate(self, group: Neurons) -> np.ndarray | None:
        """The rate of a Poisson process [size], 1/ms: each step, a spike with one probability."""
        found = [e.condition for e in group.events if e.name == "spike" and not e.reset]
        if len(found) != 1 or not isinstance(found[0], Op) or found[0].name != "lt":
            return None
        draw, chance = found[0].args
        scope = self._scope(group)
        uniform = isinstance(draw, Draw) and draw.distribution == "uniform" and not draw.shared
        if not uniform or group.update or not references(chance) <= scope.keys():
            return None
        return np.maximum(self._value(chance, scope, group.size), 0) / self.program.dt

    def _whole(self, p: Program) -> None:
        """What the network has beside groups and static synapses."""
        for i in p.inputs:
            changes = references(i.value) & {"t", "step"} or i.before
            random = any(isinstance(n, Draw) for n in walk(i.value))
            looked_up = any(isinstance(n, Op) and n.name == "take" for n in walk(i.value))
            if i.kind == "arrivals" or changes or random or looked_up:
                self._fault(
                    i.target.group,
                    f"the stimulus {i.name!r} is made inside the neurons, and changes",
                    "make it a population of spike sources, connected one to one",
                )
        for e in p.couplings:
            self._fault(
                e.name, "it couples neurons at all times", "use a synapse that spikes reach"
            )
        for link in p.links:
            self._fault(link.reader, f"{link.name!r} follows another population", "give a value")
        for clock in p.clocks:
            self._fault(clock.group, f"the action {clock.name!r} changes states", "leave it out")

    def _scope(self, group: Neurons, prefix: str = "") -> dict[str, Any]:
        """Values of the fields that don't change in a run, each for all elements."""
        scope: dict[str, Any] = {"dt": self.program.dt, f"{prefix}dt": self.program.dt}
        for f in group.fields:
            value = self.values.get(f"{group.name}.{f.name}")
            if f.kind in ("parameter", "constant") and value is not None:
                scope[prefix + f.name] = value
        return scope

    def _value(self, expr: Expr, scope: Mapping[str, Any], size: int) -> np.ndarray:
        value = evaluate(expr, scope, self.arrays, self.table)
        return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), (size,)))

    def _cell(self, group: Neurons) -> Cell | None:
        where, scope = group.name, self._scope(group)
        before = len(self.obstacles)
        rates = {d.variable: d.rate for d in group.equations}

        def fault(what: str, remedy: str) -> None:
            self._fault(where, what, remedy)

        if group.precise is not None:
            fault("spikes lie between the steps", "leave precise=True out")
        if group.update or group.begin:
            fault(
                "statements change its states in each step",
                "write them as differential equations, or as jumps at spikes",
            )
        if any(noises(rate) for rate in rates.values()):
            fault("its equations have noise", "leave xi out, or send noise as Poisson spikes")
        spike = next((e for e in group.events if e.name == "spike"), None)
        crossing = _threshold(spike.condition, list(rates)) if spike else None
        if crossing is not None and not all(references(x) <= scope.keys() for x in crossing[1:3]):
            crossing = None
        forms = self._forms(rates, crossing, scope, group.size)
        if forms is None:
            if self.beyond:
                fault(
                    "its equations are not quadratic, nor exponential in one state, with constant "
                    "coefficients", "use LIF, AdEx or Izhikevich",
                )  # fmt: skip
                return None
            fault(
                "its equations are not linear with constant coefficients",
                "use currents in place of conductances, and a leaky integrate-and-fire neuron",
            )
            return None
        polynomials, upswings = forms
        if len(group.events) > 1:
            fault("it has events beside spikes", "leave them out")
        if spike is None:
            fault("it never spikes", "give it spike=...")
            return None
        if crossing is None:
            fault("its spike is no fixed threshold on one state", "write it as in 'v >= V_th'")
            return None
        watched, factor, rest, inclusive, above = crossing
        sign = self._value(factor, scope, group.size) * (1 if above else -1)
        if (sign <= 0).any():
            fault("it spikes where a state falls below the threshold", "turn the signs around")
        states = [watched, *(x for x in rates if x != watched)]
        n, k = group.size, len(states)
        A, b = np.zeros((n, k, k)), np.zeros((n, k))
        products: list[Product] = []
        upward: list[Upswing] = []
        for i, x in enumerate(states):
            for of, c in polynomials[x].items():
                value = self._value(c, scope, n)
                if not of:
                    b[:, i] = value
                elif of[0] in upswings:
                    e = upswings[of[0]]
                    slope, shift = (self._value(z, scope, n) for z in (e.slope, e.shift))
                    upward.append(Upswing(i, states.index(e.variable), value, slope, shift))
                elif len(of) == 1:
                    A[:, i, states.index(of[0])] = value
                else:
                    products.append(Product(i, (states.index(of[0]), states.index(of[1])), value))
        threshold = -self._value(rest, scope, n) / self._value(factor, scope, n)
        R, r = self._reset(group, states, scope)
        held = np.zeros(n, np.int64)
        if group.hold is not None and group.hold.until is not None:
            fault("its refractory period ends on a condition", "give a time, refractory='t_ref'")
        elif group.hold is not None:
            held = self._value(group.hold.steps, scope, n).astype(np.int64)
        ports = {p.variable: p.while_held for p in group.ports}
        for port in ports.keys() - set(states):
            fault(f"spikes arrive at {port!r}, which no equation moves", "give it an equation")
        if len(self.obstacles) > before:
            return None
        start = np.stack(
            [np.broadcast_to(self.values[f"{where}.{x}"], (n,)) for x in states], axis=1
        )
        return Cell(
            where, n, tuple(states), A, b, threshold, inclusive, R, r, held,
            tuple(next(d.held for d in group.equations if d.variable == x) for x in states),
            tuple(ports.get(x) == "drop" for x in states), start.astype(np.float64),
            "exact" if group.method == "auto" else group.method, tuple(products), tuple(upward),
        )  # fmt: skip

    def _forms(
        self,
        rates: Mapping[str, Expr],
        crossing: _Crossing | None,
        scope: Mapping[str, Any],
        n: int,
    ) -> tuple[Mapping[str, Polynomial], Mapping[str, Exponential]] | None:
        """What stands before 1, each state, and, if allowed, products and exponentials."""
        linear = linear_system(rates, [])
        polynomials: dict[str, Polynomial]
        upswings: dict[str, Exponential] = {}
        if linear is not None:
            polynomials = {x: {(): c, **{(y,): d for y, d in a.items()}}
                           for x, (a, c) in linear.items()}  # fmt: skip
        elif self.beyond and not any(
            isinstance(node, Draw) for rate in rates.values() for node in walk(rate)
        ):
            found = expand(self._uncapped(rates, crossing, scope, n))
            if found is None:
                return None
            polynomials, upswings = found
        else:
            return None
        parts = [c for p in polynomials.values() for c in p.values()]
        parts += [c for e in upswings.values() for c in (e.slope, e.shift)]
        return (
            (polynomials, upswings) if all(references(c) <= scope.keys() for c in parts) else None
        )

    def _uncapped(
        self,
        rates: Mapping[str, Expr],
        crossing: _Crossing | None,
        scope: Mapping[str, Any],
        n: int,
    ) -> Mapping[str, Expr]:
        """Rates without min(x, c), where x spikes before it comes to c."""
        if crossing is None:
            return rates
        watched, factor, rest = crossing[:3]
        with np.errstate(divide="ignore", invalid="ignore"):
            threshold = -self._value(rest, scope, n) / self._value(factor, scope, n)

        def uncap(node: Expr) -> Expr | None:
            if not (isinstance(node, Op) and node.name == "min" and Ref(watched) in node.args):
                return None
            (cap,) = [a for a in node.args if a != Ref(watched)] or [Ref(watched)]
            if not references(cap) <= scope.keys():
                return None
            return Ref(watched) if (self._value(cap, scope, n) >= threshold).all() else None

        return {x: rewrite(rate, uncap) for x, rate in rates.items()}

    def _reset(
        self, group: Neurons, states: list[str], scope: dict[str, Any]
    ) -> tuple[np.ndarray, np.ndarray]:
        """R [n, k, k] and r [n, k] of x -> R x + r."""
        n, k = group.size, len(states)
        now: dict[str, Expr] = {x: Ref(x) for x in states}
        for s in next(e for e in group.events if e.name == "spike").reset:
            value = substitute(s.value, now)
            now[s.target] = add(now.get(s.target, ZERO), value) if s.how == "+=" else value
            if s.how == "max=" or not (s.local or s.target in states):
                self._fault(
                    group.name, f"its reset changes {s.target!r} in a way that is not affine",
                    "set it, or add to it, as in 'v = V_reset' or 'v -= V_th'",
                )  # fmt: skip
        R, r = np.zeros((n, k, k)), np.zeros((n, k))
        for i, x in enumerate(states):
            form = collect(now[x], states)
            parts = [*form[0].values(), form[1]] if form else []
            if form is None or any(not references(p) <= scope.keys() for p in parts):
                self._fault(
                    group.name, f"its reset of {x!r} is not linear with constant coefficients",
                    "set it, or add to it, as in 'v = V_reset' or 'v -= V_th'",
                )  # fmt: skip
                continue
            for y, c in form[0].items():
                R[:, i, states.index(y)] = self._value(c, scope, n)
            r[:, i] = self._value(form[1], scope, n)
        return R, r

    def _wire(self, e: Edges, cells: Mapping[str, Cell], p: Program) -> Wire | None:
        learned: dict[str, Expr] = {}
        if e.plasticity:
            self._fault(
                e.name, "its synapses learn",
                "export what they learned: the same projection without plasticity=, "
                "weight=result[...].final['weight'] * unit",
            )  # fmt: skip
            learned["transmit"] = Ref("weight")  # the first ones, so that the other rules are read
        before = len(self.obstacles)
        if e.unreliable:
            self._fault(e.name, "spikes are lost at random", "leave release= out")
        if e.event != "spike":
            self._fault(e.name, f"it carries the event {e.event!r}", "connect spikes")
        target = p.group(e.target.group)
        lands = [s for s in e.pre if not s.local]
        if len(lands) != 1 or lands[0].how != "+=" or len(e.pre) > 1:
            self._fault(e.name, "an arrival does more than add to one state", "use ExpCurrent")
            return None
        state = lands[0].target.removeprefix("post.")
        post = e.target.indices(target.size)[e.pattern.target]
        pre = e.source.indices(p.group(e.source.group).size)[e.pattern.source]
        n = len(pre)
        scope: dict[str, Any] = {
            name: value[post] if np.shape(value) == (target.size,) else value
            for name, value in self._scope(target, "post.").items()
        }
        scope |= {f.name: f.value for f in e.fields}
        amount = substitute(lands[0].value, learned)
        if not references(amount) <= scope.keys():
            self._fault(
                e.name, "what a spike adds depends on states, not on the weight alone",
                "use currents in place of conductances",
            )  # fmt: skip
        if target.name not in cells or len(self.obstacles) > before:
            return None
        delay = np.broadcast_to(np.asarray(e.axonal) + np.asarray(e.dendritic), (n,))
        return Wire(
            e.name, e.source.group, target.name, state, pre, post,
            self._value(amount, scope, n), delay.astype(np.int64),
        )  # fmt: skip


# (state, factor, rest, inclusive, above) of factor * state + rest > 0, or < 0 if not above
_Crossing = tuple[str, Expr, Expr, bool, bool]


def _threshold(condition: Expr, states: list[str]) -> _Crossing | None:
    """The crossing that a condition stands for."""
    if not isinstance(condition, Op) or condition.name not in ("gt", "ge", "lt", "le"):
        return None
    form = collect(sub(*condition.args), states)
    if form is None or len(form[0]) != 1:
        return None
    ((state, factor),) = form[0].items()
    return state, factor, form[1], condition.name in ("ge", "le"), condition.name in ("gt", "ge")

"""Spikes between the steps: what a precise group does from one arrival to the next.

Between two arrivals the equations, linear with constant coefficients, are solved by their Taylor
series, x(s) = sum over k of A^k x s^k / k!, of an order at which the rest is below rounding for all
steps that `Limits` lets pass. The distance from the threshold is a polynomial in s by the same
token. Its root is found by Euler's method with irrational steps (of third order; it takes a
parabola's root in one step, so that a threshold that is all but missed does no harm), kept inside
the interval by bisection. Only + - x / and the square root take part, in a fixed order: every
backend gets the same bits.

A crossing is seen where the threshold is behind at either end of the interval between two arrivals
(Morrison et al. 2007, section 3.2; Hanuschkin et al. 2010 treat those that are undone inside it).

Times are ms since the step began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..build.values import value_of
from ..equations.affine import Form, collect, linear_system
from ..errors import DescriptionError, SpikesimError, raise_all
from ..ir.expr import (
    ONE,
    ZERO,
    Const,
    Draw,
    Expr,
    Op,
    Ref,
    add,
    call,
    is_zero,
    mul,
    references,
    sub,
    substitute,
    walk,
    where,
)
from ..ir.program import (
    PRECISE_OFFSET,
    Block,
    Event,
    Field,
    Limits,
    Neurons,
    Pieces,
    Precise,
    Program,
    Statement,
)
from .noise import Noise
from .refractory import HELD

NOW, UNTIL, READY, LEFT = "precise.now", "precise.until", "precise.ready", "precise.left"
CROSSING, SPIKED, OFFSET = "precise.crossing", "precise.spiked", PRECISE_OFFSET
# Steps in shortest time constants, and the order at which the rest of the series is below 1e-17.
_ORDERS = ((0.06, 9), (0.25, 12), (0.7, 16), (2.0, 24))
LONGEST = _ORDERS[-1][0]
_ITERATIONS = 6
_LONG_AGO = -2.0  # steps
_EVEN = 1e-9  # of a step: a refractory period this near to whole steps has none of a rest
_SIGN = {"ge": "ge", "gt": "gt", "le": "ge", "lt": "gt"}


def precise(program: Program) -> Program:
    """Precise groups have their blocks, and no equations. Raises all that stands against it."""
    faults: list[SpikesimError] = []
    for e in program.couplings:
        for view in (e.source, e.target):
            if program.group(view.group).precise:
                _refuse(
                    view.group, f"{e.name!r} couples them to others at all times", faults,
                    "leave it out",
                )  # fmt: skip
    neurons = tuple(_lower(n, program.dt, faults) if n.precise else n for n in program.neurons)
    raise_all("the network", faults)
    return replace(program, neurons=neurons)


def _refuse(group: str, reason: str, faults: list[SpikesimError], mend: str) -> None:
    faults.append(
        DescriptionError(
            f"population {group!r}: precise=True, but {reason}; {mend}, or leave precise=True out"
        )
    )


def _lower(group: Neurons, dt: float, faults: list[SpikesimError]) -> Neurons:
    noise, before = Noise(group), len(faults)

    def refuse(reason: str, mend: str) -> None:
        _refuse(group.name, reason, faults, mend)

    if group.method not in ("auto", "exact"):
        refuse(f"its method is {group.method!r}", "the method has to be 'exact' or 'auto'")
    if noise:
        refuse("its equations have noise", "take equations without xi")
    rates = {d.variable: d.rate for d in group.equations}
    inputs = [f.name for f in group.fields if f.kind == "state" and f.name not in rates]
    forms = None if noise else linear_system(rates, inputs)
    if forms is None and not noise:
        refuse(
            "its equations are not linear with constant coefficients",
            "take currents in place of conductances, and such a model as sp.neurons.LIF",
        )
    spike = next((e for e in group.events if e.name == "spike"), None)
    distance = _distance(spike.condition, [*rates, *inputs]) if spike else None
    if distance is None:
        refuse(
            "its spike is no threshold on variables of linear equations",
            "write spike as in 'v >= V_th'",
        )
    fixed = {f.name for f in group.fields if f.kind in ("parameter", "constant")}
    period = group.hold.period if group.hold else None
    if period is None or not references(period) <= fixed:
        refuse(
            "it has no refractory period that parameters alone decide",
            "give refractory= a time of at least dt",
        )
    if len(faults) > before:
        return group
    assert forms is not None and spike is not None and distance is not None and period is not None
    assert isinstance(spike.condition, Op)
    held = frozenset(d.variable for d in group.equations if d.held)
    system = _System(
        forms, held, distance, _SIGN[spike.condition.name], period, dt,
        _fastest(group, forms) * dt,
    )  # fmt: skip
    floats = ((NOW, dt), (UNTIL, dt), (READY, 0.0), (LEFT, _LONG_AGO), (OFFSET, dt))
    return replace(
        group,
        method="exact, precise",
        equations=(),
        hold=None,
        fields=(
            *group.fields,
            *(Field(name, "state", value) for name, value in floats),
            *(Field(name, "state", False, "bool") for name in (CROSSING, SPIKED)),
        ),
        prologue=(*group.prologue, system.limits()),
        update=(
            *group.update,
            Statement(LEFT, call("max", sub(Ref(LEFT), ONE), Const(_LONG_AGO))),
            Statement(READY, system.ready()),
            Statement(NOW, ZERO),
            Statement(SPIKED, Const(False)),
        ),
        arrive=(),
        events=tuple(Event("spike", Ref(SPIKED)) if e.name == "spike" else e for e in group.events),
        precise=Precise(
            advance=system.advance(),
            cross=system.cross(spike.reset),
            land=group.arrive[-len(group.ports) :] if group.ports else (),
            finish=(*group.arrive, system.jumped()),
        ),
    )


def _fastest(group: Neurons, forms: Mapping[str, Form]) -> float:
    """The spectral radius of |A|, 1/ms; infinite where values are still to be drawn."""
    known = {
        f.name: f.value
        for f in group.fields
        if f.kind in ("parameter", "constant") and not isinstance(f.value, Expr | Pieces)
    }
    entries = [[value_of(forms[x][0].get(y, ZERO), known) for y in forms] for x in forms]
    if any(e is None for row in entries for e in row):
        return np.inf
    shape = np.broadcast_shapes(*(np.shape(e) for row in entries for e in row))
    matrix = np.array([[np.broadcast_to(e, shape) for e in row] for row in entries])
    return spectral_radius(np.moveaxis(matrix, (0, 1), (-2, -1)))


def spectral_radius(matrix: np.ndarray) -> float:
    """The largest spectral radius of the absolute values of matrices [..., n, n]: a bound on all
    powers, whatever the units of the variables are."""
    return float(np.abs(np.linalg.eigvals(np.abs(matrix))).max(initial=0.0))


def _distance(condition: Expr, variables: list[str]) -> Form | None:
    """How far a threshold lies behind, as an affine form; None where that can't be told."""
    if not isinstance(condition, Op) or condition.name not in _SIGN:
        return None
    left, right = condition.args
    below = condition.name in ("le", "lt")
    form = collect(sub(right, left) if below else sub(left, right), variables)
    if form is None or not form[0]:
        return None
    parts = [*form[0].values(), form[1]]
    moving = any(references(p) & {"t", "step"} for p in parts)
    drawn = any(isinstance(node, Draw) for p in parts for node in walk(p))
    return None if moving or drawn else form


def _let(name: str, value: Expr) -> Statement:
    return Statement(f"precise.{name}", value, local=True)


def _local(name: str) -> Ref:
    return Ref(f"precise.{name}")


class Series(NamedTuple):
    """Taylor coefficients by variable, and the statements that compute them."""

    coefficients: dict[str, list[Expr]]
    block: Block


class _System:
    """dx/dt = A x + b, with b held through the step; in which `held` stand still when refractory.

    distance: from the threshold; sign: whether 0 is behind it. length: of a step, in the shortest
    time constant.
    """

    def __init__(
        self, forms: Mapping[str, Form], held: frozenset[str], distance: Form, sign: str,
        period: Expr, dt: float, length: float,
    ):  # fmt: skip
        self.forms, self.held, self.distance, self.sign = forms, held, distance, sign
        self.period, self.dt = period, dt
        self.steps = call("floor", add(Op("div", (period, Const(dt))), Const(_EVEN)))
        self.most, self.order = next((o for o in _ORDERS if length <= o[0]), _ORDERS[-1])

    def limits(self) -> Limits:
        rows = (tuple(self.forms[x][0].get(y, ZERO) for y in self.forms) for x in self.forms)
        return Limits(tuple(rows), self.period, self.most)

    def ready(self) -> Expr:
        """When the refractory period ends: OFFSET, LEFT steps and a rest. Where it is a number of
        steps, it ends LEFT steps later to the bit, when what another neuron sent may arrive."""
        rest = sub(self.period, mul(self.steps, Const(self.dt)))
        rest = where(Op("lt", (rest, Const(_EVEN * self.dt))), ZERO, rest)
        end = add(add(Ref(OFFSET), rest), mul(Ref(LEFT), Const(self.dt)))
        return where(Op("le", (Ref(LEFT), Const(_LONG_AGO))), Const(-self.dt), end)

    # the blocks

    def advance(self) -> Block:
        """To UNTIL; where the threshold is crossed on the way, only CROSSING changes."""
        block, start = self._ready()
        series = self._series("free", start, frozenset())
        block += series.block
        block += self._moved(series, _local("span"), "end")
        ends = {x: _local(f"end.{x}") for x in self.forms}
        behind = Op("or", (self._behind(self._far(start)), self._behind(self._far(ends))))
        free = Op("and", (Op("ge", (Ref(UNTIL), Ref(READY))), Op("not", (Ref(SPIKED),))))
        crossing = Op("and", (free, behind))
        block += (Statement(CROSSING, crossing),)
        stay = Ref(CROSSING)
        block += tuple(Statement(x, where(stay, Ref(x), ends[x])) for x in self.forms)
        return (
            *block,
            Statement(NOW, where(stay, Ref(NOW), Ref(UNTIL))),
            Statement("held", Op("lt", (Ref(UNTIL), Ref(READY)))),
        )

    def cross(self, reset: Block) -> Block:
        """To UNTIL through a spike, after which the neuron is refractory."""
        block, start = self._ready()
        series = self._series("free", start, frozenset())
        block += series.block
        block += self._root(self._polynomial(series.coefficients))
        at = call("min", add(call("max", Ref(NOW), Ref(READY)), _local("root")), Ref(UNTIL))
        there = self._moved(series, _local("root"), "there")
        block += (*there, *self._assigned("there"))
        block += (Statement(OFFSET, at), Statement(SPIKED, Const(True)))
        then: dict[str, Expr] = {"t": add(Ref("t"), Ref(OFFSET))}
        block += tuple(replace(s, value=substitute(s.value, then)) for s in reset)
        block += (
            Statement(LEFT, self.steps),
            Statement(READY, self.ready()),
            _let("rest", sub(Ref(UNTIL), Ref(OFFSET))),
        )
        after = self._series("held", {x: Ref(x) for x in self.forms}, self.held)
        block += after.block
        block += self._moved(after, _local("rest"), "after")
        return (
            *block,
            *self._assigned("after"),
            Statement(NOW, Ref(UNTIL)),
            Statement("held", Op("lt", (Ref(UNTIL), Ref(READY)))),
            Statement(CROSSING, Const(False)),
        )

    def jumped(self) -> Statement:
        """CROSSING where the threshold is behind as it stands."""
        behind = self._behind(self._far({x: Ref(x) for x in self.forms}))
        free = Op("not", (Op("or", (HELD, Ref(SPIKED))),))
        return Statement(CROSSING, Op("and", (behind, free)))

    # their parts

    def _ready(self) -> tuple[Block, dict[str, Expr]]:
        """To the end of the refractory period, if it comes before UNTIL; and how long it is free
        from there on."""
        end = call("min", Ref(UNTIL), Ref(READY))
        wait = call("max", sub(end, Ref(NOW)), ZERO)
        free = call("max", sub(Ref(UNTIL), call("max", Ref(NOW), Ref(READY))), ZERO)
        series = self._series("held", {x: Ref(x) for x in self.forms}, self.held)
        block = (_let("wait", wait), _let("span", free), *series.block)
        block += self._moved(series, _local("wait"), "start")
        return block, {x: _local(f"start.{x}") for x in self.forms}

    def _moved(self, series: Series, span: Expr, name: str) -> Block:
        return tuple(_let(f"{name}.{x}", _at(c, span)) for x, c in series.coefficients.items())

    def _assigned(self, name: str) -> Block:
        return tuple(Statement(x, _local(f"{name}.{x}")) for x in self.forms)

    def _series(self, tag: str, start: Mapping[str, Expr], still: frozenset[str]) -> Series:
        """The coefficients of s^0, s^1, ... of the solution from `start` on."""
        found: dict[str, list[Expr]] = {x: [start[x]] for x in self.forms}
        block: list[Statement] = []
        for k in range(1, self.order + 1):
            rates: dict[str, Expr] = {}
            for x, (coefficients, rest) in self.forms.items():
                rate: Expr = rest if k == 1 else ZERO
                for y, c in coefficients.items() if x not in still else ():
                    # What no equation moves is held through the step.
                    inner = found[y][k - 1] if y in found else Ref(y) if k == 1 else ZERO
                    rate = add(rate, mul(c, inner))
                rates[x] = ZERO if x in still else mul(rate, Const(1 / k))
            for x, rate in rates.items():
                name = f"{tag}.{k}.{x}"
                found[x].append(ZERO if is_zero(rate) else _local(name))
                if not is_zero(rate):
                    block.append(_let(name, rate))
        return Series(found, tuple(block))

    def _far(self, at: Mapping[str, Expr]) -> Expr:
        """How far the threshold lies behind, there."""
        coefficients, far = self.distance
        for y, c in coefficients.items():
            far = add(far, mul(c, at.get(y, Ref(y))))
        return far

    def _behind(self, far: Expr) -> Expr:
        return Op(self.sign, (far, ZERO))

    def _polynomial(self, series: Mapping[str, list[Expr]]) -> list[Expr]:
        """The coefficients of the distance as a polynomial in s."""
        found = [self._far({x: c[0] for x, c in series.items()})]
        for k in range(1, self.order + 1):
            term: Expr = ZERO
            for y, c in self.distance[0].items():
                term = add(term, mul(c, series[y][k] if y in series else ZERO))
            found.append(term)
        return found

    def _root(self, polynomial: list[Expr]) -> Block:
        """Where in 0 ... span the distance becomes positive; 0 where it is at once."""
        block = [_let(f"far.{k}", c) for k, c in enumerate(polynomial) if not is_zero(c)]
        c: list[Expr] = [
            ZERO if is_zero(x) else _local(f"far.{k}") for k, x in enumerate(polynomial)
        ]
        block.append(_let("far.end", _at(c, _local("span"))))
        # The secant is where to start.
        part = Op("div", (c[0], sub(c[0], _local("far.end"))))
        low: Expr = ZERO
        high: Expr = _local("span")
        s: Expr = _local("guess.0")
        block.append(_let("guess.0", _inside(mul(_local("span"), part), low, high)))
        for k in range(1, _ITERATIONS + 1):
            value, slope, bend = _local(f"value.{k}"), _local(f"slope.{k}"), _local(f"bend.{k}")
            p, q, r = _shifted(c, s)
            block += [_let(f"value.{k}", p), _let(f"slope.{k}", q), _let(f"bend.{k}", r)]
            behind = self._behind(value)
            block.append(_let(f"low.{k}", where(behind, low, s)))
            block.append(_let(f"high.{k}", where(behind, s, high)))
            low, high = _local(f"low.{k}"), _local(f"high.{k}")
            # The root of value + slope d + bend d^2 that lies uphill.
            square = sub(mul(slope, slope), mul(mul(Const(4.0), value), bend))
            step = Op("div", (mul(Const(-2.0), value), add(slope, call("sqrt", square))))
            block.append(_let(f"guess.{k}", _inside(add(s, step), low, high)))
            s = _local(f"guess.{k}")
        block.append(_let("root", where(self._behind(c[0]), ZERO, s)))
        return tuple(block)


def _at(coefficients: list[Expr], s: Expr) -> Expr:
    """The polynomial at s, by Horner's rule."""
    value = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        value = add(mul(s, value), c)
    return value


def _shifted(coefficients: list[Expr], s: Expr) -> tuple[Expr, Expr, Expr]:
    """The polynomial, its derivative and half its second derivative at s."""
    value: Expr = ZERO
    slope: Expr = ZERO
    bend: Expr = ZERO
    for c in reversed(coefficients):
        bend = add(mul(s, bend), slope)
        slope = add(mul(s, slope), value)
        value = add(mul(s, value), c)
    return value, slope, bend


def _inside(guess: Expr, low: Expr, high: Expr) -> Expr:
    """The guess where it is in the interval, which NaN is not; else its middle."""
    inside = Op("and", (Op("ge", (guess, low)), Op("le", (guess, high))))
    return where(inside, guess, mul(Const(0.5), add(low, high)))

"""Differential equations become the update of one step.

exact: the propagator of an affine system, x' = P x + Q u, with P and Q from the matrix exponential
of the system extended by its inputs u (Rotter and Diesmann 1999). Inputs hold through a step.
exponential_euler: for each variable by itself, with dx/dt = a x + b and a, b held through the step,
x' = x + dt (a x + b) exprel(a dt); where only parameters decide a, exp(a dt) x + dt exprel(a dt) b
with factors from the prologue.
rk4, heun, euler: as in the textbooks. In NEST's order an arrival that jumps is added to Euler's
step before both are added to the variable: so NEST rounds, and upstrokes multiply what is rounded.
`auto` takes the first that applies: exact, exponential_euler, rk4. Equations with noise: `noise`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..equations.affine import Form, conditionally_linear, linear_system
from ..errors import DescriptionError
from ..ir.expr import (
    ONE,
    ZERO,
    Const,
    Expr,
    Op,
    Ref,
    add,
    is_zero,
    mul,
    references,
    substitute,
    where,
)
from ..ir.program import (
    NEST_ORDER,
    Block,
    Edges,
    Field,
    MatrixExponential,
    Neurons,
    NoiseFactor,
    Program,
    Statement,
)
from .inputs import arriving
from .noise import Noise, choose_noisy, refuse_noise
from .refractory import HELD

Rates = Mapping[str, Expr]


def integrate(program: Program) -> Program:
    """No equations are left; `method` names the one that was used."""
    done = [integrated(n, program.dt) if n.equations else n for n in program.neurons]
    if program.order == NEST_ORDER:
        read = {e.target.group for e in program.edges if _reads_target(e)}
        done = [_with_jumps(n) if n.method == "euler" and n.name not in read else n for n in done]
    return replace(program, neurons=tuple(done))


def integrated(group: Neurons, dt: float) -> Neurons:
    """The group with its equations as an update."""
    noise = Noise(group)
    rates, held = noise.drift, {d.variable for d in group.equations if d.held}
    method = group.method if group.method != "auto" else _choose(group, noise)
    if noise:
        refuse_noise(group, noise, method)
        group = replace(group, noise=noise.told(method))
    if method == "exact":
        return _exact(group, rates, held, noise)
    if method == "exponential_euler":
        block = _exponential_euler(group, noise, dt)
    else:
        # A held variable stands still inside the step too, for the others that read it.
        drawn, rates = noise.held_through_step(dt)
        moving = {x: where(HELD, ZERO, r) if x in held else r for x, r in rates.items()}
        block = drawn + (
            noise.milstein(moving, held, dt) if method == "milstein" else STAGES[method](moving, dt)
        )
    return replace(
        group, equations=(), method=method, update=group.update + block + _assign(rates, held)
    )


def _choose(group: Neurons, noise: Noise) -> str:
    """The method that `auto` stands for."""
    linear = linear_system(noise.drift, _inputs(group, noise.drift)) is not None
    simple = conditionally_linear(noise.drift) is not None
    if noise:
        return choose_noisy(noise, linear, simple)
    return "exact" if linear else "exponential_euler" if simple else "rk4"


def _inputs(group: Neurons, rates: Rates) -> list[str]:
    """States that hold through a step: all that no equation moves."""
    return [f.name for f in group.fields if f.kind == "state" and f.name not in rates]


def _next(variable: str) -> str:
    return f"next.{variable}"


def _let(name: str, value: Expr) -> Statement:
    return Statement(name, value, local=True)


def _assign(rates: Rates, held: set[str]) -> Block:
    return tuple(
        Statement(x, where(HELD, Ref(x), Ref(_next(x))) if x in held else Ref(_next(x)))
        for x in rates
    )


# exact


def _exact(group: Neurons, rates: Rates, held: set[str], noise: Noise) -> Neurons:
    inputs = _inputs(group, rates)
    forms = linear_system(rates, inputs)
    if forms is None:
        raise DescriptionError(
            f"neurons {group.name!r}: method 'exact' needs equations that are linear with constant "
            "coefficients; use 'auto', 'exponential_euler' or 'rk4'"
        )
    system = _System(forms, list(rates), inputs)
    expm, block = system.propagate("", still=frozenset())
    prologue: list[MatrixExponential | NoiseFactor] = [expm]
    driven = noise.driven(forms, held)
    if noise:
        factor, block = driven.add("", block, frozenset())
        prologue.append(factor)
    # Where a variable that moves reads one that is held, held neurons need a propagator of their
    # own, in which the held variables have no rate.
    others_read = any(forms[x][0].get(y) for x in rates if x not in held for y in held)
    if held and others_read:
        expm, second = system.propagate("held.", still=frozenset(held))
        prologue.append(expm)
        if noise:
            factor, second = driven.add("held.", second, frozenset(held))
            prologue.append(factor)
        block = tuple(
            _let(a.target, where(HELD, b.value, a.value))
            for a, b in zip(block, second, strict=True)
        )
    names = [n for item in prologue for row in item.names for n in row if n]
    derived = tuple(Field(n, "derived", meaning="propagator") for n in names)
    return replace(
        group,
        equations=(),
        method="exact",
        fields=group.fields + derived,
        prologue=group.prologue + tuple(prologue),
        update=group.update + driven.draws() + block + _assign(rates, held),
    )


class _System:
    """dx/dt = A x + B u + c, as the matrix [[A, B, c], [0, 0, 0]] over x, u and 1."""

    def __init__(self, forms: Mapping[str, Form], variables: list[str], inputs: list[str]):
        self.variables = variables
        used = [u for u in inputs if any(u in forms[x][0] for x in variables)]
        self.columns = variables + used
        self.constant = any(not is_zero(forms[x][1]) for x in variables)
        self.forms = forms

    def row(self, x: str, still: frozenset[str]) -> tuple[Expr, ...]:
        coefficients, rest = ({}, ZERO) if x in still else self.forms[x]
        row = tuple(coefficients.get(y, ZERO) for y in self.columns)
        return (*row, rest) if self.constant else row

    def propagate(self, prefix: str, still: frozenset[str]) -> tuple[MatrixExponential, Block]:
        """The prologue entry, and the statements that compute next.x."""
        width = len(self.columns) + self.constant
        matrix = [self.row(x, still) for x in self.variables]
        matrix += [(ZERO,) * width] * (width - len(matrix))
        reach = _reach([[not is_zero(e) for e in row] for row in matrix])
        labels = [*self.columns, "1"][:width]
        names, block = [], []
        for r, x in enumerate(self.variables):
            row: list[str] = []
            total: Expr = ZERO
            for c, y in enumerate(labels):
                needed = (reach[r][c] or r == c) and not (y == x and not any(reach[r]))
                name = f"{prefix}P.{x}.{y}" if needed else ""
                row.append(name)
                value = ONE if y == "1" else Ref(y)
                total = add(total, mul(Ref(name), value) if name else value if y == x else ZERO)
            names.append(tuple(row))
            block.append(_let(_next(x), total))
        names += [("",) * width] * (width - len(names))
        return MatrixExponential(tuple(names), tuple(matrix)), tuple(block)


def _reach(edges: list[list[bool]]) -> list[list[bool]]:
    """Which entries of the matrix exponential can differ from the identity's: paths of A."""
    n = len(edges)
    reach = [row[:] for row in edges]
    for k in range(n):
        for i in range(n):
            if reach[i][k]:
                reach[i] = [a or b for a, b in zip(reach[i], reach[k], strict=True)]
    return reach


# one variable at a time


def _exponential_euler(group: Neurons, noise: Noise, dt: float) -> Block:
    forms = conditionally_linear(noise.drift)
    if forms is None:
        raise DescriptionError(
            f"neurons {group.name!r}: method 'exponential_euler' needs each equation to be linear "
            "in its own variable; use 'auto' or 'rk4'"
        )
    h = Const(dt)
    fixed = {f.name for f in group.fields if f.kind in ("parameter", "constant")}
    block = list(noise.draws())
    for x, (slope, rest) in forms.items():
        if is_zero(slope):
            moved = add(Ref(x), mul(h, rest))
            block.append(_let(_next(x), add(moved, noise.kick(x, ZERO, dt))))
            continue
        if references(slope) <= fixed:
            decay, gain = Op("exp", (mul(h, slope),)), mul(h, Op("exprel", (mul(h, slope),)))
            moved = add(mul(decay, Ref(x)), mul(gain, rest))
            block.append(_let(_next(x), add(moved, noise.kick(x, slope, dt))))
            continue
        block.append(_let(f"slope.{x}", slope))
        rate = add(mul(Ref(f"slope.{x}"), Ref(x)), rest)
        grown = Op("exprel", (mul(h, Ref(f"slope.{x}")),))
        moved = add(Ref(x), mul(mul(h, rate), grown))
        block.append(_let(_next(x), add(moved, noise.kick(x, Ref(f"slope.{x}"), dt))))
    return tuple(block)


# explicit Runge-Kutta methods


def _stage(rates: Rates, tag: str, at: Mapping[str, Expr]) -> Block:
    """let tag.x = rate of x at the point `at`."""
    return tuple(_let(f"{tag}.{x}", substitute(r, at)) for x, r in rates.items())


def _point(rates: Rates, tag: str, step: float) -> dict[str, Expr]:
    return {x: add(Ref(x), mul(Const(step), Ref(f"{tag}.{x}"))) for x in rates}


def _moved(rates: Rates, tag: str, step: float) -> tuple[Block, dict[str, Expr]]:
    """Names for the point `x + step tag.x`, so that each is computed once; its time is t + step."""
    point = _point(rates, tag, step)
    block = tuple(_let(f"{tag}.at.{x}", value) for x, value in point.items())
    names: dict[str, Expr] = {x: Ref(f"{tag}.at.{x}") for x in rates}
    return block, names | {"t": add(Ref("t"), Const(step))}


def _euler(rates: Rates, dt: float) -> Block:
    return tuple(_let(_next(x), add(Ref(x), _times(dt, r))) for x, r in rates.items())


def _times(dt: float, rate: Expr) -> Expr:
    """dt * rate; where the rate is a product, dt goes to its first factor, often a parameter."""
    if isinstance(rate, Op) and rate.name == "mul":
        return mul(_times(dt, rate.args[0]), rate.args[1])
    return mul(Const(dt), rate)


def _reads_target(e: Edges) -> bool:
    return any(n.startswith("post.") for s in e.pre for n in references(s.value))


def _with_jumps(group: Neurons) -> Neurons:
    """Variables that arrivals add to: the update keeps their step, and the arrival adds both."""
    jumps = {_next(p.variable): p.variable for p in group.ports}
    steps = {
        jumps[s.target]: s.value.args[1]
        for s in group.update
        if s.target in jumps and isinstance(s.value, Op) and s.value.name == "add"
    }
    update: list[Statement] = []
    for s in group.update:
        if jumps.get(s.target) in steps:
            update.append(Statement(f"step.{jumps[s.target]}", steps[jumps[s.target]]))
        elif s.target not in steps:
            update.append(s)
    both = {arriving(x): add(Ref(f"step.{x}"), Ref(arriving(x))) for x in steps}
    arrive = tuple(
        replace(s, value=substitute(s.value, both)) if s.target in steps else s
        for s in group.arrive
    )
    fields = tuple(Field(f"step.{x}", "state", 0.0, meaning="step of the update") for x in steps)
    return replace(group, fields=group.fields + fields, update=tuple(update), arrive=arrive)


def _heun(rates: Rates, dt: float) -> Block:
    block = _stage(rates, "k1", {})
    moved, at = _moved(rates, "k1", dt)
    block += moved + _stage(rates, "k2", at)
    return block + tuple(
        _let(_next(x), add(Ref(x), mul(Const(dt / 2), add(Ref(f"k1.{x}"), Ref(f"k2.{x}")))))
        for x in rates
    )


def _rk4(rates: Rates, dt: float) -> Block:
    block: Block = _stage(rates, "k1", {})
    for tag, before, step in (("k2", "k1", dt / 2), ("k3", "k2", dt / 2), ("k4", "k3", dt)):
        moved, at = _moved(rates, before, step)
        block += moved + _stage(rates, tag, at)

    def total(x: str) -> Expr:
        middle = mul(Const(2.0), add(Ref(f"k2.{x}"), Ref(f"k3.{x}")))
        return add(add(Ref(f"k1.{x}"), middle), Ref(f"k4.{x}"))

    return block + tuple(_let(_next(x), add(Ref(x), mul(Const(dt / 6), total(x)))) for x in rates)


STAGES: dict[str, Callable[[Rates, float], Block]] = {
    "euler": _euler,
    "heun": _heun,
    "rk4": _rk4,
}

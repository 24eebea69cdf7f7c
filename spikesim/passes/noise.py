"""White noise in differential equations becomes normal numbers, one or more a step.

exact: linear equations with constant coefficients and strengths. What the noise adds in a step is
normal with a covariance that is known (Gardiner, Handbook of Stochastic Methods, 4.4.6); its factor
comes from the prologue.
exponential_euler: the same for each variable by itself, its slope held through the step.
euler: Euler-Maruyama; Ito's interpretation, where that makes a difference.
heun: the stochastic Heun method; Stratonovich's (Kloeden and Platen 1992).
milstein: without derivatives, where no two noises act on one variable; Stratonovich's.

`auto` takes exact where it applies; else exponential_euler or euler for additive noise, and heun
for noise whose strength depends on the variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt

from ..equations.affine import Form
from ..equations.noise import split
from ..errors import DescriptionError
from ..ir.expr import (
    ZERO,
    Const,
    Draw,
    Expr,
    Op,
    Ref,
    add,
    is_zero,
    mul,
    references,
    sub,
    substitute,
    where,
)
from ..ir.program import Block, Neurons, NoiseFactor, Statement
from .refractory import HELD


def choose_noisy(noise: Noise, linear: bool, simple: bool) -> str:
    """The method that `auto` stands for; linear, simple: is the rest as exact, or else as
    exponential_euler wants it?"""
    if linear and noise.constant:
        return "exact"
    if noise.additive:
        return "exponential_euler" if simple else "euler"
    return "heun"


def refuse_noise(group: Neurons, noise: Noise, method: str) -> None:
    """Raise DescriptionError where a method can't treat the noise."""
    reason = ""
    if method == "rk4":
        reason = "has no place for noise"
    elif method == "exact" and not noise.constant:
        reason = "needs noise whose strength only parameters decide"
    elif method == "exponential_euler" and not noise.additive:
        reason = "needs noise whose strength depends on no variable of the equations"
    elif method == "milstein" and (other := noise.mixed()):
        reason = f"needs one noise in an equation, but {other}"
    if reason:
        able = "'heun' (Stratonovich) or 'euler' (Ito)" if not noise.additive else "'euler'"
        raise DescriptionError(
            f"neurons {group.name!r}: method {method!r} {reason}; use 'auto' or {able}"
        )


def _let(name: str, value: Expr) -> Statement:
    return Statement(name, value, local=True)


class Noise:
    """The equations of a group, taken apart: drift[x], and strength[x][xi], in dx/dt."""

    def __init__(self, group: Neurons):
        self.drift: dict[str, Expr] = {}
        self.strength: dict[str, dict[str, Expr]] = {}
        for d in group.equations:
            form = split(d.rate)
            assert form is not None, "the noise is linear, or the model was refused"
            self.drift[d.variable] = form[1]
            some = {name: g for name, g in form[0].items() if not is_zero(g)}
            if some:
                self.strength[d.variable] = some
        self.names = sorted({name for row in self.strength.values() for name in row})
        read = [references(g) for row in self.strength.values() for g in row.values()]
        fixed = {f.name for f in group.fields if f.kind in ("parameter", "constant")} | {"dt"}
        self.constant = all(r <= fixed for r in read)
        self.additive = not any(r & self.drift.keys() for r in read)

    def __bool__(self) -> bool:
        return bool(self.names)

    def told(self, method: str) -> str:
        """The kind of noise and how it is understood."""
        if self.additive:
            return "additive noise"
        return f"multiplicative noise ({'Ito' if method == 'euler' else 'Stratonovich'})"

    def mixed(self) -> str:
        """Why noises meet in one variable; empty where none do."""
        for x, row in self.strength.items():
            if len(row) > 1:
                return f"d{x}/dt has {len(row)}"
            reads = references(next(iter(row.values())))
            for y, other in self.strength.items():
                if y in reads and other.keys() != row.keys():
                    return f"its strength in d{x}/dt depends on {y}, which has another noise"
        return ""

    # one noise for a step

    def draws(self) -> Block:
        """A standard normal number for each noise, under its name."""
        return tuple(_let(name, Draw("normal", name)) for name in self.names)

    def held_through_step(self, dt: float) -> tuple[Block, dict[str, Expr]]:
        """(draws, rates with them): noise that is constant in a step, its integral right.

        Put into Euler's and Heun's methods as they are, this gives Euler's and Maruyama's, and the
        stochastic method of Heun.
        """
        scale = Const(1.0 / sqrt(dt))
        drawn = tuple(_let(name, mul(scale, Draw("normal", name))) for name in self.names)
        return drawn, {x: add(f, self._flow(x)) for x, f in self.drift.items()}

    def _flow(self, x: str) -> Expr:
        total: Expr = ZERO
        for name, g in self.strength.get(x, {}).items():
            total = add(total, mul(g, Ref(name)))
        return total

    def kick(self, x: str, slope: Expr, dt: float) -> Expr:
        """What noise adds to x in a step in which dx/dt = slope x + ...

        Its variance is strength^2 times the integral of exp(2 slope s), dt exprel(2 slope dt).
        """
        if x not in self.strength:
            return ZERO
        if is_zero(slope):
            return mul(Const(sqrt(dt)), self._flow(x))
        variance = mul(Const(dt), Op("exprel", (mul(Const(2 * dt), slope),)))
        return mul(Op("sqrt", (variance,)), self._flow(x))

    def milstein(self, rates: Mapping[str, Expr], held: set[str], dt: float) -> Block:
        """dx = f dt + g dW + (g(x + g sqrt(dt)) - g(x)) dW^2/(2 sqrt(dt)); rates: f + g xi, with
        dW = xi dt. (With x + f dt + g sqrt(dt), as for Ito's dW^2 - dt, the order would be 1/2.)"""
        block, root = [], sqrt(dt)
        far: dict[str, Expr] = {}
        for x, row in self.strength.items():
            g = next(iter(row.values()))
            moved = add(Ref(x), mul(Const(root), g))
            block.append(_let(f"far.{x}", where(HELD, Ref(x), moved) if x in held else moved))
            far[x] = Ref(f"far.{x}")
        for x, rate in rates.items():
            moved = add(Ref(x), mul(Const(dt), rate))
            for name, g in self.strength.get(x, {}).items():
                # dW^2/(2 sqrt(dt)) = xi^2 dt^(3/2)/2
                square = mul(Const(dt * root / 2), mul(Ref(name), Ref(name)))
                moved = add(moved, mul(square, sub(substitute(g, far), g)))
            block.append(_let(f"next.{x}", moved))
        return tuple(block)

    # the exact covariance

    def driven(self, forms: Mapping[str, Form], held: Iterable[str]) -> Driven:
        """The variables that noise reaches."""
        return Driven(self, forms, set(held))


class Driven:
    """The variables that noise reaches in a linear system, those that are held last.

    So the factor of the others is the same, held or not, where they read none that is held.
    """

    def __init__(self, noise: Noise, forms: Mapping[str, Form], held: set[str]):
        self.noise, self.forms = noise, forms
        reached = {x: set(noise.strength.get(x, {})) for x in forms}
        for _ in forms:
            for x, (coefficients, _rest) in forms.items():
                for y, c in coefficients.items():
                    if y in reached and not is_zero(c):
                        reached[x] |= reached[y]
        self.variables = sorted((x for x in forms if reached[x]), key=lambda x: x in held)
        self.together = _joined(self.variables, reached)

    def draws(self) -> Block:
        """A standard normal number for each variable."""
        return tuple(_let(f"xi.{x}", Draw("normal", f"xi.{x}")) for x in self.variables)

    def add(self, prefix: str, block: Block, still: frozenset[str]) -> tuple[NoiseFactor, Block]:
        """The prologue entry, and `block` with what noise adds to next.x."""
        names, matrix, rows = [], [], []
        kicks: dict[str, Expr] = {}
        for r, x in enumerate(self.variables):
            stands = x in still
            row = [
                f"{prefix}L.{x}.{y}" if c <= r and self.together[x] == self.together[y] else ""
                for c, y in enumerate(self.variables)
            ]
            names.append(tuple(row))
            coefficients = {} if stands else self.forms[x][0]
            matrix.append(tuple(coefficients.get(y, ZERO) for y in self.variables))
            strength = {} if stands else self.noise.strength.get(x, {})
            rows.append(tuple(strength.get(k, ZERO) for k in self.noise.names))
            kicks[f"next.{x}"] = _sum(
                mul(Ref(n), Ref(f"xi.{y}")) for n, y in zip(row, self.variables, strict=True) if n
            )
        moved = tuple(_let(s.target, add(s.value, kicks.get(s.target, ZERO))) for s in block)
        return NoiseFactor(tuple(names), tuple(matrix), tuple(rows)), moved


def _joined(variables: list[str], reached: Mapping[str, set[str]]) -> dict[str, int]:
    """The number of the set to which each variable belongs: those of two share no noise."""
    number = {x: k for k, x in enumerate(variables)}
    for _ in variables:
        for x in variables:
            near = [number[y] for y in variables if reached[x] & reached[y]]
            number[x] = min([number[x], *near])
    return number


def _sum(terms: Iterable[Expr]) -> Expr:
    total: Expr = ZERO
    for term in terms:
        total = add(total, term)
    return total

"""The words that declare a model, and what they make: parameter, state, port, Definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..equations.parse import (
    Equation,
    Source,
    Typed,
    check_dimension,
    parse,
    read_block,
    read_equations,
    without_units,
)
from ..errors import DescriptionError, EquationError, SpikesimError, did_you_mean, raise_all
from ..ir.expr import Expr, Op, Ref, substitute
from ..ir.program import Block, Differential, Statement
from ..units import DIMENSIONLESS, TIME, Dimension, decompose


@dataclass(frozen=True)
class Declared:
    """One declared name of a model; `default` is in coherent units, None if it must be given."""

    kind: Literal["parameter", "state", "port"]
    default: Any
    dimension: Dimension
    meaning: str = ""


def parameter(default: Any, meaning: str = "") -> Any:
    """A parameter: a default with its unit, or a bare unit where a value must be given.

    Always a run-time input: changing it recompiles nothing.
    """
    value, dimension = decompose(default)
    return Declared("parameter", None if _is_unit(default) else value, dimension, meaning)


def state(initial: Any, meaning: str = "") -> Any:
    """A state variable with its initial value."""
    value, dimension = decompose(initial)
    return Declared("state", 0.0 if _is_unit(initial) else value, dimension, meaning)


def port(unit: Any, meaning: str = "") -> Any:
    """A sum of contributions from outside, in `unit`: synapses, electrodes, opsins; else zero."""
    return Declared("port", 0.0, decompose(unit)[1], meaning)


def _is_unit(value: Any) -> bool:
    return type(value).__name__ == "Unit"


@dataclass(frozen=True)
class Definition:
    """A model's text, read: what `build` needs to know of it.

    Expressions stand in the model's own names, without units. `extra` names are read from the
    group that the model is merged into (a synapse's `v`).
    """

    name: str
    declared: Mapping[str, Declared]
    equations: tuple[Differential, ...] = ()
    spike: Expr | None = None
    reset: Block = ()
    refractory: Expr | None = None
    method: str = "auto"
    output: Typed | None = None
    arrival: Statement | None = None

    def held(self) -> frozenset[str]:
        """State variables that stand still in the refractory period."""
        return frozenset(e.variable for e in self.equations if e.held)


METHODS = ("auto", "exact", "exponential_euler", "euler", "heun", "rk4")


class Reader:
    """Reads the texts of one model into a Definition and collects all faults on the way."""

    def __init__(self, name: str, declared: Mapping[str, Declared], extra: Mapping[str, Dimension]):
        self.name = name
        self.declared = dict(declared)
        self.extra = dict(extra)
        self.faults: list[SpikesimError] = []
        self.defined: dict[str, Typed] = {}

    def scope(self) -> dict[str, Dimension]:
        """Every name an expression of this model may read, with its dimension."""
        known = {name: d.dimension for name, d in self.declared.items()}
        known |= {n: t.dimension or DIMENSIONLESS for n, t in self.defined.items()}
        return self.extra | known

    def expression(self, text: str, place: str, draws: bool = False) -> Typed | None:
        """One expression with subexpressions put in and units gone; None after a fault."""
        return self._read(Source(f"{self.name}, {place}", text), f"{place}" if draws else "")

    def _read(self, source: Source, draws: str = "") -> Typed | None:
        try:
            typed = parse(source, self.scope(), draws)
        except SpikesimError as fault:
            self.faults.append(fault)
            return None
        return self._finish(typed)

    def _finish(self, typed: Typed) -> Typed:
        inner = {name: t.expr for name, t in self.defined.items()}
        return Typed(substitute(without_units(typed.expr), inner), typed.dimension)

    def equations(self, text: str) -> tuple[Differential, ...]:
        """All lines of `equations`; a line `x = ...` is put in place of its name."""
        try:
            lines = read_equations(text, f"{self.name}, equations")
        except SpikesimError as fault:
            self.faults.append(fault)
            return ()
        self._declare_units(lines)
        self._check_names(lines)
        self._define({e.name: e for e in lines if not e.differential})
        rates = []
        for e in lines:
            declared = self.declared.get(e.name)
            if not e.differential or declared is None or declared.kind != "state":
                continue
            typed = self._read(e.source, f"d{e.name}/dt")
            if typed is None:
                continue
            self._check(typed, declared.dimension / TIME, e.source, f"d{e.name}/dt")
            rates.append(Differential(e.name, typed.expr, e.held))
        return tuple(rates)

    def _declare_units(self, lines: list[Equation]) -> None:
        for e in lines:
            if e.unit is None:
                continue
            known = self.declared.get(e.name)
            if known and known.dimension != e.unit:
                self.faults.append(e.source.fault(f"{e.name!r} is declared with another unit"))
            elif e.differential and known is None:
                self.declared[e.name] = Declared("state", 0.0, e.unit)

    def _check_names(self, lines: list[Equation]) -> None:
        seen: set[str] = set()
        states = [n for n, d in self.declared.items() if d.kind == "state"]
        for e in lines:
            declared = self.declared.get(e.name)
            if e.name in seen:
                self.faults.append(e.source.fault(f"{e.name!r} has two equations; keep one"))
            elif e.differential and (declared is None or declared.kind != "state"):
                what = f"declared as a {declared.kind}" if declared else "not declared"
                self.faults.append(
                    e.source.fault(
                        f"d{e.name}/dt: {e.name!r} is {what}; declare it as a state, "
                        f"{e.name} = sp.state(...); {did_you_mean(e.name, states)}"
                    )
                )
            elif not e.differential and declared is not None:
                self.faults.append(
                    e.source.fault(
                        f"{e.name!r} is declared as a {declared.kind}, so it can't be defined by an "
                        "equation too; rename one"
                    )
                )
            seen.add(e.name)

    def _define(self, lines: dict[str, Equation]) -> None:
        """Read the subexpressions, each after those it needs."""
        waiting = {n: e for n, e in lines.items() if n not in self.declared}
        while waiting:
            ready = [n for n, e in waiting.items() if not _mentions(e.source.text, waiting)]
            if not ready:
                names = ", ".join(sorted(waiting))
                source = next(iter(waiting.values())).source
                self.faults.append(source.fault(f"these define one another in a circle: {names}"))
                return
            for name in ready:
                e = waiting.pop(name)
                typed = self._read(e.source)
                if typed is not None and e.unit is not None:
                    self._check(typed, e.unit, e.source, repr(name))
                self.defined[name] = typed or Typed(Ref(name), e.unit)

    def block(self, text: str, place: str) -> Block:
        """A reset or event block."""
        try:
            lines = read_block(text, f"{self.name}, {place}")
        except SpikesimError as fault:
            self.faults.append(fault)
            return ()
        states = {n for n, d in self.declared.items() if d.kind == "state"}
        statements = []
        for number, line in enumerate(lines, 1):
            if line.target not in states:
                self.faults.append(
                    line.source.fault(
                        f"only state variables can be set, {line.target!r} is none; "
                        f"{did_you_mean(line.target, states)}"
                    )
                )
                continue
            typed = self._read(line.source, f"{place}:{number}")
            if typed is None:
                continue
            dimension = self.declared[line.target].dimension
            scaled = line.operator in ("*=", "/=")
            expected = DIMENSIONLESS if scaled else dimension
            self._check(typed, expected, line.source, f"what {line.target!r} is {line.operator}")
            statements.append(_statement(line.target, line.operator, typed.expr))
        return tuple(statements)

    def check_dimension(
        self, typed: Typed | None, expected: Dimension, text: str, what: str
    ) -> None:
        """Note a fault unless the expression has the expected dimension."""
        if typed is not None:
            self._check(typed, expected, Source(self.name, text), what)

    def _check(self, typed: Typed, expected: Dimension, source: Source, what: str) -> None:
        try:
            check_dimension(typed, expected, source, what)
        except SpikesimError as fault:
            self.faults.append(fault)

    def finish(self) -> None:
        """Raise what was found."""
        raise_all(f"the model {self.name}", self.faults)


def _statement(target: str, operator: str, value: Expr) -> Statement:
    if operator == "=":
        return Statement(target, value)
    if operator == "+=":
        return Statement(target, value, "+=")
    name = {"-=": "sub", "*=": "mul", "/=": "div"}[operator]
    return Statement(target, Op(name, (Ref(target), value)))


def _mentions(text: str, names: Iterable[str]) -> bool:
    import re

    words = set(re.findall(r"[^\W\d]\w*", text))
    return bool(words & set(names))


def method_fault(name: str, method: str) -> list[SpikesimError]:
    """A fault if the integration method is not known."""
    if method in METHODS:
        return []
    return [DescriptionError(f"{name}: unknown method {method!r}; {did_you_mean(method, METHODS)}")]


def reserved_fault(name: str, words: Iterable[str]) -> list[SpikesimError]:
    """Faults for declared names that mean something else."""
    taken = {"t", "dt", "step", "weight", "rand", "randn", "poisson", "pre", "post", "i"}
    return [
        EquationError(f"{name}: {word!r} has a meaning of its own here; choose another name")
        for word in words
        if word in taken
    ]

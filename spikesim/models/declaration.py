"""The words that declare a model, and what they make: parameter, state, port, Definition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import numpy as np

from ..distributions import check
from ..equations.lines import Assignment, Equation, one_line, read_block, read_equations
from ..equations.noise import noises, split
from ..equations.parse import RESERVED, Typed, check_dimension, parse, without_units
from ..equations.source import Source
from ..errors import (
    DescriptionError,
    EquationError,
    ParameterError,
    SpikesimError,
    did_you_mean,
    raise_all,
)
from ..ir.expr import Expr, Op, Ref, measure, references, substitute
from ..ir.program import Block, Differential, Statement
from ..units import (
    DIMENSIONLESS,
    TIME,
    TRUTH,
    UNIT_NAMES,
    Dimension,
    decompose,
    is_quantity,
    is_unit,
)


@dataclass(frozen=True)
class Declared:
    """One declared name of a model; `default` is in coherent units, None if it must be given.

    bound: what values must be, "> 0", ">= 0", or "" for any.
    """

    kind: Literal["parameter", "state", "port"]
    default: Any
    dimension: Dimension
    meaning: str = ""
    bound: str = ""


BOUNDS = ("", "> 0", ">= 0")


def parameter(default: Any, meaning: str = "", bound: str = "") -> Any:
    """A parameter: a default with its unit, or a bare unit where a value must be given.

    Always a run-time input: changing it recompiles nothing. meaning: in words, for people. bound:
    "> 0" or ">= 0" where other values are a mistake; they are refused before a run.
    """
    if bound not in BOUNDS:
        raise ParameterError(f"sp.parameter(...): bound is '> 0' or '>= 0', got {bound!r}")
    return replace(_declare("parameter", default, meaning, None), bound=bound)


def state(initial: Any, meaning: str = "") -> Any:
    """A state variable with its initial value, or with its bare unit to start from zero."""
    return _declare("state", initial, meaning, 0.0)


def port(unit: Any, meaning: str = "") -> Any:
    """A sum of contributions from outside, in `unit`: synapses, electrodes, opsins; else zero."""
    return _declare("port", unit, meaning, 0.0)


def _declare(
    kind: Literal["parameter", "state", "port"], value: Any, meaning: str, bare: Any
) -> Declared:
    try:
        number, dimension = decompose(value)
    except SpikesimError as fault:
        raise type(fault)(f"sp.{kind}(...): {fault}") from None
    if not isinstance(meaning, str):
        raise ParameterError(f"sp.{kind}(...): the second argument is its meaning, got {meaning!r}")
    plain = np.ndim(number) == 0 and number == 1 and dimension == DIMENSIONLESS
    if kind == "port" and not is_unit(value) and not plain:
        raise ParameterError(f"sp.port(...): got {value}, expected a unit such as pA")
    if is_unit(value):
        number = bare
    return Declared(kind, number, dimension, meaning)


@dataclass(frozen=True)
class Definition:
    """A model's text, read: what `build` needs to know of it.

    Expressions stand in the model's own names, without units; `reads` are names of the group that
    the model is merged into (a synapse's `v`).
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
    reads: Mapping[str, Dimension] = field(default_factory=dict)
    summed: Statement | None = None
    presynaptic: tuple[Differential, ...] = ()
    spiked: Statement | None = None
    weight_bound: str = ""
    weight_unit: Dimension | None = None
    each_step: Block = ()
    require: tuple[Expr, ...] = ()

    def terminal(self) -> set[str]:
        """The names that belong to the source of a synapse."""
        exprs = [e.rate for e in self.presynaptic] + ([self.spiked.value] if self.spiked else [])
        read = {n for expr in exprs for n in references(expr)} & self.declared.keys()
        return read | {e.variable for e in self.presynaptic}

    def dendritic(self) -> set[str]:
        """The names that belong to the target of a synapse: all that do not to the source alone."""
        added = [s.value for s in (self.arrival, self.summed) if s]
        exprs = (
            [e.rate for e in self.equations] + added + ([self.output.expr] if self.output else [])
        )
        read = {n for expr in exprs for n in references(expr)}
        return {n for n in self.declared if n in read or n not in self.terminal()}

    def held(self) -> frozenset[str]:
        """State variables that stand still in the refractory period."""
        return frozenset(e.variable for e in self.equations if e.held)


_Known = TypeVar("_Known")
# What an expression may grow to when names stand for expressions, over and over.
_DEEPEST, _LARGEST = 200, 50_000
METHODS = ("auto", "exact", "exponential_euler", "euler", "heun", "milstein", "rk4")


class Reader:
    """Reads the texts of one model into a Definition and collects all faults on the way."""

    def __init__(self, name: str, declared: Mapping[str, Declared], extra: Mapping[str, Dimension]):
        self.name = name
        self.declared = dict(declared)
        self.extra = dict(extra)
        self.faults: list[SpikesimError] = []
        self.defined: dict[str, Typed] = {}

    def scope(self) -> dict[str, Dimension | None]:
        """Every name an expression of this model may read, with its dimension."""
        known: dict[str, Dimension | None] = dict(self.extra)
        known |= {name: d.dimension for name, d in self.declared.items()}
        return known | {name: t.dimension for name, t in self.defined.items()}

    def expression(
        self, text: str, place: str, expected: Dimension | None = None, draws: bool = False
    ) -> Typed | None:
        """One expression with subexpressions put in and units gone; None after a fault."""
        if not self.is_text(text, place):
            return None
        source = Source(f"{self.name}, {place}", one_line(text))
        typed = self._read(source, place if draws else "")
        if typed is not None and expected is not None:
            self._check(typed, expected, source, place)
        return typed

    def given(self, text: Any) -> bool:
        """Is there anything in the place of a text?"""
        return not isinstance(text, str) or bool(text.strip())

    def is_text(self, text: Any, place: str) -> bool:
        """Is it a string? Else a fault is noted."""
        if not isinstance(text, str):
            got, hint = f"{text!r:.60}", ""
            if is_quantity(text):
                got = f"{text:~}" if hasattr(text, "to_base_units") else f"{text}"
                hint = f"; write {place}='{got.replace(' ', '*', 1)}'"
            self.faults.append(
                EquationError(f"{self.name}, {place}: expected text in quotes, got {got}{hint}")
            )
        return isinstance(text, str)

    def _try(self, read: Callable[[], _Known], otherwise: _Known) -> _Known:
        try:
            return read()
        except SpikesimError as fault:
            self.faults.append(fault)
            return otherwise

    def _read(self, source: Source, draws: str = "", noise: bool = False) -> Typed | None:
        typed = self._try(lambda: parse(source, self.scope(), draws, noise), None)
        if typed is None:
            return None
        inner = {name: t.expr for name, t in self.defined.items()}
        whole = substitute(without_units(typed.expr), inner)
        depth, size = measure(whole)
        if depth > _DEEPEST or size > _LARGEST:
            self.faults.append(
                source.fault(
                    f"with its names put in this is {size} operations, {depth} deep; at most "
                    f"{_LARGEST} and {_DEEPEST} are read"
                )
            )
            return None
        if not noise and (found := noises(whole)):
            self.faults.append(
                source.fault(f"noise ({found[0]!r}) may only stand in differential equations")
            )
            return None
        return Typed(whole, typed.dimension)

    def equations(self, text: str, place: str = "equations") -> tuple[Differential, ...]:
        """All lines of `equations`; a line `x = ...` is put in place of its name."""
        if not self.is_text(text, place):
            return ()
        lines: list[Equation] = self._try(lambda: read_equations(text, f"{self.name}, {place}"), [])
        self._declare_units(lines)
        self._check_names(lines)
        self._define({e.name: e for e in lines if not e.differential})
        rates = []
        for e in lines:
            declared = self.declared.get(e.name)
            if not e.differential or declared is None or declared.kind != "state":
                continue
            typed = self._read(e.source, f"d{e.name}/dt", noise=True)
            if typed is None:
                continue
            if split(typed.expr) is None:
                self.faults.append(
                    e.source.fault(
                        f"d{e.name}/dt must be linear in its noise, such as 'a + b*xi' with no xi "
                        "in a and b"
                    )
                )
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
                        f"{e.name} = sp.state(...), or by its unit at the end of the line, "
                        f"': mV'; {did_you_mean(e.name, states)}"
                    )
                )
            elif not e.differential and declared is not None:
                self.faults.append(
                    e.source.fault(
                        f"{e.name!r} is declared as a {declared.kind}, so it can't be defined by "
                        "an equation too; rename one"
                    )
                )
            seen.add(e.name)

    def _define(self, lines: dict[str, Equation]) -> None:
        """Read the subexpressions, each after those it needs."""
        waiting = {n: e for n, e in lines.items() if n not in self.declared}
        for n, e in list(waiting.items()):
            unknown = n[1:] and n[1:] not in self.scope() and n[1:] not in lines
            if n[0] == "d" and unknown and e.unit is not None and _mentions(e.source.text, [n[1:]]):
                self.faults.append(
                    e.source.fault(f"{n} = ... is no differential equation; write d{n[1:]}/dt")
                )
                self.declared[n[1:]] = Declared("state", 0.0, e.unit)
                self.defined[n] = Typed(Ref(n), e.unit)
                del waiting[n]
        while waiting:
            ready = [n for n, e in waiting.items() if not _mentions(e.source.text, waiting)]
            if not ready:
                names = ", ".join(sorted(waiting))
                source = next(iter(waiting.values())).source
                self.faults.append(source.fault(f"these define one another in a circle: {names}"))
                self.defined |= {n: Typed(Ref(n), e.unit) for n, e in waiting.items()}
                return
            for name in ready:
                e = waiting.pop(name)
                typed = self._read(e.source, noise=True)
                if typed is not None and e.unit is not None:
                    self._check(typed, e.unit, e.source, repr(name))
                self.defined[name] = typed or Typed(Ref(name), e.unit)

    def block(self, text: str, place: str) -> Block:
        """A reset or event block."""
        if not self.is_text(text, place):
            return ()
        lines: list[Assignment] = self._try(lambda: read_block(text, f"{self.name}, {place}"), [])
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

    def requirements(self, texts: Any) -> tuple[Expr, ...]:
        """Conditions on the values of parameters."""
        if not isinstance(texts, tuple | list):
            self.faults.append(
                EquationError(
                    f"{self.name}: require is a tuple of conditions, such as "
                    f'("V_reset < V_th",), got {texts!r:.60}'
                )
            )
            return ()
        read = [self.expression(text, "require", TRUTH) for text in texts]
        given = {n for n, d in self.declared.items() if d.kind == "parameter"}
        for text, typed in zip(texts, read, strict=True):
            other = sorted(references(typed.expr) - given) if typed else []
            if other:
                self.faults.append(
                    EquationError(
                        f"{self.name}, require: {text!r} reads {other[0]!r}; only parameters "
                        "can be compared before a run"
                    )
                )
        return tuple(typed.expr for typed in read if typed)

    def _check(self, typed: Typed, expected: Dimension, source: Source, what: str) -> None:
        self._try(lambda: check_dimension(typed, expected, source, what), None)

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
    words = set(re.findall(r"(?<![\w.])[^\W\d]\w*", text))
    return bool(words & set(names))


def method_fault(name: str, method: Any) -> list[SpikesimError]:
    """A fault if the integration method is not known."""
    if isinstance(method, str) and method in METHODS:
        return []
    return [DescriptionError(f"{name}: unknown method {method!r}; {did_you_mean(method, METHODS)}")]


# Words of the classes themselves, and of passes and results.
_OF_CLASSES = {"equations", "spike", "reset", "refractory", "method", "on_arrival", "output"}
_OF_CLASSES |= {"weight_bound", "weight_unit", "continuous", "presynaptic", "on_spike", "evaluated"}
_OF_CLASSES |= {"each_step", "require"}
_OF_CLASSES |= {"reads", "name", "values", "definition", "stripped", "initialize"}
_OF_RUNS = {"held", "held_steps", "spikes", "rate"}


def declaration_faults(name: str, declared: Mapping[str, Declared]) -> list[SpikesimError]:
    """Faults of declared names that mean something else, and of default values."""
    faults: list[SpikesimError] = []
    for word, d in declared.items():
        taken = _OF_CLASSES | (_OF_RUNS if d.kind == "state" else set())
        if word in UNIT_NAMES:
            faults.append(EquationError(f"{name}: {word!r} is a unit; choose another name"))
        elif word in RESERVED or word in taken:
            faults.append(
                EquationError(f"{name}: {word!r} has a meaning of its own; choose another name")
            )
        elif not word.isidentifier() or word.startswith("__"):
            faults.append(EquationError(f"{name}: a name is a word of letters, got {word!r}"))
        if d.default is not None:
            faults += check(d.default, f"{name}, {word}")
    return faults

"""From the texts of one model to its Definition, every fault noted on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar

from ..distributions import whole
from ..equations.kinds import BUILT_IN, as_float, as_whole
from ..equations.lines import Assignment, Equation, one_line, read_block, read_equations
from ..equations.noise import noises, split
from ..equations.parse import Typed, check_dimension, parse, without_units
from ..equations.source import Source
from ..equations.tables import Table
from ..errors import (
    DimensionError,
    EquationError,
    SpikesimError,
    did_you_mean,
    raise_all,
)
from ..ir.expr import Expr, Kind, Op, Ref, measure, references, substitute
from ..ir.program import Block, Differential, Statement
from ..units import (
    DIMENSIONLESS,
    TIME,
    TRUTH,
    Dimension,
    is_quantity,
)
from .declaration import OF_NEURONS, START, Declared, Definition, Steady

_Known = TypeVar("_Known")
# What an expression may grow to when names stand for expressions, over and over.
_DEEPEST, _LARGEST = 200, 50_000


class Reader:
    """Reads the texts of one model into a Definition and collects all faults on the way."""

    def __init__(self, name: str, declared: Mapping[str, Declared], extra: Mapping[str, Dimension]):
        self.name = name
        self.declared = dict(declared)
        self.extra = dict(extra)
        self.faults: list[SpikesimError] = []
        self.defined: dict[str, Typed] = {}
        self.steady: dict[str, Steady] = {}
        self.tables: dict[str, Table] = {}

    def scope(self) -> dict[str, Dimension | None]:
        """Every name an expression of this model may read, with its dimension."""
        known: dict[str, Dimension | None]
        known = {name: d.dimension for name, d in self.declared.items()}
        known |= {name: t.dimension for name, t in self.defined.items()}
        return known | {name: d for name, d in self.extra.items() if name not in known}

    def kinds(self) -> dict[str, Kind]:
        """The kind of every name that is no float."""
        kinds = {n: k for n, k in BUILT_IN.items() if n not in self.declared}
        return kinds | {n: d.dtype for n, d in (self.declared | self.steady).items()}

    @classmethod
    def again(cls, definition: Definition, subject: str) -> Reader:
        """A reader for more text of a model: an action, an initial value."""
        reader = cls(subject, definition.declared, OF_NEURONS | dict(definition.reads))
        reader.defined, reader.tables = dict(definition.names), dict(definition.tables)
        reader.steady = {s.name: s for s in definition.steady}
        return reader

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

    def expect(self, typed: Typed, expected: Dimension, text: str, place: str) -> None:
        """Note a fault where an expression has another dimension."""
        source = Source(f"{self.name}, {place}", one_line(text))
        self._check(typed, expected, source, place)

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
        typed = self._try(lambda: parse(source, self.scope(), draws, self.tables, noise), None)
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
        return Typed(as_float(whole, self.kinds()), typed.dimension)

    def equations(
        self, text: str, place: str = "equations", written: Iterable[str] = ()
    ) -> tuple[Differential, ...]:
        """All lines of `equations`; a line `x = ...` is put in place of its name.

        written: the names that blocks set: a line `x : unit` makes a state of them, starting at
        zero, and of others a parameter.
        """
        if not self.is_text(text, place):
            return ()
        lines: list[Equation] = self._try(lambda: read_equations(text, f"{self.name}, {place}"), [])
        self._declare_units(lines, frozenset(written))
        self._check_names(lines)
        self._define({e.name: e for e in lines if e.sort == "named"})
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
            rates.append(Differential(e.name, typed.expr, "unless refractory" in e.flags))
        return tuple(rates)

    def _declare_units(self, lines: list[Equation], written: frozenset[str]) -> None:
        for e in lines:
            if e.unit is None:
                continue
            known = self.declared.get(e.name)
            shared = "shared" in e.flags
            if known and known.dimension != e.unit:
                self.faults.append(e.source.fault(f"{e.name!r} is declared with another unit"))
            elif known and e.sort == "declared":
                made = self._try(lambda e=e, d=known: _as(d, e.dtype, e.name), known)  # type: ignore[misc]
                self.declared[e.name] = replace(made, shared=made.shared or shared)
            elif known is None and e.differential:
                self.declared[e.name] = Declared("state", 0.0, e.unit)
            elif known is None and e.sort == "declared":
                moves = e.name in written and "constant" not in e.flags
                start = START[e.dtype] if moves else None
                kind: Literal["parameter", "state"] = "state" if moves else "parameter"
                self.declared[e.name] = Declared(
                    kind, start, e.unit, "", "", e.dtype, shared, "constant" not in e.flags
                )

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
            elif e.differential and declared and (declared.dtype != "float" or declared.shared):
                word = "shared by all neurons" if declared.shared else _WORDS[declared.dtype]
                self.faults.append(
                    e.source.fault(f"d{e.name}/dt: {e.name!r} is {word}, and so has no rate")
                )
            elif e.sort == "named" and declared is not None:
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
                self._name(waiting.pop(name))

    def _name(self, e: Equation) -> None:
        """A line `x = ...`."""
        steady = "constant over dt" in e.flags
        typed = self._read(e.source, e.name if steady else "", noise=not steady)
        if typed is not None and e.unit is not None:
            self._check(typed, e.unit, e.source, repr(e.name))
        if typed is not None and e.dtype == "int":
            expr = self._whole(typed.expr, e.source, repr(e.name))
            typed = None if expr is None else replace(typed, expr=expr)
        self.defined[e.name] = typed or Typed(Ref(e.name), e.unit)
        if typed is None:
            return
        shared = "shared" in e.flags
        if shared:
            self._alone(typed.expr, e.source, e.name)
        if steady:
            unit = e.unit or typed.dimension or DIMENSIONLESS
            dtype = "bool" if unit == TRUTH else e.dtype
            self.steady[e.name] = Steady(e.name, typed.expr, unit, dtype, shared)
            self.defined[e.name] = Typed(Ref(e.name), unit)

    def _whole(self, expr: Expr, source: Source, what: str) -> Expr | None:
        """The expression as one of integers; None, and a fault, where it may be a fraction."""
        whole = as_whole(expr, self.kinds())
        if whole is None:
            self.faults.append(
                source.fault(
                    f"{what} must be a whole number, but this may be a fraction; write int(...)",
                    cls=DimensionError,
                )
            )
        return whole

    def _alone(self, expr: Expr, source: Source, name: str) -> None:
        """Note a fault where what is shared reads what is not."""
        single = {n for n, d in (self.declared | self.steady).items() if d.shared}
        for word in sorted(references(expr) - single - {"t", "dt", "step", "N"}):
            self.faults.append(
                source.fault(
                    f"{name!r} is shared, so it can't depend on {word!r}, which may differ from "
                    "neuron to neuron; declare that as shared too: sp.parameter(..., shared=True)"
                )
            )

    def value(self, text: str, declared: Declared, label: str) -> Expr | None:
        """An expression for the initial value of a declared name; None after a fault."""
        source = Source(self.name, one_line(text))
        typed = self._read(source, label)
        if typed is None:
            return None
        before = len(self.faults)
        for name in sorted(references(typed.expr)):
            if name in self.steady or self.declared.get(name, declared).kind == "port":
                self.faults.append(source.fault(f"{name!r} has no value before the first step"))
        self._check(typed, declared.dimension, source, "the value")
        expr = (
            self._whole(typed.expr, source, "the value") if declared.dtype == "int" else typed.expr
        )
        if declared.shared:
            self._alone(typed.expr, source, "the value")
        return expr if len(self.faults) == before else None

    @staticmethod
    def written(blocks: Iterable[Any]) -> set[str]:
        """The names that blocks set, as far as they can be read."""
        found: set[str] = set()
        for text in blocks:
            try:
                found |= {line.target for line in read_block(text, "")}
            except (SpikesimError, AttributeError, TypeError):
                continue  # told where the block itself is read
        return found

    def block(self, text: str, place: str, label: str = "", together: bool = False) -> Block:
        """A reset or event block. label: of its draws. together: it is for all neurons at once, so
        that it may set what they share."""
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
            typed = self._read(line.source, f"{label or place}:{number}")
            if typed is None:
                continue
            made = self._assigned(line, typed, together)
            if made is not None:
                statements.append(made)
        return tuple(statements)

    def _assigned(self, line: Assignment, typed: Typed, together: bool) -> Statement | None:
        """The statement of a line, its value of the dimension and kind of its target."""
        declared = self.declared[line.target]
        what = f"what {line.target!r} is {line.operator}"
        scaled = line.operator in ("*=", "/=")
        if declared.dtype == "bool" and line.operator != "=":
            fault = line.source.fault(f"{line.target!r} is boolean; it can only be set with '='")
            self.faults.append(fault)
            return None
        self._check(typed, DIMENSIONLESS if scaled else declared.dimension, line.source, what)
        statement = _statement(line.target, line.operator, typed.expr)
        if declared.shared and not together:
            self.faults.append(
                line.source.fault(
                    f"{line.target!r} is shared by all neurons, and an event of some can't set it; "
                    "an action can: population.every(1*ms, ...)"
                )
            )
        elif declared.shared:
            self._alone(statement.value, line.source, line.target)
        if declared.dtype != "int":
            return statement
        what = f"{line.target!r} is an integer, and what it is {line.operator}"
        value = self._whole(statement.value, line.source, what)
        return None if value is None else replace(statement, value=value)

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


_WORDS = {"int": "an integer", "bool": "a boolean"}


def _as(declared: Declared, dtype: Kind, name: str) -> Declared:
    """A declared name with the kind that a line gives it."""
    if dtype == "int" and declared.dtype == "float":
        value = declared.default
        return replace(
            declared, dtype=dtype, default=value if value is None else whole(value, name)
        )
    return declared


def _mentions(text: str, names: Iterable[str]) -> bool:
    words = set(re.findall(r"(?<![\w.])[^\W\d]\w*", text))
    return bool(words & set(names))

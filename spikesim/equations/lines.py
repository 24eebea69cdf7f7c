"""Texts of several lines: equations, reset blocks, and single expressions over several lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ..ir.expr import Kind
from ..units import DIMENSIONLESS, TRUTH, Dimension
from .parse import parse
from .source import Source


@dataclass(frozen=True)
class Equation:
    """A line of equations: `d(name)/dt = ...`, `name = ...`, or `name : unit`, which declares it.

    dtype: what stands in place of a unit, integer or boolean, tells it. flags: see FLAGS.
    """

    name: str
    sort: Literal["differential", "named", "declared"]
    source: Source
    unit: Dimension | None = None
    dtype: Kind = "float"
    flags: frozenset[str] = frozenset()

    @property
    def differential(self) -> bool:
        """Is it `d(name)/dt = ...`?"""
        return self.sort == "differential"


@dataclass(frozen=True)
class Assignment:
    """A line of a reset or event block, its value not yet read."""

    target: str
    operator: str
    source: Source


_LINE = re.compile(
    r"^(?:d\s*(?P<d>[^\W\d]\w*)\s*/\s*dt|(?P<name>[^\W\d]\w*))\s*(?:=(?!=)|(?=:))\s*(?P<rest>.*)$"
)
# What may stand in brackets at the end of a line, after the unit: these are Brian2's words.
FLAGS = {
    "differential": ("unless refractory",),
    "named": ("constant over dt", "shared"),
    "declared": ("constant", "shared"),
}
_ELSEWHERE = {
    "linked": "give the value where the model is made: x=sp.linked(other['x'])",
    "event-driven": "synapses have it, in the same words",
    "clock-driven": "it is what equations are without a flag",
    "summed": "couplings that are summed are a synapse's",
}
_KINDS: dict[str, tuple[Dimension, Kind]] = {
    "integer": (DIMENSIONLESS, "int"),
    "boolean": (TRUTH, "bool"),
}
# In `: mV (shared)` the brackets hold flags, in `: 1/(mV*ms)` units.
_FLAGS = re.compile(r"(?:(?<=[\w\s)])|^)\(\s*(?P<words>[a-z][a-z ,-]*?)\s*\)\s*$")
_FLAGS_BEFORE_UNIT = re.compile(r"(\(\s*unless\s+refractory\s*\)|\(\s*constant[^()]*\))\s*(:.*)$")
_ASSIGN = re.compile(r"^\s*(?P<name>[^\W\d]\w*)\s*(?P<op>[-+*/]?=)(?!=)\s*")


def read_equations(text: str, subject: str) -> list[Equation]:
    """Split a text into its lines of equations.

    A line is `dv/dt = ...`, `x = ...` or `x : unit`; the first two may end in `: unit` too, and all
    in flags in brackets. In place of a unit there may be `integer` or `boolean`. Raises
    EquationError for a line that is neither, and for a flag that there is not.
    """
    return [_equation(line, subject, number) for number, line in _logical_lines(text)]


def _equation(line: str, subject: str, number: int) -> Equation:
    match = _LINE.match(line)
    if not match:
        raise Source(subject, line, number).fault(
            "expected 'dx/dt = ...' for a differential equation, 'x = ...' for a name that stands "
            "for an expression, or 'x : unit' to declare one"
        )
    name = normal_name(match["d"] or match["name"])
    declares = match["rest"].startswith(":")
    sort: Any = "differential" if match["d"] else "declared" if declares else "named"
    rest = _FLAGS_BEFORE_UNIT.sub(r"\2 \1", match["rest"])
    flags: frozenset[str] = frozenset()
    found = _FLAGS.search(rest)
    if found and (":" in rest or found["words"].split()[0] in ("unless", "constant")):
        start = match.start("rest") + found.start()
        flags = _flags(found["words"], sort, Source(subject, line, number), start)
        rest = rest[: found.start()]
    body, colon, unit = rest.partition(":")
    source = Source(subject, line if declares else body.strip(), number)
    if not colon:
        return Equation(name, sort, source, flags=flags)
    dimension, dtype = _KINDS.get(unit.strip()) or (
        read_unit(unit.strip(), subject, number),
        "float",
    )
    if match["d"] and dtype != "float":
        raise source.fault(f"{name!r} is {unit.strip()}, and so has no differential equation")
    return Equation(name, sort, source, dimension, dtype, flags)


def _flags(words: str, sort: str, source: Source, column: int) -> frozenset[str]:
    """The flags in a pair of brackets. Raises EquationError for one that a line can't have."""
    given = [" ".join(word.split()) for word in words.split(",")]
    for word in given:
        if word not in FLAGS[sort]:
            known = " or ".join(f"({flag})" for flag in FLAGS[sort])
            others = {flag: s for s, flags in FLAGS.items() for flag in flags}
            hint = f"; {_ELSEWHERE[word]}" if word in _ELSEWHERE else ""
            if word in others:
                hint = f"; ({word}) is for lines {_FORMS[others[word]]}"
            raise source.fault(
                f"unknown flag ({word}); a line {_FORMS[sort]} may have {known}{hint}", column
            )
    return frozenset(given)


_FORMS = {"differential": "'dx/dt = ...'", "named": "'x = ...'", "declared": "'x : unit'"}


def normal_name(name: str) -> str:
    """A name as Python spells it: there are two code points for the letter mu, for example."""
    return unicodedata.normalize("NFKC", name)


def read_block(text: str, subject: str) -> list[Assignment]:
    """Split a reset or event block into assignments (`=`, `+=`, `-=`, `*=`, `/=`)."""
    found = []
    for number, line in _logical_lines(text):
        for part in line.split(";"):
            if not part.strip():
                continue
            match = _ASSIGN.match(part)
            source = Source(subject, part.strip(), number)
            if not match:
                raise source.fault("expected 'variable = ...', '+=', '-=', '*=' or '/='")
            value = Source(subject, part[match.end() :].strip(), number)
            found.append(Assignment(normal_name(match["name"]), match["op"], value))
    return found


def read_unit(text: str, subject: str, line: int = 0) -> Dimension:
    """The dimension of a unit written as text ('mV', 'nS/ms', '1')."""
    source = Source(subject, text, line)
    typed = parse(source, {})
    if typed.dimension == TRUTH:
        raise source.fault("expected a unit after ':', got a condition")
    return typed.dimension or DIMENSIONLESS


def one_line(text: str) -> str:
    """A text of one expression, its comments left out and its lines joined."""
    return " ".join(line for _, line in _logical_lines(text))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """(line number, text) with comments stripped and open brackets joined."""
    held, start, depth = "", 0, 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        start = start or number
        held = f"{held} {line}".strip()
        depth += line.count("(") - line.count(")")
        if depth <= 0:
            yield start, held
            held, start, depth = "", 0, 0
    if held:
        yield start, held

"""Texts of several lines: equations, reset blocks, and single expressions over several lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ..units import DIMENSIONLESS, TRUTH, Dimension
from .parse import parse
from .source import Source


@dataclass(frozen=True)
class Equation:
    """A line of equations: `d(name)/dt = ...` (differential) or `name = ...`."""

    name: str
    differential: bool
    source: Source
    held: bool = False
    unit: Dimension | None = None


@dataclass(frozen=True)
class Assignment:
    """A line of a reset or event block, its value not yet read."""

    target: str
    operator: str
    source: Source


_LINE = re.compile(
    r"^(?:d\s*(?P<d>[^\W\d]\w*)\s*/\s*dt|(?P<name>[^\W\d]\w*))\s*=(?!=)\s*(?P<rest>.*)$"
)
# Brian2's flags, of which there is one here: `: volt (unless refractory)`.
_FLAGS = re.compile(
    r"\(\s*(?P<words>unless\s[^()]*|constant|shared|linked|event-driven|summed)\s*\)\s*$"
)
_FLAG_BEFORE_UNIT = re.compile(r"(\(\s*unless\s+refractory\s*\))\s*(:.*)$")
_ASSIGN = re.compile(r"^\s*(?P<name>[^\W\d]\w*)\s*(?P<op>[-+*/]?=)(?!=)\s*")


def read_equations(text: str, subject: str) -> list[Equation]:
    """Split a text into its lines of equations.

    A line is `dv/dt = ...` or `x = ...`, with an optional `: unit` and `(unless refractory)` at the
    end. Raises EquationError for a line that is neither.
    """
    equations = []
    for number, line in _logical_lines(text):
        match = _LINE.match(line)
        if not match:
            raise Source(subject, line, number).fault(
                "expected 'dx/dt = ...' for a differential equation or 'x = ...' for a name"
                + ("; names are declared with sp.parameter or sp.state" if ":" in line else "")
            )
        rest = _FLAG_BEFORE_UNIT.sub(r"\2 \1", match["rest"])
        flags = _FLAGS.search(rest)
        if flags and not flags["words"].startswith("unless") and ":" not in rest:
            flags = None
        held = flags is not None and flags["words"].split() == ["unless", "refractory"]
        if flags and not held:
            raise Source(subject, line, number).fault(
                f"unknown flag ({flags['words'].strip()}); the one there is: (unless refractory)",
                match.start("rest") + flags.start(),
            )
        if flags:
            rest = rest[: flags.start()]
        body, colon, unit = rest.partition(":")
        source = Source(subject, body.strip(), number)
        dimension = read_unit(unit.strip(), subject, number) if colon else None
        name = normal_name(match["d"] or match["name"])
        equations.append(Equation(name, bool(match["d"]), source, held, dimension))
    return equations


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

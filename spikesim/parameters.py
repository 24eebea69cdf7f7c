"""What a run of a model may be given: parameters and initial values, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import UnknownNameError, did_you_mean
from .ir.program import Field
from .report.tables import value_text
from .units import unit_name


@dataclass(frozen=True)
class Parameter:
    """value: the network's own, a number, an array or a distribution, in `unit`. kind: "parameter",
    or "state" for an initial value."""

    value: Any
    unit: str
    meaning: str
    kind: str


class Parameters(Mapping[str, Parameter]):
    """Parameters by the names that `params=` takes; printed, a table of values and meanings."""

    def __init__(self, fields: Mapping[str, Field]):
        self._fields = dict(fields)

    def __getitem__(self, name: str) -> Parameter:
        if name not in self._fields:
            hint = did_you_mean(str(name), self._fields)
            raise UnknownNameError(f"no parameter or state {name!r}; {hint}")
        f = self._fields[name]
        return Parameter(f.value, unit_name(f.unit), f.meaning, f.kind)

    def __contains__(self, name: Any) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        rows = [("name", "unit", "value", "meaning")]
        for name, f in self._fields.items():
            meaning = f.meaning + " (initial value)" * (f.kind == "state")
            rows.append((name, unit_name(f.unit), value_text(f, False), meaning.strip()))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        padded = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n".join(padded)

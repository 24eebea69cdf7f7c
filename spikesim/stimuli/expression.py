"""A current, or a rate, as a text."""

from __future__ import annotations

from typing import Any

from ..distributions import Distribution
from ..equations.lines import one_line
from ..equations.parse import check_dimension, parse, without_units
from ..equations.source import Source
from ..errors import EquationError, SpikesimError
from ..ir.expr import ZERO, Expr, substitute
from ..units import Dimension, decompose
from .base import Place, Signal


class Expression(Signal):
    """An expression of t, such as "A*sin(2*pi*t/T)", in the language of models.

    Other names are given as keywords, `A=100*pA, T=50*ms`: parameters, one value for all or one a
    neuron.
    """

    def __init__(self, text: Any, *, start: Any = None, stop: Any = None, **names: Any):
        super().__init__(start=start, stop=stop)
        if not isinstance(text, str):
            raise EquationError(f"expected a text such as '10*pA*sin(t/ms)', got {text!r:.60}")
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "names", names)

    text: str
    names: dict[str, Any]

    def _scope(self) -> dict[str, Dimension | None]:
        scope: dict[str, Dimension | None] = {}
        for word, value in self.names.items():
            example = value.example() if isinstance(value, Distribution) else value
            scope[word] = decompose(example)[1]
        return scope

    def dimension(self) -> Dimension | None:
        try:
            return parse(Source("", one_line(self.text)), self._scope()).dimension
        except SpikesimError:
            return None

    def value(self, place: Place) -> Expr:
        try:
            scope = self._scope()
            source = Source(place.subject, one_line(self.text))
            typed = parse(source, scope)
            check_dimension(typed, place.dimension, source, "it")
        except SpikesimError as fault:
            place.faults.append(fault)
            return ZERO
        names = {
            word: place.parameter(word, value, scope[word] or place.dimension, "")
            for word, value in self.names.items()
        }
        return place.masked(substitute(without_units(typed.expr), names))

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

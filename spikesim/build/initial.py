"""What neurons start from: values given for all, for some, or by expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..distributions import Distribution, stripped
from ..errors import EquationError, ParameterError, SpikesimError, UnknownNameError, did_you_mean
from ..ir.expr import Expr, references
from ..ir.program import Pieces
from ..models.declaration import Declared, Definition
from ..models.reader import Reader
from ..population import Population


def initial_values(
    population: Population,
    definition: Definition,
    values: dict[str, Any],
    subject: str,
    faults: list[SpikesimError],
) -> None:
    """Put what `initialize` was given in place of the values of a model."""
    known = {n: d for n, d in definition.declared.items() if d.kind != "port"}
    for number, (view, given) in enumerate(population.initial):
        for name, value in given.items():
            if name not in known:
                states = [n for n, d in known.items() if d.kind == "state"]
                faults.append(
                    UnknownNameError(
                        f"{subject}: no state {name!r} to initialize; {did_you_mean(name, states)}"
                    )
                )
                continue
            label = f"initial {name}" if not number else f"initial {name} {number}"
            what = f"{subject}, {name}"
            plain = _value(value, known[name], definition, what, label, faults)
            whole = len(view) == population.size
            index = None if whole else view.indices
            if plain is None or not _fits(plain, known[name], len(view), index, what, faults):
                continue
            if whole and isinstance(view.index, slice):
                values[name] = plain
                continue
            before = values.get(name)
            parts = before.parts if isinstance(before, Pieces) else ((None, before),)
            values[name] = Pieces((*parts, (view.indices, plain)))
    faults += _circles(values, subject)


def _value(
    value: Any, declared: Declared, definition: Definition, what: str, label: str, faults: Any
) -> Any:
    """A number, an array, a distribution or an expression; None, and a fault, for anything else."""
    if not isinstance(value, str):
        return stripped(value, declared.dimension, what, faults, declared.dtype)
    reader = Reader.again(definition, what)
    expr = reader.value(value, declared, label)
    faults += reader.faults
    return expr


def _fits(
    value: Any,
    declared: Declared,
    count: int,
    index: np.ndarray | None,
    what: str,
    faults: list[SpikesimError],
) -> bool:
    if isinstance(value, Expr):
        return True
    if declared.shared and (np.ndim(value) or isinstance(value, Distribution) or index is not None):
        faults.append(ParameterError(f"{what} is shared; give one value for the whole population"))
        return False
    if index is not None and np.ndim(value) and np.shape(value) != (count,):
        faults.append(
            ParameterError(
                f"{what} has shape {np.shape(value)}; expected one value or {count}, one a neuron"
            )
        )
        return False
    return True


def expressions(value: Any) -> list[Expr]:
    """The expressions in a value."""
    if isinstance(value, Pieces):
        return [part for _, part in value.parts if isinstance(part, Expr)]
    return [value] if isinstance(value, Expr) else []


def changed(value: Any, change: Callable[[Expr], Expr]) -> Any:
    """The value with its expressions changed."""
    if isinstance(value, Pieces):
        return Pieces(tuple((index, changed(part, change)) for index, part in value.parts))
    return change(value) if isinstance(value, Expr) else value


def _circles(values: Mapping[str, Any], subject: str) -> list[SpikesimError]:
    """A fault where values need one another."""
    needs = {
        name: {n for expr in expressions(value) for n in references(expr)}
        for name, value in values.items()
    }
    waiting = {name for name, needed in needs.items() if needed}
    while ready := {name for name in waiting if not needs[name] & waiting}:
        waiting -= ready
    if not waiting:
        return []
    names = ", ".join(sorted(waiting))
    return [EquationError(f"{subject}: these initial values need one another: {names}")]

"""What can be told from the values of parameters alone: zeros below, negative periods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..distributions import Distribution
from ..equations.tables import column
from ..errors import ParameterError, SpikesimError
from ..ir import text
from ..ir.expr import Const, Expr, Op, Ref, walk
from ..ir.program import Field, Input, Neurons, Pieces, Requirement
from ..units import DIMENSIONLESS, unit_name

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "neg": np.negative,
    "abs": np.abs,
    "min": np.minimum,
    "max": np.maximum,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "floor": np.floor,
    "int": np.trunc,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
}


def check_values(
    group: Neurons, faults: list[SpikesimError], given: Mapping[str, Any] | None = None
) -> None:
    """Note a denominator that is zero, a value out of its bound, a requirement that is not met, a
    negative refractory period, a column that an array over time does not have.

    given: plain values by field name, in place of those that the group was made with.
    """
    known = {
        f.name: f.value
        for f in group.fields
        if f.kind == "parameter" and not isinstance(f.value, None | Expr | Pieces)
    }
    known |= given or {}
    subject = f"population {group.name!r}"
    seen = set()
    for place, expr in _expressions(group):
        for node in walk(expr):
            if not isinstance(node, Op) or node.name not in ("div", "mod", "floordiv"):
                continue
            below = node.args[1]
            value = value_of(below, known)
            if below in seen or value is None or np.all(value != 0):
                continue
            seen.add(below)
            faults.append(
                ParameterError(
                    f"{subject}: {text.expression(below)} is 0, but {place} divides by it; give "
                    "another value"
                )
            )
    said = {n.name for below in seen for n in walk(below) if isinstance(n, Ref)}
    for f in group.fields:
        if f.name not in said:
            faults += out_of_bounds(known.get(f.name), f, f"{subject}, {f.name}")
    check_requirements(group.require, group.fields, group.model, subject, known, faults)
    faults += _missing_columns(group, known, subject)
    if group.hold is not None:
        steps = group.hold.steps
        period = _lowest(steps.args[0], known) if isinstance(steps, Op) else None
        if period is not None and period < 0:
            names = sorted({n.name for n in walk(steps) if isinstance(n, Ref)})
            faults.append(
                ParameterError(
                    f"{subject}: the refractory period ({', '.join(names) or 'a number'}) is "
                    "negative; give a time of at least 0"
                )
            )


def _missing_columns(
    group: Neurons, known: Mapping[str, Any], subject: str
) -> list[ParameterError]:
    """Faults of calls such as I(t, i) where there are more neurons than columns."""
    known = {**known, "i": np.arange(group.size)}
    calls = {column(node): None for _, expr in _expressions(group) for node in walk(expr)}
    faults = []
    for name, asked, columns in filter(None, calls):
        value = value_of(asked, known)
        if value is None or (np.min(value) >= 0 and np.max(value) < columns):
            continue
        wrong = np.min(value) if np.min(value) < 0 else np.max(value)
        faults.append(
            ParameterError(
                f"{subject}: {name}(t, {text.expression(asked)}) asks for column {wrong:g}, but "
                f"the array has {columns}, numbered from 0; give one for each neuron"
            )
        )
    return faults


def check_input(
    one: Input, faults: list[SpikesimError], given: Mapping[str, Any] | None = None
) -> None:
    """Note values of a stimulus that don't meet what it requires; those that are `given` also where
    they are out of their bounds, as the others were looked at when the stimulus was made."""
    known: dict[str, Any] = {f.name: f.value for f in one.fields if f.kind == "parameter"}
    known |= given or {}
    subject = f"stimulus {one.name!r} of {one.target.group!r}"
    if given:
        for f in one.fields:
            faults += out_of_bounds(given.get(f.name), f, f"{subject}, {f.name}")
    check_requirements(one.require, one.fields, one.model, subject, known, faults)


def check_requirements(
    require: Sequence[Requirement], fields: Sequence[Field], model: str, subject: str,
    known: Mapping[str, Any], faults: list[SpikesimError],
) -> None:  # fmt: skip
    """Note values that do not meet what a model or a stimulus requires of them."""
    units = {f.name: "" if f.unit == DIMENSIONLESS else unit_name(f.unit) for f in fields}
    for one in require:
        met = value_of(one.condition, known)
        if met is None or np.all(met):
            continue
        k = int(np.flatnonzero(~np.ravel(met))[0])
        where = f" at {k}" if np.ndim(met) else ""
        names = dict.fromkeys(n.name for n in walk(one.condition) if isinstance(n, Ref))
        got = [
            f"{n} = {np.ravel(known[n])[k if np.ndim(known[n]) else 0]:g} {units[n]}".rstrip()
            for n in names
        ]
        faults.append(
            ParameterError(
                f"{subject}: got {', '.join(got)}{where}, but {model} needs "
                f"{text.expression(one.condition)}; {one.hint}"
            )
        )


def out_of_bounds(value: Any, f: Field, subject: str) -> list[ParameterError]:
    """A fault if a value is not within a field's bound: a number, an array or a distribution."""
    if not f.bound or value is None or isinstance(value, Expr) or np.size(value) == 0:
        return []
    unit = unit_name(f.unit)
    if isinstance(value, Distribution):  # one that is open at 0 never gives it
        if value.lowest() >= 0:
            return []
        got = f"{value!r} can give values below 0"
        return [ParameterError(f"{subject}: {got}; bound the distribution: low=...")]
    bad = np.ravel(np.less_equal(value, 0) if f.bound == "> 0" else np.less(value, 0))
    if not bad.any():
        return []
    first = int(np.flatnonzero(bad)[0])
    where = f" at {first}" if np.ndim(value) else ""
    expected = "a value above 0" if f.bound == "> 0" else "a value of at least 0"
    return [
        ParameterError(
            f"{subject}: got {np.ravel(value)[first]:g} {unit}{where}, expected {expected}"
        )
    ]


def _expressions(group: Neurons) -> Iterator[tuple[str, Expr]]:
    for d in group.equations:
        yield f"d{d.variable}/dt", d.rate
    for event in group.events:
        yield f"the condition of {event.name}", event.condition
        for s in event.reset:
            yield f"the reset of {s.target}", s.value
    for s in (*group.begin, *group.update):
        yield s.target, s.value


def _lowest(steps: Expr, known: Mapping[str, Any]) -> float | None:
    """The lowest number of steps before it is rounded to a whole one."""
    lowest = {n: v.lowest() if isinstance(v, Distribution) else v for n, v in known.items()}
    value = value_of(steps, lowest)
    return None if value is None else float(np.min(value))


def value_of(expr: Expr, known: Mapping[str, Any]) -> Any:
    """What an expression of parameters comes to; None where something else is in it."""
    if isinstance(expr, Const):
        return expr.value
    if isinstance(expr, Ref):
        value = known.get(expr.name)
        return None if isinstance(value, Distribution) else value
    if not isinstance(expr, Op) or expr.name not in _FUNCTIONS:
        return None
    args = [value_of(a, known) for a in expr.args]
    if any(a is None for a in args):
        return None
    with np.errstate(all="ignore"):
        return _FUNCTIONS[expr.name](*(np.asarray(a, np.float64) for a in args))

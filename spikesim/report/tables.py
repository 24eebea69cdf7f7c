"""What the tables of a report say, as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import here
from ..backends.memory import expected, size_text
from ..ir.program import Edges, Field, Program
from ..results import Results
from ..results.table import TITLES, activity

if TYPE_CHECKING:
    from ..model import Model


@dataclass(frozen=True)
class Section:
    """A table; `folded`: shown when its title is clicked."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    folded: bool = False


def summary(model: Model, results: Results) -> str:
    """The run in a sentence."""
    neurons = sum(n.size for n in model.program.neurons)
    projections = sum(
        map(len, (model.program.edges, model.program.couplings, model.program.plastic))
    )
    return (
        f"{_counted(neurons, 'neuron')}, {_counted(projections, 'projection')}, "
        f"{results.duration:g} ms in steps of {results.dt:g} ms, seed {results.seed}, "
        f"backend {results.backend}, {model.options.precision}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def sections(model: Model, results: Results) -> Iterator[Section]:
    """The tables in their order; those without a row are left out."""
    program = model.program
    methods = {n.name: n.method for n in model.lowered.neurons}
    rows = [
        (n.name, f"{n.size:,}", n.model, methods[n.name], *activity(results[n.name]))
        for n in program.neurons
    ]
    found = [Section("Populations", ("name", "neurons", "model", "method", *TITLES), rows)]
    told = ("name", "rule", "connections", "weight", "delay (ms)")
    found.append(Section("Projections", told, list(_projections(program))))
    stimuli = [
        (i.name, i.target.group, ", ".join(f"{f.name} = {value_text(f)}" for f in i.fields))
        for i in program.inputs
    ]
    found.append(Section("Stimuli", ("name", "target", "values"), stimuli))
    found.append(Section("Timing", ("", "seconds"), _timing(model, results)))
    parts = model.memory()
    sizes = [*parts.parts.items(), ("total", parts.total)]
    memory = [(name, size_text(size)) for name, size in sizes]
    found.append(Section("Memory, estimated", ("part", "memory"), memory))
    machine = [*here.versions().items(), ("processor", here.processor())]
    found.append(Section("Versions", ("", ""), machine))
    for n in program.neurons:
        what = [
            (f.name, value_text(f), f.kind, f.meaning)
            for f in n.fields
            if f.kind in ("parameter", "state")
        ]
        head = ("name", "value", "kind", "meaning")
        found.append(Section(f"Parameters of {n.name}", head, what, folded=True))
    return (one for one in found if one.rows)


def _projections(program: Program) -> Iterator[tuple[str, ...]]:
    sizes = {n.name: n.size for n in program.neurons}
    for e in (*program.edges, *program.plastic, *program.couplings):
        count = f"{expected(e, sizes):,.0f}"
        weight = next((value_text(f) for f in e.fields if f.name == "weight"), "-")
        yield e.name, _number(e.pattern), count, weight, _delay(e)


def _delay(e: Edges) -> str:
    parts = [_number(one) for one in (e.axonal, e.dendritic)]
    return " + ".join(one for one in parts if one != "0") or "0"


def _timing(model: Model, results: Results) -> Sequence[tuple[str, ...]]:
    rows = [("compiling", f"{model.took:.3f}"), ("running", f"{results.took:.3f}")]
    if results.duration > 0 and results.took > 0:
        factor = 1e3 * results.took / results.duration
        rows.append(("running, a second of model time", f"{factor:.3f}"))
    return rows


def value_text(f: Field, with_unit: bool = True) -> str:
    """The value of a field in a few words."""
    value, unit = f.value, str(f.unit) if with_unit else ""
    if unit == "1/ms" and not is_dataclass(value) and value is not None:
        value, unit = np.multiply(value, 1e3), "Hz"
    return _number(value) + ("" if unit in ("", "1") else f" {unit}")


def _number(value: Any) -> str:
    """A value in a few words: arrays by their range, rules as they are written."""
    if is_dataclass(value):
        return _call(value)
    if isinstance(value, np.ndarray) and value.size > 1 and value.dtype.kind in "iuf":
        low, high = f"{value.min():.6g}", f"{value.max():.6g}"
        return low if low == high else f"{low} to {high} ({value.size:,} values)"
    if isinstance(value, np.ndarray):
        return f"{value.item():.6g}" if value.size == 1 else f"{value.size:,} values"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.10g}" if isinstance(value, int) else f"{value:.6g}"
    return "computed" if value is None else f"{value}"


def _call(made: Any) -> str:
    """A rule or a distribution, without what is as by default: fixed_indegree(indegree=10)."""
    word = re.sub(r"(?<=.)(?=[A-Z])", "_", type(made).__name__).lower()
    given = [(f.name, getattr(made, f.name), f.default) for f in fields(made)]
    told = [f"{n}={_number(v)}" for n, v, usual in given if v is not None and v is not usual]
    return f"{word}({', '.join(told)})"

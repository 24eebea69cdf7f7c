"""A population, and what synapses and stimuli put into it, on its way to Neurons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..distributions import Distribution, stripped
from ..errors import (
    DescriptionError,
    ParameterError,
    SpikesimError,
    UnknownNameError,
    did_you_mean,
)
from ..ir.expr import ZERO, Const, Expr, Op, add, substitute
from ..ir.program import Differential, Event, Field, Hold, Input, Neurons, Port, Statement
from ..models.base import NeuronModel
from ..models.declaration import Declared, Definition
from ..network import Population
from ..stimuli.base import Source
from ..units import Dimension, unit_name


@dataclass(frozen=True)
class Merged:
    """A synapse that is part of a group: what tells it from another."""

    model: type
    values: dict[str, Any]
    port: str | None
    named: bool = False


@dataclass
class Group:
    """What is known so far of a population.

    dimensions: of every name. sums: what flows into each port. ports: variables that arrivals add
    to. synapses: by name. source: the finished Neurons, for a population of spike sources, which
    has no model and takes nothing in.
    """

    population: Population
    definition: Definition | None = None
    source: Neurons | None = None
    fields: list[Field] = field(default_factory=list)
    equations: list[Differential] = field(default_factory=list)
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    sums: dict[str, Expr] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)
    synapses: dict[str, Merged] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The population's name."""
        return self.population.name

    def spikes(self) -> bool:
        """Can it send spikes?"""
        return self.definition is None or self.definition.spike is not None

    def states(self) -> list[str]:
        """The state variables that the model declares."""
        declared = {} if self.definition is None else self.definition.declared
        return [n for n, d in declared.items() if d.kind == "state"]

    def declare(
        self, name: str, declared: Declared, value: Any, subject: str, faults: list[SpikesimError]
    ) -> None:
        """Add a field for a declared name with its plain value."""
        size = self.population.size
        if np.ndim(value) and np.shape(value) != (size,):
            faults.append(
                ParameterError(
                    f"{subject}: {name} has shape {np.shape(value)}; expected one value or {size}, "
                    "one a neuron"
                )
            )
            value = None
        shared = declared.kind == "parameter" and is_shared(value)
        unit, meaning = declared.dimension, declared.meaning
        if declared.kind != "port":
            kind, bound = declared.kind, declared.bound
            shared |= declared.shared
            made = Field(name, kind, value, declared.dtype, shared, unit, meaning, bound)
            self.fields.append(made)
        self.dimensions[name] = unit

    def port_for(
        self,
        wanted: str | None,
        dimension: Dimension | None,
        subject: str,
        faults: list[SpikesimError],
    ) -> str | None:
        """The port that takes `dimension` (None: any); None, and a fault, where none does."""
        if self.source is not None:
            faults.append(
                DescriptionError(f"{subject}: the spike source {self.name!r} has no port")
            )
            return None
        if wanted is not None and not (isinstance(wanted, str) and wanted in self.sums):
            faults.append(
                UnknownNameError(
                    f"{subject}: {self.name!r} has no port {wanted!r:.60}; "
                    f"{did_you_mean(wanted, self.sums)}"
                )
            )
            return None
        candidates = list(self.sums) if wanted is None else [wanted]
        fits = [n for n in candidates if dimension in (None, self.dimensions[n])]
        if len(fits) == 1:
            return fits[0]
        ports = ", ".join(f"{n} ({unit_name(self.dimensions[n])})" for n in self.sums) or "none"
        unit = f"a quantity in {unit_name(dimension)}" if dimension else "it"
        what = "several ports" if fits else f"the port {wanted!r}" if wanted else "no port"
        can = "can't" if wanted and not fits else "can"
        faults.append(
            DescriptionError(
                f"{subject}: {what} of {self.name!r} {can} take {unit}; its ports: {ports}"
                + ("; choose one with port=" if fits else "")
            )
        )
        return None


def is_shared(value: Any) -> bool:
    """Is a plain value one number for all?"""
    return np.ndim(value) == 0 and not isinstance(value, Distribution)


def start(population: Population, dt: float, faults: list[SpikesimError]) -> Group:
    """The group of a population before anything is merged into it."""
    subject = f"population {population.name!r}"
    model = population.model
    if isinstance(model, Source):
        if population.initial:
            faults.append(UnknownNameError(f"{subject}: a source has no state to set"))
        neurons = model.neurons(population.name, population.size, dt, faults)
        return Group(population, source=neurons)
    definition = model.definition
    group = Group(population, definition, equations=list(definition.equations))
    values = model.stripped(subject, faults)
    states = group.states()
    for name, value in population.initial.items():
        if name in states:
            declared = definition.declared[name]
            values[name] = stripped(
                value, declared.dimension, f"{subject}, {name}", faults, declared.dtype
            )
        else:
            faults.append(
                UnknownNameError(
                    f"{subject}: no state {name!r} to initialize; {did_you_mean(name, states)}"
                )
            )
    for name, declared in definition.declared.items():
        group.declare(name, declared, values.get(name), subject, faults)
        if declared.kind == "port":
            group.sums[name] = ZERO
    return group


def finish(group: Group, dt: float) -> Neurons:
    """The Neurons of a group: what flows into its ports stands in place of their names."""
    if group.source is not None:
        return group.source
    definition = group.definition
    assert definition is not None and isinstance(group.population.model, NeuronModel)

    def whole(expr: Expr) -> Expr:
        return substitute(expr, group.sums)

    events: tuple[Event, ...] = ()
    hold = None
    if definition.spike is not None:
        reset = tuple(Statement(s.target, whole(s.value), s.how) for s in definition.reset)
        events = (Event("spike", whole(definition.spike), reset),)
        if definition.refractory is not None:
            steps = Op("div", (whole(definition.refractory), Const(dt)))
            hold = Hold(Op("int", (Op("floor", (add(steps, Const(0.5 + 1e-9)),)),)))
    return Neurons(
        group.name,
        group.population.size,
        tuple(group.fields),
        tuple(Differential(e.variable, whole(e.rate), e.held) for e in group.equations),
        definition.method,
        hold,
        tuple(group.ports.values()),
        events,
        model=definition.name,
    )


def clashes(neurons: Iterable[Neurons], inputs: Sequence[Input]) -> list[SpikesimError]:
    """Faults of names that two parts of a group share: states, synapses, stimuli."""
    faults: list[SpikesimError] = []
    for group in neurons:
        mine = [i for i in inputs if i.target.group == group.name]
        words = {f.name.partition(".")[0] for f in group.fields}
        faults += [
            DescriptionError(
                f"stimulus {i.name!r} of {group.name!r}: a variable or synapse there has that name "
                "too; choose another with name="
            )
            for i in mine
            if i.name in words
        ]
    return faults

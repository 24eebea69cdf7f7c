"""A population, and what synapses and stimuli put into it, on its way to Neurons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..distributions import Distribution
from ..equations.kinds import BUILT_IN
from ..equations.noise import noises
from ..equations.parse import Typed
from ..errors import (
    DescriptionError,
    ParameterError,
    SpikesimError,
    UnknownNameError,
    did_you_mean,
)
from ..ir.expr import (
    ZERO,
    Const,
    Expr,
    Kind,
    Op,
    Ref,
    add,
    kind_of,
    references,
    substitute,
)
from ..ir.program import (
    Block,
    Clock,
    Differential,
    Event,
    Field,
    Hold,
    Input,
    Link,
    Neurons,
    Pieces,
    Port,
    Precise,
    Requirement,
    Statement,
    View,
)
from ..models.base import NeuronModel
from ..models.declaration import START, Declared, Definition, Steady
from ..models.linked import Linked
from ..models.reader import Reader
from ..population import Population
from ..stimuli.base import Source
from ..stimuli.spike_times import SpikeTimes
from ..units import DIMENSIONLESS, TRUTH, Dimension, unit_name
from .initial import changed, initial_values


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
    to. synapses: by name. gates: the states that synapses have in their sources, by name. staged:
    coupled to others within the step. source: the finished Neurons, for a population of spike
    sources, which has no model and takes nothing in. each_step: of the synapses. require: of model
    and synapses. links: parameters that follow another population. looked_at: names that stand for
    an expression, and are recorded.
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
    gates: dict[str, Merged] = field(default_factory=dict)
    staged: bool = False
    each_step: list[Statement] = field(default_factory=list)
    require: list[Expr] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The population's name."""
        return self.population.name

    def spikes(self) -> bool:
        """Can it send spikes?"""
        return "spike" in self.events()

    def events(self) -> list[str]:
        """The events that it has."""
        if self.definition is None:
            return ["spike"]
        spike = [] if self.definition.spike is None else ["spike"]
        return spike + [e.name for e in self.definition.events]

    def named(self) -> dict[str, Steady]:
        """What stands for an expression, and may be recorded: names, ports, not_refractory."""
        d = self.definition
        if d is None:
            return {}
        steady = {s.name for s in d.steady}
        found = {
            n: Steady(n, t.expr, t.dimension or DIMENSIONLESS, _kind(t, d))
            for n, t in d.names.items()
            if n not in steady and not noises(t.expr)
        }
        found |= {n: Steady(n, Ref(n), self.dimensions[n]) for n in self.sums}
        if d.is_held:
            found["not_refractory"] = Steady("not_refractory", Ref("not_refractory"), TRUTH, "bool")
        return found

    def states(self) -> list[str]:
        """The state variables that the model declares."""
        declared = {} if self.definition is None else self.definition.declared
        return [n for n, d in declared.items() if d.kind == "state"]

    def declare(
        self, name: str, declared: Declared, value: Any, subject: str, faults: list[SpikesimError]
    ) -> None:
        """Add a field for a declared name with its plain value, if there is none yet."""
        if name in self.dimensions:
            return
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
            made = Field(
                name, kind, value, declared.dtype, shared, unit, meaning, bound, declared.shared
            )
            self.fields.append(made)
        self.dimensions[name] = unit

    def follow(
        self, name: str, declared: Declared, linked: Linked, subject: str, faults: Any
    ) -> None:
        """A parameter that follows a variable of another population."""
        unit, variable = declared.dimension, linked.variable
        self.dimensions[name] = unit
        self.fields.append(Field(name, "state", 0.0, declared.dtype, False, unit, declared.meaning))
        chosen = variable.view.indices
        try:
            chosen = chosen if linked.index is None else chosen[np.asarray(linked.index)]
        except (IndexError, TypeError):
            faults.append(
                ParameterError(
                    f"{subject}, {name}: index picks what is not there; the view that it follows "
                    f"has {len(chosen)} neurons, 0 to {len(chosen) - 1}"
                )
            )
            return
        chosen = np.atleast_1d(chosen)
        if chosen.ndim != 1 or len(chosen) not in (1, self.population.size):
            faults.append(
                ParameterError(
                    f"{subject}, {name}: it follows {variable.name!r} of {len(chosen)} neurons, "
                    f"but there are {self.population.size} to read it; give an index, one number "
                    "for each: sp.linked(..., index=[...])"
                )
            )
            return
        view = View(variable.view.population.name, chosen)
        self.links.append(Link(name, self.name, view, variable.name))

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
    return np.ndim(value) == 0 and not isinstance(value, Distribution | Expr | Pieces)


def start(population: Population, dt: float, seed: int, faults: list[SpikesimError]) -> Group:
    """The group of a population before anything is merged into it."""
    subject = f"population {population.name!r}"
    model = population.model
    if isinstance(model, Source):
        if population.initial:
            faults.append(UnknownNameError(f"{subject}: a source has no state to set"))
        if population.precise:
            model = _precise(model, subject, faults)
        neurons = model.neurons(population.name, population.size, dt, seed, faults)
        return Group(population, source=neurons)
    definition = model.definition.opened(Reader.written(a.code for a in population.actions))
    group = Group(
        population,
        definition,
        equations=list(definition.equations),
        require=list(definition.require),
    )
    later = {n for _, given in population.initial for n in given}
    values = model.stripped(subject, faults, definition.declared, later)
    initial_values(population, definition, values, subject, faults)
    for name, declared in definition.declared.items():
        value = values.get(name)
        if isinstance(value, Linked):
            group.follow(name, declared, value, subject, faults)
        else:
            group.declare(name, declared, value, subject, faults)
        if declared.kind == "port":
            group.sums[name] = ZERO
    group.fields += [
        Field(n, "table", np.ravel(table.values), unit=table.dimension)
        for n, table in definition.tables.items()
    ]
    for s in definition.steady:
        group.fields.append(Field(s.name, "state", START[s.dtype], s.dtype, s.shared, s.dimension))
        group.dimensions[s.name] = s.dimension
    return group


def _precise(source: Source, subject: str, faults: list[SpikesimError]) -> Source:
    """The source with spikes between the steps."""
    if isinstance(source, SpikeTimes):
        return source.between_steps()
    faults.append(
        DescriptionError(
            f"{subject}: precise=True, but {type(source).__name__} spikes at the end of a step; "
            "give the times with sp.spike_times, or leave precise=True out"
        )
    )
    return source


def finish(group: Group, dt: float, clocks: Sequence[Clock] = ()) -> tuple[Neurons, list[Clock]]:
    """The Neurons of a group, and its clocks: what flows into its ports stands in place of their
    names, and N in place of its name."""
    if group.source is not None:
        return group.source, []
    definition = group.definition
    assert definition is not None and isinstance(group.population.model, NeuronModel)

    size = group.population.size
    own: dict[str, Expr] = {} if "N" in definition.declared else {"N": Const(size)}
    sums = {name: substitute(value, own) for name, value in group.sums.items()}
    read: set[str] = set()

    def whole(expr: Expr) -> Expr:
        expr = substitute(expr, sums | own)
        read.update(references(expr))
        return expr

    def block(statements: Iterable[Statement]) -> Block:
        return tuple(replace(s, value=whole(s.value)) for s in statements)

    first = block((*group.each_step, *definition.each_step))
    events: tuple[Event, ...] = ()
    hold = None
    if definition.spike is not None:
        events = (Event("spike", whole(definition.spike), block(definition.reset)),)
        if definition.refractory is not None:
            steps = Op("div", (whole(definition.refractory), Const(dt)))
            hold = Hold(
                Op("int", (Op("floor", (add(steps, Const(0.5 + 1e-9)),)),)), period=steps.args[0]
            )
        elif definition.until is not None:
            hold = Hold(Const(0), until=whole(definition.until))
    events += tuple(Event(e.name, whole(e.condition), block(e.reset)) for e in definition.events)
    begin = [Statement(s.name, whole(s.value)) for s in definition.steady]
    named = group.named()
    for name in dict.fromkeys(group.looked_at):
        s = named[name]
        group.fields.append(
            Field(name, "state", START[s.dtype], s.dtype, False, s.dimension, "looked at")
        )
        begin.append(Statement(name, whole(s.value)))
    equations = tuple(Differential(e.variable, whole(e.rate), e.held) for e in group.equations)
    mine = [replace(c, block=block(c.block)) for c in clocks]
    fields = [replace(f, value=changed(f.value, whole)) for f in group.fields]
    if "i" in read:
        fields.append(Field("i", "constant", np.arange(size), "int"))
    method = definition.method
    if group.staged and method == "auto":
        method = "rk4"
    ports = tuple(group.ports.values())
    made = Neurons(
        group.name, size, tuple(fields), equations, method, hold, ports, events,
        begin=tuple(begin), update=first, model=definition.name,
        require=tuple(map(Requirement, group.require)),
        precise=Precise() if group.population.precise else None,
    )  # fmt: skip
    return made, mine


def _kind(typed: Typed, definition: Definition) -> Kind:
    """The kind of what a name stands for."""
    if typed.dimension == TRUTH:
        return "bool"
    kinds: dict[str, Kind] = dict(BUILT_IN) | {n: d.dtype for n, d in definition.declared.items()}
    return "int" if kind_of(typed.expr, kinds) == "int" else "float"


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

"""Network -> Program: the only place that sees what the user wrote and what the IR holds.

Every fault of the whole network is gathered and raised together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .connectivity.base import Ends, Rule
from .distributions import Distribution, stripped
from .errors import (
    ConnectivityError,
    DescriptionError,
    ParameterError,
    SpikesimError,
    UnknownNameError,
    did_you_mean,
    raise_all,
)
from .ir.expr import ZERO, Const, Expr, Op, Ref, add, mul, references, substitute
from .ir.program import (
    Differential,
    Edges,
    Event,
    Field,
    Hold,
    Input,
    Neurons,
    Port,
    Probe,
    Program,
    Statement,
    View,
)
from .ir.verify import verify
from .models.base import NeuronModel, SynapseModel
from .models.synapses.delta import Delta
from .network import ORDERS, Network, Population, PopulationView, Projection, Stimulation
from .recording import Request
from .stimuli.base import Arrivals, Place, Signal, Source
from .units import TIME, Dimension, strip, unit_name


@dataclass
class _Group:
    """A population on its way to Neurons."""

    population: Population
    fields: list[Field]
    equations: list[Differential]
    dimensions: dict[str, Dimension]
    sums: dict[str, Expr]
    ports: dict[str, Port] = field(default_factory=dict)
    synapses: dict[str, SynapseModel] = field(default_factory=dict)
    neurons: Neurons | None = None


def build(network: Network) -> Program:
    """The program of a network.

    Raises the one fault, or SeveralErrors with all of them: units, values, names, sizes.
    """
    return _Builder(network).program()


class _Builder:
    def __init__(self, network: Network):
        self.network = network
        self.faults: list[SpikesimError] = []
        self.dt = self._dt()
        self.groups: dict[str, _Group] = {}
        self.inputs: list[Input] = []

    def program(self) -> Program:
        net = self.network
        self.groups = {name: self._group(p) for name, p in net.populations.items()}
        if not self.groups:
            self.faults.append(
                DescriptionError("the network has no population; add one with net.population(...)")
            )
        edges = [self._edges(p, k) for k, p in enumerate(net.projections)]
        for stimulation in net.stimulations:
            self._stimulation(stimulation)
        neurons = tuple(self._neurons(g) for g in self.groups.values())
        probes = [self._probe(k, r) for k, r in enumerate(net.requests)]
        raise_all("the network", self.faults)
        return verify(
            Program(
                self.dt,
                self._seed(),
                neurons,
                tuple(e for e in edges if e),
                tuple(self.inputs),
                tuple(p for p in probes if p),
                order=ORDERS[net.order],
            )
        )

    def _dt(self) -> float:
        if self.network.dt is None:
            return 0.1
        try:
            dt = strip(self.network.dt, TIME, "dt of the network")
        except SpikesimError as fault:
            self.faults.append(fault)
            return 0.1
        if np.ndim(dt) or not np.isfinite(dt) or dt <= 0:
            self.faults.append(ParameterError(f"dt of the network is {dt} ms; expected above 0"))
            return 0.1
        return dt

    def _seed(self) -> int:
        seed = self.network.seed
        if (
            isinstance(seed, bool)
            or not isinstance(seed, int | np.integer)
            or not 0 <= seed < 2**32
        ):
            raise ParameterError(f"seed is {seed!r}; expected a whole number from 0 to 2^32 - 1")
        return int(seed)

    # Populations

    def _group(self, population: Population) -> _Group:
        model, subject = population.model, f"population {population.name!r}"
        if isinstance(model, Source):
            ready = model.neurons(population.name, population.size, self.dt, self.faults)
            group = _Group(population, [], [], {}, {}, neurons=ready)
            if population.initial:
                self.faults.append(UnknownNameError(f"{subject}: a source has no state to set"))
            return group
        definition = model.definition
        declared = definition.declared
        values = model.stripped(subject, self.faults)
        for name, value in population.initial.items():
            states = [n for n, d in declared.items() if d.kind == "state"]
            if name not in states:
                self.faults.append(
                    UnknownNameError(
                        f"{subject}: no state {name!r} to initialize; {did_you_mean(name, states)}"
                    )
                )
                continue
            values[name] = stripped(
                value, declared[name].dimension, f"{subject}, {name}", self.faults
            )
        fields = [
            self._field(name, d, values.get(name), population, subject)
            for name, d in declared.items()
            if d.kind != "port"
        ]
        return _Group(
            population,
            fields,
            list(definition.equations),
            {n: d.dimension for n, d in declared.items()},
            {n: ZERO for n, d in declared.items() if d.kind == "port"},
            {},
        )

    def _field(
        self, name: str, declared: Any, value: Any, population: Population, subject: str
    ) -> Field:
        if np.ndim(value) and np.shape(value) != (population.size,):
            self.faults.append(
                ParameterError(
                    f"{subject}: {name} has shape {np.shape(value)}; expected one value or "
                    f"{population.size}, one a neuron"
                )
            )
            value = 0.0
        shared = declared.kind == "parameter" and (
            value is None or (np.ndim(value) == 0 and not isinstance(value, Distribution))
        )
        return Field(
            name, declared.kind, value, "float", shared, declared.dimension, declared.meaning
        )

    def _neurons(self, group: _Group) -> Neurons:
        if group.neurons is not None:
            return group.neurons
        population, model = group.population, group.population.model
        assert isinstance(model, NeuronModel)
        definition = model.definition

        def whole(expr: Expr) -> Expr:
            return substitute(expr, group.sums)

        prefix = population.name
        equations = tuple(Differential(e.variable, whole(e.rate), e.held) for e in group.equations)
        events: tuple[Event, ...] = ()
        if definition.spike is not None:
            reset = tuple(Statement(s.target, whole(s.value), s.how) for s in definition.reset)
            events = (Event("spike", whole(definition.spike), reset),)
        hold = None
        if definition.refractory is not None and events:
            steps = Op("div", (definition.refractory, Const(self.dt)))
            hold = Hold(Op("int", (Op("floor", (add(steps, Const(0.5 + 1e-9)),)),)))
        return Neurons(
            prefix,
            population.size,
            tuple(group.fields),
            equations,
            definition.method,
            hold,
            tuple(group.ports.values()),
            events,
            model=definition.name,
        )

    # Synapses

    def _landing(
        self, group: _Group, synapse: Any, port: str | None, subject: str
    ) -> tuple[str, Dimension, Expr] | None:
        """Where arrivals go: the variable, its dimension, and the value added, of `weight`."""
        synapse = Delta() if synapse is None else synapse
        if isinstance(synapse, type):
            synapse = synapse()
        if group.neurons is not None:
            self.faults.append(DescriptionError(f"{subject}: a spike source can't receive spikes"))
            return None
        if isinstance(synapse, str):
            synapse = Delta(synapse)
        if isinstance(synapse, Delta):
            return self._jump(group, synapse.name, subject)
        if not isinstance(synapse, SynapseModel):
            self.faults.append(
                DescriptionError(
                    f"{subject}: expected a synapse such as sp.synapses.ExpCurrent(), got {synapse!r}"
                )
            )
            return None
        name = self._merge(group, synapse, port, subject)
        definition = synapse.definition
        assert definition.arrival is not None
        dimension = definition.declared[definition.arrival.target].dimension
        renamed = {n: Ref(f"{name}.{n}") for n in definition.declared}
        variable = f"{name}.{definition.arrival.target}"
        group.ports.setdefault(variable, Port(variable))
        return variable, dimension, substitute(definition.arrival.value, renamed)

    def _jump(
        self, group: _Group, variable: str, subject: str
    ) -> tuple[str, Dimension, Expr] | None:
        model = group.population.model
        assert isinstance(model, NeuronModel)
        states = [n for n, d in model.definition.declared.items() if d.kind == "state"]
        if variable not in states:
            self.faults.append(
                UnknownNameError(
                    f"{subject}: {group.population.name!r} has no state {variable!r} to add to; "
                    f"{did_you_mean(variable, states)}"
                )
            )
            return None
        held = variable in model.definition.held()
        group.ports.setdefault(variable, Port(variable, "drop" if held else "keep"))
        return variable, group.dimensions[variable], Ref("weight")

    def _merge(self, group: _Group, synapse: SynapseModel, port: str | None, subject: str) -> str:
        """Put a synapse's states into the group, once for each parametrisation; its name there."""
        base = synapse.name
        k = 1
        while True:
            name = base if k == 1 else f"{base}_{k}"
            known = group.synapses.get(name)
            if known is None:
                break
            if type(known) is type(synapse) and _same(known.values, synapse.values):
                return name
            k += 1
        group.synapses[name] = synapse
        definition = synapse.definition
        values = synapse.stripped(f"{subject}, synapse {synapse.name!r}", self.faults)
        for word, d in definition.declared.items():
            group.fields.append(
                self._field(f"{name}.{word}", d, values.get(word), group.population, subject)
            )
            group.dimensions[f"{name}.{word}"] = d.dimension
        for word, unit in synapse.reads.items():
            if word not in group.dimensions:
                self.faults.append(
                    UnknownNameError(
                        f"{subject}: {definition.name} reads {word!r} (in {unit}) of its target, but "
                        f"{group.population.name!r} has none; "
                        f"{did_you_mean(word, group.dimensions)}"
                    )
                )
        renamed = {n: Ref(f"{name}.{n}") for n in definition.declared}
        group.equations += [
            Differential(f"{name}.{e.variable}", substitute(e.rate, renamed), e.held)
            for e in definition.equations
        ]
        if definition.output is not None:
            into = self._port(group, port, definition.output.dimension, subject)
            if into:
                group.sums[into] = add(
                    group.sums[into], substitute(definition.output.expr, renamed)
                )
        return name

    def _port(
        self, group: _Group, wanted: str | None, dimension: Dimension | None, subject: str
    ) -> str | None:
        """The port of a group that takes `dimension`; None, and a fault noted, if none does."""
        who = group.population.name
        if group.neurons is not None:
            self.faults.append(DescriptionError(f"{subject}: the spike source {who!r} has no port"))
            return None
        if wanted is not None and wanted not in group.sums:
            self.faults.append(
                UnknownNameError(
                    f"{subject}: {who!r} has no port {wanted!r}; {did_you_mean(wanted, group.sums)}"
                )
            )
            return None
        fits = (
            [wanted]
            if wanted
            else [n for n in group.sums if dimension in (None, group.dimensions[n])]
        )
        if len(fits) == 1 and dimension in (None, group.dimensions[fits[0]]):
            return fits[0]
        ports = ", ".join(f"{n} ({unit_name(group.dimensions[n])})" for n in group.sums) or "none"
        what = "several ports" if len(fits) > 1 else "no port"
        unit = unit_name(dimension) if dimension else "any unit"
        self.faults.append(
            DescriptionError(
                f"{subject}: {what} of {who!r} can take {unit}; its ports: {ports}"
                + ("; choose one with port=" if len(fits) > 1 else "")
            )
        )
        return None

    # Projections

    def _edges(self, p: Projection, order: int) -> Edges | None:
        subject = f"projection {p.name!r}"
        before = len(self.faults)
        rule = p.rule() if isinstance(p.rule, type) else p.rule
        if not isinstance(rule, Rule):
            self.faults.append(
                UnknownNameError(
                    f"{subject}: unknown rule {p.rule!r}; expected one such as sp.fixed_probability(0.1)"
                )
            )
        else:
            self.faults += [ConnectivityError(f"{subject}: {f}") for f in rule.faults(_ends(p))]
        source = p.source.population
        if isinstance(source.model, NeuronModel) and source.model.definition.spike is None:
            self.faults.append(
                ConnectivityError(
                    f"{subject}: the source model {source.model.definition.name} never spikes"
                )
            )
        landing = self._landing(self.groups[p.target.population.name], p.synapse, p.port, subject)
        if landing is None or not isinstance(rule, Rule):
            return None
        variable, dimension, value = landing
        weight = p.weight if p.weight is not None else rule.own_weights()
        fields: list[Field] = []
        if weight is None:
            self.faults.append(
                ParameterError(f"{subject} needs a weight, in {unit_name(dimension)}")
            )
        else:
            plain = stripped(weight, dimension, f"{subject}, weight", self.faults)
            fields.append(
                Field(
                    "weight",
                    "parameter",
                    plain,
                    "float",
                    np.ndim(plain) == 0 and not isinstance(plain, Distribution),
                    dimension,
                )
            )
        axonal, dendritic = self._delays(p, subject)
        if len(self.faults) > before:
            return None
        fields.append(
            Field("weight_scale", "parameter", 1.0, "float", True, meaning="factor on all weights")
        )
        synapse_parameters = self._synapse_parameters(value, p.target.population.name)
        scaled = {"weight": mul(Ref("weight"), Ref("weight_scale"))} | synapse_parameters
        pre = (Statement(f"post.{variable}", substitute(value, scaled), "+="),)
        return Edges(
            p.name,
            _view(p.source),
            _view(p.target),
            rule,
            tuple(fields),
            axonal,
            dendritic,
            pre=pre,
            order=order,
        )

    def _synapse_parameters(self, value: Expr, target: str) -> dict[str, Expr]:
        return {name: Ref(f"post.{name}") for name in references(value) if name != "weight"}

    def _delays(self, p: Projection, subject: str) -> tuple[Any, Any]:
        given = {
            "delay": p.delay,
            "axonal_delay": p.axonal_delay,
            "dendritic_delay": p.dendritic_delay,
        }
        plain = {}
        for word, value in given.items():
            if value is None:
                continue
            plain[word] = value = stripped(value, TIME, f"{subject}, {word}", self.faults)
            if value is None:
                continue
            lowest = _lowest(value)
            least = self.dt if self.network.order == "nest" and word == "delay" else 0.0
            if lowest < 0 or (
                least and not isinstance(value, Distribution) and lowest < 0.5 * least
            ):
                self.faults.append(
                    ConnectivityError(
                        f"{subject}: {word} of {lowest:g} ms; expected at least {least:g} ms"
                        + (
                            "; bound the distribution with low="
                            if isinstance(value, Distribution)
                            else ""
                        )
                    )
                )
        if "delay" in plain and len(plain) > 1:
            self.faults.append(
                ParameterError(f"{subject}: give either delay, or axonal_delay and dendritic_delay")
            )
        default = self.dt if self.network.order == "nest" else 0.0
        if not plain:
            return default, 0.0
        return plain.get("delay", plain.get("axonal_delay", 0.0)), plain.get("dendritic_delay", 0.0)

    # Stimuli and recordings

    def _stimulation(self, s: Stimulation) -> None:
        group = self.groups[s.target.population.name]
        subject = f"stimulus {s.name!r} of {group.population.name!r}"
        stimulus = s.stimulus
        if isinstance(stimulus, Signal):
            into = self._port(group, s.port, None, subject)
            if into is None:
                return
            place = self._place(s, group.dimensions[into], subject)
            value = stimulus.value(place)
            group.sums[into] = add(group.sums[into], Ref(s.name))
            kind: Any = "signal"
            target = s.name
        elif isinstance(stimulus, Arrivals):
            landing = self._landing(group, s.synapse, s.port, subject)
            if landing is None:
                return
            target, dimension, added = landing
            place = self._place(s, dimension, subject)
            if s.weight is None:
                place.fault(f"needs a weight, in {unit_name(dimension)}")
                weight: Expr = ZERO
            else:
                weight = place.parameter("weight", s.weight, dimension, "weight of one spike")
            value = mul(substitute(added, {"weight": weight}), stimulus.count(place))
            kind = "arrivals"
        else:
            self.faults.append(
                DescriptionError(
                    f"{subject}: expected a stimulus such as sp.dc(...) or sp.poisson(...), got "
                    f"{stimulus!r}"
                )
            )
            return
        self.faults += place.faults
        self.inputs.append(Input(s.name, kind, _view(s.target), target, value, tuple(place.fields)))

    def _place(self, s: Stimulation, dimension: Dimension, subject: str) -> Place:
        return Place(
            s.name, subject, s.target.population.size, s.target.indices, self.dt, dimension
        )

    def _probe(self, k: int, request: Request) -> Probe | None:
        view, what = request.view, request.what
        group = self.groups[view.population.name]
        subject = f"recording of {what!r} of {view.population.name!r}"
        every = 1
        if request.every is not None:
            interval = stripped(request.every, TIME, f"{subject}, every", self.faults)
            if interval is None:
                return None
            every = round(interval / self.dt) if np.ndim(interval) == 0 else 0
            if every < 1 or abs(every * self.dt - interval) > 1e-9 * interval:
                self.faults.append(
                    ParameterError(
                        f"{subject}: every {interval} ms is no multiple of dt = {self.dt:g} ms; choose "
                        f"one, such as {max(1, every) * self.dt:g} ms"
                    )
                )
                return None
        name = f"{k}"
        neurons = group.neurons or self._neurons(group)
        if what in ("spikes", "rate"):
            if not any(e.name == "spike" for e in neurons.events):
                self.faults.append(DescriptionError(f"{subject}: its model never spikes"))
                return None
            return Probe(
                name,
                _view(view),
                event="spike",
                every=every,
                reduce="rate" if what == "rate" else "",
            )
        states = [f.name for f in neurons.fields if f.kind == "state"]
        if what not in states:
            known = [*states, "spikes", "rate"]
            self.faults.append(
                UnknownNameError(f"{subject}: no such state variable; {did_you_mean(what, known)}")
            )
            return None
        return Probe(name, _view(view), variable=what, every=every)


def _view(view: PopulationView) -> View:
    return View(view.population.name, view.index)


def _ends(p: Projection) -> Ends:
    own = None
    if p.source.population is p.target.population:
        place = np.full(p.source.population.size, -1, dtype=np.int64)
        place[p.source.indices] = np.arange(len(p.source))
        own = place[p.target.indices]
    return Ends(len(p.source), len(p.target), own)


def _lowest(value: Any) -> float:
    """The smallest value there can be."""
    if isinstance(value, Distribution):
        low = getattr(value, "low", None)
        if low is not None:
            return float(low)
        return 0.0 if hasattr(value, "sigma") else -np.inf if value.sd > 0 else value.mean  # type: ignore[attr-defined]
    return float(np.min(value)) if np.size(value) else 0.0


def _same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Do two synapses have the same values?"""
    if a.keys() != b.keys():
        return False
    return all(a[k] is b[k] or bool(np.all(a[k] == b[k])) for k in a)

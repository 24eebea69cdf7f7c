"""What a neuron model and a synapse model are.

A model is a class with declared names (`sp.parameter`, `sp.state`, `sp.port`) and text. It is read
and checked once, when the class is defined; an instance only holds values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..distributions import Distribution, stripped
from ..equations.lines import normal_name
from ..errors import (
    DimensionError,
    EquationError,
    ParameterError,
    SpikesimError,
    UnknownAttributeError,
    did_you_mean,
)
from ..ir.program import Event
from ..units import TIME, TRUTH, decompose, is_quantity, is_unit, unit_name
from .declaration import (
    OF_NEURONS,
    Declared,
    Definition,
    declaration_faults,
    is_timed_array,
    method_fault,
    parameter,
    table_of,
)
from .linked import Linked
from .reader import Reader

# What users of other simulators, or in a hurry, write in place of the words of a model.
_INSTEAD = {
    "threshold": "spike",
    "thresh": "spike",
    "equation": "equations",
    "eqs": "equations",
    "model": "equations",
    "on_pre": "on_arrival",
    "refractory_period": "refractory",
    "integration": "method",
}


# Names of parameters in other simulators, and ours.
_ELSEWHERE = {
    **dict.fromkeys(("c_m", "cm", "capacitance"), "C"),
    **dict.fromkeys(("gl", "g_leak", "g_l"), "g_L"),
    **dict.fromkeys(("v_rest", "el", "e_leak", "e_l"), "E_L"),
    **dict.fromkeys(("tau_refrac", "refractory", "tau_ref", "refractory_period"), "t_ref"),
    **dict.fromkeys(("v_thresh", "vt", "vth", "v_threshold", "threshold"), "V_th"),
    **dict.fromkeys(("vr", "v_r", "vreset"), "V_reset"),
    **dict.fromkeys(("v_m", "vm"), "v"),
    **dict.fromkeys(("lambda", "lambda_", "a_plus", "learning_rate"), "rate"),
}


def _known_elsewhere(name: str, declared: Iterable[str]) -> str:
    """What a name of another simulator is called here; nothing where it is none."""
    word, declared = name.lower(), set(declared)
    if word in ("i_e", "i_offset", "i_ext"):
        return "a constant current is a stimulus: net.stimulate(population, sp.dc(100*pA))"
    if word.startswith("tau_syn"):
        return "it is the synapse's: sp.synapses.ExpCurrent(tau=...)"
    ours = _ELSEWHERE.get(word, name)
    if ours == "g_L" not in declared and {"tau_m", "C"} <= declared:
        return "the leak conductance is C/tau_m: give tau_m"
    return f"here it is called {ours!r}" if ours in declared else ""


def _instead(word: str) -> str | None:
    return _INSTEAD.get(word.lower())


class Model:
    """What neuron and synapse models share: declared names and the values given for them."""

    definition: ClassVar[Definition]
    values: dict[str, Any]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("values", "name") or name.startswith("_"):
            super().__setattr__(name, value)
            return
        title, declared = self.definition.name, self.definition.declared
        hint = f"write {title}({name}=...)" if name in declared else did_you_mean(name, declared)
        raise UnknownAttributeError(
            f"{title}: values are given when it is made, {name!r} can't be set; {hint}"
        )

    def __init__(self, *wrong: Any, **values: Any):
        if not hasattr(type(self), "definition"):
            raise ParameterError(
                f"{type(self).__name__} is the base of models, not one; write a class of it, or "
                "use a ready one such as sp.neurons.LIF or sp.synapses.ExpCurrent"
            )
        if wrong:
            declared = self.definition.declared
            needed = [name for name, d in declared.items() if d.default is None]
            first = next(iter([*needed, *declared]), "x")
            raise ParameterError(
                f"{self.definition.name}({wrong[0]}): values are given by name, such as "
                f"{self.definition.name}({first}={wrong[0]})"
            )
        self.values = values

    def __repr__(self) -> str:
        return f"{self.definition.name}({', '.join(f'{k}={v}' for k, v in self.values.items())})"

    def stripped(
        self,
        subject: str,
        faults: list[SpikesimError],
        declared: Mapping[str, Declared] | None = None,
        later: Collection[str] = (),
    ) -> dict[str, Any]:
        """Every parameter and initial value in coherent units; what is wrong goes into `faults`.

        declared: default those of the definition. later: names whose values are given elsewhere.
        """
        declared = self.definition.declared if declared is None else declared
        declared = {n: d for n, d in declared.items() if d.kind != "port"}
        for name in self.values:
            if name not in declared:
                faults.append(
                    ParameterError(
                        f"{subject}: {self.definition.name} has no parameter or state {name!r}; "
                        f"{_known_elsewhere(name, declared) or did_you_mean(name, declared)}"
                    )
                )
        result = {}
        for name, d in declared.items():
            value = self.values.get(name, d.default)
            if value is None and name in later:
                continue
            if value is None:
                meaning = f" ({d.meaning})" if d.meaning else ""
                faults.append(
                    ParameterError(
                        f"{subject}: {self.definition.name} needs a value for {name!r}{meaning}, "
                        f"in {d.dimension}; write {self.definition.name}({name}=...)"
                    )
                )
                continue
            if isinstance(value, Linked):
                if (value.variable.dimension, value.variable.dtype) != (d.dimension, d.dtype):
                    got = unit_name(value.variable.dimension)
                    faults.append(
                        DimensionError(
                            f"{subject}, {name}: it follows {value.variable.name!r}, in {got}, "
                            f"expected a variable in {unit_name(d.dimension)}"
                        )
                    )
            elif name in self.values:
                value = stripped(value, d.dimension, f"{subject}, {name}", faults, d.dtype)
                if (
                    d.shared
                    and value is not None
                    and (np.ndim(value) or isinstance(value, Distribution))
                ):
                    faults.append(
                        ParameterError(f"{subject}: {name} is shared; give one value for all")
                    )
            if value is not None:
                result[name] = value
        return result


def declared_names(cls: type, faults: list[SpikesimError]) -> dict[str, Declared]:
    """The declared names of a class and its bases; a plain value in place of one is a fault."""
    found: dict[str, Declared] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, Declared):
                found[name] = value
            elif name == "weight_unit":
                continue  # a word of synapse models
            elif name in found or is_quantity(value) or isinstance(value, Distribution):
                faults.append(
                    ParameterError(
                        f"{cls.__name__}: {name} = {value} declares nothing; write {name} = "
                        "sp.parameter(...) or sp.state(...)"
                    )
                )
    return found


def unknown_words(cls: type, base: type) -> list[SpikesimError]:
    """Faults of public attributes of a class that are neither declared nor words of `base`."""
    words = {w for w in vars(base) if not w.startswith("_")}
    faults: list[SpikesimError] = []
    bases = [c for c in cls.__mro__ if c not in base.__mro__]
    for name, value in [item for c in bases for item in vars(c).items()]:
        if name.startswith("_") or name in words or name in ("definition", "values"):
            continue
        if isinstance(value, Declared | property | classmethod | staticmethod | Distribution):
            continue
        if callable(value) or is_quantity(value) or is_timed_array(value):
            continue
        meant = _instead(name)
        hint = f"write {meant} = ..." if meant in words else did_you_mean(name, words)
        faults.append(
            EquationError(f"{cls.__name__}: {name} = {value!r:.60} has no meaning here; {hint}")
        )
    return faults


@dataclass(frozen=True)
class EventText:
    """An event beside the spike, as text; see `event`."""

    condition: str
    block: str = ""


def event(condition: str, block: str = "") -> EventText:
    """An event beside the spike: when it happens, and what it does to the neuron's state.

    It is looked for each step, whether or not the neuron is refractory, and what it does comes
    after the reset. Projections may be triggered by it (`net.project(..., event="burst")`), and it
    may be recorded by its name.
    """
    return EventText(condition, block)


class NeuronModel(Model):
    """Base of neuron models: declare names, then write `equations`, `spike` and `reset`.

    equations: lines `dx/dt = ...`, and `x = ...` for a name that stands for an expression; a line
    that ends in `(unless refractory)` stands still while the neuron is refractory.
    spike: the condition of a spike. reset: what a spike does to the neuron's state.
    events: others than the spike, by name: {"burst": sp.event(condition, what it does)}.
    refractory: an expression for the refractory period (a time), as it is at the spike; or a
    condition, which ends the period when it is false. `not_refractory` may be read anywhere.
    method: how the equations are integrated: auto, exact, exponential_euler, euler, heun, milstein
    or rk4.
    each_step: what is done at the start of each step, before the equations move the state.
    require: conditions on the values of parameters, such as ("V_reset < V_th",); values that do
    not meet them are refused before a run.
    """

    equations: ClassVar[str] = ""
    spike: ClassVar[str] = ""
    reset: ClassVar[str] = ""
    events: ClassVar[dict[str, EventText]] = {}
    refractory: ClassVar[str] = ""
    method: ClassVar[str] = "auto"
    each_step: ClassVar[str] = ""
    require: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        faults = unknown_words(cls, NeuronModel)
        declared = declared_names(cls, faults)
        texts = (cls.equations, cls.spike, cls.reset, cls.refractory, cls.method)
        tables = {
            n: v for c in reversed(cls.__mro__) for n, v in vars(c).items() if is_timed_array(v)
        }
        more = (cls.each_step, cls.require, cls.events, tables)
        cls.definition = read_neuron(cls.__name__, declared, *texts, faults, *more)


def read_neuron(
    name: str,
    declared: dict[str, Declared],
    equations: str,
    spike: str,
    reset: str,
    refractory: str,
    method: str,
    faults: list[SpikesimError],
    each_step: str = "",
    require: tuple[str, ...] = (),
    events: Any = None,
    tables: dict[str, Any] | None = None,
) -> Definition:
    """Read the texts of a neuron model. Raises all its faults, and `faults`, together."""
    held = not isinstance(refractory, str) or bool(refractory.strip())
    reader = Reader(name, declared, OF_NEURONS | ({"not_refractory": TRUTH} if held else {}))
    reader.faults += faults + method_fault(name, method)
    for word, array in (tables or {}).items():
        try:
            reader.tables[word] = table_of(array, f"{name}, {word}")
        except SpikesimError as fault:
            reader.faults.append(fault)
    reader.faults += declaration_faults(
        name, {word: Declared("port", None, t.dimension) for word, t in reader.tables.items()}
    )
    others = _event_texts(name, events, reader.faults)
    blocks = [reset, each_step, *(e.block for e in others.values())]
    rates = reader.equations(equations, written=reader.written(blocks))
    reader.faults += declaration_faults(name, reader.declared)
    condition = (
        reader.expression(spike, "spike", TRUTH, draws=True) if reader.given(spike) else None
    )
    block = reader.block(reset, "reset")
    found = [_event(reader, word, text) for word, text in others.items()]
    period = until = None
    if reader.given(refractory):
        period = reader.expression(refractory, "refractory")
        if period is not None and period.dimension == TRUTH:
            period, until = None, period
        elif period is not None:
            reader.expect(period, TIME, refractory, "refractory")
    if any(e.held for e in rates) and not held:
        reader.faults.append(
            ParameterError(
                f"{name}: an equation says (unless refractory), but the model has no refractory "
                "period; set refractory to an expression of time"
            )
        )
    for word, text in (("reset", reset), ("refractory", refractory)):
        if reader.given(text) and not reader.given(spike):
            reader.faults.append(
                ParameterError(
                    f"{name}: {word} is given, but the model never spikes; set spike to a condition"
                )
            )
    first = reader.block(each_step, "each_step")
    conditions = reader.requirements(require)
    reader.finish()
    return Definition(
        name,
        reader.declared,
        rates,
        None if condition is None else condition.expr,
        block,
        None if period is None else period.expr,
        method,
        each_step=first,
        require=conditions,
        names=reader.defined,
        steady=tuple(reader.steady.values()),
        events=tuple(e for e in found if e),
        until=None if until is None else until.expr,
        tables=reader.tables,
    )


def _event_texts(name: str, events: Any, faults: list[SpikesimError]) -> dict[str, EventText]:
    """The events of a model, those left out that are none."""
    found: dict[str, EventText] = {}
    if events is not None and not isinstance(events, dict):
        faults.append(
            ParameterError(f'{name}: events is a dict such as {{"burst": sp.event("v > 0*mV")}}')
        )
        return found
    for word, text in (events or {}).items():
        if not isinstance(text, EventText):
            faults.append(
                ParameterError(
                    f"{name}, event {word!r}: expected sp.event(condition, block), got {text!r:.60}"
                )
            )
        elif not isinstance(word, str) or not word.isidentifier() or word in TAKEN_EVENTS:
            faults.append(
                ParameterError(f"{name}: {word!r} can't be the name of an event; choose another")
            )
        else:
            found[word] = text
    return found


TAKEN_EVENTS = frozenset({"spike", "spikes", "rate", "i", "t", "weight"})


def _event(reader: Reader, word: str, text: EventText) -> Event | None:
    if word in reader.scope():
        reader.faults.append(
            ParameterError(f"{reader.name}: {word!r} is both a name and an event; rename one")
        )
    condition = reader.expression(text.condition, f"event {word}", TRUTH, draws=True)
    block = reader.block(text.block, f"event {word}") if text.block else ()
    return None if condition is None else Event(word, condition.expr, block)


def neuron(
    equations: str,
    *,
    spike: str = "",
    reset: str = "",
    events: dict[str, EventText] | None = None,
    refractory: Any = "",
    method: str = "auto",
    each_step: str = "",
    require: tuple[str, ...] = (),
    name: str = "neuron",
    **names: Any,
) -> NeuronModel:
    """A neuron model without a class.

    equations: lines `dx/dt = ...`, and `x = ...` for a name that stands for an expression. spike: a
    condition. reset: assignments after a spike. refractory: a time, or a condition that ends the
    period when it is false. events: others than the spike; see `event`. method: of integration;
    "auto" chooses. each_step, require: as of a class. name: what results and errors call the model.

    Other names are given as keywords: a quantity or number is a parameter, `sp.state(...)` and
    `sp.port(...)` declare states and ports, `sp.timed_array(...)` is called like a function of
    time, and `sp.linked(...)` follows another population; a state may also be declared by the unit
    at the end of its equation: `sp.neuron("dv/dt = (v0 - v)/tau : mV", v0=-60 * mV, tau=10 * ms)`.
    refractory: an expression, or a time, which is then the parameter t_ref.

    Raises EquationError, DimensionError or ParameterError, all faults together.
    """
    faults: list[SpikesimError] = []
    declared: dict[str, Declared] = {}
    values: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    if "t_ref" not in names and (is_quantity(refractory) or isinstance(refractory, Distribution)):
        names["t_ref"], refractory = refractory, "t_ref"
    for given, value in names.items():
        word = normal_name(given)
        meant = _instead(given)
        if isinstance(value, str) and meant:
            faults.append(
                EquationError(f"{name}: {given}={value!r:.60} has no meaning here; write {meant}=")
            )
            continue
        try:
            if isinstance(value, Declared):
                declared[word] = value
            elif is_timed_array(value):
                tables[word] = value
            elif isinstance(value, Distribution):
                declared[word] = Declared("parameter", None, decompose(value.example())[1])
                values[word] = value
            elif isinstance(value, Linked):
                followed = value.variable
                declared[word] = Declared(
                    "parameter", None, followed.dimension, dtype=followed.dtype
                )
                values[word] = value
            elif is_unit(value):
                raise ParameterError(f"got the unit {value}, expected a value, such as 1*{value}")
            else:
                declared[word] = parameter(value)
        except SpikesimError as fault:
            faults.append(type(fault)(f"{name}, {word}: {fault}"))
    if not isinstance(name, str):
        raise ParameterError(f"sp.neuron: name is a word, got {name!r}")
    texts = (equations, spike, reset, refractory, method)
    more = (each_step, require, events, tables)
    definition = read_neuron(name, declared, *texts, faults, *more)
    return _inline(definition, values)


def _inline(definition: Definition, values: dict[str, Any]) -> NeuronModel:
    """A model of a class of its own, which no module has: pickled is what it is made of."""
    made = type(definition.name, (NeuronModel,), {"__reduce__": _parts_of})
    model: NeuronModel = NeuronModel.__new__(made)
    type(model).definition = definition
    Model.__init__(model, **values)
    return model


def _parts_of(model: NeuronModel) -> tuple[Any, ...]:
    return _inline, (model.definition, model.values)


# First parts of names that the program makes itself, or that stand for time.
_PREFIXES = frozenset(
    {"t", "dt", "step", "held", "held_steps", "next", "grid", "arriving", "fixed", "slope", "pre"}
    | {"xi", "L", "rate", "far", "precise"}
    | {"post", "P", "k1", "k2", "k3", "k4", "at"}
)


def refuse_prefix(name: str | None, what: str) -> None:
    """Raise ParameterError for a synapse's or stimulus' name that has a meaning of its own."""
    if isinstance(name, str) and name in _PREFIXES:
        raise ParameterError(f"{what} can't be {name!r}, which has a meaning of its own")

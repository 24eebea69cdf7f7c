"""The base of synapse models, and how their text is read."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ..equations.parse import Typed
from ..errors import DescriptionError, EquationError, ParameterError, SpikesimError
from ..ir.expr import references
from ..ir.program import Statement
from ..units import Dimension, decompose
from .base import Model, declared_names, refuse_prefix, unknown_words
from .declaration import Definition, declaration_faults
from .reader import Reader

EVALUATED = ("step", "stage")


class SynapseModel(Model):
    """Base of synapse models: what a synapse does to its target.

    The states are the target's, one set a neuron for all synapses of one kind (they add up).
    on_arrival: `x += ...`, what one spike adds; `weight` is the synapse's own.
    continuous: `x += ...`, what one synapse adds to x at all times, with `pre.y` and `post.y`; x is
    the sum over the synapses of a neuron, from the state at the start of each step.
    output: what the states contribute to the target's port, with the target's variables in it.
    presynaptic: equations of states of the source, one set a neuron for all its synapses of one
    kind; `continuous` reads them as `pre.x`. on_spike: `x += ...`, what a spike of the source adds
    to one of them after the delay.
    reads: variables of the two neurons that the text reads, with their units, such as {"v": mV}:
    `v` or `post.v` of the target, `pre.v` of the source.
    weight_unit: of `weight`; without it, that of the state that it is added to.
    weight_bound: ">= 0" where negative weights are a mistake.
    each_step, require: as of a neuron model; each_step acts before that of the neuron.
    evaluated: "step", or "stage" where `continuous` is computed anew in each stage of an explicit
    Runge-Kutta method; a synapse may be made with another, `GapJunction(evaluated="stage")`.
    """

    equations: ClassVar[str] = ""
    on_arrival: ClassVar[str] = ""
    continuous: ClassVar[str] = ""
    output: ClassVar[str] = ""
    presynaptic: ClassVar[str] = ""
    on_spike: ClassVar[str] = ""
    reads: ClassVar[dict[str, Any]] = {}
    weight_unit: ClassVar[Any] = None
    weight_bound: ClassVar[str] = ""
    each_step: ClassVar[str] = ""
    require: ClassVar[tuple[str, ...]] = ()
    evaluated: str = "step"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.definition = _read(cls)

    def __init__(
        self, *wrong: Any, name: str | None = None, evaluated: str | None = None, **values: Any
    ):
        super().__init__(*wrong, **values)
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.definition.name).lower()
        if name is not None and not (isinstance(name, str) and name.isidentifier()):
            raise ParameterError(f"{self.definition.name}: name is a word, got {name!r}")
        refuse_prefix(name, f"{self.definition.name}: name")
        if evaluated is not None:
            faults = _evaluated_faults(type(self), evaluated)
            if faults:
                raise faults[0]
        self.name = name or snake
        self._named = name is not None
        self._evaluated = self.evaluated if evaluated is None else evaluated


def _read(cls: type[SynapseModel]) -> Definition:
    name = cls.__name__
    faults = unknown_words(cls, SynapseModel)
    declared = declared_names(cls, faults)
    target = _outside(cls, faults)
    source = {f"pre.{word}": dimension for word, dimension in target.items()}
    reader = Reader(name, declared, target)
    reader.faults += faults
    rates = reader.equations(cls.equations)
    reader.extra = source
    terminal = reader.equations(cls.presynaptic, "presynaptic")
    reader.extra = target
    declared = reader.declared
    reader.faults += declaration_faults(name, declared)
    reader.faults += [
        ParameterError(f"{name}: {word!r} is a port; a synapse has parameters and states only")
        for word, d in declared.items()
        if d.kind == "port"
    ]
    reader.faults += [
        EquationError(f"{name}: {word!r} is (constant over dt), which a synapse can't have")
        for word in reader.steady
    ]
    output = reader.expression(cls.output, "output") if reader.given(cls.output) else None
    gates = {e.variable for e in terminal}
    weight = _weight_unit(cls, reader.faults)
    arrival = summed = spiked = None
    if reader.given(cls.on_spike):
        spiked = _addition(reader, "on_spike", cls.on_spike, gates)
    post = {n for n, d in declared.items() if d.kind == "state"} - gates
    if reader.given(cls.continuous):
        reader.extra = target | source | {f"post.{n}": d for n, d in target.items()}
        reader.extra |= {f"pre.{n}": declared[n].dimension for n in gates if n in declared}
        free = post - {e.variable for e in rates}
        summed = _addition(reader, "continuous", cls.continuous, free, weight)
        reader.extra = target
    if reader.given(cls.on_arrival) or not reader.given(cls.continuous):
        arrival = _addition(reader, "on_arrival", cls.on_arrival, post, weight)
    if cls.weight_bound not in ("", ">= 0"):
        reader.faults.append(
            ParameterError(f"{name}: weight_bound is '>= 0' or '', got {cls.weight_bound!r}")
        )
    reader.faults += _evaluated_faults(cls, cls.evaluated)
    made = Definition(
        name,
        declared,
        rates,
        output=output,
        arrival=arrival,
        summed=summed,
        presynaptic=terminal,
        spiked=spiked,
        reads=target,
        weight_bound=cls.weight_bound,
        weight_unit=weight,
        each_step=reader.block(cls.each_step, "each_step"),
        require=reader.requirements(cls.require),
    )
    reader.faults += _misplaced(cls, made, gates)
    reader.finish()
    return made


def _outside(cls: type[SynapseModel], faults: list[SpikesimError]) -> dict[str, Dimension]:
    """The dimensions of what a synapse reads of its neurons."""
    outside: dict[str, Dimension] = {}
    reads: Any = cls.reads
    if not isinstance(reads, dict):
        faults.append(
            ParameterError(f'{cls.__name__}: reads is a dict such as {{"v": mV}}, got {reads!r}')
        )
        return outside
    for word, unit in reads.items():
        try:
            outside[word] = decompose(unit)[1]
        except SpikesimError as fault:
            faults.append(type(fault)(f"{cls.__name__}, reads {word!r}: {fault}"))
    return outside


def _weight_unit(cls: type[SynapseModel], faults: list[SpikesimError]) -> Dimension | None:
    if cls.weight_unit is None:
        return None
    try:
        return decompose(cls.weight_unit)[1]
    except SpikesimError as fault:
        faults.append(type(fault)(f"{cls.__name__}, weight_unit: {fault}"))
        return None


def _addition(
    reader: Reader, place: str, text: str, states: set[str], weight: Dimension | None = None
) -> Statement | None:
    """The statement `x += ...` of a text, where x is one of `states`. Unless it is a source's,
    `weight` has the dimension given, or else that of what it adds to."""
    if not reader.is_text(text, place):
        return None
    match = re.fullmatch(r"\s*(\w+)\s*\+=\s*(.+?)\s*", text, re.DOTALL)
    declared = reader.declared.get(match[1]) if match else None
    if match is None or declared is None or match[1] not in states:
        known = ", ".join(n for n in reader.declared if n in states) or "none"
        what = {"on_spike": "a state of `presynaptic`", "continuous": "a state without an equation"}
        reader.faults.append(
            EquationError(
                f"{reader.name}: {place} must be 'x += ...' with {what.get(place, 'a state')} x "
                f"(declared: {known}), got {text!r}"
            )
        )
        return None
    before = reader.extra
    if place != "on_spike":
        unit = declared.dimension if weight is None else weight
        reader.extra = before | {"weight": unit}
    value: Typed | None = reader.expression(match[2], place, declared.dimension)
    reader.extra = before
    return None if value is None else Statement(match[1], value.expr, "+=")


def _misplaced(cls: type[SynapseModel], made: Definition, gates: set[str]) -> list[SpikesimError]:
    """Faults of states that are read on the side of the synapse on which they are not."""
    name = made.name
    post = {n for n, d in made.declared.items() if d.kind == "state"} - gates
    texts = [("output", made.output.expr, gates)] if made.output else []
    texts += [(f"d{e.variable}/dt", e.rate, gates) for e in made.equations]
    texts += [(f"d{e.variable}/dt", e.rate, post) for e in made.presynaptic]
    if made.summed:
        texts.append(("continuous", made.summed.value, gates))
    if made.spiked:
        texts.append(("on_spike", made.spiked.value, post))
    faults: list[SpikesimError] = []
    for place, expr, wrong in texts:
        for word in sorted(references(expr) & wrong):
            hint = f"{word!r} is a state of the source"
            hint += f"; continuous reads it as pre.{word}" if wrong is gates else ""
            if wrong is post:
                hint = f"{word!r} is a state of the target, and presynaptic texts can't read it"
            faults.append(EquationError(f"{name}, {place}: {hint}"))
    both = sorted({e.variable for e in made.equations} & gates)
    if both:
        faults.append(EquationError(f"{name}: {both[0]!r} has two equations; keep one"))
    if any(e.held for e in made.presynaptic):
        faults.append(EquationError(f"{name}: presynaptic equations can't be held"))
    if (gates or cls.on_spike) and not cls.continuous:
        faults.append(
            EquationError(f"{name}: presynaptic states act through `continuous`; give it")
        )
    if made.summed and made.summed.target in references(made.summed.value):
        faults.append(
            EquationError(
                f"{name}, continuous: {made.summed.target!r} is what is being summed, and can't be "
                "read there"
            )
        )
    if cls.continuous and cls.on_arrival:
        faults.append(
            EquationError(
                f"{name}: continuous and on_arrival are both given; a synapse is one or the other"
            )
        )
    return faults


def _evaluated_faults(cls: type[SynapseModel], evaluated: Any) -> list[SpikesimError]:
    name = cls.__name__
    if evaluated not in EVALUATED:
        return [DescriptionError(f"{name}: evaluated is 'step' or 'stage', got {evaluated!r:.40}")]
    if evaluated == "stage" and not cls.continuous:
        return [DescriptionError(f"{name}: evaluated='stage' is for synapses with `continuous`")]
    return []

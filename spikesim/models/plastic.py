"""The base of plasticity rules, and how their text is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from ..errors import (
    DescriptionError,
    EquationError,
    ParameterError,
    SpikesimError,
    UnknownNameError,
    did_you_mean,
)
from ..ir.expr import Expr, references
from ..ir.program import Block, Differential
from ..units import WEIGHT, Dimension, decompose
from .base import Model, declared_names, unknown_words
from .declaration import Declared, declaration_faults, method_fault
from .linked import Variable
from .reader import Reader

COINCIDENCES = ("sequential", "nest")
# A statement `transmit(...)` is read as one that sets a name.
_TRANSMIT = re.compile(r"(?m)(^|;)(\s*)transmit\s*\(")
# What is added to a rule's own names when it is used.
_OURS = {"elapsed", "grid", "active", "largest", "weight"}
_DRIVEN = re.compile(r"\(\s*(event|clock)-driven\s*\)")


@dataclass(frozen=True)
class Rule:
    """The text of a plasticity rule, read.

    Expressions stand in the rule's own names, `weight`, `transmit`, `pre.x`, `post.x` and names of
    modulators. reads: what they read of the two neurons, modulators: from elsewhere; weight: the
    dimension of the weight, WEIGHT where any will do.
    """

    name: str
    declared: Mapping[str, Declared]
    equations: tuple[Differential, ...] = ()
    clock_driven: tuple[str, ...] = ()
    method: str = "auto"
    each_step: Block = ()
    pre: Block = ()
    post: Block = ()
    coincidence: Literal["sequential", "nest"] = "sequential"
    bounds: tuple[Expr, Expr] | None = None
    reads: Mapping[str, Dimension] | None = None
    modulators: Mapping[str, Dimension] | None = None
    weight: Dimension = WEIGHT
    require: tuple[Expr, ...] = ()

    def written(self) -> set[str]:
        """The names that the blocks set."""
        return {s.target for block in (self.each_step, self.pre, self.post) for s in block}

    def read_of(self, side: str) -> set[str]:
        """The variables of the neurons on a side that are read."""
        exprs = [s.value for block in (self.each_step, self.pre, self.post) for s in block]
        exprs += [d.rate for d in self.equations]
        names = {n for expr in exprs for n in references(expr)}
        return {n.removeprefix(f"{side}.") for n in names if n.startswith(f"{side}.")}

    def two_sided(self) -> bool:
        """Does it matter which part of a delay is in the axon?"""
        return bool(self.post or self.each_step or self.clock_driven) or bool(
            self.read_of("pre") or self.read_of("post")
        )


class PlasticityModel(Model):
    """Base of plasticity rules: how a synapse's weight changes.

    equations: of the synapse's own variables, `dx/dt = ...`; with constant coefficients and each by
    itself they move from event to event, exactly; a line that ends in `(clock-driven)` moves every
    step, as do others.
    on_pre: what a presynaptic spike does, when it has come down the axon; `transmit(...)` there
    sends a value to the synapse model in place of the weight; without it the weight is sent when
    the block is done. on_post: what a postsynaptic spike does, when it has come back up the
    dendrite. Both may set `weight` and the rule's own states, and read `pre.x` and `post.x`.
    each_step: what is done to all synapses at every step, before the events.
    reads: variables of the two neurons that the text reads, with their units, such as {"v": mV}.
    modulators: names that stand for a variable of one neuron elsewhere, such as dopamine, with
    their units: {"dopamine": 1}. They are given when the rule is made: dopamine=cell["level"].
    bounds: the least and the largest weight, such as ("0", "w_max"); every change stops there.
    coincidence: where a pre and a post event meet in one step: "sequential", the pre block and then
    the post block (Brian2), or "nest": weights see traces as they were before both.
    weight_unit: of the weight, where the text has units that go with one only.
    method, require: as of a neuron model; the method is that of clock-driven equations.

    A rule may be made with another `coincidence`: STDP(w_max=..., coincidence="nest").
    """

    equations: ClassVar[str] = ""
    on_pre: ClassVar[str] = ""
    on_post: ClassVar[str] = ""
    each_step: ClassVar[str] = ""
    reads: ClassVar[dict[str, Any]] = {}
    modulators: ClassVar[dict[str, Any]] = {}
    bounds: ClassVar[tuple[str, str] | None] = None
    coincidence: str = "sequential"
    weight_unit: ClassVar[Any] = None
    method: ClassVar[str] = "auto"
    require: ClassVar[tuple[str, ...]] = ()
    definition: ClassVar[Any]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.definition = _read(cls)

    def __init__(self, *wrong: Any, coincidence: str | None = None, **values: Any):
        super().__init__(*wrong, **values)
        faults: list[SpikesimError] = []
        chosen = self.coincidence if coincidence is None else coincidence
        faults += _coincidence_faults(type(self).__name__, chosen)
        if faults:
            raise faults[0]
        self._coincidence = chosen
        self._modulators = {
            n: self.values.pop(n) for n in self.definition.modulators if n in self.values
        }

    def rule(self) -> Rule:
        """What it means, with the values that are no parameters."""
        return replace(self.definition, coincidence=self._coincidence)

    def connected(self, subject: str, faults: list[SpikesimError]) -> dict[str, Variable]:
        """The variables that its modulators stand for; what is wrong goes into `faults`."""
        found = {}
        for name, dimension in self.definition.modulators.items():
            given = self._modulators.get(name)
            if not isinstance(given, Variable):
                got = "is not connected" if given is None else f"is {given!r:.60}"
                faults.append(
                    ParameterError(
                        f"{subject}: the modulator {name!r} of {self.definition.name} {got}; give "
                        f"a variable of a population, in {dimension}: "
                        f"{self.definition.name}({name}=cell['level'])"
                    )
                )
            elif given.dimension != dimension or len(given.view) != 1:
                faults.append(
                    ParameterError(
                        f"{subject}: the modulator {name!r} of {self.definition.name} is "
                        f"{given.name!r} of {len(given.view)} neurons, in {given.dimension}; "
                        f"expected that of one neuron, in {dimension}"
                    )
                )
            else:
                found[name] = given
        return found


def _read(cls: type[PlasticityModel]) -> Rule:
    name = cls.__name__
    faults = unknown_words(cls, PlasticityModel)
    faults += method_fault(name, cls.method) + _coincidence_faults(name, cls.coincidence)
    declared = declared_names(cls, faults)
    weight = _unit(name, "weight_unit", cls.weight_unit, faults) or WEIGHT
    neurons = _units(name, "reads", cls.reads, faults)
    modulators = _units(name, "modulators", cls.modulators, faults)
    reader = Reader(name, declared, modulators | {"weight": weight})
    reader.faults += faults
    texts = {"on_pre": cls.on_pre, "on_post": cls.on_post, "each_step": cls.each_step}
    equations, driven = _flagged(cls.equations)
    sides = {f"{side}.{word}": d for side in ("pre", "post") for word, d in neurons.items()}
    reader.extra |= sides
    texts = {place: _marked(text) for place, text in texts.items()}
    of_weight = re.compile(r"(?m)^\s*dweight\s*/\s*dt\b.*$")
    if isinstance(equations, str) and of_weight.search(equations):
        equations = of_weight.sub("", equations)
        reader.faults.append(
            EquationError(
                f"{name}: 'weight' has no equation; change it in each_step: "
                "weight += (...)*dt, or in a spike"
            )
        )
    rates = reader.equations(equations, written=reader.written(texts.values()))
    reader.faults += [
        EquationError(f"{name}, d{e.variable}/dt: (unless refractory) is for neurons; leave it out")
        for e in rates
        if e.held
    ]
    _check_declared(reader)
    reader.faults += [
        EquationError(f"{name}: {word!r} has a meaning of its own; choose another name")
        for word in sorted({*reader.declared, *modulators} & _OURS)
    ] + declaration_faults(
        name, {w: Declared("parameter", None, d) for w, d in modulators.items() if w not in _OURS}
    )
    own = dict(reader.declared)
    reader.declared["weight"] = Declared("state", None, weight)
    blocks = {}
    for place, text in texts.items():
        if place == "on_pre":
            reader.declared["transmit"] = Declared("state", None, weight)
        blocks[place] = reader.block(text, place, label=place) if reader.given(text) else ()
        reader.declared.pop("transmit", None)
    reader.faults += _transmit_faults(name, blocks["on_pre"])
    reader.faults += _idle_faults(name, blocks)
    bounds = _bounds(reader, cls.bounds, own)
    require = reader.requirements(cls.require)
    reader.finish()
    return Rule(
        name,
        own,
        rates,
        tuple(e.variable for e in rates if driven.get(e.variable) == "clock"),
        cls.method,
        blocks["each_step"],
        tuple(replace(s, local=s.target == "transmit") for s in blocks["on_pre"]),
        blocks["on_post"],
        cls.coincidence,  # type: ignore[arg-type]
        bounds,
        neurons,
        modulators,
        weight,
        require,
    )


def _flagged(text: Any) -> tuple[Any, dict[str, str]]:
    """The equations without the words that say when they are moved, and these by variable."""
    if not isinstance(text, str):
        return text, {}
    driven = {}
    for line in text.splitlines():
        flag, variable = _DRIVEN.search(line), re.match(r"\s*d(\w+)/dt\b", line)
        if flag and variable:
            driven[variable[1]] = flag[1]
    return _DRIVEN.sub("", text), driven


def _marked(text: Any) -> Any:
    return _TRANSMIT.sub(r"\1\2transmit = (", text) if isinstance(text, str) else text


def _check_declared(reader: Reader) -> None:
    name, declared = reader.name, reader.declared
    reader.faults += declaration_faults(name, declared)
    for word, d in declared.items():
        if d.kind == "port":
            reader.faults.append(
                ParameterError(f"{name}: {word!r} is a port; a rule has parameters and states only")
            )
        elif d.kind == "state" and d.shared:
            reader.faults.append(
                ParameterError(
                    f"{name}: {word!r} is shared; a rule's states are the synapses' own, and what "
                    "they share is a modulator"
                )
            )
    reader.faults += [
        EquationError(f"{name}: {word!r} is (constant over dt), which a synapse can't have")
        for word in reader.steady
    ]


def _transmit_faults(name: str, block: Block) -> list[SpikesimError]:
    sent = [s for s in block if s.target == "transmit"]
    if len(sent) > 1:
        return [EquationError(f"{name}, on_pre: transmit stands there twice; a spike sends once")]
    return []


def _idle_faults(name: str, blocks: Mapping[str, Block]) -> list[SpikesimError]:
    """A rule of states that reach nothing: a weight under another name, most likely."""
    written = {s.target for block in blocks.values() for s in block}
    if not written or written & {"weight", "transmit"}:
        return []
    return [
        EquationError(
            f"{name}: nothing that it changes ({', '.join(sorted(written))}) reaches the target; "
            "what a spike sends is called 'weight': change it, or send something else with "
            "transmit(...) in on_pre"
        )
    ]


def _bounds(
    reader: Reader, given: Any, declared: Mapping[str, Declared]
) -> tuple[Expr, Expr] | None:
    if given is None:
        return None
    if not isinstance(given, tuple | list) or len(given) != 2:
        reader.faults.append(
            EquationError(
                f"{reader.name}: bounds are the least and the largest weight as texts, such as "
                f'("0", "w_max"), got {given!r:.60}'
            )
        )
        return None
    parameters = {n for n, d in declared.items() if d.kind == "parameter"}
    read = [
        reader.expression(text, "bounds", reader.declared["weight"].dimension) for text in given
    ]
    for typed in read:
        other = sorted(references(typed.expr) - parameters) if typed else []
        if other:
            reader.faults.append(
                EquationError(
                    f"{reader.name}, bounds: only parameters can stand there, {other[0]!r} is none"
                )
            )
    low, high = read
    return None if low is None or high is None else (low.expr, high.expr)


def _unit(
    name: str, word: str, unit: Any, faults: list[SpikesimError], default: Dimension | None = None
) -> Dimension | None:
    if unit is None:
        return default
    if unit is WEIGHT:
        return WEIGHT
    try:
        return decompose(unit)[1]
    except SpikesimError as fault:
        faults.append(type(fault)(f"{name}, {word}: {fault}"))
        return default


def _units(name: str, word: str, given: Any, faults: list[SpikesimError]) -> dict[str, Dimension]:
    if not isinstance(given, dict):
        faults.append(
            ParameterError(f'{name}: {word} is a dict such as {{"v": mV}}, got {given!r:.60}')
        )
        return {}
    found = {w: _unit(name, f"{word} {w!r}", unit, faults) for w, unit in given.items()}
    return {w: d for w, d in found.items() if d is not None}


def _coincidence_faults(name: str, given: Any) -> list[SpikesimError]:
    if given in COINCIDENCES:
        return []
    return [
        DescriptionError(
            f"{name}: coincidence is 'sequential' or 'nest', got {given!r:.40}; "
            f"{did_you_mean(str(given), COINCIDENCES)}"
        )
    ]


def checked_reads(
    rule: Rule, side: str, known: Mapping[str, Dimension], group: str, subject: str
) -> list[SpikesimError]:
    """Faults of variables that a rule reads on a side: not there, or in another unit."""
    faults: list[SpikesimError] = []
    assert rule.reads is not None
    for word in sorted(rule.read_of(side)):
        got = known.get(word)
        if got is None:
            faults.append(
                UnknownNameError(
                    f"{subject}: {rule.name} reads {side}.{word}, but {group!r} has no {word!r}; "
                    f"{did_you_mean(word, known)}"
                )
            )
        elif got != rule.reads[word]:
            faults.append(
                ParameterError(
                    f"{subject}: {rule.name} reads {side}.{word} in {rule.reads[word]}, but in "
                    f"{group!r} it is in {got}"
                )
            )
    return faults

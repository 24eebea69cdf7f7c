"""The words that declare a model, and what they make: parameter, state, port, Definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from ..distributions import check, is_truth, truth, whole
from ..equations.parse import RESERVED, Typed
from ..equations.tables import Table
from ..errors import (
    DescriptionError,
    EquationError,
    ParameterError,
    SpikesimError,
    did_you_mean,
)
from ..ir.expr import Expr, Kind, references
from ..ir.program import Block, Differential, Event, Statement
from ..units import (
    DIMENSIONLESS,
    TIME,
    TRUTH,
    UNIT_NAMES,
    WEIGHT,
    Dimension,
    decompose,
    is_unit,
    strip,
)


@dataclass(frozen=True)
class Declared:
    """One declared name of a model; `default` is in coherent units, None if it must be given.

    bound: what values must be, "> 0", ">= 0", or "" for any. dtype: of its values; the dimension of
    a boolean is TRUTH. shared: one value for all neurons. by_line: a parameter declared by a line
    `x : unit`, which becomes a state where an action sets it.
    """

    kind: Literal["parameter", "state", "port"]
    default: Any
    dimension: Dimension
    meaning: str = ""
    bound: str = ""
    dtype: Kind = "float"
    shared: bool = False
    by_line: bool = False


BOUNDS = ("", "> 0", ">= 0")


def parameter(
    default: Any, meaning: str = "", bound: str = "", *, dtype: type = float, shared: bool = False
) -> Any:
    """A parameter: a default with its unit, or a bare unit where a value must be given.

    Always a run-time input: changing it recompiles nothing. meaning: in words, for people. bound:
    "> 0" or ">= 0" where other values are a mistake; they are refused before a run. dtype: int for
    whole numbers; True and False are bool by themselves. shared: it has one value for all neurons,
    never one each.
    """
    if bound not in BOUNDS:
        raise ParameterError(f"sp.parameter(...): bound is '> 0' or '>= 0', got {bound!r}")
    made = _declare("parameter", default, meaning, None, dtype)
    return replace(made, bound=bound, shared=shared)


def state(initial: Any, meaning: str = "", *, dtype: type = float, shared: bool = False) -> Any:
    """A state variable with its initial value, or with its bare unit to start from zero.

    dtype: int for whole numbers of 32 bits; True and False are bool by themselves. shared: it has
    one value for the whole population.
    """
    return replace(_declare("state", initial, meaning, 0.0, dtype), shared=shared)


def port(unit: Any, meaning: str = "") -> Any:
    """A sum of contributions from outside, in `unit`: synapses, electrodes, opsins; else zero."""
    return _declare("port", unit, meaning, 0.0)


_KINDS: dict[Any, Kind] = {float: "float", int: "int", bool: "bool"}


def _declare(
    kind: Literal["parameter", "state", "port"],
    value: Any,
    meaning: str,
    bare: Any,
    dtype: Any = float,
) -> Declared:
    if dtype not in _KINDS:
        raise ParameterError(f"sp.{kind}(...): dtype is float, int or bool, got {dtype!r:.40}")
    if not isinstance(meaning, str):
        raise ParameterError(f"sp.{kind}(...): the second argument is its meaning, got {meaning!r}")
    if (dtype is bool or is_truth(value)) and kind != "port":
        return Declared(kind, truth(value, f"sp.{kind}(...)"), TRUTH, meaning, dtype="bool")
    if value is WEIGHT:
        return Declared(kind, bare, WEIGHT, meaning)
    try:
        number, dimension = decompose(value)
    except SpikesimError as fault:
        raise type(fault)(f"sp.{kind}(...): {fault}") from None
    plain = np.ndim(number) == 0 and number == 1 and dimension == DIMENSIONLESS
    if kind == "port" and not is_unit(value) and not plain:
        raise ParameterError(f"sp.port(...): got {value}, expected a unit such as pA")
    if is_unit(value):
        number = bare
    if dtype is int:
        if dimension != DIMENSIONLESS:
            raise ParameterError(f"sp.{kind}(...): an integer has no unit, got {value}")
        number = whole(number, f"sp.{kind}(...)")
    return Declared(kind, number, dimension, meaning, dtype=_KINDS[dtype])


# What states start from.
START: dict[Kind, Any] = {"float": 0.0, "int": 0, "bool": False}


@dataclass(frozen=True)
class Steady:
    """A name that is computed when a step begins, and stays as it is through the step."""

    name: str
    value: Expr
    dimension: Dimension
    dtype: Kind = "float"
    shared: bool = False


@dataclass(frozen=True)
class Definition:
    """A model's text, read: what `build` needs to know of it.

    Expressions stand in the model's own names, without units; `reads` are names of the group that
    the model is merged into (a synapse's `v`). names: what stands for an expression. steady: what
    does so with a value for each step, in order. events: those beside the spike. until: while this
    holds after a spike, the neuron is refractory. tables: arrays that are called like functions.
    """

    name: str
    declared: Mapping[str, Declared]
    equations: tuple[Differential, ...] = ()
    spike: Expr | None = None
    reset: Block = ()
    refractory: Expr | None = None
    method: str = "auto"
    output: Typed | None = None
    arrival: Statement | None = None
    reads: Mapping[str, Dimension] = field(default_factory=dict)
    summed: Statement | None = None
    presynaptic: tuple[Differential, ...] = ()
    spiked: Statement | None = None
    weight_bound: str = ""
    weight_unit: Dimension | None = None
    each_step: Block = ()
    require: tuple[Expr, ...] = ()
    names: Mapping[str, Typed] = field(default_factory=dict)
    steady: tuple[Steady, ...] = ()
    events: tuple[Event, ...] = ()
    until: Expr | None = None
    tables: Mapping[str, Table] = field(default_factory=dict)

    @property
    def is_held(self) -> bool:
        """Is there a refractory period?"""
        return self.refractory is not None or self.until is not None

    def terminal(self) -> set[str]:
        """The names that belong to the source of a synapse."""
        exprs = [e.rate for e in self.presynaptic] + ([self.spiked.value] if self.spiked else [])
        read = {n for expr in exprs for n in references(expr)} & self.declared.keys()
        return read | {e.variable for e in self.presynaptic}

    def dendritic(self) -> set[str]:
        """The names that belong to the target of a synapse: all that do not to the source alone."""
        added = [s.value for s in (self.arrival, self.summed) if s]
        exprs = (
            [e.rate for e in self.equations] + added + ([self.output.expr] if self.output else [])
        )
        read = {n for expr in exprs for n in references(expr)}
        return {n for n in self.declared if n in read or n not in self.terminal()}

    def opened(self, names: Iterable[str]) -> Definition:
        """The definition with these names as states, as far as a line `x : unit` declares them."""
        declared = dict(self.declared)
        for name in declared.keys() & set(names):
            d = declared[name]
            if d.by_line and d.kind == "parameter":
                declared[name] = replace(d, kind="state", default=START[d.dtype])
        return replace(self, declared=declared)

    def held(self) -> frozenset[str]:
        """State variables that stand still in the refractory period."""
        return frozenset(e.variable for e in self.equations if e.held)


METHODS = ("auto", "exact", "exponential_euler", "euler", "heun", "milstein", "rk4")


def is_timed_array(value: Any) -> bool:
    """Is it an array of values over time, which a text calls: I(t)?"""
    return hasattr(value, "quantity") and hasattr(value, "values") and hasattr(value, "dt")


def table_of(value: Any, subject: str) -> Table:
    """A timed array as a text calls it. Raises ParameterError or DimensionError."""
    plain, dimension = decompose(value.values)
    interval = strip(value.dt, TIME, f"{subject}, dt")
    plain = np.asarray(plain)
    if plain.ndim not in (1, 2) or not plain.size or not np.isfinite(plain).all():
        raise ParameterError(
            f"{subject}: values have shape {plain.shape}; expected finite numbers, [times] or "
            "[times, columns]"
        )
    if np.ndim(interval) or not 0 < interval < np.inf:
        raise ParameterError(f"{subject}: dt is {value.dt}; expected one time above 0")
    return Table(plain, float(interval), dimension)


def method_fault(name: str, method: Any) -> list[SpikesimError]:
    """A fault if the integration method is not known."""
    if isinstance(method, str) and method in METHODS:
        return []
    return [DescriptionError(f"{name}: unknown method {method!r}; {did_you_mean(method, METHODS)}")]


# What every neuron model may read: the number of the neuron and how many there are.
OF_NEURONS: dict[str, Dimension] = {"i": DIMENSIONLESS, "N": DIMENSIONLESS}

# Words of the classes themselves, and of passes and results.
_OF_CLASSES = {"equations", "spike", "reset", "refractory", "method", "on_arrival", "output"}
_OF_CLASSES |= {"weight_bound", "events", "every", "at"}
_OF_CLASSES |= {"weight_unit", "continuous", "presynaptic", "on_spike", "evaluated"}
_OF_CLASSES |= {"each_step", "require"}
_OF_CLASSES |= {"on_pre", "on_post", "transmit", "bounds", "modulators", "coincidence"}
_OF_CLASSES |= {"weight_scale", "learning", "release", "last_step"}
_OF_CLASSES |= {"reads", "name", "values", "definition", "stripped", "initialize"}
_OF_RUNS = {"held", "held_steps", "not_refractory", "spikes", "rate"}


def declaration_faults(name: str, declared: Mapping[str, Declared]) -> list[SpikesimError]:
    """Faults of declared names that mean something else, and of default values."""
    faults: list[SpikesimError] = []
    for word, d in declared.items():
        taken = _OF_CLASSES | (_OF_RUNS if d.kind == "state" else set())
        if word in UNIT_NAMES:
            faults.append(EquationError(f"{name}: {word!r} is a unit; choose another name"))
        elif word in RESERVED or word in taken:
            faults.append(
                EquationError(f"{name}: {word!r} has a meaning of its own; choose another name")
            )
        elif not word.isidentifier() or word.startswith("__"):
            faults.append(EquationError(f"{name}: a name is a word of letters, got {word!r}"))
        if d.default is not None:
            faults += check(d.default, f"{name}, {word}")
    return faults

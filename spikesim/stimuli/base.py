"""What a stimulus is: a signal into a port, arrivals at one, or a population of its own.

A signal is a value in time. It may also be the rate of a stimulus that makes spikes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from ..distributions import Distribution, stripped
from ..errors import ParameterError, SpikesimError
from ..ir.expr import ZERO, Const, Draw, Expr, Op, Ref, where
from ..ir.program import Event, Field, Neurons, Requirement, Statement, nearest_step
from ..units import DIMENSIONLESS, TIME, Dimension, decompose, unit_name

# A number that no step has: a run is shorter, and its integers go no further.
NEVER = 2**31 - 1


def step_number(step: int) -> Const:
    """A step for a run to compare with; NEVER for one that no run reaches."""
    return Const(max(-NEVER, min(int(step), NEVER)))


@dataclass
class Place:
    """Where a stimulus acts: names its fields, checks its values, gathers faults.

    name: empty for a population of sources, whose fields need no prefix. before: statements at the
    start of each step, which move the stimulus' own states.
    """

    name: str
    subject: str
    size: int
    chosen: np.ndarray
    dt: float
    dimension: Dimension
    fields: list[Field] = field(default_factory=list)
    faults: list[SpikesimError] = field(default_factory=list)
    before: list[Statement] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)

    def fault(self, message: str) -> None:
        """Note what is wrong."""
        self.faults.append(ParameterError(f"{self.subject}: {message}"))

    def strip(self, value: Any, dimension: Dimension, what: str) -> Any:
        """The plain value, or None with a fault noted."""
        return stripped(value, dimension, f"{self.subject}, {what}", self.faults)

    def parameter(
        self, what: str, value: Any, dimension: Dimension, meaning: str, bound: str = ""
    ) -> Expr:
        """A run-time parameter, one for all chosen neurons or one each; see `masked`.

        bound: what values must be, "> 0" or ">= 0"; "" for any.
        """
        plain = self.strip(value, dimension, what)
        if plain is None:
            return Ref(self.path(what))
        self._bounded(what, plain, dimension, bound)
        if np.ndim(plain) and np.shape(plain) != (len(self.chosen),):
            self.fault(
                f"{what} has shape {np.shape(plain)}; expected one value or "
                f"{len(self.chosen)}, one a neuron"
            )
            return Ref(self.path(what))
        if np.ndim(plain):
            full = np.full(self.size, plain[0])
            full[self.chosen] = plain
            plain = full
        shared = np.ndim(plain) == 0 and not isinstance(plain, Distribution)
        return self._add(what, "parameter", plain, dimension, meaning, shared, bound=bound)

    def _bounded(self, what: str, plain: Any, dimension: Dimension, bound: str) -> None:
        if not bound or np.size(plain) == 0:
            return
        lowest = plain.lowest() if isinstance(plain, Distribution) else float(np.min(plain))
        if lowest < 0 or (bound == "> 0" and lowest == 0 and not isinstance(plain, Distribution)):
            must = "must be above 0" if bound == "> 0" else "can't be negative"
            unit = "" if dimension == DIMENSIONLESS else f" {unit_name(dimension)}"
            self.fault(f"{what} {must}, got {lowest:g}{unit}")

    def require(self, condition: Expr, hint: str) -> None:
        """A condition on parameters, which are named by `Ref(place.path(...))`: it is looked at
        where their values are known, before a run. hint: what to do where it is not met."""
        self.requirements.append(Requirement(condition, hint))

    def state(self, what: str, initial: Any, dtype: Literal["float", "int", "bool"]) -> Ref:
        """A state of the stimulus' own."""
        self._add(what, "state", initial, dtype=dtype)
        return Ref(self.path(what))

    def let(self, state: Ref, value: Expr) -> None:
        """At the start of each step, `state` becomes `value`."""
        self.before.append(Statement(state.name, value))

    def flag(self, what: str, value: Any) -> bool:
        """True or False; a fault where it is neither."""
        if not isinstance(value, bool | np.bool_):
            self.fault(f"{what} is {value!r:.40}; expected True or False")
            return False
        return bool(value)

    def local(self, what: str, value: Expr) -> Expr:
        """A name for a value, for this step."""
        self.before.append(Statement(self.path(what), value, local=True))
        return Ref(self.path(what))

    def draw(
        self, kind: Literal["uniform", "normal", "poisson"], what: str, *args: Expr,
        shared: bool = False,
    ) -> Expr:  # fmt: skip
        """A random number for each neuron in each step, or one for all."""
        return Draw(kind, self.path(what), args, shared)

    def part(self, what: str, dimension: Dimension) -> Place:
        """The place of a signal that is part of this stimulus."""
        return replace(
            self,
            name=self.path(what),
            subject=f"{self.subject}, {what}",
            dimension=dimension,
        )

    def path(self, what: str) -> str:
        """The full name of a field."""
        return f"{self.name}.{what}" if self.name else what

    def masked(self, value: Expr) -> Expr:
        """`value` for the chosen neurons, zero for the others."""
        if len(self.chosen) == self.size:
            return value
        mask = np.zeros(self.size)
        mask[self.chosen] = 1.0
        return Op("mul", (self._add("mask", "constant", mask), value))

    def columns(self) -> Expr:
        """The position of each neuron among the chosen (0 for the others)."""
        column = np.zeros(self.size, dtype=np.int64)
        column[self.chosen] = np.arange(len(self.chosen))
        return self._add("column", "constant", column, dtype="int")

    def table(
        self, what: str, values: np.ndarray, dimension: Dimension, dtype: Any = "float"
    ) -> Expr:
        """A table to look up in by index."""
        return self._add(what, "table", values, dimension, dtype=dtype)

    def step(self, time: Any, what: str) -> int:
        """The step of a time with unit."""
        plain = self.strip(time, TIME, what)
        if plain is None:
            return 0
        if not isinstance(plain, float):
            self.fault(f"{what} is {time}; expected one time")
            return 0
        return int(nearest_step(np.clip(plain, -1e18 * self.dt, 1e18 * self.dt), self.dt))

    def array(self, value: Any, dimension: Dimension, what: str) -> np.ndarray | None:
        """The plain values of an array, or None with a fault noted."""
        plain = self.strip(value, dimension, what)
        if isinstance(plain, Distribution):
            self.fault(f"{what} is {value}; expected an array")
            return None
        return None if plain is None else np.asarray(plain)

    def _add(
        self,
        what: str,
        kind: Any,
        value: Any,
        dimension: Dimension | None = None,
        meaning: str = "",
        shared: bool = False,
        dtype: Any = "float",
        bound: str = "",
    ) -> Expr:
        name = self.path(what)
        unit = dimension or DIMENSIONLESS
        self.fields.append(Field(name, kind, value, dtype, shared, unit, meaning, bound))
        return Ref(name)


@dataclass(frozen=True, eq=False, kw_only=True)
class Timed:
    """Base of stimuli that act in the steps that start at or after `start` and before `stop`.

    start, stop: times; default from t = 0 on, without an end.
    """

    start: Any = None
    stop: Any = None

    def window(self, place: Place) -> tuple[int | None, int | None]:
        """The two steps; None where no time was given."""
        start = None if self.start is None else place.step(self.start, "start")
        stop = None if self.stop is None else place.step(self.stop, "stop")
        if stop is not None and stop <= (start or 0):
            begin = 0 if self.start is None else self.start
            place.fault(f"stop ({self.stop}) is not after start ({begin}): no step is left")
        return start, stop

    def within(self, place: Place, value: Expr, otherwise: Expr = ZERO) -> Expr:
        """`value` between start and stop."""
        start, stop = self.window(place)
        if start is not None:
            value = where(Op("ge", (Ref("step"), step_number(start))), value, otherwise)
        if stop is not None:
            value = where(Op("lt", (Ref("step"), step_number(stop))), value, otherwise)
        return value

    def elapsed(self, place: Place) -> Expr:
        """The time since `start`, ms."""
        start = 0 if self.start is None else place.step(self.start, "start")
        return Op("sub", (Ref("t"), Const(start * place.dt))) if start else Ref("t")


class Signal(Timed):
    """Base of stimuli that are a value in a port at every step."""

    def quantity(self) -> Any:
        """A value with unit, which tells the port where there are several."""
        raise NotImplementedError

    def dimension(self) -> Dimension | None:
        """The dimension of the value; None where it has none that can be read."""
        value = self.quantity()
        try:
            return decompose(value.example() if isinstance(value, Distribution) else value)[1]
        except SpikesimError:
            return None

    def value(self, place: Place) -> Expr:
        """The value at step `step`, in the unit of the port."""
        raise NotImplementedError

    def drive(self, place: Place) -> Expr:
        """The value, zero before `start` and from `stop` on."""
        return self.within(place, self.value(place))


class Arrivals(Timed):
    """Base of stimuli that are spikes arriving at the neurons, never a population of their own."""

    def count(self, place: Place) -> Expr:
        """How many spikes arrive at each neuron in a step."""
        raise NotImplementedError


class Source:
    """Base of stimuli that are a population of spike sources."""

    def neurons(
        self, name: str, size: int, dt: float, seed: int, faults: list[SpikesimError]
    ) -> Neurons:
        """The population, as the IR has it. seed: the network's."""
        raise NotImplementedError


class Train(Arrivals, Source):
    """Base of random spike trains, at most one spike a step: one for each neuron, or a population.

    `net.stimulate(cells, train, weight=...)` gives each neuron a train of its own;
    `net.population(name, size, train)` makes sources, whose trains several neurons may share.
    """

    def fires(self, place: Place) -> Expr:
        """Is there a spike in this step?"""
        raise NotImplementedError

    def count(self, place: Place) -> Expr:
        # True at first: binding takes the largest arrivals from initial states.
        fired = place.state("arrives", True, "bool")
        place.let(fired, self.within(place, self.fires(place), Const(False)))
        return where(fired, Const(1), Const(0))

    def neurons(
        self, name: str, size: int, dt: float, seed: int, faults: list[SpikesimError]
    ) -> Neurons:
        place = Place("", f"population {name!r}", size, np.arange(size), dt, DIMENSIONLESS)
        spike = self.within(place, self.fires(place), Const(False))
        faults += place.faults
        return Neurons(
            name,
            size,
            tuple(place.fields),
            events=(Event("spike", spike),),
            inputs=tuple(place.before),
            model=type(self).__name__,
            require=tuple(place.requirements),
        )


def at_most_one(place: Place, rate: Expr) -> None:
    """Require that no more than one event is expected in a step."""
    mean = Op("mul", (rate, Const(place.dt)))
    place.require(Op("le", (mean, Const(1))), "at most one fits into a step: use a smaller dt")


def whole(place: Place, what: str) -> None:
    """Require that a parameter is a whole number."""
    value = Ref(place.path(what))
    place.require(Op("eq", (value, Op("floor", (value,)))), "it takes whole numbers")

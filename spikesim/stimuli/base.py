"""What a stimulus is: a signal into a port, arrivals at one, or a population of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..distributions import Distribution, stripped
from ..errors import ParameterError, SpikesimError
from ..ir.expr import Const, Expr, Op, Ref
from ..ir.program import Field, Neurons, nearest_step
from ..units import DIMENSIONLESS, TIME, Dimension

# A number that no step has: a run is shorter, and its integers go no further.
NEVER = 2**31 - 1


def step_number(step: int) -> Const:
    """A step for a run to compare with; NEVER for one that no run reaches."""
    return Const(max(-NEVER, min(int(step), NEVER)))


@dataclass
class Place:
    """Where a stimulus acts: names its fields, checks its values, gathers faults."""

    name: str
    subject: str
    size: int
    chosen: np.ndarray
    dt: float
    dimension: Dimension
    fields: list[Field] = field(default_factory=list)
    faults: list[SpikesimError] = field(default_factory=list)

    def fault(self, message: str) -> None:
        """Note what is wrong."""
        self.faults.append(ParameterError(f"{self.subject}: {message}"))

    def strip(self, value: Any, dimension: Dimension, what: str) -> Any:
        """The plain value, or None with a fault noted."""
        return stripped(value, dimension, f"{self.subject}, {what}", self.faults)

    def parameter(
        self, what: str, value: Any, dimension: Dimension, meaning: str, bound: str = ""
    ) -> Expr:
        """A run-time parameter, one for all chosen neurons or one each; 0 for the others.

        bound: see ir.program.Field; it is looked at where a run gives another value.
        """
        plain = self.strip(value, dimension, what)
        if plain is None:
            return Ref(f"{self.name}.{what}")
        if np.ndim(plain) and np.shape(plain) != (len(self.chosen),):
            self.fault(
                f"{what} has shape {np.shape(plain)}; expected one value or "
                f"{len(self.chosen)}, one a neuron"
            )
            return Ref(f"{self.name}.{what}")
        if np.ndim(plain):
            full = np.zeros(self.size)
            full[self.chosen] = plain
            plain = full
        shared = np.ndim(plain) == 0 and not isinstance(plain, Distribution)
        return self._add(what, "parameter", plain, dimension, meaning, shared, bound=bound)

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
        name = f"{self.name}.{what}"
        unit = dimension or DIMENSIONLESS
        self.fields.append(Field(name, kind, value, dtype, shared, unit, meaning, bound))
        return Ref(name)


class Signal:
    """Base of stimuli that are a value in a port at every step."""

    def quantity(self) -> Any:
        """A value with unit, which tells the port where there are several."""
        raise NotImplementedError

    def value(self, place: Place) -> Expr:
        """The value at step `step`, in the unit of the port."""
        raise NotImplementedError


class Arrivals:
    """Base of stimuli that are spikes arriving at the neurons, never a population of their own."""

    def count(self, place: Place) -> Expr:
        """How many spikes arrive at each neuron in a step."""
        raise NotImplementedError


class Source:
    """Base of stimuli that are a population of spike sources."""

    def neurons(self, name: str, size: int, dt: float, faults: list[SpikesimError]) -> Neurons:
        """The population, as the IR has it."""
        raise NotImplementedError

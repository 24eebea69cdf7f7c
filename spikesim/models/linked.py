"""A variable of a population, and a parameter that follows one of another population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from ..ir.expr import Kind
from ..units import Dimension


@dataclass(frozen=True, eq=False)
class Variable:
    """A variable of a population or of a view of one: `exc["v"]`, `exc[:10]["v"]`."""

    view: Any
    name: str
    dimension: Dimension
    dtype: Kind = "float"


@dataclass(frozen=True, eq=False)
class Linked:
    """The value of a parameter that follows a variable; see `linked`."""

    variable: Variable
    index: Any = None


def linked(variable: Any, index: Any = None) -> Linked:
    """A parameter that follows a variable of another population: `I=sp.linked(noise["x"])`.

    Neuron i reads neuron index[i] of the view; without an index, neuron i of a view that is as
    large as the reader, or the one neuron of a view of one. It reads the value with which a step
    begins. Raises ParameterError for anything but a variable.
    """
    if not isinstance(variable, Variable):
        raise ParameterError(
            f"sp.linked: expected a variable of a population, such as noise['x'], got {variable!r}"
        )
    return Linked(variable, index)

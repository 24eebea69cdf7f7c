"""What a neuron model and a synapse model are.

A model is a class with declared names (`sp.parameter`, `sp.state`, `sp.port`) and text. It is read
and checked once, when the class is defined; an instance only holds values.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ..distributions import Distribution, stripped
from ..errors import ParameterError, SpikesimError, did_you_mean
from ..ir.program import Statement
from ..units import DIMENSIONLESS, TIME, Dimension, decompose
from .declaration import (
    Declared,
    Definition,
    Reader,
    method_fault,
    parameter,
    reserved_fault,
)


class Model:
    """What neuron and synapse models share: declared names and the values given for them."""

    definition: ClassVar[Definition]

    def __init__(self, **values: Any):
        self.values = values
        for name, value in values.items():
            if name in self.definition.declared:
                setattr(self, name, value)

    def __repr__(self) -> str:
        return f"{self.definition.name}({', '.join(f'{k}={v}' for k, v in self.values.items())})"

    def stripped(self, subject: str, faults: list[SpikesimError]) -> dict[str, Any]:
        """Every parameter and initial value in coherent units; what is wrong goes into `faults`."""
        declared = {n: d for n, d in self.definition.declared.items() if d.kind != "port"}
        for name in self.values:
            if name not in declared:
                faults.append(
                    ParameterError(
                        f"{subject}: {self.definition.name} has no parameter or state {name!r}; "
                        f"{did_you_mean(name, declared)}"
                    )
                )
        result = {}
        for name, d in declared.items():
            value = self.values.get(name, d.default)
            if value is None:
                meaning = f" ({d.meaning})" if d.meaning else ""
                faults.append(
                    ParameterError(
                        f"{subject}: {self.definition.name} needs a value for {name!r}{meaning}, "
                        f"in {d.dimension}"
                    )
                )
                continue
            if name in self.values:
                value = stripped(value, d.dimension, f"{subject}, {name}", faults)
            if value is not None:
                result[name] = value
        return result


def _declared(cls: type) -> dict[str, Declared]:
    found: dict[str, Declared] = {}
    for base in reversed(cls.__mro__):
        found |= {n: v for n, v in vars(base).items() if isinstance(v, Declared)}
    return found


class NeuronModel(Model):
    """Base of neuron models: declare names, then write `equations`, `spike` and `reset`.

    equations: lines `dx/dt = ...`, and `x = ...` for a name that stands for an expression; a line
    that ends in `(unless refractory)` stands still while the neuron is refractory.
    spike: the condition of a spike. reset: what a spike does to the neuron's state.
    refractory: an expression for the refractory period (a time). method: how the equations are
    integrated: auto, exact, exponential_euler, euler, heun or rk4.
    """

    equations: ClassVar[str] = ""
    spike: ClassVar[str] = ""
    reset: ClassVar[str] = ""
    refractory: ClassVar[str] = ""
    method: ClassVar[str] = "auto"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.definition = read_neuron(
            cls.__name__,
            _declared(cls),
            cls.equations,
            cls.spike,
            cls.reset,
            cls.refractory,
            cls.method,
        )


def read_neuron(
    name: str,
    declared: dict[str, Declared],
    equations: str,
    spike: str,
    reset: str,
    refractory: str,
    method: str,
) -> Definition:
    """Read the texts of a neuron model. Raises all its faults together."""
    reader = Reader(name, declared, {})
    reader.faults += method_fault(name, method) + reserved_fault(name, declared)
    rates = reader.equations(equations)
    condition = reader.expression(spike, "spike", draws=True) if spike else None
    block = reader.block(reset, "reset")
    period = reader.expression(refractory, "refractory") if refractory else None
    reader.check_dimension(period, TIME, refractory, "refractory")
    if any(e.held for e in rates) and not refractory:
        reader.faults.append(
            ParameterError(
                f"{name}: an equation says (unless refractory), but the model has no refractory "
                "period; set refractory to an expression of time"
            )
        )
    reader.finish()
    return Definition(
        name,
        reader.declared,
        rates,
        condition and condition.expr,
        block,
        period and period.expr,
        method,
    )


def neuron(
    equations: str,
    *,
    spike: str = "",
    reset: str = "",
    refractory: str = "",
    method: str = "auto",
    name: str = "neuron",
    **names: Any,
) -> NeuronModel:
    """A neuron model without a class.

    Names are given as keywords: a quantity or number is a parameter, `sp.state(...)` and
    `sp.port(...)` declare states and ports; a state may also be declared by the unit at the end of
    its equation: `sp.neuron("dv/dt = (v0 - v)/tau : mV", v0=-60 * mV, tau=10 * ms)`.

    Raises EquationError, DimensionError or ParameterError, all faults together.
    """
    declared, values = {}, {}
    for word, value in names.items():
        if isinstance(value, Declared):
            declared[word] = value
        elif isinstance(value, Distribution) or getattr(value, "ndim", 0):
            first = _sample(value)
            declared[word] = Declared("parameter", None, _dimension(first))
            values[word] = value
        else:
            declared[word] = parameter(value)
    definition = read_neuron(name, declared, equations, spike, reset, refractory, method)
    model = NeuronModel.__new__(type(name, (NeuronModel,), {}))
    type(model).definition = definition
    Model.__init__(model, **values)
    return model


def _sample(value: Any) -> Any:
    if not isinstance(value, Distribution):
        return value
    return next(v for f, v in vars(value).items() if v is not None and f != "sigma")


def _dimension(value: Any) -> Dimension:
    return decompose(value)[1]


class SynapseModel(Model):
    """Base of synapse models: what a spike does to its target.

    The states are the target's, one set a neuron for all synapses of one kind (they add up).
    on_arrival: `x += ...`, what one spike adds; `weight` is the synapse's own, in the unit of x.
    output: what the states contribute to the target's port, with the target's variables in it.
    reads: variables of the target that the text reads, with their units, such as {"v": mV}.
    """

    equations: ClassVar[str] = ""
    on_arrival: ClassVar[str] = ""
    output: ClassVar[str] = ""
    reads: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.definition = _read_synapse(cls)

    def __init__(self, name: str | None = None, **values: Any):
        super().__init__(**values)
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.definition.name).lower()
        self.name = name or snake


def _read_synapse(cls: type[SynapseModel]) -> Definition:
    name, declared = cls.__name__, _declared(cls)
    outside = {word: strip_unit(unit) for word, unit in cls.reads.items()}
    reader = Reader(name, declared, outside)
    reader.faults += reserved_fault(name, declared)
    rates = reader.equations(cls.equations)
    output = reader.expression(cls.output, "output") if cls.output else None
    arrival = None
    match = re.fullmatch(r"\s*(\w+)\s*\+=\s*(.+)", cls.on_arrival, re.DOTALL)
    if match is None or match[1] not in declared or declared[match[1]].kind != "state":
        reader.faults.append(
            ParameterError(
                f"{name}: on_arrival must be 'x += ...' with a state x, got {cls.on_arrival!r}"
            )
        )
    else:
        dimension = declared[match[1]].dimension
        reader.extra["weight"] = dimension
        value = reader.expression(match[2], "on_arrival")
        reader.check_dimension(value, dimension, match[2], f"what is added to {match[1]}")
        if value is not None:
            arrival = Statement(match[1], value.expr, "+=")
    reader.finish()
    return Definition(name, declared, rates, output=output, arrival=arrival)


def strip_unit(unit: Any) -> Dimension:
    """The dimension of a unit."""
    return DIMENSIONLESS if unit is None else decompose(unit)[1]

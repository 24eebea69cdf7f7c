"""Where arrivals land: a state variable of the target that jumps, or the state of a synapse model.

A synapse model becomes part of the group it acts on, once for each set of values and port.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DescriptionError, DimensionError, SpikesimError, UnknownNameError, did_you_mean
from ..ir.expr import Expr, Ref, add, substitute
from ..ir.program import Differential, Port
from ..models.base import SynapseModel
from ..models.synapses.delta import Delta
from ..units import Dimension, unit_name
from .group import Group, Merged


@dataclass(frozen=True)
class Landing:
    """The variable that arrivals add to, its dimension, and what one adds (in `weight`).

    bound: what weights must be; see ir.program.Field.
    """

    variable: str
    dimension: Dimension
    added: Expr
    bound: str = ""


def landing(
    group: Group, synapse: Any, port: str | None, subject: str, faults: list[SpikesimError]
) -> Landing | None:
    """Where the arrivals of a synapse land; the group gets what it needs for that."""
    if group.source is not None:
        faults.append(DescriptionError(f"{subject}: a spike source can't receive spikes"))
        return None
    if synapse is None or isinstance(synapse, str):
        synapse = Delta(synapse or "v")
    elif isinstance(synapse, type) and issubclass(synapse, SynapseModel | Delta):
        synapse = synapse()
    if isinstance(synapse, Delta):
        if port is not None:
            faults.append(
                DescriptionError(
                    f"{subject}: port={port!r} is given, but a jump of a variable needs no port; "
                    "leave it out"
                )
            )
        return _jump(group, synapse.name, subject, faults)
    if not isinstance(synapse, SynapseModel):
        faults.append(
            DescriptionError(
                f"{subject}: expected a synapse such as sp.synapses.ExpCurrent(), got {synapse!r}"
            )
        )
        return None
    name = _merge(group, synapse, port, subject, faults)
    arrival = synapse.definition.arrival
    assert arrival is not None
    variable = f"{name}.{arrival.target}"
    group.ports.setdefault(variable, Port(variable))
    dimension = synapse.definition.declared[arrival.target].dimension
    added = substitute(arrival.value, _renamed(name, synapse))
    return Landing(variable, dimension, added, synapse.definition.weight_bound)


def _jump(group: Group, variable: str, subject: str, faults: list[SpikesimError]) -> Landing | None:
    states = group.states()
    if not isinstance(variable, str) or variable not in states:
        faults.append(
            UnknownNameError(
                f"{subject}: {group.name!r} has no state {variable!r} to add to; "
                f"{did_you_mean(variable, states)}"
            )
        )
        return None
    assert group.definition is not None
    held = variable in group.definition.held()
    group.ports.setdefault(variable, Port(variable, "drop" if held else "keep"))
    return Landing(variable, group.dimensions[variable], Ref("weight"))


def _renamed(name: str, synapse: SynapseModel) -> dict[str, Expr]:
    return {n: Ref(f"{name}.{n}") for n in synapse.definition.declared}


def _merge(
    group: Group,
    synapse: SynapseModel,
    port: str | None,
    subject: str,
    faults: list[SpikesimError],
) -> str:
    """Put a synapse's states into the group, once for each set of values; its name there."""
    found: list[SpikesimError] = []
    values = synapse.stripped(f"{subject}, synapse {synapse.name!r}", found)
    wanted = Merged(type(synapse), values, port, synapse._named)
    for k in itertools.count(1):
        name = synapse.name if k == 1 else f"{synapse.name}_{k}"
        known = group.synapses.get(name)
        if known is not None and _same(known, wanted):
            return name
        if known is None:
            break
        if synapse._named and known.named:
            faults.append(
                DescriptionError(
                    f"{subject}: {group.name!r} has another synapse named {name!r}, with other "
                    "values or another port; give this one another name"
                )
            )
            return name
    faults += found
    group.synapses[name] = wanted
    definition, renamed = synapse.definition, _renamed(name, synapse)
    for word, declared in definition.declared.items():
        group.declare(f"{name}.{word}", declared, values.get(word), subject, faults)
    _check_reads(group, synapse, subject, faults)
    group.equations += [
        Differential(f"{name}.{e.variable}", substitute(e.rate, renamed), e.held)
        for e in definition.equations
    ]
    if definition.output is not None:
        into = group.port_for(port, definition.output.dimension, subject, faults)
        if into:
            flow = substitute(definition.output.expr, renamed)
            group.sums[into] = add(group.sums[into], flow)
    return name


def _check_reads(
    group: Group, synapse: SynapseModel, subject: str, faults: list[SpikesimError]
) -> None:
    word = synapse.definition.name
    for name, dimension in synapse.definition.reads.items():
        got = group.dimensions.get(name)
        if got is None:
            faults.append(
                UnknownNameError(
                    f"{subject}: {word} reads {name!r} (in {unit_name(dimension)}) of its target, "
                    f"but {group.name!r} has none; {did_you_mean(name, group.dimensions)}"
                )
            )
        elif got != dimension:
            faults.append(
                DimensionError(
                    f"{subject}: {word} reads {name!r} in {unit_name(dimension)} of its target, "
                    f"but in {group.name!r} it is in {unit_name(got)}"
                )
            )
    held = [f"d{e.variable}/dt" for e in synapse.definition.equations if e.held]
    assert group.definition is not None
    if held and not group.definition.is_held:
        faults.append(
            DescriptionError(
                f"{subject}: {held[0]} of {word} says (unless refractory), but {group.name!r} has "
                "no refractory period"
            )
        )


def _same(a: Merged, b: Merged) -> bool:
    """Do two synapses have the same values, and go to the same port?"""
    if a.model is not b.model or a.port != b.port or a.values.keys() != b.values.keys():
        return False
    return all(_equal(a.values[k], b.values[k]) for k in a.values)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    return bool(a == b)

"""Where arrivals land: a state variable of the target that jumps, or the state of a synapse model.

A synapse model becomes part of the group it acts on, once for each set of values and port.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..equations.noise import renamed as own_noise
from ..errors import DescriptionError, DimensionError, SpikesimError, UnknownNameError, did_you_mean
from ..ir.expr import Expr, Ref, add, references, substitute
from ..ir.program import Differential, Port, Statement
from ..models.synapse import SynapseModel
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
    arrival = synapse.definition.arrival
    if arrival is None:
        faults.append(
            DescriptionError(
                f"{subject}: {synapse.definition.name} acts continuously, so it connects neurons "
                "(net.project) and takes no trains of spikes"
            )
        )
        return None
    name = merge(group, synapse, port, subject, faults)
    variable = f"{name}.{arrival.target}"
    group.ports.setdefault(variable, Port(variable))
    unit = synapse.definition.weight_unit
    dimension = synapse.definition.declared[arrival.target].dimension if unit is None else unit
    added = substitute(arrival.value, renamed(name, synapse))
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


def renamed(name: str, synapse: SynapseModel) -> dict[str, Expr]:
    """What the names of a synapse are called in the group that it is part of."""
    return {n: Ref(f"{name}.{n}") for n in synapse.definition.declared}


def merge(
    group: Group,
    synapse: SynapseModel,
    port: str | None,
    subject: str,
    faults: list[SpikesimError],
) -> str:
    """Put a synapse's states into the group, once for each set of values; its name there."""
    found: list[SpikesimError] = []
    values = synapse.stripped(f"{subject}, synapse {synapse.name!r}", found)
    wanted = Merged(type(synapse), values | _how(synapse), port, synapse._named)
    name, known = _place(group.synapses, group.gates, wanted, synapse, group, subject, faults)
    if known:
        return name
    faults += found
    group.synapses[name] = wanted
    definition, mine = synapse.definition, renamed(name, synapse)
    for word in definition.declared:
        if word in definition.dendritic():
            declared = definition.declared[word]
            group.declare(f"{name}.{word}", declared, values.get(word), subject, faults)
    check_reads(group, synapse, _read_of_target(synapse), "target", subject, faults)
    _check_held(group, synapse, subject, faults)
    group.equations += [
        Differential(f"{name}.{e.variable}", own_noise(substitute(e.rate, mine), name), e.held)
        for e in definition.equations
    ]
    group.each_step += [
        Statement(f"{name}.{s.target}", substitute(s.value, mine), s.how)
        for s in definition.each_step
    ]
    group.require += [substitute(one, mine) for one in definition.require]
    if definition.output is not None:
        into = group.port_for(port, definition.output.dimension, subject, faults)
        if into:
            flow = substitute(definition.output.expr, mine)
            group.sums[into] = add(group.sums[into], flow)
    return name


def merge_gate(
    group: Group, synapse: SynapseModel, delay: float, subject: str, faults: list[SpikesimError]
) -> tuple[str, bool]:
    """Put a synapse's presynaptic states into the group of its source, once for each set of values
    and delay; (their name there, are they new?)."""
    values = synapse.stripped(f"{subject}, synapse {synapse.name!r}", [])
    wanted = Merged(type(synapse), values | _how(synapse), f"{delay!r}", synapse._named)
    name, known = _place(group.gates, group.synapses, wanted, synapse, group, subject, faults)
    if known:
        return name, False
    group.gates[name] = wanted
    definition, mine = synapse.definition, renamed(name, synapse)
    for word in definition.declared:
        if word in definition.terminal():
            declared = definition.declared[word]
            group.declare(f"{name}.{word}", declared, values.get(word), subject, faults)
    own = {f"pre.{n}": Ref(n) for n in definition.reads}
    group.equations += [
        Differential(f"{name}.{e.variable}", own_noise(substitute(e.rate, mine | own), name))
        for e in definition.presynaptic
    ]
    return name, True


def _how(synapse: SynapseModel) -> dict[str, Any]:
    return {"evaluated": synapse._evaluated}


def _place(
    there: dict[str, Merged],
    others: dict[str, Merged],
    wanted: Merged,
    synapse: SynapseModel,
    group: Group,
    subject: str,
    faults: list[SpikesimError],
) -> tuple[str, bool]:
    """The name of a synapse among those that are there; is it one of them? The two sides of one
    synapse, in a group that projects to itself, may have one name."""
    for k in itertools.count(1):
        name = synapse.name if k == 1 else f"{synapse.name}_{k}"
        known, other = there.get(name), others.get(name)
        taken = known or other
        if known is not None and _same(known, wanted):
            return name, True
        if known is None and (other is None or _same(replace(other, port=wanted.port), wanted)):
            return name, False
        if synapse._named and taken is not None and taken.named:
            faults.append(
                DescriptionError(
                    f"{subject}: {group.name!r} has another synapse named {name!r}, with other "
                    "values or another port; give this one another name"
                )
            )
            return name, True
    raise AssertionError


def _read_of_target(synapse: SynapseModel) -> set[str]:
    """The variables of the target that a synapse reads; all that it says where it reads none."""
    d = synapse.definition
    exprs = [e.rate for e in d.equations] + [s.value for s in (d.arrival, d.summed) if s]
    exprs += [d.output.expr] if d.output else []
    words = {n.removeprefix("post.") for expr in exprs for n in references(expr)}
    return words & set(d.reads) if d.summed else set(d.reads)


def check_reads(
    group: Group,
    synapse: SynapseModel,
    names: set[str],
    role: str,
    subject: str,
    faults: list[SpikesimError],
) -> None:
    """Note variables that a synapse reads of its target or source, and that are not there."""
    word = synapse.definition.name
    for name, dimension in synapse.definition.reads.items():
        if name not in names:
            continue
        got = group.dimensions.get(name)
        if got is None:
            faults.append(
                UnknownNameError(
                    f"{subject}: {word} reads {name!r} (in {unit_name(dimension)}) of its {role}, "
                    f"but {group.name!r} has none; {did_you_mean(name, group.dimensions)}"
                )
            )
        elif got != dimension:
            faults.append(
                DimensionError(
                    f"{subject}: {word} reads {name!r} in {unit_name(dimension)} of its {role}, "
                    f"but in {group.name!r} it is in {unit_name(got)}"
                )
            )


def _check_held(
    group: Group, synapse: SynapseModel, subject: str, faults: list[SpikesimError]
) -> None:
    word = synapse.definition.name
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

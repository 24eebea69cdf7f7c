"""Stimulation -> Input."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import DescriptionError, SpikesimError
from ..ir.expr import ZERO, Expr, Ref, add, mul, substitute
from ..ir.program import Field, Input, View
from ..models.base import NeuronModel
from ..projection import Stimulation
from ..stimuli.base import Arrivals, Place, Signal, Source
from ..units import Dimension, unit_name
from .group import Group
from .landing import landing
from .projections import bad_weight


def input_of(
    s: Stimulation, groups: dict[str, Group], dt: float, faults: list[SpikesimError]
) -> Input | None:
    """The input of a stimulus given to a view; None where something is wrong."""
    group = groups[s.target.population.name]
    subject = f"stimulus {s.name!r} of {group.name!r}"
    if isinstance(s.stimulus, Signal):
        return _signal(s, s.stimulus, group, dt, subject, faults)
    if isinstance(s.stimulus, Arrivals):
        return _arrivals(s, s.stimulus, group, dt, subject, faults)
    hint = ""
    if isinstance(s.stimulus, Source | NeuronModel):
        hint = "; this one is a population: net.population(name, size, it), then net.project(...)"
    faults.append(
        DescriptionError(
            f"{subject}: expected a stimulus such as sp.dc(...) or sp.poisson(...), got "
            f"{s.stimulus!r:.60}{hint}"
        )
    )
    return None


def _signal(
    s: Stimulation,
    signal: Signal,
    group: Group,
    dt: float,
    subject: str,
    faults: list[SpikesimError],
) -> Input | None:
    if s.synapse is not None or s.weight is not None:
        faults.append(
            DescriptionError(
                f"{subject}: it goes into a port directly, so it takes no synapse and no weight; "
                "leave them out"
            )
        )
    wanted = signal.dimension() if len(group.sums) > 1 and s.port is None else None
    into = group.port_for(s.port, wanted, subject, faults)
    if into is None:
        return None
    place = _place(s, group.dimensions[into], dt, subject)
    value = signal.drive(place)
    group.sums[into] = add(group.sums[into], Ref(s.name))
    faults += place.faults
    return _made(s, "signal", group, s.name, value, place)


def _arrivals(
    s: Stimulation,
    arrivals: Arrivals,
    group: Group,
    dt: float,
    subject: str,
    faults: list[SpikesimError],
) -> Input | None:
    land = landing(group, s.synapse, s.port, subject, faults)
    if land is None:
        return None
    place = _place(s, land.dimension, dt, subject)
    weight: Expr = ZERO
    if s.weight is None:
        place.fault(f"needs a weight, in {unit_name(land.dimension)}; give weight=...")
    else:
        weight = place.parameter("weight", s.weight, land.dimension, "weight of one spike")
        place.fields = [_bounded(f, land.bound) for f in place.fields]
        for f in place.fields:
            place.faults += bad_weight(f.value, f, subject)
    value = mul(substitute(land.added, {"weight": weight}), arrivals.count(place))
    faults += place.faults
    return _made(s, "arrivals", group, land.variable, value, place)


def _made(s: Stimulation, kind: Any, group: Group, into: str, value: Expr, place: Place) -> Input:
    view = View(group.name, s.target.index)
    fields, before = tuple(place.fields), tuple(place.before)
    require, model = tuple(place.requirements), type(s.stimulus).__name__
    return Input(s.name, kind, view, into, value, fields, before, require, model)


def _bounded(f: Field, bound: str) -> Field:
    return replace(f, bound=bound) if f.name.endswith(".weight") else f


def _place(s: Stimulation, dimension: Dimension, dt: float, subject: str) -> Place:
    return Place(s.name, subject, s.target.population.size, s.target.indices, dt, dimension)

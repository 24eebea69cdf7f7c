"""Projection of a synapse that acts continuously -> a coupling, and the edges of its gates."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..connectivity import OneToOne
from ..distributions import Distribution
from ..errors import ConnectivityError, DescriptionError, SpikesimError
from ..ir.expr import Expr, Ref, mul, references, substitute
from ..ir.program import Edges, Field, Port, Statement, Summed, View
from ..models.synapse import SynapseModel
from ..projection import Projection
from .group import Group
from .landing import check_reads, merge, merge_gate, renamed
from .projections import SCALE, checked_counts, delays_of, rule_of, weight_of


def is_continuous(synapse: Any) -> bool:
    """Is this a synapse model with a continuous sum, or an instance of one?"""
    definition = getattr(synapse, "definition", None)
    return definition is not None and getattr(definition, "summed", None) is not None


def coupling_of(
    p: Projection, order: int, groups: dict[str, Group], least: float, faults: list[SpikesimError]
) -> tuple[Edges | None, Edges | None]:
    """The coupling of a projection, and, where it is the first to need these presynaptic states,
    the edges that bring the source's own spikes to them; None where something is wrong."""
    subject = f"projection {p.name!r}"
    before = len(faults)
    synapse: SynapseModel = p.synapse() if isinstance(p.synapse, type) else p.synapse
    definition = synapse.definition
    summed = definition.summed
    assert summed is not None
    rule = rule_of(p, subject, faults)
    source, target = groups[p.source.population.name], groups[p.target.population.name]
    if target.source is not None:
        faults.append(DescriptionError(f"{subject}: a spike source can't receive anything"))
        return None, None
    if source.source is not None:
        faults.append(
            DescriptionError(
                f"{subject}: {definition.name} needs states of its source, and {source.name!r} is "
                "a population of spike sources, which have none"
            )
        )
        return None, None
    name = merge(target, synapse, p.port, subject, faults)
    own = renamed(name, synapse)
    unit = definition.weight_unit
    dimension = definition.declared[summed.target].dimension if unit is None else unit
    weight = weight_of(p, rule, dimension, definition.weight_bound, subject, faults)
    if p.release is not None:
        faults.append(
            ConnectivityError(
                f"{subject}: release is for synapses that transmit spikes; {definition.name} acts "
                "continuously; leave it out"
            )
        )
    delay = _one_delay(p, bool(definition.presynaptic), least, subject, faults)
    names: dict[str, Expr] = {w: Ref(f"post.{name}.{w}") for w in own}
    names |= {w: Ref(f"post.{w}") for w in definition.reads}
    names["weight"] = mul(Ref("weight"), Ref("weight_scale"))
    read = references(summed.value) | {
        n for e in definition.presynaptic for n in references(e.rate)
    }
    of_source = {w for w in definition.reads if f"pre.{w}" in read}
    check_reads(source, synapse, of_source, "source", subject, faults)
    gate = None
    if definition.presynaptic:
        there, new = merge_gate(source, synapse, delay, subject, faults)
        names |= {
            f"pre.{e.variable}": Ref(f"pre.{there}.{e.variable}") for e in definition.presynaptic
        }
        gate = _gate(source, synapse, there, delay, order, subject, faults) if new else None
    if rule is None or weight is None or len(faults) > before:
        return None, None
    checked_counts(p, rule, (("weight", weight.value),), subject, faults)
    staged = synapse._evaluated == "stage"
    source.staged |= staged
    target.staged |= staged
    return (
        Edges(
            p.name,
            View(source.name, p.source.index),
            View(target.name, p.target.index),
            rule,
            (weight, SCALE),
            continuous=(
                Summed(
                    f"{name}.{summed.target}",
                    substitute(summed.value, names),
                    "stage" if staged else "step",
                ),
            ),
            order=order,
        ),
        gate,
    )


def _gate(
    source: Group,
    synapse: SynapseModel,
    name: str,
    delay: float,
    order: int,
    subject: str,
    faults: list[SpikesimError],
) -> Edges | None:
    """Every neuron's own spikes, to its presynaptic states."""
    spiked = synapse.definition.spiked
    if spiked is None:
        return None
    if not source.spikes():
        faults.append(
            ConnectivityError(f"{subject}: the model of its source, {source.name!r}, never spikes")
        )
        return None
    variable = f"{name}.{spiked.target}"
    source.ports.setdefault(variable, Port(variable))
    names: dict[str, Expr] = {w: Ref(f"post.{name}.{w}") for w in synapse.definition.declared}
    added = mul(Ref("weight"), substitute(spiked.value, names))
    return Edges(
        f"{source.name}.{name}",
        View(source.name),
        View(source.name),
        OneToOne(),
        (Field("weight", "constant", 1.0, shared=True),),
        delay,
        0.0,
        pre=(Statement(f"post.{variable}", added, "+="),),
        order=order,
    )


def _one_delay(
    p: Projection, gated: bool, least: float, subject: str, faults: list[SpikesimError]
) -> float:
    """The delay from a spike to the presynaptic states: one for all synapses."""
    given = [d for d in (p.delay, p.axonal_delay, p.dendritic_delay) if d is not None]
    if given and not gated:
        faults.append(
            ConnectivityError(
                f"{subject}: a delay is given, but continuous coupling without presynaptic states "
                "has none; leave it out"
            )
        )
        return least
    if p.dendritic_delay is not None:
        faults.append(
            ConnectivityError(
                f"{subject}: presynaptic states lie before the dendrite; give delay, not "
                "dendritic_delay"
            )
        )
    axonal, _ = delays_of(p, least, subject, faults)
    if isinstance(axonal, Distribution) or np.ndim(axonal):
        faults.append(
            ConnectivityError(
                f"{subject}: the synapses of a neuron share its presynaptic states, so their "
                f"delay is one number; got {p.delay!r:.60}"
            )
        )
        return least
    return float(axonal)

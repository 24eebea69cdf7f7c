"""Projection whose synapses change -> plastic Edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from ..distributions import Distribution
from ..errors import ConnectivityError, DescriptionError, ParameterError, SpikesimError
from ..ir.expr import Expr, Op, Ref, where
from ..ir.program import Block, Edges, Field, Modulator, Plasticity, Requirement, Statement, View
from ..models.declaration import Declared
from ..models.plastic import PlasticityModel, Rule, checked_reads
from ..projection import Projection
from ..units import TRUTH, WEIGHT, Dimension, unit_name
from .couplings import is_continuous
from .group import Group, is_shared
from .projections import checked_counts, edges_of
from .values import check_requirements, out_of_bounds, value_of

# Learning is frozen where this is False; given by params, also between two runs of a simulation.
LEARNING = Field(
    "learning", "parameter", True, "bool", shared=True, unit=TRUTH, single=True,
    meaning="do weights change?",
)  # fmt: skip


def plastic_of(
    p: Projection, order: int, groups: dict[str, Group], least: float, faults: list[SpikesimError]
) -> Edges | None:
    """The edges of a projection with plasticity, None where something is wrong. least: the shortest
    dendritic delay, ms."""
    subject = f"projection {p.name!r}"
    before = len(faults)
    model = _model(p.plasticity, subject, faults)
    if is_continuous(p.synapse):
        faults.append(
            DescriptionError(
                f"{subject}: a synapse that acts continuously transmits no spikes, and can't be "
                "plastic; leave plasticity= out, or take another synapse"
            )
        )
        return None
    static = edges_of(p, order, groups, 0.0, faults, sent="transmit")
    if model is None:
        return None
    rule = model.rule()
    source, target = groups[p.source.population.name], groups[p.target.population.name]
    _check_use(p, rule, source, target, subject, faults)
    for side, group in (("pre", source), ("post", target)):
        named = group.named()
        known = group.dimensions | {name: found.dimension for name, found in named.items()}
        faults += checked_reads(rule, side, known, group.name, subject)
        group.looked_at += [word for word in sorted(rule.read_of(side)) if word in named]
    modulators = [
        Modulator(name, View(v.view.population.name, v.view.indices), v.name)
        for name, v in model.connected(subject, faults).items()
    ]
    for m in modulators:
        if m.source.group not in groups:
            faults.append(
                DescriptionError(
                    f"{subject}: the modulator {m.name!r} is of a population of another network"
                )
            )
    if static is None:
        return None
    weight = static.field("weight")
    declared = _with_units(rule, weight.unit, subject, faults)
    values = model.stripped(f"{subject}, plasticity", faults, declared)
    fields = [_field(n, d, values.get(n)) for n, d in declared.items()]
    checked_counts(p, static.pattern, values.items(), subject, faults)
    for f in fields:
        faults += out_of_bounds(f.value, f, f"{subject}, {f.name}")
    _check_weight(rule, weight, fields, subject, faults)
    if len(faults) > before:
        return None
    made = Plasticity(
        rule.equations,
        rule.clock_driven,
        rule.method,
        _bounded(rule.each_step, rule),
        _bounded(_sending(rule.pre), rule),
        _bounded(rule.post, rule),
        rule.coincidence,
        rule.bounds,
        tuple(modulators),
        model=rule.name,
    )
    if "weight" in rule.written():
        weight = replace(weight, kind="state", shared=False)
    axonal, dendritic = static.axonal, static.dendritic
    if p.delay is not None or (p.axonal_delay is None and p.dendritic_delay is None):
        # The rule can't tell: all of it is on the side where every order of a step allows it.
        axonal, dendritic = 0.0, least if p.delay is None else static.axonal
    _check_dendritic(dendritic, least, subject, faults)
    return replace(
        static,
        fields=(weight, static.field("weight_scale"), LEARNING, *fields),
        axonal=axonal,
        dendritic=dendritic,
        plasticity=made,
    )


def _model(given: Any, subject: str, faults: list[SpikesimError]) -> PlasticityModel | None:
    if isinstance(given, type) and issubclass(given, PlasticityModel):
        given = given()
    if isinstance(given, PlasticityModel):
        return given
    faults.append(
        DescriptionError(
            f"{subject}: plasticity is {given!r:.60}; expected a rule such as "
            "sp.plasticity.STDP(w_max=100*pA)"
        )
    )
    return None


def _check_use(
    p: Projection, rule: Rule, source: Group, target: Group, subject: str,
    faults: list[SpikesimError],
) -> None:  # fmt: skip
    """Note what a rule needs of its projection, and what does not go with it."""
    parts = {"axonal_delay": p.axonal_delay, "dendritic_delay": p.dendritic_delay}
    lacking = [word for word, given in parts.items() if given is None]
    if rule.two_sided() and lacking:
        got = "only the delay as a whole" if p.delay is not None else f"no {lacking[0]}"
        faults.append(
            ConnectivityError(
                f"{subject}: {rule.name} compares spikes at the synapse, so it needs the two parts "
                f"of the delay, got {got}; give axonal_delay= (of the presynaptic spike) and "
                "dendritic_delay= (of the postsynaptic spike, and of what is transmitted), such as "
                "axonal_delay=0*ms, dendritic_delay=1*ms"
            )
        )
    if p.release is not None:
        faults.append(
            ConnectivityError(
                f"{subject}: release= is for synapses that don't change; let the rule draw: "
                "transmit(weight if rand() < p else 0)"
            )
        )
    for group in (source, target):
        if group.population.precise:
            faults.append(
                ConnectivityError(
                    f"{subject}: {group.name!r} is precise, and plasticity knows spikes at the end "
                    "of a step only; leave precise=True out"
                )
            )
    if rule.post and not target.spikes():
        faults.append(
            ConnectivityError(
                f"{subject}: {rule.name} acts on spikes of the target, but the model of "
                f"{target.name!r} never spikes"
            )
        )


def _check_dendritic(
    dendritic: Any, least: float, subject: str, faults: list[SpikesimError]
) -> None:
    drawn = isinstance(dendritic, Distribution)
    lowest = dendritic.lowest() if drawn else np.min(dendritic) if np.size(dendritic) else least
    if lowest < 0.5 * least:
        faults.append(
            ConnectivityError(
                f"{subject}: a dendritic delay of {lowest:g} ms; in NEST's order of a step what a "
                f"plastic synapse transmits takes at least {least:g} ms from it; give "
                f"dendritic_delay={least:g}*ms or more, or Network(order='standard')"
            )
        )


def _with_units(
    rule: Rule, unit: Dimension, subject: str, faults: list[SpikesimError]
) -> dict[str, Declared]:
    """The declared names, with the unit of the weight in place of WEIGHT."""
    if rule.weight not in (WEIGHT, unit):
        faults.append(
            ParameterError(
                f"{subject}: {rule.name} is for weights in {unit_name(rule.weight)}, but here they "
                f"are in {unit_name(unit)}"
            )
        )
    found = {}
    for name, d in rule.declared.items():
        *_, last = (0, *d.dimension.exponents)  # none of a condition
        power = Fraction(last) / WEIGHT.exponents[-1]
        if power and rule.weight == WEIGHT:
            d = replace(d, dimension=d.dimension / WEIGHT**power * unit**power)
        found[name] = d
    return found


def _field(name: str, d: Declared, value: Any) -> Field:
    shared = is_shared(value)
    kind: Literal["parameter", "state"] = "parameter" if d.kind == "parameter" else "state"
    return Field(
        name, kind, value, d.dtype, shared and kind == "parameter", d.dimension, d.meaning,
        d.bound, d.shared or (shared and kind == "parameter"),
    )  # fmt: skip


def _check_weight(
    rule: Rule, weight: Field, fields: list[Field], subject: str, faults: list[SpikesimError]
) -> None:
    """Note initial weights outside the bounds, and requirements that are not met."""
    known: dict[str, Any] = {f.name: f.value for f in fields if f.kind == "parameter"}
    require = tuple(map(Requirement, rule.require))
    check_requirements(require, fields, rule.name, f"{subject}, plasticity", known, faults)
    faults += outside(weight.value, rule.bounds, known, weight, subject)


def outside(
    value: Any, bounds: tuple[Expr, Expr] | None, known: Mapping[str, Any], weight: Field,
    subject: str,
) -> list[SpikesimError]:  # fmt: skip
    """A fault where weights are beyond their bounds, as far as these are known."""
    if bounds is None or value is None or np.size(value) == 0:
        return []
    low, high = (value_of(b, known) for b in bounds)
    if low is None or high is None:
        return []
    if isinstance(value, np.ndarray):  # as exact as they are
        low, high = (np.asarray(b).astype(value.dtype) for b in (low, high))
    drawn = isinstance(value, Distribution)
    lowest, highest = (value.lowest(), value.highest()) if drawn else (value, value)
    if np.all(np.greater_equal(lowest, low)) and np.all(np.less_equal(highest, high)):
        return []
    unit = unit_name(weight.unit)
    ends = f"{np.min(lowest):g}", f"{np.max(highest):g}"
    got = ends[0] if ends[0] == ends[1] else " to ".join(ends)
    return [
        ParameterError(
            f"{subject}: weights of {got} {unit}, but the rule keeps them within "
            f"{np.min(low):g} to {np.max(high):g} {unit}; give weights within"
            + (", bound the distribution: low=..., high=..." if drawn else " or other bounds")
        )
    ]


def _sending(block: Block) -> Block:
    """The block, with the weight sent at its end where it does not say what is."""
    if any(s.target == "transmit" for s in block):
        return block
    return (*block, Statement("transmit", Ref("weight"), local=True))


def _bounded(block: Block, rule: Rule) -> Block:
    """Changes of the weight stop at the bounds, and there are none while learning is frozen."""
    done = []
    for s in block:
        if s.target == "weight":
            new: Expr = Op("add", (Ref("weight"), s.value)) if s.how == "+=" else s.value
            if rule.bounds is not None:
                new = Op("clip", (new, *rule.bounds))
            s = Statement("weight", where(Ref("learning"), new, Ref("weight")))
        done.append(s)
    return tuple(done)

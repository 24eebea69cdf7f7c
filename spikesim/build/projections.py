"""Projection -> Edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..connectivity import base as connectivity
from ..connectivity.base import Ends, Rule
from ..distributions import Distribution, stripped
from ..errors import (
    ConnectivityError,
    ParameterError,
    SpikesimError,
    UnknownNameError,
    did_you_mean,
)
from ..ir.expr import Expr, Ref, mul, references, substitute
from ..ir.program import Edges, Field, Statement, View
from ..projection import Projection
from ..units import CONDUCTANCE, DIMENSIONLESS, TIME, Dimension, is_quantity, unit_name
from .group import Group, is_shared
from .landing import landing
from .values import out_of_bounds

SCALE = Field("weight_scale", "parameter", 1.0, shared=True, meaning="factor on all weights")


def edges_of(
    p: Projection, order: int, groups: dict[str, Group], least: float, faults: list[SpikesimError],
    sent: str = "weight",
) -> Edges | None:  # fmt: skip
    """The edges of a projection, None where something is wrong. least: the shortest delay, ms.
    sent: the name of what a spike brings to the synapse."""
    subject = f"projection {p.name!r}"
    before = len(faults)
    rule = rule_of(p, subject, faults)
    source = groups[p.source.population.name]
    if p.event != "spike" and p.event not in source.events():
        faults.append(
            UnknownNameError(
                f"{subject}: its source, {source.name!r}, has no event {p.event!r:.40}; "
                f"{did_you_mean(p.event, source.events())}"
            )
        )
    elif p.event == "spike" and not source.spikes():
        faults.append(
            ConnectivityError(f"{subject}: the model of its source, {source.name!r}, never spikes")
        )
    target = groups[p.target.population.name]
    land = landing(target, p.synapse, p.port, subject, faults)
    axonal, dendritic = delays_of(p, least, subject, faults)
    weight = None
    if land is not None:
        weight = weight_of(p, rule, land.dimension, land.bound, subject, faults)
    if rule is None or land is None or weight is None or len(faults) > before:
        return None
    release = _release(p, subject, faults)
    values = [("weight", weight.value), ("axonal", axonal), ("dendritic", dendritic)]
    values += [("release", f.value) for f in release]
    checked_counts(p, rule, values, subject, faults)
    outside: dict[str, Expr] = {
        name: Ref(f"post.{name}") for name in references(land.added) - {"weight", "t", "dt", "step"}
    }
    outside["weight"] = mul(Ref(sent), Ref("weight_scale"))
    return Edges(
        p.name,
        View(source.name, p.source.index),
        View(target.name, p.target.index),
        rule,
        (weight, SCALE, *release),
        axonal,
        dendritic,
        p.event,
        pre=(Statement(f"post.{land.variable}", substitute(land.added, outside), "+="),),
        order=order,
    )


def checked_counts(
    p: Projection,
    rule: Rule,
    values: Iterable[tuple[str, Any]],
    subject: str,
    faults: list[SpikesimError],
) -> None:
    """Note arrays of another length than the rule makes connections."""
    count = rule.count(_ends(p))
    for word, value in values:
        if count is not None and np.ndim(value) and np.shape(value) != (count,):
            matrix = np.shape(value) == (len(p.source), len(p.target))
            hint = "; for a matrix of weights use sp.from_matrix(matrix)" if matrix else ""
            if word in ("axonal", "dendritic"):
                word = "delay" if p.delay is not None else f"{word}_delay"
            faults.append(
                ConnectivityError(
                    f"{subject}: {word} has shape {np.shape(value)}; the rule makes {count} "
                    f"connections, give one value for each, or a distribution{hint}"
                )
            )


def rule_of(p: Projection, subject: str, faults: list[SpikesimError]) -> Rule | None:
    """The rule of a projection; None, and a fault, where it is none or can't be met."""
    rule = p.rule
    if isinstance(rule, type) and issubclass(rule, Rule):
        try:
            rule = rule()
        except TypeError as missing:
            faults.append(ConnectivityError(f"{subject}: the rule needs values: {missing}"))
            return None
    if not isinstance(rule, Rule):
        known = [n for n in connectivity.names() if isinstance(rule, str)]
        hint = f"; {did_you_mean(rule, known)}" if known else ""
        if rule in known:
            values = "" if rule in ("all_to_all", "one_to_one") else "..."
            hint = f"; did you mean the rule itself? write sp.{rule}({values})"
        faults.append(
            UnknownNameError(
                f"{subject}: unknown rule {rule!r:.60}; expected one such as "
                f"sp.fixed_probability(0.1){hint}"
            )
        )
        return None
    found = rule.faults(_ends(p))
    faults += [ConnectivityError(f"{subject}: {fault}") for fault in found]
    return None if found else rule


def _ends(p: Projection) -> Ends:
    same = p.source.population is p.target.population
    return Ends.between(p.source.indices, p.target.indices, p.source.population.size, same)


def weight_of(
    p: Projection,
    rule: Rule | None,
    dimension: Dimension,
    bound: str,
    subject: str,
    faults: list[SpikesimError],
) -> Field | None:
    """The field of the weights; None, and a fault, where there are none that will do."""
    weight = p.weight
    own = None if rule is None else rule.own_weights()
    if own is not None and (weight is None or not rule_is_bare(rule)):
        if weight is not None:
            faults.append(
                ParameterError(
                    f"{subject}: weight is given, but the matrix has a unit, so its entries are "
                    "weights too; give one of them"
                )
            )
            return None
        weight = own
    if weight is None:
        if rule is not None:
            faults.append(
                ParameterError(
                    f"{subject} needs a weight, in {unit_name(dimension)}; give weight=..."
                )
            )
        return None
    plain = stripped(weight, dimension, f"{subject}, weight", faults)
    if plain is None:
        return None
    shared = is_shared(plain)
    made = Field("weight", "parameter", plain, "float", shared, dimension, bound=bound)
    faults += bad_weight(plain, made, subject)
    return made


def rule_is_bare(rule: Any) -> bool:
    """Are a rule's own weights numbers without a unit, which weight= may stand in for?"""
    return getattr(rule, "unit", None) is None and not is_quantity(getattr(rule, "matrix", None))


def bad_weight(plain: Any, weight: Field, subject: str) -> list[ParameterError]:
    """A fault if a weight is out of the bound that the synapse sets."""
    found = out_of_bounds(plain, weight, f"{subject}, weight")
    hint = "a conductance inhibits by its reversal potential: sp.synapses.ExpConductance(E=-80*mV)"
    conductive = weight.unit == CONDUCTANCE
    return [ParameterError(f"{fault}; {hint}") if conductive else fault for fault in found]


def _release(p: Projection, subject: str, faults: list[SpikesimError]) -> list[Field]:
    """The field of the probability of release, if there is one."""
    if p.release is None:
        return []
    plain = stripped(p.release, DIMENSIONLESS, f"{subject}, release", faults)
    if plain is None:
        return []
    drawn = isinstance(plain, Distribution)
    low, high = (plain.lowest(), plain.highest()) if drawn else (np.min(plain), np.max(plain))
    if low < 0 or high > 1:
        faults.append(
            ParameterError(
                f"{subject}: release goes from {low:g} to {high:g}; expected probabilities, 0 to 1"
                + ("; bound the distribution: low=0, high=1" if drawn else "")
            )
        )
        return []
    meaning = "probability that a spike is transmitted"
    return [Field("release", "parameter", plain, shared=is_shared(plain), meaning=meaning)]


def delays_of(
    p: Projection, least: float, subject: str, faults: list[SpikesimError]
) -> tuple[Any, Any]:
    """The axonal and the dendritic part; one number stands for an axonal delay."""
    given = {
        "delay": p.delay,
        "axonal_delay": p.axonal_delay,
        "dendritic_delay": p.dendritic_delay,
    }
    given = {word: value for word, value in given.items() if value is not None}
    plain = {w: _delay(w, v, least, subject, faults) for w, v in given.items()}
    if "delay" in plain and len(plain) > 1:
        faults.append(
            ParameterError(f"{subject}: give either delay, or axonal_delay and dendritic_delay")
        )
    if not plain:
        return least, 0.0
    return plain.get("delay", plain.get("axonal_delay", 0.0)), plain.get("dendritic_delay", 0.0)


def _delay(word: str, value: Any, least: float, subject: str, faults: list[SpikesimError]) -> Any:
    plain = stripped(value, TIME, f"{subject}, {word}", faults)
    if plain is None:
        return 0.0
    drawn = isinstance(plain, Distribution)
    lowest = plain.lowest() if drawn else float(np.min(plain)) if np.size(plain) else least
    shortest = least if word == "delay" and not drawn else 0.0
    # Half a step less still rounds up to the step; see ir.program.nearest_step.
    if lowest < 0 or lowest < 0.5 * shortest:
        got = f"{word} of {lowest:g} ms" if np.isfinite(lowest) else f"{word} without a lower bound"
        faults.append(
            ConnectivityError(
                f"{subject}: {got}; expected at least {shortest:g} ms"
                + (", bound the distribution: low=..." if drawn else "")
            )
        )
    return plain

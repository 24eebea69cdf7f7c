"""What is done to the synapses of a projection at an interval -> Upkeep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..connectivity.base import Ends
from ..distributions import Distribution, stripped
from ..errors import DescriptionError, ParameterError, SpikesimError
from ..ir.expr import Const, Op, Ref, where
from ..ir.program import Block, Edges, Field, Pairs, Rewire, Scale, Upkeep
from ..models.plasticity.rewiring import Rewiring
from ..models.plasticity.scaling import Scaling
from ..projection import Projection
from ..units import TRUTH, Dimension, unit_name
from .actions import interval_steps
from .plasticity import outside
from .values import value_of

ACTIVE = "active"


def upkeep_of(
    p: Projection, e: Edges | None, dt: float, faults: list[SpikesimError]
) -> tuple[Edges | None, list[Upkeep]]:
    """The edges, with a state that says which synapses are there where they come and go, and all
    that is done to them at intervals."""
    found: list[Upkeep] = []
    for interval, what in p.upkeep:
        subject = f"projection {p.name!r}, every {interval}"
        if p.plasticity is None:
            faults.append(
                DescriptionError(
                    f"{subject}: its synapses do not change; give the projection a rule, such as "
                    "plasticity=sp.plasticity.STDP(w_max=100*pA)"
                )
            )
            continue
        steps = interval_steps(interval, dt, subject, faults)
        if e is None or steps is None:
            continue
        e = _with_state(e)
        unit = e.field("weight").unit
        if isinstance(what, Scaling):
            total = _value(what.total, unit, f"{subject}, total", faults)
            size = len(p.target)
            if np.ndim(total) and np.shape(total) != (size,):
                faults.append(
                    ParameterError(
                        f"{subject}: total has shape {np.shape(total)}; expected one value, or "
                        f"{size}, one a target neuron"
                    )
                )
            faults += _wrong_sign(total, e, subject)
            found.append(Scale(e.name, steps, total))
        elif isinstance(what, Rewiring):
            if any(isinstance(other, Rewire) for other in found):
                faults.append(DescriptionError(f"{subject}: it is rewired already"))
                continue
            below, weight = (
                _value(v, unit, f"{subject}, {name}", faults)
                for name, v in (("below", what.below), ("weight", what.weight))
            )
            for name, v in (("below", below), ("weight", weight)):
                if np.ndim(v):
                    faults.append(
                        ParameterError(f"{subject}, {name}: expected one value, got {np.shape(v)}")
                    )
            whole = isinstance(what.budget, int | np.integer) and what.budget is not True
            if not whole or what.budget < 1:
                faults.append(
                    ParameterError(
                        f"{subject}: budget is {what.budget!r:.40}; expected how many synapses a "
                        "target neuron has, a whole number of at least 1"
                    )
                )
                continue
            faults += _out_of_reach(p, e, what.budget, below, weight, subject)
            e = _coming_and_going(e)
            found.append(Rewire(e.name, steps, int(what.budget), below, weight))
        else:
            faults.append(
                DescriptionError(
                    f"{subject}: {what!r:.60} can't be done; expected sp.plasticity.Scaling(...) "
                    "or sp.plasticity.Rewiring(...)"
                )
            )
    return e, found


def _value(value: Any, unit: Dimension, subject: str, faults: list[SpikesimError]) -> Any:
    found = stripped(value, unit, subject, faults)
    if isinstance(found, Distribution) or (found is not None and not np.isfinite(found).all()):
        faults.append(ParameterError(f"{subject}: expected finite numbers, got {value!r:.60}"))
    return found


def _bounds(e: Edges) -> Any:
    """The bounds of the weight, as far as they are known."""
    assert e.plasticity is not None
    known = {f.name: f.value for f in e.fields if f.kind == "parameter"}
    low, high = e.plasticity.bounds or (None, None)
    return [None if b is None else value_of(b, known) for b in (low, high)]


def _wrong_sign(total: Any, e: Edges, subject: str) -> list[SpikesimError]:
    low, high = _bounds(e)
    if total is None or not (
        (low is not None and np.min(low) >= 0 and np.min(total) < 0)
        or (high is not None and np.max(high) <= 0 and np.max(total) > 0)
    ):
        return []
    return [
        ParameterError(
            f"{subject}: total is {np.min(total):g} {unit_name(e.field('weight').unit)}, but the "
            "rule keeps weights of the other sign; give a total of their sign"
        )
    ]


def _out_of_reach(
    p: Projection, e: Edges, budget: int, below: Any, weight: Any, subject: str
) -> list[SpikesimError]:
    """What can't be: more synapses than places, and new ones that go at once."""
    assert e.plasticity is not None
    faults: list[SpikesimError] = []
    drawn = isinstance(e.pattern, Pairs)
    ends = Ends(len(p.source), len(p.target))
    places = (len(e.pattern) if drawn else e.pattern.expected(ends)) / max(len(p.target), 1)
    if budget > np.ceil(places):
        faults.append(
            ParameterError(
                f"{subject}: budget is {budget}, but a target has {places:g} places; give a "
                "smaller one, or connect more of them"
            )
        )
    if weight is not None and below is not None and not np.ndim(weight) and not np.ndim(below):
        sign = -1 if weight < 0 else 1
        if sign * weight < sign * below:
            faults.append(
                ParameterError(
                    f"{subject}: new synapses of {weight:g} are removed at once, as they are "
                    f"weaker than {below:g}; give a stronger weight, or a weaker below"
                )
            )
        known = {f.name: f.value for f in e.fields if f.kind == "parameter"}
        faults += outside(weight, e.plasticity.bounds, known, e.field("weight"), subject)
    return faults


def _with_state(e: Edges) -> Edges:
    """With a weight for each synapse, also where the rule itself does not change it."""
    fields = (replace(f, kind="state", shared=False) if f.name == "weight" else f for f in e.fields)
    return replace(e, fields=tuple(fields))


def _coming_and_going(e: Edges) -> Edges:
    """Only active synapses transmit, and only they learn."""
    assert e.plasticity is not None
    active = Field(
        ACTIVE, "state", True, "bool", unit=TRUTH, meaning="is there a synapse at this place?"
    )

    def gated(block: Block) -> Block:
        made = []
        for s in block:
            if s.target == "weight":
                s = replace(s, value=where(Ref(ACTIVE), s.value, Ref("weight")))
            elif s.target == "transmit":
                s = replace(s, value=where(Ref(ACTIVE), s.value, Op("mul", (Const(0.0), s.value))))
            made.append(s)
        return tuple(made)

    text = e.plasticity
    text = replace(
        text, each_step=gated(text.each_step), pre=gated(text.pre), post=gated(text.post)
    )
    return replace(e, fields=(*e.fields, active), plasticity=text)

"""Request -> Probe."""

from __future__ import annotations

import numpy as np

from ..distributions import stripped
from ..errors import DescriptionError, ParameterError, SpikesimError, UnknownNameError, did_you_mean
from ..ir.program import MOST_STEPS, PRECISE_OFFSET, Probe, View, nearest_step
from ..models.plasticity.rewiring import Rewiring
from ..recording import Request
from ..units import TIME
from .group import Group
from .upkeep import ACTIVE


def probe_of(
    request: Request, number: int, groups: dict[str, Group], dt: float, faults: list[SpikesimError]
) -> Probe | None:
    """The probe of a request; None where something is wrong."""
    view, what = request.view, request.what
    group = groups[view.population.name]
    subject = f"recording of {what!r} of {group.name!r}"
    place = View(group.name, view.index)
    every = _every(request, dt, subject, faults)
    window = _window(request, dt, subject, faults)
    events = {"spikes": "spike"} | {name: name for name in group.events() if name != "spike"}
    if what in ("spikes", "rate") and not group.spikes():
        faults.append(DescriptionError(f"{subject}: its model never spikes"))
    if what in events and request.every is not None:
        faults.append(
            ParameterError(
                f"{subject}: every {events[what]} is recorded; every= is for rates and state "
                "variables"
            )
        )
    if request.variables and what not in events:
        faults.append(
            ParameterError(
                f"{subject}: variables= names what is kept with each spike; to sample variables "
                f"over time, write net.record({group.name}, {list(request.variables)})"
            )
        )
    if what == "rate":
        return Probe(str(number), place, "", "spike", every, "rate", *window)
    fields = group.fields if group.source is None else group.source.fields
    states = [f.name for f in fields if f.kind == "state" and not (f.shared and what in events)]
    states += group.looked_at
    kept = tuple(dict.fromkeys(request.variables))
    words = [*states, *group.named(), "spikes", "rate", *(set(events) - {"spikes"})]
    known, wanted = (states, kept) if what in events else (words, (what,))
    unknown = [name for name in wanted if name not in states]
    if what in ("weight", "weights") and unknown:
        faults.append(
            DescriptionError(
                f"{subject}: weights belong to projections; write net.record(projection, "
                '"weight"), with what net.project(...) returned'
            )
        )
        return None
    for name in unknown:
        which = "such state variable" if name == what else f"state variable {name!r}"
        faults.append(UnknownNameError(f"{subject}: no {which}; {did_you_mean(name, known)}"))
    if unknown:
        return None
    if what == "spikes" and group.population.precise:
        if kept:
            faults.append(
                ParameterError(
                    f"{subject}: variables= is for spikes at the end of a step, but the population "
                    "is precise; leave one of them out"
                )
            )
        kept = (PRECISE_OFFSET,)
    if what in events:
        return Probe(str(number), place, "", events[what], every, "", *window, kept)
    return Probe(str(number), place, what, "", every, "", *window)


def synapse_probe_of(
    request: Request, number: int, dt: float, faults: list[SpikesimError]
) -> Probe | None:
    """The probe of a request of connections; None where something is wrong."""
    name, what = request.view.projection.name, request.what
    subject = f"recording of {what!r} of projection {name!r}"
    every = _every(request, dt, subject, faults)
    window = _window(request, dt, subject, faults)
    if request.variables:
        faults.append(ParameterError(f"{subject}: variables= is for spikes"))
    rule = getattr(request.view.projection.plasticity, "definition", None)
    declared = {} if rule is None else rule.declared
    known = ["weight", *(n for n, d in declared.items() if d.kind == "state")]
    known += [ACTIVE] * any(isinstance(w, Rewiring) for _, w in request.view.projection.upkeep)
    if what not in known:
        faults.append(
            UnknownNameError(
                f"{subject}: {did_you_mean(what, known)}; spikes, rates and states are "
                "recorded of populations"
            )
        )
        return None
    return Probe(str(number), View(name, request.view.index), what, "", every, "", *window)


def _every(request: Request, dt: float, subject: str, faults: list[SpikesimError]) -> int:
    """The interval in steps; 1, and a fault, where it is not a whole number of them."""
    if request.every is None:
        return 1
    interval = stripped(request.every, TIME, f"{subject}, every", faults)
    if interval is None:
        return 1
    if np.ndim(interval) or not isinstance(interval, float):
        faults.append(ParameterError(f"{subject}: every is {request.every}; expected one time"))
        return 1
    if not abs(interval / dt) <= MOST_STEPS:
        faults.append(
            ParameterError(
                f"{subject}: every is {request.every}; expected at most {MOST_STEPS} steps of "
                f"{dt:g} ms"
            )
        )
        return 1
    steps = round(interval / dt)
    if steps < 1 or abs(steps * dt - interval) > 1e-9 * interval:
        faults.append(
            ParameterError(
                f"{subject}: every {interval:g} ms is no multiple of dt = {dt:g} ms; choose one, "
                f"such as {max(1, steps) * dt:g} ms"
            )
        )
        return 1
    return steps


def _window(
    request: Request, dt: float, subject: str, faults: list[SpikesimError]
) -> tuple[int, int | None]:
    """The first step, and the one after the last; the whole run, and a fault, for what is none."""
    steps: list[int | None] = []
    for word, given in (("start", request.start), ("stop", request.stop)):
        time = None if given is None else stripped(given, TIME, f"{subject}, {word}", faults)
        if time is None:
            steps.append(None)
        elif np.ndim(time) or not isinstance(time, float) or not 0 <= time < 1e15:
            faults.append(
                ParameterError(f"{subject}: {word} is {given}; expected one time of at least 0")
            )
            steps.append(None)
        else:
            steps.append(int(nearest_step(time, dt)))
    start, stop = steps[0] or 0, steps[1]
    if stop is not None and stop <= start:
        faults.append(
            ParameterError(f"{subject}: stop, {request.stop}, is not after start, {request.start}")
        )
        return 0, None
    return start, stop

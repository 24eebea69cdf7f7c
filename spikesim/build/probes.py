"""Request -> Probe."""

from __future__ import annotations

import numpy as np

from ..distributions import stripped
from ..errors import DescriptionError, ParameterError, SpikesimError, UnknownNameError, did_you_mean
from ..ir.program import Probe, View
from ..recording import Request
from ..units import TIME
from .group import Group


def probe_of(
    request: Request, number: int, groups: dict[str, Group], dt: float, faults: list[SpikesimError]
) -> Probe | None:
    """The probe of a request; None where something is wrong."""
    view, what = request.view, request.what
    group = groups[view.population.name]
    subject = f"recording of {what!r} of {group.name!r}"
    place = View(group.name, view.index)
    every = _every(request, dt, subject, faults)
    if what in ("spikes", "rate"):
        if not group.spikes():
            faults.append(DescriptionError(f"{subject}: its model never spikes"))
        if what == "spikes" and request.every is not None:
            faults.append(
                ParameterError(
                    f"{subject}: every spike is recorded; every= is for rates and state variables"
                )
            )
        reduce = "rate" if what == "rate" else ""
        return Probe(str(number), place, event="spike", every=every, reduce=reduce)  # type: ignore[arg-type]
    fields = group.fields if group.source is None else group.source.fields
    states = [f.name for f in fields if f.kind == "state"]
    if what not in states:
        known = [*states, "spikes", "rate"]
        faults.append(
            UnknownNameError(f"{subject}: no such state variable; {did_you_mean(what, known)}")
        )
        return None
    return Probe(str(number), place, variable=what, every=every)


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

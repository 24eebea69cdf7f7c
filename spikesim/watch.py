"""Warnings of a run, once each: what most likely is not meant.

stiff: the method is explicit, and the step too long for it where a run begins, or a little later;
or it is too long for the strength of gap junctions.
silent: spikes are recorded, and there was none in a run of at least 100 ms.
saturated: a population fires in more than a third of the steps in which it is not refractory.
unstable: a variable with a differential equation exceeds a million in its unit, and a thousand
times what it was when the simulation began. Numbers without a unit may count anything.
window: what is to be recorded between two times ends after the run, or starts there.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .backends.base import State
from .backends.coupling import Joined
from .errors import RunWarning
from .ir.expr import references
from .recording.columns import Column
from .stability import Stability

if TYPE_CHECKING:
    from .model import Model

_LONG, _FULL, _HUGE, _GROWTH = 100.0, 1 / 3, 1e6, 1e3
_QUICK = 100_000  # junctions that are looked at in less than a second


def warn(message: str) -> None:
    """Warn, and blame the line outside of this package that led here."""
    frame, level = sys._getframe(1), 2
    package = __name__.partition(".")[0]
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, RunWarning, stacklevel=level)


class Watch:
    """What was said of a simulation; it is said once. only: it has one run."""

    def __init__(self, model: Model, given: Mapping[str, Any], only: bool = False):
        self.model, self.given, self.only = model, given, only
        self.said: set[str] = set()
        self.moving = [
            f"{g.name}.{d.variable}"
            for g in model.program.neurons
            for d in g.equations
            if str(g.field(d.variable).unit) not in ("", "1")
        ]
        self.bound: dict[str, float] = {}
        self.stability, self.looked = Stability(model, given), 0

    def begin(self, state: State, columns: Sequence[Column], end: int) -> None:
        """A run begins here, and is to go on up to a step."""
        if self.only:
            self._windows(columns, end)
        self.bound = self.bound or {
            n: max(_HUGE, _GROWTH * _magnitude(state[n])) for n in self.moving
        }
        self._stiff(state)

    def _windows(self, columns: Sequence[Column], end: int) -> None:
        """Those that are not all in the run."""
        dt = self.model.program.dt
        found: dict[str, None] = {}
        for c in columns:
            subject = f"{c.what!r} of {c.group!r}"
            if c.start >= end and c.start:
                found[f"{subject} from {c.start * dt:g} ms on: nothing of it"] = None
            elif c.stop is not None and c.stop > end:
                found[f"{subject} up to {c.stop * dt:g} ms: cut short"] = None
        if found:
            self._say(
                "window",
                f"the run ends at {end * dt:g} ms, before what is to be recorded: "
                f"{'; '.join(found)}. Run longer, or let start= and stop= lie in the run",
            )

    def look(self, state: State, t: float) -> None:
        """At the end of a chunk."""
        self._stiff(state)
        for name, bound in self.bound.items():
            if "unstable" not in self.said and _magnitude(state[name]) > bound:
                group, _, variable = name.partition(".")
                values = np.abs(np.asarray(state[name])).ravel()
                self._say(
                    "unstable",
                    f"population {group!r}: {variable} of neuron {int(values.argmax())} has grown "
                    f"to {values.max():.3g} by t = {t:g} ms; the step may be too long: try a "
                    "smaller dt or another method (method='exponential_euler' or 'rk4'), or look "
                    "for input that is too strong",
                )

    def _stiff(self, state: State) -> None:
        """At the first two moments there are: later ones would only cost time."""
        self.looked += 1
        dt = self.model.program.dt
        for group, method in self.stability.methods.items() if self.looked <= 2 else ():
            largest = self.stability.largest_step(group, state)
            if largest is not None and largest < dt:
                self._say(
                    "stiff",
                    f"population {group!r}: a step of {dt:g} ms is too long for its method, "
                    f"{method}, which is stable up to {largest:.2g} ms where the neurons are now; "
                    "take a smaller dt, or method='exponential_euler' where the equations allow it",
                )

        for coupling in self.stability.couplings if self.looked == 1 else ():
            if len(coupling.target) <= _QUICK and (told := self._too_long(coupling, state)):
                self._say("stiff", told)

    def _too_long(self, coupling: Joined, state: State) -> str:
        """What to say where a coupling is too strong for the step; nothing where it is not."""
        largest = self.stability.largest_coupled_step(coupling, state)
        edges, dt = coupling.edges, self.model.program.dt
        if largest is None or largest >= dt:
            return ""
        held = edges.continuous[0].each == "step"
        return (
            f"projection {edges.name!r}: a step of {dt:g} ms is too long for a coupling as strong, "
            f"which is stable up to about {largest:.2g} ms; take a smaller dt"
            + (", or evaluated='stage' with method='rk4'" if held else "")
        )

    def advice(self, group: str, state: State, neuron: int) -> str:
        """What to add to an error of a neuron that is no longer finite; `state` is from before."""
        for coupling in self.stability.couplings:
            if coupling.edges.target.group == group and (told := self._too_long(coupling, state)):
                return f". In {told}"
        if group not in self.stability.methods:
            return ""
        largest = self.stability.largest_step_ahead(group, state, neuron)
        dt, method = self.model.program.dt, self.stability.methods[group]
        if largest is None or largest >= dt:
            return ""
        return (
            f". With {method} the largest stable step is about {largest:.2g} ms, yours is {dt:g} ms"
        )

    def end(self, columns: list[Column], spikes: Mapping[str, int], first: int, end: int) -> None:
        """At the end of a run; spikes: how many of each column."""
        dt = self.model.program.dt
        counted = [c for c in columns if c.what == "spikes" and not c.start and c.stop is None]
        if counted and (end - first) * dt >= _LONG and not any(spikes.values()):
            self._say(
                "silent",
                f"nothing fired in {(end - first) * dt:g} ms, though spikes are recorded: look for "
                "input that is missing or too weak, or for a threshold out of reach",
            )
        for c in counted:
            held = self._refractory(c)
            possible = len(c.neurons) * (end - first) - spikes[c.name] * held
            if end - first >= 10 * (held + 10) and spikes[c.name] > _FULL * possible:
                rate = spikes[c.name] / (len(c.neurons) * (end - first) * dt) * 1e3
                self._say(
                    "saturated",
                    f"population {c.group!r} fires nearly whenever it can, at {rate:.0f} spikes/s "
                    "a neuron: look for input or recurrent excitation that is too strong, or for "
                    "a dt that is too long",
                )

    def _refractory(self, c: Column) -> int:
        """For how many steps a neuron can't fire after a spike: the least of any neuron's."""
        hold = self.model.program.group(c.group).hold
        if hold is None or hold.until is not None:
            return 0
        group, binder = self.model.lowered.group(c.group), self.model.binder
        scope = binder.scope(group, self.given) | {"dt": np.asarray(self.model.program.dt)}
        states = {f.name for f in group.fields if f.kind == "state"}
        if references(hold.steps) & states or not references(hold.steps) <= scope.keys():
            return 0  # it depends on states, or on time
        return int(np.min(binder.evaluate(hold.steps, scope)))

    def _say(self, what: str, message: str) -> None:
        if what not in self.said:
            self.said.add(what)
            warn(message)


def _magnitude(value: Any) -> float:
    values = np.asarray(value)
    return float(max(values.max(initial=0), -values.min(initial=0)))

"""Given spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..distributions import stripped
from ..errors import ParameterError, SpikesimError
from ..ir.expr import Const, Op, Ref, call
from ..ir.program import Event, Field, Neurons, Statement, nearest_step
from ..units import TIME
from .base import Source

_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class SpikeTimes(Source):
    """Sources that spike at given times.

    `times` is one array of times for each source, or, with `indices`, a flat array of times and
    the source of each. A spike is labelled with the end of its step, so the first possible time is
    one dt. Two spikes of one source in one step are refused.
    """

    times: Any
    indices: Any = None

    def neurons(self, name: str, size: int, dt: float, faults: list[SpikesimError]) -> Neurons:
        steps, index = self._flat(name, size, dt, faults)
        order = np.lexsort((steps, index))
        steps, index = steps[order], index[order]
        found = ParameterError
        if steps.size and steps.min() < 1:
            faults.append(
                found(
                    f"source {name!r}: a spike at {steps.min() * dt:g} ms; spikes are labelled with the "
                    f"end of their step, so the first possible time is dt = {dt:g} ms"
                )
            )
        twice = (np.diff(steps) == 0) & (np.diff(index) == 0)
        if twice.any():
            k = int(np.flatnonzero(twice)[0])
            faults.append(
                found(
                    f"source {name!r}: element {index[k]} has two spikes in the step ending at "
                    f"{steps[k] * dt:g} ms; give them to two sources"
                )
            )
        # One sentinel after each train; a cursor walks along it.
        counts = np.bincount(index, minlength=size)[:size]
        first = np.concatenate([[0], np.cumsum(counts + 1)])[:-1]
        table = np.full(int(counts.sum()) + size, _NEVER, dtype=np.int64)
        if not faults:
            table[np.arange(len(steps)) + index] = steps
        due = call(
            "eq",
            call("take", Ref("times"), Op("add", (Ref("first"), Ref("cursor")))),
            Op("add", (Ref("step"), Const(1))),
        )
        return Neurons(
            name,
            size,
            fields=(
                Field("times", "table", table, "int", meaning="steps of the spikes"),
                Field("first", "constant", first, "int", meaning="where each train starts"),
                Field("cursor", "state", 0, "int", meaning="spikes so far"),
            ),
            events=(Event("spike", due, (Statement("cursor", Const(1), "+="),)),),
            model="SpikeTimes",
        )

    def _flat(
        self, name: str, size: int, dt: float, faults: list[SpikesimError]
    ) -> tuple[np.ndarray, np.ndarray]:
        nothing = np.empty(0, np.int64), np.empty(0, np.int64)
        subject = f"source {name!r}, spike times"
        if self.indices is None:
            if len(self.times) != size:
                faults.append(
                    ParameterError(
                        f"{subject}: {len(self.times)} trains for {size} sources; give one each"
                    )
                )
                return nothing
            trains = [
                stripped(t, TIME, subject, faults) if np.size(t) else np.empty(0)
                for t in self.times
            ]
            if any(t is None for t in trains):
                return nothing
            trains = [np.atleast_1d(t) for t in trains]
            index = np.repeat(np.arange(size), [len(t) for t in trains])
            times = np.concatenate(trains) if trains else np.empty(0)
        else:
            plain = stripped(self.times, TIME, subject, faults)
            index = np.asarray(self.indices)
            if plain is None:
                return nothing
            times = np.atleast_1d(plain)
            if index.shape != times.shape or (
                index.size and not np.issubdtype(index.dtype, np.integer)
            ):
                faults.append(
                    ParameterError(
                        f"{subject}: expected as many integer indices as times, got "
                        f"{index.size} of {index.dtype} for {times.size} times"
                    )
                )
                return nothing
            if index.size and (index.min() < 0 or index.max() >= size):
                faults.append(
                    ParameterError(
                        f"{subject}: index {index.max() if index.max() >= size else index.min()} is out "
                        f"of range; there are {size} sources, 0 to {size - 1}"
                    )
                )
                return nothing
        return nearest_step(times, dt), index.astype(np.int64)

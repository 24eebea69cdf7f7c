"""Given spikes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..distributions import Distribution, stripped
from ..errors import ParameterError, SpikesimError, raise_all
from ..ir.expr import Const, Op, Ref, call
from ..ir.program import PRECISE_OFFSET, Block, Event, Field, Neurons, Statement, nearest_step
from ..units import TIME, bare_array
from .base import NEVER, Source

_AT_THE_END = 1e-9  # of a step
_OF_PRECISE = {"within", PRECISE_OFFSET}


@dataclass(frozen=True, eq=False)
class SpikeTimes(Source):
    """Sources that spike at given times.

    `times` is one array of times for each source, or, with `indices`, a flat array of times and
    the source of each. A spike is labelled with the end of its step, so the first possible time is
    one dt. Two spikes of one source in one step are refused. precise: set by
    `net.population(..., precise=True)`; times are not rounded, but those within 1e-9 of a step's
    length from its end.
    """

    times: Any
    indices: Any = None
    precise: bool = field(default=False, init=False)

    def between_steps(self) -> SpikeTimes:
        """The same with times that are not rounded to steps."""
        made = SpikeTimes(self.times, self.indices)
        object.__setattr__(made, "precise", True)
        return made

    def neurons(
        self, name: str, size: int, dt: float, seed: int, faults: list[SpikesimError]
    ) -> Neurons:
        found: list[SpikesimError] = []
        steps, index, offsets = self._sorted(name, size, dt, found)
        # One sentinel after each train; a cursor walks along it.
        counts = np.bincount(index, minlength=size)
        first = np.concatenate([[0], np.cumsum(counts + 1)])[:-1]
        table = np.full(len(steps) + size, NEVER, dtype=np.int64)
        table[np.arange(len(steps)) + index] = steps
        faults += found
        place = Op("add", (Ref("first"), Ref("cursor")))
        due = call("eq", call("take", Ref("times"), place), Op("add", (Ref("step"), Const(1))))
        between: tuple[Field, ...] = ()
        update: Block = ()
        if self.precise:
            within = np.full(len(table), dt)
            within[np.arange(len(steps)) + index] = offsets
            between = (
                Field("within", "table", within, meaning="times since their steps began"),
                Field(PRECISE_OFFSET, "state", dt),
            )
            update = (Statement(PRECISE_OFFSET, call("take", Ref("within"), place)),)
        return Neurons(
            name,
            size,
            fields=(
                Field("times", "table", table, "int", meaning="steps of the spikes"),
                Field("first", "constant", first, "int", meaning="where each train starts"),
                Field("cursor", "state", 0, "int", meaning="spikes so far"),
                *between,
            ),
            update=update,
            events=(Event("spike", due, (Statement("cursor", Const(1), "+="),)),),
            model="SpikeTimes",
        )

    def _sorted(
        self, name: str, size: int, dt: float, faults: list[SpikesimError]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Steps and source of all spikes, and when in the step they are, by source, then time;
        empty where something is wrong."""
        subject = f"source {name!r}, spike times"
        nothing = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        flat = self._listed(size, subject, faults) if self.indices is None else None
        if self.indices is not None:
            flat = self._paired(size, subject, faults)
        if flat is None:
            return nothing
        times, index = flat
        steps, offsets = nearest_step(times, dt), np.full(len(times), dt)
        if self.precise:
            steps = np.ceil(times / dt - _AT_THE_END).astype(np.int64)
            at_end = np.abs(times - steps * dt) <= _AT_THE_END * dt
            offsets = np.where(at_end, dt, np.clip(times - (steps - 1) * dt, 0.0, dt))
        order = np.lexsort((steps, index))
        steps, index, offsets = steps[order], index[order], offsets[order]
        if steps.size and steps.min() < 1:
            faults.append(
                ParameterError(
                    f"{subject}: a spike at {times.min():g} ms; "
                    + (
                        "a run starts at 0, and spikes come later"
                        if self.precise
                        else "spikes are labelled with the end of their step, so the first "
                        f"possible time is dt = {dt:g} ms"
                    )
                )
            )
        if steps.size and steps.max() >= NEVER:
            faults.append(
                ParameterError(
                    f"{subject}: {times.max():g} ms is more than 2^31 steps of {dt:g} ms"
                )
            )
        twice = np.flatnonzero((np.diff(steps) == 0) & (np.diff(index) == 0))
        if len(twice):
            k = int(twice[0])
            faults.append(
                ParameterError(
                    f"{subject}: element {index[k]} has two spikes in the step ending at "
                    f"{steps[k] * dt:g} ms; give them to two sources"
                )
            )
        return nothing if faults else (steps, index, offsets)

    def _listed(
        self, size: int, subject: str, faults: list[SpikesimError]
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Times and sources where there is one array of times for each source."""
        try:
            trains = list(self.times)
        except TypeError:
            faults.append(
                ParameterError(
                    f"{subject}: got {self.times}, expected one array of times for each source"
                )
            )
            return None
        if size == 1 and len(trains) != 1:
            trains = [self.times]  # for one source, its times need no list around them
        if len(trains) != size:
            faults.append(
                ParameterError(f"{subject}: {len(trains)} trains for {size} sources; give one each")
            )
            return None
        plain = []
        for k, train in enumerate(trains):
            bare = bare_array(train)
            empty = bare is not None and bare.size == 0
            times = np.empty(0) if empty else stripped(train, TIME, f"{subject} of {k}", faults)
            if times is not None and (isinstance(times, Distribution) or np.ndim(times) > 1):
                faults.append(ParameterError(f"{subject} of {k}: expected an array of times"))
            if faults:  # one is enough: the others will be the same
                return None
            plain.append(np.atleast_1d(times))
        index = np.repeat(np.arange(size), [len(times) for times in plain])
        return np.concatenate(plain), index

    def _paired(
        self, size: int, subject: str, faults: list[SpikesimError]
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Times and sources where each time comes with the source."""
        bare = bare_array(self.times)
        empty = bare is not None and bare.size == 0
        plain = np.empty(0) if empty else stripped(self.times, TIME, subject, faults)
        if plain is None:
            return None
        times, listed = np.atleast_1d(plain), bare_array(self.indices)
        index = np.empty((0, 0)) if listed is None else np.atleast_1d(listed)
        whole = not index.size or np.issubdtype(index.dtype, np.integer)
        if times.ndim != 1 or index.shape != times.shape or not whole:
            faults.append(
                ParameterError(
                    f"{subject}: expected as many integer indices as times, got {index.size} of "
                    f"{index.dtype} for {times.size} times"
                )
            )
            return None
        if index.size and (index.min() < 0 or index.max() >= size):
            worst = index.max() if index.max() >= size else index.min()
            faults.append(
                ParameterError(
                    f"{subject}: index {worst} is out of range; there are {size} sources, 0 to "
                    f"{size - 1}"
                )
            )
            return None
        return times, index.astype(np.int64)


def is_replaceable(group: Neurons) -> bool:
    """Is it a population of given spikes, of which a run may be given others?"""
    return {f.name for f in group.fields} - _OF_PRECISE == {"times", "first", "cursor"}


def replaced(
    group: Neurons, times: Any, indices: Any, dt: float, capacity: int, step: int
) -> dict[str, np.ndarray]:
    """The tables of other spikes, all later than `step`: `times` and `first`; `within`, if precise.

    capacity: the length of the present table, which is kept, or doubled as often as need be, so
    that no program has to be compiled anew for every list. Raises what a network would.
    """
    faults: list[SpikesimError] = []
    given = SpikeTimes(times, indices)
    if any(f.name in _OF_PRECISE for f in group.fields):
        given = given.between_steps()
    made = given.neurons(group.name, group.size, dt, 0, faults)
    table, first = made.field("times").value, made.field("first").value
    if not faults and table.min() <= step:
        faults.append(
            ParameterError(
                f"source {group.name!r}, spike times: a spike at {table.min() * dt:g} ms, but the "
                f"simulation is at {step * dt:g} ms; give those that are to come"
            )
        )
    raise_all("the spikes", faults)
    while capacity < len(table):
        capacity *= 2
    padded = np.full(capacity, NEVER, np.int64)
    padded[: len(table)] = table
    tables = {"times": padded, "first": first}
    if given.precise:
        within = np.full(capacity, dt)
        within[: len(table)] = made.field("within").value
        tables["within"] = within
    return tables


def sent(times: np.ndarray, first: np.ndarray, step: int) -> np.ndarray:
    """How many spikes of each source lie at `step` or before: where its cursor stands then."""
    past = np.concatenate([[0], np.cumsum(times <= step)])
    return np.diff(past[np.append(first, len(times))]).astype(np.int32)

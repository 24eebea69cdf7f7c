"""What a run is asked for: how long; when to ask a condition, or keep a checkpoint; its sink."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .distributions import stripped
from .errors import CheckpointError, ParameterError, SpikesimError, raise_all
from .files import check, checked_path
from .ir.program import nearest_step
from .moment import Moment
from .recording.disk import Disk
from .recording.sinks import Memory, Sink
from .units import TIME

_FOREVER = 2**31 - 1
_ASKED, _KEPT = 10.0, 1000.0  # ms, unless `every` is given


@dataclass(frozen=True)
class Schedule:
    """steps: of the run. asking, keeping: steps between questions and checkpoints, 0: never."""

    steps: int
    until: Callable[[Moment], Any] | None
    asking: int
    checkpoint: Path | None
    keeping: int
    sink: Sink
    progress: bool

    @classmethod
    def of(
        cls,
        dt: float,
        step: int,
        duration: Any,
        *,
        until: Any = None,
        every: Any = None,
        sink: Any = None,
        progress: Any = False,
        checkpoint: Any = None,
    ) -> Schedule:
        """What a user asked for, at a step. Raises all that is wrong with it, before anything runs;
        CheckpointError where the checkpoint can't be written."""
        faults: list[SpikesimError] = []
        steps = _steps(duration, dt, "duration", faults)
        if step + (steps or 0) > _FOREVER:
            faults.append(
                ParameterError(f"the run would end after {_FOREVER} steps, which is the most")
            )
        beat = None if every is None else _steps(every, dt, "every", faults)
        if beat == 0:
            faults.append(ParameterError(f"every is {every}; expected a step, {dt:g} ms, or more"))
        if every is not None and until is None and checkpoint is None:
            faults.append(
                ParameterError(
                    f"every is {every}, but there is no until= and no checkpoint=, whose interval "
                    "it is; that of samples is net.record(..., every=...)"
                )
            )
        if until is not None and not callable(until):
            faults.append(
                ParameterError(
                    f"until is {until!r:.60}; expected a function of a moment, such as "
                    "until=lambda moment: moment.spikes['exc'] > 100; how long to run is `duration`"
                )
            )
        if sink is not None and not isinstance(sink, Sink):
            hint = f"sp.to_disk({str(sink)!r})" if isinstance(sink, str | os.PathLike) else "a sink"
            faults.append(
                ParameterError(
                    f"sink is {sink!r:.60}; write sink={hint}, or leave it out to record in memory"
                )
            )
        if not isinstance(progress, bool):
            faults.append(ParameterError(f"progress is {progress!r:.60}; expected True or False"))
        try:
            place = None if checkpoint is None else Path(checked_path(checkpoint, "checkpoint"))
        except ParameterError as fault:
            faults.append(fault)
            place = None
        if place and isinstance(sink, Disk) and place.resolve().is_relative_to(sink.path):
            faults.append(
                ParameterError(
                    f"checkpoint is {str(place)!r:.60}, which is the recording or a part of it; "
                    "give it a name beside it"
                )
            )
        raise_all("run", faults)
        if place is not None and not place.exists():
            check(place, CheckpointError)
        asking, keeping = (beat or max(1, round(usual / dt)) for usual in (_ASKED, _KEPT))
        return cls(
            steps or 0,
            until,
            asking if until else 0,
            place,
            keeping if place is not None else 0,
            Memory() if sink is None else sink,
            progress,
        )

    @property
    def beats(self) -> tuple[int, ...]:
        """Intervals at whose multiples there is something to do."""
        return tuple(n for n in (self.asking, self.keeping) if n)

    def over(self, moment: Moment) -> bool:
        """Does the condition end the run here? Raises ParameterError for an odd answer."""
        answer = self.until(moment) if self.until else False
        if answer is None or isinstance(answer, bool | np.bool_):
            return bool(answer)
        hint = "; of an array take .any() or .all()" if isinstance(answer, np.ndarray) else ""
        raise ParameterError(
            f"until returned {answer!r:.60} at {moment.t:g} ms; expected True, to end the run, or "
            f"False{hint}"
        )


def _steps(time: Any, dt: float, subject: str, faults: list[SpikesimError]) -> int | None:
    """A time in steps; None, and a fault, for what is none."""
    plain = stripped(time, TIME, subject, faults)
    if plain is None:
        return None
    if np.ndim(plain) or not isinstance(plain, float | int) or plain < 0:
        faults.append(ParameterError(f"{subject} is {time!s:.60}; expected one time of at least 0"))
        return None
    return int(nearest_step(min(plain, 1e15), dt))

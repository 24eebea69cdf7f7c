"""A run that goes on: in one process, from a stored state, or from a file."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__, checkpoint
from .backends.base import Running, State
from .backends.drive import Taken, chunks
from .errors import CheckpointError, ParameterError
from .ir.program import nearest_step
from .progress import progress_bar
from .readout import read_out
from .recording.columns import Picker
from .recording.sinks import Memory, Sink
from .results import Results
from .units import TIME, strip

if TYPE_CHECKING:
    from .model import Model

_FOREVER = 2**31 - 1


@dataclass(frozen=True)
class Stored:
    """A moment of a simulation, to go back to."""

    step: int
    state: State


@dataclass(frozen=True)
class Moment:
    """What a condition sees: the time, ms, spikes since it was last asked, and states.

    spikes: how many of each column of recorded spikes, by population. states: arrays by
    ("population", "variable").
    """

    t: float
    spikes: Mapping[str, int]
    states: Mapping[tuple[str, str], np.ndarray]


class Simulation:
    """A model with values and a seed, at a step; `run` takes it further. See Model.start."""

    def __init__(self, model: Model, params: Mapping[str, Any] | None, seed: int):
        self.model, self.seed = model, seed
        self.given = model.binder.given(params or {})
        model.check(self.given)
        self.step, self._state = 0, self._prepared().start()

    def _prepared(self) -> Running:
        """Made ready anew for each run: others of the same model may have had other weights."""
        return self.model.executable.prepare(self.model.binder.bind_given(self.given), self.seed)

    @property
    def t(self) -> float:
        """The time it has reached, ms."""
        return self.step * self.model.program.dt

    # going on

    def run(
        self,
        duration: Any,
        *,
        until: Callable[[Moment], bool] | None = None,
        every: Any = None,
        sink: Sink | None = None,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Results:
        """Run on for `duration` (a time), rounded to whole steps; results of this stretch alone.

        until: ends the run when it returns True; it is asked at every multiple of `every` (a time;
        default 10 ms). sink: where recordings go; default memory. checkpoint: a file in which the
        run is kept at every multiple of `every` (default 1 s); where it exists, an earlier process
        was stopped in this very run, which is then taken up there. It is removed at the end.

        Ctrl-C ends the run after the chunk being taken; what was recorded is kept, and
        `results.complete` is False. Raises CheckpointError for a checkpoint of another run.
        """
        steps = self._steps(duration, "duration")
        if self.step + steps > _FOREVER:
            raise ParameterError(f"the run would end after {_FOREVER} steps, which is the most")
        interval = self._interval(every, 10.0 if until else 1000.0)
        sink = Memory() if sink is None else sink
        stretch = _Stretch(self, self.step, steps, sink)
        if checkpoint is not None and Path(checkpoint).exists():
            stretch.resume(*self._read(checkpoint))
        dt, watched = self.model.program.dt, until is not None or checkpoint is not None
        with progress_bar(steps, dt, progress) as advance, _interrupted() as interrupted:
            advance(self.step - stretch.first)
            for taken in self._chunks(stretch.end - self.step, interval if watched else None):
                stretch.take(taken)
                advance(taken.count)
                if interrupted() or (until and stretch.due(interval) and until(stretch.moment())):
                    break
                if checkpoint is not None and stretch.due(interval) and self.step < stretch.end:
                    stretch.write(checkpoint)
        if checkpoint is not None and self.step == stretch.end:
            Path(checkpoint).unlink(missing_ok=True)
        return stretch.results(complete=self.step == stretch.end or not interrupted())

    def _chunks(self, steps: int, interval: int | None) -> Iterator[Taken]:
        """Chunks that end at every multiple of the interval."""
        end, running = self.step + steps, self._prepared()
        while self.step < end:
            there = end if interval is None else min(end, (self.step // interval + 1) * interval)
            yield from chunks(
                self.model.lowered, running, self._state, self.step, there - self.step
            )

    # going back

    def store(self) -> Stored:
        """The present moment, for `restore`."""
        return Stored(self.step, self._state)

    def restore(self, moment: Stored) -> None:
        """Back to a moment of this simulation, or of another of the same model."""
        if not isinstance(moment, Stored) or moment.state.keys() != self._state.keys():
            raise ParameterError("restore: expected what `store()` of the same model returned")
        self.step, self._state = moment.step, moment.state

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the present moment to a file, for Model.load. Raises CheckpointError."""
        checkpoint.write(path, self._header(), self._arrays())

    def _header(self) -> dict[str, Any]:
        return {
            "network": self.model.fingerprint,
            "options": str(self.model.options),
            "backend": self.model.backend,
            "version": __version__,
            "seed": self.seed,
            "step": self.step,
        }

    def _arrays(self) -> dict[str, np.ndarray]:
        given = {f"given/{name}": np.asarray(v) for name, v in self.given.items()}
        return given | {f"state/{name}": v for name, v in _flat(self._state).items()}

    def _read(self, path: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The content of a checkpoint of this very simulation."""
        header, arrays = checkpoint.read(path)
        mine = self._header()
        other = [k for k in ("network", "options", "backend", "seed") if header.get(k) != mine[k]]
        given = {n.removeprefix("given/"): v for n, v in arrays.items() if n.startswith("given/")}
        if given.keys() != self.given.keys() or any(
            not np.array_equal(given[n], v, equal_nan=True) for n, v in self.given.items()
        ):
            other.append("params")
        if other:
            raise CheckpointError(
                f"{path} is a checkpoint of another run: it differs in {', '.join(other)}; give "
                "another file name, or delete it to run from the start"
            )
        return header, arrays

    def _go_to(self, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        flat = {n.removeprefix("state/"): v for n, v in arrays.items() if n.startswith("state/")}
        self.step, self._state = int(header["step"]), _unflat(flat, self._state)

    def _steps(self, time: Any, subject: str) -> int:
        plain = strip(time, TIME, subject)
        if np.ndim(plain) or not np.isfinite(plain) or plain < 0:
            raise ParameterError(f"{subject} is {plain} ms; expected a time of at least 0")
        return int(nearest_step(min(plain, 1e15), self.model.program.dt))

    def _interval(self, every: Any, default: float) -> int:
        if every is None:
            return max(1, round(default / self.model.program.dt))
        steps = self._steps(every, "every")
        if steps < 1:
            raise ParameterError(f"every is {every}; expected at least one step")
        return steps

    def __repr__(self) -> str:
        return f"Simulation of {self.model!r} at {self.t:g} ms"


def load(model: Model, path: str | os.PathLike[str]) -> Simulation:
    """The simulation that was saved to a file, at the moment at which it was."""
    header, arrays = checkpoint.read(path)
    simulation = Simulation(model, None, int(header.get("seed", 0)))
    simulation.given = {
        n.removeprefix("given/"): v for n, v in arrays.items() if n.startswith("given/")
    }
    simulation._go_to(*simulation._read(path))
    return simulation


class _Stretch:
    """One call of `run`: where it started, where its recordings go."""

    def __init__(self, simulation: Simulation, first: int, steps: int, sink: Sink):
        self.simulation, self.first, self.end, self.sink = simulation, first, first + steps, sink
        model = simulation.model
        self.picker = Picker(model.lowered, first)
        self.about = {
            "dt": model.program.dt, "first": first, "seed": simulation.seed,
            "backend": model.backend, "version": __version__,
        }  # fmt: skip
        self.counts: dict[str, int] = {}
        self.began = time.perf_counter()
        sink.open(self.picker.columns, self.about)

    def take(self, taken: Taken) -> None:
        piece = self.picker.pick(taken.first, taken.count, taken.spikes, taken.samples)
        self.sink.add(piece)
        for c in self.picker.columns:
            if c.is_spikes:
                self.counts[c.group] = self.counts.get(c.group, 0) + len(piece[c.name][0])
        self.simulation.step, self.simulation._state = taken.end, taken.state

    def due(self, interval: int) -> bool:
        return self.simulation.step % interval == 0

    def moment(self) -> Moment:
        counts, self.counts = self.counts, {}
        return Moment(self.simulation.t, counts, self._states())

    def _states(self) -> dict[tuple[str, str], np.ndarray]:
        state = self.simulation._state
        return {
            (g.name, f.name): np.array(state[f"{g.name}.{f.name}"])
            for g in self.simulation.model.lowered.neurons
            for f in g.fields
            if f.kind == "state"
        }

    def write(self, path: Any) -> None:
        header = self.simulation._header() | {
            "first": self.first, "end": self.end, "sink": type(self.sink).__name__,
            "bins": [[name, *bin_] for name, bin_ in self.picker.bins.items()],
        }  # fmt: skip
        marks = {f"sink/{name}": v for name, v in self.sink.mark().items()}
        checkpoint.write(path, header, self.simulation._arrays() | marks)

    def resume(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        wanted = {"first": self.first, "end": self.end, "sink": type(self.sink).__name__}
        other = [name for name, value in wanted.items() if header.get(name) != value]
        if other:
            raise CheckpointError(
                f"the checkpoint is of a run with another {', '.join(other)}; give another file "
                "name, or delete it to run from the start"
            )
        marks = {n.removeprefix("sink/"): v for n, v in arrays.items() if n.startswith("sink/")}
        self.sink.rewind(marks)
        self.picker.bins = {name: (int(a), int(b), float(c)) for name, a, b, c in header["bins"]}
        self.simulation._go_to(header, arrays)

    def results(self, complete: bool) -> Results:
        self.sink.add(self.picker.rest())
        final: dict[str, dict[str, np.ndarray]] = {
            g.name: {} for g in self.simulation.model.lowered.neurons
        }
        for (group, name), value in self._states().items():
            final[group][name] = value
        self.sink.close(self.simulation.step, final)
        content = self.sink.content()
        columns = [c for c in self.picker.columns if c.name in content]
        span = self.first, self.simulation.step
        took = time.perf_counter() - self.began
        return read_out(columns, content, final, span, self.about, complete, took)


def _flat(state: State) -> dict[str, np.ndarray]:
    """Arrays by name, those of a tuple by number."""
    flat: dict[str, np.ndarray] = {}
    for name, value in state.items():
        if isinstance(value, tuple):
            flat |= {f"{name}/{k}": np.asarray(v) for k, v in enumerate(value)}
        else:
            flat[name] = np.asarray(value)
    return flat


def _unflat(flat: Mapping[str, np.ndarray], like: State) -> State:
    state: State = {}
    for name, value in like.items():
        if isinstance(value, tuple):
            state[name] = tuple(flat[f"{name}/{k}"] for k in range(len(value)))
        else:
            state[name] = flat[name]
    return state


@contextmanager
def _interrupted() -> Iterator[Callable[[], bool]]:
    """A function that says whether Ctrl-C was pressed; a second time it raises as always."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    pressed: list[int] = []

    def note(number: int, frame: Any) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)
        warnings.warn(
            "the run was interrupted; it ends here, with what was recorded so far (press Ctrl-C "
            "again to give it up)", RuntimeWarning, stacklevel=2,
        )  # fmt: skip

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)

"""A run that goes on: in one process, from a stored state, or from a file."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .backends.base import Running, State
from .backends.drive import Taken, chunks, sample_steps
from .checkpoint import read, write
from .errors import (
    CheckpointError,
    NotFiniteError,
    ParameterError,
    UnknownNameError,
    did_you_mean,
)
from .files import check, tidy
from .interrupt import interrupted
from .ir.program import nearest_step
from .progress import progress_bar
from .readout import read_out
from .recording.columns import Picker
from .recording.sinks import Memory, Sink
from .results import Results
from .stimuli.spike_times import is_replaceable, replaced, sent
from .units import TIME, strip
from .watch import Watch, warn

if TYPE_CHECKING:
    from .model import Model

_FOREVER = 2**31 - 1


@dataclass(frozen=True)
class Stored:
    """A moment of a simulation, to go back to."""

    step: int
    state: State
    given: Mapping[str, Any]
    seed: int
    of: Mapping[str, str]


@dataclass(frozen=True)
class Moment:
    """What a condition sees: the time, ms, spikes since it was last asked, and states.

    spikes: how many were recorded, by population. states: arrays by
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
        self._watch = Watch(model, self.given)

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
        sink: Any = None,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Results:
        """Run on for `duration` (a time), rounded to whole steps; results of this stretch alone.

        until: ends the run when it returns True; it is asked at every multiple of `every` (a time;
        default 10 ms). sink: where recordings go; default memory. checkpoint: a file in which the
        run is kept at every multiple of `every` (default 1 s); where it exists, an earlier process
        was stopped in this very run, which is then taken up there. It is removed at the end, but
        stays beside a recording on disk: the same call then gives its results again at once.

        Ctrl-C ends the run after the chunk being taken; what was recorded is kept, and
        `results.complete` is False. Where it was at its end by then, everything is kept and
        complete, and KeyboardInterrupt is raised, so that a loop of short runs ends too. Raises
        CheckpointError for a checkpoint of another run, and RecordingError where the sink can't be
        written.
        """
        steps = self._steps(duration, "duration")
        if self.step + steps > _FOREVER:
            raise ParameterError(f"the run would end after {_FOREVER} steps, which is the most")
        asking = self._interval(every, 10.0) if until else 0
        keeping = self._interval(every, 1000.0) if checkpoint is not None else 0
        if sink is not None and not isinstance(sink, Sink):
            hint = f"sp.to_disk({str(sink)!r})" if isinstance(sink, str | os.PathLike) else "a sink"
            raise ParameterError(
                f"sink is {sink!r:.60}; write sink={hint}, or leave it out to record in memory"
            )
        if checkpoint is not None and not os.path.exists(checkpoint):
            check(checkpoint, CheckpointError)
        stretch = _Stretch(self, steps, Memory() if sink is None else sink, checkpoint)
        dt, done, stopped = self.model.program.dt, self.step - stretch.first, False
        with stretch, progress_bar(steps, dt, progress, done) as advance, interrupted() as pressed:
            end = self.step if stretch.over else stretch.end
            for taken in self._chunks(end, [n for n in (asking, keeping) if n]):
                stretch.take(taken)
                advance(taken.count)
                if self.step == stretch.end:
                    break
                if until and self.step % asking == 0 and until(stretch.moment()):
                    break
                stopped = pressed()
                if checkpoint is not None and (stopped or self.step % keeping == 0):
                    stretch.write(checkpoint)
                if stopped:
                    break
        at_end = pressed() and not stopped
        lasting = checkpoint is not None and stretch.sink.lasting
        if lasting and not stopped:
            stretch.write(checkpoint, over=True)
        results = stretch.results(complete=not stopped)
        if checkpoint is not None and not stopped:
            tidy(checkpoint)
            if not lasting:
                Path(os.path.realpath(checkpoint)).unlink(missing_ok=True)
        if at_end:
            raise KeyboardInterrupt
        if not results.complete:
            warn(f"the run was interrupted at {self.t:g} ms; what was recorded so far is kept")
        return results

    def _chunks(self, end: int, beats: Sequence[int]) -> Iterator[Taken]:
        """Chunks up to a step; one ends at each multiple of every beat."""
        running = self._prepared()
        while self.step < end:
            there = min([end, *((self.step // n + 1) * n for n in beats)])
            try:
                yield from chunks(
                    self.model.lowered, running, self._state, self.step, there - self.step
                )
            except NotFiniteError as fault:
                advice = self._watch.advice(fault.group, self._state, fault.neuron)
                raise NotFiniteError(f"{fault}{advice}", fault.group, fault.neuron) from None

    def set_spikes(self, population: str, times: Any, indices: Any = None) -> None:
        """New spikes for a population of `sp.spike_times`, in place of those still to come.

        times, indices: as `sp.spike_times` has them; all after the present time. Nothing is
        compiled anew, but on the backend jax when there are more spikes than ever before (room is
        doubled). Raises UnknownNameError or ParameterError.
        """
        groups = {g.name: g for g in self.model.lowered.neurons if is_replaceable(g)}
        if population not in groups:
            raise UnknownNameError(
                f"set_spikes: no population of sp.spike_times {population!r:.60}; "
                f"{did_you_mean(str(population), groups)}"
            )
        group = groups[population]
        known = self.given.get(f"{population}.times", group.field("times").value)
        dt = self.model.program.dt
        tables = replaced(group, times, indices, dt, len(known), self.step)
        self.given |= {f"{population}.{name}": table for name, table in tables.items()}
        self._aim()

    def _aim(self) -> None:
        """Let the cursors of given spikes stand where they are at this step."""
        for group in filter(is_replaceable, self.model.lowered.neurons):
            times, first = (
                self.given.get(f"{group.name}.{table}", group.field(table).value)
                for table in ("times", "first")
            )
            self._state = self._state | {f"{group.name}.cursor": sent(times, first, self.step)}

    # going back

    def store(self) -> Stored:
        """The present moment, for `restore`."""
        return Stored(self.step, self._state, dict(self.given), self.seed, _described(self.model))

    def restore(self, moment: Stored) -> None:
        """Back to a moment of this simulation, or of another of the same model.

        Parameters and seed remain those of this simulation: of the moment it takes the states, and
        the spikes under way, which arrive with the weights that there are when they do.
        """
        if not isinstance(moment, Stored):
            raise ParameterError(
                f"restore: expected what `store()` returned, got {moment!r:.60}; a file is read by "
                "Model.load"
            )
        for what, mine in _described(self.model).items():
            if moment.of[what] != mine:
                told = "" if what == "network" else f" ({moment.of[what]}, this is {mine})"
                raise ParameterError(
                    f"restore: the moment is of another {what}{told}; compile the same network "
                    "with the same options"
                )
        state = moment.state
        if moment.seed != self.seed or not _same(moment.given, self.given):
            state = self._prepared().resend(state, moment.step)
        self.step, self._state = moment.step, state
        self._aim()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the present moment to a file, for Model.load. Raises CheckpointError."""
        write(path, self._header(), self._arrays())

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
        header, arrays = read(path)
        mine = self._header()
        of = ("network", "options", "backend", "version", "seed")
        other = [f"{k} ({header.get(k)!s:.40})" for k in of if header.get(k) != mine[k]]
        given = _under("given", arrays)
        if given.keys() != self.given.keys() or any(
            not np.array_equal(given[n], v, equal_nan=True) for n, v in self.given.items()
        ):
            other.append("params")
        if other:
            raise CheckpointError(
                f"{path} is a checkpoint of another run: it differs in {', '.join(other)}; give "
                "another file name, or delete it to run from the start"
            )
        if reason := _misfit(_under("state", arrays), self._state):
            raise CheckpointError(
                f"{path} can't be taken up: {reason}; was it written on a machine with another "
                "number of processors?"
            )
        if not isinstance(header.get("step"), int) or not 0 <= header["step"] <= _FOREVER:
            raise CheckpointError(f"{path} is broken: its step is {header.get('step')!r:.40}")
        return header, arrays

    def _go_to(self, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        self.step, self._state = header["step"], _unflat(_under("state", arrays), self._state)

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
    header, arrays = read(path)
    seed = header.get("seed")
    simulation = Simulation(model, None, seed if isinstance(seed, int) else 0)
    simulation.given = _under("given", arrays)
    lists = [g.name for g in model.lowered.neurons if is_replaceable(g)]
    tables = {f"{name}.{table}" for name in lists for table in ("times", "first")}
    if unknown := simulation.given.keys() - model.binder.settable.keys() - tables:
        raise CheckpointError(f"{path} is a checkpoint of another network: it has {min(unknown)!r}")
    simulation._watch = Watch(model, simulation.given)
    simulation._go_to(*simulation._read(path))
    return simulation


class _Stretch:
    """One call of `run`: where it started, where its recordings go.

    counts: spikes of each column; asked: those up to the last time the condition was asked.
    """

    def __init__(self, simulation: Simulation, steps: int, sink: Sink, checkpoint: Any):
        self.simulation, self.sink = simulation, sink
        self.first, self.end = simulation.step, simulation.step + steps
        self.over = False  # was it at its end when an earlier process was stopped?
        model = simulation.model
        self.picker = Picker(model.lowered, self.first, model.synapses)
        self.weights = model.weights(simulation.given)
        self.counts = {c.name: 0 for c in self.picker.columns if c.is_spikes}
        self.asked = dict(self.counts)
        self.about = {
            "dt": model.program.dt, "first": self.first, "seed": simulation.seed,
            "backend": model.backend, "version": __version__,
            "run": "" if checkpoint is None else self._identity(),
        }  # fmt: skip
        self.began = time.perf_counter()
        if checkpoint is not None and Path(checkpoint).exists():
            self._resume(checkpoint)
        else:
            sink.open(self.picker.columns, self.about)
        simulation._watch.begin(simulation._state)

    def __enter__(self) -> _Stretch:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is not None:
            self.sink.abandon()

    def _identity(self) -> str:
        """A number for this run: equal for the same run in another process."""
        header = self.simulation._header() | {"end": self.end}
        digest = hashlib.sha256(json.dumps(header).encode())
        for name, value in sorted(self.simulation.given.items()):
            array = np.asarray(value)
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode() + array.tobytes())
        for name, array in sorted(_flat(self.simulation._state).items() if self.first else ()):
            digest.update(name.encode() + array.tobytes())
        return digest.hexdigest()

    def take(self, taken: Taken) -> None:
        samples = dict(taken.samples)
        for c in self.picker.synapses:
            count = len(sample_steps(taken.first, taken.count, c.every))
            samples[c.name] = np.broadcast_to(self.weights[c.name], (count, len(c.neurons)))
        piece = self.picker.pick(taken.first, taken.count, taken.spikes, samples, taken.logs)
        self.sink.add(piece, taken.end)
        for name in self.counts:
            self.counts[name] += len(piece[name][0])
        self.simulation.step, self.simulation._state = taken.end, taken.state
        self.simulation._watch.look(taken.state, self.simulation.t)

    def moment(self) -> Moment:
        spikes: dict[str, int] = {}
        for c in self.picker.columns:
            if c.is_spikes:
                new = self.counts[c.name] - self.asked[c.name]
                spikes[c.group] = spikes.get(c.group, 0) + new
        self.asked = dict(self.counts)
        return Moment(self.simulation.t, spikes, self._states())

    def _states(self) -> dict[tuple[str, str], np.ndarray]:
        state = self.simulation._state
        return {
            (g.name, f.name): np.array(state[f"{g.name}.{f.name}"])
            for g in self.simulation.model.lowered.neurons
            for f in g.fields
            if f.kind == "state"
        }

    def write(self, path: Any, over: bool = False) -> None:
        """Write a checkpoint. over: the run ends here."""
        header = self.simulation._header() | {
            "first": self.first, "end": self.end, "run": self.about["run"], "over": over,
            "sink": type(self.sink).__name__,
            "bins": [[name, *bin_] for name, bin_ in self.picker.bins.items()],
            "counts": self.counts, "asked": self.asked,
        }  # fmt: skip
        marks = {f"sink/{name}": v for name, v in self.sink.mark().items()}
        write(path, header, self.simulation._arrays() | marks)

    def _resume(self, path: Any) -> None:
        header, arrays = self.simulation._read(path)
        wanted = {"first": self.first, "end": self.end, "sink": type(self.sink).__name__}
        other = [f"{name} ({header.get(name)!s:.20})" for name, v in wanted.items()
                 if header.get(name) != v]  # fmt: skip
        if not other and header.get("run") != self.about["run"]:
            other.append("the state that it started from")
        if other:
            raise CheckpointError(
                f"{path} is a checkpoint of another run: it differs in {', '.join(other)}; give "
                "another file name, or delete it to run from the start"
            )
        try:
            self.picker.bins = {
                name: (int(a), int(b), float(c)) for name, a, b, c in header["bins"]
            }
            self.counts, self.asked = dict(header["counts"]), dict(header["asked"])
            self.sink.open(self.picker.columns, self.about, _under("sink", arrays))
        except (KeyError, TypeError, ValueError) as fault:
            raise CheckpointError(f"{path} is broken: it lacks {fault}") from fault
        self.simulation._go_to(header, arrays)
        self.over = bool(header.get("over"))

    def results(self, complete: bool) -> Results:
        self.sink.add(self.picker.rest(), self.simulation.step)
        final: dict[str, dict[str, np.ndarray]] = {
            g.name: {} for g in self.simulation.model.lowered.neurons
        }
        for (group, name), value in self._states().items():
            final[group][name] = value
        self.sink.close(self.simulation.step, final, complete)
        self.simulation._watch.end(
            self.picker.columns, self.counts, self.first, self.simulation.step
        )
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


def _described(model: Model) -> dict[str, str]:
    """What a state belongs to."""
    options = {f.name: str(getattr(model.options, f.name)) for f in fields(model.options)}
    return {"network": model.fingerprint, "backend": model.backend, **options}


def _same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return left.keys() == right.keys() and all(np.array_equal(v, right[n]) for n, v in left.items())


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays whose names start so, without that."""
    start = f"{prefix}/"
    return {n.removeprefix(start): v for n, v in arrays.items() if n.startswith(start)}


def _misfit(flat: Mapping[str, np.ndarray], like: State) -> str:
    """Why these arrays are no state of a simulation; empty if they are."""
    expected = _flat(like)
    if strange := sorted(flat.keys() ^ expected.keys()):
        return f"only one of them has {strange[0]!r}"
    for name, value in flat.items():
        wanted = expected[name]
        if (value.shape, value.dtype) != (wanted.shape, wanted.dtype):
            return (
                f"{name} is {value.dtype} {list(value.shape)}, expected {wanted.dtype} "
                f"{list(wanted.shape)}"
            )
    return ""

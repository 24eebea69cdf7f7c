"""A run that goes on: in one process, from a stored state, or from a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .backends import upkeep
from .backends.base import Running
from .backends.drive import Taken, chunks
from .checkpoint import flat, misfit, read, under, unflat, write
from .errors import (
    CheckpointError,
    NotFiniteError,
    ParameterError,
    UnknownNameError,
    did_you_mean,
)
from .files import checked_path
from .interrupt import interrupted
from .moment import Moment, Stored
from .origin import differences, of_params, origin, told
from .progress import progress_bar
from .results import Results
from .schedule import Schedule
from .stimuli.spike_times import is_replaceable, replaced, sent
from .stretch import Stretch
from .watch import Watch, warn

if TYPE_CHECKING:
    from .model import Model


class Simulation:
    """A model with values and a seed, at a step; `run` takes it further. See Model.start.

    only: it has one run, so that what is to be recorded later is told of.
    """

    def __init__(
        self, model: Model, params: Mapping[str, Any] | None, seed: int, only: bool = False
    ):
        self.model, self.seed = model, seed
        self.given = model.binder.given(params or {})
        model.check(self.given)
        model.check_weights(self.given, self.given)
        self.step, self.state = 0, self._prepared().start()
        self.running = False
        self.watch = Watch(model, self.given, only)

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

        until: a function of a Moment; the run ends when it returns True. It is asked at every
        multiple of `every` (a time; default 10 ms). sink: where recordings go; default memory.
        checkpoint: a file in which the run is kept at every multiple of `every` (default 1 s);
        where it exists, an earlier process was stopped in this very run, which is then taken up
        there. It is removed at the end, but stays beside a recording on disk: the same call then
        gives its results again at once.

        Ctrl-C ends the run after the chunk being taken; what was recorded is kept, and
        `results.complete` is False. Where it was at its end by then, everything is kept and
        complete, and KeyboardInterrupt is raised, so that a loop of short runs ends too. Raises
        ParameterError or DimensionError for what is odd here, CheckpointError for a checkpoint of
        another run, and RecordingError where the sink can't be written.
        """
        self._refuse_within("run")
        asked = Schedule.of(
            self.model.program.dt, self.step, duration,
            until=until, every=every, sink=sink, progress=progress, checkpoint=checkpoint,
        )  # fmt: skip
        with interrupted() as pressed, Stretch(self, asked) as stretch:
            stopped = self._go(stretch, asked, pressed)
            results = stretch.results(complete=not stopped)
        if pressed() and not stopped:
            raise KeyboardInterrupt
        if stopped:
            warn(f"the run was interrupted at {self.t:g} ms; what was recorded so far is kept")
        return results

    def _go(self, stretch: Stretch, asked: Schedule, pressed: Callable[[], bool]) -> bool:
        """Take a stretch's steps; was it stopped by Ctrl-C?"""
        self.watch.begin(self.state, stretch.picker.columns, stretch.end)
        dt, done = self.model.program.dt, self.step - stretch.first
        with progress_bar(asked.steps, dt, asked.progress, done) as advance:
            for taken in self._chunks(self.step if stretch.over else stretch.end, asked.beats):
                stretch.take(taken)
                advance(taken.count)
                if self.step == stretch.end:
                    break
                if asked.asking and self.step % asked.asking == 0 and asked.over(stretch.moment()):
                    break
                stopped = pressed()
                if asked.keeping and (stopped or self.step % asked.keeping == 0):
                    stretch.write()
                if stopped:
                    return True
        return False

    def _refuse_within(self, what: str) -> None:
        """Raise ParameterError in a run, in `until=` say: it would miss what happens to it."""
        if self.running:
            raise ParameterError(
                f"{what}: this simulation is running; call it when `run` has returned, or take "
                "another simulation, model.start()"
            )

    def _chunks(self, end: int, beats: Sequence[int]) -> Iterator[Taken]:
        """Chunks up to a step; one ends at each multiple of every beat."""
        running, program = self._prepared(), self.model.lowered
        every = [*beats, *upkeep.beats(program)]
        while self.step < end:
            there = min([end, *((self.step // n + 1) * n for n in every)])
            state = upkeep.kept_up(program, self.state, self.step, self.seed, self.given)
            try:
                yield from chunks(program, running, state, self.step, there - self.step)
            except NotFiniteError as fault:
                advice = self.watch.advice(fault.group, self.state, fault.neuron)
                raise NotFiniteError(f"{fault}{advice}", fault.group, fault.neuron) from None

    def set(self, params: Mapping[str, Any]) -> None:
        """Other values from now on, by name as in `Model.run`: {"exc->exc.learning": False}.

        Weights and what else synapses that learn have one each can be set too, one value or one
        each in the order of `model.connections`. Other states stay as they are; spikes under way
        arrive with the weights that there are when they do. Raises UnknownNameError, DimensionError
        or ParameterError.
        """
        self._refuse_within("set")
        given = self.model.binder.given(params)
        touched = set(given)
        plastic = {
            f"{e.name}.{f.name}": (e.pattern, f)
            for e in self.model.lowered.plastic
            for f in e.fields
            if f.kind == "state"
        }
        settable = self.model.binder.settable
        states = sorted(n for n in given if settable[n].kind == "state" and n not in plastic)
        if states:
            raise ParameterError(
                f"set: {states[0]!r} is a state of neurons, which a run has changed since; "
                "parameters can be set here, and what synapses that learn have, initial states by "
                "model.start(params=...)"
            )
        self.model.check(given)
        if not self.step:  # nothing has changed them yet
            self.model.check_weights(self.given | given, given)
            self.given |= given
            self.state = self._prepared().start()
            self._aim()
            return
        before = upkeep.moved_on(self.model.binder, self.state, self.step, self.given)
        changed = {}
        for name in given.keys() & plastic.keys():
            (pairs, _), value = plastic[name], given.pop(name)
            if np.ndim(value) and np.shape(value) != (pairs.values,):
                raise ParameterError(
                    f"set, {name}: shape {np.shape(value)}; expected one value or {pairs.values}"
                )
            each = pairs.from_user(value) if np.ndim(value) else value
            changed[name] = np.array(np.broadcast_to(each, (len(pairs),)), self.state[name].dtype)
        state = upkeep.emptied(self.model.lowered, before | changed)
        weights = {n: np.asarray(state[n]) for n in plastic if n.endswith(".weight")}
        self.model.check_weights(self.given | given, touched, weights)
        self.state = state
        now = self.store()
        self.given |= given
        self.restore(now)

    def set_spikes(self, population: str, times: Any, indices: Any = None) -> None:
        """New spikes for a population of `sp.spike_times`, in place of those still to come.

        times, indices: as `sp.spike_times` has them; all after the present time. Nothing is
        compiled anew, but on the backend jax when there are more spikes than ever before (room is
        doubled). Raises UnknownNameError or ParameterError.
        """
        self._refuse_within("set_spikes")
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
            self.state = self.state | {f"{group.name}.cursor": sent(times, first, self.step)}

    # going back

    def store(self) -> Stored:
        """The present moment, for `restore`."""
        return Stored(self.step, self.state, dict(self.given), self.seed, origin(self.model))

    def restore(self, moment: Stored) -> None:
        """Back to a moment of this simulation, or of another of the same model.

        Parameters and seed remain those of this simulation: of the moment it takes the states, and
        the spikes under way, which arrive with the weights that there are when they do.
        """
        self._refuse_within("restore")
        if not isinstance(moment, Stored):
            raise ParameterError(
                f"restore: expected what `store()` returned, got {moment!r:.60}; a file is read by "
                "Model.load"
            )
        if other := differences(moment.of, origin(self.model)):
            raise ParameterError(
                f"restore: the moment is of another model: {told(other)}. Compile the same network "
                "with the same options"
            )
        state = moment.state
        if moment.seed != self.seed or not _same(moment.given, self.given):
            state = self._prepared().resend(state, moment.step)
        self.step, self.state = moment.step, state
        self._aim()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the present moment to a file, for Model.load. Raises CheckpointError."""
        checked_path(path, "path")
        write(path, self.header(), self.arrays())

    def header(self) -> dict[str, Any]:
        """Of a checkpoint of this moment."""
        return {
            "of": origin(self.model),
            "version": __version__,
            "seed": self.seed,
            "step": self.step,
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Of a checkpoint of this moment."""
        given = {f"given/{name}": np.asarray(v) for name, v in self.given.items()}
        return given | {f"state/{name}": v for name, v in flat(self.state).items()}

    def read(self, path: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The content of a checkpoint of this very simulation. Raises CheckpointError."""
        header, arrays = read(path)
        _refuse_another(path, header, self.model)
        other = of_params(under("given", arrays), self.given)
        if header.get("seed") != self.seed:
            other.append(f"seed was {header.get('seed')!s:.40}, is {self.seed}")
        if other:
            raise CheckpointError(
                f"{path} is a checkpoint of another run: {told(other)}. Give another file name, or "
                "delete it to run from the start"
            )
        if reason := misfit(under("state", arrays), self.state):
            raise CheckpointError(
                f"{path} can't be taken up: of its state, {reason}. It was written on another kind "
                "of machine, or it is broken; delete it to run from the start"
            )
        if type(header.get("step")) is not int or not 0 <= header["step"] < 2**31:
            raise CheckpointError(
                f"{path} is broken: its step is {header.get('step')!r:.40}; delete it to run from "
                "the start"
            )
        return header, arrays

    def go_to(self, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """To the moment of a checkpoint that was `read`."""
        self.step, self.state = header["step"], unflat(under("state", arrays), self.state)

    def __repr__(self) -> str:
        return f"Simulation of {self.model!r} at {self.t:g} ms"


def load(model: Model, path: str | os.PathLike[str]) -> Simulation:
    """The simulation that was saved to a file, at the moment at which it was."""
    header, arrays = read(checked_path(path, "path"))
    _refuse_another(path, header, model)
    seed = header.get("seed")
    simulation = Simulation(model, None, seed if isinstance(seed, int) else 0)
    simulation.given = under("given", arrays)
    lists = [g.name for g in model.lowered.neurons if is_replaceable(g)]
    tables = {f"{name}.{table}" for name in lists for table in ("times", "first", "within")}
    if unknown := simulation.given.keys() - model.binder.settable.keys() - tables:
        raise CheckpointError(f"{path} is broken: it has params {min(unknown)!r:.40}")
    simulation.watch = Watch(model, simulation.given)
    simulation.go_to(*simulation.read(path))
    return simulation


def _refuse_another(path: Any, header: Mapping[str, Any], model: Model) -> None:
    """Raise CheckpointError for a checkpoint of another version, network or options."""
    if header.get("version") != __version__:
        raise CheckpointError(
            f"{path} was written by spikesim {header.get('version')!s:.20}, this is {__version__}: "
            "install that version to go on, or delete it to run from the start"
        )
    if other := differences(header.get("of"), origin(model)):
        raise CheckpointError(
            f"{path} is a checkpoint of another model: {told(other)}. Compile the same network "
            "with the same options, give another file name, or delete it to run from the start"
        )


def _same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return left.keys() == right.keys() and all(np.array_equal(v, right[n]) for n, v in left.items())

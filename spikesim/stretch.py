"""One call of `run`: from where a simulation is, for a while, with its recordings."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .backends.drive import Taken, sample_steps
from .checkpoint import flat, under, write
from .errors import CheckpointError
from .readout import read_out
from .recording.columns import Picker
from .recording.sinks import Sink
from .results import Results

if TYPE_CHECKING:
    from .simulation import Simulation


@dataclass(frozen=True)
class Moment:
    """What a condition sees: the time, ms, spikes since it was last asked, and states.

    spikes: how many were recorded, by population. states: arrays by
    ("population", "variable").
    """

    t: float
    spikes: Mapping[str, int]
    states: Mapping[tuple[str, str], np.ndarray]


class Stretch:
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

    def __enter__(self) -> Stretch:
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
        for name, array in sorted(flat(self.simulation._state).items() if self.first else ()):
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
            self.sink.open(self.picker.columns, self.about, under("sink", arrays))
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

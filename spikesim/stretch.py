"""One call of `run`: where it started, where its recordings go, and what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .backends.drive import Taken, sample_steps
from .backends.upkeep import LAST, moved_on
from .checkpoint import flat, under, write
from .errors import CheckpointError
from .files import tidy
from .moment import Moment
from .readout import read_out
from .recording.columns import Picker
from .results import Results
from .schedule import Schedule

if TYPE_CHECKING:
    from .simulation import Simulation


class Stretch:
    """A run of a simulation. over: was it at its end when an earlier process was stopped?

    counts: spikes of each column; asked: those up to the last time the condition was asked.
    """

    def __init__(self, simulation: Simulation, schedule: Schedule):
        self.simulation, self.sink = simulation, schedule.sink
        self.first, self.end = simulation.step, simulation.step + schedule.steps
        self.over = False
        model, self.place = simulation.model, schedule.checkpoint
        self.picker = Picker(model.lowered, self.first, model.options.dtype, model.synapses)
        self.weights = model.weights(simulation.given)
        self.counts = {c.name: 0 for c in self.picker.columns if c.is_spikes}
        self.asked = dict(self.counts)
        self.about = {
            "dt": model.program.dt, "first": self.first, "seed": simulation.seed,
            "backend": model.backend, "version": __version__,
            "plastic": [e.name for e in model.lowered.plastic],
            "run": "" if self.place is None else self._identity(),
        }  # fmt: skip
        self.began = time.perf_counter()

    def __enter__(self) -> Stretch:
        if self.place is not None and self.place.exists():
            self._resume(self.place)
        else:
            self.sink.open(self.picker.columns, self.about)
        self.simulation.running = True
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        self.simulation.running = False
        if kind is not None:
            self.sink.abandon()

    def _identity(self) -> str:
        """A number for this run: equal for the same run in another process."""
        header = self.simulation.header() | {"end": self.end}
        digest = hashlib.sha256(json.dumps(header).encode())
        for name, value in sorted(self.simulation.given.items()):
            array = np.asarray(value)
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode() + array.tobytes())
        for name, array in sorted(flat(self.simulation.state).items() if self.first else ()):
            digest.update(name.encode() + array.tobytes())
        return digest.hexdigest()

    def take(self, taken: Taken) -> None:
        """What a chunk gave goes to the sink."""
        samples = dict(taken.samples)
        for c in self.picker.synapses:
            if c.name in samples:
                continue
            count = len(sample_steps(taken.first, taken.count, c.every))
            samples[c.name] = np.broadcast_to(self.weights[c.name], (count, len(c.neurons)))
        piece = self.picker.pick(taken.first, taken.count, taken.spikes, samples, taken.logs)
        self.sink.add(piece, taken.end)
        for name in self.counts:
            self.counts[name] += len(piece[name][0])
        self.simulation.step, self.simulation.state = taken.end, taken.state
        self.simulation.watch.look(taken.state, self.simulation.t)

    def moment(self) -> Moment:
        """What the condition sees now."""
        spikes: dict[str, int] = {}
        for c in self.picker.columns:
            if c.is_spikes:
                new = self.counts[c.name] - self.asked[c.name]
                spikes[c.group] = spikes.get(c.group, 0) + new
        self.asked = dict(self.counts)
        return Moment.of(self.simulation.t, spikes, self._states())

    def _states(self) -> dict[tuple[str, str], np.ndarray]:
        program, simulation = self.simulation.model.lowered, self.simulation
        state = moved_on(
            simulation.model.binder, simulation.state, simulation.step, simulation.given
        )
        found = {
            (g.name, f.name): np.array(state[f"{g.name}.{f.name}"])
            for g in program.neurons
            for f in g.fields
            if f.kind == "state"
        }
        for e in program.plastic:
            found |= {
                (e.name, f.name): e.pattern.to_user(np.array(state[f"{e.name}.{f.name}"]))
                for f in e.fields
                if f.kind == "state" and f.name != LAST
            }
        return found

    def write(self, over: bool = False) -> None:
        """Write the checkpoint. over: the run ends here."""
        assert self.place is not None
        header = self.simulation.header() | {
            "first": self.first, "end": self.end, "run": self.about["run"], "over": over,
            "sink": type(self.sink).__name__,
            "bins": [[name, *bin_] for name, bin_ in self.picker.bins.items()],
            "counts": self.counts, "asked": self.asked,
        }  # fmt: skip
        marks = {f"sink/{name}": v for name, v in self.sink.mark().items()}
        write(self.place, header, self.simulation.arrays() | marks)

    def _resume(self, path: Path) -> None:
        header, arrays = self.simulation.read(path)
        if other := self._differences(header):
            raise CheckpointError(
                f"{path} is a checkpoint of another run: {other}. Give another file name, or "
                "delete it to run from the start"
            )
        try:
            bins = {name: (int(a), int(b), float(c)) for name, a, b, c in header["bins"]}
            self.picker.bins = {name: bins[name] for name in self.picker.bins}
            self.counts, self.asked = (
                {name: int(header[word][name]) for name in self.counts}
                for word in ("counts", "asked")
            )
            self.sink.open(self.picker.columns, self.about, under("sink", arrays))
        except (KeyError, TypeError, ValueError) as fault:
            raise CheckpointError(
                f"{path} is broken ({fault!r:.60}); delete it to run from the start"
            ) from fault
        self.simulation.go_to(header, arrays)
        self.over = bool(header.get("over"))

    def _differences(self, header: Mapping[str, Any]) -> str:
        """How this run differs from that of a checkpoint of the same simulation."""
        dt, found = self.simulation.model.program.dt, []
        if (header.get("first"), header.get("end")) != (self.first, self.end):
            then = _span(header.get("first"), header.get("end"), dt)
            found.append(f"it went from {then}, is to go from {_span(self.first, self.end, dt)}")
        sink = type(self.sink).__name__
        if header.get("sink") != sink:
            then = _SINKS.get(str(header.get("sink")), f"to {header.get('sink')!s:.40}")
            found.append(f"it recorded {then}, is to record {_SINKS.get(sink, f'to {sink}')}")
        if not found and header.get("run") != self.about["run"]:
            found.append("it started from another state")
        return "; ".join(found)

    def results(self, complete: bool) -> Results:
        """What was recorded, and the states at the end. A checkpoint stays beside what lasts."""
        if self.place is not None and complete and self.sink.lasting:
            self.write(over=True)
        self.sink.add(self.picker.rest(), self.simulation.step)
        final: dict[str, dict[str, np.ndarray]] = {
            owner.name: {} for owner in self.simulation.model.lowered.owners()
        }
        for (group, name), value in self._states().items():
            final[group][name] = value
        self.sink.close(self.simulation.step, final, complete)
        self.simulation.watch.end(
            self.picker.columns, self.counts, self.first, self.simulation.step
        )
        if self.place is not None and complete:
            tidy(self.place)
            if not self.sink.lasting:
                Path(os.path.realpath(self.place)).unlink(missing_ok=True)
        content = self.sink.content()
        columns = [c for c in self.picker.columns if c.name in content]
        span = self.first, self.simulation.step
        took = time.perf_counter() - self.began
        return read_out(
            columns, content, final, span, self.about, complete, took, self.sink.elsewhere
        )


_SINKS = {"Memory": "in memory", "Disk": "on disk", "Nowhere": "nowhere"}


def _span(first: Any, end: Any, dt: float) -> str:
    whole = isinstance(first, int) and isinstance(end, int)
    return f"{first * dt:g} to {end * dt:g} ms" if whole else "no time"

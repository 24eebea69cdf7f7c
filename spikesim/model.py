"""A compiled network: a function of parameters, seed and duration."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from .backends.base import Executable, Options
from .backends.memory import Memory
from .build import checked_seed
from .build.values import check_values, out_of_bounds
from .errors import (
    SpikesimError,
    UnknownNameError,
    did_you_mean,
    raise_all,
)
from .ir import text
from .ir.fingerprint import fingerprint
from .ir.program import Pairs, Program
from .passes import lower
from .passes.delays import delays
from .passes.draw import draw
from .readout import connections_of, synapse_column
from .recording.sinks import Sink
from .results import Connections, Results
from .simulation import Moment, Simulation, load


class Model:
    """A compiled network: a function of parameters, seed and duration. See Network.compile."""

    def __init__(
        self,
        program: Program,
        executable: Executable,
        options: Options,
        backend: str,
        took: float = 0.0,
    ):
        self.program, self.lowered = program, executable.program
        self.executable, self.options, self.backend = executable, options, backend
        self.binder = executable.binder
        self.took = took  # seconds of real time, to compile
        self._made = {p.source.group: self.connections(p.source.group)
                      for p in program.synapse_probes}  # fmt: skip
        self.synapses = [synapse_column(p, self._made[p.source.group])
                         for p in program.synapse_probes]  # fmt: skip

    @property
    def compilations(self) -> int:
        """How often a compiler was at work so far: never but on the backend jax.

        There parameters, seeds and durations compile nothing, except that a parameter that was one
        value for all neurons and is now one each (or the other way round) is another program.
        """
        return int(self.executable.compilations)

    def run(
        self,
        duration: Any,
        *,
        params: Mapping[str, Any] | None = None,
        seed: int | None = None,
        until: Callable[[Moment], bool] | None = None,
        every: Any = None,
        sink: Sink | None = None,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Results:
        """Run from t = 0 for `duration` (a time), rounded to whole steps.

        params: values by name, such as {"exc.g_L": 9*nS, "exc->inh.weight_scale": 0.8,
        "exc.v": -60*mV} (a state's name: its initial value). seed: of what is random in the run;
        default the network's. until, every, sink, progress, checkpoint: see Simulation.run.

        Raises ParameterError, DimensionError, UnknownNameError; NotFiniteError in the run.
        """
        return self.start(params=params, seed=seed).run(
            duration, until=until, every=every, sink=sink, progress=progress, checkpoint=checkpoint
        )

    def start(
        self, *, params: Mapping[str, Any] | None = None, seed: int | None = None
    ) -> Simulation:
        """A simulation at t = 0, whose `run` may be called again and again; see `run`."""
        seed = self.program.seed if seed is None else checked_seed(seed, "seed")
        return Simulation(self, params, seed)

    def load(self, path: str | os.PathLike[str]) -> Simulation:
        """The simulation that was written to a file by `Simulation.save`, to go on with.

        Raises CheckpointError for a file that is missing, broken, or of another network.
        """
        return load(self, path)

    @cached_property
    def fingerprint(self) -> str:
        """A number for the network: equal for equal networks."""
        return fingerprint(self.program)

    def check(self, given: Mapping[str, np.ndarray]) -> None:
        """Raise what the values themselves tell: a zero below a line, a negative period."""
        faults: list[SpikesimError] = []
        for group in self.program.neurons:
            start = f"{group.name}."
            mine = {n.removeprefix(start): v for n, v in given.items() if n.startswith(start)}
            if mine:
                check_values(group, faults, mine)
        for one in self.program.inputs:
            for f in one.fields:
                name = f"{one.target.group}.{f.name}"
                faults += out_of_bounds(given.get(name), f, name)
        raise_all("params", faults)

    def connections(self, projection: str) -> Connections:
        """The connections of a projection as they were drawn. Raises UnknownNameError."""
        names = {e.name: e for e in self.lowered.edges}
        if projection not in names:
            raise UnknownNameError(
                f"no projection {projection!r}; {did_you_mean(projection, names)}"
            )
        one = replace(self.lowered, edges=(names[projection],), synapse_probes=())
        if not isinstance(names[projection].pattern, Pairs):
            one = lower(one, (draw, delays))
        return connections_of(one.edges[0], one)

    def weights(self, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The weights that are recorded, by column: those of a run with such parameters, in the
        precision of the run, without the factor weight_scale."""
        found = {}
        for c in self.synapses:
            made = self._made[c.group]
            value = given.get(f"{c.group}.{c.what}", made.weight)
            every = np.broadcast_to(value, (len(made),))
            found[c.name] = every[c.neurons].astype(self.options.dtype)
        return found

    def explain(self) -> str:
        """What was decided: backend, precision, each population's integration method, and, where
        C++ takes part, threads and how synapses are stored."""
        lines = [
            f"backend {self.backend}, {self.options.precision}"
            + (", conformance mode" if self.options.conformance else "")
        ]
        lines += [
            f"{n.name}: {n.size} x {n.model}, method {n.method}"
            + (f", {n.noise}" if n.noise else "")
            for n in self.lowered.neurons
        ]
        delivery = self.lowered.delivery
        if delivery is not None:
            lines.append(f"{delivery.synapses} synapses, longest delay {delivery.longest} steps")
        lines += self.executable.explain()
        return "\n".join(lines)

    def memory(self) -> Memory:
        """The memory it takes, in bytes by part, as it was estimated before anything was allocated;
        `print(model.memory())` shows a table. A network that can't fit is refused with it."""
        return self.executable.memory

    def report(self, results: Results, path: Any) -> None:
        """Write a report of a run, one HTML file that needs nothing else; see `spikesim.report`."""
        from .report import write_report

        write_report(self, results, path)

    def graph(self, ax: Any = None) -> Any:
        """Plot of populations and projections; see `spikesim.plotting.graph`."""
        from .plotting import graph

        return graph(self, ax)

    def __repr__(self) -> str:
        return f"Model of {sum(n.size for n in self.program.neurons)} neurons on {self.backend}"

    def text(self, lowered: bool = False) -> str:
        """The program as text, before or after the passes."""
        return text.program(self.lowered if lowered else self.program)

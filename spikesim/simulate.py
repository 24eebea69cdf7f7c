"""From a network to results: the map of the library.

network  --build-->  program  --passes-->  lowered program  --backend-->  executable
executable + values of a run  --run-->  recorded arrays  -->  results
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .backends import find
from .backends.base import Options, Recorded
from .backends.binding import Binder
from .build import build
from .errors import ParameterError, UnknownNameError, UnsupportedError, did_you_mean
from .ir import text
from .ir.program import Edges, Probe, Program, nearest_step
from .network import Network
from .passes import lower
from .progress import progress_bar
from .results import Connections, PopulationResult, Results, Spikes, Trace
from .units import TIME, strip


def compile_network(
    network: Network,
    backend: str = "auto",
    *,
    precision: str = "float32",
    conformance: bool = False,
) -> Model:
    """A snapshot of the network, ready to run as a function of parameters, seed and duration.

    backend: "auto", "jax" or "numpy". precision: "float32" or "float64". conformance: float64 in
    which every backend gives the same bits (slower).

    Raises SeveralErrors with all faults of the network, UnknownNameError for an unknown backend,
    UnsupportedError for what the backend lacks.
    """
    chosen = find(backend)
    if precision not in ("float32", "float64"):
        raise ParameterError(f"unknown precision {precision!r}; choose 'float32' or 'float64'")
    options = Options("float64" if conformance else precision, conformance)  # type: ignore[arg-type]
    program = build(network)
    if reason := chosen.unavailable():
        raise UnsupportedError(f"the backend {chosen.name!r} can't be used here: {reason}")
    lowered = lower(program)
    return Model(program, lowered, chosen.lower(lowered, options), options, chosen.name)


def run_network(network: Network, duration: Any, backend: str = "auto", **options: Any) -> Results:
    """Compile and run once; `options` are those of compile_network and of Model.run."""
    running = {k: options.pop(k) for k in ("params", "seed", "progress") if k in options}
    return compile_network(network, backend, **options).run(duration, **running)


class Model:
    """A compiled network: a function of parameters, seed and duration. See Network.compile."""

    def __init__(
        self, program: Program, lowered: Program, executable: Any, options: Options, backend: str
    ):
        self.program, self.lowered = program, lowered
        self.executable, self.options, self.backend = executable, options, backend
        self.binder = Binder(lowered, options)

    @property
    def compilations(self) -> int:
        """How often anything was compiled so far.

        Parameters, seeds and durations compile nothing, except that a parameter that was one value
        for all neurons and is now one each (or the other way round) is another program.
        """
        return int(self.executable.compilations)

    def run(
        self,
        duration: Any,
        *,
        params: Mapping[str, Any] | None = None,
        seed: int | None = None,
        progress: bool = False,
    ) -> Results:
        """Run from t = 0 for `duration` (a time), rounded to whole steps.

        params: values by name, such as {"exc.g_L": 9*nS, "exc->inh.weight_scale": 0.8,
        "exc.v": -60*mV} (a state's name: its initial value). seed: of what is random in the run;
        default the network's. progress: show a bar.

        Raises ParameterError, DimensionError, UnknownNameError; NotFiniteError in the run.
        """
        time = strip(duration, TIME, "duration")
        if np.ndim(time) or not np.isfinite(time) or time < 0:
            raise ParameterError(f"duration is {time} ms; expected a time of at least 0")
        seed = self.program.seed if seed is None else seed
        if isinstance(seed, bool) or not 0 <= int(seed) < 2**32:
            raise ParameterError(f"seed is {seed!r}; expected a whole number from 0 to 2^32 - 1")
        steps = int(nearest_step(time, self.program.dt))
        values = self.binder.bind(params)
        with progress_bar(steps, self.program.dt, progress) as advance:
            recorded = self.executable.run(values, int(seed), steps, advance)
        return _results(self.lowered, recorded, int(seed), self.backend)

    def connections(self, projection: str) -> Connections:
        """The connections of a projection as they were drawn. Raises UnknownNameError."""
        names = {e.name: e for e in self.lowered.edges}
        if projection not in names:
            raise UnknownNameError(
                f"no projection {projection!r}; {did_you_mean(projection, names)}"
            )
        return connections_of(names[projection], self.lowered)

    def explain(self) -> str:
        """What was decided: backend, precision, and each population's integration method."""
        lines = [
            f"backend {self.backend}, {self.options.precision}"
            + (", conformance mode" if self.options.conformance else "")
        ]
        lines += [
            f"{n.name}: {n.size} x {n.model}, method {n.method}" for n in self.lowered.neurons
        ]
        delivery = self.lowered.delivery
        if delivery is not None:
            lines.append(f"{len(delivery.slot)} synapses, longest delay {delivery.longest} steps")
        return "\n".join(lines)

    def text(self, lowered: bool = False) -> str:
        """The program as text, before or after the passes."""
        return text.program(self.lowered if lowered else self.program)


def _results(program: Program, recorded: Recorded, seed: int, backend: str) -> Results:
    dt = program.dt
    populations = {}
    for group in program.neurons:
        final = {
            f.name: recorded.final[group.name, f.name] for f in group.fields if f.kind == "state"
        }
        populations[group.name] = PopulationResult(group.name, {}, final)
    for probe in program.probes:
        what = probe.variable or ("rate" if probe.reduce else "spikes")
        data = _data(program, probe, recorded)
        mine = populations[probe.source.group].recorded
        mine[
            what if what not in mine else f"{what}#{sum(k.startswith(what) for k in mine) + 1}"
        ] = data
    return Results(populations, recorded.steps * dt, dt, seed, backend)


def _data(program: Program, probe: Probe, recorded: Recorded) -> Spikes | Trace:
    group = program.group(probe.source.group)
    neurons = probe.source.indices(group.size)
    if probe.event and not probe.reduce:
        step, element = recorded.events[probe.name]
        return Spikes(
            (step + 1) * program.dt, neurons[element], neurons, recorded.steps * program.dt
        )
    t, values = recorded.sampled[probe.name] * program.dt, recorded.samples[probe.name]
    if probe.reduce:
        return Trace(t, values * 1e3, "spikes/s", neurons)
    return Trace(t, values, str(group.field(probe.variable).unit), neurons)


def connections_of(edges: Edges, program: Program) -> Connections:
    """The connections of lowered edges, in the units of the user."""
    pairs = edges.pattern
    source = edges.source.indices(program.group(edges.source.group).size)[pairs.source]
    target = edges.target.indices(program.group(edges.target.group).size)[pairs.target]
    weight = np.broadcast_to(edges.field("weight").value, len(pairs))
    steps = np.broadcast_to(np.asarray(edges.axonal) + np.asarray(edges.dendritic), len(pairs))
    unit = str(edges.field("weight").unit)
    return Connections(source, target, np.array(weight), steps * program.dt, unit)

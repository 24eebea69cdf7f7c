"""A compiled network: a function of parameters, seed and duration."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from .backends import choose
from .backends.base import Executable, Options, refuse_rough_times
from .backends.memory import Memory, with_recordings
from .build import checked_seed
from .build.plasticity import outside
from .build.values import check_input, check_values, out_of_bounds
from .distributions import Distribution
from .errors import (
    DescriptionError,
    SpikesimError,
    UnknownNameError,
    UnsupportedError,
    did_you_mean,
    raise_all,
)
from .ir import text
from .ir.expr import Expr, references
from .ir.fingerprint import Part, fingerprint, outline
from .ir.program import Edges, Field, Pairs, Pieces, Program
from .moment import Moment
from .parameters import Parameters
from .passes import SYMBOLIC, lower
from .passes.delays import delays
from .passes.draw import draw
from .readout import connections_of, synapse_column
from .recording.sinks import Sink
from .results import Connections, Results
from .simulation import Simulation, load


class Model:
    """A compiled network: a function of parameters, seed and duration. See Network.compile."""

    def __init__(
        self,
        program: Program,
        executable: Executable,
        options: Options,
        backend: str,
        took: float = 0.0,
        chosen: str = "",
    ):
        self.program, self.lowered = program, executable.program
        self.executable, self.options, self.backend = executable, options, backend
        self.binder = executable.binder
        self.check({})
        self.took = took  # seconds of real time, to compile
        self.chosen = chosen  # why "auto" took this backend
        self._made = {p.source.group: self.connections(p.source.group)
                      for p in program.synapse_probes}  # fmt: skip
        self._sampled = {p.name for p in self.lowered.sampled()}
        edges = {e.name: e for e in (*program.edges, *program.plastic, *program.couplings)}
        moved = {e.name: e.plasticity.moved for e in self.lowered.plastic if e.plasticity}
        for p in program.synapse_probes:
            if p.variable in moved.get(p.source.group, ()):
                raise DescriptionError(
                    f"recording of {p.variable!r} of projection {p.source.group!r}: it moves from "
                    "event to event, so that it is known there only; write (clock-driven) at the "
                    "end of its equation"
                )
        self.synapses = [
            synapse_column(
                p, self._made[p.source.group],
                str(edges[p.source.group].field(p.variable).unit), options.dtype,
            )
            for p in program.synapse_probes
        ]  # fmt: skip

    @property
    def parameters(self) -> Parameters:
        """All that `params=` may set: `print(model.parameters)` shows names, units and values."""
        return Parameters(self.binder.settable)

    @classmethod
    def of(cls, program: Program, options: Options, backend: str) -> Model:
        """A program made ready to run on a backend, of that name, or "auto". Raises
        UnsupportedError."""
        began = time.perf_counter()
        chosen, why = choose(backend, program)
        if reason := chosen.unavailable():
            raise UnsupportedError(f"the backend {chosen.name!r} can't be used here: {reason}")
        lowered = lower(program, SYMBOLIC)
        refuse_rough_times(lowered, options)
        executable = chosen.lower(lowered, options)
        took = time.perf_counter() - began
        return cls(program, executable, options, chosen.name, took, why)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled is the description, some kB: where it is loaded, it is compiled again."""
        return Model.of, (self.program, self.options, self.backend)

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
        return self._started(params, seed, only=True).run(
            duration, until=until, every=every, sink=sink, progress=progress, checkpoint=checkpoint
        )

    def start(
        self, *, params: Mapping[str, Any] | None = None, seed: int | None = None
    ) -> Simulation:
        """A simulation at t = 0, whose `run` may be called again and again; see `run`."""
        return self._started(params, seed)

    def _started(
        self, params: Mapping[str, Any] | None, seed: int | None, only: bool = False
    ) -> Simulation:
        seed = self.program.seed if seed is None else checked_seed(seed, "seed")
        return Simulation(self, params, seed, only)

    def load(self, path: str | os.PathLike[str]) -> Simulation:
        """The simulation that was written to a file by `Simulation.save`, to go on with.

        Raises CheckpointError for a file that is missing, broken, or of another network.
        """
        return load(self, path)

    @cached_property
    def fingerprint(self) -> str:
        """A number for the network: equal for equal networks."""
        return fingerprint(self.program)

    @cached_property
    def outline(self) -> tuple[Part, ...]:
        """What the network is made of, part by part, to say how two differ."""
        return outline(self.program)

    def check(self, given: Mapping[str, np.ndarray]) -> None:
        """Raise what the values themselves tell: a zero below a line, a negative period.

        Looked at are the groups whose values are `given`; where nothing is given, those with values
        that are drawn or computed, which were not known when the network was built.
        """
        faults: list[SpikesimError] = []
        for group, lowered in zip(self.program.neurons, self.lowered.neurons, strict=True):
            inputs = [one for one in self.program.inputs if one.target.group == group.name]
            fields = [*group.fields, *(f for one in inputs for f in one.fields)]
            if not any(_open(f, given, group.name) for f in fields):
                continue
            try:
                scope = self.binder.scope(lowered, given)
            except SpikesimError as fault:
                faults.append(fault)
                continue
            values = {f.name: scope[f.name] for f in fields if f.kind == "parameter"}
            check_values(group, faults, values)
            for one in inputs:
                check_input(one, faults, values)
        for e in (*self.program.edges, *self.program.plastic):
            for f in e.fields:
                value = given.get(f"{e.name}.{f.name}")
                faults += out_of_bounds(value, f, f"projection {e.name!r}, {f.name}")
        raise_all("params" if given else "the network", faults)

    def check_weights(
        self,
        given: Mapping[str, np.ndarray],
        touched: Collection[str],
        weights: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Raise where weights are outside the bounds of their rule, for the parameters `given`.

        weights: [synapses] by name; default the initial ones. Looked at are those of rules of which
        the weight or a bound is `touched`, and initial ones where either was drawn.
        """
        faults: list[SpikesimError] = []
        for e, before in zip(self.lowered.plastic, self.program.plastic, strict=True):
            assert e.plasticity is not None
            bounds = e.plasticity.bounds or ()
            names = {"weight", *(name for b in bounds for name in references(b))}
            drawn = any(
                f.name in names and isinstance(f.value, Distribution) for f in before.fields
            )
            if not any(f"{e.name}.{n}" in touched for n in names) and (weights or not drawn):
                continue

            def value(f: Field, e: Edges = e) -> Any:
                found = given.get(f"{e.name}.{f.name}")
                if found is None:
                    return f.value
                return e.pattern.from_user(found) if np.ndim(found) == 1 else found

            known = {f.name: value(f) for f in e.fields if f.kind == "parameter"}
            weight = e.field("weight")
            now = value(weight) if weights is None else weights[f"{e.name}.weight"]
            faults += outside(
                now, e.plasticity.bounds, known, weight, f"params, projection {e.name!r}"
            )
        raise_all("params", faults)

    def connections(self, projection: str) -> Connections:
        """The connections of a projection as they were drawn. Raises UnknownNameError."""
        names = {e.name: e for e in (*self.lowered.edges, *self.lowered.timed,
                                     *self.lowered.plastic, *self.program.couplings)}  # fmt: skip
        if projection not in names:
            raise UnknownNameError(
                f"no projection {projection!r}; {did_you_mean(projection, names)}"
            )
        edges = (names[projection],)
        one = replace(self.lowered, edges=edges, couplings=(), synapse_probes=())
        if not isinstance(names[projection].pattern, Pairs):
            one = lower(one, (draw, delays))
        return connections_of(one.edges[0], one)

    def weights(self, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The weights that are recorded, by column: those of a run with such parameters, in the
        precision of the run, without the factor weight_scale."""
        found = {}
        for c in self.synapses:
            made = self._made[c.group]
            if c.name in self._sampled:
                continue
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
        if self.chosen:
            lines.append(f"chosen by 'auto': {self.chosen}")
        lines += [
            f"{n.name}: {n.size} x {n.model}, method {n.method}"
            + (f", {n.noise}" if n.noise else "")
            for n in self.lowered.neurons
        ]
        delivery, plastic = self.lowered.delivery, self.lowered.plastic
        lines += [_learning(e) for e in plastic]
        if delivery is not None:
            count = delivery.synapses + sum(len(e.pattern) for e in plastic)
            slow = [int(np.max(np.add(e.axonal, e.dendritic), initial=0)) for e in plastic]
            longest = max(delivery.longest, *slow, 0)
            lines.append(f"{count} synapses, longest delay {longest} steps")
        lines += self.executable.explain()
        return "\n".join(lines)

    def memory(self, duration: Any = None) -> Memory:
        """The memory it takes, in bytes by part, as it was estimated before anything was allocated;
        `print(model.memory())` shows a table. A network that can't fit is refused with it.

        duration: with what a run of this time records in memory, except spikes: 16 bytes each.
        """
        memory = self.executable.memory
        return (
            memory
            if duration is None
            else with_recordings(memory, self.lowered, self.options, duration)
        )

    def report(self, results: Results, path: Any) -> None:
        """Write a report of a run, one HTML file that needs nothing else; see `spikesim.report`."""
        from .report import write_report

        write_report(self, results, path)

    def graph(self, *, ax: Any = None) -> Any:
        """Plot of populations and projections; see `spikesim.plotting.graph`."""
        from .plotting import graph

        return graph(self, ax=ax)

    def __repr__(self) -> str:
        return f"Model of {sum(n.size for n in self.program.neurons)} neurons on {self.backend}"

    def text(self, lowered: bool = False) -> str:
        """The program as text, before or after the passes."""
        return text.program(self.lowered if lowered else self.program)


def _learning(e: Edges) -> str:
    """What was decided for plastic edges, in a line."""
    assert e.plasticity is not None
    own = [f.name for f in e.fields if f.kind == "state"]
    line = f"{e.name}: {len(e.pattern)} synapses with {e.plasticity.model or 'a rule'}"
    line += f", one each: {', '.join(own)}" if own else ""
    return line + ("; moved every step" if e.plasticity.responses[0].to == "step" else "")


def _open(f: Field, given: Mapping[str, np.ndarray], group: str) -> bool:
    """Is the value of a field given, or, where none is, drawn or computed?"""
    if given:
        return f"{group}.{f.name}" in given
    return f.kind == "parameter" and isinstance(f.value, Expr | Pieces | Distribution)

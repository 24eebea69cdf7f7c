"""A compiled network: a function of parameters, seed and duration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .backends.base import Executable, Options
from .backends.memory import Memory
from .build import checked_seed
from .build.values import check_values
from .errors import (
    ParameterError,
    SpikesimError,
    UnknownNameError,
    did_you_mean,
    raise_all,
)
from .ir import text
from .ir.program import Pairs, Program, nearest_step
from .passes import lower
from .passes.delays import delays
from .passes.draw import draw
from .progress import progress_bar
from .readout import connections_of, read_out
from .results import Connections, Results
from .units import TIME, strip


class Model:
    """A compiled network: a function of parameters, seed and duration. See Network.compile."""

    def __init__(self, program: Program, executable: Executable, options: Options, backend: str):
        self.program, self.lowered = program, executable.program
        self.executable, self.options, self.backend = executable, options, backend
        self.binder = executable.binder

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
        progress: bool = False,
    ) -> Results:
        """Run from t = 0 for `duration` (a time), rounded to whole steps.

        params: values by name, such as {"exc.g_L": 9*nS, "exc->inh.weight_scale": 0.8,
        "exc.v": -60*mV} (a state's name: its initial value). seed: of what is random in the run;
        default the network's. progress: show a bar.

        Raises ParameterError, DimensionError, UnknownNameError; NotFiniteError in the run.
        """
        steps = self._steps(duration)
        seed = self.program.seed if seed is None else checked_seed(seed, "seed")
        self._check(params or {})
        values = self.binder.bind(params)
        with progress_bar(steps, self.program.dt, progress) as advance:
            recorded = self.executable.run(values, seed, steps, advance)
        return read_out(self.lowered, recorded, seed, self.backend)

    def _check(self, params: Mapping[str, Any]) -> None:
        """Raise what the values themselves tell: a zero below a line, a negative period."""
        given = self.binder.given(params)
        faults: list[SpikesimError] = []
        for group in self.program.neurons:
            start = f"{group.name}."
            mine = {n.removeprefix(start): v for n, v in given.items() if n.startswith(start)}
            if mine:
                check_values(group, faults, mine)
        raise_all("params", faults)

    def _steps(self, duration: Any) -> int:
        time = strip(duration, TIME, "duration")
        if np.ndim(time) or not np.isfinite(time) or time < 0:
            raise ParameterError(f"duration is {time} ms; expected a time of at least 0")
        steps = int(nearest_step(min(time, 1e18 * self.program.dt), self.program.dt))
        if steps >= 2**31:
            raise ParameterError(f"duration is {steps} steps; at most 2^31 - 1 can be run")
        return steps

    def connections(self, projection: str) -> Connections:
        """The connections of a projection as they were drawn. Raises UnknownNameError."""
        names = {e.name: e for e in self.lowered.edges}
        if projection not in names:
            raise UnknownNameError(
                f"no projection {projection!r}; {did_you_mean(projection, names)}"
            )
        one = replace(self.lowered, edges=(names[projection],))
        if not isinstance(names[projection].pattern, Pairs):
            one = lower(one, (draw, delays))
        return connections_of(one.edges[0], one)

    def explain(self) -> str:
        """What was decided: backend, precision, each population's integration method, and, where
        C++ takes part, threads and how synapses are stored."""
        lines = [
            f"backend {self.backend}, {self.options.precision}"
            + (", conformance mode" if self.options.conformance else "")
        ]
        lines += [
            f"{n.name}: {n.size} x {n.model}, method {n.method}" for n in self.lowered.neurons
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

    def __repr__(self) -> str:
        return f"Model of {sum(n.size for n in self.program.neurons)} neurons on {self.backend}"

    def text(self, lowered: bool = False) -> str:
        """The program as text, before or after the passes."""
        return text.program(self.lowered if lowered else self.program)

"""Neurons with spikes between the steps beside NEST's `*_ps` models: spike by spike, the times.

NEST finds a crossing by regula falsi, to 1e-14 mV of the potential (of iaf_psc_delta_ps by the
logarithm), here by Euler's method to rounding. A crossing that is undone before the next arrival is
unseen by both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import nest_networks
import numpy as np
from comparison import Comparisons, Row

import spikesim as sp
from spikesim.units import ms, mV, pA

N = 100
DELAY = 1.0
NEAR = 1e-9  # ms
Spikes = tuple[np.ndarray, np.ndarray]


@dataclass
class Case:
    """A neuron of NEST's, and our synapse. excitation, inhibition: weights, in pA or mV."""

    nest: str
    synapse: Any
    excitation: float
    inhibition: float
    unit: Any
    parameters: dict[str, float]


CASES = [
    Case("iaf_psc_exp_ps", sp.synapses.ExpCurrent(tau=2 * ms), 200.0, -400.0, pA,
         {"tau_syn_ex": 2.0, "tau_syn_in": 2.0}),
    Case("iaf_psc_alpha_ps", sp.synapses.AlphaCurrent(tau=2 * ms), 100.0, -200.0, pA,
         {"tau_syn_ex": 2.0, "tau_syn_in": 2.0}),
    Case("iaf_psc_delta_ps", sp.synapses.Delta(), 1.5, -3.0, mV, {}),
]  # fmt: skip


@dataclass
class Inputs:
    """What both are given: trains of times, ms, for each neuron, currents, pA, and connections."""

    trains: list[np.ndarray]
    currents: np.ndarray
    source: np.ndarray
    target: np.ndarray
    inhibits: np.ndarray

    @classmethod
    def of(cls, seed: int, duration: float, indegree: int, dt: float) -> Inputs:
        rng = np.random.default_rng(seed)
        trains = [np.sort(rng.uniform(1.0, duration, rng.poisson(0.4 * duration)))
                  for _ in range(N)]  # fmt: skip
        # A source has at most one spike a step.
        trains = [t[np.append(True, np.diff(t) > dt)] for t in trains]
        source = rng.integers(0, N, N * indegree)
        target = np.repeat(np.arange(N), indegree)
        return cls(trains, rng.uniform(300, 400, N), source, target, rng.random(N) < 0.2)


def theirs(case: Case, inputs: Inputs, duration: float, dt: float, delay: float) -> Spikes:
    kernel = nest_networks._kernel(dt)
    cells = kernel.Create(case.nest, N, params=case.parameters)
    cells.set([{"I_e": float(a)} for a in inputs.currents])
    generators = kernel.Create("spike_generator", N, params={"precise_times": True})
    generators.set([{"spike_times": t} for t in inputs.trains])
    kernel.Connect(generators, cells, "one_to_one", {"weight": case.excitation, "delay": delay})
    first = cells[0].global_id
    weights = np.where(inputs.inhibits[inputs.source], case.inhibition, case.excitation)
    if len(weights):
        kernel.Connect(
            inputs.source + first, inputs.target + first, "one_to_one",
            {"weight": weights, "delay": np.full(len(weights), delay)},
        )  # fmt: skip
    recorder = kernel.Create("spike_recorder")
    kernel.Connect(cells, recorder)
    kernel.Simulate(duration)
    events = recorder.events
    return np.asarray(events["times"]), np.asarray(events["senders"]) - first


def ours(
    case: Case, inputs: Inputs, duration: float, dt: float, delay: float, backend: str
) -> Spikes:
    net = sp.Network(dt=dt * ms)
    cells = net.population("cells", N, sp.neurons.LIF(), precise=True)
    generators = net.population(
        "in", N, sp.spike_times([t * ms for t in inputs.trains]), precise=True
    )
    how = {"synapse": case.synapse, "delay": delay * ms}
    net.stimulate(cells, sp.dc(inputs.currents * pA))
    net.project(generators, cells, sp.one_to_one(), weight=case.excitation * case.unit, **how)
    if len(inputs.source):
        weights = np.where(inputs.inhibits[inputs.source], case.inhibition, case.excitation)
        rule = sp.explicit(inputs.source, inputs.target)
        net.project(cells, cells, rule, weight=weights * case.unit, **how)
    net.record(cells, "spikes")
    spikes = net.compile(backend, precision="float64").run(duration * ms)["cells"].spikes
    return spikes.t, spikes.i


def compare(
    case: Case, indegree: int, backend: str, dt: float, duration: float, first: int = 0
) -> Row:
    """The spikes of both in the order of time; `first` so many, 0 for all."""
    inputs = Inputs.of(1, duration, indegree, dt)
    a = _in_order(*ours(case, inputs, duration, dt, DELAY, backend))
    b = _in_order(*theirs(case, inputs, duration, dt, DELAY))
    count = min(len(a[0]), len(b[0]))
    same = (a[1][:count] == b[1][:count]) & (np.abs(a[0][:count] - b[0][:count]) < NEAR)
    wanted = first or max(len(a[0]), len(b[0]))
    alike = int(np.argmin(same)) if not same.all() else count
    difference = float(np.abs(a[0][:alike] - b[0][:alike])[:wanted].max(initial=0.0))
    what = f"recurrent, first {first}" if indegree else "feed-forward"
    name = f"{case.nest}, {what}, dt {dt:g}, {backend}"
    return Row(name, wanted, min(alike, wanted), difference, NEAR, "ms")


def _in_order(t: np.ndarray, i: np.ndarray) -> Spikes:
    order = np.lexsort((i, t))
    return t[order], i[order]


def comparisons() -> Comparisons:
    return [
        (f"{case.nest}, {indegree} connections each, dt {dt:g}, {backend}",
         partial(compare, case, indegree, backend, dt, duration, first))
        for case in CASES
        for indegree, first in ((0, 0), (10, 1000))
        for backend, dt, duration in (("cpp", 0.1, 300.0), ("cpp", 1.0, 300.0),
                                      ("numpy", 1.0, 300.0), ("jax", 1.0, 300.0))
    ]  # fmt: skip

"""Continuous coupling against Brian2's `(summed)` variables.

The network of Brian2's example of gap junctions: ten leaky neurons that drive themselves, all
coupled to all. The coupling is computed from the state at the start of a step by both.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from comparison import Comparisons, Row, identical

import spikesim as sp
from spikesim.units import dimensionless, ms, mV

N, DURATION = 10, 500.0


class Coupling(sp.SynapseModel):
    """Potentials in mV, weights without unit, as in the example."""

    I = sp.state(0 * mV)
    continuous = "I += weight*(pre.v - post.v)"
    output = "I"
    weight_unit = dimensionless
    reads = {"v": mV}  # noqa: RUF012


def ours(backend: str, start: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Potentials [samples, neurons] and (steps, neurons) of spikes."""
    cell = sp.neuron("dv/dt = (v0 - v + I)/tau", spike="v > 1*mV", reset="v = 0*mV",
                     v0=1.05 * mV, tau=10 * ms, v=sp.state(0 * mV), I=sp.port(mV))  # fmt: skip
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", N, cell, v=start * mV)
    net.project(cells, cells, sp.all_to_all(), synapse=Coupling(), weight=0.02)
    net.record(cells, ["v", "spikes"])
    result = net.run(DURATION * ms, backend, precision="float64")["cells"]
    return result.v.values, (np.rint(result.spikes.t / 0.1).astype(int) - 1, result.spikes.i)


def brian2(start: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """The same from Brian2."""
    import brian2 as b

    b.prefs.codegen.target = "numpy"
    b.defaultclock.dt = 0.1 * b.ms
    tau = 10 * b.ms
    group = b.NeuronGroup(N, "dv/dt = (1.05 - v + Igap)/tau : 1\nIgap : 1", threshold="v > 1",
                          reset="v = 0", method="exact", namespace={"tau": tau})  # fmt: skip
    group.v = start
    synapses = b.Synapses(group, group, "w : 1\nIgap_post = w*(v_pre - v_post) : 1 (summed)")
    synapses.connect()
    synapses.w = 0.02
    trace, spikes = b.StateMonitor(group, "v", record=True), b.SpikeMonitor(group)
    b.Network(group, synapses, trace, spikes).run(DURATION * b.ms)
    steps = np.rint(np.asarray(spikes.t / b.ms) / 0.1).astype(int)
    return np.asarray(trace.v).T, (steps, np.asarray(spikes.i))


def compare(backend: str) -> Row:
    """Every spike, and all potentials."""
    start = np.linspace(0, 1, N)
    (v, spikes), (their_v, their_spikes) = ours(backend, start), brian2(start)
    difference = float(np.abs(v - their_v).max())
    name = f"gap junctions (summed), {backend}"
    return Row(name, len(spikes[0]), identical(spikes, their_spikes), difference, 1e-9)


def comparisons() -> Comparisons:
    """Two backends."""
    return [(backend, partial(compare, backend)) for backend in ("numpy", "cpp")]

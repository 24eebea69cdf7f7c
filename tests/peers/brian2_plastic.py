"""Plastic synapses beside Brian2's: its examples `STDP` and `short_term_plasticity2`, with inputs
that are drawn here and handed to both. The text of a rule is the same in both. In float64 every
spike must be the same, and weights within 1e-8 of their size.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from comparison import Comparisons, Row, identical

import spikesim as sp
from spikesim.units import ms, mV, pA

DT, BOUND = 0.1, 1e-8
STDP_ON_PRE = "{sent}; Apre += dApre; {w} = clip({w} + Apost, 0, gmax)"
STDP_ON_POST = "Apost += dApost; {w} = clip({w} + Apre, 0, gmax)"
SHORT = "dx/dt = (1 - x)/taud{unit}\ndu/dt = (U - u)/tauf{unit}"
SHORT_ON_PRE = "{sent}; x *= 1 - u; u += U*(1 - u)"


class Additive(sp.PlasticityModel):
    """The example's rule."""

    dApre, dApost, gmax = sp.parameter(0.0001), sp.parameter(-0.000105), sp.parameter(0.01)
    Apre, Apost = sp.state(0.0), sp.state(0.0)
    equations = "dApre/dt = -Apre/(20*ms)\ndApost/dt = -Apost/(20*ms)"
    on_pre = STDP_ON_PRE.format(sent="transmit(weight)", w="weight")
    on_post = STDP_ON_POST.format(w="weight")
    weight_unit = 1


class Resources(sp.PlasticityModel):
    """The example's rule."""

    taud, tauf, U = sp.parameter(100 * ms), sp.parameter(10 * ms), sp.parameter(0.6)
    x, u = sp.state(1.0), sp.state(0.6)
    equations = SHORT.format(unit="")
    on_pre = SHORT_ON_PRE.format(sent="transmit(weight*u*x)")


def trains(rng: np.random.Generator, rates: np.ndarray, duration: float) -> list[np.ndarray]:
    """Steps in which inputs with these rates (Hz) spike, at random."""
    return [np.flatnonzero(rng.random(round(duration / DT)) < r * 1e-3 * DT) for r in rates]


def given(b: Any, spikes: list[np.ndarray]) -> Any:
    """The inputs in Brian2."""
    i = np.repeat(np.arange(len(spikes)), [len(s) for s in spikes])
    return b.SpikeGeneratorGroup(len(spikes), i, np.concatenate(spikes) * DT * b.ms)


def sources(net: sp.Network, spikes: list[np.ndarray]) -> Any:
    """The inputs here: a spike is labelled with the end of its step."""
    return net.population(
        "inputs", len(spikes), sp.spike_times([(s + 1) * DT * ms for s in spikes])
    )


def stdp(b: Any, backend: str) -> Row:
    """A thousand inputs with spike-timing dependent plasticity to one neuron, for 20 s."""
    rng, duration = np.random.default_rng(1), 20_000.0
    spikes = trains(rng, np.full(1000, 15.0), duration)
    first = rng.random(1000) * 0.01
    constants = {"taum": 10 * b.ms, "taue": 5 * b.ms, "Ee": 0 * b.mV, "El": -74 * b.mV,
                 "gmax": 0.01, "dApre": 0.0001, "dApost": -0.000105}  # fmt: skip
    cell = b.NeuronGroup(
        1, "dv/dt = (ge*(Ee - v) + El - v)/taum : volt\ndge/dt = -ge/taue : 1",
        threshold="v > -54*mV", reset="v = -60*mV", method="euler", namespace=constants,
    )  # fmt: skip
    cell.v = -60 * b.mV
    inputs = given(b, spikes)
    made = b.Synapses(
        inputs, cell, "w : 1\ndApre/dt = -Apre/(20*ms) : 1 (event-driven)\n"
        "dApost/dt = -Apost/(20*ms) : 1 (event-driven)", namespace=constants,
        on_pre=STDP_ON_PRE.format(sent="ge += w", w="w"), on_post=STDP_ON_POST.format(w="w"),
    )  # fmt: skip
    made.connect()
    made.w = first
    monitor = b.SpikeMonitor(cell)
    b.Network(cell, inputs, made, monitor).run(duration * b.ms)

    net = sp.Network(dt=DT * ms)
    neuron = sp.neuron(
        "dv/dt = (g*(E_e - v) + E_L - v)/tau_m : mV\ndg/dt = -g/tau_e : 1", spike="v > V_th",
        reset="v = V_reset", method="euler", tau_m=10 * ms, tau_e=5 * ms, E_e=0 * mV,
        E_L=-74 * mV, V_th=-54 * mV, V_reset=-60 * mV,
    )  # fmt: skip
    target = net.population("cell", 1, neuron, v=-60 * mV)
    net.project(
        sources(net, spikes), target, sp.all_to_all(), synapse=sp.synapses.Delta("g"), weight=first,
        plasticity=Additive(), axonal_delay=0 * ms, dendritic_delay=0 * ms,
    )  # fmt: skip
    net.record(target, "spikes")
    results = net.run(duration * ms, backend, precision="float64")
    ours = np.round(results["cell"].spikes.t / DT).astype(int) - 1
    steps = np.round(np.asarray(monitor.t / b.ms) / DT).astype(int)
    one = np.zeros_like(ours), np.zeros_like(steps)
    weights, theirs = results["inputs->cell"].final["weight"], np.asarray(made.w)
    # Weights at the lower bound are zero: their size is that of the bounds.
    difference = float(np.abs(weights - theirs).max() / 0.01)
    same = identical((ours, one[0]), (steps, one[1]))
    return Row(f"STDP {backend}", len(ours), same, difference, BOUND, "")


def short_term(b: Any, backend: str) -> Row:
    """Ten regular inputs of 5 to 30 Hz, each to a neuron of its own through synapses that tire."""
    duration, n = 5000.0, 10
    steps = [np.arange(k + 1, round(duration / DT), round(1e3 / r / DT))
             for k, r in enumerate(np.linspace(5, 30, n))]  # fmt: skip
    cell = b.NeuronGroup(n, "dI/dt = -I/(3*ms) : amp", method="exact")
    inputs = given(b, steps)
    unit = " : 1 (event-driven)"
    constants = {"taud": 100 * b.ms, "tauf": 10 * b.ms, "U": 0.6}
    made = b.Synapses(
        inputs, cell, SHORT.format(unit=unit), namespace=constants,
        on_pre=SHORT_ON_PRE.format(sent="I_post += 250*pA*u*x"),
    )  # fmt: skip
    made.connect(j="i")
    made.x, made.u = 1, 0.6
    trace = b.StateMonitor(cell, "I", record=True)
    b.Network(cell, inputs, made, trace).run(duration * b.ms)

    net = sp.Network(dt=DT * ms)
    target = net.population("cell", n, sp.neuron("dI/dt = -I/(3*ms) : pA"))
    net.project(
        sources(net, steps), target, sp.one_to_one(), synapse=sp.synapses.Delta("I"),
        weight=250 * pA, plasticity=Resources(), delay=0 * ms,
    )  # fmt: skip
    net.record(target, "I")
    results = net.run(duration * ms, backend, precision="float64")
    ours, theirs = results["cell"].I.values, np.asarray(trace.I / b.pA).T
    count = sum(len(s) for s in steps)
    difference = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    return Row(f"short-term plasticity {backend}", count, count, difference, BOUND, "")


def compare(case: Any, backend: str) -> Row:
    """Run both."""
    import brian2

    brian2.prefs.codegen.target = "cython"
    brian2.defaultclock.dt = DT * brian2.ms
    return case(brian2, backend)


def comparisons() -> Comparisons:
    """Both examples on every backend."""
    return [
        (f"{case.__name__} {backend}", partial(compare, case, backend))
        for case in (stdp, short_term)
        for backend in ("numpy", "jax", "cpp")
    ]

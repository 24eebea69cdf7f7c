"""Single neurons beside NEST's: under constant currents, spike by spike; random ones, by the
distribution of their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import nest_networks
import numpy as np
from comparison import Comparisons, Row, identical
from scipy.stats import ks_2samp

import spikesim as sp
from spikesim.units import Hz, kHz, ms, mV, nS, pA

DT = 0.1
N = 100
LEVEL = 0.01


def at_currents(name: str, cell: Any, nest: str, parameters: dict[str, Any], backend: str) -> Row:
    """N neurons, each under a constant current of its own, for 1 s: the same spikes."""
    currents = np.linspace(0, 1000, N)
    kernel = nest_networks._kernel(DT)
    neurons = kernel.Create(nest, N, params=parameters)
    generators = kernel.Create("dc_generator", N)
    generators.set([{"amplitude": a} for a in currents])
    kernel.Connect(generators, neurons, "one_to_one", {"delay": DT})
    theirs = _recorded(kernel, neurons, 1000.0)
    net = sp.Network(dt=DT * ms)
    cells = net.population("cells", N, cell)
    if any(d.kind == "port" for d in cell.definition.declared.values()):
        # A generator of NEST's is silent at t = 0, and its current acts a step after it arrives.
        net.stimulate(cells, sp.dc(currents * pA, start=2 * DT * ms))
    net.record(cells, "spikes")
    spikes = net.compile(backend, precision="float64").run(1000 * ms)["cells"].spikes
    ours = np.round(spikes.t / DT).astype(int), spikes.i
    return Row(f"{name} at {N} currents, {backend}", len(spikes), identical(ours, theirs), 0.0, 0.0)


@dataclass
class Noisy:
    """A random neuron; theirs makes NEST's, ours adds input to our population."""

    name: str
    cell: Any
    theirs: Callable[[Any], Any]
    ours: Callable[[sp.Network, Any], None] = field(default=lambda net, cells: None)
    duration: float = 2000.0


def in_distribution(case: Noisy, seeds: int, backend: str) -> Row:
    """The intervals of N neurons over seeds of both: the Kolmogorov-Smirnov statistic, which is to
    be below its critical value at p = 0.01."""
    ours: list[np.ndarray] = []
    theirs: list[np.ndarray] = []
    net = sp.Network(dt=DT * ms, order="nest")
    cells = net.population("cells", N, case.cell)
    case.ours(net, cells)
    net.record(cells, "spikes")
    model = net.compile(backend, precision="float64")
    for seed in range(1, seeds + 1):
        spikes = model.run(case.duration * ms, seed=seed)["cells"].spikes
        ours.append(_intervals(np.round(spikes.t / DT).astype(int), spikes.i))
        kernel = nest_networks._kernel(DT)
        kernel.rng_seed = seed
        theirs.append(_intervals(*_recorded(kernel, case.theirs(kernel), case.duration)))
    a, b = np.concatenate(ours), np.concatenate(theirs)
    found = ks_2samp(a, b)
    critical = np.sqrt(-np.log(LEVEL / 2) / 2 * (len(a) + len(b)) / (len(a) * len(b)))
    name = f"{case.name}, {seeds} seeds, p = {found.pvalue:.2g}"
    return Row(name, len(a), len(a), float(found.statistic), float(critical), "")


def _recorded(kernel: Any, neurons: Any, duration: float) -> tuple[np.ndarray, np.ndarray]:
    """Steps and neurons of the spikes in NEST."""
    recorder = kernel.Create("spike_recorder")
    kernel.Connect(neurons, recorder)
    kernel.Simulate(duration)
    events = recorder.events
    step = np.round(np.asarray(events["times"]) / DT).astype(int)
    return step, np.asarray(events["senders"]) - neurons[0].global_id


def _intervals(step: np.ndarray, neuron: np.ndarray) -> np.ndarray:
    order = np.lexsort((step, neuron))
    return np.diff(step[order])[np.diff(neuron[order]) == 0]


def _relayed(kernel: Any, generator: str, parameters: dict[str, float]) -> Any:
    """A generator sends each target a train of its own: parrots show them."""
    parrots = kernel.Create("parrot_neuron", N)
    kernel.Connect(kernel.Create(generator, params=parameters), parrots)
    return parrots


def _under_noise(kernel: Any, neurons: Any, weight: float) -> Any:
    noise = kernel.Create("poisson_generator", params={"rate": 2000.0})
    kernel.Connect(noise, neurons, syn_spec={"weight": weight, "delay": DT})
    return neurons


def _with_noise(synapse: Any, weight: Any) -> Callable[[sp.Network, Any], None]:
    return lambda net, cells: net.stimulate(
        cells, sp.poisson(2 * kHz), synapse=synapse, weight=weight
    )


# Of the order of what Pozzorini et al. (2015) find in cortical cells.
GIF = sp.neurons.GIF(q_eta_1=56.7 * pA, q_eta_2=-6.9 * pA, tau_eta_1=57.8 * ms,
                     tau_eta_2=218.2 * ms, q_gamma_1=11.7 * mV, q_gamma_2=1.8 * mV,
                     tau_gamma_1=53.8 * ms, tau_gamma_2=640.0 * ms)  # fmt: skip
OF_GIF = {"q_stc": [56.7, -6.9], "tau_stc": [57.8, 218.2], "q_sfa": [11.7, 1.8],
          "tau_sfa": [53.8, 640.0]}  # fmt: skip


class FinerGIF(sp.neurons.GIF):
    """GIF by a method of high order, as NEST integrates the conductances of gif_cond_exp."""

    method = "rk4"


NOISY = [
    Noisy("gif_psc_exp", GIF,
          lambda kernel: kernel.Create("gif_psc_exp", N, params={"I_e": 300.0} | OF_GIF),
          lambda net, cells: net.stimulate(cells, sp.dc(300 * pA))),
    Noisy("gif_psc_exp in noise", GIF,
          lambda kernel: _under_noise(kernel, kernel.Create(
              "gif_psc_exp", N, params={"tau_syn_ex": 3.0} | OF_GIF), 50.0),
          _with_noise(sp.synapses.ExpCurrent(tau=3 * ms), 50 * pA)),
    Noisy("gif_cond_exp in noise", FinerGIF(**GIF.values),
          lambda kernel: _under_noise(kernel, kernel.Create(
              "gif_cond_exp", N, params={"tau_syn_ex": 3.0, "gsl_error_tol": 1e-9} | OF_GIF), 1.5),
          _with_noise(sp.synapses.ExpConductance(tau=3 * ms, E=0 * mV), 1.5 * nS)),
    Noisy("pp_psc_delta", sp.neurons.PointProcess(q_sfa=4 * mV),
          lambda kernel: kernel.Create("pp_psc_delta", N, params={
              "I_e": 400.0, "q_sfa": [4.0], "tau_sfa": [34.0]}),
          lambda net, cells: net.stimulate(cells, sp.dc(400 * pA))),
    Noisy("pp_psc_delta in noise, no reset", sp.neurons.PointProcess(kept=1),
          lambda kernel: _under_noise(kernel, kernel.Create("pp_psc_delta", N, params={
              "with_reset": False}), 0.6),
          _with_noise(sp.synapses.Delta(), 0.6 * mV)),
    Noisy("poisson_generator", sp.neurons.Poisson(rate=20 * Hz),
          lambda kernel: _relayed(kernel, "poisson_generator", {"rate": 20.0})),
]  # fmt: skip

FULL_GLIF = {
    "spike_dependent_threshold": True, "after_spike_currents": True, "adapting_threshold": True,
    "asc_init": (0.0, 0.0), "asc_decay": (0.003, 0.1), "asc_amps": (-9.18, -198.94),
    "asc_r": (1.0, 1.0),
}  # fmt: skip


def comparisons(seeds: int = 10, backend: str = "cpp") -> Comparisons:
    """Those at currents, on all backends, and the random ones."""
    todo: Comparisons = []
    for b in (backend, *(b for b in ("numpy", "jax", "cpp") if b != backend)):
        glif = ("glif_psc 5", sp.neurons.GLIF5(), "glif_psc", FULL_GLIF)
        todo.append(("glif_psc 5", partial(at_currents, *glif, b)))
        regular = {"rate": 33.0, "phase": 0.3}
        cell = sp.neurons.IgnoreAndFire(rate=33 * Hz, phase=0.3)
        args = ("ignore_and_fire", cell, "ignore_and_fire", regular)
        todo.append(("ignore_and_fire", partial(at_currents, *args, b)))
    todo += [(case.name, partial(in_distribution, case, seeds, backend)) for case in NOISY]
    return todo

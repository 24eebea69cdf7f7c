"""Neuron models beside NEST's: one recurrent network of each, handed to both simulators."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import nest_networks
import numpy as np
from comparison import Comparisons, Row, identical

import spikesim as sp
from spikesim.units import ms, mV, pA, pF

DT = 0.1
STEPS = 10_000
WATCHED = 20
N = 100


@dataclass
class Case:
    """A model of ours and NEST's name and parameters for it.

    synapses: ours, by receptor; two without `receptors` are for positive and negative weights, one
    is for all. strength: of an excitatory connection, in `unit`; drive: of one input spike, in
    strengths; rate: input spikes a step. earlier: steps that our delays are shorter.
    density: share of all pairs that are connected. late_reset: NEST resets a step after the spike,
    so that potentials at spikes are not compared.
    """

    name: str
    cell: Any
    nest: str
    parameters: dict[str, Any]
    synapses: tuple[Any, ...]
    strength: float
    drive: float
    unit: Any = pA
    rate: float = 0.2
    v: tuple[float, float] | None = (-70.0, -55.0)
    receptors: bool = False
    order: str = "standard"
    earlier: int = 0
    inhibition: float = 4.0
    density: float = 0.1
    watched: str = "v"
    late_reset: bool = False
    same: dict[str, Any] = field(default_factory=dict)


def network(case: Case, seed: int) -> dict[str, np.ndarray]:
    """Connections (source, target, weight, delay in steps, receptor from 0) and input spikes
    (neuron, step of arrival). The last fifth of the neurons is inhibitory."""
    rng = np.random.default_rng(seed)
    source, target = np.nonzero(rng.random((N, N)) < case.density)
    weight = case.strength * rng.normal(1.0, 0.1, len(source))
    weight[source >= N * 4 // 5] *= -case.inhibition
    weight = np.round(weight * 2**30) / 2**30  # their sums are exact, in whatever order
    receptor = (weight < 0).astype(int) % len(case.synapses)
    if case.receptors:
        receptor = rng.integers(0, len(case.synapses), len(source))
    step, neuron = np.nonzero(rng.random((STEPS - 1, N)) < case.rate)
    low, high = case.v or (0.0, 0.0)
    return {
        "source": source,
        "target": target,
        "weight": weight,
        "delay": rng.integers(1, 31, len(source)),
        "receptor": receptor,
        "neuron": neuron,
        "arrival": step + 2,
        "v": rng.uniform(low, high, N),
    }


def ours(case: Case, made: dict[str, np.ndarray], backend: str) -> tuple[np.ndarray, ...]:
    """Steps and neurons of our spikes, and the potentials [step, neuron] from step 0 on."""
    net = sp.Network(dt=DT * ms, order=case.order)
    initial = {"v": made["v"] * mV} if case.v else {}
    cells = net.population("cells", N, case.cell, **initial)
    for k, synapse in enumerate(case.synapses):
        mine = made["receptor"] == k
        if mine.any():
            net.project(cells, cells, sp.explicit(made["source"][mine], made["target"][mine]),
                        synapse=synapse, weight=made["weight"][mine] * case.unit,
                        delay=(made["delay"][mine] - case.earlier) * DT * ms,
                        name=f"receptor_{k}")  # fmt: skip
    trains = sp.spike_times((made["arrival"] - 1) * DT * ms, indices=made["neuron"])
    source = net.population("input", N, trains)
    net.project(source, cells, sp.one_to_one(), synapse=case.synapses[0],
                weight=case.drive * case.strength * case.unit,
                delay=(1 - case.earlier) * DT * ms)  # fmt: skip
    net.record(cells, "spikes")
    if case.v:
        net.record(cells[:WATCHED], case.watched)
    result = net.compile(backend, precision="float64").run(STEPS * DT * ms)["cells"]
    steps = np.round(result.spikes.t / DT).astype(int)
    return steps, result.spikes.i, result[case.watched].values if case.v else np.empty(0)


def compare(case: Case, backend: str, seed: int) -> Row:
    """One network on one backend and in NEST: the same spikes, the same potentials."""
    made = network(case, seed)
    steps, neurons, v = ours(case, made, backend)
    theirs = nest_networks.model_network(
        model=case.nest, n=N, source=made["source"], target=made["target"], weight=made["weight"],
        delay_steps=made["delay"], input_neuron=made["neuron"], input_time_steps=made["arrival"],
        input_weight=case.drive * case.strength, parameters=case.parameters,
        v_initial_mV=made["v"] if case.v else None, duration_steps=STEPS, dt_ms=DT,
        record_v_of=np.arange(WATCHED if case.v else 0),
        receptor=made["receptor"] + 1 if case.receptors else None,
        input_receptor=1 if case.receptors else None,
    )  # fmt: skip
    same = identical((steps, neurons), (theirs["times_steps"], theirs["senders"]))
    # Our row k is the state at k dt, NEST's row k the state at (k + 1) dt.
    difference = np.abs(v[1:] - theirs["v"][:-1]) if case.v else np.zeros(1)
    if case.late_reset:
        seen = (neurons < WATCHED) & (steps <= len(difference))
        difference[steps[seen] - 1, neurons[seen]] = 0.0
    name = f"{case.name} {backend} n={N} seed={seed}"
    return Row(name, len(steps), same, float(difference.max()), 1e-9)


EXP, ALPHA, DELTA = sp.synapses.ExpCurrent, sp.synapses.AlphaCurrent, sp.synapses.Delta
LIF = sp.neurons.LIF(C=250 * pF, tau_m=10 * ms, E_L=-65 * mV, V_th=-50 * mV, V_reset=-65 * mV,
                     t_ref=2 * ms)  # fmt: skip
OF_LIF = {"C_m": 250.0, "tau_m": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0, "t_ref": 2.0}
TWO = {"tau_syn_ex": 0.5, "tau_syn_in": 1.5}
THREE = (0.5, 1.5, 4.0)
GIF = {"q_eta_1": 56.7 * pA, "q_eta_2": -6.9 * pA, "tau_eta_1": 57.8 * ms, "tau_eta_2": 218.2 * ms,
       "q_gamma_1": 11.7 * mV, "q_gamma_2": 1.8 * mV, "tau_gamma_1": 53.8 * ms,
       "tau_gamma_2": 640.0 * ms}  # fmt: skip
OF_GIF = {"Delta_V": 1e-9, "q_stc": (56.7, -6.9), "tau_stc": (57.8, 218.2), "q_sfa": (11.7, 1.8),
          "tau_sfa": (53.8, 640.0)}  # fmt: skip


def two(synapse: Any) -> tuple[Any, Any]:
    """An excitatory and an inhibitory synapse."""
    return synapse(tau=0.5 * ms, name="excitatory"), synapse(tau=1.5 * ms, name="inhibitory")


def three(synapse: Any) -> tuple[Any, ...]:
    """A synapse for each of three receptors."""
    return tuple(synapse(tau=tau * ms, name=f"receptor_{k}") for k, tau in enumerate(THREE))


def glif(level: int, **more: Any) -> Case:
    """A level of GLIF, with two receptors."""
    words = {
        "spike_dependent_threshold": level in (2, 4, 5),
        "after_spike_currents": level in (3, 4, 5),
        "adapting_threshold": level == 5,
    }
    values = {"tau_syn": (2.0, 1.0), "asc_init": (0.0, 0.0), "asc_decay": (0.003, 0.1),
              "asc_amps": (-9.18, -198.94), "asc_r": (1.0, 1.0)}  # fmt: skip
    cell = getattr(sp.neurons, f"GLIF{level}")()
    synapses = tuple(ALPHA(tau=t * ms, name=f"receptor_{t:.0f}") for t in values["tau_syn"])
    return Case(f"glif_psc {level}", cell, "glif_psc", words | values, synapses, 20.0, 2.0,
                v=(-78.0, -53.0), receptors=True, **more)  # fmt: skip


CASES = [
    Case("iaf_psc_exp", LIF, "iaf_psc_exp", OF_LIF | TWO, two(EXP), 87.8, 4.5, v=(-65, -50)),
    Case("iaf_psc_alpha", LIF, "iaf_psc_alpha", OF_LIF | TWO, two(ALPHA), 40.0, 4.5, v=(-65, -50)),
    Case("iaf_psc_delta", LIF, "iaf_psc_delta", OF_LIF, (DELTA(),), 0.3, 2.0, mV, v=(-65, -50),
         order="nest"),
    Case("iaf_psc_exp_multisynapse", LIF, "iaf_psc_exp_multisynapse", OF_LIF | {"tau_syn": THREE},
         three(EXP), 60.0, 7.0, v=(-65, -50), receptors=True),
    Case("iaf_psc_alpha_multisynapse", LIF, "iaf_psc_alpha_multisynapse",
         OF_LIF | {"tau_syn": THREE}, three(ALPHA), 25.0, 6.0, v=(-65, -50), receptors=True),
    # NEST records the potential of this one from E_L on.
    Case("iaf_psc_exp_htum",
         sp.neurons.TwoRefractoryLIF(E_L=0 * mV, V_reset=0 * mV, V_th=15 * mV, t_ref_abs=2 * ms,
                                     t_ref_tot=5 * ms),
         "iaf_psc_exp_htum", {"E_L": 0.0, "V_reset": 0.0, "V_th": 15.0, "t_ref_abs": 2.0,
                              "t_ref_tot": 5.0} | TWO, two(EXP), 150.0, 4.5, v=(0, 15)),
    # The upstroke multiplies what was rounded before it by some 1e5: the same has to be rounded.
    Case("izhikevich", sp.neurons.Izhikevich(), "izhikevich", {}, (DELTA(),), 0.5, 5.0, mV,
         v=(-70, -60), order="nest"),
    Case("izhikevich, inconsistent", sp.neurons.IzhikevichOriginal(), "izhikevich",
         {"consistent_integration": False}, (sp.synapses.PulseCurrent(),), 5.0, 5.0, v=(-70, -60),
         earlier=1),
    Case("mat2_psc_exp", sp.neurons.MAT2(), "mat2_psc_exp", TWO, two(EXP), 60.0, 8.0),
    Case("amat2_psc_exp",
         sp.neurons.AMAT2(alpha_2=2 * mV, beta=-0.5 / ms, omega=-60 * mV), "amat2_psc_exp",
         {"alpha_2": 2.0, "beta": -0.5, "omega": -60.0} | TWO, two(EXP), 87.8, 4.5),
    *(glif(level) for level in (1, 2, 3, 4)),
    # So sharp a threshold that nothing is left to chance. An arrival acts a step earlier in NEST.
    Case("gif_psc_exp, sharp", sp.neurons.GIF(Delta_V=1e-9 * mV, **GIF),
         "gif_psc_exp", OF_GIF | TWO, two(EXP), 60.0, 6.0, earlier=1, late_reset=True),
    Case("parrot_neuron", sp.neurons.Parrot(), "parrot_neuron", {}, (DELTA("arrived"),), 1.0, 1.0,
         1, v=None, order="nest", inhibition=-1.0, density=0.005, rate=2e-3),
]  # fmt: skip


def comparisons(seeds: int = 20, backend: str = "cpp") -> Comparisons:
    """Every case with seeds 1, 2 ...: on one backend, with the first seed also on the others."""
    others = [b for b in ("numpy", "jax", "cpp") if b != backend]
    todo: Comparisons = []
    for case in CASES:
        for seed in range(1, seeds + 1):
            for b in (backend, *(others if seed == 1 else ())):
                todo.append((case.name, partial(compare, case, b, seed)))
    return todo

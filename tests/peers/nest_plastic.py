"""Plastic synapses beside NEST's: both are handed the same spike trains, with many spikes that meet
in one step; compared are final weights, and of short-term plasticity what each spike sends."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import nest_networks
import numpy as np
from comparison import Comparisons, Row

import spikesim as sp
from spikesim.units import Hz, ms

DT, SPAN = 0.1, 1000.0
BOUND = 1e-10


class Relay(sp.NeuronModel):
    """Fires in the step after something arrives at v; z adds up what plastic synapses send."""

    v = sp.state(0.0)
    z = sp.state(0.0)
    spike = "v > 0.5"
    reset = "v = 0"


def trains(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Presynaptic and postsynaptic spikes, on a grid of 1 ms. The last is presynaptic, at which
    NEST brings the weight up to date; the first too, since before it NEST's nearest-neighbour
    synapses take t = 0 for one."""
    draw = np.random.default_rng(seed)
    pre, post = (np.unique(np.round(draw.uniform(2, SPAN - 20, 60))) for _ in range(2))
    return np.concatenate([[1.0], pre, [SPAN - 5]]), post


def cases() -> Iterator[tuple[str, dict[str, float], Any, float, dict[str, float]]]:
    """NEST's synapse with its parameters, ours, the first weight, parameters of the target."""
    p, same = sp.plasticity, {"coincidence": "nest"}
    for plus, minus in ((1.0, 1.0), (0.0, 0.0), (0.5, 0.3), (0.0, 1.0)):
        theirs = {"lambda": 0.01, "mu_plus": plus, "mu_minus": minus, "Wmax": 100.0}
        ours = {"w_max": 100.0, "mu_plus": plus, "mu_minus": minus, **same}
        yield "stdp_synapse", theirs, p.STDP(**ours), 45.0, {}
        if plus == minus:
            yield "stdp_nn_symm_synapse", theirs, p.NearestSymmetricSTDP(**ours), 45.0, {}
            yield "stdp_nn_pre_centered_synapse", theirs, p.NearestPresynapticSTDP(**ours), 45.0, {}
            yield "stdp_nn_restr_synapse", theirs, p.NearestRestrictedSTDP(**ours), 45.0, {}
    yield (
        "stdp_triplet_synapse",
        {"Aplus": 5e-3, "Aplus_triplet": 6.2e-3, "Aminus": 7e-3, "Aminus_triplet": 2.3e-4,
         "tau_plus": 16.8, "tau_plus_triplet": 101.0, "Wmax": 100.0},
        p.TripletSTDP(A2_plus=5e-3, A3_plus=6.2e-3, A2_minus=7e-3, A3_minus=2.3e-4, w_max=100.0,
                      tau_minus=20 * ms, tau_y=110 * ms, **same),
        45.0, {"tau_minus": 20.0, "tau_minus_triplet": 110.0},
    )  # fmt: skip
    yield (
        "vogels_sprekeler_synapse", {"eta": 0.001, "alpha": 0.12, "tau": 20.0, "Wmax": 100.0},
        p.VogelsSprekeler(eta=0.001, target_rate=3 * Hz, w_max=100.0, **same), 0.5,
        {"tau_minus": 20.0},
    )  # fmt: skip


def ours(rule: Any, seed: int, delay: float, weight: float, backend: str) -> float:
    """The final weight here. NEST's parrots repeat a spike after 1 ms, which shifts all alike."""
    pre, post = trains(seed)
    net = sp.Network(dt=DT * ms)
    source = net.population("a", 1, sp.spike_times(pre * ms))
    driver = net.population("d", 1, sp.spike_times((post - DT) * ms))
    target = net.population("b", 1, Relay())
    net.project(driver, target, sp.one_to_one(), synapse=sp.synapses.Delta("v"), weight=1.0,
                delay=0 * ms)  # fmt: skip
    net.project(source, target, sp.one_to_one(), synapse=sp.synapses.Delta("z"), weight=weight,
                plasticity=rule, axonal_delay=0 * ms, dendritic_delay=delay * ms)  # fmt: skip
    results = net.run(SPAN * ms, backend, precision="float64")
    return float(results["a->b"].final["weight"][0])


def theirs(
    synapse: str, values: dict[str, float], target: dict[str, float], seed: int, delay: float,
    weight: float,
) -> float:  # fmt: skip
    """The final weight in NEST."""
    pre, post = trains(seed)
    kernel = nest_networks._kernel(DT)
    generators = [kernel.Create("spike_generator", params={"spike_times": t}) for t in (pre, post)]
    parrots = [kernel.Create("parrot_neuron"), kernel.Create("parrot_neuron", params=target)]
    for generator, parrot in zip(generators, parrots, strict=True):
        kernel.Connect(generator, parrot, syn_spec={"delay": 1.0})
    kernel.Connect(*parrots, syn_spec={"synapse_model": synapse, "delay": delay, "weight": weight,
                                       "receptor_type": 1, **values})  # fmt: skip
    kernel.Simulate(SPAN + 60.0)
    return float(kernel.GetConnections(*parrots).weight)


def sent(rule: Any, seed: int, backend: str) -> np.ndarray:
    """What each spike sends here, with a weight of 3."""
    net = sp.Network(dt=DT * ms)
    source = net.population("a", 1, sp.spike_times(trains(seed)[0] * ms))
    target = net.population("b", 1, Relay())
    net.project(source, target, sp.one_to_one(), synapse=sp.synapses.Delta("z"), weight=3.0,
                plasticity=rule, delay=1 * ms)  # fmt: skip
    net.record(target, "z")
    z = net.run((SPAN + 10) * ms, backend, precision="float64")["b"].z.values[:, 0]
    return np.diff(z)[np.flatnonzero(np.diff(z))]


def recorded(synapse: str, values: dict[str, float], seed: int) -> np.ndarray:
    """The same in NEST."""
    kernel = nest_networks._kernel(DT)
    recorder = kernel.Create("weight_recorder")
    kernel.CopyModel(synapse, "recorded", {"weight_recorder": recorder})
    generator = kernel.Create("spike_generator", params={"spike_times": trains(seed)[0]})
    parrots = kernel.Create("parrot_neuron"), kernel.Create("parrot_neuron")
    kernel.Connect(generator, parrots[0], syn_spec={"delay": 1.0})
    kernel.Connect(*parrots, syn_spec={"synapse_model": "recorded", "delay": 1.0, "weight": 3.0,
                                       **values})  # fmt: skip
    kernel.Simulate(SPAN + 60.0)
    return np.asarray(recorder.events["weights"])


def final(synapse: str, values: dict[str, float], rule: Any, weight: float,
          target: dict[str, float], delay: float, backend: str) -> Row:  # fmt: skip
    """One rule at one delay: the final weights."""
    mine = ours(rule, 1, delay, weight, backend)
    other = theirs(synapse, values, target, 1, delay, weight)
    changed = int(other != weight)
    error = abs(mine - other) / abs(other)
    return Row(f"{synapse}, {delay:g} ms, {backend}", changed, changed, error, BOUND, "")


def each_spike(synapse: str, values: dict[str, float], rule: Any, backend: str) -> Row:
    """Short-term plasticity: what all spikes send."""
    mine, other = sent(rule, 1, backend), recorded(synapse, values, 1)
    same = len(mine) if len(mine) == len(other) else 0
    error = float(np.abs(mine / other - 1).max()) if same else np.inf
    return Row(f"{synapse}, {backend}", len(mine), same, error, BOUND, "")


def comparisons() -> Comparisons:
    """Every rule at several dendritic delays, then short-term plasticity."""
    found: Comparisons = []
    p = sp.plasticity
    short = [
        ("tsodyks2_synapse", {"U": 0.2, "u": 0.2, "tau_rec": 200.0, "tau_fac": 500.0},
         p.TsodyksMarkram(U=0.2, tau_rec=200 * ms, tau_fac=500 * ms)),
        ("tsodyks_synapse",
         {"U": 0.2, "u": 0.0, "tau_rec": 200.0, "tau_fac": 500.0, "tau_psc": 3.0},
         p.Tsodyks(U=0.2, tau_rec=200 * ms, tau_fac=500 * ms, tau_psc=3 * ms)),
    ]  # fmt: skip
    for backend in ("numpy", "cpp"):
        for synapse, values, rule, weight, target in cases():
            for delay in (DT, 1.0, 3.0):
                one = partial(final, synapse, values, rule, weight, target, delay, backend)
                found.append((f"{synapse}, {delay:g} ms, {backend}", one))
        for synapse, values, rule in short:
            one = partial(each_spike, synapse, values, rule, backend)
            found.append((f"{synapse}, {backend}", one))
    return found

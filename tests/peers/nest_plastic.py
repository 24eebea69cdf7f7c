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
from spikesim.units import Hz, kHz, ms, mV

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


class Fed(sp.NeuronModel):
    """What a voltage-based rule reads, from outside."""

    v = sp.port(mV)
    u_plus = sp.port(mV)
    u_minus = sp.port(mV)
    u_bar = sp.port(mV)
    z = sp.state(0.0)


def clopath(delay: float, constant: bool, backend: str) -> Row:
    """Clopath's rule reads what NEST recorded of its neuron, so that both synapses see the same
    potentials, which NEST's sees after the dendritic delay. The filtered ones reach it 5 ms later,
    which is NEST's delay_u_bars."""
    kernel = nest_networks._kernel(DT)
    pre, drive = trains(1)
    pre = pre[pre > 10]  # until then, NEST's delayed potentials are the zeros that it starts with
    target = {"A_LTD_const": constant, "u_ref_squared": 60.0**2}
    cell = kernel.Create("aeif_psc_delta_clopath", params=target)
    source = kernel.Create("parrot_neuron")
    for times, to, weight in ((pre, source, 1.0), (drive, cell, 40.0)):
        generator = kernel.Create("spike_generator", params={"spike_times": times})
        kernel.Connect(generator, to, syn_spec={"delay": 1.0, "weight": weight})
    names = {"v": "V_m", "u_plus": "u_bar_plus", "u_minus": "u_bar_minus", "u_bar": "u_bar_bar"}
    meter = kernel.Create("multimeter", params={"interval": DT, "record_from": [*names.values()]})
    kernel.Connect(meter, cell)
    synapse = {"synapse_model": "clopath_synapse", "delay": delay, "weight": 0.5, "Wmax": 1.0}
    kernel.Connect(source, cell, syn_spec=synapse)
    kernel.Simulate(SPAN)
    theirs = float(kernel.GetConnections(source, cell).weight)

    recorded = {name: np.asarray(meter.events[there]) for name, there in names.items()}
    given = cell.get(["A_LTP", "A_LTD", "theta_plus", "theta_minus", "delay_u_bars"])
    rule = sp.plasticity.Clopath(
        A_LTP=given["A_LTP"] / mV**2, A_LTD=given["A_LTD"] / mV,
        theta_plus=given["theta_plus"] * mV, theta_minus=given["theta_minus"] * mV,
        u_ref=(0 if constant else 60) * mV, w_min=0.0, w_max=1.0,
    )  # fmt: skip
    net = sp.Network(dt=DT * ms)
    spikes = net.population("a", 1, sp.spike_times((pre + 1) * ms))
    fed = net.population("b", 1, Fed())
    for name, values in recorded.items():
        late = delay + (given["delay_u_bars"] if name in ("u_plus", "u_minus") else 0)
        # The first was recorded when step 0 ended; before, nothing is above a threshold.
        values = np.concatenate([np.full(round(late / DT), -100.0), values])
        net.stimulate(fed, sp.timed_array(values * mV, DT * ms), port=name, name=f"to_{name}")
    made = net.project(
        spikes, fed, sp.one_to_one(), synapse=sp.synapses.Delta("z"), weight=0.5, plasticity=rule,
        axonal_delay=0 * ms, dendritic_delay=delay * ms,
    )  # fmt: skip
    net.record(made, "weight")
    last = pre[-1] + 1  # NEST's weight is that of the last spike
    results = net.run((last + 1) * ms, backend, precision="float64")
    ours = results["a->b"].weight.values[round(last / DT), 0]
    changed = int(abs(theirs - 0.5) > 1e-3)
    error = abs(ours - theirs) / abs(theirs)
    name = f"clopath_synapse, {delay:g} ms, {'constant, ' * constant}{backend}"
    return Row(name, changed, changed, error, BOUND, "")


class Level(sp.NeuronModel):
    """Dopamine."""

    n = sp.state(0 * kHz)
    tau_n = sp.parameter(200 * ms)
    equations = "dn/dt = -n/tau_n"


def dopamine(delay: float, seed: int, backend: str) -> Row:
    """Dopamine acts 1 ms after its spikes. NEST's minimal delay is one step: else its volume
    transmitter changes synapses ahead of spikes that are still to come."""
    pre, post = trains(seed)
    release = np.unique(np.round(np.random.default_rng(seed + 9).uniform(2, SPAN - 20, 15), 1))
    kernel = nest_networks._kernel(DT)
    generators = [kernel.Create("spike_generator", params={"spike_times": t})
                  for t in (pre, post, release)]  # fmt: skip
    parrots = [kernel.Create("parrot_neuron", params={"tau_minus": 20.0} if k == 1 else {})
               for k in range(3)]  # fmt: skip
    for generator, parrot in zip(generators, parrots, strict=True):
        kernel.Connect(generator, parrot, syn_spec={"delay": 1.0})
    volume = kernel.Create("volume_transmitter")
    kernel.Connect(parrots[2], volume, syn_spec={"delay": 1.0})
    values = {"A_plus": 1.0, "A_minus": 1.5, "tau_plus": 20.0, "tau_c": 1000.0, "tau_n": 200.0,
              "b": 0.001, "Wmin": -1e4, "Wmax": 1e4}  # fmt: skip
    kernel.CopyModel("stdp_dopamine_synapse", "modulated", {"volume_transmitter": volume, **values})
    kernel.Connect(*parrots[:2], syn_spec={"synapse_model": "modulated", "delay": delay,
                                           "weight": 45.0, "receptor_type": 1})  # fmt: skip
    kernel.Connect(*parrots[:2], syn_spec={"delay": DT, "weight": 0.0, "receptor_type": 1})
    kernel.Simulate(SPAN + 60.0)
    found = kernel.GetConnections(*parrots[:2], synapse_model="modulated").get(["weight", "c"])

    net = sp.Network(dt=DT * ms)
    level, target = net.population("level", 1, Level()), net.population("b", 1, Relay())
    rule = sp.plasticity.DopamineSTDP(
        A_plus=1.0, A_minus=1.5, tau_n=200 * ms, baseline=0.001 * kHz, w_min=-1e4, w_max=1e4,
        coincidence="nest", dopamine=level["n"],
    )  # fmt: skip
    source, driver, cells = (
        net.population(name, 1, sp.spike_times(times * ms))
        for name, times in (("a", pre), ("d", post - DT), ("da", release))
    )
    once = sp.one_to_one()
    net.project(cells, level, once, synapse=sp.synapses.Delta("n"), weight=1 / (200 * ms),
                delay=1 * ms)  # fmt: skip
    net.project(driver, target, once, synapse=sp.synapses.Delta("v"), weight=1.0, delay=0 * ms)
    made = net.project(
        source, target, once, synapse=sp.synapses.Delta("z"), weight=45.0, plasticity=rule,
        axonal_delay=0 * ms, dendritic_delay=delay * ms,
    )  # fmt: skip
    net.record(made, ["weight", "c"])
    results = net.run((SPAN + 60) * ms, backend, precision="float64")["a->b"]
    # NEST's synapse is as its last event left it: where the eligibility, which only decays after
    # the last spike, is the same.
    last = round(pre[-1] / DT)
    at = last + np.argmin(np.abs(results.c.values[last:, 0] / found["c"] - 1))
    error = max(abs(results.weight.values[at, 0] / found["weight"] - 1),
                abs(results.c.values[at, 0] / found["c"] - 1))  # fmt: skip
    changed = int(abs(found["weight"] - 45) > 1)
    name = f"stdp_dopamine_synapse, {delay:g} ms, seed {seed}, {backend}"
    return Row(name, changed, changed, error, BOUND, "")


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
        for delay in (DT, 1.0, 3.0):
            for constant in (True, False):
                name = f"clopath_synapse, {delay:g} ms, {'constant, ' * constant}{backend}"
                found.append((name, partial(clopath, delay, constant, backend)))
            for seed in (1, 2):
                name = f"stdp_dopamine_synapse, {delay:g} ms, seed {seed}, {backend}"
                found.append((name, partial(dopamine, delay, seed, backend)))
        for synapse, values, rule in short:
            one = partial(each_spike, synapse, values, rule, backend)
            found.append((f"{synapse}, {backend}", one))
    return found

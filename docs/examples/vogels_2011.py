"""
Inhibitory plasticity balances a network (Vogels et al. 2011)
=============================================================

8,000 excitatory and 2,000 inhibitory neurons with conductances. Inhibition of excitatory neurons
starts at nothing, so that they fire as fast as they can. Then these synapses learn: spikes that are
close in time strengthen them, presynaptic spikes weaken them, until each neuron fires at the rate
that is aimed at, and the network is in a state of irregular, asynchronous activity.

It is figure 4 of Vogels, Sprekeler, Zenke, Clopath and Gerstner (2011), Science 334:1569.

Run: ``python docs/examples/vogels_2011.py --neurons 10000 --duration 30000``
"""

from __future__ import annotations

import argparse

import numpy as np

import spikesim as sp
from spikesim.units import Hz, ms, mV, nS, pA, pF

TARGET = 3  # Hz

# %%
# The network
# -----------
#
# Each neuron has 2% of 10,000 as inputs. A constant current makes all of them fire.


def network(n: int = 10_000, eta: float = 0.05, seed: int = 1) -> sp.Network:
    """The network. eta: learning rate, in nS; the paper's is 0.01, and takes longer."""
    net = sp.Network(dt=0.1 * ms, seed=seed)
    cell = sp.neurons.LIF(C=200 * pF, tau_m=20 * ms, E_L=-60 * mV, V_th=-50 * mV,
                          V_reset=-60 * mV, t_ref=5 * ms)  # fmt: skip
    ampa = sp.synapses.ExpConductance(tau=5 * ms, E=0 * mV, name="ampa")
    gaba = sp.synapses.ExpConductance(tau=10 * ms, E=-80 * mV, name="gaba")
    start = {"v": sp.uniform(-60 * mV, -50 * mV)}
    exc = net.population("exc", n * 4 // 5, cell, **start)
    inh = net.population("inh", n - n * 4 // 5, cell, **start)
    net.stimulate([exc, inh], sp.dc(200 * pA))
    connected = sp.fixed_probability(min(1.0, 200 / n))
    wiring = {"axonal_delay": 0 * ms, "dendritic_delay": 0.1 * ms}
    net.project(exc, [exc, inh], connected, synapse=ampa, weight=0.3 * nS, **wiring)
    net.project(inh, inh, connected, synapse=gaba, weight=3 * nS, **wiring)
    rule = sp.plasticity.VogelsSprekeler(
        tau=20 * ms, eta=eta * nS, target_rate=TARGET * Hz, w_max=100 * nS
    )
    net.project(inh, exc, connected, synapse=gaba, weight=1e-10 * nS, plasticity=rule, **wiring)
    net.record([exc, inh], "spikes")
    net.record(exc, "rate", every=100 * ms)
    return net


# %%
# Run it
# ------
#
# First a second without plasticity, then with it.


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run and print rate and irregularity before and after."""
    parser = argparse.ArgumentParser(description=network.__doc__)
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--duration", type=float, default=30_000, help="ms of model time")
    parser.add_argument("--eta", type=float, default=0.05, help="learning rate, nS")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    model = network(options.neurons, options.eta).compile(options.backend)
    quiet = min(1000.0, options.duration / 10)
    simulation = model.start(params={"inh->exc.learning": False})
    before = simulation.run(quiet * ms)
    simulation.set({"inh->exc.learning": True})
    after = simulation.run((options.duration - quiet) * ms, progress=True)
    late = options.duration * 0.8
    for name, results, first in (("before", before, 0.0), ("at the end", after, late)):
        spikes = results["exc"].spikes
        print(f"{name}: {spikes.rate(first):.1f} spikes/s, CV of intervals "
              f"{np.nanmean(spikes.cv(first)):.2f}")  # fmt: skip
    weights = after["inh->exc"].final["weight"]
    print(f"weights: {weights.mean():.2f} nS, standard deviation {weights.std():.2f} nS")
    return after


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    results = main()
    figure, axes = plt.subplots(2, 2, figsize=(9, 5), layout="constrained")
    spikes, end = results["exc"].spikes, results.start + results.duration
    for axis, first in zip(axes[0], (results.start, end - 200), strict=True):
        shown = (spikes.t >= first) & (spikes.t < first + 200) & (spikes.i < 400)
        axis.plot(spikes.t[shown], spikes.i[shown], ".", ms=1, color="0.2")
        axis.set(xlabel="time (ms)", ylabel="excitatory neuron")
    rate = results["exc"].rate
    axes[1, 0].plot(rate.t / 1e3, rate.values, color="0.2")
    axes[1, 0].axhline(TARGET, color="C1", lw=1)
    axes[1, 0].set(xlabel="time (s)", ylabel="rate (spikes/s)", yscale="log")
    axes[1, 1].hist(results["inh->exc"].final["weight"], 60, color="0.4")
    axes[1, 1].set(xlabel="inhibitory weight (nS)", ylabel="synapses")

"""
A random network that learns (Morrison, Aertsen and Diesmann 2007)
==================================================================

10,000 integrate-and-fire neurons, a fifth of them inhibitory, each with 1,000 inputs from the
others and one from outside. The synapses between excitatory neurons obey spike-timing dependent
plasticity with a power law of the weight, under which the weights settle around one value and the
activity stays irregular.

After Morrison, Aertsen and Diesmann (2007), Neural Computation 19:1437, with the constants of the
rule that NEST's `hpc_benchmark` has, and a network of a tenth of the size.

Run: ``python docs/examples/plastic_brunel.py --neurons 10000 --duration 1000``
"""

from __future__ import annotations

import argparse

import numpy as np

import spikesim as sp
from spikesim.units import Hz, ms, mV, pA, pF

# %%
# Constants
# ---------
#
# A current of alpha shape with 45.61 pA at its peak moves the potential by 0.14 mV.

J, G, TAU = 45.61, 6.0, 0.33  # pA, inhibition in units of excitation, ms
THRESHOLD, TAU_M, C, ETA = 20.0, 10.0, 250.0, 1.2  # mV, ms, pF, input in units of the threshold's


def external_rate() -> float:
    """The rate of all external spikes, 1/ms, that keeps the mean potential at ETA * THRESHOLD."""
    jump = np.e * TAU * J / C  # mV, of an input that arrives all at once
    return float(ETA * THRESHOLD / (jump * TAU_M))


def network(n: int = 10_000, seed: int = 1, plastic: bool = True) -> sp.Network:
    """The network with n neurons, each connected to a tenth of the others."""
    net = sp.Network(dt=0.1 * ms, seed=seed)
    cell = sp.neurons.LIF(
        tau_m=TAU_M * ms, C=C * pF, V_th=THRESHOLD * mV, V_reset=0 * mV, E_L=0 * mV, t_ref=0.5 * ms
    )
    exc = net.population("exc", n * 4 // 5, cell, v=sp.uniform(0 * mV, THRESHOLD * mV))
    inh = net.population("inh", n // 5, cell, v=sp.uniform(0 * mV, THRESHOLD * mV))
    current = sp.synapses.AlphaCurrent(tau=TAU * ms)
    rule = sp.plasticity.PowerLawSTDP(
        w_0=1 * pA, rate=0.1, alpha=0.0513, mu=0.4, tau_plus=15 * ms, tau_minus=30 * ms
    )
    indegree = sp.fixed_indegree(n * 4 // 50), sp.fixed_indegree(n // 50)
    wiring = {"synapse": current, "axonal_delay": 0 * ms, "dendritic_delay": 1.5 * ms}
    learning = {"plasticity": rule} if plastic else {}
    net.project(exc, exc, indegree[0], weight=J * pA, **wiring, **learning)
    net.project(exc, inh, indegree[0], weight=J * pA, **wiring)
    net.project(inh, [exc, inh], indegree[1], weight=-G * J * pA, **wiring)
    noise = sp.poisson(external_rate() * 1e3 * Hz)
    net.stimulate([exc, inh], noise, synapse=current, weight=J * pA)
    net.record([exc, inh], "spikes")
    return net


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run the network and print what became of the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--duration", type=float, default=1000, help="ms of model time")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    results = network(options.neurons).run(options.duration * ms, options.backend)
    weights = results["exc->exc"].final["weight"]
    print(f"{results['exc'].spikes.rate():.1f} spikes/s")
    print(f"weights: {weights.mean():.2f} pA, standard deviation {weights.std():.2f} pA")
    return results


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    results = main()
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    spikes = results["exc"].spikes
    late = (spikes.t > results.duration - 200) & (spikes.i < 300)
    left.plot(spikes.t[late], spikes.i[late], "|", ms=3, color="0.2")
    left.set(xlabel="time (ms)", ylabel="neuron")
    right.hist(results["exc->exc"].final["weight"], 60, color="0.4")
    right.axvline(J, color="0.8")
    right.set(xlabel="weight (pA)", ylabel="synapses")

"""
Adaptive exponential neurons, each with its own parameters
==========================================================

A random network of the neurons of Brette and Gerstner (2005), J. Neurophysiol. 94:3637: an
exponential upstroke, and a current that grows with every spike and makes the next one later.
Adaptation differs from neuron to neuron: its parameters are distributions, as delays and initial
values are.

Run: ``python docs/examples/adex.py --neurons 1000 --duration 1000``
"""

from __future__ import annotations

import argparse

import spikesim as sp
from spikesim.units import Hz, ms, mV, nS, pA

# %%
# The network
# -----------
#
# Wherever a value is asked for there may be one for all, an array, or a distribution.


def network(n: int = 1000, delay: object = None, seed: int = 1) -> sp.Network:
    """`n` neurons, a fifth of them inhibitory, with adaptation that differs between neurons."""
    delay = sp.normal(1.5 * ms, 0.75 * ms, low=0.1 * ms) if delay is None else delay
    net = sp.Network(dt=0.1 * ms, seed=seed)
    cell = sp.neurons.AdEx(a=sp.uniform(2 * nS, 6 * nS), b=sp.normal(80 * pA, 20 * pA, low=0 * pA),
                           t_ref=2 * ms)
    ampa = sp.synapses.ExpConductance(tau=5 * ms, E=0 * mV, name="ampa")
    gaba = sp.synapses.ExpConductance(tau=10 * ms, E=-80 * mV, name="gaba")
    exc = net.population("exc", n * 4 // 5, cell, v=sp.uniform(-70 * mV, -50 * mV))
    inh = net.population("inh", n - n * 4 // 5, cell, v=sp.uniform(-70 * mV, -50 * mV))
    for source, synapse, weight in ((exc, ampa, 4 * nS), (inh, gaba, 40 * nS)):
        net.project(source, [exc, inh], sp.fixed_probability(0.05), synapse=synapse, weight=weight,
                    delay=delay)
    net.stimulate([exc, inh], sp.poisson(5 * Hz, n=500), synapse=ampa, weight=2 * nS)
    net.record([exc, inh], "spikes")
    net.record(exc[:3], "v")
    return net


# %%
# Run it
# ------
#
# In the figure of the membrane potentials, a tick is a spike.


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run and print rates."""
    parser = argparse.ArgumentParser(description=network.__doc__)
    parser.add_argument("--neurons", type=int, default=1000)
    parser.add_argument("--duration", type=float, default=1000, help="ms of model time")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    results = network(options.neurons).run(options.duration * ms, options.backend, progress=True)
    print(results)
    return results


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    results = main()
    results.raster()
    results.traces("exc", "v", stop=500 * ms)
    plt.show()

"""
COBAHH: Hodgkin-Huxley neurons with conductance-based synapses
==============================================================

The network of COBA with neurons that have sodium and potassium channels, four variables each: after
Traub and Miles (1991).

It is benchmark 3 of Brette et al. (2007), J. Comput. Neurosci. 23:349.

Run: ``python docs/examples/cobahh.py --neurons 4000 --duration 1000``
"""

from __future__ import annotations

import argparse

import spikesim as sp
from spikesim.units import ms, mV, nS

# %%
# The network
# -----------
#
# Each equation of the neuron is linear in its own variable, so that exponential Euler is taken;
# `model.explain()` says so.


def network(n: int = 4000, delay: object = 0 * ms, seed: int = 1) -> sp.Network:
    """The network with `n` neurons, a fifth of them inhibitory; indegrees are 2% of 4,000."""
    p = min(1.0, 80 / n)
    net = sp.Network(dt=0.1 * ms, seed=seed)
    # Conductances start as in the benchmark; without them the network would stay silent.
    ampa = sp.synapses.ExpConductance(
        tau=5 * ms, E=0 * mV, g=sp.normal(40 * nS, 15 * nS), name="ampa"
    )
    gaba = sp.synapses.ExpConductance(
        tau=10 * ms, E=-80 * mV, g=sp.normal(200 * nS, 120 * nS), name="gaba"
    )
    start = {"v": sp.normal(-65 * mV, 5 * mV)}
    exc = net.population("exc", n * 4 // 5, sp.neurons.TraubMiles(), **start)
    inh = net.population("inh", n - n * 4 // 5, sp.neurons.TraubMiles(), **start)
    for source, synapse, weight in ((exc, ampa, 6 * nS), (inh, gaba, 67 * nS)):
        net.project(source, [exc, inh], sp.fixed_probability(p), synapse=synapse, weight=weight,
                    delay=delay)
    net.record([exc, inh], "spikes")
    return net


# %%
# Run it
# ------
#
# Spikes are no resets here, but the work of the channels: the second figure shows their shape.


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run and print rates."""
    parser = argparse.ArgumentParser(description=network.__doc__)
    parser.add_argument("--neurons", type=int, default=4000)
    parser.add_argument("--duration", type=float, default=1000, help="ms of model time")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    net = network(options.neurons)
    net.record(net.populations["exc"][:3], "v")
    results = net.run(options.duration * ms, options.backend, progress=True)
    print(results)
    return results


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    results = main()
    results.raster(stop=500 * ms)
    results.traces("exc", "v", stop=200 * ms)
    plt.show()

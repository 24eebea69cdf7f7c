"""
COBA with adaptive exponential neurons
======================================

The network of COBA (benchmark 1 of Brette et al. 2007, J. Comput. Neurosci. 23:349) of the neurons
of Brette and Gerstner (2005), J. Neurophysiol. 94:3637, driven by a constant current.

Run: ``python docs/examples/coba_adex.py --neurons 4000 --duration 1000``
"""

from __future__ import annotations

import argparse

import spikesim as sp
from spikesim.units import ms, mV, nS, pA

# %%
# The network
# -----------
#
# The exponential makes the equations linear in none of the ways that a method could use, so that
# they are integrated by rk4; `model.explain()` says so.


def network(n: int = 4000, delay: object = 0 * ms, seed: int = 1) -> sp.Network:
    """The network with `n` neurons, a fifth of them inhibitory; indegrees are 2% of 4,000."""
    p = min(1.0, 80 / n)
    net = sp.Network(dt=0.1 * ms, seed=seed)
    ampa = sp.synapses.ExpConductance(tau=5 * ms, E=0 * mV, name="ampa")
    gaba = sp.synapses.ExpConductance(tau=10 * ms, E=-80 * mV, name="gaba")
    cell = sp.neurons.AdEx(t_ref=5 * ms)
    start = {"v": sp.uniform(-70 * mV, -55 * mV)}
    exc = net.population("exc", n * 4 // 5, cell, **start)
    inh = net.population("inh", n - n * 4 // 5, cell, **start)
    for source, synapse, weight in ((exc, ampa, 6 * nS), (inh, gaba, 67 * nS)):
        net.project(source, [exc, inh], sp.fixed_probability(p), synapse=synapse, weight=weight,
                    delay=delay)
    net.stimulate([exc, inh], sp.dc(800 * pA))
    net.record([exc, inh], "spikes")
    return net


# %%
# Run it
# ------
#
# Adaptation and inhibition make the neurons fire slowly, and irregularly.


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
    results.traces("exc", "v", stop=500 * ms)
    plt.show()

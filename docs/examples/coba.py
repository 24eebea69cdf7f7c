"""
COBA: integrate-and-fire neurons with conductance-based synapses
================================================================

As CUBA, but a spike opens channels: an excitatory one drives the membrane to 0 mV, an inhibitory
one to -80 mV. So the effect of a spike depends on where the membrane is.

It is benchmark 1 of Brette et al. (2007), J. Comput. Neurosci. 23:349, after Vogels and Abbott
(2005).

Run: ``python docs/examples/coba.py --neurons 4000 --duration 1000``
"""

from __future__ import annotations

import argparse

import spikesim as sp
from spikesim.units import ms, mV, nS, pF

# %%
# The network
# -----------
#
# A ready-made neuron (`sp.neurons.LIF`) and one ready-made synapse with two sets of values: each
# has a conductance of its own at every neuron, in nS.


def network(n: int = 4000, delay: object = 0 * ms, seed: int = 1) -> sp.Network:
    """The network with `n` neurons, a fifth of them inhibitory; indegrees are 2% of 4,000."""
    p = min(1.0, 80 / n)
    net = sp.Network(dt=0.1 * ms, seed=seed)
    cell = sp.neurons.LIF(C=200 * pF, tau_m=20 * ms, E_L=-60 * mV, V_th=-50 * mV,
                          V_reset=-60 * mV, t_ref=5 * ms)
    # Conductances start as in the benchmark; without them the network would stay silent.
    ampa = sp.synapses.ExpConductance(
        tau=5 * ms, E=0 * mV, g=sp.normal(40 * nS, 15 * nS), name="ampa"
    )
    gaba = sp.synapses.ExpConductance(
        tau=10 * ms, E=-80 * mV, g=sp.normal(200 * nS, 120 * nS), name="gaba"
    )
    start = {"v": sp.normal(-65 * mV, 5 * mV)}
    exc = net.population("exc", n * 4 // 5, cell, **start)
    inh = net.population("inh", n - n * 4 // 5, cell, **start)
    for source, synapse, weight in ((exc, ampa, 6 * nS), (inh, gaba, 67 * nS)):
        net.project(source, [exc, inh], sp.fixed_probability(p), synapse=synapse, weight=weight,
                    delay=delay)
    net.record([exc, inh], "spikes")
    return net


# %%
# Run it
# ------
#
# The population rates are below the raster and at its side.


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run and print rates."""
    parser = argparse.ArgumentParser(description=network.__doc__)
    parser.add_argument("--neurons", type=int, default=4000)
    parser.add_argument("--duration", type=float, default=1000, help="ms of model time")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    results = network(options.neurons).run(options.duration * ms, options.backend, progress=True)
    print(results)
    return results


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    results = main()
    results.raster(stop=500 * ms)
    plt.show()

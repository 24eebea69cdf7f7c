"""
Brunel (2000): sparsely connected excitatory and inhibitory neurons
===================================================================

Identical integrate-and-fire neurons in which each spike is a jump of the membrane potential:
model A of Brunel (2000), J. Comput. Neurosci. 8:183. Two numbers decide what the network does:
how much stronger inhibition is than excitation, *g*, and the rate from outside relative to the
one that just reaches threshold, *eta*. Here they are 5 and 2, as in figure 8C of the paper: each
neuron fires irregularly, and the rate of all fluctuates around a constant one.

Run: ``python docs/examples/brunel.py --g 5 --eta 2``
"""

from __future__ import annotations

import argparse

import spikesim as sp
from spikesim.units import Hz, ms, mV

# %%
# The network
# -----------
#
# The full one has 12,500 neurons and 1,250 inputs each. A smaller one keeps the mean of the
# input, by larger jumps, but not its fluctuations.


def network(scale: float = 1.0, g: float = 5.0, eta: float = 2.0, seed: int = 1) -> sp.Network:
    """The network of 12,500 * `scale` neurons, with indegrees scaled alike.

    g: inhibition relative to excitation. eta: external rate relative to the one that reaches
    threshold. Weights grow by 1/scale, so that the mean input stays.
    """
    n_exc, n_inh = round(10_000 * scale), round(2_500 * scale)
    c_exc, c_inh = round(1_000 * scale), round(250 * scale)
    tau, threshold = 20.0, 20.0  # ms, mV
    jump = 0.1 / scale
    external = eta * threshold / (jump * c_exc * tau) * 1000 * Hz

    net = sp.Network(dt=0.1 * ms, seed=seed)
    cell = sp.neurons.LIF(tau_m=tau * ms, E_L=0 * mV, V_th=threshold * mV, V_reset=10 * mV,
                          t_ref=2 * ms)
    exc = net.population("exc", n_exc, cell, v=sp.uniform(0 * mV, threshold * mV))
    inh = net.population("inh", n_inh, cell, v=sp.uniform(0 * mV, threshold * mV))
    for source, degree, weight in ((exc, c_exc, jump), (inh, c_inh, -g * jump)):
        net.project(source, [exc, inh], sp.fixed_indegree(degree), weight=weight * mV,
                    delay=1.5 * ms)
    net.stimulate([exc, inh], sp.poisson(rate=external, n=c_exc), weight=jump * mV)
    net.record([exc, inh], "spikes")
    net.record([exc, inh], "rate", every=1 * ms)
    return net


# %%
# Run it
# ------
#
# It has 15 million synapses, and takes some seconds. The other panels of figure 8 are ``--g 3``
# (almost all fire together, again and again), ``--g 6 --eta 4`` (fast oscillations) and
# ``--g 4.5 --eta 0.9`` (slow ones).


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run and print rates."""
    parser = argparse.ArgumentParser(description=network.__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--g", type=float, default=5.0)
    parser.add_argument("--eta", type=float, default=2.0)
    parser.add_argument("--duration", type=float, default=500, help="ms of model time")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    net = network(options.scale, options.g, options.eta)
    results = net.run(options.duration * ms, options.backend, progress=True)
    print(results)
    return results


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    results = main()
    results.raster(start=300 * ms)
    plt.show()

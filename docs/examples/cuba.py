"""
CUBA: integrate-and-fire neurons with current-based synapses
============================================================

A network that keeps itself going: 4,000 neurons, a fifth of them inhibitory, each connected to 2%
of the others. Excitation and inhibition balance, and neurons fire irregularly without any input,
since they rest 1 mV above their threshold.

It is benchmark 2 of Brette et al. (2007), J. Comput. Neurosci. 23:349, after Vogels and Abbott
(2005), in the voltage-based form in which Brian2 ships it: synaptic currents are in mV.

Run: ``python docs/examples/cuba.py --neurons 4000 --duration 1000``
"""

from __future__ import annotations

import argparse

import spikesim as sp
from spikesim.units import ms, mV

# %%
# The neuron
# ----------
#
# The two synaptic inputs are variables of the neuron, which decay between spikes:
#
# .. math::
#
#    \tau_m \dot v = g_e + g_i - (v - E_L), \qquad
#    \tau_e \dot g_e = -g_e, \qquad \tau_i \dot g_i = -g_i
#
# The system is linear, so that it is integrated exactly.


class CubaNeuron(sp.NeuronModel):
    """Integrate-and-fire neuron with two exponential synaptic inputs, all in mV."""

    tau_m = sp.parameter(20 * ms, "membrane time constant")
    tau_e = sp.parameter(5 * ms, "excitatory synaptic time constant")
    tau_i = sp.parameter(10 * ms, "inhibitory synaptic time constant")
    E_L = sp.parameter(-49 * mV, "resting potential")
    V_th = sp.parameter(-50 * mV, "threshold")
    V_reset = sp.parameter(-60 * mV, "reset potential")
    t_ref = sp.parameter(5 * ms, "refractory period")
    v = sp.state(-60 * mV, "membrane potential")
    ge = sp.state(0 * mV, "excitatory input")
    gi = sp.state(0 * mV, "inhibitory input")

    equations = """
    dv/dt = (ge + gi - (v - E_L))/tau_m  (unless refractory)
    dge/dt = -ge/tau_e
    dgi/dt = -gi/tau_i
    """
    spike = "v > V_th"
    reset = "v = V_reset"
    refractory = "t_ref"


# %%
# The network
# -----------
#
# An arriving spike lets one of the two variables jump (`Delta`), by 1.62 mV or by -9 mV.


def network(n: int = 4000, delay: object = 0 * ms, seed: int = 1) -> sp.Network:
    """The network with `n` neurons, a fifth of them inhibitory; indegrees are 2% of 4,000."""
    p = min(1.0, 80 / n)
    net = sp.Network(dt=0.1 * ms, seed=seed)
    start = {"v": sp.uniform(-60 * mV, -50 * mV)}
    exc = net.population("exc", n * 4 // 5, CubaNeuron(), **start)
    inh = net.population("inh", n - n * 4 // 5, CubaNeuron(), **start)
    for source, onto, weight in ((exc, "ge", 1.62 * mV), (inh, "gi", -9 * mV)):
        net.project(source, [exc, inh], sp.fixed_probability(p),
                    synapse=sp.synapses.Delta(onto), weight=weight, delay=delay)
    net.record([exc, inh], "spikes")
    return net


# %%
# Run it
# ------
#
# Compiling and running it takes a fraction of a second.


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

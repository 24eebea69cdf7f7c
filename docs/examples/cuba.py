"""CUBA: a balanced network of integrate-and-fire neurons with current-based synapses.

Brette et al. (2007), J. Comput. Neurosci. 23:349, benchmark 2, in the voltage-based form in which
Brian2 ships it: synaptic currents are in mV. Run: python docs/examples/cuba.py
"""

from __future__ import annotations

import argparse

import spikesim as sp
from spikesim.units import ms, mV


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


def network(n: int = 4000, delay: object = 0 * ms, seed: int = 1) -> sp.Network:
    """The network with `n` neurons, a fifth of them inhibitory; indegrees are 2% of 4,000."""
    p = min(1.0, 80 / n)
    net = sp.Network(dt=0.1 * ms, seed=seed)
    start = {"v": sp.uniform(-60 * mV, -50 * mV)}
    exc = net.population("exc", n * 4 // 5, CubaNeuron(), **start)
    inh = net.population("inh", n - n * 4 // 5, CubaNeuron(), **start)
    for source, onto, weight in ((exc, "ge", 1.62 * mV), (inh, "gi", -9 * mV)):
        net.project(source, [exc, inh], sp.fixed_probability(p),
                    synapse=sp.synapses.Delta(onto), weight=weight, delay=delay)  # fmt: skip
    net.record([exc, inh], "spikes")
    return net


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run and print rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=4000)
    parser.add_argument("--duration", type=float, default=1000, help="ms of model time")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    results = network(options.neurons).run(options.duration * ms, options.backend, progress=True)
    print(results)
    return results


if __name__ == "__main__":
    main()

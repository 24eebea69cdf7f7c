"""
Competition between synapses (Song, Miller and Abbott 2000)
===========================================================

A neuron with 1,000 plastic inputs, each of which fires at random. Those that happen to fire just
before the neuron are strengthened, the others weakened, until the weights are of two kinds: some
close to the largest, most close to zero. Meanwhile the neuron's rate settles.

It is the network of Song, Miller and Abbott (2000), Nature Neuroscience 3:919, in the form in which
Brian2 ships it.

Run: ``python docs/examples/song_2000.py --duration 100000``
"""

from __future__ import annotations

import argparse

import numpy as np

import spikesim as sp
from spikesim.units import Hz, ms, mV, second

# %%
# The neuron
# ----------
#
# It leaks to -74 mV; the excitatory conductance, in units of the leak, decays with 5 ms.


class Cell(sp.NeuronModel):
    """Integrate-and-fire neuron with an excitatory conductance in units of the leak."""

    tau_m = sp.parameter(10 * ms, "membrane time constant")
    tau_e = sp.parameter(5 * ms, "time constant of the conductance")
    E_L = sp.parameter(-74 * mV, "resting potential")
    E_e = sp.parameter(0 * mV, "reversal potential of excitation")
    V_th = sp.parameter(-54 * mV, "threshold")
    V_reset = sp.parameter(-60 * mV, "reset potential")
    v = sp.state(-60 * mV, "membrane potential")
    g = sp.state(0.0, "excitatory conductance, in units of the leak")

    equations = """
    dv/dt = (g*(E_e - v) + E_L - v)/tau_m
    dg/dt = -g/tau_e
    """
    spike = "v > V_th"
    reset = "v = V_reset"


# %%
# The rule
# --------
#
# It is additive: each pair of spikes changes the weight by the same amount, whatever the weight is.
# The ready-made ``sp.plasticity.STDP`` depresses before it transmits, as NEST does. In Brian2's
# example a spike is transmitted with the weight that it finds, so here the rule is written out:


class AdditiveSTDP(sp.PlasticityModel):
    """Additive plasticity; a spike is transmitted before it depresses."""

    tau_pre = sp.parameter(20 * ms, "time constant of the presynaptic trace")
    tau_post = sp.parameter(20 * ms, "time constant of the postsynaptic trace")
    A_pre = sp.parameter(0.0001, "potentiation")
    A_post = sp.parameter(-0.000105, "depression")
    w_max = sp.parameter(0.01, "largest weight")
    x = sp.state(0.0, "presynaptic trace")
    y = sp.state(0.0, "postsynaptic trace")

    equations = """
    dx/dt = -x/tau_pre
    dy/dt = -y/tau_post
    """
    on_pre = """
    transmit(weight)
    x += A_pre
    weight += y
    """
    on_post = """
    y += A_post
    weight += x
    """
    bounds = ("0", "w_max")
    weight_unit = 1


def network(inputs: int = 1000, seed: int = 1, record: bool = False) -> sp.Network:
    """The network. record: also weights, every second, and the neuron's rate."""
    net = sp.Network(dt=0.1 * ms, seed=seed)
    sources = net.population("inputs", inputs, sp.neurons.Poisson(rate=15 * Hz))
    cell = net.population("cell", 1, Cell())
    synapses = net.project(
        sources, cell, sp.all_to_all(),
        synapse=sp.synapses.Delta("g"), weight=sp.uniform(0.0, 0.01), plasticity=AdditiveSTDP(),
        axonal_delay=0 * ms, dendritic_delay=0 * ms,
    )  # fmt: skip
    net.record(cell, "spikes")
    if record:
        net.record(synapses, "weight", every=1 * second)
    return net


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run the network and print what became of the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duration", type=float, default=100_000, help="ms of model time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    results = network(record=True, seed=options.seed).run(options.duration * ms, options.backend)
    relative = results["inputs->cell"].weight.values[-1] / 0.01
    parts = [relative < 0.1, (relative >= 0.1) & (relative <= 0.9), relative > 0.9]
    print("weights below 0.1, between, above 0.9 of the largest:", *(int(p.sum()) for p in parts))
    return results


# %%
# Most weights end close to zero or to the largest one; the neuron's rate falls as they compete.

if __name__ == "__main__":
    import matplotlib.pyplot as plt

    results = main()
    weights = results["inputs->cell"].weight
    relative = weights.values / 0.01
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
    left.plot(weights.t / 1e3, relative[:, :6], lw=1)
    left.set(xlabel="time (s)", ylabel="weight / largest weight")
    middle.hist(relative[-1], 20, color="0.4")
    middle.set(xlabel="weight / largest weight", ylabel="synapses")
    bins = np.arange(0, results.duration + 1, 1e3)
    right.step(bins[1:] / 1e3, np.histogram(results["cell"].spikes.t, bins)[0], color="0.2")
    right.set(xlabel="time (s)", ylabel="rate of the neuron (spikes/s)")

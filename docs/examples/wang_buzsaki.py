"""
Gamma rhythm of an inhibitory network
=====================================

The interneurons of Wang and Buzsáki (1996), J. Neurosci. 16:6402, inhibit each other through
graded synapses: gates that open while the presynaptic potential is high. Alike enough, they fire
together, at 30 to 40 Hz; the more their drive differs, the less. Sizes and values are those of the
paper, with membranes of 100 pF (1 uF/cm2), so that 0.1 mS/cm2 is 10 nS.

Run: ``python docs/examples/wang_buzsaki.py``, which draws three spreads of the drive.
"""

from __future__ import annotations

import argparse

import numpy as np

import spikesim as sp
from spikesim.units import ms, mV, nS, pA, pF

N = 100


# %%
# The neuron
# ----------
#
# Sodium activation is so fast that it has its steady state m. A spike is counted where the
# potential passes 0 mV; nothing is reset.


class Interneuron(sp.NeuronModel):
    """Fast-spiking interneuron (Wang and Buzsáki 1996, equations 2.1 and 2.2)."""

    C = sp.parameter(100 * pF, "membrane capacitance")
    g_L = sp.parameter(10 * nS, "leak conductance")
    g_Na = sp.parameter(3500 * nS, "sodium conductance")
    g_K = sp.parameter(900 * nS, "potassium conductance")
    E_L = sp.parameter(-65 * mV, "leak reversal potential")
    E_Na = sp.parameter(55 * mV, "sodium reversal potential")
    E_K = sp.parameter(-90 * mV, "potassium reversal potential")
    phi = sp.parameter(5.0, "speed of the gates")
    v = sp.state(-64 * mV, "membrane potential")
    h = sp.state(0.78, "sodium inactivation")
    n = sp.state(0.09, "potassium activation")
    I = sp.port(pA, "injected current")

    equations = """
    u = v/mV
    alpha_m = 1/exprel(-0.1*(u + 35))
    m = alpha_m/(alpha_m + 4*exp(-(u + 60)/18))
    alpha_h = 0.07*exp(-(u + 58)/20)/ms
    beta_h = 1/(1 + exp(-0.1*(u + 28)))/ms
    alpha_n = 0.1/exprel(-0.1*(u + 34))/ms
    beta_n = 0.125*exp(-(u + 44)/80)/ms
    dv/dt = (g_L*(E_L - v) + g_Na*m**3*h*(E_Na - v) + g_K*n**4*(E_K - v) + I)/C
    dh/dt = phi*(alpha_h*(1 - h) - beta_h*h)
    dn/dt = phi*(alpha_n*(1 - n) - beta_n*n)
    """
    spike = "v > 0*mV"
    refractory = "2*ms"
    method = "rk4"


# %%
# The network
# -----------
#
# Every neuron hears all others, or some of them on average; together their synapses have 10 nS.


def network(spread: float = 0.03, partners: float = N, seed: int = 1) -> sp.Network:
    """100 interneurons whose drive, 100 pA, differs by `spread` of that (standard deviation)."""
    net = sp.Network(dt=0.05 * ms, seed=seed)
    cells = net.population("cells", N, Interneuron(), v=sp.uniform(-70 * mV, -50 * mV))
    drive = 100 + 100 * spread * np.random.default_rng(seed).standard_normal(N)
    net.stimulate(cells, sp.dc(drive * pA))
    net.project(cells, cells, sp.fixed_probability(partners / N),
                synapse=sp.synapses.Graded(), weight=10 * nS / partners)  # fmt: skip
    net.record(cells, "spikes")
    net.record(cells[:1], "v")
    return net


# %%
# How much they fire together
# ---------------------------
#
# The coherence of two trains of the paper (equation 2.4): in bins of a tenth of the period, the
# bins in which both fire, in relation to those in which each does. The mean over all pairs is 1
# where all fire together.


def coherence(spikes: sp.Results, start: float, stop: float, width: float) -> float:
    """The mean coherence of all pairs of neurons that fire, between two times, in ms."""
    edges = np.arange(start, stop + 1e-9, width)
    trains = (spikes.t[spikes.i == k] for k in range(N))
    counts = np.array([np.histogram(t, edges)[0] > 0 for t in trains], float)
    counts = counts[counts.any(axis=1)]
    total = counts.sum(axis=1)
    both = counts @ counts.T / np.sqrt(np.outer(total, total))
    return float(both[np.triu_indices(len(both), 1)].mean())


def measure(results: sp.Results, start: float) -> tuple[float, float]:
    """(mean rate in Hz, coherence) from `start` on."""
    spikes = results["cells"].spikes
    rate = spikes.rate(start)
    return rate, coherence(spikes, start, results.duration, 100.0 / max(rate, 1.0))


# %%
# Run it
# ------


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run, and print rate and coherence in the second half."""
    parser = argparse.ArgumentParser(description=network.__doc__)
    parser.add_argument("--spread", type=float, default=0.03)
    parser.add_argument("--partners", type=float, default=N, help="neurons that each one hears")
    parser.add_argument("--duration", type=float, default=2000, help="ms of model time")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    net = network(options.spread, options.partners)
    results = net.run(options.duration * ms, options.backend)
    rate, together = measure(results, options.duration / 2)
    print(f"spread {options.spread:g}: {rate:.1f} Hz, coherence {together:.2f}")
    return results


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, 1, sharex=True, layout="constrained", figsize=(7, 5))
    for ax, spread in zip(axes, (0, 0.03, 0.1), strict=True):
        results = main(["--spread", f"{spread}"])
        spikes = results["cells"].spikes
        ax.plot(spikes.t, spikes.i, "k.", markersize=1)
        rate, together = measure(results, results.duration / 2)
        ax.set_title(f"spread {spread:g}: {rate:.0f} Hz, coherence {together:.2f}", fontsize=9)
        ax.set_ylabel("neuron")
    ax.set_xlim(results.duration - 300, results.duration)
    ax.set_xlabel("time (ms)")
    plt.show()

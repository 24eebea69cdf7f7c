"""
A decision between two alternatives
===================================

The network of Wang (2002), Neuron 36:955: two groups of pyramidal cells receive evidence for two
alternatives. Slow recurrent excitation (NMDA) adds the evidence up, inhibition that all share lets
one of the groups win, and the winner stays active after the stimulus. Sizes and values are those of
the paper: 1600 pyramidal cells and 400 interneurons, all connected to all.

The gates of NMDA receptors are states of the source (`SaturatingNMDA`). Since all connect to all
with one weight a group, the sum over a group is computed once a step.

Run: ``python docs/examples/decision.py --coherence 12.8``
"""

from __future__ import annotations

import argparse

import numpy as np

import spikesim as sp
from spikesim.units import Hz, ms, mV, nS, pF

DT = 0.1
SELECTIVE = 0.15  # of the pyramidal cells, each of the two groups
STRONG = 1.7  # weights within a group, in relation to the mean
ON, OFF = 1000.0, 2000.0  # ms, the stimulus

# %%
# Neurons and synapses
# --------------------

PYRAMIDAL = sp.neurons.LIF(C=500 * pF, tau_m=20 * ms, E_L=-70 * mV, V_th=-50 * mV,
                           V_reset=-55 * mV, t_ref=2 * ms)  # fmt: skip
INTERNEURON = sp.neurons.LIF(C=200 * pF, tau_m=10 * ms, E_L=-70 * mV, V_th=-50 * mV,
                             V_reset=-55 * mV, t_ref=1 * ms)  # fmt: skip
AMPA = sp.synapses.ExpConductance(tau=2 * ms, E=0 * mV, name="ampa")
GABA = sp.synapses.ExpConductance(tau=5 * ms, E=-70 * mV, name="gaba")
NMDA = sp.synapses.SaturatingNMDA(name="nmda")
# Conductances in nS onto pyramidal cells and interneurons.
WEIGHT = {"ampa": (0.05, 0.04), "nmda": (0.165, 0.13), "gaba": (1.3, 1.0), "out": (2.1, 1.62)}


class Evidence(sp.NeuronModel):
    """A train of spikes whose rate is what flows into R."""

    R = sp.port(Hz, "rate")
    spike = "rand() < R*dt"


# %%
# The network
# -----------


def network(coherence: float = 12.8, scale: float = 1.0, duration: float = 3000, seed: int = 1):
    """The network, with evidence of a coherence in percent for the first alternative.

    scale: of the numbers of neurons; weights grow so that the total input stays.
    """
    n_exc, n_inh = round(1600 * scale), round(400 * scale)
    n = round(SELECTIVE * n_exc)
    net = sp.Network(dt=DT * ms, seed=seed)
    start = {"v": sp.uniform(-70 * mV, -50 * mV)}
    first = net.population("first", n, PYRAMIDAL, **start)
    second = net.population("second", n, PYRAMIDAL, **start)
    other = net.population("other", n_exc - 2 * n, PYRAMIDAL, **start)
    inh = net.population("inh", n_inh, INTERNEURON, **start)
    weak = 1 - SELECTIVE * (STRONG - 1) / (1 - SELECTIVE)

    for target in (first, second, other, inh):
        kind = int(target is inh)
        net.stimulate(target, sp.poisson(2400 * Hz), synapse=AMPA, weight=WEIGHT["out"][kind] * nS)
        for source in (first, second, other):
            factor = 1.0
            if target in (first, second):
                factor = STRONG if source is target else weak
            for synapse in (AMPA, NMDA):
                weight = factor * WEIGHT[synapse.name][kind] / scale
                net.project(source, target, sp.all_to_all(), synapse=synapse, weight=weight * nS,
                            delay=0.5 * ms)  # fmt: skip
        net.project(inh, target, sp.all_to_all(), synapse=GABA,
                    weight=WEIGHT["gaba"][kind] / scale * nS, delay=0.5 * ms)  # fmt: skip

    # Evidence: 40 Hz (1 + coherence) and 40 Hz (1 - coherence), drawn anew every 50 ms.
    draws = np.random.default_rng(seed)
    t = np.arange(0, duration, 50)
    for k, target in enumerate((first, second)):
        mean = 40 * (1 + (1 - 2 * k) * coherence / 100)
        rate = np.clip(mean + 4 * draws.standard_normal(len(t)), 0, None) * ((t >= ON) & (t < OFF))
        evidence = net.population(f"evidence_{k + 1}", n, Evidence())
        net.record(evidence, "spikes")
        net.stimulate(evidence, sp.timed_array(rate * Hz, 50 * ms))
        net.project(evidence, target, sp.one_to_one(), synapse=AMPA, weight=WEIGHT["out"][0] * nS)
    net.record([first, second, other, inh], "spikes")
    net.record([first, second], "rate", every=20 * ms)
    return net


# %%
# Run it
# ------


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run a trial and print rates before, during and after the stimulus."""
    parser = argparse.ArgumentParser(description=network.__doc__)
    parser.add_argument("--coherence", type=float, default=12.8, help="percent")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--duration", type=float, default=3000, help="ms of model time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    net = network(options.coherence, options.scale, options.duration, options.seed)
    results = net.run(options.duration * ms, options.backend, progress=True)
    windows = {"before": (300, ON), "stimulus": (OFF - 500, OFF), "after": (OFF + 500, OFF + 1000)}
    windows = {w: span for w, span in windows.items() if span[1] <= options.duration}
    print(f"{'rates (Hz)':>12}" + "".join(f"{w:>12}" for w in windows))
    for p in ("first", "second", "other", "inh"):
        rates = [results[p].spikes.rate(*span) for span in windows.values()]
        print(f"{p:>12}" + "".join(f"{r:12.1f}" for r in rates))
    return results


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    results = main()
    figure, (raster, rates) = plt.subplots(2, 1, sharex=True, layout="constrained")
    for k, p in enumerate(("first", "second")):
        spikes = results[p].spikes
        n = len(spikes.neurons)
        raster.plot(spikes.t, spikes.i + k * n, f"C{k}.", markersize=0.6)
        trace = results[p].rate
        rates.plot(trace.t, trace.values, f"C{k}", label=p)
    raster.set_ylabel("neuron")
    rates.axvspan(ON, OFF, color="0.92", zorder=0)
    rates.set(xlabel="time (ms)", ylabel="rate (Hz)")
    rates.legend()
    plt.show()

"""
What each kind of synapse does to a neuron
==========================================

Currents and conductances that a spike starts, receptors that saturate or need bursts, synapses
without spikes, and synapses that fail. The guide has a page on them.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

import spikesim as sp
from spikesim.units import ms, mV, nS, pA, pF

# %%
# One neuron without threshold receives; a relay turns given spike times into spikes of a neuron,
# since some synapses keep states in their source.

CELL = sp.neuron(
    "dv/dt = (g_L*(E_L - v) + I)/C", method="rk4",
    C=100 * pF, g_L=10 * nS, E_L=-65 * mV, v=sp.state(-65 * mV), I=sp.port(pA),
)  # fmt: skip
RELAY = sp.neuron("", spike="v > 0.5*mV", reset="v = 0*mV", method="rk4", v=sp.state(0 * mV))
BURST = np.arange(20.0, 60.0, 4.0)


def response(synapse, weight, times, what, duration=150, v=-65, **options):
    """Two variables of a neuron that a spike train reaches through a synapse."""
    net = sp.Network(dt=0.1 * ms)
    train = net.population("train", 1, sp.spike_times([np.atleast_1d(times) * ms]))
    relay = net.population("relay", 1, RELAY)
    cell = net.population("cell", 1, CELL, v=v * mV)
    net.project(train, relay, sp.one_to_one(), weight=1 * mV)
    net.project(relay, cell, sp.one_to_one(), synapse=synapse, weight=weight, **options)
    net.record(cell, what)
    result = net.run(duration * ms, precision="float64")["cell"]
    return [result[one] for one in what]


# %%
# Currents: a jump, an alpha function, and a difference of exponentials, all with a peak of 100 pA.

s = sp.synapses
CURRENTS = {
    "ExpCurrent": s.ExpCurrent(tau=5 * ms),
    "AlphaCurrent": s.AlphaCurrent(tau=5 * ms),
    "DoubleExpCurrent": s.DoubleExpCurrent(tau_rise=2 * ms, tau_decay=15 * ms),
}
current = {
    name: response(one, 100 * pA, 20, [f"{one.name}.I", "v"], 100)
    for name, one in CURRENTS.items()
}

# %%
# A burst through the three slow receptors. The gates of SaturatingNMDA are never more than open;
# GABA_B, which needs several G proteins, answers a burst but hardly a single spike.

slow = {
    "NMDA": response(s.NMDA(), 0.5 * nS, BURST, ["nmda.g"], 400)[0],
    "SaturatingNMDA": response(s.SaturatingNMDA(), 0.5 * nS, BURST, ["saturating_nmda.g"], 400)[0],
}
slow_inhibition = {
    f"{n} spike{'s' * (n > 1)}": response(s.GABAB(), 20 * nS, BURST[:n], ["v"], 800)[0]
    for n in (1, 5, 10)
}

# %%
# A graded synapse follows the potential of its source, a gap junction the difference of the two.


def coupled(synapse, weight, low, high):
    """A neuron that is driven up and down, and another that hangs on it."""
    net = sp.Network(dt=0.05 * ms)
    wave = np.where(np.arange(0, 200, 1) % 100 < 50, high, low)
    driven = net.population("driven", 1, CELL)
    cell = net.population("cell", 1, CELL)
    net.project(driven, cell, sp.one_to_one(), synapse=synapse, weight=weight)
    net.stimulate(driven, sp.timed_array(wave * pA, 1 * ms))
    net.record([driven, cell], "v")
    result = net.run(200 * ms, precision="float64")
    return result["driven"].v, result["cell"].v


graded = coupled(s.Graded(theta=-50 * mV), 20 * nS, 0, 400)
gap = coupled(s.GapJunction(evaluated="stage"), 5 * nS, -100, 200)

# %%
# Half of the spikes of a train are transmitted: a draw for each synapse and spike.

trials = []
for seed in range(3):
    net = sp.Network(dt=0.1 * ms, seed=seed)
    train = net.population("train", 1, sp.spike_times([np.arange(10.0, 200.0, 20.0) * ms]))
    cell = net.population("cell", 1, CELL)
    net.project(train, cell, sp.one_to_one(), synapse=s.ExpCurrent(tau=3 * ms), weight=200 * pA,
                release=0.5)  # fmt: skip
    net.record(cell, "v")
    trials.append(net.run(220 * ms, precision="float64")["cell"].v)

# %%
fig, axes = plt.subplots(4, 2, figsize=(7, 9), layout="constrained")
psc, psp, nmda, gabab, graded_ax, gap_ax, release, block = axes.flat
for name, (i, v) in current.items():
    psc.plot(i.t, i.values[:, 0], label=name)
    psp.plot(v.t, v.values[:, 0], label=name)
psc.set(title="current", ylabel="pA")
psp.set(title="potential it makes", ylabel="mV")
psc.legend(fontsize=7)
for name, g in slow.items():
    nmda.plot(g.t, g.values[:, 0], label=name)
nmda.set(title="NMDA, a burst", ylabel="conductance (nS)")
nmda.legend(fontsize=7)
for name, v in slow_inhibition.items():
    gabab.plot(v.t, v.values[:, 0], label=name)
gabab.set(title="GABA_B", ylabel="mV")
gabab.legend(fontsize=7)
for ax, pair, title in ((graded_ax, graded, "graded"), (gap_ax, gap, "gap junction")):
    for trace, label in zip(pair, ("source", "target"), strict=True):
        ax.plot(trace.t, trace.values[:, 0], label=label)
    ax.set(title=title, ylabel="mV")
    ax.legend(fontsize=7)
for k, v in enumerate(trials):
    release.plot(v.t, v.values[:, 0] + 8 * k, color="C0")
release.set(title="release of one half, three runs", ylabel="mV, shifted", yticks=[])
potential = np.linspace(-90, 40, 200)
for mg in (0.1, 1.0, 2.0):
    open_part = 1 / (1 + np.exp(-0.062 * potential) * mg / 3.57)
    block.plot(potential, potential * open_part, label=f"{mg:g} mM")
block.axhline(0, color="0.8", lw=0.8, zorder=0)
block.set(title="NMDA, by magnesium", xlabel="potential (mV)", ylabel="current (pA/nS)")
block.legend(fontsize=7)
for ax in axes.ravel():
    if not ax.get_xlabel():
        ax.set_xlabel("time (ms)")
    ax.spines[["top", "right"]].set_visible(False)
plt.show()

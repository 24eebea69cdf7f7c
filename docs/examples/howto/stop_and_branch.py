"""
Stop on a condition, and branch
===============================

A run can end as soon as something happens, and go on from there in several ways. Here an input
grows until the network fires at 20 spikes/s. That moment is stored, and three futures start from
it: inhibition as it was, at half its strength, and switched off.
"""

import matplotlib.pyplot as plt
import numpy as np

import spikesim as sp
from spikesim.units import Hz, ms, mV, pA

# %%
# A network of excitation and inhibition, with a current that grows by 1 pA a millisecond.

net = sp.Network(dt=0.1 * ms, seed=1)
start = {"v": sp.uniform(-70 * mV, -56 * mV)}
exc = net.population("exc", 800, sp.neurons.LIF(), **start)
inh = net.population("inh", 200, sp.neurons.LIF(), **start)
synapse = sp.synapses.ExpCurrent(tau=2 * ms)
tenth = sp.fixed_probability(0.1)
net.project(exc, [exc, inh], tenth, synapse=synapse, weight=20 * pA, delay=1.5 * ms)
net.project(inh, [exc, inh], tenth, synapse=synapse, weight=-120 * pA, delay=1.5 * ms)
net.stimulate([exc, inh], sp.poisson(8 * Hz, n=500), synapse=synapse, weight=30 * pA)
net.stimulate([exc, inh], sp.timed_array(np.arange(500.0) * pA, dt=1 * ms))
net.record([exc, inh], "spikes")
model = net.compile()

# %%
# The condition is asked every 10 ms. It sees how many spikes there were since it was last asked,
# and all states.


def fast(moment):
    """Did the excitatory neurons fire at 20 spikes/s in the last 10 ms?"""
    return moment.spikes["exc"] > 20 * 0.010 * 800


simulation = model.start()
before = simulation.run(1000 * ms, until=fast)
print(f"reached at {simulation.t:g} ms")
moment = simulation.store()

# %%
# A stored moment may be restored in another simulation of the same model, with other parameters.
# What is random in the run goes on with the same numbers, so that the futures differ only by what
# was changed.

futures = {}
for scale in (1.0, 0.5, 0.0):
    weaker = {"inh->exc.weight_scale": scale, "inh->inh.weight_scale": scale}
    branch = model.start(params=weaker)
    branch.restore(moment)
    futures[scale] = branch.run(100 * ms)

# %%
# Each run gives the results of its own stretch, with times that go on.

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
width = 2.0  # of a bin, ms


def draw(results, **style):
    """The rate of the excitatory neurons in bins."""
    rate = results["exc"].spikes.binned(width).mean(axis=0) / width * 1e3
    ax.plot(results.start + width * (np.arange(len(rate)) + 0.5), rate, **style)


draw(before, color="0.3")
for k, (scale, results) in enumerate(futures.items()):
    draw(results, color=f"C{k}", label=f"inhibition x {scale:g}")
ax.axvline(before.duration, color="0.8", zorder=0)
ax.set_ylim(0, None)
ax.set_xlabel("time (ms)")
ax.set_ylabel("rate (spikes/s)")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="upper left")
plt.show()

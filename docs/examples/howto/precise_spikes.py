r"""
Spikes between the steps
========================

On a grid of time, neurons that cross the threshold in the same step spike at the same time, and
what set them apart is lost at the reset. So the grid itself can synchronise. With ``precise=True``
the crossing is found between the steps, and the spike arrives at its own time plus the delay
(Morrison et al. 2007, Neural Comput. 19:47).

Fifty neurons excite each other through alpha functions of current. In this network synchrony is
unstable: neurons that start almost together drift apart (van Vreeswijk et al. 1994, J. Comput.
Neurosci. 1:313). Does a simulation show it?
"""

import matplotlib.pyplot as plt
import numpy as np

import spikesim as sp
from spikesim.units import ms, mV, pA


def network(dt, precise):
    """The network, started with potentials that differ by at most 0.1 mV."""
    net = sp.Network(dt=dt * ms, seed=1)
    start = sp.uniform(-70 * mV, -69.9 * mV)
    cells = net.population("cells", 50, sp.neurons.LIF(), v=start, precise=precise)
    net.stimulate(cells, sp.dc(450 * pA))
    alpha = sp.synapses.AlphaCurrent(tau=2 * ms)
    everybody = sp.all_to_all(autapses=False)
    net.project(cells, cells, everybody, synapse=alpha, weight=20 * pA, delay=0.5 * ms)
    net.record(cells, "spikes")
    return net


# %%
# Four runs: at two steps, on the grid and between the steps.

runs = {
    (dt, precise): network(dt, precise).run(150 * ms, precision="float64")["cells"].spikes
    for dt in (0.5, 0.1)
    for precise in (False, True)
}

# %%
# The spread of the spikes, volley by volley: the standard deviation over the neurons of their k-th
# spike. On the grid of 0.5 ms the neurons can't come apart. On a finer grid they do, but as a few
# groups. Between the steps the result is that of the model: both steps give the same.


def spread(spikes):
    """The standard deviation of the k-th spikes of all neurons, ms, and their mean times."""
    trains = spikes.trains()
    volleys = np.array([train[: min(map(len, trains))] for train in trains])
    return volleys.mean(axis=0), volleys.std(axis=0)


names = {False: "on the grid", True: "precise"}
figure = plt.figure(figsize=(8, 5.5), layout="constrained")
axes = figure.subplot_mosaic([["grid", "precise"], ["spread", "spread"]])
for precise, ax in zip((False, True), (axes["grid"], axes["precise"]), strict=True):
    spikes = runs[0.5, precise]
    ax.plot(spikes.t, spikes.i, ".", color=f"C{int(precise)}", markersize=2)
    ax.set(title=f"{names[precise]}, dt = 0.5 ms", xlim=(0, 100), xlabel="time (ms)")
    ax.set_ylabel("neuron")
for (dt, precise), spikes in runs.items():
    style = {"linestyle": "-" if dt == 0.5 else "--", "color": f"C{int(precise)}"}
    style |= {"linewidth": 1.2 if dt == 0.5 else 2.4, "alpha": 1 if dt == 0.5 else 0.6}
    axes["spread"].plot(*spread(spikes), label=f"{names[precise]}, dt = {dt} ms", **style)
axes["spread"].set(xlabel="time (ms)", ylabel="spread of a volley (ms)")
axes["spread"].legend(frameon=False)
for ax in axes.values():
    ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The times themselves, between the steps, agree at both steps to rounding: the step is of the
# computer's, no longer of the model's.

early = min(runs[dt, True].t[runs[dt, True].t < 60].size for dt in (0.5, 0.1))
difference = np.abs(np.sort(runs[0.5, True].t)[:early] - np.sort(runs[0.1, True].t)[:early])
print(f"{early} spikes, the largest difference {difference.max():.1e} ms")
assert difference.max() < 1e-9

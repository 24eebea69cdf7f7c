r"""
A picture of each stimulus
==========================

Currents go into a port of a neuron; trains of spikes arrive through a synapse, or come from a
population of sources. All of them take ``start=`` and ``stop=``.
"""

import matplotlib.pyplot as plt
import numpy as np

import spikesim as sp
from spikesim.units import Hz, ms, mV, pA

# %%
# To see a current, let it flow into something that does nothing but add it up. The difference of
# two samples is the current.

rng = np.random.default_rng(1)
currents = {
    "dc": sp.dc(60 * pA, start=20 * ms, stop=80 * ms),
    "step_current": sp.step_current([10, 40, 70] * ms, [30, 80, 0] * pA),
    "ramp": sp.ramp(0 * pA, 100 * pA, start=20 * ms, stop=80 * ms),
    "sine": sp.sine(40 * pA, 40 * Hz, offset=50 * pA, start=20 * ms),
    "timed_array": sp.timed_array(rng.uniform(0, 100, 20) * pA, dt=5 * ms),
    "expression": sp.expression("A*exp(-t/T)*cos(pi*t/(10*ms))**2", A=100 * pA, T=30 * ms),
    "white_noise": sp.white_noise(50 * pA, 25 * pA, dt=1 * ms),
    "ornstein_uhlenbeck": sp.ornstein_uhlenbeck(50 * pA, 25 * pA, tau=8 * ms),
}
net = sp.Network(dt=0.1 * ms, seed=6)
meter = sp.neuron("dv/dt = I*mV/(ms*pA) : mV", I=sp.port(pA), method="euler")
for name, stimulus in currents.items():
    population = net.population(name, 1, meter)
    net.stimulate(population, stimulus)
    net.record(population, "v")
result = net.run(100 * ms, precision="float64")

figure, axes = plt.subplots(4, 2, figsize=(7, 6), sharex=True, sharey=True, layout="constrained")
for ax, name in zip(axes.flat, currents, strict=True):
    v = result[name].v
    ax.plot(v.t[:-1], np.diff(v.values[:, 0]) / 0.1, drawstyle="steps-post", lw=1)
    ax.set_title(f"sp.{name}", fontsize=9)
figure.supxlabel("time (ms)")
figure.supylabel("current (pA)")

# %%
# Trains of spikes, each as a population of 25 sources. A rate may be a signal, or a text. Below
# each raster: how many spikes there are in 5 ms.

wave = sp.sine(60 * Hz, 10 * Hz, offset=60 * Hz)
trains = {
    "poisson(60*Hz)": sp.poisson(60 * Hz),
    "poisson(wave)": sp.poisson(wave),
    "gamma_process(60*Hz, shape=10)": sp.gamma_process(60 * Hz, shape=10),
    "gamma_process(wave, shape=10)": sp.gamma_process(wave, shape=10),
    "poisson_dead_time(60*Hz, 10*ms)": sp.poisson_dead_time(60 * Hz, 10 * ms),
    "correlated_poisson(60*Hz, 0.5)": sp.correlated_poisson(60 * Hz, p_copy=0.5),
    'poisson("2*Hz*t/ms")': sp.poisson("2*Hz*t/ms", start=50 * ms, stop=150 * ms),
    "pulse_packet": sp.pulse_packet([60, 160] * ms, sdev=6 * ms, activity=2),
}
net = sp.Network(dt=0.1 * ms, seed=3)
for k, stimulus in enumerate(trains.values()):
    net.record(net.population(f"source{k}", 25, stimulus), "spikes")
result = net.run(200 * ms)

figure, axes = plt.subplots(
    8, 2, figsize=(7, 9), sharex=True, layout="constrained", height_ratios=[3, 1] * 4
)
for k, name in enumerate(trains):
    spikes = result[f"source{k}"].spikes
    raster, rate = axes[2 * (k // 2) : 2 * (k // 2) + 2, k % 2]
    raster.plot(spikes.t, spikes.i, "|", ms=3)
    raster.set(title=name, yticks=[], ylim=(-1, 25))
    raster.title.set_fontsize(9)
    rate.hist(spikes.t, bins=np.arange(0, 201, 5))
    rate.set(yticks=[])
figure.supxlabel("time (ms)")

# %%
# The same stimuli may be given to neurons directly, each of which then gets a train of its own:

net = sp.Network(dt=0.1 * ms, seed=1)
cells = net.population("cells", 100, sp.neurons.LIF())
net.stimulate(cells, sp.poisson(wave, n=200), weight=0.1 * mV)
net.record(cells, "spikes")
result = net.run(1000 * ms)
result.raster()

"""
The response to a repeated stimulus
===================================

Forty pulses of current, 5 ms long, four a second. The peri-stimulus time histogram is the rate
around them, averaged over all pulses and neurons.
"""

import matplotlib.pyplot as plt
import numpy as np

import spikesim as sp
from spikesim.units import Hz, ms, mV, pA

# %%
# The pulses are a current given as steps: up at each onset, down again 5 ms later.

onsets = 250.0 * np.arange(40) + 100.0  # ms
times = np.ravel(np.column_stack([onsets, onsets + 5.0]))
amplitudes = np.tile([300.0, 0.0], len(onsets))

net = sp.Network(dt=0.1 * ms, seed=1)
start = {"v": sp.uniform(-70 * mV, -55 * mV)}
exc = net.population("exc", 800, sp.neurons.LIF(), **start)
inh = net.population("inh", 200, sp.neurons.LIF(), **start)
synapse = sp.synapses.ExpCurrent(tau=2 * ms)
tenth = sp.fixed_probability(0.1)
net.project(exc, [exc, inh], tenth, synapse=synapse, weight=40 * pA, delay=1.5 * ms)
net.project(inh, [exc, inh], tenth, synapse=synapse, weight=-200 * pA, delay=1.5 * ms)
net.stimulate([exc, inh], sp.poisson(8 * Hz, n=1000), synapse=synapse, weight=30 * pA)
net.stimulate(exc, sp.step_current(times * ms, amplitudes * pA))
net.record([exc, inh], "spikes")
result = net.run(10_250 * ms)

# %%
# The plot shades the standard error over the pulses. The excitatory neurons answer at once, the
# inhibitory ones follow them; then both are quiet for a while.

result.psth(events=onsets * ms, before=20 * ms, after=80 * ms, bin=1 * ms)

# %%
# The numbers behind it, a row a bin and a column a neuron:

around = result["exc"].spikes.psth(onsets * ms, before=20 * ms, after=80 * ms, bin=1 * ms)
mean = around.values.mean(axis=1)
print(f"before: {mean[around.t < 0].mean():.1f} spikes/s")
print(f"peak:   {mean.max():.1f} spikes/s, {around.t[mean.argmax()]:g} ms after the onset")
plt.show()

"""
Record on disk, and read while it runs
======================================

A long run need not fit into memory: its recordings go to a store on disk (Zarr), which can be read
meanwhile, from this process or another one, and in parts.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import spikesim as sp
from spikesim.units import Hz, ms, mV, pA

# %%
# A balanced network; 200 membrane potentials at every step are 2 million numbers a second.

net = sp.Network(dt=0.1 * ms, seed=1)
start = {"v": sp.uniform(-70 * mV, -55 * mV)}
exc = net.population("exc", 800, sp.neurons.LIF(), **start)
inh = net.population("inh", 200, sp.neurons.LIF(), **start)
synapse = sp.synapses.ExpCurrent(tau=0.5 * ms)
tenth = sp.fixed_probability(0.1)
net.project(exc, [exc, inh], tenth, synapse=synapse, weight=180 * pA, delay=1.5 * ms)
net.project(inh, [exc, inh], tenth, synapse=synapse, weight=-900 * pA, delay=1.5 * ms)
net.stimulate([exc, inh], sp.poisson(8 * Hz, n=1000), synapse=synapse, weight=89 * pA)
net.record([exc, inh], "spikes")
net.record(exc[:200], "v")
model = net.compile()

# %%
# ``sink`` says where recordings go. The condition of ``until`` is asked every 500 ms here, and
# never ends the run: it reads what has been written. Another process could do the same at any
# time. Numbers are written in chunks of a million, or after ten seconds, so that a little is
# always missing; the results say that they are not complete.

store = Path(tempfile.mkdtemp()) / "run.zarr"


def look(moment):
    """Say how far the recording on disk is."""
    so_far = sp.read_recording(store)
    print(f"at {moment.t:4g} ms: {len(so_far['exc'].v.t):5} samples on disk, {so_far.complete = }")
    return False


model.run(2500 * ms, sink=sp.to_disk(store), until=look, every=500 * ms)

# %%
# Afterwards all of it is there, and any part can be read without the rest.

whole = sp.read_recording(store)
print(whole)
part = sp.read_recording(store, start=2000 * ms, stop=2300 * ms)
part.raster()
part.traces("exc", "v", neurons=[0, 1, 2])
plt.show()

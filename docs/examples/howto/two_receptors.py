r"""
Your own neuron, with two kinds of receptors
============================================

A neuron and a synapse, each in a few lines: the exponential integrate-and-fire neuron of
Fourcaud-Trocmé et al. (2003), J. Neurosci. 23:11628, which receives the same spikes through AMPA
and NMDA receptors. The first is ready-made. The second is slow, and blocked by magnesium unless
the membrane is depolarised (Jahr and Stevens 1990, J. Neurosci. 10:3178):

.. math::

   I = \frac{g \, (E - v)}{
       1 + \frac{[\mathrm{Mg}]}{3.57\,\mathrm{mM}} \, e^{-0.062\,v/\mathrm{mV}}}
"""

import matplotlib.pyplot as plt
import numpy as np

import spikesim as sp
from spikesim.units import mM, ms, mV, nS, pA, pF

# %%
# The neuron
# ----------
#
# Names are declared with their units; the dimensions of every line are checked when the class is
# defined.


class Exponential(sp.NeuronModel):
    """Exponential integrate-and-fire neuron (Fourcaud-Trocmé et al. 2003)."""

    C = sp.parameter(200 * pF, "membrane capacitance")
    g_L = sp.parameter(10 * nS, "leak conductance")
    E_L = sp.parameter(-70 * mV, "resting potential")
    V_T = sp.parameter(-50 * mV, "threshold of the exponential term")
    Delta_T = sp.parameter(2 * mV, "slope factor")
    V_peak = sp.parameter(0 * mV, "potential at which a spike is counted")
    V_reset = sp.parameter(-65 * mV, "reset potential")
    t_ref = sp.parameter(2 * ms, "refractory period")
    v = sp.state(-70 * mV, "membrane potential")
    I = sp.port(pA, "synaptic and injected currents")

    equations = """
    upstroke = g_L*Delta_T*exp((min(v, V_peak) - V_T)/Delta_T)
    dv/dt = (g_L*(E_L - v) + upstroke + I)/C  (unless refractory)
    """
    spike = "v >= V_peak"
    reset = "v = V_reset"
    refractory = "t_ref"


# %%
# The synapse
# -----------
#
# A conductance that rises in about 2 ms and decays in 100 ms. It reads the potential of its target.


class NMDA(sp.SynapseModel):
    """NMDA receptor with a magnesium block (Jahr and Stevens 1990)."""

    tau_rise = sp.parameter(2 * ms, "time constant of the rise")
    tau_decay = sp.parameter(100 * ms, "time constant of the decay")
    E = sp.parameter(0 * mV, "reversal potential")
    Mg = sp.parameter(1 * mM, "magnesium outside the cell")
    s = sp.state(0 * nS, "transmitter")
    g = sp.state(0 * nS, "conductance, without the block")

    reads = {"v": mV}
    equations = """
    ds/dt = -s/tau_rise
    dg/dt = s/tau_rise - g/tau_decay
    """
    on_arrival = "s += weight"
    output = "g*(E - v)/(1 + Mg/(3.57*mM)*exp(-0.062*v/mV))"


# %%
# One burst, three neurons
# ------------------------
#
# The first neuron has AMPA receptors only, the second has both, and the third has both with no
# magnesium in the bath. So they differ in a weight and in a parameter of the synapse.

net = sp.Network(dt=0.1 * ms)
burst = net.population("burst", 1, sp.spike_times([100 + 5 * np.arange(10)] * ms))
cells = net.population("cells", 3, Exponential())
ampa = sp.synapses.ExpConductance(tau=2 * ms, E=0 * mV, name="ampa")
nmda = NMDA(Mg=[1, 1, 0] * mM, name="nmda")
net.project(burst, cells, sp.all_to_all(), synapse=ampa, weight=10 * nS, delay=1 * ms)
net.project(burst, cells[1:], sp.all_to_all(), synapse=nmda, weight=4 * nS, delay=1 * ms)
net.record(cells, ["spikes", "v", "nmda.g"])
result = net.run(500 * ms)

# %%
# With magnesium, the NMDA receptors open only while the burst depolarises the cell. Without, they
# keep it firing long after the burst.

figure, axes = plt.subplots(3, 1, sharex=True, sharey=True, figsize=(7, 5), layout="constrained")
spikes = result["cells"].spikes.trains()
for k, title in enumerate(["AMPA", "AMPA and NMDA", "AMPA and NMDA, no magnesium"]):
    trace = result["cells"].v
    axes[k].plot(trace.t, trace.values[:, k], color=f"C{k}", linewidth=1)
    axes[k].vlines(spikes[k], 0, 20, color=f"C{k}", linewidth=1)
    axes[k].set_title(f"{title}: {len(spikes[k])} spikes", loc="left", fontsize=9)
    axes[k].spines[["top", "right"]].set_visible(False)
axes[1].set_ylabel("membrane potential (mV)")
axes[2].set_xlabel("time (ms)")
plt.show()

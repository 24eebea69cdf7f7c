r"""
An f-I curve, without compiling anew
====================================

How fast does a neuron fire under a constant current? One neuron for each current gives the whole
curve in one run. A compiled network is a function of its parameters, so the curves for other
refractory periods and membrane time constants are further runs of the same model.
"""

import matplotlib.pyplot as plt
import numpy as np

import spikesim as sp
from spikesim.units import ms, pA, pF

# %%
# A population of neurons that differ only in their input, connected to nothing.

currents = np.linspace(0, 1000, 101)  # pA
net = sp.Network(dt=0.1 * ms)
cells = net.population("cells", len(currents), sp.neurons.LIF(C=250 * pF, tau_m=10 * ms))
net.stimulate(cells, sp.dc(currents * pA))
net.record(cells, "spikes")
model = net.compile()

# %%
# Values for a run are given by name; ``print(model.text())`` shows all names.

settings = [(10, 2), (20, 2), (10, 5)]  # tau_m and t_ref, ms
rates = [
    model.run(
        2000 * ms, params={"cells.tau_m": tau * ms, "cells.t_ref": t_ref * ms}
    )["cells"].spikes.rates(start=1000 * ms)
    for tau, t_ref in settings
]

# %%
# The leaky integrate-and-fire neuron can be solved by hand: from reset, the potential takes the
# time
#
# .. math::
#
#    T = \tau_m \ln\frac{\tau_m I/C + E_L - V_{reset}}{\tau_m I/C + E_L - V_{th}}
#
# to reach threshold. The lines are that solution, the dots are the runs.

lif = {"E_L": -70.0, "V_th": -55.0, "V_reset": -70.0}  # mV, the defaults of sp.neurons.LIF


def solution(current, tau, t_ref):
    """Rate in spikes/s of a neuron under a current (pA), at time constants in ms."""
    drive = lif["E_L"] + current * tau / 250.0  # mV
    with np.errstate(invalid="ignore", divide="ignore"):
        time = tau * np.log((drive - lif["V_reset"]) / (drive - lif["V_th"]))
    return np.where(drive > lif["V_th"], 1000.0 / (t_ref + time), 0.0)


figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for k, ((tau, t_ref), measured) in enumerate(zip(settings, rates, strict=True)):
    label = rf"$\tau_m$ = {tau} ms, $t_{{ref}}$ = {t_ref} ms"
    ax.plot(currents, solution(currents, tau, t_ref), color=f"C{k}", label=label)
    ax.plot(currents[::4], measured[::4], "o", color=f"C{k}", markersize=4)
ax.set_xlabel("current (pA)")
ax.set_ylabel("rate (spikes/s)")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

"""Generalized leaky integrate-and-fire, level 1."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class GLIF1(NeuronModel):
    """Leaky integrate-and-fire neuron, the first of the five levels of the Allen Institute's GLIF.

    Teeter et al. (2018), Nat. Commun. 9:709 (LIF). With AlphaCurrent it is NEST's
    `glif_psc`. Parameters are of cell 490626718 of the Allen Cell Types Database, as in NEST.
    """

    C = parameter(58.72 * pF, "membrane capacitance", bound="> 0")
    g = parameter(9.43 * nS, "leak conductance", bound="> 0")
    E_L = parameter(-78.85 * mV, "resting potential")
    V_th = parameter(-51.68 * mV, "threshold at rest")
    V_reset = parameter(-78.85 * mV, "reset potential")
    t_ref = parameter(3.75 * ms, "refractory period")
    v = state(-78.85 * mV, "membrane potential")
    I = port(pA, "injected current: synapses, electrodes")

    equations = "dv/dt = (g*(E_L - v) + I)/C  (unless refractory)"
    spike = "v > V_th"
    reset = "v = V_reset"
    refractory = "t_ref"
    require = ("V_reset < V_th",)

"""Quadratic integrate-and-fire."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class QuadraticIF(NeuronModel):
    """Quadratic integrate-and-fire neuron, the normal form of type I excitability.

    Ermentrout and Kopell (1986), SIAM J. Appl. Math. 46:233; this form, with the resting and the
    critical potential as roots: Latham et al. (2000), J. Neurophysiol. 83:808.
    """

    C = parameter(250 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(25 * nS, "conductance at rest", bound="> 0")
    E_L = parameter(-65 * mV, "resting potential")
    V_c = parameter(-50 * mV, "critical potential: above it the neuron spikes by itself")
    V_peak = parameter(0 * mV, "potential at which a spike is counted")
    V_reset = parameter(-70 * mV, "reset potential")
    t_ref = parameter(0 * ms, "refractory period")
    v = state(-65 * mV, "membrane potential")
    I = port(pA, "injected current: synapses, electrodes")

    # The square is cut off at V_peak: stages of a step beyond it stay finite.
    equations = """
    top = min(v, V_peak)
    dv/dt = (g_L*(top - E_L)*(top - V_c)/(V_c - E_L) + I)/C  (unless refractory)
    """
    spike = "v >= V_peak"
    reset = "v = V_reset"
    refractory = "t_ref"
    require = ("E_L < V_c", "V_c < V_peak", "V_reset < V_peak")

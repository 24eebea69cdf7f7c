"""Exponential integrate-and-fire."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class ExponentialIF(NeuronModel):
    """Exponential integrate-and-fire neuron: AdEx without adaptation.

    Fourcaud-Trocme, Hansel, van Vreeswijk and Brunel (2003), J. Neurosci. 23:11628, with its
    parameters of the fit to the Wang-Buzsaki model. NEST's `aeif_psc_exp` with a = b = 0.
    """

    C = parameter(100 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(10 * nS, "leak conductance", bound=">= 0")
    E_L = parameter(-65 * mV, "resting potential")
    V_T = parameter(-59.9 * mV, "threshold of the exponential term")
    Delta_T = parameter(3.48 * mV, "slope factor", bound="> 0")
    V_peak = parameter(-30 * mV, "potential at which a spike is counted")
    V_reset = parameter(-68 * mV, "reset potential")
    t_ref = parameter(1.7 * ms, "refractory period")
    v = state(-65 * mV, "membrane potential")
    I = port(pA, "injected current: synapses, electrodes")

    # The exponential is cut off at V_peak: stages of a step beyond it stay finite.
    equations = """
    upswing = g_L*Delta_T*exp((min(v, V_peak) - V_T)/Delta_T)
    dv/dt = (g_L*(E_L - v) + upswing + I)/C  (unless refractory)
    """
    spike = "v > V_peak"
    reset = "v = V_reset"
    refractory = "t_ref"
    require = ("V_T < V_peak", "V_reset < V_peak")

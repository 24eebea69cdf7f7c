"""Adaptive exponential integrate-and-fire."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class AdEx(NeuronModel):
    """Adaptive exponential integrate-and-fire neuron.

    Brette and Gerstner (2005), J. Neurophysiol. 94:3637, equations 1 to 3 and its regular set of
    parameters.
    """

    C = parameter(281 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(30 * nS, "leak conductance", bound=">= 0")
    E_L = parameter(-70.6 * mV, "resting potential")
    V_T = parameter(-50.4 * mV, "threshold of the exponential term")
    Delta_T = parameter(2 * mV, "slope factor", bound="> 0")
    tau_w = parameter(144 * ms, "adaptation time constant", bound="> 0")
    a = parameter(4 * nS, "subthreshold adaptation")
    b = parameter(80.5 * pA, "spike-triggered adaptation")
    V_reset = parameter(-70.6 * mV, "reset potential")
    V_peak = parameter(-40.4 * mV, "potential at which a spike is counted")
    t_ref = parameter(0 * ms, "refractory period")
    v = state(-70.6 * mV, "membrane potential")
    w = state(0 * pA, "adaptation current")
    I = port(pA, "injected current: synapses, electrodes")

    # Beyond V_peak the rates stand still, as in NEST: else w would see how far the upswing shoots.
    equations = """
    u = min(v, V_peak)
    upswing = g_L*Delta_T*exp((u - V_T)/Delta_T)
    dv/dt = (g_L*(E_L - u) + upswing - w + I)/C  (unless refractory)
    dw/dt = (a*(u - E_L) - w)/tau_w
    """
    spike = "v > V_peak"
    reset = """
    v = V_reset
    w += b
    """
    refractory = "t_ref"

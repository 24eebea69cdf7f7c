"""Leaky integrate-and-fire with adaptation and relative refractoriness."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class LIFSfaRR(NeuronModel):
    """Leaky integrate-and-fire neuron with conductances for adaptation and relative refractoriness.

    Each spike opens a slow and a fast conductance. With ExpConductance synapses this is NEST's
    `iaf_cond_exp_sfa_rr`, of which the values are.

    Dayan and Abbott (2001), Theoretical Neuroscience, section 5.4, equations 5.14 to 5.16; values:
    Muller et al. (2007), Neural Comput. 19:2958.
    """

    C = parameter(289.5 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(28.95 * nS, "leak conductance", bound=">= 0")
    E_L = parameter(-70 * mV, "resting potential")
    V_th = parameter(-57 * mV, "spike threshold")
    V_reset = parameter(-70 * mV, "reset potential")
    t_ref = parameter(0.5 * ms, "refractory period")
    tau_sfa = parameter(110 * ms, "time constant of the adaptation", bound="> 0")
    E_sfa = parameter(-70 * mV, "reversal potential of the adaptation")
    q_sfa = parameter(14.48 * nS, "adaptation added by a spike")
    tau_rr = parameter(1.97 * ms, "time constant of the relative refractoriness", bound="> 0")
    E_rr = parameter(-70 * mV, "reversal potential of the relative refractoriness")
    q_rr = parameter(3214 * nS, "relative refractoriness added by a spike")
    v = state(-70 * mV, "membrane potential")
    g_sfa = state(0 * nS, "conductance of the adaptation")
    g_rr = state(0 * nS, "conductance of the relative refractoriness")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    I_spikes = g_sfa*(E_sfa - v) + g_rr*(E_rr - v)
    dv/dt = (g_L*(E_L - v) + I_spikes + I)/C  (unless refractory)
    dg_sfa/dt = -g_sfa/tau_sfa
    dg_rr/dt = -g_rr/tau_rr
    """
    spike = "v >= V_th"
    reset = """
    v = V_reset
    g_sfa += q_sfa
    g_rr += q_rr
    """
    refractory = "t_ref"
    method = "rk4"

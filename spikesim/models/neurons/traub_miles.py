"""Hodgkin-Huxley type pyramidal cell of Traub and Miles."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class TraubMiles(NeuronModel):
    """Hodgkin-Huxley neuron with the channels of Traub and Miles (1991), as in COBAHH.

    Brette et al. (2007), J. Comput. Neurosci. 23:349, appendix 1, benchmark 3: a cell of
    20,000 um^2. A spike is an upward crossing of V_th: after it the neuron counts none for t_ref.
    NEST's `hh_cond_exp_traub`, with ExpConductance, counts maxima above V_T + 30 mV instead.
    """

    C = parameter(200 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(10 * nS, "leak conductance", bound=">= 0")
    g_Na = parameter(20_000 * nS, "maximal sodium conductance", bound=">= 0")
    g_K = parameter(6_000 * nS, "maximal potassium conductance", bound=">= 0")
    E_L = parameter(-60 * mV, "resting potential")
    E_Na = parameter(50 * mV, "sodium reversal potential")
    E_K = parameter(-90 * mV, "potassium reversal potential")
    V_T = parameter(-63 * mV, "shift of the gating functions")
    V_th = parameter(-20 * mV, "potential above which a spike is counted")
    t_ref = parameter(3 * ms, "shortest time between two counted spikes")
    v = state(-60 * mV, "membrane potential")
    m = state(0, "sodium activation")
    h = state(0, "sodium inactivation")
    n = state(0, "potassium activation")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    u = (v - V_T)/mV
    alpha_m = 0.32*4/exprel((13 - u)/4)/ms
    beta_m = 0.28*5/exprel((u - 40)/5)/ms
    alpha_h = 0.128*exp((17 - u)/18)/ms
    beta_h = 4/(1 + exp((40 - u)/5))/ms
    alpha_n = 0.032*5/exprel((15 - u)/5)/ms
    beta_n = 0.5*exp((10 - u)/40)/ms
    dv/dt = (g_L*(E_L - v) - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) + I)/C
    dm/dt = alpha_m*(1 - m) - beta_m*m
    dh/dt = alpha_h*(1 - h) - beta_h*h
    dn/dt = alpha_n*(1 - n) - beta_n*n
    """
    spike = "v > V_th"
    refractory = "t_ref"

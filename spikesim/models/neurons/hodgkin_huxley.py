"""Hodgkin-Huxley."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class HodgkinHuxley(NeuronModel):
    """Hodgkin-Huxley neuron: the membrane of the squid's giant axon.

    Hodgkin and Huxley (1952), J. Physiol. 117:500, equations 12, 13, 20, 21, 23, 24 and table 3,
    with potentials counted upwards and rest at -65 mV; in this form: Dayan and Abbott (2001),
    Theoretical Neuroscience, equations 5.22 and 5.24. Values are of 10,000 um^2 of membrane: 100 pA
    are the paper's 1 uA/cm^2, 100 nS its 1 mS/cm^2.

    A spike is counted where v passes a maximum above V_th, at most one in t_ref. With an
    AlphaCurrent synapse this is NEST's `hh_psc_alpha`.
    """

    C = parameter(100 * pF, "membrane capacitance", bound="> 0")
    g_Na = parameter(12_000 * nS, "maximal sodium conductance", bound=">= 0")
    g_K = parameter(3_600 * nS, "maximal potassium conductance", bound=">= 0")
    g_L = parameter(30 * nS, "leak conductance", bound=">= 0")
    E_Na = parameter(50 * mV, "sodium reversal potential")
    E_K = parameter(-77 * mV, "potassium reversal potential")
    E_L = parameter(-54.402 * mV, "leak reversal potential")
    V_th = parameter(0 * mV, "potential above which a maximum is a spike")
    t_ref = parameter(2 * ms, "shortest time between two counted spikes")
    v = state(-65 * mV, "membrane potential")
    m = state(0.052931, "sodium activation")
    h = state(0.596129, "sodium inactivation")
    n = state(0.317673, "potassium activation")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    u = v/mV
    alpha_m = 1/exprel(-(u + 40)/10)/ms
    beta_m = 4*exp(-(u + 65)/18)/ms
    alpha_h = 0.07*exp(-(u + 65)/20)/ms
    beta_h = 1/(1 + exp(-(u + 35)/10))/ms
    alpha_n = 0.1/exprel(-(u + 55)/10)/ms
    beta_n = 0.125*exp(-(u + 65)/80)/ms
    I_ion = g_Na*m**3*h*(v - E_Na) + g_K*n**4*(v - E_K) + g_L*(v - E_L)
    dv/dt = (I - I_ion)/C
    dm/dt = alpha_m*(1 - m) - beta_m*m
    dh/dt = alpha_h*(1 - h) - beta_h*h
    dn/dt = alpha_n*(1 - n) - beta_n*n
    """
    spike = "v >= V_th and I_ion > I"
    refractory = "t_ref"
    method = "rk4"

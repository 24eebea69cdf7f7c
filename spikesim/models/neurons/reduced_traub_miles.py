"""Pyramidal cell of Traub and Miles, reduced."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class ReducedTraubMiles(NeuronModel):
    """Hodgkin-Huxley type pyramidal cell of few currents, much used in studies of rhythms (RTM).

    Ermentrout and Kopell (1998), Proc. Natl. Acad. Sci. 95:1259, after Traub and Miles (1991); in
    this form: Boergers (2017), An Introduction to Modeling Neuronal Dynamics, section 5.2. Sodium
    activation is instantaneous. Values are of 10,000 um^2 of membrane: 100 pA are 1 uA/cm^2, 100 nS
    are 1 mS/cm^2.

    A spike is where v shoots up through V_th: after it the neuron counts none for t_ref.
    """

    C = parameter(100 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(10 * nS, "leak conductance", bound=">= 0")
    g_Na = parameter(10_000 * nS, "maximal sodium conductance", bound=">= 0")
    g_K = parameter(8_000 * nS, "maximal potassium conductance", bound=">= 0")
    E_L = parameter(-67 * mV, "leak reversal potential")
    E_Na = parameter(50 * mV, "sodium reversal potential")
    E_K = parameter(-100 * mV, "potassium reversal potential")
    V_th = parameter(-20 * mV, "potential above which a spike is counted")
    t_ref = parameter(2 * ms, "shortest time between two counted spikes")
    v = state(-66.5911 * mV, "membrane potential")
    h = state(0.995496, "sodium inactivation")
    n = state(0.040275, "potassium activation")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    u = v/mV
    alpha_m = 0.32*4/exprel(-(u + 54)/4)
    beta_m = 0.28*5/exprel((u + 27)/5)
    m = alpha_m/(alpha_m + beta_m)
    alpha_h = 0.128*exp(-(u + 50)/18)/ms
    beta_h = 4/(1 + exp(-(u + 27)/5))/ms
    alpha_n = 0.032*5/exprel(-(u + 52)/5)/ms
    beta_n = 0.5*exp(-(u + 57)/40)/ms
    rise = (g_L*(E_L - v) - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) + I)/C
    dv/dt = rise
    dh/dt = alpha_h*(1 - h) - beta_h*h
    dn/dt = alpha_n*(1 - n) - beta_n*n
    """
    spike = "v > V_th and rise > 1*mV/ms"
    refractory = "t_ref"
    method = "rk4"

"""Connor-Stevens."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class ConnorStevens(NeuronModel):
    """Hodgkin-Huxley type neuron with a transient (A-type) potassium current.

    Connor, Walter and McKown (1977), Biophys. J. 18:81; in this form: Dayan and Abbott (2001),
    Theoretical Neuroscience, section 6.2 and equations 6.5 and 6.6. The A current lets it fire as
    slowly as one likes (type I); without it, with E_L = -72 mV, firing starts at a rate of its own
    (type II). Values are of 10,000 um^2 of membrane: 100 pA are 1 uA/cm^2, 100 nS are 1 mS/cm^2.

    A spike is where v shoots up through V_th: after it the neuron counts none for t_ref.
    """

    C = parameter(100 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(30 * nS, "leak conductance", bound=">= 0")
    g_Na = parameter(12_000 * nS, "maximal sodium conductance", bound=">= 0")
    g_K = parameter(2_000 * nS, "maximal potassium conductance", bound=">= 0")
    g_A = parameter(4_770 * nS, "maximal conductance of the A current", bound=">= 0")
    E_L = parameter(-17 * mV, "leak reversal potential")
    E_Na = parameter(55 * mV, "sodium reversal potential")
    E_K = parameter(-72 * mV, "potassium reversal potential")
    E_A = parameter(-75 * mV, "reversal potential of the A current")
    V_th = parameter(-20 * mV, "potential above which a spike is counted")
    t_ref = parameter(2 * ms, "shortest time between two counted spikes")
    v = state(-67.9781 * mV, "membrane potential")
    m = state(0.01007, "sodium activation")
    h = state(0.965914, "sodium inactivation")
    n = state(0.155856, "potassium activation")
    a = state(0.540423, "activation of the A current")
    b = state(0.288666, "inactivation of the A current")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    u = v/mV
    alpha_m = 3.8/exprel(-0.1*(u + 29.7))/ms
    beta_m = 15.2*exp(-0.0556*(u + 54.7))/ms
    alpha_h = 0.266*exp(-0.05*(u + 48))/ms
    beta_h = 3.8/(1 + exp(-0.1*(u + 18)))/ms
    alpha_n = 0.2/exprel(-0.1*(u + 45.7))/ms
    beta_n = 0.25*exp(-0.0125*(u + 55.7))/ms
    a_inf = (0.0761*exp(0.0314*(u + 94.22))/(1 + exp(0.0346*(u + 1.17))))**(1/3)
    tau_a = (0.3632 + 1.158/(1 + exp(0.0497*(u + 55.96))))*ms
    b_inf = 1/(1 + exp(0.0688*(u + 53.3)))**4
    tau_b = (1.24 + 2.678/(1 + exp(0.0624*(u + 50))))*ms
    I_ion = g_L*(v - E_L) + g_Na*m**3*h*(v - E_Na) + g_K*n**4*(v - E_K) + g_A*a**3*b*(v - E_A)
    rise = (I - I_ion)/C
    dv/dt = rise
    dm/dt = alpha_m*(1 - m) - beta_m*m
    dh/dt = alpha_h*(1 - h) - beta_h*h
    dn/dt = alpha_n*(1 - n) - beta_n*n
    da/dt = (a_inf - a)/tau_a
    db/dt = (b_inf - b)/tau_b
    """
    spike = "v > V_th and rise > 1*mV/ms"
    refractory = "t_ref"
    method = "rk4"

"""Minimal cortical neurons of Pospischil and others."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class Pospischil(NeuronModel):
    """Hodgkin-Huxley type neuron with M and T currents: cortical cells, each by its parameters.

    Pospischil et al. (2008), Biol. Cybern. 99:427, equations 1 to 6 and 9, and the cells of its
    table 2: defaults are the regular spiking (RS) cell of ferret, of 11,840 um^2. The others:

    - fast spiking (FS), 10,170 um^2: C 101.7 pF, g_L 3.865 nS, E_L -70.4 mV, g_Na 5899 nS,
      V_T -57.9 mV, g_K 396.6 nS, g_M 8 nS, tau_max 502 ms;
    - low-threshold spiking (LTS), 25,000 um^2: C 250 pF, g_L 4.75 nS, E_L -50 mV, g_Na 12500 nS,
      V_T -50 mV, g_K 1000 nS, g_M 7 nS, tau_max 4000 ms, g_T 100 nS, V_x -7 mV.

    A spike is where v shoots up through V_th: after it the neuron counts none for t_ref.
    """

    C = parameter(118.4 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(2.4272 * nS, "leak conductance", bound=">= 0")
    g_Na = parameter(6630.4 * nS, "maximal sodium conductance", bound=">= 0")
    g_K = parameter(710.4 * nS, "maximal conductance of the delayed rectifier", bound=">= 0")
    g_M = parameter(8.88 * nS, "maximal conductance of the M current", bound=">= 0")
    g_T = parameter(0 * nS, "maximal conductance of the T current", bound=">= 0")
    E_L = parameter(-70.3 * mV, "leak reversal potential")
    E_Na = parameter(50 * mV, "sodium reversal potential")
    E_K = parameter(-90 * mV, "potassium reversal potential")
    E_Ca = parameter(120 * mV, "calcium reversal potential")
    V_T = parameter(-56.2 * mV, "shift of the gates of spikes")
    V_x = parameter(2 * mV, "shift of the gates of the T current")
    tau_max = parameter(608 * ms, "slowness of the M current", bound="> 0")
    V_th = parameter(-20 * mV, "potential above which a spike is counted")
    t_ref = parameter(3 * ms, "shortest time between two counted spikes")
    v = state(-71.9108 * mV, "membrane potential")
    m = state(0.00045, "sodium activation")
    h = state(0.999926, "sodium inactivation")
    n = state(0.002222, "activation of the delayed rectifier")
    p = state(0.024338, "activation of the M current")
    q = state(0.058839, "inactivation of the T current")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    u = (v - V_T)/mV
    alpha_m = 0.32*4/exprel((13 - u)/4)/ms
    beta_m = 0.28*5/exprel((u - 40)/5)/ms
    alpha_h = 0.128*exp((17 - u)/18)/ms
    beta_h = 4/(1 + exp((40 - u)/5))/ms
    alpha_n = 0.032*5/exprel((15 - u)/5)/ms
    beta_n = 0.5*exp((10 - u)/40)/ms
    p_inf = 1/(1 + exp(-(v/mV + 35)/10))
    tau_p = tau_max/(3.3*exp((v/mV + 35)/20) + exp(-(v/mV + 35)/20))
    x = (v + V_x)/mV
    s_inf = 1/(1 + exp(-(x + 57)/6.2))
    q_inf = 1/(1 + exp((x + 81)/4))
    tau_q = (30.8 + (211.4 + exp((x + 113.2)/5))/(1 + exp((x + 84)/3.2)))/3.7*ms
    I_spike = g_Na*m**3*h*(v - E_Na) + g_K*n**4*(v - E_K)
    I_slow = g_M*p*(v - E_K) + g_T*s_inf**2*q*(v - E_Ca)
    rise = (g_L*(E_L - v) - I_spike - I_slow + I)/C
    dv/dt = rise
    dm/dt = alpha_m*(1 - m) - beta_m*m
    dh/dt = alpha_h*(1 - h) - beta_h*h
    dn/dt = alpha_n*(1 - n) - beta_n*n
    dp/dt = (p_inf - p)/tau_p
    dq/dt = (q_inf - q)/tau_q
    """
    spike = "v > V_th and rise > 1*mV/ms"
    refractory = "t_ref"
    method = "rk4"

"""Fast-spiking interneuron of Wang and Buzsaki."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class WangBuzsaki(NeuronModel):
    """Hodgkin-Huxley type model of a fast-spiking hippocampal interneuron.

    Wang and Buzsaki (1996), J. Neurosci. 16:6402, equations 1 to 4: sodium activation is
    instantaneous, and spikes may follow each other fast. Values are of 10,000 um^2 of membrane:
    100 pA are the paper's 1 uA/cm^2, 100 nS its 1 mS/cm^2.

    A spike is where v shoots up through V_th: after it the neuron counts none for t_ref.
    """

    C = parameter(100 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(10 * nS, "leak conductance", bound=">= 0")
    g_Na = parameter(3_500 * nS, "maximal sodium conductance", bound=">= 0")
    g_K = parameter(900 * nS, "maximal potassium conductance", bound=">= 0")
    E_L = parameter(-65 * mV, "leak reversal potential")
    E_Na = parameter(55 * mV, "sodium reversal potential")
    E_K = parameter(-90 * mV, "potassium reversal potential")
    phi = parameter(5, "speed of h and n", bound="> 0")
    V_th = parameter(-20 * mV, "potential above which a spike is counted")
    t_ref = parameter(1.5 * ms, "shortest time between two counted spikes")
    v = state(-64.0176 * mV, "membrane potential")
    h = state(0.780792, "sodium inactivation")
    n = state(0.089078, "potassium activation")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    u = v/mV
    alpha_m = 1/exprel(-(u + 35)/10)
    beta_m = 4*exp(-(u + 60)/18)
    m = alpha_m/(alpha_m + beta_m)
    alpha_h = 0.07*exp(-(u + 58)/20)/ms
    beta_h = 1/(1 + exp(-(u + 28)/10))/ms
    alpha_n = 0.1/exprel(-(u + 34)/10)/ms
    beta_n = 0.125*exp(-(u + 44)/80)/ms
    rise = (g_L*(E_L - v) - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) + I)/C
    dv/dt = rise
    dh/dt = phi*(alpha_h*(1 - h) - beta_h*h)
    dn/dt = phi*(alpha_n*(1 - n) - beta_n*n)
    """
    spike = "v > V_th and rise > 1*mV/ms"
    refractory = "t_ref"
    method = "rk4"

"""Morris-Lecar."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class MorrisLecar(NeuronModel):
    """Calcium spikes of a barnacle muscle fibre, reduced to two variables.

    Morris and Lecar (1981), Biophys. J. 35:193, equations 9; values of Rinzel and Ermentrout
    (1998), in Methods in Neuronal Modeling, table 7.1, on 10,000 um^2 of membrane: 100 pA are
    1 uA/cm^2, 100 nS are 1 mS/cm^2. By default firing starts in a Hopf bifurcation, at a rate of
    its own (type II). It starts at any rate, in a saddle-node bifurcation (type I), with V_3 12 mV,
    V_4 17.4 mV, g_Ca 400 nS and phi 0.0667/ms.

    A spike is where v shoots up through V_th: after it the neuron counts none for t_ref.
    """

    C = parameter(2_000 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(200 * nS, "leak conductance", bound=">= 0")
    g_Ca = parameter(440 * nS, "maximal calcium conductance", bound=">= 0")
    g_K = parameter(800 * nS, "maximal potassium conductance", bound=">= 0")
    E_L = parameter(-60 * mV, "leak reversal potential")
    E_Ca = parameter(120 * mV, "calcium reversal potential")
    E_K = parameter(-84 * mV, "potassium reversal potential")
    V_1 = parameter(-1.2 * mV, "half activation of calcium")
    V_2 = parameter(18 * mV, "slope of the activation of calcium", bound="> 0")
    V_3 = parameter(2 * mV, "half activation of potassium")
    V_4 = parameter(30 * mV, "slope of the activation of potassium", bound="> 0")
    phi = parameter(0.04 / ms, "rate of potassium activation", bound="> 0")
    V_th = parameter(10 * mV, "potential above which a spike is counted")
    t_ref = parameter(15 * ms, "shortest time between two counted spikes")
    v = state(-60.8554 * mV, "membrane potential")
    w = state(0.014915, "potassium activation")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    m_inf = (1 + tanh((v - V_1)/V_2))/2
    w_inf = (1 + tanh((v - V_3)/V_4))/2
    I_ion = g_L*(v - E_L) + g_Ca*m_inf*(v - E_Ca) + g_K*w*(v - E_K)
    rise = (I - I_ion)/C
    dv/dt = rise
    dw/dt = phi*(w_inf - w)*cosh((v - V_3)/(2*V_4))
    """
    spike = "v > V_th and rise > 0.1*mV/ms"
    refractory = "t_ref"
    method = "rk4"

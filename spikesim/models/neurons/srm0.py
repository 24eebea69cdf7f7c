"""Spike response model."""

from ...units import ms, mV, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class SRM0(NeuronModel):
    """Spike response model of order zero: the input's response plus that of the last spike.

    Gerstner and Kistler (2002), Spiking Neuron Models, Cambridge University Press, section
    4.2.3, with exponential kernels: v is E_L, plus the input filtered by the membrane, plus
    eta_0 exp(-s/tau_eta), s the time since the last spike. The input's part is not reset.
    """

    C = parameter(250 * pF, "membrane capacitance", bound="> 0")
    tau_m = parameter(10 * ms, "membrane time constant", bound="> 0")
    tau_eta = parameter(10 * ms, "time constant of the spike's after-effect", bound="> 0")
    E_L = parameter(-70 * mV, "resting potential")
    V_th = parameter(-55 * mV, "spike threshold")
    eta_0 = parameter(-15 * mV, "after-effect of a spike, at the spike")
    t_ref = parameter(2 * ms, "shortest time between two spikes")
    v = state(-70 * mV, "membrane potential")
    eta = state(0 * mV, "after-effect of the last spike")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    dv/dt = (E_L - v + eta)/tau_m - eta/tau_eta + I/C
    deta/dt = -eta/tau_eta
    """
    spike = "v >= V_th"
    reset = """
    v += eta_0 - eta
    eta = eta_0
    """
    refractory = "t_ref"
    require = ("E_L < V_th",)

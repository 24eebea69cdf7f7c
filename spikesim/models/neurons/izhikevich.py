"""Izhikevich's simple model."""

from ...units import ms, mV, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class Izhikevich(NeuronModel):
    """Quadratic neuron with a recovery variable, with the parameters of a regular spiking cell.

    Izhikevich (2003), IEEE Transactions on Neural Networks 14:1569, equations 1 to 3, by one Euler
    step for both variables: NEST's `izhikevich` with its `consistent_integration=True`, PyNN's
    `Izhikevich`. Synapses are Delta, in the order "nest". IzhikevichOriginal has the numerics of
    the paper.
    """

    C = parameter(1 * pF, "what turns a current into a slope", bound="> 0")
    a = parameter(0.02 / ms, "rate of recovery")
    b = parameter(0.2, "sensitivity of recovery to the potential")
    c = parameter(-65 * mV, "reset potential")
    d = parameter(8 * mV, "jump of recovery after a spike")
    V_th = parameter(30 * mV, "potential at which a spike is counted")
    v = state(-65 * mV, "membrane potential")
    u = state(-13 * mV, "recovery")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    dv/dt = (0.04*v*v/mV + 5*v + 140*mV - u)/ms + I/C
    du/dt = a*(b*v - u)
    """
    spike = "v >= V_th"
    reset = """
    v = c
    u += d
    """
    method = "euler"
    require = ("c < V_th",)

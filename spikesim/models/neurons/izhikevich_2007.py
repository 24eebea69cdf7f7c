"""Izhikevich's simple model with the dimensions of a membrane."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class Izhikevich2007(NeuronModel):
    """Quadratic neuron with a recovery current, with the parameters of a regular spiking cell.

    Izhikevich (2007), Dynamical Systems in Neuroscience, MIT Press, equations 8.5 and 8.6, figure
    8.12. NeuroML's `izhikevich2007Cell`.
    """

    C = parameter(100 * pF, "membrane capacitance", bound="> 0")
    k = parameter(0.7 * nS / mV, "steepness of the quadratic current", bound="> 0")
    V_r = parameter(-60 * mV, "resting potential")
    V_t = parameter(-40 * mV, "instantaneous threshold potential")
    V_peak = parameter(35 * mV, "potential at which a spike is counted")
    a = parameter(0.03 / ms, "rate of recovery")
    b = parameter(-2 * nS, "sensitivity of recovery to the potential")
    c = parameter(-50 * mV, "reset potential")
    d = parameter(100 * pA, "jump of recovery after a spike")
    v = state(-60 * mV, "membrane potential")
    u = state(0 * pA, "recovery current")
    I = port(pA, "injected current: synapses, electrodes")

    # The square is cut off at V_peak: stages of a step beyond it stay finite.
    equations = """
    top = min(v, V_peak)
    dv/dt = (k*(top - V_r)*(top - V_t) - u + I)/C
    du/dt = a*(b*(v - V_r) - u)
    """
    spike = "v >= V_peak"
    reset = """
    v = c
    u += d
    """
    require = ("c < V_peak",)

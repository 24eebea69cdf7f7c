"""Leaky integrate-and-fire with a threshold that keeps the rate."""

from ...units import Hz, ms, mV, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class HomeostaticLIF(NeuronModel):
    """Leaky integrate-and-fire neuron whose threshold moves until it fires at `target_rate`.

    Intrinsic plasticity of Lazar, Pipa and Triesch (2009), eq. 4, in continuous time: each spike
    raises the threshold by eta, and between spikes it falls at eta*target_rate, so that it stands
    still, on the average, at this rate. eta sets how fast: the threshold moves by 1 mV in about
    1 mV/(eta*target_rate).
    """

    C = parameter(250 * pF, "membrane capacitance", bound="> 0")
    tau_m = parameter(10 * ms, "membrane time constant", bound="> 0")
    E_L = parameter(-70 * mV, "resting potential")
    V_reset = parameter(-70 * mV, "reset potential")
    t_ref = parameter(2 * ms, "refractory period")
    eta = parameter(0.1 * mV, "rise of the threshold at a spike", bound=">= 0")
    target_rate = parameter(10 * Hz, "rate that is aimed at", bound=">= 0")
    v = state(-70 * mV, "membrane potential")
    V_th = state(-55 * mV, "spike threshold")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
        dv/dt = (E_L - v)/tau_m + I/C  (unless refractory)
        dV_th/dt = -eta*target_rate
    """
    spike = "v >= V_th"
    reset = "v = V_reset; V_th += eta"
    refractory = "t_ref"

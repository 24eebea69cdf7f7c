"""Leaky integrate-and-fire with an adaptive threshold."""

from ...units import ms, mV, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class AdaptiveThresholdLIF(NeuronModel):
    """Leaky integrate-and-fire neuron whose threshold jumps at a spike and decays.

    Chacron, Pakdaman and Longtin (2003), Neural Comput. 15:253 (threshold fatigue).
    """

    C = parameter(250 * pF, "membrane capacitance", bound="> 0")
    tau_m = parameter(10 * ms, "membrane time constant", bound="> 0")
    tau_theta = parameter(100 * ms, "time constant of the threshold", bound="> 0")
    E_L = parameter(-70 * mV, "resting potential")
    V_th = parameter(-55 * mV, "threshold at rest")
    delta = parameter(3 * mV, "jump of the threshold at a spike", bound=">= 0")
    V_reset = parameter(-70 * mV, "reset potential")
    t_ref = parameter(2 * ms, "refractory period")
    v = state(-70 * mV, "membrane potential")
    theta = state(0 * mV, "threshold above its value at rest")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    dv/dt = (E_L - v)/tau_m + I/C  (unless refractory)
    dtheta/dt = -theta/tau_theta
    """
    spike = "v >= V_th + theta"
    reset = """
    v = V_reset
    theta += delta
    """
    refractory = "t_ref"
    require = ("V_reset < V_th",)

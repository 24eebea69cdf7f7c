"""Multi-timescale adaptive threshold."""

from ...units import ms, mV, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class MAT2(NeuronModel):
    """Leaky neuron without reset whose threshold jumps at a spike and decays on two time scales.

    Kobayashi, Tsubo and Shinomoto (2009), Front. Comput. Neurosci. 3:9. With ExpCurrent it is
    NEST's `mat2_psc_exp`.
    """

    C = parameter(100 * pF, "membrane capacitance", bound="> 0")
    tau_m = parameter(5 * ms, "membrane time constant", bound="> 0")
    E_L = parameter(-70 * mV, "resting potential")
    t_ref = parameter(2 * ms, "shortest time between two spikes")
    tau_1 = parameter(10 * ms, "short time constant of the threshold", bound="> 0")
    tau_2 = parameter(200 * ms, "long time constant of the threshold", bound="> 0")
    alpha_1 = parameter(37 * mV, "jump of the fast part of the threshold")
    alpha_2 = parameter(2 * mV, "jump of the slow part of the threshold")
    omega = parameter(-51 * mV, "threshold at rest")
    v = state(-70 * mV, "membrane potential")
    theta_1 = state(0 * mV, "fast part of the threshold")
    theta_2 = state(0 * mV, "slow part of the threshold")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    dv/dt = (E_L - v)/tau_m + I/C
    dtheta_1/dt = -theta_1/tau_1
    dtheta_2/dt = -theta_2/tau_2
    """
    spike = "v >= omega + theta_1 + theta_2"
    reset = """
    theta_1 += alpha_1
    theta_2 += alpha_2
    """
    refractory = "t_ref"
    require = ("E_L < omega",)

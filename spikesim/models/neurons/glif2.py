"""Generalized leaky integrate-and-fire, level 2."""

from ...units import ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class GLIF2(NeuronModel):
    """GLIF1 with a reset that depends on the potential, and a threshold that spikes raise.

    Teeter et al. (2018), Nat. Commun. 9:709 (LIF-R). With AlphaCurrent it is NEST's `glif_psc`
    with `spike_dependent_threshold`. As there, the reset starts from the potential at the start of
    the step, and the threshold's decay over the refractory period is taken at the spike.
    """

    C = parameter(58.72 * pF, "membrane capacitance", bound="> 0")
    g = parameter(9.43 * nS, "leak conductance", bound="> 0")
    E_L = parameter(-78.85 * mV, "resting potential")
    V_th = parameter(-51.68 * mV, "threshold at rest")
    f_v = parameter(0.2, "fraction of the potential, above rest, that is kept at a spike")
    delta_v = parameter(18.51 * mV, "what is added to it")
    delta_theta = parameter(0.37 * mV, "jump of the threshold at a spike")
    b_s = parameter(0.009 / ms, "rate at which that decays", bound="> 0")
    t_ref = parameter(3.75 * ms, "refractory period")
    v = state(-78.85 * mV, "membrane potential")
    before = state(-78.85 * mV, "potential at the start of the step")
    theta_s = state(0 * mV, "part of the threshold that spikes raise")
    I = port(pA, "injected current: synapses, electrodes")

    each_step = "before = v"
    equations = """
    dv/dt = (g*(E_L - v) + I)/C  (unless refractory)
    dtheta_s/dt = -b_s*theta_s  (unless refractory)
    """
    spike = "v > V_th + theta_s"
    reset = """
    v = E_L + f_v*(before - E_L) + delta_v
    theta_s = theta_s*exp(-b_s*t_ref) + delta_theta
    """
    refractory = "t_ref"
    require = ("E_L + delta_v < V_th",)

"""Generalized leaky integrate-and-fire, level 3."""

from ...units import ms, pA
from ..declaration import parameter, state
from .glif1 import GLIF1


class GLIF3(GLIF1):
    """GLIF1 with two after-spike currents.

    Teeter et al. (2018), Nat. Commun. 9:709 (LIF-ASC). With AlphaCurrent it is NEST's `glif_psc`
    with `after_spike_currents`. As there, a step is made with the mean of each current in it, and
    the decay over the refractory period is taken at the spike.
    """

    k_1 = parameter(0.003 / ms, "decay rate of the first after-spike current", bound="> 0")
    k_2 = parameter(0.1 / ms, "decay rate of the second", bound="> 0")
    r_1 = parameter(1, "fraction of the first that a spike leaves", bound=">= 0")
    r_2 = parameter(1, "fraction of the second", bound=">= 0")
    delta_1 = parameter(-9.18 * pA, "jump of the first at a spike")
    delta_2 = parameter(-198.94 * pA, "jump of the second")
    I_1 = state(0 * pA, "first after-spike current")
    I_2 = state(0 * pA, "second after-spike current")
    mean = state(0 * pA, "mean of their sum in the step")

    each_step = "mean = I_1*exprel(-k_1*dt) + I_2*exprel(-k_2*dt)"
    equations = """
    dv/dt = (g*(E_L - v) + mean + I)/C  (unless refractory)
    dI_1/dt = -k_1*I_1  (unless refractory)
    dI_2/dt = -k_2*I_2  (unless refractory)
    """
    reset = """
    v = V_reset
    I_1 = r_1*I_1*exp(-k_1*t_ref) + delta_1
    I_2 = r_2*I_2*exp(-k_2*t_ref) + delta_2
    """

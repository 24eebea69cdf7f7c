"""Generalized leaky integrate-and-fire, level 5."""

from ...units import ms, mV
from ..declaration import parameter, state
from .glif4 import GLIF4


class GLIF5(GLIF4):
    """GLIF4 whose threshold also follows the potential.

    Teeter et al. (2018), Nat. Commun. 9:709 (LIF-R-ASC-A). With AlphaCurrent it is NEST's
    `glif_psc` with `spike_dependent_threshold`, `after_spike_currents` and `adapting_threshold`,
    but for one thing: the threshold follows the whole potential, in NEST that without what synapses
    do to it within the step.
    """

    a_v = parameter(0.005 / ms, "rate at which the threshold follows the potential")
    b_v = parameter(0.09 / ms, "rate at which that decays", bound="> 0")
    theta_v = state(0 * mV, "part of the threshold that follows the potential")

    equations = f"""{GLIF4.equations}
    dtheta_v/dt = a_v*(v - E_L) - b_v*theta_v  (unless refractory)
    """
    spike = "v > V_th + theta_s + theta_v"

"""Augmented multi-timescale adaptive threshold."""

from ...units import ms, mV, pF
from ..declaration import parameter, state
from .mat2 import MAT2


class AMAT2(MAT2):
    """MAT2 whose threshold also follows the changes of the potential.

    Yamauchi, Kim and Shinomoto (2011), Front. Comput. Neurosci. 5:42: the threshold has a part
    beta times the integral of K(s) dv/dt(t - s), K(s) = s exp(-s/tau_v). With ExpCurrent it is
    NEST's `amat2_psc_exp`.
    """

    C = parameter(200 * pF, "membrane capacitance", bound="> 0")
    tau_m = parameter(10 * ms, "membrane time constant", bound="> 0")
    tau_v = parameter(5 * ms, "time constant of the part that follows the potential", bound="> 0")
    alpha_1 = parameter(10 * mV, "jump of the fast part of the threshold")
    alpha_2 = parameter(0 * mV, "jump of the slow part of the threshold")
    beta = parameter(0 / ms, "weight of the part that follows the potential")
    omega = parameter(-65 * mV, "threshold at rest")
    slope = state(0 * mV / ms, "filtered slope of the potential times beta")
    theta_v = state(0 * mV, "part of the threshold that follows the potential")

    equations = """
    rate = (E_L - v)/tau_m + I/C
    dv/dt = rate
    dtheta_1/dt = -theta_1/tau_1
    dtheta_2/dt = -theta_2/tau_2
    dslope/dt = beta*rate - slope/tau_v
    dtheta_v/dt = slope - theta_v/tau_v
    """
    spike = "v >= omega + theta_1 + theta_2 + theta_v"

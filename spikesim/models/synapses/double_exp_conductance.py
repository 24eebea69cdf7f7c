"""Postsynaptic conductance that rises and decays exponentially."""

from ...units import ms, mV, nS
from ..declaration import parameter, state
from ..synapse import SynapseModel


class DoubleExpConductance(SynapseModel):
    """A conductance a w (exp(-t/tau_decay) - exp(-t/tau_rise)) after a spike of weight w; its peak
    is w.

    The factor a is that of a peak of 1, as in NEST's `iaf_cond_beta` (Roth and van Rossum 2009,
    equations 6.4 to 6.6). tau_rise = tau_decay gives the alpha function.

    The current into the target is g (E - v), with v the target's membrane potential.
    """

    tau_rise = parameter(0.5 * ms, "time constant of the rise", bound="> 0")
    tau_decay = parameter(5 * ms, "time constant of the decay", bound="> 0")
    E = parameter(0 * mV, "reversal potential")
    x = state(0 * nS, "rise")
    g = state(0 * nS, "postsynaptic conductance")

    equations = """
    dx/dt = -x/tau_rise
    dg/dt = (x - g)/tau_decay
    """
    # (tau_decay/tau_rise)**(tau_decay/(tau_decay - tau_rise)), also where the two are equal
    on_arrival = "x += weight*exp(1/exprel(-log(tau_decay/tau_rise)))"
    output = "g*(E - v)"
    weight_bound = ">= 0"
    reads = {"v": mV}  # noqa: RUF012

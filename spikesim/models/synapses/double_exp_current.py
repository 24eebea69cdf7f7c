"""Postsynaptic current that rises and decays exponentially."""

from ...units import ms, pA
from ..declaration import parameter, state
from ..synapse import SynapseModel


class DoubleExpCurrent(SynapseModel):
    """A current a w (exp(-t/tau_decay) - exp(-t/tau_rise)) after a spike of weight w, with peak w.

    The factor a is that of a peak of 1, as in NEST's `iaf_cond_beta` (Roth and van Rossum 2009,
    equations 6.4 to 6.6). tau_rise = tau_decay gives the alpha function.
    """

    tau_rise = parameter(0.5 * ms, "time constant of the rise", bound="> 0")
    tau_decay = parameter(5 * ms, "time constant of the decay", bound="> 0")
    x = state(0 * pA, "rise")
    I = state(0 * pA, "postsynaptic current")

    equations = """
    dx/dt = -x/tau_rise
    dI/dt = (x - I)/tau_decay
    """
    # (tau_decay/tau_rise)**(tau_decay/(tau_decay - tau_rise)), also where the two are equal
    on_arrival = "x += weight*exp(1/exprel(-log(tau_decay/tau_rise)))"
    output = "I"

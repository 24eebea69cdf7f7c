"""Postsynaptic conductance in the shape of an alpha function."""

from ...units import ms, mV, nS
from ..declaration import parameter, state
from ..synapse import SynapseModel


class AlphaConductance(SynapseModel):
    """A conductance w (t/tau) exp(1 - t/tau) after a spike of weight w (Rall 1967): its peak is w.

    The current into the target is g (E - v), with v the target's membrane potential.

    As the two linear equations of Rotter and Diesmann 1999 (section 3.1.2), so that spikes add up.
    """

    tau = parameter(2 * ms, "time from the arrival to the peak", bound="> 0")
    E = parameter(0 * mV, "reversal potential")
    x = state(0 * nS, "rise")
    g = state(0 * nS, "postsynaptic conductance")

    equations = """
    dx/dt = -x/tau
    dg/dt = (x - g)/tau
    """
    on_arrival = "x += exp(1)*weight"
    output = "g*(E - v)"
    weight_bound = ">= 0"
    reads = {"v": mV}  # noqa: RUF012

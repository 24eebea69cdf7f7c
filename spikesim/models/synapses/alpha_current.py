"""Postsynaptic current in the shape of an alpha function."""

from ...units import ms, pA
from ..declaration import parameter, state
from ..synapse import SynapseModel


class AlphaCurrent(SynapseModel):
    """A current w (t/tau) exp(1 - t/tau) after a spike of weight w (Rall 1967): its peak is w.

    As the two linear equations of Rotter and Diesmann 1999 (section 3.1.2), so that spikes add up.
    """

    tau = parameter(2 * ms, "time from the arrival to the peak", bound="> 0")
    x = state(0 * pA, "rise")
    I = state(0 * pA, "postsynaptic current")

    equations = """
    dx/dt = -x/tau
    dI/dt = (x - I)/tau
    """
    on_arrival = "x += exp(1)*weight"
    output = "I"

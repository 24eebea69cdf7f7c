"""Exponential postsynaptic current."""

from ...units import ms, pA
from ..declaration import parameter, state
from ..synapse import SynapseModel


class ExpCurrent(SynapseModel):
    """A current that jumps by the weight at each arrival and decays with `tau`."""

    tau = parameter(5 * ms, "time constant of the current", bound="> 0")
    I = state(0 * pA, "postsynaptic current")

    equations = "dI/dt = -I/tau"
    on_arrival = "I += weight"
    output = "I"

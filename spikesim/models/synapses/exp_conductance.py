"""Exponential postsynaptic conductance."""

from ...units import ms, mV, nS
from ..declaration import parameter, state
from ..synapse import SynapseModel


class ExpConductance(SynapseModel):
    """A conductance that jumps by the weight at each arrival and decays with `tau`.

    The current into the target is g (E - v), with v the target's membrane potential.
    """

    tau = parameter(5 * ms, "time constant of the conductance", bound="> 0")
    E = parameter(0 * mV, "reversal potential")
    g = state(0 * nS, "postsynaptic conductance")

    equations = "dg/dt = -g/tau"
    on_arrival = "g += weight"
    output = "g*(E - v)"
    weight_bound = ">= 0"
    reads = {"v": mV}  # noqa: RUF012

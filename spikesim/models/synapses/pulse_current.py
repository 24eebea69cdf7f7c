"""Postsynaptic current of one step."""

from ...units import pA
from ..declaration import state
from ..synapse import SynapseModel


class PulseCurrent(SynapseModel):
    """A current of the weight's size for one step, the one after the arrival.

    How the script of Izhikevich (2003), IEEE Transactions on Neural Networks 14:1569, takes in
    spikes, and NEST's `izhikevich` with `consistent_integration=False`. There the current flows in
    the step that ends with the arrival: a delay here is one step shorter than in NEST.
    """

    arrived = state(0 * pA, "sum of what arrived in the last step")
    I = state(0 * pA, "postsynaptic current")

    each_step = "I = arrived; arrived = 0*pA"
    on_arrival = "arrived += weight"
    output = "I"

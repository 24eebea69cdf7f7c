"""Electrical synapse."""

from ...units import mV, nS, pA
from ..declaration import state
from ..synapse import SynapseModel


class GapJunction(SynapseModel):
    """A gap junction: the current weight (v_pre - v_post) flows from one neuron into the other.

    The weight is its conductance. A junction passes current both ways, which takes two connections
    with one conductance: `sp.symmetric(rule)` makes them. With `evaluated="stage"` the neurons are
    integrated as one system by an explicit Runge-Kutta method, as strong coupling needs it.
    """

    I = state(0 * pA, "current through the gap junctions")

    continuous = "I += weight*(pre.v - post.v)"
    output = "I"
    weight_unit = nS
    weight_bound = ">= 0"
    reads = {"v": mV}  # noqa: RUF012

"""Synapse that the presynaptic potential gates."""

from ...units import Hz, mV, nS
from ..declaration import parameter, state
from ..synapse import SynapseModel


class Graded(SynapseModel):
    """A conductance that follows the potential of the source, without spikes as events.

    ds/dt = alpha F(v_pre) (1 - s) - beta s with F(v) = 1/(1 + exp(-(v - theta)/slope)) (Wang and
    Buzsaki 1996, equation 2.3). The default values are of the fast inhibition there.
    """

    alpha = parameter(12000 * Hz, "opening rate of gates", bound=">= 0")
    beta = parameter(100 * Hz, "closing rate of gates", bound=">= 0")
    theta = parameter(0 * mV, "potential of the source at which F is one half")
    slope = parameter(2 * mV, "width of F", bound="> 0")
    E = parameter(-75 * mV, "reversal potential")
    s = state(0.0, "fraction of open gates, of the source")
    g = state(0 * nS, "postsynaptic conductance")

    presynaptic = "ds/dt = alpha*(1 - s)/(1 + exp((theta - pre.v)/slope)) - beta*s"
    continuous = "g += weight*pre.s"
    output = "g*(E - v)"
    weight_bound = ">= 0"
    reads = {"v": mV}  # noqa: RUF012

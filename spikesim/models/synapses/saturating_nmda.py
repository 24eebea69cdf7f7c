"""NMDA conductance with gates that saturate."""

from ...units import Hz, mM, ms, mV, nS
from ..declaration import parameter, state
from ..synapse import SynapseModel


class SaturatingNMDA(SynapseModel):
    """NMDA receptors whose gating variable s lies between 0 and 1 (Wang 2002, equations 7 to 9).

    All synapses of a neuron have the same s, since the same spikes reach them after one delay. So
    it is a state of the source, and the conductance of a target is the sum of weight s: exact, and
    one s a neuron. The block by magnesium is that of NMDA.
    """

    tau_rise = parameter(2 * ms, "time constant of x", bound="> 0")
    tau_decay = parameter(100 * ms, "time constant of s", bound="> 0")
    alpha = parameter(500 * Hz, "rate at which x opens gates", bound=">= 0")
    E = parameter(0 * mV, "reversal potential")
    Mg = parameter(1 * mM, "concentration of magnesium outside", bound=">= 0")
    x = state(0.0, "transmitter, of the source")
    s = state(0.0, "fraction of open gates, of the source")
    g = state(0 * nS, "conductance without the block")

    presynaptic = """
    dx/dt = -x/tau_rise
    ds/dt = alpha*x*(1 - s) - s/tau_decay
    """
    on_spike = "x += 1"
    continuous = "g += weight*pre.s"
    output = "g*(E - v)/(1 + exp(-0.062*v/mV)*Mg/(3.57*mM))"
    weight_bound = ">= 0"
    reads = {"v": mV}  # noqa: RUF012

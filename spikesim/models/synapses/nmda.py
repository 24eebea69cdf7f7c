"""NMDA conductance that magnesium blocks."""

from ...units import mM, ms, mV, nS
from ..declaration import parameter, state
from ..synapse import SynapseModel


class NMDA(SynapseModel):
    """A conductance with a slow rise and decay, blocked by magnesium at low potentials.

    The current into the target is g B(v) (E - v) with B(v) = 1/(1 + exp(-0.062 v/mV) Mg/3.57 mM)
    (Jahr and Stevens 1990, equations 4a and 4b). g is that of DoubleExpConductance: it does not
    saturate. SaturatingNMDA does.
    """

    tau_rise = parameter(2 * ms, "time constant of the rise", bound="> 0")
    tau_decay = parameter(100 * ms, "time constant of the decay", bound="> 0")
    E = parameter(0 * mV, "reversal potential")
    Mg = parameter(1 * mM, "concentration of magnesium outside", bound=">= 0")
    x = state(0 * nS, "rise")
    g = state(0 * nS, "conductance without the block")

    equations = """
    dx/dt = -x/tau_rise
    dg/dt = (x - g)/tau_decay
    """
    on_arrival = "x += weight*exp(1/exprel(-log(tau_decay/tau_rise)))"
    output = "g*(E - v)/(1 + exp(-0.062*v/mV)*Mg/(3.57*mM))"
    weight_bound = ">= 0"
    reads = {"v": mV}  # noqa: RUF012

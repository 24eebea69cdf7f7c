"""Slow inhibition through G proteins."""

from ...units import Hz, mM, ms, mV, nS, uM
from ..declaration import parameter, state
from ..synapse import SynapseModel


class GABAB(SynapseModel):
    """GABA_B receptors that open potassium channels together (Destexhe et al. 1998, section 1.4.5).

    Transmitter T binds to receptors (a fraction r), which activate G proteins s; the conductance of
    a synapse is weight s^4/(s^4 + Kd), so that bursts do what single spikes don't. A spike brings a
    pulse of transmitter that decays with tau_T, in place of a rectangular one; that of the authors'
    files for NEURON (ModelDB 18198), 0.5 mM for 0.3 ms, has the area of one with tau_T = 0.3 ms.
    """

    T_max = parameter(0.5 * mM, "transmitter of a spike", bound=">= 0")
    tau_T = parameter(1 * ms, "time constant of the transmitter", bound="> 0")
    K1 = parameter(90 * Hz / mM, "binding", bound=">= 0")
    K2 = parameter(1.2 * Hz, "unbinding", bound=">= 0")
    K3 = parameter(180 * uM * Hz, "production of G protein", bound=">= 0")
    K4 = parameter(34 * Hz, "decay of G protein", bound=">= 0")
    Kd = parameter(100 * uM**4, "dissociation constant", bound="> 0")
    E = parameter(-95 * mV, "reversal potential of potassium")
    T = state(0 * mM, "transmitter, of the source")
    r = state(0.0, "fraction of bound receptors, of the source")
    s = state(0 * uM, "G protein, of the source")
    g = state(0 * nS, "postsynaptic conductance")

    presynaptic = """
    dT/dt = -T/tau_T
    dr/dt = K1*T*(1 - r) - K2*r
    ds/dt = K3*r - K4*s
    """
    on_spike = "T += T_max"
    continuous = "g += weight*pre.s**4/(pre.s**4 + Kd)"
    output = "g*(E - v)"
    weight_bound = ">= 0"
    reads = {"v": mV}  # noqa: RUF012

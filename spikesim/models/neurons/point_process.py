"""Point process driven by a leaky potential."""

from ...units import Hz, ms, mV, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class PointProcess(NeuronModel):
    """Random spikes at a rate c_1 u + c_2 exp(c_3 u), u the potential above rest less adaptation.

    Jolivet et al. (2006), J. Comput. Neurosci. 21:35; Cardanobile and Rotter (2010), J. Comput.
    Neurosci. 28:267. With Delta it is NEST's `pp_psc_delta` (there, at rest, the potential is 0)
    with a dead time that is not random and one part of adaptation.
    """

    C = parameter(250 * pF, "membrane capacitance", bound="> 0")
    tau_m = parameter(10 * ms, "membrane time constant", bound="> 0")
    E_L = parameter(0 * mV, "resting potential")
    c_1 = parameter(0 * Hz / mV, "slope of the linear part of the rate")
    c_2 = parameter(1.238 * Hz, "factor of the exponential part", bound=">= 0")
    c_3 = parameter(0.25 / mV, "coefficient of the exponential part")
    dead_time = parameter(1 * ms, "shortest time between two spikes")
    q_sfa = parameter(0 * mV, "jump of adaptation at a spike")
    tau_sfa = parameter(34 * ms, "time constant of adaptation", bound="> 0")
    kept = parameter(0, "fraction of the potential, above rest, that a spike leaves")
    v = state(0 * mV, "membrane potential")
    q = state(0 * mV, "adaptation")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    dv/dt = (E_L - v)/tau_m + I/C
    dq/dt = -q/tau_sfa
    u = v - E_L - q
    intensity = max(c_1*u + c_2*exp(c_3*u), 0*Hz)
    """
    spike = "rand() < -expm1(-intensity*dt)"
    reset = """
    v = E_L + kept*(v - E_L)
    q += q_sfa
    """
    refractory = "dead_time"

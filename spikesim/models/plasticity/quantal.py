"""Short-term plasticity of a release site, at random."""

from ...units import ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class Quantal(PlasticityModel):
    """One release site, full or empty; NEST's `quantal_stp_synapse` with n = 1.

    Fuhrmann, Segev, Markram and Tsodyks (2002), eqs. 1 to 4: at a spike the release probability u
    rises by U*(1 - u), and decays with tau_fac; a full site releases with this probability, and
    transmits the weight; an empty one is filled at random, with the rate 1/tau_rec. On the average
    that is `TsodyksMarkram`. A connection with n sites is n synapses from one neuron to the other.
    """

    U = parameter(0.5, "rise of the release probability at a spike", ">= 0")
    tau_rec = parameter(800 * ms, "mean time until an empty site is full", "> 0")
    tau_fac = parameter(1000 * ms, "time constant of facilitation", "> 0")
    u = state(0.0, "release probability")
    filled = state(0.0, "probability that the site was filled since the last spike, if empty then")
    full = state(True, "is there something to release?")
    released = state(False, "was it released at the last spike?")

    equations = """
        du/dt = -u/tau_fac
        dfilled/dt = (1 - filled)/tau_rec
    """
    on_pre = """
        u += U*(1 - u)
        full = full or rand() < filled
        filled = 0
        released = full and rand() < u
        transmit(weight if released else 0*weight)
        full = full and not released
    """
    require = ("U <= 1",)

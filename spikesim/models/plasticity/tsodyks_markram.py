"""Short-term plasticity."""

from ...units import ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class TsodyksMarkram(PlasticityModel):
    """Short-term depression and facilitation; NEST's `tsodyks2_synapse`.

    Tsodyks, Pawelzik and Markram (1998), eqs. 2 to 5, and Maass and Markram (2002): a spike raises
    the release probability u by U*(1 - u), releases u*x of the resources x, and is transmitted with
    weight*u*x. Between spikes x recovers with tau_rec, and u decays with tau_fac. Without
    facilitation take a tau_fac far below the intervals between spikes, such as 0.001*ms.
    """

    U = parameter(0.5, "rise of the release probability at a spike", ">= 0")
    tau_rec = parameter(800 * ms, "time constant of recovery", "> 0")
    tau_fac = parameter(1000 * ms, "time constant of facilitation", "> 0")
    u = state(0.0, "release probability")
    x = state(1.0, "available resources")

    equations = """
        du/dt = -u/tau_fac
        dx/dt = (1 - x)/tau_rec
    """
    on_pre = """
        u += U*(1 - u)
        transmit(weight*u*x)
        x -= u*x
    """
    require = ("U <= 1",)

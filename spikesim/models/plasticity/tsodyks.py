"""Short-term plasticity with an inactive fraction."""

from ...units import ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class Tsodyks(PlasticityModel):
    """Short-term plasticity of resources that pass through three states; NEST's
    `tsodyks_synapse`.

    Tsodyks, Uziel and Markram (2000), eqs. 3 and 4: a spike makes u*x of the recovered resources x
    active (y); these become inactive with tau_psc, that of the synaptic current, and recover with
    tau_rec. The release probability u is as in TsodyksMarkram.
    """

    U = parameter(0.5, "rise of the release probability at a spike", ">= 0")
    tau_psc = parameter(3 * ms, "time constant of the active state", "> 0")
    tau_rec = parameter(800 * ms, "time constant of recovery", "> 0")
    tau_fac = parameter(1000 * ms, "time constant of facilitation", "> 0")
    u = state(0.0, "release probability")
    x = state(1.0, "recovered resources")
    y = state(0.0, "active resources")

    equations = """
        du/dt = -u/tau_fac
        dx/dt = (1 - x - y)/tau_rec
        dy/dt = -y/tau_psc
    """
    on_pre = """
        u += U*(1 - u)
        transmit(weight*u*x)
        y += u*x
        x -= u*x
    """
    require = ("U <= 1",)

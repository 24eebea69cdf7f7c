"""Spike-timing dependent plasticity with a power law of the weight."""

from ...units import WEIGHT, ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class PowerLawSTDP(PlasticityModel):
    """Potentiation as a power of the weight, depression in proportion to it; NEST's
    `stdp_pl_synapse_hom`.

    Morrison, Aertsen and Diesmann (2007), eq. 9: a postsynaptic spike potentiates by
    rate * w_0 * (w/w_0)^mu * x, a presynaptic one depresses by rate * alpha * w * y, where x and y
    are traces of all spikes of each side. There is no largest weight.
    """

    tau_plus = parameter(20 * ms, "time constant of the presynaptic trace", "> 0")
    tau_minus = parameter(20 * ms, "time constant of the postsynaptic trace", "> 0")
    rate = parameter(0.1, "learning rate", ">= 0")
    alpha = parameter(0.11, "depression over potentiation, at w_0", ">= 0")
    mu = parameter(0.4, "exponent of the weight in potentiation", ">= 0")
    w_0 = parameter(WEIGHT, "reference weight")
    x = state(0.0, "presynaptic trace")
    y = state(0.0, "postsynaptic trace")

    equations = """
        dx/dt = -x/tau_plus
        dy/dt = -y/tau_minus
    """
    on_pre = """
        weight -= rate * alpha * weight * y
        x += 1
    """
    on_post = """
        weight += rate * w_0 * (weight/w_0)**mu * x
        y += 1
    """
    require = ("w_0 != 0",)

"""Spike-timing dependent plasticity of pairs of spikes."""

from ...units import WEIGHT, ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class STDP(PlasticityModel):
    """All pairs of spikes change the weight; NEST's `stdp_synapse`.

    A postsynaptic spike after presynaptic ones potentiates by
    w_max * rate * (1 - w/w_max)^mu_plus * x, a presynaptic spike after postsynaptic ones depresses
    by w_max * alpha * rate * (w/w_max)^mu_minus * y, where x and y are traces of all spikes of each
    side. With mu_plus = mu_minus = 0 the rule is additive (Song, Miller and Abbott 2000,
    eqs. 1 and 2), with 1 and 1 multiplicative (Rubin, Lee and Sompolinsky 2001), between them a
    power law (Guetig et al. 2003, eqs. 1 to 3); with 0 and 1 it is that of van Rossum, Bi and
    Turrigiano (2000). A negative w_max is for synapses with negative weights.
    """

    tau_plus = parameter(20 * ms, "time constant of the presynaptic trace", "> 0")
    tau_minus = parameter(20 * ms, "time constant of the postsynaptic trace", "> 0")
    rate = parameter(0.01, "potentiation of a pair, as a part of w_max", ">= 0")
    alpha = parameter(1.0, "depression in units of potentiation", ">= 0")
    mu_plus = parameter(0.0, "exponent of the weight in potentiation", ">= 0")
    mu_minus = parameter(0.0, "exponent of the weight in depression", ">= 0")
    w_max = parameter(WEIGHT, "largest weight")
    x = state(0.0, "presynaptic trace")
    y = state(0.0, "postsynaptic trace")

    equations = """
        dx/dt = -x/tau_plus
        dy/dt = -y/tau_minus
    """
    on_pre = """
        weight -= w_max * alpha * rate * (weight/w_max)**mu_minus * y
        x += 1
    """
    on_post = """
        weight += w_max * rate * (1 - weight/w_max)**mu_plus * x
        y += 1
    """
    bounds = ("min(0, w_max)", "max(0, w_max)")
    require = ("w_max != 0",)

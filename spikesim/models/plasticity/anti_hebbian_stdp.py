"""Plasticity that weakens what helps to fire."""

from ...units import WEIGHT, ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class AntiHebbianSTDP(PlasticityModel):
    """Presynaptic spikes before a postsynaptic one depress, all by themselves they potentiate.

    As in the electrosensory lobe of mormyrid fish (Bell, Han, Sugawara and Grant 1997, figure 3),
    in the form of Roberts and Bell (2000): each presynaptic spike potentiates by
    w_max * rate * alpha, and each postsynaptic one depresses by w_max * rate * x. A negative w_max
    is for synapses with negative weights.
    """

    tau = parameter(20 * ms, "time constant of the presynaptic trace", "> 0")
    rate = parameter(0.01, "depression by a pair, as a part of w_max", ">= 0")
    alpha = parameter(0.1, "potentiation by a presynaptic spike, in units of depression", ">= 0")
    w_max = parameter(WEIGHT, "largest weight")
    x = state(0.0, "presynaptic trace")

    equations = "dx/dt = -x/tau"
    on_pre = """
        weight += w_max * rate * alpha
        x += 1
    """
    on_post = "weight -= w_max * rate * x"
    bounds = ("min(0, w_max)", "max(0, w_max)")
    require = ("w_max != 0",)

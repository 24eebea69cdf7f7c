"""Plasticity for which it does not matter which spike came first."""

from ...units import WEIGHT, ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class SymmetricSTDP(PlasticityModel):
    """Close pairs of spikes potentiate and distant ones depress, whatever their order.

    The window is w_max * rate * (exp(-|dt|/tau_plus) - alpha*exp(-|dt|/tau_minus)), as between
    hippocampal neurons (Woodin, Ganguly and Poo 2003, figure 2; Mishra et al. 2016, figure 1, with
    alpha = 0). A negative w_max is for synapses with negative weights.
    """

    tau_plus = parameter(20 * ms, "time constant of potentiation", "> 0")
    tau_minus = parameter(50 * ms, "time constant of depression", "> 0")
    rate = parameter(0.01, "potentiation of a pair, as a part of w_max", ">= 0")
    alpha = parameter(0.4, "depression in units of potentiation", ">= 0")
    w_max = parameter(WEIGHT, "largest weight")
    x_plus = state(0.0, "presynaptic trace that potentiates")
    x_minus = state(0.0, "presynaptic trace that depresses")
    y_plus = state(0.0, "postsynaptic trace that potentiates")
    y_minus = state(0.0, "postsynaptic trace that depresses")

    equations = """
        dx_plus/dt = -x_plus/tau_plus
        dx_minus/dt = -x_minus/tau_minus
        dy_plus/dt = -y_plus/tau_plus
        dy_minus/dt = -y_minus/tau_minus
    """
    on_pre = """
        weight += w_max * rate * (y_plus - alpha*y_minus)
        x_plus += 1
        x_minus += 1
    """
    on_post = """
        weight += w_max * rate * (x_plus - alpha*x_minus)
        y_plus += 1
        y_minus += 1
    """
    bounds = ("min(0, w_max)", "max(0, w_max)")
    require = ("w_max != 0",)

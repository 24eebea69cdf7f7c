"""Plasticity by the postsynaptic potential."""

from ...units import WEIGHT, ms, mV
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class Clopath(PlasticityModel):
    """Voltage-based plasticity; NEST's `clopath_synapse`.

    Clopath, Buesing, Vasilaki and Gerstner (2010), eqs. 1 to 3: a presynaptic spike depresses by
    w_max*A_LTD*(u_minus - theta_minus)+, and at all times
    dw/dt = w_max*A_LTP*x*(v - theta_plus)+*(u_plus - theta_minus)+, where x is a trace of
    presynaptic spikes, each with an integral of one. A_LTD is scaled by (u_bar/u_ref)^2 where u_ref
    is not zero.

    The potential v and what has gone through low-pass filters are variables of the target neurons,
    whose model has, besides its own equations,

        du_plus/dt = (v - u_plus)/tau_plus
        du_minus/dt = (v - u_minus)/tau_minus
        du_bar/dt = (u_minus - u_bar)/tau_bar

    The synapse sees them at once; NEST's sees them after the dendritic delay.
    """

    A_LTP = parameter(8e-7 / mV**2, "potentiation, as a part of w_max", ">= 0")
    A_LTD = parameter(14e-7 / mV, "depression, as a part of w_max", ">= 0")
    theta_plus = parameter(-45.3 * mV, "potential above which it potentiates")
    theta_minus = parameter(-70.6 * mV, "filtered potential above which weights change")
    tau_x = parameter(15 * ms, "time constant of the presynaptic trace", "> 0")
    u_ref = parameter(0 * mV, "slow average of the potential at which depression is A_LTD", ">= 0")
    w_min = parameter(WEIGHT, "least weight")
    w_max = parameter(WEIGHT, "largest weight")
    x = state(0 / ms, "presynaptic trace")

    reads = {"v": mV, "u_plus": mV, "u_minus": mV, "u_bar": mV}  # noqa: RUF012
    equations = "dx/dt = -x/tau_x"
    each_step = """
        weight += (w_max * A_LTP * x * max(post.v - theta_plus, 0*mV)
                   * max(post.u_plus - theta_minus, 0*mV) * dt)
    """
    on_pre = """
        weight -= (w_max * A_LTD * max(post.u_minus - theta_minus, 0*mV)
                   * ((post.u_bar/u_ref)**2 if u_ref > 0*mV else 1))
        x += 1/tau_x
    """
    bounds = ("w_min", "w_max")
    require = ("w_min <= w_max", "w_max > 0*w_max")

"""Inhibitory plasticity that balances excitation."""

from ...units import WEIGHT, Hz, ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class VogelsSprekeler(PlasticityModel):
    """Near-coincident spikes potentiate, presynaptic ones alone depress; NEST's
    `vogels_sprekeler_synapse`.

    Vogels, Sprekeler, Zenke, Clopath and Gerstner (2011), eq. 1 of the supplement: a pre spike
    changes the weight by eta*(y - 2*target_rate*tau), a post spike by eta*x. It brings the
    postsynaptic rate to `target_rate`. A negative w_max is for synapses with negative weights.
    """

    tau = parameter(20 * ms, "time constant of both traces", "> 0")
    eta = parameter(WEIGHT, "learning rate")
    target_rate = parameter(3 * Hz, "rate of the postsynaptic neuron that is aimed at", ">= 0")
    w_max = parameter(WEIGHT, "largest weight")
    x = state(0.0, "presynaptic trace")
    y = state(0.0, "postsynaptic trace")

    equations = """
        dx/dt = -x/tau
        dy/dt = -y/tau
    """
    on_pre = """
        weight += sign(w_max) * eta * y
        weight -= sign(w_max) * eta * 2*target_rate*tau
        x += 1
    """
    on_post = """
        weight += sign(w_max) * eta * x
        y += 1
    """
    bounds = ("min(0, w_max)", "max(0, w_max)")

"""Spike-timing dependent plasticity of nearest spikes, centred on the presynaptic one."""

from .stdp import STDP


class NearestPresynapticSTDP(STDP):
    """STDP in which a presynaptic spike pairs with the last postsynaptic one and with the next;
    `stdp_nn_pre_centered_synapse`.

    The presynaptic trace adds up all spikes since the last postsynaptic one. Morrison, Diesmann and
    Gerstner (2008), Fig. 7B. Parameters as of STDP.
    """

    on_pre = """
        weight -= w_max * alpha * rate * (weight/w_max)**mu_minus * y
        x += 1
    """
    on_post = """
        weight += w_max * rate * (1 - weight/w_max)**mu_plus * x
        x = 0
        y = 1
    """

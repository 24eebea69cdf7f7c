"""Spike-timing dependent plasticity of nearest spikes, on both sides."""

from .stdp import STDP


class NearestSymmetricSTDP(STDP):
    """STDP of nearest spikes: each with the last one of the other side; `stdp_nn_symm_synapse`.

    Morrison, Diesmann and Gerstner (2008), Fig. 7A. Parameters as of STDP.
    """

    on_pre = """
        weight -= w_max * alpha * rate * (weight/w_max)**mu_minus * y
        x = 1
    """
    on_post = """
        weight += w_max * rate * (1 - weight/w_max)**mu_plus * x
        y = 1
    """

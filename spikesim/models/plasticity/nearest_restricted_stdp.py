"""Spike-timing dependent plasticity of nearest spikes, each counted once."""

from ..declaration import state
from .stdp import STDP


class NearestRestrictedSTDP(STDP):
    """STDP of immediate pairs: a presynaptic spike with the first postsynaptic one after it, and
    with the last one before it, if that came after the presynaptic spike before;
    `stdp_nn_restr_synapse`.

    Morrison, Diesmann and Gerstner (2008), Fig. 7C. Parameters as of STDP.
    """

    answered = state(False, "was there a postsynaptic spike since the last presynaptic one?")

    on_pre = """
        weight -= (w_max * alpha * rate * (weight/w_max)**mu_minus * y if answered else 0)
        answered = False
        x = 1
    """
    on_post = """
        weight += w_max * rate * (1 - weight/w_max)**mu_plus * x
        answered = True
        x = 0
        y = 1
    """

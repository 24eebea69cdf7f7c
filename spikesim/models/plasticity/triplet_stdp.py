"""Plasticity of triplets of spikes."""

from ...units import WEIGHT, ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class TripletSTDP(PlasticityModel):
    """Pairs and triplets of spikes change the weight; NEST's `stdp_triplet_synapse`.

    Pfister and Gerstner (2006), eqs. 3 and 4, of all spikes: r and o are fast and slow traces of
    the presynaptic (r_1, r_2) and postsynaptic side (o_1, o_2); the slow ones count as they were
    before the spike. The time constants are those of the hippocampal cultures of their Table 4.
    """

    tau_plus = parameter(16.8 * ms, "time constant of r_1", "> 0")
    tau_x = parameter(101 * ms, "time constant of r_2", "> 0")
    tau_minus = parameter(33.7 * ms, "time constant of o_1", "> 0")
    tau_y = parameter(125 * ms, "time constant of o_2", "> 0")
    A2_plus = parameter(WEIGHT, "potentiation of a pair")
    A3_plus = parameter(WEIGHT, "potentiation of a triplet")
    A2_minus = parameter(WEIGHT, "depression of a pair")
    A3_minus = parameter(WEIGHT, "depression of a triplet")
    w_max = parameter(WEIGHT, "largest weight")
    r_1 = state(0.0, "fast presynaptic trace")
    r_2 = state(0.0, "slow presynaptic trace")
    o_1 = state(0.0, "fast postsynaptic trace")
    o_2 = state(0.0, "slow postsynaptic trace")

    equations = """
        dr_1/dt = -r_1/tau_plus
        dr_2/dt = -r_2/tau_x
        do_1/dt = -o_1/tau_minus
        do_2/dt = -o_2/tau_y
    """
    on_pre = """
        weight -= o_1 * (A2_minus + A3_minus*r_2)
        r_1 += 1
        r_2 += 1
    """
    on_post = """
        weight += r_1 * (A2_plus + A3_plus*o_2)
        o_1 += 1
        o_2 += 1
    """
    bounds = ("min(0, w_max)", "max(0, w_max)")

"""Plasticity that a neuromodulator turns from eligibility into weight."""

from ...units import WEIGHT, kHz, ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class DopamineSTDP(PlasticityModel):
    """STDP marks a synapse as eligible, dopamine changes it; NEST's `stdp_dopamine_synapse`.

    Izhikevich (2007), eqs. 1 and 2, and Potjans, Morrison and Diesmann (2010), eqs. 3 to 6: pairs
    of spikes change the eligibility c, which decays with tau_c, and dw/dt = c*(dopamine -
    baseline). The dopamine is a variable of one neuron, in which spikes of dopaminergic cells add
    up and which decays with tau_n. Within a step both decay exponentially, so that the integral is
    exact.
    """

    tau_plus = parameter(20 * ms, "time constant of the presynaptic trace", "> 0")
    tau_minus = parameter(20 * ms, "time constant of the postsynaptic trace", "> 0")
    tau_c = parameter(1000 * ms, "time constant of the eligibility", "> 0")
    tau_n = parameter(200 * ms, "time constant of the dopamine", "> 0")
    A_plus = parameter(WEIGHT, "eligibility by post after pre")
    A_minus = parameter(WEIGHT, "eligibility taken by pre after post")
    baseline = parameter(0 * kHz, "dopamine at which weights stand still")
    w_min = parameter(WEIGHT, "least weight")
    w_max = parameter(WEIGHT, "largest weight")
    x = state(0.0, "presynaptic trace")
    y = state(0.0, "postsynaptic trace")
    c = state(WEIGHT, "eligibility")

    modulators = {"dopamine": kHz}  # noqa: RUF012
    equations = """
        dx/dt = -x/tau_plus
        dy/dt = -y/tau_minus
        tau = tau_c*tau_n/(tau_c + tau_n)
    """
    each_step = """
        weight += c*(dopamine*exp(dt/tau_n)*tau*(1 - exp(-dt/tau))
                     - baseline*tau_c*(1 - exp(-dt/tau_c)))
        c *= exp(-dt/tau_c)
    """
    on_pre = """
        c -= A_minus*y
        x += 1
    """
    on_post = """
        c += A_plus*x
        y += 1
    """
    bounds = ("w_min", "w_max")
    require = ("w_min <= w_max",)

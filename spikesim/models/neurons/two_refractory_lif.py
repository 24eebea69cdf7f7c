"""Leaky integrate-and-fire with an absolute and a longer total refractory period."""

from ...units import ms, mV, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class TwoRefractoryLIF(NeuronModel):
    """LIF that is clamped for t_ref_abs after a spike, and spikes again after t_ref_tot at least.

    Tsodyks, Uziel and Markram (2000), J. Neurosci. 20:RC50. With ExpCurrent it is NEST's
    `iaf_psc_exp_htum`.
    """

    C = parameter(250 * pF, "membrane capacitance", bound="> 0")
    tau_m = parameter(10 * ms, "membrane time constant", bound="> 0")
    E_L = parameter(-70 * mV, "resting potential")
    V_th = parameter(-55 * mV, "spike threshold")
    V_reset = parameter(-70 * mV, "reset potential")
    t_ref_abs = parameter(2 * ms, "time that the potential is clamped")
    t_ref_tot = parameter(2 * ms, "shortest time between two spikes", bound=">= 0")
    v = state(-70 * mV, "membrane potential")
    wait = state(0, "steps to go until a spike is possible")
    I = port(pA, "injected current: synapses, electrodes")

    each_step = "wait -= 1"
    equations = "dv/dt = (E_L - v)/tau_m + I/C  (unless refractory)"
    spike = "v >= V_th and wait < 0"
    reset = """
    v = V_reset
    wait = floor(t_ref_tot/dt + 0.5)
    """
    refractory = "t_ref_abs"
    require = ("V_reset < V_th", "t_ref_abs <= t_ref_tot")

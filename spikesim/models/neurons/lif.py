"""Leaky integrate-and-fire."""

from ...units import ms, mV, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class LIF(NeuronModel):
    """Leaky integrate-and-fire neuron.

    After a spike the membrane potential is set to V_reset and stays there for t_ref. With an
    ExpCurrent synapse it is NEST's `iaf_psc_exp` (PyNN's `IF_curr_exp`), with AlphaCurrent
    `iaf_psc_alpha` (`IF_curr_alpha`), with Delta `iaf_psc_delta` (`IF_curr_delta`); with several
    synapses the `_multisynapse` forms of these. With ExpConductance it is `iaf_cond_exp`
    (`IF_cond_exp`), with AlphaConductance `iaf_cond_alpha` (`IF_cond_alpha`), with
    DoubleExpConductance `iaf_cond_beta`; take `method = "rk4"` for their accuracy.

    Lapicque (1907); this form: Rotter and Diesmann (1999), Biol. Cybern. 81:381.
    """

    C = parameter(250 * pF, "membrane capacitance", bound="> 0")
    tau_m = parameter(10 * ms, "membrane time constant", bound="> 0")
    E_L = parameter(-70 * mV, "resting potential")
    V_th = parameter(-55 * mV, "spike threshold")
    V_reset = parameter(-70 * mV, "reset potential")
    t_ref = parameter(2 * ms, "refractory period")
    v = state(-70 * mV, "membrane potential")
    I = port(pA, "injected current: synapses, electrodes")

    equations = "dv/dt = (E_L - v)/tau_m + I/C  (unless refractory)"
    spike = "v >= V_th"
    reset = "v = V_reset"
    refractory = "t_ref"
    require = ("V_reset < V_th",)

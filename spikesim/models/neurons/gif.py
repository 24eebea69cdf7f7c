"""Generalized integrate-and-fire with escape noise."""

from ...units import Hz, ms, mV, nS, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class GIF(NeuronModel):
    """Generalized integrate-and-fire neuron: spike-triggered currents, moving threshold, noise.

    Mensi et al. (2012), J. Neurophysiol. 107:1756; Pozzorini et al. (2015), PLoS Comput. Biol.
    11:e1004275. With ExpCurrent it is NEST's `gif_psc_exp` (there a spike acts in the step that
    ends with its arrival: a delay here is one step shorter), with ExpConductance and
    `method = "rk4"` its `gif_cond_exp`, each with two spike-triggered currents and two parts of the
    threshold. As there, these stand still within a step: a step sees them as it begins.
    """

    C = parameter(80 * pF, "membrane capacitance", bound="> 0")
    g_L = parameter(4 * nS, "leak conductance", bound="> 0")
    E_L = parameter(-70 * mV, "resting potential")
    V_reset = parameter(-55 * mV, "reset potential")
    V_T = parameter(-35 * mV, "threshold at rest")
    Delta_V = parameter(0.5 * mV, "sharpness of the threshold", bound="> 0")
    lambda_0 = parameter(1 * Hz, "rate of spikes at the threshold", bound=">= 0")
    t_ref = parameter(4 * ms, "refractory period")
    q_eta_1 = parameter(0 * pA, "jump of the first spike-triggered current")
    q_eta_2 = parameter(0 * pA, "jump of the second")
    tau_eta_1 = parameter(10 * ms, "time constant of the first", bound="> 0")
    tau_eta_2 = parameter(100 * ms, "time constant of the second", bound="> 0")
    q_gamma_1 = parameter(0 * mV, "jump of the first part of the threshold")
    q_gamma_2 = parameter(0 * mV, "jump of the second")
    tau_gamma_1 = parameter(10 * ms, "time constant of the first part", bound="> 0")
    tau_gamma_2 = parameter(100 * ms, "time constant of the second", bound="> 0")
    v = state(-70 * mV, "membrane potential")
    eta_1 = state(0 * pA, "first spike-triggered current; it hyperpolarizes")
    eta_2 = state(0 * pA, "second")
    gamma_1 = state(0 * mV, "first part of the threshold")
    gamma_2 = state(0 * mV, "second part")
    I = port(pA, "injected current: synapses, electrodes")

    equations = """
    eta = eta_1 + eta_2 : pA  (constant over dt)
    threshold = V_T + gamma_1 + gamma_2 : mV  (constant over dt)
    dv/dt = (g_L*(E_L - v) - eta + I)/C  (unless refractory)
    deta_1/dt = -eta_1/tau_eta_1
    deta_2/dt = -eta_2/tau_eta_2
    dgamma_1/dt = -gamma_1/tau_gamma_1
    dgamma_2/dt = -gamma_2/tau_gamma_2
    intensity = lambda_0*exp((v - threshold)/Delta_V)
    """
    spike = "rand() < -expm1(-intensity*dt)"
    reset = """
    v = V_reset
    eta_1 += q_eta_1
    eta_2 += q_eta_2
    gamma_1 += q_gamma_1
    gamma_2 += q_gamma_2
    """
    refractory = "t_ref"

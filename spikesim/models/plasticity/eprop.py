"""Learning of recurrent networks without going back in time."""

from ...units import WEIGHT, ms
from ..declaration import parameter, state
from ..plastic import PlasticityModel


class EProp(PlasticityModel):
    """Eligibility propagation: the gradient of a loss, as far as a synapse can know it.

    Bellec et al. (2020), eqs. 1, 4 and 28, for leaky integrate-and-fire neurons: the eligibility of
    a synapse is x*psi, with the presynaptic spikes filtered by the membrane (x) and the
    pseudo-derivative of the postsynaptic spike. Filtered again, by the readout with tau_out, and
    multiplied by the learning signal of the target, it is the gradient: dw = -rate * signal * e at
    each step. A spike reaches the readout in the step after, and so does the eligibility.

    psi and signal are variables of the target neurons. The signal is the sum of the readouts'
    errors by the weights with which they read this neuron, or by random ones; psi for example
    0.3*max(0, 1 - abs(v - V_th)/V_th).
    """

    rate = parameter(WEIGHT, "learning rate")
    tau_m = parameter(20 * ms, "membrane time constant of the target", "> 0")
    tau_out = parameter(20 * ms, "time constant of the readout", "> 0")
    x = state(0.0, "presynaptic spikes, filtered by the membrane")
    e = state(0.0, "eligibility, filtered by the readout")

    reads = {"psi": 1, "signal": 1}  # noqa: RUF012
    equations = "dx/dt = -x/tau_m"
    each_step = """
        e *= exp(-dt/tau_out)
        weight -= rate*post.signal*e
        e += post.psi*x
    """
    on_pre = "x += 1"

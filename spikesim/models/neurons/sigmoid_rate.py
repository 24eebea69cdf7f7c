"""Sigmoid rate unit."""

from ...units import ms
from ..base import NeuronModel
from ..declaration import parameter, port, state


class SigmoidRate(NeuronModel):
    """Rate unit with the sigmoid gain g/(1 + exp(-beta (h - theta))).

    NEST's `sigmoid_rate_ipn` without noise.

    Hahne et al. (2017), Front. Neuroinform. 11:34, equation 4.
    """

    tau = parameter(10 * ms, "time constant", bound="> 0")
    decay = parameter(1.0, "how fast it decays, in 1/tau; lambda in NEST", bound=">= 0")
    mu = parameter(0.0, "mean drive")
    g = parameter(1.0, "largest drive")
    beta = parameter(1.0, "slope")
    theta = parameter(0.0, "threshold")
    r = state(0.0, "rate, without unit")
    h = port(1, "input: the weighted sum of other units' rates")

    equations = "dr/dt = (mu - decay*r + g/(1 + exp(-beta*(h - theta))))/tau"

"""Threshold-linear rate unit."""

from ...units import ms
from ..base import NeuronModel
from ..declaration import parameter, port, state


class ThresholdLinearRate(NeuronModel):
    """Rate unit with a gain that is zero below theta and g (h - theta) above, up to alpha.

    NEST's `threshold_lin_rate_ipn` without noise.

    Hahne et al. (2017), Front. Neuroinform. 11:34, equation 4.
    """

    tau = parameter(10 * ms, "time constant", bound="> 0")
    decay = parameter(1.0, "how fast it decays, in 1/tau; lambda in NEST", bound=">= 0")
    mu = parameter(0.0, "mean drive")
    g = parameter(1.0, "gain")
    theta = parameter(0.0, "threshold")
    alpha = parameter(1e30, "largest drive")
    r = state(0.0, "rate, without unit")
    h = port(1, "input: the weighted sum of other units' rates")

    equations = "dr/dt = (mu - decay*r + min(max(g*(h - theta), 0), alpha))/tau"

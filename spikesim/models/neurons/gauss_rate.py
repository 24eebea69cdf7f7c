"""Gaussian rate unit."""

from ...units import ms
from ..base import NeuronModel
from ..declaration import parameter, port, state


class GaussRate(NeuronModel):
    """Rate unit that prefers an input: its gain is g exp(-(h - center)^2/(2 width^2)).

    NEST's `gauss_rate_ipn` without noise, in which mu and sigma are both these and the drive's.

    Hahne et al. (2017), Front. Neuroinform. 11:34, equation 4.
    """

    tau = parameter(10 * ms, "time constant", bound="> 0")
    decay = parameter(1.0, "how fast it decays, in 1/tau; lambda in NEST", bound=">= 0")
    mu = parameter(0.0, "mean drive")
    g = parameter(1.0, "largest drive")
    center = parameter(0.0, "preferred input")
    width = parameter(1.0, "width of the preference", bound="> 0")
    r = state(0.0, "rate, without unit")
    h = port(1, "input: the weighted sum of other units' rates")

    equations = "dr/dt = (mu - decay*r + g*exp(-((h - center)/width)**2/2))/tau"

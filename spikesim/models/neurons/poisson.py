"""Poisson spike source."""

from ...units import Hz
from ..base import NeuronModel
from ..declaration import parameter


class Poisson(NeuronModel):
    """A source that spikes in a step with probability rate*dt, independently of the past.

    Cox (1962), Renewal Theory. NEST's `poisson_generator`, Brian2's `PoissonGroup`, PyNN's
    `SpikeSourcePoisson`.
    """

    rate = parameter(10 * Hz, "mean rate", bound=">= 0")

    spike = "rand() < rate*dt"

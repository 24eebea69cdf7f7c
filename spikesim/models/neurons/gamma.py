"""Gamma spike source."""

from ...units import Hz
from ..base import NeuronModel
from ..declaration import parameter, state


class Gamma(NeuronModel):
    """A source whose intervals are gamma distributed: every shape-th event of a Poisson process.

    Kuffler, Fitzhugh and Barlow (1957), J. Gen. Physiol. 40:683. NEST's `gamma_sup_generator` with
    one process, PyNN's `SpikeSourceGamma`, for whole shapes; shape = 1 is a Poisson process. Two
    spikes never share a step: the second waits for the next.
    """

    rate = parameter(10 * Hz, "mean rate of spikes", bound=">= 0")
    shape = parameter(2, "number of events a spike: 1/CV^2 of the intervals", bound="> 0")
    events = state(0, "events since the last spike")

    each_step = "events += poisson(shape*rate*dt)"
    spike = "events >= shape"
    reset = "events -= shape"
    require = ("shape == floor(shape)",)

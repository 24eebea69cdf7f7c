"""Regular spikes whatever comes in."""

from ...units import Hz
from ..base import NeuronModel
from ..declaration import parameter, state


class IgnoreAndFire(NeuronModel):
    """Spikes at a fixed rate and phase and ignores its input: NEST's `ignore_and_fire`.

    For studies of speed: the load of a network does not depend on its dynamics. Any synapse may
    end at `ignored`.
    """

    rate = parameter(10 * Hz, "rate of spikes", bound="> 0")
    phase = parameter(1, "time to the first spike, in periods", bound=">= 0")
    wait = state(0, "steps to go to the next spike")
    ignored = state(0, "takes in spikes")

    equations = "period = floor(1/(rate*dt) + 0.5)"
    each_step = "wait = floor(phase*period + 0.5) if t < dt/2 else wait - 1"
    spike = "wait < 1"
    reset = "wait = period"

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

    # Times are rounded up to steps, as there; 1e-6 less for 1/0.001, which may be more than 1000.
    equations = "period = 1/(rate*dt) - 1e-6"
    each_step = "wait = ceil(phase*period) if t < dt/2 else wait - 1"
    spike = "wait < 1"
    reset = "wait = ceil(period)"

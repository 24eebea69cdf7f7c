"""A relay of spikes."""

from ..base import NeuronModel
from ..declaration import state


class Parrot(NeuronModel):
    """Sends a spike on in the step of its arrival, whatever its weight: NEST's `parrot_neuron`.

    Its synapse is Delta, `synapse="arrived"`, with weight 1, in the order "nest". Spikes that
    arrive in one step are sent on as one.
    """

    arrived = state(0, "spikes that arrived in this step")

    spike = "arrived > 0"
    reset = "arrived = 0"

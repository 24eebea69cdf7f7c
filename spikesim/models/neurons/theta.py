"""Theta neuron."""

from ...units import ms
from ..base import NeuronModel
from ..declaration import parameter, port, state


class Theta(NeuronModel):
    """A phase on a circle: every neuron near a saddle-node bifurcation on its limit cycle.

    Ermentrout and Kopell (1986), SIAM J. Appl. Math. 46:233, equation 1.1. It spikes as it passes
    pi. A constant input I > 0 makes it fire at sqrt(I)/(pi tau); below 0 it rests. The variable
    tan(theta/2) is a quadratic integrate-and-fire neuron that spikes at infinity.
    """

    tau = parameter(1 * ms, "unit of time", bound="> 0")
    theta = state(0.0, "phase, from -pi to pi")
    I = port(1, "input: synapses, electrodes")

    equations = "dtheta/dt = (1 - cos(theta) + (1 + cos(theta))*I)/tau"
    spike = "theta >= 3.141592653589793"
    reset = "theta -= 6.283185307179586"

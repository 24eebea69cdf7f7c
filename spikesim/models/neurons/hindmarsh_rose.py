"""Hindmarsh-Rose."""

from ...units import ms
from ..base import NeuronModel
from ..declaration import parameter, port, state


class HindmarshRose(NeuronModel):
    """Bursts from three equations without units.

    Hindmarsh and Rose (1984), Proc. R. Soc. Lond. B 221:87, equations 1.5. One unit of time is tau.
    With more input it rests, bursts, is chaotic (from 2.9 to 3.4), and fires regularly.

    A spike is where x shoots up through x_th: after it the neuron counts none for t_ref.
    """

    a = parameter(1.0, "of the cubic term")
    b = parameter(3.0, "of the quadratic term")
    c = parameter(1.0, "constant drive of the recovery")
    d = parameter(5.0, "of the recovery")
    r = parameter(0.005, "speed of the adaptation", bound=">= 0")
    s = parameter(4.0, "strength of the adaptation")
    x_R = parameter(-1.6, "x of the rest without adaptation")
    tau = parameter(1 * ms, "unit of time", bound="> 0")
    x_th = parameter(1.0, "x above which a spike is counted")
    t_ref = parameter(3 * ms, "shortest time between two counted spikes")
    x = state(-1.60453, "membrane potential")
    y = state(-11.8727, "recovery")
    z = state(-0.01814, "adaptation")
    I = port(1, "input: synapses, electrodes")

    equations = """
    rise = y - a*x**3 + b*x**2 - z + I
    dx/dt = rise/tau
    dy/dt = (c - d*x**2 - y)/tau
    dz/dt = r*(s*(x - x_R) - z)/tau
    """
    spike = "x > x_th and rise > 0.1"
    refractory = "t_ref"

"""FitzHugh-Nagumo."""

from ...units import ms
from ..base import NeuronModel
from ..declaration import parameter, port, state


class FitzHughNagumo(NeuronModel):
    """The Hodgkin-Huxley equations reduced to two variables without units.

    FitzHugh (1961), Biophys. J. 1:445, equations 1 and 2 with his a and b; as an electric circuit:
    Nagumo, Arimoto and Yoshizawa (1962), Proc. IRE 50:2061. Here v is FitzHugh's -x and I his -z,
    so that v rises in a spike, epsilon his 1/c^2, and tau the unit of time (his is c of ours).

    A spike is where v shoots up through v_th: after it the neuron counts none for t_ref.
    """

    a = parameter(0.7, "place of the straight nullcline")
    b = parameter(0.8, "slope of the straight nullcline")
    epsilon = parameter(0.08, "speed of the recovery", bound="> 0")
    tau = parameter(1 * ms, "unit of time", bound="> 0")
    v_th = parameter(1.0, "v above which a spike is counted")
    t_ref = parameter(12 * ms, "shortest time between two counted spikes")
    v = state(-1.19941, "excitation")
    w = state(-0.62426, "recovery")
    I = port(1, "input: synapses, electrodes")

    equations = """
    rise = v - v**3/3 - w + I
    dv/dt = rise/tau
    dw/dt = epsilon*(v + a - b*w)/tau
    """
    spike = "v > v_th and rise > 0.1"
    refractory = "t_ref"

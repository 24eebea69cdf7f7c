"""Perfect integrate-and-fire."""

from ...units import ms, mV, pA, pF
from ..base import NeuronModel
from ..declaration import parameter, port, state


class PerfectIF(NeuronModel):
    """Integrate-and-fire neuron without a leak: the current is summed up to the threshold.

    Gerstein and Mandelbrot (1964), Biophys. J. 4:41. What exceeds the threshold is kept, so that
    the mean rate is I/(C (V_th - V_reset)).
    """

    C = parameter(250 * pF, "membrane capacitance", bound="> 0")
    V_th = parameter(-55 * mV, "spike threshold")
    V_reset = parameter(-70 * mV, "reset potential")
    t_ref = parameter(0 * ms, "refractory period")
    v = state(-70 * mV, "membrane potential")
    I = port(pA, "injected current: synapses, electrodes")

    equations = "dv/dt = I/C  (unless refractory)"
    spike = "v >= V_th"
    reset = "v -= V_th - V_reset"
    refractory = "t_ref"
    require = ("V_reset < V_th",)

"""Izhikevich's simple model with the numerics of the paper."""

from .izhikevich import Izhikevich


class IzhikevichOriginal(Izhikevich):
    """Izhikevich's simple model as in the script of the paper.

    Izhikevich (2003), IEEE Transactions on Neural Networks 14:1569: the potential goes in two half
    steps, recovery in one, from the new potential. NEST's `izhikevich` with
    `consistent_integration=False`; the synapse that belongs to it is PulseCurrent. The paper's step
    is 1 ms.
    """

    equations = "slope = (0.04*v*v/mV + 5*v + 140*mV - u)/ms + I/C"
    each_step = """
    v += dt/2*slope
    v += dt/2*slope
    u += dt*a*(b*v - u)
    """
    method = "auto"

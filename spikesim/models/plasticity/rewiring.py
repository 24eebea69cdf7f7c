"""Structural plasticity."""

from typing import Any


class Rewiring:
    """Weak synapses are removed and as many others grown, so that each target has `budget` of them.

    The connections of the projection are places where axon and dendrite come close (Stepanyants,
    Hof and Chklovskii 2002); of the places of each target, `budget` hold a synapse, chosen at
    random when the run starts. Synapses with a weight below `below` (above it, where weights are
    negative) are removed, and new ones grow
    in empty places, chosen at random, with weight `weight`, as in Butz and van Ooyen (2013) and
    deep rewiring (Bellec et al. 2018). An empty place transmits nothing, and its weight is 0.
    Nothing is done while the projection's `learning` is False. For use at an interval:
    projection.every(1*second, Rewiring(budget=80, below=1*pA, weight=10*pA)). The state `active` of
    the synapses tells which are there.
    """

    def __init__(self, budget: int, below: Any, weight: Any):
        self.budget, self.below, self.weight = budget, below, weight

    def __repr__(self) -> str:
        below, weight = f"{self.below!r:.40}", f"{self.weight!r:.40}"
        return f"Rewiring(budget={self.budget}, below={below}, weight={weight})"

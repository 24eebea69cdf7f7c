"""Synaptic scaling."""

from typing import Any


class Scaling:
    """The weights of each target are multiplied by one factor, so that their sum is `total`.

    Turrigiano et al. (1998); as normalisation: Miller and MacKay (1994). total: a sum in the unit
    of the weight, or an array, one a target neuron of the projection. Weights stay within the
    bounds of the rule; where these are in the way, the sum is another. Nothing is done while the
    projection's `learning` is False. For use at an interval:
    projection.every(100*ms, Scaling(total=50*pA)).
    """

    def __init__(self, total: Any):
        self.total = total

    def __repr__(self) -> str:
        return f"Scaling(total={self.total!r:.40})"

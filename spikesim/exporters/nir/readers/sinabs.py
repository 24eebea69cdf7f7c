"""sinabs: v <- exp(-1/tau) v + input, tau in steps; as many spikes as thresholds are passed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...normal import Layer
from ..reader import Made, Reader, at_rest


class Sinabs(Reader):
    """IF's potential is held above -threshold; r and v_reset are not looked at, nor is Linear."""

    title = "sinabs 3.1.3, from_nir(graph, batch_size=1)"
    verified = "by running it"
    exact = "every spike, in float32, where no potential passes two thresholds in a step"
    resets = "subtract"
    inclusive = True
    loops = ""
    weights = "Affine"
    old = True
    source = "sinabs/nir.py, layers/lif.py, layers/iaf.py, activation/spike_generation.py"

    def make(self, nir: Any, layer: Layer, dt: float) -> Made:
        """IF or LIF."""
        ones = np.ones(layer.size)
        common = {"v_threshold": self.threshold(layer), "v_reset": 0 * ones}
        if (layer.leak == 1).all():
            return Made(nir.IF(r=ones, **common), ones, layer.bias)
        tau = -1 / np.log(layer.leak)
        return Made(nir.LIF(tau=tau, r=ones, v_leak=0 * ones, **common), ones, layer.bias)

    def against(self, layer: Layer) -> Iterable[str]:
        """It has jumps of v alone."""
        if layer.decays.any():
            yield "synaptic currents that decay; Delta"
        if len(np.unique(layer.leak)) > 1:
            yield "leaks that differ within a population; one value, or split it"
        yield from at_rest(layer)

    def lost(self, layer: Layer) -> Iterable[str]:
        """Spikes beyond the first, and what lies below -threshold."""
        yield from super().lost(layer)
        yield "a potential past two thresholds gives two spikes in a step there; smaller weights"
        if (layer.leak == 1).all():
            yield "a potential below minus the threshold is held there; less inhibition"

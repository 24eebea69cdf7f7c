"""Rockpool: u <- p (u + input), v <- q v + u; the step is the least tau_mem/(1 + r)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...normal import Layer
from ..reader import Made, Reader, at_rest


class Rockpool(Reader):
    """CubaLIF alone: its LIF fails. w_in and v_reset are not looked at; v_leak is added to v in
    each step."""

    title = "Rockpool 3.1.0, nn.modules.torch.nir.from_nir(graph)"
    verified = "by running it"
    exact = "every spike, where no potential passes two thresholds in a step: currents, loops"
    resets = "subtract"
    inclusive = True
    loops = "graph"
    source = "rockpool/nn/modules/torch/nir.py, lif_torch.py"

    def make(self, nir: Any, layer: Layer, dt: float) -> Made:
        """CubaLIF."""
        ones, decay = np.ones(layer.size), layer.decays[0]
        tau = -dt / np.log(layer.leak)
        node = nir.CubaLIF(
            tau_mem=tau, tau_syn=-dt / np.log(decay), r=tau / dt - 1, v_leak=layer.bias,
            v_threshold=self.threshold(layer), w_in=ones, v_reset=0 * ones,
        )  # fmt: skip
        return Made(node, 1 / decay)

    def against(self, layer: Layer) -> Iterable[str]:
        """It has currents that decay, and potentials that leak."""
        if not layer.decays.all():
            yield "jumps of v: it fails at LIF and IF; ExpCurrent"
        if (layer.leak >= 1).any():
            yield "a potential that does not leak; a finite tau_m"
        yield from at_rest(layer)

    def lost(self, layer: Layer) -> Iterable[str]:
        """Spikes beyond the first."""
        yield from super().lost(layer)
        yield "a potential past two thresholds gives two spikes in a step there; smaller weights"

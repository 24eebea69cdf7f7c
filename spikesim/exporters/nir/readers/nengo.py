"""Nengo, by the script of the NIR paper: v += (j - v) (1 - exp(-dt/tau)), not below 0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...normal import Layer, Normal
from ..reader import Made, Reader, at_rest, driven, uniform


class Nengo(Reader):
    """r of LIF and IF must be 1; the first neuron's tau is all neurons'. IF is a class of the
    script, CubaLIF nengo.LIF behind a Lowpass. A spike of IF and CubaLIF has height 1."""

    title = "Nengo, nir_to_nengo(graph, dt=...) of the NIR paper"
    verified = "by running that script in Nengo 4.1.0; no package has it, so `verify` can't"
    exact = "every spike of IF; CubaLIF differs: v is held above 0, and a spike's step goes on"
    chain = True
    loops = ""
    source = "neuromorphs/NIR, paper/03_rnn/nir_to_nengo.py"

    def make(self, nir: Any, layer: Layer, dt: float) -> Made:
        """IF or CubaLIF."""
        ones, decay = np.ones(layer.size), layer.decays[0]
        common = {"v_threshold": self.threshold(layer), "v_reset": 0 * ones}
        if not decay.any():
            return Made(nir.IF(r=ones, **common), ones)
        node = nir.CubaLIF(
            tau_mem=-dt / np.log(layer.leak), tau_syn=dt / (1 - decay), r=1 / (1 - layer.leak),
            w_in=1 / (1 - decay), v_leak=0 * ones, **common,
        )  # fmt: skip
        return Made(node, ones)

    def against(self, layer: Layer) -> Iterable[str]:
        """A leak without a current: its LIF's spikes are 1/dt high, those of inputs are not."""
        if not layer.decays.any() and (layer.leak < 1).any():
            yield "jumps of a potential that leaks; ExpCurrent"
        if layer.decays.any() and (layer.leak >= 1).any():
            yield "a potential that does not leak, with currents; a finite tau_m"
        yield from driven(layer)
        yield from uniform(layer)
        yield from at_rest(layer)

    def ahead(self, normal: Normal) -> dict[str, int]:
        """A Lowpass takes the step that a layer of IF does not."""
        depth = self.depths(normal)
        layers = sorted(normal.layers, key=lambda layer: depth[layer.name])
        at = np.cumsum([not layer.decays.any() for layer in layers])
        return {layer.name: int(n) for layer, n in zip(layers, at, strict=True)}

    def lost(self, layer: Layer) -> Iterable[str]:
        """What nengo.LIF adds."""
        if layer.decays.any():
            yield "its LIF holds v at 0 or above, and goes on for the rest of a spike's step"

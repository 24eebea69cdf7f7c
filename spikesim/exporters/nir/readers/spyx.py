"""Spyx: spikes of the potential of the step before, v <- (1 - dt/tau) v + input - spikes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...normal import Layer
from ..reader import NEVER, Made, Reader, at_rest


class Spyx(Reader):
    """A layer takes a step, as here. LIF takes the threshold off after the leak, CubaLIF before: so
    a loop of each neuron on itself mends LIF. r, w_in and v_reset are not looked at."""

    title = "Spyx 1.0.0, nir.from_nir(graph, input, dt=...)"
    verified = "by running it"
    exact = "every spike, in float32: jumps, currents, loops"
    resets = "subtract"
    immediate = False
    chain = True
    loops = "own"
    weights = "Affine"
    source = "spyx/nir.py, nn.py"

    def make(self, nir: Any, layer: Layer, dt: float) -> Made:
        """LIF or CubaLIF."""
        ones, decay = np.ones(layer.size), layer.decays[0]
        tau = dt / np.maximum(1 - layer.leak, 1 / NEVER)
        common = {"v_leak": 0 * ones, "v_threshold": self.threshold(layer), "v_reset": 0 * ones}
        if not decay.any():
            return Made(nir.LIF(tau=tau, r=ones, **common), ones, layer.bias, 1 - layer.leak)
        node = nir.CubaLIF(tau_mem=tau, tau_syn=dt / (1 - decay), r=ones, w_in=ones, **common)
        return Made(node, ones)

    def against(self, layer: Layer) -> Iterable[str]:
        """A bias is an input, which currents would add up."""
        if layer.decays.any() and np.abs(layer.bias).max() > 1e-12:
            yield "a constant current, with synaptic currents; leave it out"
        yield from at_rest(layer)

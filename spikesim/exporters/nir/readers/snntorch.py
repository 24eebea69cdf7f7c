"""snnTorch: v <- (1 - dt/tau) v + input, with a dt of 0.1 ms whatever the network's is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...normal import Layer
from ..reader import NEVER, Made, Reader, at_rest


class SnnTorch(Reader):
    """r must be tau/dt. IF would become Leaky(beta=0.9): a LIF without leak is written for it. A
    loop of one Linear would become RSynaptic with its input behind the loop's weights: so loops
    go through a second Linear, that changes nothing."""

    title = "snnTorch 1.0.0, import_from_nir(graph)"
    verified = "by running it"
    exact = "every spike, in float32: jumps, currents, loops; neurons without leak"
    loops = "twice"
    weights = "Affine"
    step = 1e-4
    source = "snntorch/import_nir.py, _neurons/leaky.py, _neurons/synaptic.py"

    def make(self, nir: Any, layer: Layer, dt: float) -> Made:
        """LIF or CubaLIF, in steps of 0.1 ms."""
        ones, decay = np.ones(layer.size), layer.decays[0]
        tau = dt / np.maximum(1 - layer.leak, 1 / NEVER)
        common = {"v_leak": 0 * ones, "v_threshold": self.threshold(layer), "v_reset": 0 * ones}
        if not decay.any():
            return Made(nir.LIF(tau=tau, r=tau / dt, **common), ones, layer.bias)
        tau_syn = dt / (1 - decay)
        node = nir.CubaLIF(tau_mem=tau, tau_syn=tau_syn, r=tau / dt, w_in=tau_syn / dt, **common)
        return Made(node, ones)

    def against(self, layer: Layer) -> Iterable[str]:
        """A bias is an input, which currents would add up."""
        if layer.decays.any() and np.abs(layer.bias).max() > 1e-12:
            yield "a resting potential other than the reset, with synaptic currents; E_L = V_reset"
        yield from at_rest(layer)

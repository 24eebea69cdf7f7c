"""Norse: forward Euler, v += dt/tau (v_leak - v + i), with the current of the same step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...normal import Layer
from ..reader import Made, Reader


class Norse(Reader):
    """CubaLIF's current decays likewise, towards v_leak as well; r of LIF is not looked at."""

    title = "Norse 1.1.0, from_nir(graph, dt=...)"
    verified = "by running it"
    exact = "every spike, in float32: jumps, currents, loops"
    source = "norse/torch/utils/import_nir.py, functional/lif_box.py, leaky_integrator_box.py"

    def make(self, nir: Any, layer: Layer, dt: float) -> Made:
        """IF, LIF or CubaLIF."""
        ones, leak, decay = np.ones(layer.size), layer.leak, layer.decays[0]
        common = {"v_threshold": self.threshold(layer), "v_reset": 0 * ones}
        if not decay.any():
            if (leak == 1).all():
                return Made(nir.IF(r=ones, **common), ones)
            rest = layer.bias / (1 - leak)
            node = nir.LIF(tau=dt / (1 - leak), r=ones, v_leak=rest, **common)
            return Made(node, 1 / (1 - leak))
        tau, tau_syn = dt / (1 - leak), dt / (1 - decay)
        node = nir.CubaLIF(
            tau_mem=tau, tau_syn=tau_syn, r=tau / dt, v_leak=0 * ones, w_in=tau_syn / dt, **common
        )
        return Made(node, ones)

    def against(self, layer: Layer) -> Iterable[str]:
        """Drives that its leaks can't say."""
        whole = (layer.leak >= 1).all() and not layer.decays.any() and not layer.bias.any()
        if (layer.leak >= 1).any() and not whole:
            yield "a potential that does not leak, with currents or beside ones that do; a tau_m"
        rest = np.divide(layer.bias, 1 - layer.leak, out=np.zeros(layer.size), where=layer.leak < 1)
        if layer.decays.any() and np.abs(layer.bias).max() > 1e-12:
            yield "a resting potential other than the reset, with synaptic currents; E_L = V_reset"
        elif np.abs(layer.v - rest).max() > 1e-9:
            yield "an initial potential other than the resting one; start it at E_L"
        if layer.u.any():
            yield "an initial current; start it from 0"

    def lost(self, layer: Layer) -> Iterable[str]:
        """Nothing: it starts at rest."""
        return ()

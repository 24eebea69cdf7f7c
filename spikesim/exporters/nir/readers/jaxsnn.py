"""jaxsnn: spikes at times between steps, from the solution of the equations; tau in ms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...normal import Layer
from ..reader import Made, Reader, at_rest, driven, uniform


class JaxSnn(Reader):
    """Layers of CubaLIF in a row, of the first neuron's parameters; v' = (v_leak - v + i)/tau_mem,
    where a spike adds its weight to i. r and w_in are not looked at, v_reset is. Linear's weight is
    taken as [source, target], so it is written that way; other readers can't have the file."""

    title = "jaxsnn 0.3.0, event.from_nir(graph, config)"
    verified = "by running it on 5 networks; `verify` can't compare times between steps"
    exact = "no spike, as its times lie between steps; in short steps they come near"
    immediate = False
    chain = True
    loops = ""
    transposed = True
    source = "jaxsnn/event/utils/from_nir.py"

    def make(self, nir: Any, layer: Layer, dt: float) -> Made:
        """CubaLIF, in ms."""
        ones, q, p = np.ones(layer.size), layer.leak, layer.decays[0]
        tau, tau_syn = -dt / np.log(q), -dt / np.log(p)
        near = np.isclose(tau, tau_syn, rtol=1e-9, atol=0)
        apart = np.where(near, 1, 1 / np.where(near, 1, tau) - 1 / np.where(near, 2, tau_syn))
        held = np.where(near, dt * q, (p - q) / apart)  # what a current of 1 adds to tau v
        node = nir.CubaLIF(
            tau_mem=1000 * tau, tau_syn=1000 * tau_syn, r=ones, v_leak=0 * ones, w_in=ones,
            v_threshold=ones, v_reset=0 * ones,
        )  # fmt: skip
        return Made(node, tau / held)

    def against(self, layer: Layer) -> Iterable[str]:
        """It has currents that decay, and no bias."""
        if not layer.decays.all():
            yield "jumps of v: it has CubaLIF alone; ExpCurrent"
        if (layer.leak >= 1).any():
            yield "a potential that does not leak; a finite tau_m"
        yield from driven(layer)
        yield from uniform(layer)
        yield from at_rest(layer)

    def lost(self, layer: Layer) -> Iterable[str]:
        """The grid of time."""
        yield "spikes come up to a step sooner, and differences spread; a shorter step"

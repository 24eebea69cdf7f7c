"""Readers of NIR, and how each of them computes: what it makes of a node's numbers.

A profile turns one step of a layer in normal form,

    u <- p u + arrivals;  v <- q v + u + beta;  spike where v > 1,

into the parameters with which the reader computes that very step. Facts are those of the reader's
own code; `make peer-chips` runs what it reads here step for step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..normal import Layer

# (nir, layer, dt in s) -> (node, gain [size]: what a weight of the normal form is multiplied by)
Make = Callable[[Any, Layer, float], tuple[Any, np.ndarray]]


@dataclass(frozen=True)
class Profile:
    """A reader. resets: "value" or "subtract", what it does at a spike, whatever the file says.

    layered: a spike reaches the next layer in its own step, and its own layer in the next: so time
    runs ahead by one step a layer. old: it comes with nir 1.0.4. source: of these facts.
    """

    title: str
    make: Make
    against: Callable[[Layer], Iterable[str]]
    resets: str
    layered: bool
    old: bool
    affine: bool
    exact: str
    source: str


def _norse(nir: Any, layer: Layer, dt: float) -> tuple[Any, np.ndarray]:
    """Forward Euler: v += dt/tau (v_leak - v + i), with the current of the same step; CubaLIF's
    current decays likewise, towards v_leak as well."""
    ones, leak, decay = np.ones(layer.size), layer.leak, layer.decays[0]
    if not decay.any():
        tau = dt / (1 - leak)
        node = nir.LIF(
            tau=tau, r=ones, v_leak=layer.bias / (1 - leak), v_threshold=ones, v_reset=0 * ones
        )
        return node, 1 / (1 - leak)
    tau, tau_syn = dt / (1 - leak), dt / (1 - decay)
    node = nir.CubaLIF(
        tau_mem=tau, tau_syn=tau_syn, r=tau / dt, v_leak=0 * ones, v_threshold=ones,
        v_reset=0 * ones, w_in=tau_syn / dt,
    )  # fmt: skip
    return node, ones


def _against_norse(layer: Layer) -> Iterable[str]:
    if (layer.leak >= 1).any():
        yield "a potential that does not leak"
    rest = np.divide(layer.bias, 1 - layer.leak, out=np.zeros(layer.size), where=layer.leak < 1)
    if layer.decays.any() and np.abs(layer.bias).max() > 1e-12:
        yield "a resting potential other than the reset, with synaptic currents"
    elif np.abs(layer.v - rest).max() > 1e-9:
        yield "an initial potential other than the resting one"


def _sinabs(nir: Any, layer: Layer, dt: float) -> tuple[Any, np.ndarray]:
    """v <- exp(-1/tau) v + input, tau in steps; as many spikes as thresholds are passed."""
    ones = np.ones(layer.size)
    if (layer.leak == 1).all():
        return nir.IF(r=ones, v_threshold=ones, v_reset=0 * ones), ones
    node = nir.LIF(
        tau=-1 / np.log(layer.leak), r=ones, v_leak=0 * ones, v_threshold=ones, v_reset=0 * ones
    )
    return node, ones


def _against_sinabs(layer: Layer) -> Iterable[str]:
    if np.abs(layer.bias).max() > 1e-12:
        yield "a constant current, or a resting potential that v is not measured from"
    if layer.decays.any():
        yield "synaptic currents that decay"
    if len(np.unique(layer.leak)) > 1:
        yield "leaks that differ within a population"
    if np.abs(layer.v).max() > 1e-12:
        yield "an initial potential other than the resting one"


PROFILES = {
    "norse": Profile(
        "Norse 1.1.0, from_nir(graph, dt=...)", _norse, _against_norse, "value", True, False, False,
        "spike for spike, in float32",
        "norse/torch/utils/import_nir.py, functional/lif_box.py, leaky_integrator_box.py",
    ),
    "sinabs": Profile(
        "sinabs 3.1.3, from_nir(graph, batch_size=1)", _sinabs, _against_sinabs, "subtract", True,
        True, True,
        "spike for spike, in float32, where no potential passes two thresholds in a step",
        "sinabs/nir.py, layers/lif.py, layers/iaf.py",
    ),
}  # fmt: skip

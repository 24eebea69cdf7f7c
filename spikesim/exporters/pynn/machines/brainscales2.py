"""BrainScaleS-2 by way of pynn-brainscales: analogue neurons, a thousand times faster.

Facts are those of its code (fd4f926, 2026). Potentials are in units of its converters; the script
puts rest or reset at _LOW and the threshold at _HIGH. Time constants in us are ours in ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from ...target import Finding, Limit
from ..machine import Machine
from ..network import Population, Projection, PyNetwork

_CELLS = "pynn-brainscales, standardmodels/cells.py"
_PROJECTIONS = "pynn-brainscales, projections.py"
_RECALL = "the chip's papers, from memory"
_LOW, _HIGH = 75.0, 125.0
_NAMES = {"IF_curr_exp": "CalibHXNeuronCuba", "IF_cond_exp": "CalibHXNeuronCoba"}
_LARGEST = 63
_SCALE = "on its scale, where the threshold is 125 and the lower of rest and reset 75"
# Least and largest of each parameter, in the units of the script.
_RANGES = {
    "v_rest": (50, 160), "v_reset": (50, 160), "v_thresh": (50, 220), "tau_m": (0.5, 60),
    "tau_syn_E": (0.3, 30), "tau_syn_I": (0.3, 30), "tau_refrac": (0.04, 32),
    "e_rev_E": (60, 160), "e_rev_I": (60, 160),
}  # fmt: skip
_OURS = {
    "v_rest": "E_L", "v_reset": "V_reset", "v_thresh": "V_th", "tau_m": "tau_m",
    "tau_syn_E": "tau of excitatory synapses", "tau_syn_I": "tau of inhibitory synapses",
    "tau_refrac": "t_ref", "e_rev_E": "E of excitatory synapses",
    "e_rev_I": "E of inhibitory synapses",
}  # fmt: skip


class BrainScaleS2(Machine):
    """BrainScaleS-2, one chip."""

    title = "BrainScaleS-2 (pynn-brainscales)"
    verified = "by nobody: its software can't be had, and its neurons are analogue"
    modules: ClassVar[Mapping[str, str]] = {"brainscales2": "pynn_brainscales.brainscales2"}
    cells, synapses, speed = ".cells", ".synapses", 1000
    celltypes = tuple(_NAMES)
    source = _CELLS
    integrates = "analogue circuits"
    limits: ClassVar[Mapping[str, Limit]] = {
        "neurons": Limit(512, "neurons of a chip", _RECALL, "guess"),
        "inputs": Limit(256, "synapses of a neuron", _RECALL, "guess"),
    }

    def check(self, net: PyNetwork) -> Iterable[Finding]:
        yield from super().check(net)
        neurons = sum(one.size for one in net.populations)
        yield self.at_most("neurons", "network", neurons, "fewer neurons, or join circuits by hand")
        for one in net.populations:
            mine = [p for p in net.projections if p.target == one.name]
            post = np.concatenate([np.zeros(0, np.int64), *(p.post for p in mine)])
            inputs = int(np.bincount(post).max(initial=0))
            yield self.at_most("inputs", one.name, inputs, "fewer synapses a neuron")
            if one.celltype in self.celltypes:
                yield from self._ranges(one)
                yield from self._weights(one, mine)

    def check_delays(self, net: PyNetwork) -> Iterable[Finding]:
        for p in net.projections:
            longest = int(p.delay.max(initial=0))
            yield Finding(
                "delay", p.name, "breaks" if longest > 1 else "warns" if longest else "fits",
                f"delays of up to {longest} steps; the chip has none to set, some us of its own",
                f"delay={net.dt:g}*ms, or none" if longest > 1 else "",
                float(longest), 1.0, _PROJECTIONS, "vendor code",
            )  # fmt: skip

    def _ranges(self, one: Population) -> Iterable[Finding]:
        values = _parameters(one)
        for word, value in values.items():
            low, high = _RANGES[word]
            fits = bool((value >= low).all() and (value <= high).all())
            least, most = _in_our_units(one, word)
            unit = _SCALE if _is_potential(word) else "us there, ms here"
            yield Finding(
                word, one.name, "fits" if fits else "breaks",
                f"{value.min():.4g} to {value.max():.4g}; it has {low:g} to {high:g}, {unit}",
                "" if fits else f"{_OURS[word]} from {least:.4g} to {most:.4g} "
                f"{'mV' if _is_potential(word) else 'ms'}", source=_CELLS, confidence="vendor code",
            )  # fmt: skip
        yield Finding(
            "start", one.name, "warns", "potentials start where the chip has them, at rest", "",
            source=_CELLS, confidence="vendor code",
        )  # fmt: skip

    def _weights(self, one: Population, mine: list[Projection]) -> Iterable[Finding]:
        if not mine:
            return
        real = np.concatenate([p.weight for p in mine]) * _scale(mine)
        rounded = np.rint(real)
        lost = int(((rounded == 0) & (real != 0)).sum())
        error = float(np.sqrt(np.mean((rounded - real) ** 2)))
        yield Finding(
            "weights", one.name, "warns",
            f"whole numbers up to {_LARGEST}: {lost} of {len(real)} become 0, the error is "
            f"{error:.2g} of {_LARGEST} in the mean; how strong a weight is has to be calibrated; "
            f"the largest is {np.abs(rounded).max():g} of {_LARGEST}",
            "set i_synin_gm_E and i_synin_gm_I by a measurement", float(np.abs(rounded).max()),
            float(_LARGEST), _PROJECTIONS, "vendor code",
        )  # fmt: skip

    def adapted(self, net: PyNetwork) -> PyNetwork:
        populations = tuple(
            replace(one, celltype=_NAMES[one.celltype], parameters=_parameters(one), start={})
            for one in net.populations
        )
        scales = {one.name: _scale([p for p in net.projections if p.target == one.name])
                  for one in net.populations}  # fmt: skip
        projections = tuple(
            replace(p, weight=np.rint(p.weight * scales[p.target]), delay=np.zeros_like(p.delay))
            for p in net.projections
        )
        return replace(net, populations=populations, projections=projections)

    def starting(self, one: Population, values: Mapping[str, str]) -> Iterator[str]:
        return iter(())


def _scale(mine: list[Projection]) -> float:
    """What makes the largest weight of a population the largest there is."""
    largest = max((float(np.abs(p.weight).max()) for p in mine), default=0.0)
    return _LARGEST / largest if largest else 1.0


def _parameters(one: Population) -> dict[str, np.ndarray]:
    """The parameters of a leaky cell in the chip's units."""
    p = one.parameters
    low, scale = _place(one)
    return {
        word: _LOW + (p[word] - low) * scale if _is_potential(word) else p[word]
        for word in _RANGES if word in p
    }  # fmt: skip


def _in_our_units(one: Population, word: str) -> tuple[float, float]:
    """What all neurons of a population may have of a parameter, in mV or ms."""
    least, most = _RANGES[word]
    if not _is_potential(word):
        return least, most
    low, scale = _place(one)
    return (
        float(np.max(low + (least - _LOW) / scale)),
        float(np.min(low + (most - _LOW) / scale)),
    )


def _place(one: Population) -> tuple[np.ndarray, np.ndarray]:
    """The potential that is at _LOW, in mV, and the chip's units for one mV; [size] each."""
    p = one.parameters
    low = np.minimum(p["v_rest"], p["v_reset"])
    return low, (_HIGH - _LOW) / (p["v_thresh"] - low)


def _is_potential(word: str) -> bool:
    return word.startswith(("v_", "e_"))

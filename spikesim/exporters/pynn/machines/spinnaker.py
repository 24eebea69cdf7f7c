"""SpiNNaker (the first) by way of sPyNNaker 7.4.1; facts are those of its code.

ring buffer    weights are unsigned, 16 bits, in units of 2^(r - 15) nA; r, a whole number of 0 or
               more for each receptor of a population, is such that 2^r is above what a neuron is
               expected to get in a step: between its largest weight and the sum of all of them
delays         slots of the ring: 2^(14 - bits of neurons - bits of receptors); what is longer
               goes through cores that delay
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import numpy as np

from ...target import Finding, Limit
from ..machine import spread
from ..network import Projection, PyNetwork
from .pynn import PyNN

_VERTEX = "sPyNNaker 7.4.1, models/neuron/population_vertex.py"
_CONSTANTS = "sPyNNaker 7.4.1, utilities/constants.py"
_LIMITS = {
    "neurons a core": Limit(256, "neurons a core", _CONSTANTS, "vendor code"),
    "row": Limit(256, "synapses of a neuron on one core", _CONSTANTS, "vendor code"),
    "cores": Limit(
        808, "cores, at least, of a board of 48 chips", "sPyNNaker's virtual board", "vendor code"
    ),
    "numbers": Limit(2**16, "largest number in s16.15", _VERTEX, "vendor code"),
}
_RING_BITS = 14
_CONDUCTANCE = 1024  # weights of conductances are scaled by this


class Spinnaker(PyNN):
    """SpiNNaker, the first generation."""

    title = "SpiNNaker (sPyNNaker 7.4.1)"
    verified = (
        "mapped, placed and routed by sPyNNaker 7.4.1 on a virtual board, which computes nothing; "
        "the same script's spikes by NEST; not run on a machine"
    )
    peer = "spynnaker"
    modules: ClassVar[Mapping[str, str]] = {
        "spiNNaker": "pyNN.spiNNaker", "nest": "pyNN.nest", "brian2": "pyNN.brian2",
    }  # fmt: skip
    celltypes: ClassVar[tuple[str, ...]] = (
        "IF_curr_exp",
        "IF_curr_alpha",
        "IF_curr_delta",
        "IF_cond_exp",
    )
    source = "sPyNNaker 7.4.1, pyNN/__init__.py and models/neuron/builds"
    limits = _LIMITS
    integrates = "closed forms in fixed point"

    def check(self, net: PyNetwork) -> Iterable[Finding]:
        yield from super().check(net)
        yield self._step(net)
        cores = 0
        most = int(self.limits["neurons a core"].value)
        for name, size in net.sources.items():
            cores += -(-size // most)
            yield Finding("neurons a core", name, "fits", f"{-(-size // most)} cores")
        for one in net.populations:
            # Below 1 ms a step, synapses have cores of their own, one or more.
            split = net.dt < 1 and any(p.target == one.name for p in net.projections)
            cores += -(-one.size // most) * (2 if split else 1)
            yield self.at_most("neurons a core", one.name, min(one.size, most), "")
            low, high = spread(one.parameters.values())
            worst = max(-low, high)
            yield self.at_most("numbers", one.name, worst, "parameters nearer to 1")
        yield self.at_most(
            "cores", "network", cores, "a machine of more boards: n_boards_required", "warns"
        )
        sizes = dict(net.sources) | {one.name: one.size for one in net.populations}
        for p in net.projections:
            yield self._row(p, sizes, most)
            yield self._longest(p, net, most)
        for one in net.populations:
            for receptor in ("excitatory", "inhibitory"):
                mine = [p for p in net.projections
                        if p.target == one.name and p.receptor == receptor]  # fmt: skip
                if mine:
                    yield self._weights(one.name, one.size, one.conductances, mine)

    def _step(self, net: PyNetwork) -> Finding:
        usual = np.isclose([0.1, 1.0], net.dt).any()
        slow = net.dt < 1
        detail = f"{net.dt:g} ms"
        detail += ": many neurons or spikes a core take longer than real time" if slow else ""
        return Finding(
            "step", "network", "warns" if slow or not usual else "fits", detail,
            "dt=1*ms; or sim.setup(time_scale_factor=10), fewer neurons a core" if slow
            else "" if usual else "0.1 or 1 ms, which others use",
            source="sPyNNaker 7.4.1, spynnaker_data_writer.py; time_scale_factor is 1 up to 10 ms",
            confidence="vendor code",
        )  # fmt: skip

    def _row(self, p: Projection, sizes: Mapping[str, int], most: int) -> Finding:
        """Synapses of one source neuron on the neurons of one core."""
        slices = -(-sizes[p.target] // most)
        key = p.pre.astype(np.int64) * slices + p.post // most
        return self.at_most(
            "row", p.name, int(np.bincount(key).max(initial=0)),
            "fewer synapses between the same two neurons",
        )  # fmt: skip

    def _longest(self, p: Projection, net: PyNetwork, most: int) -> Finding:
        size = next(one.size for one in net.populations if one.name == p.target)
        bits = max(int(np.ceil(np.log2(min(size, most)))), 0) + 1
        slots = 2 ** (_RING_BITS - bits)
        longest = int(p.delay.max(initial=0))
        fits = longest <= slots
        return Finding(
            "delay", p.name, "fits" if fits else "warns",
            f"the longest is {longest} steps of {slots} that a core of its target holds",
            "" if fits else "cores that only delay are added: shorter delays, or a longer dt",
            float(longest), float(slots), _VERTEX, "vendor code",
        )  # fmt: skip

    def _weights(self, name: str, size: int, scaled: bool, mine: list[Projection]) -> Finding:
        """The unit that weights are rounded to, at best and at worst."""
        weight = np.abs(np.concatenate([p.weight for p in mine]))
        weight = weight * (_CONDUCTANCE if scaled else 1)
        post = np.concatenate([p.post for p in mine])
        total = float(np.bincount(post, weight, size).max())
        fine, coarse = (2.0 ** (ring_shift(w) - 15) for w in (weight.max(), total))
        lost = int((np.rint(weight / coarse) == 0).sum() - (weight == 0).sum())
        smallest = weight[weight > 0].min(initial=np.inf)
        error = coarse / 2 / smallest if np.isfinite(smallest) else 0.0
        unit = "uS" if scaled else "nA (mV of jumps)"
        scale = _CONDUCTANCE if scaled else 1
        return Finding(
            "weights", f"{name}, {mine[0].receptor}", "warns" if lost or error > 0.05 else "fits",
            f"whole numbers of {fine / scale:.3g} to {coarse / scale:.3g} {unit}, by how much is "
            f"expected to arrive in a step; at the coarsest, up to {lost} of {len(weight)} become "
            f"0 and the smallest is wrong by up to {100 * min(error, 1):.3g}%; the largest is "
            f"{np.rint(weight.max() / fine):g} of {2**16}, of the finest",
            "weights that differ less; sums above the expected are cut off"
            if lost or error > 0.05 else "",
            float(np.rint(weight.max() / fine)), 2.0**16, _VERTEX, "vendor code",
        )  # fmt: skip


def ring_shift(weight: float) -> int:
    """r: the least whole number, 0 or more, with 2^r above a weight."""
    r = max(int(np.ceil(np.log2(weight))), 0) if weight > 0 else 0
    return r + 1 if 2.0**r <= weight else r

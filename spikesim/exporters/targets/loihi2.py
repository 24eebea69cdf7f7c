"""Intel Loihi 2 by way of Lava: current-based leaky integrate-and-fire neurons in fixed point.

The rule is that of lava-nc 0.10.0, `PyLifModelBitAcc` with `PyDenseModelBitAcc`; `make peer-chips`
runs both, state for state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..artefact import write_scripts
from ..chip import Arrivals, Chip, ChipLayer, ChipSynapses, State, Trace, operations
from ..energy import Cost
from ..normal import Layer, Normal, Synapses, used
from ..target import Finding, Limit, Target, obstacle

_LIF = "lava-nc 0.10.0, proc/lif/models.py"
_DENSE = "lava-nc 0.10.0, proc/dense/models.py"
_LOIHI_1 = "Davies et al. 2018, IEEE Micro 38(1), Table 2: Loihi 1, simulated before silicon"
_STATIC = "Frady et al. 2020, arXiv:2004.12691, Table 1: Loihi 1, 3.34 W of 32 chips"
_RECALL = "Intel's product brief of Loihi 2, from memory; Lava does not expose it"
_UNITY, _SHIFT, _MOST = 4096, 6, 2**23
_MANTISSA = 254
_FINE = 1024  # thresholds from here on are no coarse ones
# Of the numbers, for all hardware that has them.
RULES = {
    "kinds of synapse": Limit(1, "synaptic time constants a neuron", _LIF, "vendor code"),
    "leaks": Limit(1, "leaks of one population", _LIF, "vendor code"),
    "decays": Limit(1, "decays of synapses of one population", _LIF, "vendor code"),
    "refractory": Limit(0, "refractory steps", _LIF, "vendor code"),
    "delay": Limit(63, "steps of delay beyond the first", _DENSE, "vendor code"),
    "threshold": Limit(131071, "threshold mantissa, 17 bits", _LIF, "vendor code"),
    "bias": Limit(4095 << 7, "bias, 13 bits and an exponent", _LIF, "vendor code"),
    "start": Limit(_MOST - 1, "largest initial state, 24 bits", _LIF, "vendor code"),
    "current": Limit(_MOST, "largest current that can add up, 24 bits", _LIF, "vendor code"),
}


class Loihi2(Target):
    """Loihi 2, as Lava's fixed-point models have it."""

    title = "Intel Loihi 2 (Lava fixed point)"
    verified = "bit for bit with lava-nc 0.10.0 fixed point, an emulator; not run on a chip"
    peer = "lava"
    limits: ClassVar[Mapping[str, Limit]] = {
        **RULES,
        "neurons a core": Limit(8192, "neurons a core", _RECALL, "guess"),
        "cores": Limit(128, "cores", _RECALL, "guess"),
        "synapse memory": Limit(192 * 1024 * 128, "bytes of memory of a chip", _RECALL, "guess"),
    }  # fmt: skip
    # Those of Loihi 2 are not published.
    costs: ClassVar[Mapping[str, Cost]] = {
        "synaptic operation": Cost(23.6e-12, 3.5e-9, _LOIHI_1, "guess"),
        "neuron update": Cost(81e-12, 8.4e-9, f"{_LOIHI_1}; active neurons", "guess"),
        "spike": Cost(1.7e-12, 2.1e-9, f"{_LOIHI_1}; within a tile", "guess"),
        "step": Cost(None, 465e-9, f"{_LOIHI_1}; the barrier of a whole chip", "guess"),
        "second": Cost(0.104, None, _STATIC, "guess"),
    }
    exponents: ClassVar[tuple[int, ...]] = tuple(range(7, -9, -1))  # of weights
    causes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "decay": ("du", "dv"), "threshold": ("vth",), "bias": ("bias",),
    }  # fmt: skip

    def check(self, normal: Normal) -> Iterable[Finding]:
        yield from (obstacle("model", o, "breaks") for o in normal.obstacles)
        yield from (obstacle("order", o, "warns") for o in normal.notes)
        normal = used(normal)
        for layer in normal.layers:
            yield from self._check_layer(layer)
        for s in normal.synapses:
            longest = int(s.latency.max(initial=1)) - 1
            yield self.at_most(
                "delay", s.name, longest, f"delays of at most {64 * normal.dt:g} ms, or a longer dt"
            )
            if len(s) and s.latency.min() < 1:
                yield Finding(
                    "delay", s.name, "breaks", "a spike acts in the step in which it is found",
                    "delays of one step or more",
                )  # fmt: skip
        yield from self.check_chip(normal)
        if not any(self._breaks(layer) for layer in normal.layers):
            for layer in normal.layers:
                yield from self._check_scale(layer, normal)

    def check_chip(self, normal: Normal) -> Iterable[Finding]:
        """What is the chip's and not the rule's: cores and memory."""
        most = int(self.limits["neurons a core"].value)
        cores = sum(-(-layer.size // most) for layer in normal.layers)
        yield self.at_most("cores", "network", cores, "fewer or smaller populations")
        memory = sum(len(s) * (1 if s.latency.max(initial=1) == 1 else 2) for s in normal.synapses)
        yield self.at_most("synapse memory", "network", memory, "fewer synapses: prune, or split")

    def _check_layer(self, layer: Layer) -> Iterable[Finding]:
        yield self.at_most(
            "kinds of synapse", layer.name, len(layer.decays), "give all its synapses one tau"
        )
        split = "one value for the population, or split it"
        yield self.at_most("leaks", layer.name, len(np.unique(_dv(layer.leak))), split)
        decays = max((len(np.unique(_du(p))) for p in layer.decays), default=1)
        yield self.at_most("decays", layer.name, decays, split)
        yield self.at_most("refractory", layer.name, int(layer.held.max()), "t_ref=0*ms")
        if layer.drop is not None:
            yield Finding(
                "reset", layer.name, "breaks", "a spike takes a fixed amount off the potential",
                "reset it to a value, as in 'v = V_reset'", source=_LIF, confidence="vendor code",
            )  # fmt: skip
        for rule, p, kept in (
            ("leak", layer.leak, 1 - _dv(layer.leak) / _UNITY),
            *(("decay", p, (_UNITY - 1 - _du(p)) / _UNITY) for p in layer.decays),
        ):
            with np.errstate(divide="ignore", invalid="ignore"):
                tau = np.nan_to_num(np.abs(np.log(p) / np.log(kept) - 1), nan=0.0, posinf=1.0)
            if tau.max() > 0.02:
                yield Finding(
                    rule, layer.name, "warns",
                    f"rounding to 12 bits changes a time constant by {100 * tau.max():.3g}%",
                    "a longer dt", source=_LIF, confidence="vendor code",
                )  # fmt: skip

    def _breaks(self, layer: Layer) -> bool:
        return any(f.verdict == "breaks" for f in self._check_layer(layer))

    def _check_scale(self, layer: Layer, normal: Normal) -> Iterable[Finding]:
        mine = [s for s in normal.synapses if s.target == layer.name]
        vth = scale_of(layer, mine, self.exponents)
        nearer = "a threshold, weights and constant currents that are nearer to one another"
        if not vth:
            yield Finding(
                "threshold", layer.name, "breaks",
                "weights or constant currents are too large, or too small, beside the threshold",
                nearer, source=_LIF, confidence="vendor code",
            )  # fmt: skip
            return
        yield self.at_most("threshold", layer.name, vth, nearer)
        scale = 64.0 * vth
        bias, worst = float(np.abs(layer.bias * scale).max()), _worst(layer, mine) * scale
        yield self.at_most("bias", layer.name, bias, "a smaller constant current")
        start = max(float(np.abs(x).max(initial=0)) for x in (layer.v, layer.u)) * scale
        yield self.at_most("start", layer.name, start, "initial values nearer to the threshold")
        wraps = "it may wrap around: smaller weights, or fewer synapses"
        yield self.at_most("current", layer.name, worst, wraps, "warns")
        for s in mine:
            weight, exponent = _exponent(summed(s).weight * vth, self.exponents)
            rounded = _round_weights(weight)
            lost = int(((rounded == 0) & (weight != 0)).sum())
            used_ = np.abs(rounded).max(initial=0)
            yield Finding(
                "weights", s.name, "warns" if lost else "fits",
                f"{lost} of {len(weight)} become 0; the largest is {used_} of 255 times "
                f"2^{exponent}",
                "weights that differ less, or prune the small ones" if lost else "",
                float(used_), 255.0, _DENSE, "vendor code",
            )  # fmt: skip

    def scale(self, normal: Normal) -> Chip:
        normal = used(normal)
        layers, synapses = [], []
        for layer in normal.layers:
            mine = [s for s in normal.synapses if s.target == layer.name]
            vth = scale_of(layer, mine, self.exponents)
            scale = 64.0 * vth
            decay = layer.decays[0]
            layers.append(
                ChipLayer(
                    layer.name, layer.size, 1,
                    {
                        "du": float(_UNITY - 1 - _UNITY * decay[0]),
                        "dv": float(_UNITY * (1 - layer.leak[0])),
                        "vth": float(np.nextafter(vth, 0) if _meets(layer) else vth),
                        "bias": layer.bias * scale,
                    },
                    {"u": layer.u[0] * scale, "v": layer.v * scale},
                )
            )  # fmt: skip
            for s in mine:
                one = summed(s)
                weight, exponent = _exponent(one.weight * vth, self.exponents)
                synapses.append(
                    ChipSynapses(
                        s.name, s.source, s.target, 0, one.pre, one.post, weight, one.latency,
                        exponent,
                    )
                )  # fmt: skip
        return Chip("loihi2", normal.dt, normal.sources, tuple(layers), tuple(synapses), False)

    def round(self, real: Chip) -> Chip:
        layers = []
        for one in real.layers:
            p = one.parameters
            mantissa, exponent = _bias(p["bias"])
            top = _MOST - 1
            layers.append(
                replace(
                    one,
                    parameters={
                        "du": int(np.clip(np.rint(p["du"]), 0, 4095)),
                        "dv": int(np.clip(np.rint(p["dv"]), 0, 4095)),
                        "vth": int(np.clip(np.floor(p["vth"]), 0, 131071)),
                        "bias": mantissa << exponent,
                        "bias_mant": mantissa, "bias_exp": exponent,
                    },
                    start={x: np.clip(np.rint(v), -top, top).astype(np.int64)
                           for x, v in one.start.items()},
                )
            )  # fmt: skip
        synapses = [replace(s, weight=_round_weights(s.weight)) for s in real.synapses]
        return replace(real, layers=tuple(layers), synapses=tuple(synapses), integer=True)

    def advance(
        self, layer: ChipLayer, state: State, arriving: Arrivals, integer: bool
    ) -> np.ndarray:
        p, xp = layer.parameters, operations(state["u"])
        if not integer:
            u = state["u"] * ((_UNITY - 1 - p["du"]) / _UNITY) + 64.0 * arriving[0]
            v = state["v"] * ((_UNITY - p["dv"]) / _UNITY) + u + p["bias"]
        else:
            u = _decayed(state["u"], _UNITY - 1 - p["du"])
            u = (u + (arriving[0] << _SHIFT)).astype(xp.int32).astype(xp.int64)
            # One turn around, of what is 24 bits on the chip and 32 in Lava.
            once = xp.where(u > _MOST, u - 2 * _MOST, u)
            u = xp.where(once <= -_MOST, u + 2 * _MOST, once)
            v = _decayed(state["v"], _UNITY - p["dv"]) + u + p["bias"]
            v = xp.clip(v.astype(xp.int32).astype(xp.int64), 1 - _MOST, _MOST - 1)
        spikes = v > p["vth"] * 64
        state["u"], state["v"] = u, xp.where(spikes, 0, v)
        counts: np.ndarray = spikes.astype(xp.int64)
        return counts

    def write(self, chip: Chip, trace: Trace, folder: Path) -> None:
        write_scripts(folder, "run_lava.py")


def _decayed(x: np.ndarray, kept: Any) -> np.ndarray:
    """x * kept / 4096, towards zero."""
    product = x * int(kept)
    xp = operations(product)
    towards: np.ndarray = xp.sign(product) * (xp.abs(product) >> 12)
    return towards


def _du(decay: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(_UNITY - 1 - _UNITY * decay), 0, 4095)


def _dv(leak: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(_UNITY * (1 - leak)), 0, 4095)


def _meets(layer: Layer) -> bool:
    """Do sums of weights meet the threshold, where a spike is due? The chip wants more than that: a
    threshold one lower, which is the same for potentials that are whole numbers of it."""
    return layer.inclusive and bool((layer.leak == 1).all()) and not layer.decays.any()


def scale_of(layer: Layer, mine: list[Synapses], exponents: tuple[int, ...]) -> int:
    """The threshold mantissa, by which everything is scaled; 0 where there is none.

    The largest at which no current can wrap around, with the largest weight at the end of its 8
    bits; where that would be coarse, the one whose weights need the least of an exponent.
    """
    largest = max((float(np.abs(summed(s).weight).max(initial=0)) for s in mine), default=0.0)
    beta, worst = 64 * float(np.abs(layer.bias).max()), 64 * _worst(layer, mine)
    most = min(131071, (4095 << 7) / beta) if beta else 131071
    if not largest:
        return int(min(most, 8191))
    found = [(e, int(_MANTISSA * 2.0**e / largest)) for e in exponents]
    found = [(e, vth) for e, vth in found if 1 <= vth <= most]
    safe = [vth for _, vth in found if vth * worst < _MOST]
    if safe and safe[0] >= _FINE:
        return safe[0]
    fine = [(abs(e), vth) for e, vth in found if vth >= _FINE]
    return min(fine)[1] if fine else max((vth for _, vth in found), default=0)


def _worst(layer: Layer, mine: list[Synapses]) -> float:
    """The largest u there can be: all sources of a neuron spike in every step."""
    up, down = np.zeros(layer.size), np.zeros(layer.size)
    for s in mine:
        up += np.bincount(s.post, np.maximum(s.weight, 0), layer.size)
        down += np.bincount(s.post, np.maximum(-s.weight, 0), layer.size)
    kept = np.minimum(layer.decays[0], 4095 / 4096)
    return float((np.maximum(up, down) / (1 - kept)).max())


def _exponent(weight: np.ndarray, exponents: tuple[int, ...]) -> tuple[np.ndarray, int]:
    """Weights as mantissa * 2^exponent, the mantissa as large as 8 bits allow."""
    largest = float(np.abs(weight).max(initial=0))
    if not largest:
        return weight, 0
    for exponent in sorted(exponents):
        if largest * 2.0**-exponent <= _MANTISSA + 0.5:
            break
    return weight * 2.0**-exponent, exponent


def _round_weights(weight: np.ndarray) -> np.ndarray:
    """The 8 bits of a matrix: even numbers where signs are mixed, else one sign for all."""
    if (weight > 0).any() and (weight < 0).any():
        return np.clip(2 * np.rint(weight / 2), -256, 254).astype(np.int64)
    return np.clip(np.rint(weight), -255, 255).astype(np.int64)


def _bias(bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mantissa, 13 bits, and exponent, 3 bits, of a bias."""
    bias = np.atleast_1d(bias)
    exponent = np.zeros(bias.shape, np.int64)
    for _ in range(7):
        exponent += np.abs(np.rint(bias / 2.0**exponent)) > 4095
    mantissa = np.clip(np.rint(bias / 2.0**exponent), -4096, 4095).astype(np.int64)
    return mantissa, exponent


def summed(s: Synapses) -> Synapses:
    """Synapses of the same pair and latency as one."""
    key = np.stack([s.pre, s.post, s.latency], axis=1)
    distinct, back = np.unique(key, axis=0, return_inverse=True)
    if len(distinct) == len(s):
        return s
    weight = np.bincount(np.ravel(back), s.weight, len(distinct))
    pre, post, latency = distinct.T
    return replace(s, pre=pre, post=post, latency=latency, weight=weight)

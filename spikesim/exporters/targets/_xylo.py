"""SynSense Xylo: leaky integrate-and-fire neurons in 16 bits, whose decays are shifts.

    isyn <- sat(isyn + weight * 2^shift), spike by spike;  isyn <- isyn - dec(isyn, dash_syn)
    vmem <- sat(vmem + sat(sat(-dec(vmem, dash_mem) + isyn + isyn2) + bias))
    as long as vmem >= threshold, and there are spikes left: a spike, vmem <- vmem - threshold
    dec(x, dash) = x >> dash, but a step towards 0 where that is 0

The rule is that of xylosim 0.1.3, v2 (XyloIAFNeuron.cpp, XyloLayer.cpp), which Rockpool runs for
all three chips; `make peer-chips` runs both, state for state. Arrivals come before the decay, so a
weight is larger than that of the normal form by 1/p. Populations that neurons alone feed, and that
feed none, are the chip's output neurons; all others are its hidden neurons.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..artefact import write_scripts
from ..chip import Arrivals, Chip, ChipLayer, ChipSynapses, State, Trace, operations
from ..energy import Confidence
from ..normal import Layer, Normal, Synapses, used
from ..target import Finding, Limit, Target, obstacle, shortest

_NEURON = "xylosim 0.1.3, src/v2/cpp/XyloIAFNeuron.cpp"
_NETWORK = "xylosim 0.1.3, src/v2/cpp/XyloLayer.cpp"
_RAM = "xylosim 0.1.3, tools.py, which writes nbram with two hexadecimal digits"
_TOP, _LOW = 2**15 - 1, -(2**15)
_WEIGHT, _SHIFTS = 127, range(8)
_HIDDEN_SPIKES, _OUTPUT_SPIKES, _INPUT_SPIKES = 31, 1, 15
_FINE, _ROOM = 1024, 8191  # thresholds: not coarse from here on; room for three more up to here
_CURRENTS, _DASHES = ("isyn", "isyn2"), ("dash_syn", "dash_syn_2")


def limits(
    *, hidden: int, outputs: int, synapses: int, mapper: str, **others: Limit
) -> dict[str, Limit]:
    """What the chips have in common, with the sizes of one."""
    vendor: Confidence = "vendor code"
    return {
        "inputs": Limit(16, "input channels", "rockpool 3.1.0, syns61201/xylo_mapper.py", vendor),
        "hidden neurons": Limit(hidden, "hidden neurons", mapper, vendor),
        "output neurons": Limit(outputs, "output neurons", mapper, vendor),
        "kinds of synapse": Limit(
            synapses, "synaptic time constants of a hidden neuron", mapper, vendor
        ),
        "kinds at outputs": Limit(1, "synaptic time constants of an output neuron", mapper, vendor),
        "delay": Limit(0, "steps of delay beyond the first between neurons", _NETWORK, vendor),
        "delays of a source": Limit(1, "different delays of one source", _NETWORK, vendor),
        "refractory": Limit(0, "refractory steps", _NEURON, vendor),
        "dash": Limit(15, "shift of a decay, 4 bits", _NEURON, vendor),
        "current": Limit(_TOP, "largest current that can add up, 16 bits", _NEURON, vendor),
        "bias": Limit(_WEIGHT, "bias, 8 bits", _RAM, vendor),
        **others,
    }


def expansions(source: str) -> dict[str, Limit]:
    """Of chips whose inputs reach the first hidden neurons alone, and whose outputs the last."""
    entered = "hidden neurons up to the last one that an input feeds"
    left = "hidden neurons from the first one on that feeds an output"
    return {
        "input expansion": Limit(128, entered, source, "vendor code"),
        "output expansion": Limit(128, left, source, "vendor code"),
    }


class Xylo(Target):
    """What all Xylo chips do. device: Rockpool's name of the chip."""

    verified = "bit for bit with xylosim 0.1.3, SynSense's emulator; not run on a chip"
    peer = "xylosim"
    device: ClassVar[str]
    causes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "decay": ("dash_mem", *_DASHES), "threshold": ("threshold",), "bias": ("bias",),
    }  # fmt: skip

    def check(self, normal: Normal) -> Iterable[Finding]:
        found = [obstacle("model", o, "breaks") for o in normal.obstacles]
        normal = used(normal)
        roles = _Roles.of(normal)
        found += self._check_sizes(normal, roles)
        for layer in normal.layers:
            found += self._check_layer(layer, layer in roles.outputs, _decays(layer, normal))
        found += self._check_delays(normal)
        yield from found
        if not any(f.verdict == "breaks" for f in found):
            yield from self._check_scale(normal, roles)

    def _check_sizes(self, normal: Normal, roles: _Roles) -> Iterable[Finding]:
        heard = {s.source for s in normal.synapses if len(s)}
        channels = sum(size for name, size in normal.sources.items() if name in heard)
        yield self.at_most("inputs", "network", channels, "fewer sources")
        hidden = sum(layer.size for layer in roles.hidden)
        outputs = sum(layer.size for layer in roles.outputs)
        smaller = "fewer or smaller populations"
        yield self.at_most("hidden neurons", "network", hidden, smaller)
        yield self.at_most("output neurons", "network", outputs, smaller)
        if not outputs:
            yield Finding(
                "output neurons", "network", "breaks",
                "there is no population that neurons alone feed and that feeds none: of such "
                "output neurons the chip hands out spikes",
                "add a population that another one feeds",
                source=self.limits["output neurons"].source, confidence="vendor code",
            )  # fmt: skip
        entered, left = roles.expansions(normal)
        nearer = "fewer neurons in the populations that inputs feed, or that feed outputs"
        for rule, value in (("input expansion", entered), ("output expansion", left)):
            if rule in self.limits:
                yield self.at_most(rule, "network", value, nearer)
        if "hidden synapses" in self.limits:
            names = {layer.name for layer in roles.hidden}
            pairs: dict[tuple[str, str], list[np.ndarray]] = {}
            for s in normal.synapses:
                if {s.source, s.target} <= names:
                    pair = np.stack([s.pre, s.post], axis=1)
                    pairs.setdefault((s.source, s.target), []).append(pair)
            among = sum(len(np.unique(np.concatenate(p), axis=0)) for p in pairs.values())
            yield self.at_most(
                "hidden synapses", "network", among, "fewer synapses between hidden neurons"
            )

    def _check_layer(
        self, layer: Layer, output: bool, decays: list[np.ndarray]
    ) -> Iterable[Finding]:
        rule = "kinds at outputs" if output else "kinds of synapse"
        yield self.at_most(rule, layer.name, len(decays), "give its synapses fewer taus")
        yield self.at_most("refractory", layer.name, int(layer.held.max()), "t_ref=0*ms")
        if layer.drop is None:
            yield Finding(
                "reset", layer.name, "breaks", "a spike sets the potential to a value",
                "let it take the distance to the threshold off, as in 'v -= V_th - E_L'",
                source=_NEURON, confidence="vendor code",
            )  # fmt: skip
        for what, kept in (("leak", layer.leak), *(("decay", p) for p in decays)):
            if what == "decay" and (np.rint(_dash(kept)) < 1).any():
                yield Finding(
                    "dash", layer.name, "breaks",
                    "a shift of 0 wipes a synaptic current, and jumps of v have none",
                    "ExpCurrent with a tau of a step or more", source=_NEURON,
                    confidence="vendor code",
                )  # fmt: skip
            elif (kept < 0).any() or (kept > 1).any():
                yield Finding(
                    "dash", layer.name, "breaks", f"its {what} of a step is not between 0 and 1",
                    "a shorter dt", source=_NEURON, confidence="vendor code",
                )  # fmt: skip
            else:
                yield self.at_most(
                    "dash", layer.name, float(np.rint(_dash(kept)).max()),
                    "a shorter time constant, or a longer dt",
                )  # fmt: skip
        if layer.v.any() or layer.u.any():
            yield Finding(
                "start", layer.name, "warns", "its states start from 0 on the chip",
                "start it from where its reset leads, without currents", source=_NETWORK,
                confidence="vendor code",
            )  # fmt: skip

    def _check_delays(self, normal: Normal) -> Iterable[Finding]:
        for name in normal.sources:
            mine = [s.latency for s in normal.synapses if s.source == name and len(s)]
            if mine:
                different = len(np.unique(np.concatenate(mine)))
                yield self.at_most("delays of a source", name, different, "give them one delay")
        for s in normal.synapses:
            if s.source not in normal.sources and len(s):
                yield self.at_most("delay", s.name, int(s.latency.max()) - 1, shortest(normal.dt))
                if s.latency.min() < 1:
                    yield Finding(
                        "delay", s.name, "breaks",
                        "a spike acts in the step in which it is found",
                        "delays of one step or more",
                    )  # fmt: skip

    def _check_scale(self, normal: Normal, roles: _Roles) -> Iterable[Finding]:
        plan = _Plan.of(normal, roles)
        for layer in normal.layers:
            scale = plan.scales[layer.name]
            yield from self._check_taus(layer, _decays(layer, normal), normal.dt)
            largest = float(np.abs(layer.bias).max())
            if (scale < 1).any():
                yield Finding(
                    "threshold", layer.name, "breaks",
                    "weights or constant currents are too large beside the threshold",
                    "smaller ones", source=_NEURON, confidence="vendor code",
                )  # fmt: skip
                continue
            if largest > 1e-9:  # less is what is left of a rest that is where the reset leads
                bias = np.abs(layer.bias * scale)
                smaller = "a smaller constant current"
                yield self.at_most("bias", layer.name, float(bias.max()), smaller)
                gone = int(((np.abs(layer.bias) > 1e-9) & (bias < 0.5)).sum())
                if gone:
                    yield Finding(
                        "bias", layer.name, "warns", f"{gone} of {layer.size} become 0",
                        "larger constant currents, or none", source=_RAM, confidence="vendor code",
                    )  # fmt: skip
            worst = float((plan.worst[layer.name] * scale).max())
            often = "it may saturate: smaller weights, or fewer synapses"
            yield self.at_most("current", layer.name, worst, often, "warns")
            if plan.worst[layer.name].max() > 1 and layer not in roles.outputs:
                yield Finding(
                    "spikes", layer.name, "warns",
                    f"where inputs add up to several thresholds in one step, it spikes as often "
                    f"in it, up to {_HIDDEN_SPIKES} times", "smaller weights, or a shorter dt",
                    source=_NEURON, confidence="vendor code",
                )  # fmt: skip
        for s in plan.synapses:
            if (plan.scales[s.target] >= 1).all():
                yield _check_weights(s)

    def _check_taus(self, layer: Layer, decays: list[np.ndarray], dt: float) -> Iterable[Finding]:
        for what, kept in (("leak", layer.leak), *(("decay", p) for p in decays)):
            dash = np.clip(np.rint(_dash(kept)), 0, 15)
            with np.errstate(divide="ignore", invalid="ignore"):
                had = -dt / np.log1p(-(2.0**-dash))
                off = np.abs(had * -np.log(kept) / dt - 1)
            off = np.nan_to_num(off, nan=0.0, posinf=1.0)
            at = int(off.argmax())
            if off[at] > 0.02:
                yield Finding(
                    what, layer.name, "warns",
                    f"as a shift of {dash[at]:.0f}, a time constant becomes {had[at]:.4g} ms, "
                    f"which is {100 * off[at]:.3g}% off",
                    f"a time constant of {had[at]:.4g} ms, or another dt", source=_NEURON,
                    confidence="vendor code",
                )  # fmt: skip

    def scale(self, normal: Normal) -> Chip:
        normal = used(normal)
        roles = _Roles.of(normal)
        plan = _Plan.of(normal, roles)
        layers = []
        for layer in (*roles.hidden, *roles.outputs):
            scale, kinds = plan.scales[layer.name], len(layer.decays)
            parameters: dict[str, Any] = {
                "most_spikes": _OUTPUT_SPIKES if layer in roles.outputs else _HIDDEN_SPIKES,
                "dash_mem": _dash(layer.leak),
                **{_DASHES[k]: _dash(p) for k, p in enumerate(layer.decays)},
                "threshold": scale, "bias": layer.bias * scale,
            }  # fmt: skip
            start = {x: np.zeros(layer.size) for x in (*_CURRENTS[:kinds], "vmem")}
            layers.append(ChipLayer(layer.name, layer.size, kinds, parameters, start))
        name = type(self).__module__.rpartition(".")[2]
        sources = {
            n: size for n, size in normal.sources.items()
            if any(s.source == n for s in plan.synapses)
        }  # fmt: skip
        return Chip(
            name, normal.dt, sources, tuple(layers), tuple(plan.synapses), False, _INPUT_SPIKES
        )

    def round(self, real: Chip) -> Chip:
        layers = tuple(
            replace(
                one,
                parameters={
                    **one.parameters,
                    **{x: _whole(one.parameters[x], 0, 15)
                       for x in ("dash_mem", *_DASHES[:one.kinds])},
                    "threshold": _whole(one.parameters["threshold"], 1, _TOP),
                    "bias": _whole(one.parameters["bias"], -_WEIGHT - 1, _WEIGHT),
                },
                start={x: v.astype(np.int64) for x, v in one.start.items()},
            )
            for one in real.layers
        )  # fmt: skip
        synapses = tuple(
            replace(s, weight=_whole(s.weight, -_WEIGHT - 1, _WEIGHT)) for s in real.synapses
        )
        return replace(real, layers=layers, synapses=synapses, integer=True)

    def advance(
        self, layer: ChipLayer, state: State, arriving: Arrivals, integer: bool
    ) -> np.ndarray:
        xp = operations(state["vmem"])
        p, total = layer.parameters, xp.zeros(layer.size, state["vmem"].dtype)
        for kind in range(layer.kinds):
            x, dash = _CURRENTS[kind], p[_DASHES[kind]]
            if integer:
                held = arriving.onto(kind, state[x], _LOW, _TOP)
                state[x] = held - _lost(held, dash)
            else:
                state[x] = (state[x] + arriving[kind]) * (1 - 2.0**-dash)
            total += state[x]
        if integer:
            # 16 bits have no 32768, which is what a shift of 0 takes off -32768.
            change = (-_lost(state["vmem"], p["dash_mem"])).astype(xp.int16)
            change = xp.clip(xp.clip(change + total, _LOW, _TOP) + p["bias"], _LOW, _TOP)
            v = xp.clip(state["vmem"] + change, _LOW, _TOP)
        else:
            v = state["vmem"] * (1 - 2.0 ** -p["dash_mem"]) + total + p["bias"]
        spikes = xp.clip(xp.floor_divide(v, p["threshold"]), 0, p["most_spikes"])
        state["vmem"] = v - spikes * p["threshold"]
        counts: np.ndarray = spikes.astype(xp.int64)
        return counts

    def write(self, chip: Chip, trace: Trace, folder: Path) -> None:
        arguments = specification(chip, "input expansion" in self.limits)
        np.savez_compressed(folder / "specification.npz", **arguments)
        text = {name: value.tolist() for name, value in arguments.items()}
        (folder / "specification.json").write_text(json.dumps(text), "utf-8")
        places = {"device": self.device, **_places(chip)}
        (folder / "xylo.json").write_text(json.dumps(places, indent=1), "utf-8")
        write_scripts(folder, "run_xylosim.py")


def specification(chip: Chip, trimmed: bool = False) -> dict[str, Any]:
    """The arguments of Rockpool's `XyloSim.from_specification`, of a chip in integers.

    trimmed: leave out of weights_in the hidden neurons after the last one that inputs feed, and of
    weights_out those before the first one that feeds an output.
    """
    places = _places(chip)
    sizes = {k: sum(one["size"] for one in places[k].values()) for k in places}
    hidden = [one for one in chip.layers if one.name in places["hidden"]]
    outputs = [one for one in chip.layers if one.name in places["outputs"]]
    kinds = max((one.kinds for one in hidden), default=1)
    n = sizes["hidden"]
    weights = {
        "in": np.zeros((sizes["inputs"], n, kinds), np.int8),
        "rec": np.zeros((n, n, kinds), np.int8),
        "out": np.zeros((n, sizes["outputs"], 1), np.int8),
    }
    shifts = dict.fromkeys(weights, 0)
    first = {name: one["first"] for group in places.values() for name, one in group.items()}
    for s in chip.synapses:
        part = (
            "in" if s.source in chip.sources else "out" if s.target in places["outputs"] else "rec"
        )
        weights[part][first[s.source] + s.pre, first[s.target] + s.post, s.kind] = s.weight
        shifts[part] = s.exponent
    entered, left = n, n
    if trimmed:
        fed = np.flatnonzero(weights["in"].any(axis=(0, 2)))
        feeding = np.flatnonzero(weights["out"].any(axis=(1, 2)))
        entered = int(fed.max(initial=0)) + 1
        left = n - int(feeding.min(initial=n - 1))

    def joined(name: str, of: list[ChipLayer]) -> np.ndarray:
        values = [np.broadcast_to(one.parameters.get(name, 1), (one.size,)) for one in of]
        return np.concatenate(values).astype(np.int64)

    return {
        "weights_in": weights["in"][:, :entered], "weights_rec": weights["rec"],
        "weights_out": weights["out"][n - left :, :, 0],
        **{x: joined(x, hidden) for x in ("dash_mem", *_DASHES, "threshold", "bias")},
        **{f"{x}_out": joined(x, outputs) for x in ("dash_mem", "dash_syn", "threshold", "bias")},
        **{f"weight_shift_{part}": np.int64(shift) for part, shift in shifts.items()},
        "dt": np.float64(chip.dt / 1000),
    }  # fmt: skip


def _places(chip: Chip) -> dict[str, dict[str, dict[str, int]]]:
    """By part of the chip, where each group lies on it; of inputs, how many steps later the chip
    gets their spikes."""
    later = dict.fromkeys(chip.sources, 0)
    for s in chip.synapses:
        if s.source in later:
            later[s.source] = max(later[s.source], int(s.latency.max(initial=0)))
    places: dict[str, dict[str, dict[str, int]]] = {"inputs": {}, "hidden": {}, "outputs": {}}
    sizes = {p: 0 for p in places}
    for name, size in chip.sources.items():
        places["inputs"][name] = {
            "first": sizes["inputs"], "size": size, "steps later": later[name]
        }  # fmt: skip
        sizes["inputs"] += size
    for one in chip.layers:
        part = "outputs" if one.parameters["most_spikes"] == _OUTPUT_SPIKES else "hidden"
        places[part][one.name] = {"first": sizes[part], "size": one.size}
        sizes[part] += one.size
    return places


@dataclass(frozen=True, eq=False)
class _Roles:
    """Which layers are hidden, those that inputs feed first and those that feed outputs last, and
    which are outputs."""

    hidden: tuple[Layer, ...]
    outputs: tuple[Layer, ...]

    @classmethod
    def of(cls, normal: Normal) -> _Roles:
        pairs = {(s.source, s.target) for s in normal.synapses if len(s)}
        feeding = {source for source, _ in pairs}

        def is_output(layer: Layer) -> bool:
            fed = {source for source, target in pairs if target == layer.name}
            return layer.name not in feeding and bool(fed) and not fed & normal.sources.keys()

        outputs = tuple(layer for layer in normal.layers if is_output(layer))
        last = {source for source, target in pairs if target in {o.name for o in outputs}}
        first = {target for source, target in pairs if source in normal.sources}
        hidden = [layer for layer in normal.layers if layer not in outputs]
        hidden.sort(key=lambda one: (one.name not in first, one.name in last))
        return cls(tuple(hidden), outputs)

    def expansions(self, normal: Normal) -> tuple[int, int]:
        """How many hidden neurons lie up to the last one that an input feeds, and from the first
        one on that feeds an output."""
        outputs = {layer.name for layer in self.outputs}
        entered = left = at = 0
        total = sum(layer.size for layer in self.hidden)
        for layer in self.hidden:
            into = [
                s.post
                for s in normal.synapses
                if s.source in normal.sources and s.target == layer.name and len(s)
            ]
            out = [
                s.pre
                for s in normal.synapses
                if s.source == layer.name and s.target in outputs and len(s)
            ]
            entered = max([entered, *(at + int(post.max()) + 1 for post in into)])
            left = max([left, *(total - at - int(pre.min()) for pre in out)])
            at += layer.size
        return entered, left  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Plan:
    """Thresholds by layer [size], by which everything is scaled; worst by layer [size], the largest
    current there can be, in thresholds; the synapses in these units."""

    scales: Mapping[str, np.ndarray]
    worst: Mapping[str, np.ndarray]
    synapses: tuple[ChipSynapses, ...]

    @classmethod
    def of(cls, normal: Normal, roles: _Roles) -> _Plan:
        joined = [_stronger(s, normal) for s in _joined(normal)]
        outputs = {layer.name for layer in roles.outputs}

        def part(s: Synapses) -> str:
            return "in" if s.source in normal.sources else "out" if s.target in outputs else "rec"

        scales: dict[str, np.ndarray] = {}
        worst = {layer.name: _worst(layer, joined) for layer in normal.layers}
        shifts: dict[str, int] = {}
        for layers, parts in ((roles.hidden, ("in", "rec")), (roles.outputs, ("out",))):
            if not layers:
                continue
            largest = {
                p: np.concatenate(
                    [_largest(one, [s for s in joined if part(s) == p]) for one in layers]
                )
                for p in parts
            }
            most = np.concatenate([_most(one, worst[one.name]) for one in layers])
            lost = np.concatenate([_unshifted(one) for one in layers])
            scale, chosen = _finest(largest, most, lost)
            shifts |= chosen
            ends = np.cumsum([one.size for one in layers])[:-1]
            scales |= {one.name: x for one, x in zip(layers, np.split(scale, ends), strict=True)}
        order = [*normal.sources, *(one.name for one in roles.hidden)]
        joined.sort(key=lambda s: order.index(s.source))
        synapses = tuple(
            ChipSynapses(
                s.name, s.source, s.target, s.kind, s.pre, s.post,
                s.weight * scales[s.target][s.post] / 2.0 ** shifts[part(s)], s.latency,
                shifts[part(s)],
            )
            for s in joined
        )  # fmt: skip
        return cls(scales, worst, synapses)


def _finest(
    largest: Mapping[str, np.ndarray], most: np.ndarray, lost: np.ndarray
) -> tuple[np.ndarray, dict[str, int]]:
    """Thresholds and the shifts of the weights, one of each part for all neurons.

    Each neuron's threshold is the largest at which its weights stay in 8 bits. The shifts are those
    at which a step of a weight, and what is too small for the decay to be a shift (`lost`), are
    the least part of a threshold.
    """
    found = []
    for shifts in product(_SHIFTS, repeat=len(largest)):
        scale = most
        steps = lost
        for shift, weight in zip(shifts, largest.values(), strict=True):
            with np.errstate(divide="ignore"):
                scale = np.minimum(scale, _WEIGHT * 2.0**shift / weight)
            steps = steps + 2.0**shift * (weight > 0)
        scale = np.floor(scale)
        cost = float((steps / np.maximum(scale, 0.1)).mean())
        found.append((cost, shifts, scale))
    _, chosen, scale = min(found, key=lambda one: one[:2])
    return scale, dict(zip(largest, chosen, strict=True))


def _joined(normal: Normal) -> list[Synapses]:
    """Synapses of the same groups and kind as one projection, of the same pair as one synapse."""
    found: dict[tuple[str, str, int], list[Synapses]] = {}
    for s in normal.synapses:
        if len(s):
            found.setdefault((s.source, s.target, s.kind), []).append(s)
    joined = []
    for same in found.values():
        pairs = np.concatenate([np.stack([s.pre, s.post], axis=1) for s in same])
        distinct, at, back = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
        weight = np.bincount(np.ravel(back), np.concatenate([s.weight for s in same]))
        latency = np.concatenate([s.latency for s in same])[at]
        name = ", ".join(s.name for s in same)
        one = replace(
            same[0], name=name, pre=distinct[:, 0], post=distinct[:, 1], weight=weight,
            latency=latency,
        )  # fmt: skip
        joined.append(one)
    return joined


def _stronger(s: Synapses, normal: Normal) -> Synapses:
    """The same for weights that arrive before the decay."""
    layer = next(one for one in normal.layers if one.name == s.target)
    with np.errstate(divide="ignore"):
        return replace(s, weight=s.weight / layer.decays[s.kind][s.post])


def _largest(layer: Layer, synapses: list[Synapses]) -> np.ndarray:
    found = np.zeros(layer.size)
    for s in synapses:
        if s.target == layer.name:
            np.maximum.at(found, s.post, np.abs(s.weight))
    return found


def _worst(layer: Layer, synapses: list[Synapses]) -> np.ndarray:
    """The largest current there can be: all sources of a neuron spike in every step."""
    total = np.zeros(layer.size)
    for kind, kept in enumerate(layer.decays):
        mine = [s for s in synapses if s.target == layer.name and s.kind == kind]
        sums = [
            sum((np.bincount(s.post, np.maximum(sign * s.weight, 0), layer.size) for s in mine),
                np.zeros(layer.size))
            for sign in (1, -1)
        ]  # fmt: skip
        total += np.maximum(*sums) / (1 - np.minimum(kept, 1 - 2.0**-15))
    return total


def _most(layer: Layer, worst: np.ndarray) -> np.ndarray:
    """The largest thresholds: room for bias and potential, and for the worst current if that leaves
    the threshold fine."""
    with np.errstate(divide="ignore"):
        bias = _WEIGHT / np.abs(layer.bias)
        return np.minimum(np.minimum(bias, _ROOM), np.maximum(_TOP / worst, _FINE))


def _unshifted(layer: Layer) -> np.ndarray:
    """Below this, a state falls by 1 a step, not by its share."""
    kept = np.stack([layer.leak, *layer.decays]).max(axis=0)
    return np.asarray(2.0 ** np.clip(np.rint(_dash(kept)), 0, 15))


def _decays(layer: Layer, normal: Normal) -> list[np.ndarray]:
    """Those of its currents that something arrives at."""
    heard = {s.kind for s in normal.synapses if s.target == layer.name and len(s)}
    return [p for k, p in enumerate(layer.decays) if k in heard]


def _dash(kept: np.ndarray) -> np.ndarray:
    """The shift, a real number, at which 1 - 2^-shift is kept; 64 where all is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.minimum(-np.log2(1 - kept), 64.0), nan=64.0)


def _lost(x: np.ndarray, dash: Any) -> np.ndarray:
    """What x loses in a step."""
    share, xp = x >> dash, operations(x)
    lost: np.ndarray = xp.where(share == 0, xp.sign(x), share)
    return lost


def _whole(x: Any, low: int, high: int) -> np.ndarray:
    return np.clip(np.rint(x), low, high).astype(np.int64)


def _check_weights(s: ChipSynapses) -> Finding:
    rounded = _whole(s.weight, -_WEIGHT - 1, _WEIGHT)
    gone = int(((rounded == 0) & (s.weight != 0)).sum())
    largest = float(np.abs(rounded).max(initial=0))
    verdict = "fits" if not gone else "warns" if largest else "breaks"
    return Finding(
        "weights", s.name, verdict,  # type: ignore[arg-type]
        f"{gone} of {len(rounded)} become 0; the largest is {largest:.0f} of {_WEIGHT} times "
        f"2^{s.exponent}",
        "weights that differ less, or prune the small ones" if gone else "", largest,
        float(_WEIGHT), _NETWORK, "vendor code",
    )  # fmt: skip

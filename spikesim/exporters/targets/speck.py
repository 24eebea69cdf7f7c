"""Speck 2e and 2f of SynSense: integrate-and-fire neurons in nine cores, a convolution in each.

    v <- v + arrivals [+ bias];  n = v // threshold spikes;  v <- v - n threshold, or 0;  v >= low

is what sinabs' DynapcnnLayer computes in a step. The chip has no steps: it adds spike by spike, so
that within a step the order counts, and a spike acts at once. What is written follows
DynapcnnConfigBuilder of sinabs 3.1.3; samna, which would take it, is not open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from ..artefact import write_scripts
from ..chip import Arrivals, Chip, ChipLayer, ChipSynapses, State, Trace, operations
from ..normal import Layer, Normal, used
from ..target import Finding, Limit, Target, obstacle
from ._conv import CHANNELS, KERNEL, SIDE_IN, SIDE_OUT, Convolution, Edge, arrange

_CODE = "sinabs 3.1.3, backend/dynapcnn/chips/dynapcnn.py"
_SCALE = "sinabs 3.1.3, backend/dynapcnn/discretize.py"
_DOCS = "sinabs, docs/speck/overview.md; samna, Speck 2e"
_DANGERS = "sinabs, docs/speck/dangers.md"
_KI = 1024
_KERNELS = tuple(_KI * k for k in (16, 16, 16, 32, 32, 64, 64, 16, 16))  # words of the nine cores
_NEURONS = tuple(_KI * k for k in (64, 64, 64, 32, 32, 16, 16, 16, 16))
_LOW, _TOP, _WEIGHT = -(2**15), 2**15 - 1, 127
_SHAPES = ("in_channels", "in_side", "features", "side", "pool", "kernel", "stride", "padding")


class Speck(Target):
    """Speck 2e and 2f."""

    title = "Speck 2e, 2f (SynSense)"
    verified = (
        "sinabs 3.1.3: layers, memory and placement as its DynapcnnLayer has them, in steps; not "
        "verified with samna, which is not open, and not run on a chip, which has no steps"
    )
    peer = "dynapcnn"
    causes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "threshold": ("threshold",), "bias": ("bias",),
    }  # fmt: skip
    limits: ClassVar[Mapping[str, Limit]] = {
        "leak": Limit(1e-6, "of the potential is lost in a step", _CODE, "vendor code"),
        "currents": Limit(0, "synaptic currents that decay", _CODE, "vendor code"),
        "refractory": Limit(0, "refractory steps", _CODE, "vendor code"),
        "inputs": Limit(1, "groups that feed a population", _CODE, "vendor code"),
        "destinations": Limit(2, "populations that a population feeds", _DOCS, "vendor code"),
        "delays": Limit(0, "steps between its shortest and longest delay", _DOCS, "vendor code"),
        "cores": Limit(9, "cores, one for a population", _CODE, "vendor code"),
        "kernel memory": Limit(max(_KERNELS), "words of the largest core", _CODE, "vendor code"),
        "neuron memory": Limit(max(_NEURONS), "words of the largest core", _CODE, "vendor code"),
        "bias memory": Limit(_KI, "words of a core", _CODE, "vendor code"),
        "state": Limit(_TOP, "largest potential there can be", _SCALE, "guess"),
    }  # fmt: skip

    def check(self, normal: Normal) -> Iterable[Finding]:
        yield from (obstacle("model", o, "breaks") for o in normal.obstacles)
        yield from (obstacle("order", o, "warns") for o in normal.notes)
        normal = used(normal)
        sound = not normal.obstacles
        for layer in normal.layers:
            found = list(self._check_layer(layer, normal))
            sound &= not any(f.verdict == "breaks" for f in found)
            yield from found
        yield self.at_most("cores", "network", len(normal.layers), "fewer populations")
        yield Finding(
            "time", "network", "warns", "the chip takes spike by spike, and has neither steps nor "
            "delays: its spikes are those of the model but for their order within a step",
            "compare on the chip", source=_DANGERS, confidence="vendor code",
        )  # fmt: skip
        if _sorted(normal) is None:
            yield Finding(
                "loops", "network", "breaks", "populations feed each other in a loop, in which "
                "spikes can block each other", "no recurrent projections", source=_CODE,
                confidence="vendor code",
            )  # fmt: skip
        elif sound:
            yield from self._check_cores(normal)

    def _check_layer(self, layer: Layer, normal: Normal) -> Iterable[Finding]:
        name = layer.name
        lost = float(np.abs(1 - layer.leak).max(initial=0))
        yield self.at_most("leak", name, lost, "a neuron without a leak, such as PerfectIF")
        yield self.at_most(
            "currents", name, int(layer.decays.any(axis=1).sum()), "jumps of the potential: Delta"
        )
        yield self.at_most("refractory", name, int(layer.held.max(initial=0)), "t_ref=0*ms")
        if layer.drop is not None and not np.allclose(layer.drop, 1, rtol=1e-9):
            yield Finding(
                "reset", name, "breaks", "a spike takes something else off than the way from the "
                "level of the reset to the threshold", "reset to a value, or by that",
                source=_CODE, confidence="vendor code",
            )  # fmt: skip
        if not layer.inclusive:
            yield Finding(
                "order", name, "warns", "a potential that just reaches the threshold is a spike",
                "'v >= V_th'", source=_CODE, confidence="vendor code",
            )  # fmt: skip
        if layer.bias.any():
            yield Finding(
                "bias", name, "warns", "a constant drive is added once a tick of the chip's slow "
                "clock, which is not exact, and starts in all populations at once",
                "set that clock to dt; better no constant drive", source=_DANGERS,
                confidence="vendor code",
            )  # fmt: skip
        sources = {s.source for s in normal.synapses if s.target == name and len(s)}
        yield self.at_most("inputs", name, len(sources), "join them in one population")
        if not sources:
            yield Finding(
                "inputs", name, "breaks", "nothing feeds it", "leave it out", source=_CODE,
                confidence="vendor code",
            )  # fmt: skip
        fed = {s.target for s in normal.synapses if s.source == name and len(s)}
        yield self.at_most("destinations", name, len(fed), "join them in one population")
        mine = [s.latency for s in normal.synapses if s.target == name and len(s)]
        apart = int(np.ptp(np.concatenate(mine))) if mine else 0
        yield self.at_most("delays", name, apart, "one delay for all of its synapses")
        if fed == set() and layer.size > 15:
            yield Finding(
                "readout", name, "warns", "its spikes can be monitored; the readout layer has 15 "
                "classes", "monitor it", source=_DOCS, confidence="vendor code",
            )  # fmt: skip

    def _check_cores(self, normal: Normal) -> Iterable[Finding]:
        edges = _edges(normal)
        made, unsaid = _arranged(normal, edges)
        for name in unsaid:
            yield Finding(
                "layer", name, "breaks", "it is neither a convolution nor a dense layer of what "
                f"feeds it, of square maps [channels, y, x]: {CHANNELS} channels, {SIDE_IN} a side "
                f"at the input and {SIDE_OUT} within, kernels of {KERNEL}, strides 1, 2, 4, 8, "
                "padding up to 7, one bias a channel",
                "fewer neurons, or weights and numbers of neurons that are those of a convolution",
                source=_DOCS, confidence="vendor code",
            )  # fmt: skip
        for edge in edges:
            one = made.get(edge.target)
            if one is None:
                continue
            layer = _layer(normal, edge.target)
            yield Finding(
                "layer", edge.target, "fits", _text(one, edge), source=_DOCS,
                confidence="vendor code",
            )  # fmt: skip
            yield self.at_most(
                "kernel memory", edge.target, one.words, "fewer channels or smaller kernels"
            )
            yield self.at_most("neuron memory", edge.target, one.neurons, "fewer neurons")
            biases = one.target[0] if layer.bias.any() else 0
            yield self.at_most("bias memory", edge.target, biases, "fewer channels")
            yield from self._check_scale(layer, edge)
        if not unsaid and len(made) <= len(_KERNELS) and _placed(made) is None:
            yield Finding(
                "placement", "network", "breaks", "no way to give each population a core of its "
                "own whose memories hold it", "smaller kernels or fewer neurons", source=_CODE,
                confidence="vendor code",
            )  # fmt: skip

    def _check_scale(self, layer: Layer, edge: Edge) -> Iterable[Finding]:
        if not len(edge.weight):
            yield Finding(
                "weights", layer.name, "breaks", "the weights of all its synapses are 0, or add up "
                "to it", "leave it out", source=_CODE, confidence="vendor code",
            )  # fmt: skip
            return
        scale = _scale(layer, edge)
        threshold = int(np.rint(scale))
        if threshold < 1:
            yield Finding(
                "threshold", layer.name, "breaks", "weights, constant currents or initial values "
                "are too large beside the threshold", "smaller ones", source=_SCALE,
                confidence="vendor code",
            )  # fmt: skip
            return
        whole = np.rint(edge.weight * scale)
        lost = int(((whole == 0) & (edge.weight != 0)).sum())
        verdict: Any = "breaks" if lost == len(whole) else "warns" if lost else "fits"
        yield Finding(
            "weights", layer.name, verdict,
            f"{lost} of {len(whole)} become 0; the threshold is {threshold}, the largest weight "
            f"{np.abs(whole).max(initial=0):g} of {_WEIGHT}",
            "weights that differ less, or prune the small ones" if lost else "",
            float(np.abs(whole).max(initial=0)), float(_WEIGHT), _SCALE, "vendor code",
        )  # fmt: skip
        together = np.bincount(edge.post, np.maximum(whole, 0), layer.size).max(initial=0)
        if together >= 2 * threshold:
            yield Finding(
                "order", layer.name, "warns", "where inputs add up to several thresholds in one "
                "step, it spikes as often; the network spikes once", "smaller weights, or a "
                "shorter dt", source=_CODE, confidence="vendor code",
            )  # fmt: skip
        together += max(float(layer.bias.max(initial=0)) * scale, 0) + threshold
        yield self.at_most(
            "state", layer.name, together,
            "smaller weights, or fewer synapses: what the chip does beyond is not public", "warns",
        )  # fmt: skip

    def scale(self, normal: Normal) -> Chip:
        normal = used(normal)
        order = _sorted(normal) or []
        edges = {edge.target: edge for edge in _edges(normal)}
        made, _ = _arranged(normal, list(edges.values()))
        cores = _placed(made) or {}
        layers, synapses = [], []
        for name in order:
            layer, edge, one = _layer(normal, name), edges[name], made[name]
            scale = _scale(layer, edge)
            shape = (*one.source, *one.target, one.pool, one.kernel, one.stride, one.padding)
            parameters = {
                "threshold": scale, "bias": layer.bias * scale,
                "subtract": int(layer.drop is not None), "core": cores[name],
                **dict(zip(_SHAPES, shape, strict=True)),
            }  # fmt: skip
            layers.append(ChipLayer(name, layer.size, 1, parameters, {"v": layer.v * scale}))
            latency = next(s.latency[0] for s in normal.synapses if s.target == name and len(s))
            synapses.append(
                ChipSynapses(f"{edge.source}->{name}", edge.source, name, 0, edge.pre, edge.post,
                             edge.weight * scale, np.full(len(edge.pre), latency))
            )  # fmt: skip
        return Chip("speck", normal.dt, normal.sources, tuple(layers), tuple(synapses), False)

    def round(self, real: Chip) -> Chip:
        layers = tuple(
            replace(
                one,
                parameters={
                    **one.parameters, "threshold": int(np.rint(one.parameters["threshold"])),
                    "bias": np.rint(one.parameters["bias"]).astype(np.int64),
                },
                start={"v": np.rint(one.start["v"]).astype(np.int64)},
            )
            for one in real.layers
        )  # fmt: skip
        synapses = tuple(
            replace(s, weight=np.rint(s.weight).astype(np.int64)) for s in real.synapses
        )
        return replace(real, layers=layers, synapses=synapses, integer=True)

    def advance(
        self, layer: ChipLayer, state: State, arriving: Arrivals, integer: bool
    ) -> np.ndarray:
        p, xp = layer.parameters, operations(state["v"])
        v = state["v"] + arriving[0] + p["bias"]
        spikes = xp.where(v > 0, v // p["threshold"], 0)
        v = v - spikes * p["threshold"] if p["subtract"] else xp.where(spikes > 0, 0, v)
        state["v"] = xp.maximum(v, _LOW)
        counts: np.ndarray = spikes.astype(xp.int64)
        return counts

    def write(self, chip: Chip, trace: Trace, folder: Path) -> None:
        (folder / "speck.json").write_text(json.dumps(emit(chip)), "utf-8")
        write_scripts(folder, "run_dynapcnn.py")


# ---- what feeds what, and where it lies ----------------------------------------------------------


def _layer(normal: Normal, name: str) -> Layer:
    return next(layer for layer in normal.layers if layer.name == name)


def _sorted(normal: Normal) -> list[str] | None:
    """The populations, each after those that feed it; None where there is a loop."""
    left = {layer.name for layer in normal.layers}
    order: list[str] = []
    while left:
        fed = {s.target for s in normal.synapses if s.source in left and len(s)}
        first = [x.name for x in normal.layers if x.name in left and x.name not in fed]
        if not first:
            return None
        order += first
        left -= set(first)
    return order


def _edges(normal: Normal) -> list[Edge]:
    """One for each population, its synapses summed up by pairs of neurons."""
    found = []
    for layer in normal.layers:
        mine = [s for s in normal.synapses if s.target == layer.name and len(s)]
        key = np.concatenate([s.pre.astype(np.int64) * layer.size + s.post for s in mine])
        distinct, back = np.unique(key, return_inverse=True)
        weight = np.bincount(
            np.ravel(back), np.concatenate([s.weight for s in mine]), len(distinct)
        )
        there = weight != 0
        pre, post = np.divmod(distinct[there], layer.size)
        found.append(Edge(mine[0].source, layer.name, pre, post, weight[there]))
    return found


def _arranged(normal: Normal, edges: list[Edge]) -> tuple[dict[str, Convolution], list[str]]:
    biases = {layer.name: layer.bias for layer in normal.layers}
    return arrange(normal.sources, normal.sizes(), edges, biases, (max(_KERNELS), max(_NEURONS)))


def _placed(made: Mapping[str, Convolution]) -> dict[str, int] | None:
    """The core of each population; None where they do not all find one."""
    there = [
        [one.words <= k and one.neurons <= n for k, n in zip(_KERNELS, _NEURONS, strict=True)]
        for one in made.values()
    ]
    found = maximum_bipartite_matching(csr_array(np.array(there, dtype=np.int8)), "column")
    if (found < 0).any():
        return None
    return {name: int(core) for name, core in zip(made, found, strict=True)}


def _scale(layer: Layer, edge: Edge) -> float:
    """Units from reset to threshold: the most at which weights and bias stay in 7 bits and a sign,
    threshold and initial values in 15."""
    most = [float(_TOP)]
    for values, top in ((edge.weight, _WEIGHT), (layer.bias, _WEIGHT), (layer.v, _TOP)):
        up, down = float(values.max(initial=0)), float(-values.min(initial=0))
        most += [top / up] if up else []
        most += [top / down] if down else []  # sinabs takes 1 off where all are negative
    return min(most)


def _text(one: Convolution, edge: Edge) -> str:
    (c, h), (f, g) = one.source, one.target
    if g == 1 and one.kernel == h and one.pool == 1 and one.padding == 0:
        return f"a dense layer, {c * h * h} to {f}"
    pooled = f"sums of {one.pool} x {one.pool}, then " if one.pool > 1 else ""
    return (
        f"{pooled}a convolution, {c} x {h} x {h} to {f} x {g} x {g}: kernel {one.kernel}, "
        f"stride {one.stride}, padding {one.padding}"
    )


# ---- files ---------------------------------------------------------------------------------------


def emit(chip: Chip) -> dict[str, Any]:
    """What speck.json holds, of a chip in integers: by core, what samna's CNNLayerConfig is given;
    where the spikes of sources go, and which population is in a core."""
    found: dict[str, Any] = {"cnn_layers": {}, "populations": {}, "inputs": {}}
    cores = {one.name: one.parameters["core"] for one in chip.layers}
    for s in chip.synapses:
        one, p = chip.layer(s.target), chip.layer(s.target).parameters
        c, h, f, g, pool, kernel, stride, padding = (p[word] for word in _SHAPES)
        shaped = Convolution((c, h), (f, g), pool, kernel, stride, padding)
        weights = shaped.weights(Edge(s.source, s.target, s.pre, s.post, s.weight))
        biases = np.broadcast_to(p["bias"], (one.size,)).reshape(f, -1)[:, 0]
        fed = [chip.layer(other.target) for other in chip.synapses if other.source == one.name]
        found["cnn_layers"][str(p["core"])] = {
            "dimensions": {
                "input_shape": {"size": {"x": h // pool, "y": h // pool}, "feature_count": c},
                "output_shape": {"size": {"x": g, "y": g}, "feature_count": f},
                "padding": {"x": padding, "y": padding}, "stride": {"x": stride, "y": stride},
                "kernel_size": kernel,
            },
            "weights": weights.transpose(0, 1, 3, 2).tolist(),  # [feature, channel, x, y]
            "biases": biases.tolist(),
            "leak_enable": bool(biases.any()),
            "return_to_zero": not p["subtract"],
            "threshold_high": p["threshold"], "threshold_low": _LOW,
            "monitor_enable": not fed,
            "neurons_initial_value":
                one.start["v"].reshape(f, g, g).transpose(0, 2, 1).tolist(),
            "destinations": [
                {"layer": cores[other.name], "enable": True, "pooling": other.parameters["pool"]}
                for other in fed
            ],
        }  # fmt: skip
        latency = int(s.latency[0]) if len(s.latency) else 0
        found["populations"][one.name] = {
            "core": p["core"], "source": s.source, "steps later": latency, "shape": [f, g, g],
        }  # fmt: skip
        if s.source in chip.sources:
            where = found["inputs"].setdefault(s.source, {"shape": [c, h, h], "cores": []})
            where["cores"].append(p["core"])
    return found

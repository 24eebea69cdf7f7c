"""Darwin3 of Zhejiang University: current-based leaky integrate-and-fire neurons in 16 bits.

What its arithmetic rounds and where it saturates is not published, and there is no simulator of it.
The program is of the kind that the maker's deployment tool has ready for "darwin_clif"; the rule is
what its instructions say, with symmetric rounding and saturation where they say nothing.

    I <- I P4/256 + wgtsum;  V <- V P0/256 + I [+ bias];  spike where V >= Vth;  V <- 0, or V - Vth

Darwin3: Ma et al. 2024, National Science Review 11(5) nwae102. Files and registers are those of
darwin3_deployment 0.6.2.5.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..artefact import write_scripts
from ..chip import Arrivals, Chip, ChipLayer, ChipSynapses, State, Trace, operations
from ..energy import Cost
from ..normal import Layer, Normal, used
from ..target import Finding, Limit, Target, obstacle, shortest

_TOOL = "darwin3_deployment 0.6.2.5, ir/net_population.py"
_PRESET = 'darwin3_deployment 0.6.2.5, the preset "darwin_clif"'
_API = "darwin3_runtime_api 4.0, README"
_PAPER = "Ma et al. 2024, Natl. Sci. Rev. 11 nwae102"
_NEURONS, _DENDRITES, _AXONS = 4096, 2**16, 2**14  # a core: neurons, words of memory
_TOP, _CURRENT = 2**15 - 1, 2**13 - 1  # of 16 bits; of I, which is shifted by 2 for a moment
_FINE, _HIGHEST = 512, 2**14  # thresholds
_BITS = (8, 16)  # of weights
# Cores with the large memory (x mod 4 < 2), within 15 hops of each other and of the western edge.
_PLACES = [(x, y) for y in range(16) for x in (0, 1, 4, 5, 8, 9, 12, 13) if (x, y) != (0, 0)]


class Darwin3(Target):
    """Darwin3."""

    title = "Darwin3 (Zhejiang University)"
    verified = (
        "not verified with the maker's tools: files run here by an interpreter of our own, to the "
        "states of the integer model; rounding and saturation of the chip are assumed"
    )
    peer = "darwin3"
    causes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "decay": ("P0", "P4"), "threshold": ("vth",), "bias": ("bias",),
    }  # fmt: skip
    limits: ClassVar[Mapping[str, Limit]] = {
        "kinds of synapse": Limit(1, "synaptic time constants a neuron", _PRESET, "third party"),
        "leaks": Limit(1, "leaks of one population", _PRESET, "third party"),
        "decays": Limit(1, "decays of synapses of one population", _PRESET, "third party"),
        "refractory": Limit(0, "refractory steps", _PRESET, "third party"),
        "delay": Limit(0, "steps of delay beyond the first", _TOOL, "third party"),
        "bias": Limit(_CURRENT, "bias, in units of the threshold's", _PRESET, "guess"),
        "current": Limit(_CURRENT, "largest current that can add up", _PRESET, "guess"),
        "neurons a core": Limit(_NEURONS, "neurons a core", _TOOL, "third party"),
        "cores": Limit(
            len(_PLACES), "large cores within 15 hops of each other and of the western edge",
            _TOOL, "third party",
        ),
        "dendrite memory": Limit(_DENDRITES, "words of 48 bits of a core", _TOOL, "third party"),
        "axon memory": Limit(_AXONS, "words of 26 bits of a core", _TOOL, "third party"),
        "step": Limit(2**28 * 2e-5, "ms, the longest step", _API, "third party"),
    }  # fmt: skip
    costs: ClassVar[Mapping[str, Cost]] = {
        "synaptic operation": Cost(5.47e-12, None, f"{_PAPER}, measured in the mean", "paper")
    }

    def check(self, normal: Normal) -> Iterable[Finding]:
        yield from (obstacle("model", o, "breaks") for o in normal.obstacles)
        yield from (obstacle("order", o, "warns") for o in normal.notes)
        normal = used(normal)
        for layer in normal.layers:
            yield from self._check_layer(layer, normal.dt)
        for s in normal.synapses:
            early, late = (s.latency.min(), s.latency.max()) if len(s) else (1, 1)
            yield self.at_most("delay", s.name, int(late) - 1, shortest(normal.dt))
            if early < 1:
                yield Finding(
                    "delay", s.name, "breaks", "a spike acts in the step in which it is found",
                    "delays of one step or more",
                )  # fmt: skip
        yield self.at_most("step", "network", normal.dt, "a shorter dt")
        if normal.dt < 512 * 2e-5:
            yield Finding(
                "step", "network", "breaks", f"{normal.dt:g} ms; steps last 0.01024 ms or longer",
                "a longer dt", source=_API, confidence="third party",
            )  # fmt: skip
        pieces = list(_cut(normal.layers))
        yield self.at_most("cores", "network", len(pieces), "fewer or smaller populations")
        if not any(self._breaks(layer, normal.dt) for layer in normal.layers):
            for layer in normal.layers:
                yield from self._check_scale(layer, normal)
            yield from self._check_memory(normal)

    def _check_layer(self, layer: Layer, dt: float) -> Iterable[Finding]:
        split = "one value for the population, or split it"
        yield self.at_most(
            "kinds of synapse", layer.name, len(layer.decays), "give all its synapses one tau"
        )
        yield self.at_most("leaks", layer.name, len(np.unique(_eighth(layer.leak))), split)
        decays = max((len(np.unique(_eighth(p))) for p in layer.decays), default=1)
        yield self.at_most("decays", layer.name, decays, split)
        yield self.at_most("refractory", layer.name, int(layer.held.max()), "t_ref=0*ms")
        if layer.drop is not None and not np.allclose(layer.drop, 1, rtol=1e-9):
            yield Finding(
                "reset", layer.name, "breaks", "a spike takes something else off than the way from "
                "the level of the reset to the threshold", "reset to a value, or by that",
                source=_TOOL, confidence="third party",
            )  # fmt: skip
        if layer.v.any() or layer.u.any():
            yield Finding(
                "start", layer.name, "warns", "states start from the level of the reset, and "
                "currents from 0", "let them start there", source=_API, confidence="third party",
            )  # fmt: skip
        for rule, p in (("leak", layer.leak), *(("decay", p) for p in layer.decays)):
            kept = _eighth(p) / 256
            with np.errstate(divide="ignore", invalid="ignore"):
                off = np.nan_to_num(np.abs(np.log(p) / np.log(kept) - 1), nan=0.0, posinf=1.0)
            if off.max() > 0.02:
                at = int(off.argmax())
                tau = -dt / np.log(kept[at]) if 0 < kept[at] < 1 else np.inf
                yield Finding(
                    rule, layer.name, "warns", f"in 8 bits a time constant becomes {tau:.4g} ms, "
                    f"which is {100 * off[at]:.3g}% off", "a longer dt", source=_PRESET,
                    confidence="third party",
                )  # fmt: skip

    def _breaks(self, layer: Layer, dt: float) -> bool:
        return any(f.verdict == "breaks" for f in self._check_layer(layer, dt))

    def _check_scale(self, layer: Layer, normal: Normal) -> Iterable[Finding]:
        vth, bits = _scale(layer, normal)
        if vth < 1:
            yield Finding(
                "threshold", layer.name, "breaks",
                "weights or constant currents are too large beside the threshold", "smaller ones",
                source=_TOOL, confidence="third party",
            )  # fmt: skip
            return
        coarse = vth < _FINE
        yield Finding(
            "threshold", layer.name, "warns" if coarse else "fits",
            f"{vth} units from reset to threshold" + ("; states are as coarse" if coarse else ""),
            "weights and currents that are smaller beside the threshold" if coarse else "",
            source=_PRESET, confidence="third party",
        )  # fmt: skip
        yield self.at_most(
            "bias", layer.name, vth * float(np.abs(layer.bias).max()), "a smaller constant current"
        )
        yield self.at_most(
            "current", layer.name, vth * _worst(layer, normal),
            "smaller weights, or fewer synapses: what is larger is cut off", "warns",
        )  # fmt: skip
        for s in normal.synapses:
            if s.target == layer.name:
                whole = np.rint(s.weight * vth)
                lost = int(((whole == 0) & (s.weight != 0)).sum())
                yield Finding(
                    "weights", s.name, "warns" if lost else "fits",
                    f"{lost} of {len(s)} become 0; of {bits} bits, the largest is "
                    f"{np.abs(whole).max(initial=0):.0f}",
                    "weights that differ less, or prune the small ones" if lost else "",
                    float(np.abs(whole).max(initial=0)), float(2 ** (bits - 1) - 1), _TOOL,
                    "third party",
                )  # fmt: skip

    def _check_memory(self, normal: Normal) -> Iterable[Finding]:
        chip = self.scale(normal)
        if any(one.parameters["vth"] < 1 for one in chip.layers):
            return
        for core in _cores(replace(self.round(chip), sources=normal.sources)):
            place = f"{core.layer}, core {core.x}-{core.y}"
            words = len(core.dendrite_words()) + core.size
            yield self.at_most("dendrite memory", place, words, "fewer synapses a population")
            words = len(core.axon_words())
            yield self.at_most("axon memory", place, words, "fewer, or smaller, target populations")

    def scale(self, normal: Normal) -> Chip:
        normal = used(normal)
        layers = []
        scales = {}
        for layer in normal.layers:
            vth, bits = _scale(layer, normal)
            scales[layer.name] = float(vth)
            parameters = {
                "P0": 256 * layer.leak[0],
                "P4": 256 * layer.decays[0][0] if len(layer.decays) else 0.0,
                "vth": float(vth), "bias": layer.bias * vth, "bits": bits,
                "subtract": int(layer.drop is not None),
            }  # fmt: skip
            zeros = np.zeros(layer.size)
            layers.append(
                ChipLayer(layer.name, layer.size, 1, parameters, {"i": zeros, "v": zeros})
            )
        synapses = tuple(
            ChipSynapses(f"{source}->{target}", source, target, 0, pre, post,
                         weight * scales[target], np.ones(len(pre), np.int64))
            for source, target, pre, post, weight in _merged(normal)
        )  # fmt: skip
        return Chip("darwin3", normal.dt, normal.sources, tuple(layers), synapses, False, 1)

    def round(self, real: Chip) -> Chip:
        layers = tuple(
            replace(
                one,
                parameters={
                    **one.parameters,
                    **{p: int(np.clip(np.rint(one.parameters[p]), 0, 255)) for p in ("P0", "P4")},
                    "vth": int(one.parameters["vth"]),
                    "bias": np.clip(np.rint(one.parameters["bias"]), -_CURRENT, _CURRENT)
                    .astype(np.int64),
                },
                start={x: v.astype(np.int64) for x, v in one.start.items()},
            )
            for one in real.layers
        )  # fmt: skip
        top = {one.name: 2 ** (one.parameters["bits"] - 1) - 1 for one in layers}
        synapses = tuple(
            replace(
                s,
                weight=np.clip(np.rint(s.weight), -top[s.target], top[s.target]).astype(np.int64),
            )
            for s in real.synapses
        )
        return replace(real, layers=layers, synapses=synapses, integer=True)

    def advance(
        self, layer: ChipLayer, state: State, arriving: Arrivals, integer: bool
    ) -> np.ndarray:
        p, xp = layer.parameters, operations(state["v"])
        if integer:
            i = _sixteen(_symmetric(state["i"] * p["P4"]) + _sixteen(arriving[0]))
            i = _sixteen(i << 2)
            v = _sixteen(_symmetric(state["v"] * p["P0"] + i * 64))
            i >>= 2
            v = _sixteen(v + p["bias"])
        else:
            i = state["i"] * (p["P4"] / 256) + arriving[0]
            v = state["v"] * (p["P0"] / 256) + i + p["bias"]
        spikes = v >= p["vth"]
        state["i"] = i
        state["v"] = xp.where(spikes, v - p["vth"] if p["subtract"] else 0, v)
        counts: np.ndarray = spikes.astype(xp.int64)
        return counts

    def write(self, chip: Chip, trace: Trace, folder: Path) -> None:
        place = folder / "config_files"
        place.mkdir()
        for name, text in emit(chip).items():
            (place / name).write_text(text, "utf-8")
        listing = "\n\n".join(
            f"{one.name}\n" + "\n".join(f"    {line}" for line, _ in _program(one))
            for one in chip.layers
        )
        (folder / "program.txt").write_text(listing + "\n", "utf-8")
        write_scripts(folder, "run_darwin3.py")


# ---- numbers -------------------------------------------------------------------------------------


def _symmetric(x: np.ndarray) -> np.ndarray:
    """x / 256, to the nearest; halves away from zero."""
    xp = operations(x)
    rounded: np.ndarray = xp.sign(x) * ((xp.abs(x) + 128) >> 8)
    return rounded


def _sixteen(x: np.ndarray) -> np.ndarray:
    clipped: np.ndarray = operations(x).clip(x, -_TOP - 1, _TOP)
    return clipped


def _eighth(p: np.ndarray) -> np.ndarray:
    """A decay in 8 bits."""
    return np.clip(np.rint(256 * p), 0, 255)


def _worst(layer: Layer, normal: Normal) -> float:
    """The largest current there can be: all sources of a neuron spike in every step."""
    up, down = np.zeros(layer.size), np.zeros(layer.size)
    for s in normal.synapses:
        if s.target == layer.name:
            up += np.bincount(s.post, np.maximum(s.weight, 0), layer.size)
            down += np.bincount(s.post, np.maximum(-s.weight, 0), layer.size)
    kept = np.minimum(layer.decays[0], 255 / 256) if len(layer.decays) else 0.0
    return float((np.maximum(up, down) / (1 - kept)).max())


def _scale(layer: Layer, normal: Normal) -> tuple[int, int]:
    """(threshold, bits of weights): 8 bits where these leave a fine threshold, else 16.

    The largest threshold at which no current can be cut off, but no coarser for it than _FINE.
    """
    largest = max((float(np.abs(weight).max(initial=0)) for _, target, _, _, weight
                   in _merged(normal) if target == layer.name), default=0.0)  # fmt: skip
    beta, worst = float(np.abs(layer.bias).max()), _worst(layer, normal)
    most = min(_HIGHEST, _CURRENT / beta if beta else np.inf)
    most = min(most, max(_CURRENT / worst, _FINE) if worst else np.inf)
    found = [
        (int(min(most, (2 ** (bits - 1) - 1) / largest if largest else np.inf)), bits)
        for bits in _BITS
    ]
    return next((one for one in found if one[0] >= _FINE), found[-1])


def _merged(
    normal: Normal,
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray, np.ndarray]]:
    """Source, target, pre, post and weight of all synapses between two groups, one a pair."""
    pairs = dict.fromkeys((s.source, s.target) for s in normal.synapses)
    sizes = normal.sizes()
    for source, target in pairs:
        mine = [s for s in normal.synapses if (s.source, s.target) == (source, target)]
        key = np.concatenate([s.pre.astype(np.int64) * sizes[target] + s.post for s in mine])
        distinct, back = np.unique(key, return_inverse=True)
        weight = np.bincount(
            np.ravel(back), np.concatenate([s.weight for s in mine]), len(distinct)
        )
        yield source, target, distinct // sizes[target], distinct % sizes[target], weight


# ---- cores and their memories --------------------------------------------------------------------


@dataclass(eq=False)
class _Core:
    """A core: part of a population, its dendrites (words by what a source reaches), its axons.

    dendrites: (id table, weight table) of each source that reaches it. targets: of each neuron, the
    cores and dendrites that its spikes go to.
    """

    x: int
    y: int
    layer: str
    first: int
    size: int
    bits: int
    tables: dict[tuple[str, tuple[int, ...]], int] = field(default_factory=dict)
    dendrites: dict[tuple[int, int, int], int] = field(default_factory=dict)
    targets: list[list[tuple[int, int, int]]] = field(default_factory=list)

    def dendrite(self, neurons: Sequence[int], weights: Sequence[int]) -> int:
        """The number of the dendrite with these synapses, made where it is new."""
        ids = self.tables.setdefault(("ids", tuple(neurons)), len(self.tables))
        values = self.tables.setdefault(("weights", tuple(weights)), len(self.tables))
        return self.dendrites.setdefault((ids, values, len(neurons)), len(self.dendrites))

    def dendrite_words(self) -> list[int]:
        """Of 48 bits: a word of each dendrite, the tables of neurons, those of weights."""
        at, starts = len(self.dendrites), {}
        words: list[int] = []
        for kind, bits in (("ids", 12), ("weights", self.bits)):
            for (what, values), table in self.tables.items():
                if what == kind:
                    starts[table] = at + len(words)
                    words += _packed(values, bits)
        heads = [
            starts[ids] << 32 | (length - 1) << 17 | starts[values] & 0xFFFF
            for ids, values, length in self.dendrites
        ]
        return heads + words

    def axon_words(self) -> list[int]:
        """Of 26 bits: a word of each neuron, then the lists of what its spikes reach."""
        heads: list[int] = []
        entries: list[int] = []
        for targets in self.targets:
            heads.append(self.size + len(entries) << 12)
            for k, (x, y, dendrite) in enumerate(targets):
                dx, dy = x - self.x, y - self.y
                entries.append(
                    (k == len(targets) - 1) << 25 | (dx < 0) << 24 | abs(dx) << 20
                    | (dy < 0) << 19 | abs(dy) << 15 | dendrite
                )  # fmt: skip
        return heads + entries


def _packed(values: Sequence[int], bits: int) -> list[int]:
    """Words of 48 bits that hold as many values as fit, from the top down."""
    many = 48 // bits
    words = []
    for k in range(0, len(values), many):
        word = 0
        for j, value in enumerate(values[k : k + many]):
            word |= (value & (1 << bits) - 1) << bits * (many - 1 - j)
        words.append(word)
    return words


def _cut(layers: Iterable[Layer | ChipLayer]) -> Iterator[tuple[str, int, int]]:
    """Name of the population, first neuron and size of what a core gets."""
    for layer in layers:
        for first in range(0, layer.size, _NEURONS):
            yield layer.name, first, min(_NEURONS, layer.size - first)


def _cores(chip: Chip) -> list[_Core]:
    """All cores, the network laid out on them."""
    bits = {one.name: one.parameters["bits"] for one in chip.layers}
    cores = [
        _Core(x, y, name, first, size, bits[name])
        for (x, y), (name, first, size) in zip(_PLACES, _cut(chip.layers), strict=False)
    ]
    for core in cores:
        core.targets = [[] for _ in range(core.size)]
    for source, pre, core, dendrite in _wires(chip, cores):
        for one in cores:
            if one.layer == source and one.first <= pre < one.first + one.size:
                one.targets[pre - one.first].append((core.x, core.y, dendrite))
    for core in cores:  # spikes leave by the western edge, where the host is
        for k, targets in enumerate(core.targets):
            targets.append((-1, core.y, k))
    return cores


def _wires(chip: Chip, cores: Iterable[_Core]) -> Iterator[tuple[str, int, _Core, int]]:
    """Source, neuron, core and the dendrite there. Makes the dendrites."""
    for core in cores:
        for s in chip.synapses:
            if s.target != core.layer:
                continue
            here = (s.post >= core.first) & (s.post < core.first + core.size) & (s.weight != 0)
            pre, post, weight = s.pre[here], s.post[here] - core.first, s.weight[here]
            order = np.lexsort((post, pre))
            starts = np.flatnonzero(np.diff(pre[order], prepend=-1))
            for mine in np.split(order, starts[1:]) if len(order) else ():
                dendrite = core.dendrite(post[mine].tolist(), weight[mine].tolist())
                yield s.source, int(pre[mine[0]]), core, dendrite


# ---- files ---------------------------------------------------------------------------------------


def _program(one: ChipLayer) -> list[tuple[str, int]]:
    """The program of a population's cores: each instruction as text and as a word of 16 bits."""
    bias = bool(np.any(one.parameters["bias"]))
    lines = [
        ("LSIS  LOAD  Vt I wgtsum" + " res" * bias, 16 << 11 | 0b1010100 | bias << 1),
        ("UPTIS I <- I*P4 + P9", 18 << 11 | 0b010 << 8),
        ("ADD   I, wgtsum", 0 << 11 | 2 << 7 | 4 << 3 | 1 << 2),
        ("SFTI  I, left 2", 4 << 11 | 2 << 7 | 1 << 4 | 2),
        ("UPTVT Vt <- P1 + Vt*P0 + wgtsum*P6 + I*P7", 17 << 11),
        ("SFTI  I, right 2", 4 << 11 | 2 << 7 | 1 << 6 | 1 << 4 | 2),
    ]
    if bias:
        lines.append(("ADD   Vt, res", 0 << 11 | 0 << 7 | 5 << 3 | 1 << 2))
    how = 2 if one.parameters["subtract"] else 1
    lines += [
        (f"GSPRS where Vt >= Vth: spike, Vt <- {'Vt - Vth' if how == 2 else '0'}",
         24 << 11 | 1 << 3 | 1 << 2 | how),
        ("LSIS  STORE Vt I", 16 << 11 | 1 << 10 | 0b1010000),
        ("NPC   the next neuron", 25 << 11),
    ]  # fmt: skip
    return lines


def _registers(core: _Core, one: ChipLayer, words: int) -> dict[int, int]:
    """The registers of a core that are not 0, by address."""
    p = one.parameters
    return {
        0x00: core.size - 1 << 4,  # CR_NEURONNUM
        0x01: max(len(core.dendrites) - 1, 0) << 16,  # CR_DENDRITENUM
        0x02: int(np.any(p["bias"])) << 1,  # CR_WORKMODE: res is kept
        0x08: (4 if core.bits == 16 else 0) << 24 | 0x80 | 8,  # CR_QA: symmetric rounding, 8 bits
        0x09: 0x20000003, 0x0A: 0xFFFFFFFF,  # CR_RANDMOD, CR_RANDSEED: not used
        0x11: p["P0"], 0x12: p["P4"] | 64 << 24,  # CR_CPARA, CR_CPARB: P0; P4 and P7
        0x1D: max(words - 1, 0) * 0x10001,  # CR_LINKSIZE
        0x801: p["vth"],  # R1
    }  # fmt: skip


def emit(chip: Chip) -> dict[str, str]:
    """The files of `config_files`, by name, of a chip in integers."""
    layers = {one.name: one for one in chip.layers}
    found: dict[str, str] = {}
    cores = _cores(chip)
    for core in cores:
        one, name = layers[core.layer], f"{core.x}-{core.y}"
        dendrites = core.dendrite_words()
        bias = np.broadcast_to(one.parameters["bias"], (one.size,))[core.first :][: core.size]
        found[f"{name}-de.txt"] = "".join(f"{word:012x}\n" for word in dendrites)
        found[f"{name}-ax.txt"] = "".join(f"{word:07x}\n" for word in core.axon_words())
        # Stored downwards from the top: I, Vth, res.
        states = (int(b) & 0xFFFF for b in bias[::-1])
        found[f"{name}-is.txt"] = "".join(f"{word:012x}\n" for word in states)
        registers = _registers(core, one, len(dendrites))
        lines = [f"# core ({core.x}, {core.y})"]
        addresses = [*range(0x20), *range(0x800, 0x810)]
        values = [(a, registers.get(a, 0)) for a in addresses]
        values += [(0x1000 + k, word) for k, (_, word) in enumerate(_program(one))]
        lines += [f"0 write {core.x} {core.y} 0x{a:04x} 0x{value:08x}" for a, value in values]
        for address, kind in ((0x8000, "ax"), (0x10000, "de"), (0x20000 - core.size, "is")):
            lines.append(f"0 write_ram {core.x} {core.y} 0x{address:05x} {name}-{kind}.txt")
        found[f"{name}-config.dwnc"] = "\n".join(lines) + "\n"
    for name in layers:
        mine = [core for core in cores if core.layer == name]
        places = {c.first + k: [c.x, c.y, k] for c in mine for k in range(c.size)}
        found[f"pop_{name}.json"] = json.dumps(places)
        back = {f"{x}, {y}, {k}": neuron for neuron, (x, y, k) in places.items()}
        found[f"output_neuron_pop_{name}.json"] = json.dumps(back)
    found["input_neuron.json"] = json.dumps(_inputs(chip, cores))
    return found


def _inputs(chip: Chip, cores: Iterable[_Core]) -> dict[int, list[Any]]:
    """By source, numbered one after the other: what its spikes reach."""
    ends = np.cumsum([0, *chip.sources.values()])
    firsts = {name: int(at) for name, at in zip(chip.sources, ends, strict=False)}
    found: dict[int, list[Any]] = {k: [] for k in range(int(ends[-1]))}
    for source, pre, core, dendrite in _wires(chip, cores):
        if source in firsts:
            entry = found[firsts[source] + pre]
            entry += [] if entry else [0, 0, []]
            entry[2].append([core.x, core.y, dendrite])
    return found

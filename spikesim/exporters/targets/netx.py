"""Loihi 2 by way of lava-dl's netx: one HDF5 file, network.net, that lava.lib.dl.netx loads.

Rule and numbers are those of loihi2. A file holds one chain of layers, with synapses within a layer
if it likes, weights of one scale a layer, and neurons that start from zero.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...errors import UnsupportedError
from ..artefact import write_scripts
from ..chip import Chip, ChipSynapses, Trace
from ..normal import Normal, Synapses, used
from ..target import Finding, Limit
from .loihi2 import Loihi2, scale_of

_NETX = "lava-dl 0.6.0, lib/dl/netx/hdf5.py"


class Netx(Loihi2):
    """Loihi 2, as a file of netx."""

    title = "Intel Loihi 2 (a netx file)"
    verified = (
        "loaded by lava-dl 0.6.0 and bit for bit in lava-nc 0.10.0, an emulator; not on a chip"
    )
    peer = "netx"
    exponents = (0,)
    limits: ClassVar[dict[str, Limit]] = {
        **Loihi2.limits,
        "delay": Limit(62, "steps of delay beyond the first", _NETX, "vendor code"),
        "bias": Limit(4095 << 6, "bias, 13 bits times 64", _NETX, "vendor code"),
        "sources": Limit(1, "groups of spike sources", _NETX, "vendor code"),
    }

    def check(self, normal: Normal) -> Iterable[Finding]:
        yield from super().check(_merged(normal))
        normal = _merged(used(normal))
        split = "let one group of sources feed one layer, and each layer the next"
        yield self.at_most("sources", "network", len(normal.sources), split)
        wrong = list(_off_chain(normal))
        for place, what in wrong:
            yield Finding("chain", place, "breaks", what, split, source=_NETX,
                          confidence="vendor code")  # fmt: skip
        for s in normal.synapses:
            pairs = s.pre.astype(np.int64) * (1 + s.post.max(initial=0)) + s.post
            recurrent = any(o.source == o.target == s.target for o in normal.synapses)
            slow = bool((s.latency > 1).any())
            if (slow and recurrent) or len(np.unique(pairs)) < len(np.unique(
                np.stack([pairs, s.latency]), axis=1).T):  # fmt: skip
                yield Finding(
                    "delay", s.name, "breaks",
                    "a layer with synapses of its own has delays" if recurrent else
                    "a pair has synapses of several delays",
                    "one step of delay for all" if recurrent else "one delay a pair",
                    source=_NETX, confidence="vendor code",
                )  # fmt: skip
        for layer in normal.layers:
            mine = [s for s in normal.synapses if s.target == layer.name]
            whole = 64 * (scale_of(layer, mine, self.exponents) or 131071)
            if any(np.rint(state * whole).any() for state in (layer.v, layer.u)):
                yield Finding(
                    "start", layer.name, "breaks", "neurons do not start from their reset value",
                    "start all of them from it, without a current",
                    source=_NETX, confidence="vendor code",
                )  # fmt: skip

    def scale(self, normal: Normal) -> Chip:
        return replace(super().scale(_merged(normal)), target="netx")

    def round(self, real: Chip) -> Chip:
        rounded = super().round(real)
        layers = []
        for one, exact in zip(rounded.layers, real.layers, strict=True):
            mantissa = np.rint(np.asarray(exact.parameters["bias"]) / 64).astype(np.int64)
            mantissa = np.broadcast_to(np.clip(mantissa, -4096, 4095), one.size)
            bias = {"bias": 64 * mantissa, "bias_mant": mantissa, "bias_exp": np.full(one.size, 6)}
            layers.append(replace(one, parameters={**one.parameters, **bias}))
        # The synapses of a layer are rounded together, its own and those from before.
        synapses = []
        for s, exact_s in zip(rounded.synapses, real.synapses, strict=True):
            mine = [o.weight for o in real.synapses if o.target == s.target]
            every = np.concatenate(mine)
            if (every > 0).any() and (every < 0).any():
                even = np.clip(2 * np.rint(exact_s.weight / 2), -256, 254).astype(np.int64)
                s = replace(s, weight=even)
            synapses.append(s)
        return replace(rounded, layers=tuple(layers), synapses=tuple(synapses))

    def write(self, chip: Chip, trace: Trace, folder: Path) -> None:
        write_net(chip, folder / "network.net")
        write_scripts(folder, "run_netx.py", "run_lava.py")


def write_net(chip: Chip, path: Path) -> None:
    """The file of a chip in integers; layer k of it has the attribute `name`."""
    try:
        h5py = importlib.import_module("h5py")
    except ImportError as fault:
        raise UnsupportedError(
            f"a netx file needs h5py, which can't be loaded ({fault}): pip install 'spikesim[nir]'"
        ) from fault
    sizes = dict(chip.sources) | {one.name: one.size for one in chip.layers}
    order = list(_order(chip.sources, chip.synapses))
    with h5py.File(path, "w") as file:

        def put(group: Any, **values: Any) -> None:
            for name, value in values.items():
                group.create_dataset(name, data=value)

        (source,) = chip.sources
        first = file.create_group("layer/0")
        first.attrs["name"] = source
        put(first, type=np.bytes_("input"), shape=np.array([sizes[source]]))
        for k, (before, name) in enumerate(zip([source, *order], order, strict=False), start=1):
            forward = _matrices(chip, before, name, sizes)
            own = [s for s in chip.synapses if s.source == s.target == name]
            layer, p = file.create_group(f"layer/{k}"), chip.layer(name).parameters
            layer.attrs["name"] = name
            put(
                layer, type=np.bytes_("dense_rec" if own else "dense"),
                shape=np.array([sizes[name]]), inFeatures=sizes[before], outFeatures=sizes[name],
                weight=forward[0],
            )  # fmt: skip
            if own:
                put(layer, weight_rec=_matrices(chip, name, name, sizes)[0])
            if forward[1].any():
                put(layer, delay=forward[1])
            if np.any(p["bias_mant"]):
                put(layer, bias=p["bias_mant"])
            put(
                layer.create_group("neuron"), type=np.bytes_("CUBA"), iDecay=p["du"] + 1,
                vDecay=p["dv"], vThMant=p["vth"], refDelay=1, gradedSpike=0,
            )  # fmt: skip


def _matrices(
    chip: Chip, source: str, target: str, sizes: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and delays [target, source]."""
    weight = np.zeros((sizes[target], sizes[source]), np.int32)
    delay = np.zeros_like(weight)
    for s in chip.synapses:
        if (s.source, s.target) == (source, target):
            weight[s.post, s.pre], delay[s.post, s.pre] = s.weight, s.latency - 1
    return weight, delay


def _merged(normal: Normal) -> Normal:
    """With all synapses of two groups together."""
    groups: dict[tuple[str, str, int], list[Synapses]] = {}
    for s in normal.synapses:
        groups.setdefault((s.source, s.target, s.kind), []).append(s)
    made = []
    for mine in groups.values():
        columns: dict[str, Any] = {
            word: np.concatenate([getattr(s, word) for s in mine])
            for word in ("pre", "post", "weight", "latency")
        }
        made.append(replace(mine[0], **columns))
    return replace(normal, synapses=tuple(made))


def _order(sources: Iterable[str], synapses: Iterable[Synapses | ChipSynapses]) -> Iterator[str]:
    """The layers along the chain that begins at the source."""
    following = {s.source: s.target for s in synapses if s.source != s.target}
    (name,) = sources
    while name in following:
        name = following.pop(name)
        yield name


def _off_chain(normal: Normal) -> Iterator[tuple[str, str]]:
    """Places that are not part of one chain, and what is wrong there."""
    into: dict[str, set[str]] = {one.name: set() for one in normal.layers}
    out: dict[str, set[str]] = {name: set() for name in (*normal.sources, *into)}
    for s in normal.synapses:
        if s.source != s.target:
            into[s.target].add(s.source)
            out[s.source].add(s.target)
    for name, before in into.items():
        if len(before) != 1:
            yield name, f"gets spikes from {len(before)} other groups, not from one"
    for name, after in out.items():
        if len(after) > 1:
            yield name, f"sends spikes to {len(after)} other groups, not to one"
    chain = set(_order(normal.sources, normal.synapses)) if len(normal.sources) == 1 else set()
    for name in into.keys() - chain:
        if len(into[name]) == 1:
            yield name, "is not reached from the source"

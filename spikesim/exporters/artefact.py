"""The folder that an export writes: the network in the target's numbers, and golden vectors.

network.json, network.npz   layers, synapses, parameters
vectors.npz                 spikes of the sources; spikes and states that they must give
fit.json, fit.txt           the report of the fit
and what the target adds: scripts, files of its own tools
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..errors import FileError
from ..files import checked_path, layout_fault
from .chip import Chip, ChipLayer, ChipSynapses, Trace

_FORMAT, _VERSION = "spikesim chip", 1


@contextmanager
def new_folder(path: Any) -> Iterator[Path]:
    """A folder to write to, which takes the place `path` at the end, or is gone if anything fails.

    Raises FileError where something is there already, or the system won't write.
    """
    target = Path(checked_path(path, "path"))
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileError(f"{str(path)!r} is there already; name a folder that is new or empty")
    draft = target.with_name(f".{target.name}-{uuid.uuid4().hex[:12]}")
    try:
        draft.mkdir(parents=True)
        yield draft
        os.replace(draft, target)
    except OSError as fault:
        raise FileError(f"can't write {str(path)!r}: {fault.strerror or fault}") from fault
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_network(chip: Chip, folder: Path) -> None:
    """network.json and network.npz."""
    arrays: dict[str, np.ndarray] = {}
    layers, synapses = [], []
    for one in chip.layers:
        numbers = {}
        for name, value in {**one.parameters, **one.start}.items():
            if np.ndim(value) == 0 and name in one.parameters:
                numbers[name] = np.asarray(value).item()
            else:
                full = np.broadcast_to(np.asarray(value), (one.size,))
                arrays[f"layers/{one.name}/{name}"] = full
        layers.append(
            {"name": one.name, "size": one.size, "kinds": one.kinds, "parameters": numbers}
        )
    for k, s in enumerate(chip.synapses):
        for word in ("pre", "post", "latency", "weight"):
            arrays[f"synapses/{k}/{word}"] = getattr(s, word).astype(np.int32)
        synapses.append(
            {"name": s.name, "source": s.source, "target": s.target, "kind": s.kind,
             "exponent": s.exponent}
        )  # fmt: skip
    text = {
        "format": _FORMAT, "format version": _VERSION, "version": __version__,
        "target": chip.target, "dt in ms": chip.dt, "sources": dict(chip.sources),
        "most spikes of a source in a step": chip.most,
        "layers": layers, "synapses": synapses,
    }  # fmt: skip
    (folder / "network.json").write_text(json.dumps(text, indent=1), "utf-8")
    np.savez_compressed(folder / "network.npz", **arrays)  # type: ignore[arg-type]


def read_network(folder: Path, start: Iterable[str]) -> Chip:
    """The network of a folder; `start` names the states. Raises FileError."""
    try:
        text = json.loads((folder / "network.json").read_text("utf-8"))
        fault = layout_fault(text, _FORMAT, _VERSION)
        if fault:
            raise FileError(f"{str(folder)!r}: {fault}")
        with np.load(folder / "network.npz") as found:
            arrays = {k: found[k].astype(np.int64) for k in found.files}
        layers = tuple(_layer(one, arrays, frozenset(start)) for one in text["layers"])
        synapses = tuple(_synapses(k, s, arrays) for k, s in enumerate(text["synapses"]))
        most = text.get("most spikes of a source in a step")
        return Chip(text["target"], text["dt in ms"], text["sources"], layers, synapses, True, most)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
        if isinstance(fault, FileError):
            raise
        raise FileError(f"{str(folder)!r} holds no exported network: {fault}") from fault


def _layer(text: dict[str, Any], arrays: dict[str, np.ndarray], start: frozenset[str]) -> ChipLayer:
    prefix = f"layers/{text['name']}/"
    mine = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
    states = {x: v for x, v in mine.items() if x in start}
    others = {x: v for x, v in mine.items() if x not in start}
    return ChipLayer(
        text["name"], text["size"], text["kinds"], {**text["parameters"], **others}, states
    )


def _synapses(k: int, text: dict[str, Any], arrays: dict[str, np.ndarray]) -> ChipSynapses:
    pre, post, weight, latency = (
        arrays[f"synapses/{k}/{word}"] for word in ("pre", "post", "weight", "latency")
    )
    where = text["name"], text["source"], text["target"], text["kind"]
    return ChipSynapses(*where, pre, post, weight, latency, text["exponent"])


def write_scripts(folder: Path, *names: str) -> None:
    """Files of exporters/scripts, and what all of them need to compare with golden vectors."""
    scripts = files("spikesim.exporters").joinpath("scripts")
    for name in (*names, "golden.py"):
        (folder / name).write_text(scripts.joinpath(name).read_text("utf-8"), "utf-8")


def write_vectors(trace: Trace, folder: Path) -> None:
    """vectors.npz."""
    arrays: dict[str, np.ndarray] = {f"spikes/{g}": _small(s) for g, s in trace.spikes.items()}
    for layer, states in trace.states.items():
        arrays |= {f"states/{layer}/{x}": v.astype(np.int32) for x, v in states.items()}
    np.savez_compressed(folder / "vectors.npz", **arrays)  # type: ignore[arg-type]


def _small(spikes: np.ndarray) -> np.ndarray:
    return spikes.astype(np.uint8 if spikes.max(initial=0) < 256 else np.int32)


def read_vectors(folder: Path) -> Trace:
    """The golden vectors. Raises FileError."""
    spikes: dict[str, np.ndarray] = {}
    states: dict[str, dict[str, np.ndarray]] = {}
    try:
        with np.load(folder / "vectors.npz") as found:
            for key in found.files:
                kind, _, name = key.partition("/")
                if kind == "spikes":
                    spikes[name] = found[key].astype(np.int64)
                else:
                    layer, _, state = name.partition("/")
                    states.setdefault(layer, {})[state] = found[key].astype(np.int64)
        return Trace(spikes, states)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as fault:
        raise FileError(f"{str(folder)!r} holds no golden vectors: {fault}") from fault

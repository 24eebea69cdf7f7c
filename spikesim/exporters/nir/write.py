"""A Network becomes a NIR graph: faithful to its equations, or to what a reader makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...build import build
from ...errors import DescriptionError
from .. import artefact
from ..canonical import Circuit, recognise
from ..chip import Trace
from ..normal import Normal, Synapses, normal_form, used
from ..report import Fit
from ..sampled import sample
from . import faithful, readers
from .files import distinct, library, metadata, save, unused
from .reader import Made, Reader

if TYPE_CHECKING:
    from ...network import Network

_SECOND = 1000.0  # ms
_OLD = "1.0.4"


def profiles() -> dict[str, str]:
    """The readers that there is a profile for, and what each gives."""
    found = {name: readers.find(name) for name in readers.names()}
    return {name: f"{r.title}: {r.exact}" for name, r in found.items()}


def fit_nir(network: Network, profile: Any = "", compat: str = "") -> Fit:
    """Can NIR, or a reader of it, have the network? Nothing is raised for one that does not fit.

    profile, compat: see `write_nir`. Raises UnknownNameError for an unknown profile, and what
    `build` raises.
    """
    return _fit(recognise(build(network)), profile, compat)[0]


def write_nir(network: Network, path: Any, profile: Any = "", compat: str = "") -> dict[str, int]:
    """Write a NIR file, in seconds and bare numbers.

    profile: a reader's name, or a Reader; the file then holds the numbers with which that reader
    computes the network's own steps. Without one, they are those of the equations, and `read_nir`
    gives the same network again. compat: "1.0.4" for readers that come with that version of the
    package nir, such as sinabs; a profile knows by itself. Returns by population how many steps
    earlier the reader has its spikes.

    Raises UnfitError with all that NIR, or the reader, can't say; nothing is written then.
    """
    circuit = recognise(build(network))
    report, normal = _fit(circuit, profile, compat)
    report.require()
    if normal is None:
        save(faithful.graph(circuit), path, compat == _OLD)
        return {name: 0 for name in circuit.cells}
    reader = readers.find(profile)
    save(_graph(reader, normal), path, reader.old or compat == _OLD)
    return reader.ahead(normal)


def export_nir(network: Network, path: Any, profile: Any, duration: Any, seed: Any = None) -> Fit:
    """Write a folder with net.nir for a reader, the report, and golden vectors, with which
    run_nir.py compares what the reader computes.

    duration: of model time, for the golden vectors: spikes of the source, and those that they give
    here. Raises UnfitError where the network does not fit, FileError where the folder is there
    already or can't be written; then nothing is.
    """
    reader = readers.find(profile)
    report, normal = _fit(recognise(build(network)), profile, "")
    report.require()
    assert normal is not None  # of a reader there is one
    run = sample(network, duration, seed)
    onward = {s.source for s in normal.synapses if s.source != s.target}
    (last,) = (layer.name for layer in normal.layers if layer.name not in onward)
    (source,) = normal.sources
    facts = {
        "reader": _name(reader), "source": source, "output": last,
        "ahead": reader.ahead(normal)[last], "dt in s": normal.dt / _SECOND,
    }  # fmt: skip
    with artefact.new_folder(path) as folder:
        save(_graph(reader, normal), folder / "net.nir", reader.old)
        artefact.write_vectors(Trace({**run.sources, **run.cells}, {}), folder)
        (folder / "nir.json").write_text(json.dumps(facts, indent=1), "utf-8")
        report.write(folder)
        artefact.write_scripts(folder, "run_nir.py")
    return report


def _fit(circuit: Circuit, profile: Any, compat: str) -> tuple[Fit, Normal | None]:
    """The report, and for a reader the normal form."""
    if compat not in ("", _OLD):
        raise DescriptionError(f"compat is {compat!r:.40}; expected '' or {_OLD!r}")
    if not profile:
        found = tuple(faithful.check(circuit, compat == _OLD))
        return Fit.of("nir", faithful.Faithful(), found), None
    reader = readers.find(profile)
    normal = used(normal_form(circuit))
    return Fit.of(_name(reader), reader, tuple(reader.check(normal))), normal


def _name(reader: Reader) -> str:
    return type(reader).__module__.rpartition(".")[2]


def _graph(reader: Reader, normal: Normal) -> Any:
    """The graph for a reader, of a network that fits it: one input, one output."""
    nir = library()
    dt = normal.dt / _SECOND if reader.step is None else reader.step
    made = {layer.name: reader.make(nir, layer, dt) for layer in normal.layers}
    names = distinct(made, r"\W", ("input", "output")) | dict.fromkeys(normal.sources, "input")
    sizes = normal.sizes()
    nodes: dict[str, Any] = {names[name]: one.node for name, one in made.items()}
    nodes["input"] = nir.Input(input_type={"input": np.array([sizes[s] for s in normal.sources])})
    edges: list[tuple[str, str]] = []
    biased: set[str] = set()
    for (source, target), weight in _weights(normal, made).items():
        weight = weight.T if reader.transposed else weight
        bias, drive = np.zeros(sizes[target]), made[target].bias
        if source != target and target not in biased and drive is not None:
            bias, biased = bias + drive, biased | {target}
        node = nir.Linear(weight) if reader.weights == "Linear" else nir.Affine(weight, bias)
        linear = unused(f"w_{names[source]}_{names[target]}", nodes)
        a, b = names[source], names[target]
        if source == target and reader.loops == "graph":
            nodes[b] = _looped(nir, nodes[b], node, sizes[target])
            continue
        nodes[linear] = node
        if source == target and reader.loops == "twice":
            same = unused(f"{linear}_same", nodes)
            nodes[same] = nir.Linear(np.eye(sizes[target]))
            edges += [(a, same), (same, linear), (linear, b)]
        else:
            edges += [(a, linear), (linear, b)]
    onward = {s.source for s in normal.synapses if s.source != s.target}
    (last,) = (layer.name for layer in normal.layers if layer.name not in onward)
    nodes["output"] = nir.Output(output_type={"output": np.array([sizes[last]])})
    edges.append((names[last], "output"))
    return nir.NIRGraph(
        nodes=nodes, edges=edges, type_check=False, metadata=metadata(normal.dt / _SECOND)
    )


def _weights(normal: Normal, made: Mapping[str, Made]) -> dict[tuple[str, str], np.ndarray]:
    """The matrix [target, source] of each pair of groups, as the reader has it. Loops come first:
    nirtorch goes depth first and takes the last node for the output."""
    sizes = normal.sizes()
    loops = [_itself(name, one.loop) for name, one in made.items() if one.loop is not None]
    found: dict[tuple[str, str], np.ndarray] = {}
    for s in sorted([*normal.synapses, *loops], key=lambda s: s.source != s.target):
        shape = sizes[s.target], sizes[s.source]
        weight = found.setdefault((s.source, s.target), np.zeros(shape))
        np.add.at(weight, (s.post, s.pre), s.weight * made[s.target].gain[s.post])
    return found


def _itself(name: str, weight: np.ndarray) -> Synapses:
    """A synapse of each neuron on itself."""
    at = np.arange(len(weight))
    return Synapses(name, name, name, 0, at, at, weight, np.ones(len(at), np.int64))


def _looped(nir: Any, neurons: Any, weights: Any, size: int) -> Any:
    """A layer with synapses on itself as a graph of its own."""
    nodes = {
        "input": nir.Input(input_type={"input": np.array([size])}), "neurons": neurons,
        "loop": weights, "output": nir.Output(output_type={"output": np.array([size])}),
    }  # fmt: skip
    edges = [("input", "neurons"), ("neurons", "loop"), ("loop", "neurons"), ("neurons", "output")]
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)

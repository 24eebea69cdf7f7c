"""A Network becomes a NIR graph: faithful to its equations, or to what a reader makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array

from ... import __version__
from ...build import build
from ...errors import DescriptionError, UnfitError, UnknownNameError, did_you_mean, raise_all
from ..canonical import Cell, Circuit, Wire, recognise
from ..normal import Normal, normal_form, used
from .files import distinct, library, save
from .profiles import PROFILES, Profile

if TYPE_CHECKING:
    from ...network import Network

_SECOND = 1000.0  # ms


def profiles() -> dict[str, str]:
    """The readers that there is a profile for, and what each gives."""
    return {name: f"{p.title}: {p.exact}" for name, p in PROFILES.items()}


def write_nir(network: Network, path: Any, profile: str = "") -> dict[str, int]:
    """Write a NIR file, in seconds and bare numbers.

    profile: a reader; the file then holds the numbers with which that reader computes the network's
    own steps. Without one, they are those of the equations, and `read_nir` gives the same network
    again. Returns by population how many steps earlier the reader has its spikes.

    Raises UnfitError with all that NIR, or the reader, can't say; nothing is written then.
    """
    if profile and profile not in PROFILES:
        raise UnknownNameError(
            f"unknown profile {profile!r:.40}; {did_you_mean(profile, PROFILES)}"
        )
    circuit = recognise(build(network))
    if not profile:
        save(_faithful(circuit), path)
        return {name: 0 for name in circuit.cells}
    chosen = PROFILES[profile]
    normal = normal_form(circuit, "reset" if chosen.resets == "value" else "rest")
    normal = used(normal)
    _require(_against(normal, chosen), chosen.title)
    depth = _depths(normal) if chosen.layered else {}
    nir, dt = library(), circuit.dt / _SECOND
    nodes: dict[str, Any] = {}
    made = {layer.name: chosen.make(nir, layer, dt) for layer in normal.layers}
    names = distinct([*normal.sources, *made], r"\W")
    for name, (node, _) in made.items():
        nodes[names[name]] = node
    edges: list[tuple[str, str]] = []
    sizes = normal.sizes()
    # nirtorch goes depth first and takes the last node for the output: loops come before the rest.
    loops_first = sorted(normal.synapses, key=lambda s: s.source != s.target)
    for k, s in enumerate(loops_first):
        weight = np.zeros((sizes[s.target], sizes[s.source]))
        np.add.at(weight, (s.post, s.pre), s.weight)
        weight *= made[s.target][1][:, None]
        linear = f"w{k}_{names[s.source]}_{names[s.target]}"
        zeros = np.zeros(len(weight))
        nodes[linear] = nir.Affine(weight, zeros) if chosen.affine else nir.Linear(weight)
        edges += [(names[s.source], linear), (linear, names[s.target])]
    save(_graph(nir, nodes, edges, normal.sources, sizes, names, circuit.dt), path, chosen.old)
    return {name: depth.get(name, 0) for name in made}


def _require(faults: Iterable[str], title: str) -> None:
    found = list(faults)
    if found:
        raise UnfitError(
            f"{title} can't have this network; nothing is written:\n  " + "\n  ".join(found)
        )


def _graph(
    nir: Any, nodes: dict[str, Any], edges: list[tuple[str, str]], sources: Mapping[str, int],
    sizes: Mapping[str, int], names: Mapping[str, str], dt: float,
) -> Any:  # fmt: skip
    """The graph with its inputs and outputs."""
    ends: dict[str, Any] = {
        names[s]: nir.Input(input_type={"input": np.array([n])}) for s, n in sources.items()
    }
    linear = {name for name in nodes if hasattr(nodes[name], "weight")}
    onward = {a for a, b in edges if any(c == b and d != a for c, d in edges if c in linear)}
    for name, group in ((names[g], g) for g in sizes if g not in sources):
        if name not in onward:
            out = f"{name}_out" if len(sizes) > len(sources) + 1 else "output"
            ends[out] = nir.Output(output_type={"output": np.array([sizes[group]])})
            edges.append((name, out))
    metadata = {"dt in s": dt / _SECOND, "written by": f"spikesim {__version__}"}
    return nir.NIRGraph(nodes={**ends, **nodes}, edges=edges, type_check=False, metadata=metadata)


def _faithful(circuit: Circuit) -> Any:
    """The graph of the equations themselves. Raises UnfitError."""
    nir, dt = library(), circuit.dt / _SECOND
    faults = [f"{o.place}: {o.what}; {o.remedy}" for o in circuit.obstacles]
    for cell in circuit.cells.values():
        faults += [f"{cell.name}: {text}" for text in _unsaid(cell)]
    kinds = {len(_currents(cell)) for cell in circuit.cells.values()}
    if kinds == {0, 1}:
        faults.append("populations with and without synaptic currents in one network")
    if 0 in kinds and not circuit.early:
        faults.append("jumps of v that come after the threshold; Network(order='nest')")
    for wire in circuit.wires:
        if len(circuit.cells[wire.target].states) == 2 and wire.state != _current(circuit, wire):
            faults.append(f"{wire.name}: jumps of v beside synaptic currents; one or the other")
    _require(faults, "NIR")
    names = distinct([*circuit.sources, *circuit.cells], r"\W")
    nodes: dict[str, Any] = {}
    for cell in circuit.cells.values():
        nodes[names[cell.name]] = _node(nir, cell, dt)
    edges: list[tuple[str, str]] = []
    sizes = dict(circuit.sources) | {c.name: c.size for c in circuit.cells.values()}
    for k, wire in enumerate(circuit.wires):
        late = wire.delay - (1 if kinds == {0} else 0)
        for j, steps in enumerate(np.unique(late)):
            at = late == steps
            weight = coo_array(
                (wire.weight[at], (wire.post[at], wire.pre[at])),
                shape=(sizes[wire.target], sizes[wire.source]),
            ).toarray()
            linear = f"w{k}_{j}_{names[wire.source]}_{names[wire.target]}"
            nodes[linear] = nir.Linear(weight=weight)
            before = names[wire.source]
            if steps:
                nodes[f"{linear}_delay"] = nir.Delay(np.full(sizes[wire.source], steps * dt))
                edges.append((before, f"{linear}_delay"))
                before = f"{linear}_delay"
            edges += [(before, linear), (linear, names[wire.target])]
    return _graph(nir, nodes, edges, circuit.sources, sizes, names, circuit.dt)


def _current(circuit: Circuit, wire: Wire) -> str:
    return circuit.cells[wire.target].states[1]


def _currents(cell: Cell) -> list[int]:
    return list(range(1, len(cell.states)))


def _unsaid(cell: Cell) -> Iterable[str]:
    """What NIR has no word for."""
    if cell.held.any():
        yield "a refractory period; t_ref=0*ms"
    if cell.method != "exact":
        yield f"the method {cell.method!r}; leave it to be chosen"
    if len(cell.states) > 2:
        yield "more than one synaptic time constant; one for all its synapses"
    if cell.R[:, 0].any():
        yield "a reset that takes a fixed amount off; 'v = V_reset'"
    normal = normal_form(Circuit(1.0, False, {}, {cell.name: cell}, (), ()))
    for o in normal.obstacles:
        yield f"{o.what}; {o.remedy}"
    leaks = cell.A[:, 0, 0] != 0
    if not leaks.all() and (leaks.any() or len(cell.states) > 1 or cell.b.any()):
        yield "a potential that does not leak, with currents"
    if cell.start.any():
        yield "an initial state other than 0 in each variable; start from 0, with E_L = 0"


def _node(nir: Any, cell: Cell, dt: float) -> Any:
    """LIF, IF or CubaLIF; weights are jumps of the state that they arrive at."""
    ones = np.ones(cell.size)
    a = cell.A[:, 0, 0] * _SECOND
    # v >= theta is v > the number before theta.
    above = np.nextafter(cell.threshold, -np.inf) if cell.inclusive else cell.threshold
    common = {"v_threshold": above, "v_reset": cell.r[:, 0]}
    if (a == 0).all() and len(cell.states) == 1 and not cell.b.any():
        return nir.IF(r=ones / dt, **common)
    tau = -1 / a
    leak = cell.b[:, 0] * _SECOND * tau
    if len(cell.states) == 1:
        return nir.LIF(tau=tau, r=tau / dt, v_leak=leak, **common)
    tau_syn = -1 / (cell.A[:, 1, 1] * _SECOND)
    return nir.CubaLIF(
        tau_mem=tau, tau_syn=tau_syn, r=cell.A[:, 0, 1] * _SECOND * tau, v_leak=leak,
        w_in=tau_syn / dt, **common,
    )  # fmt: skip


def _against(normal: Normal, profile: Profile) -> Iterable[str]:
    """What a reader can't have."""
    yield from (f"{o.place}: {o.what}; {o.remedy}" for o in normal.obstacles)
    for layer in normal.layers:
        if layer.held.any():
            yield f"{layer.name}: a refractory period; t_ref=0*ms"
        if len(layer.decays) > 1:
            yield f"{layer.name}: more than one synaptic time constant; one for all its synapses"
        subtracts = layer.drop is not None and not np.isnan(layer.drop).any()
        if subtracts != (profile.resets == "subtract"):
            word = "'v -= V_th'" if profile.resets == "subtract" else "'v = V_reset'"
            yield f"{layer.name}: it resets in another way; {word}"
        elif subtracts and not np.allclose(np.asarray(layer.drop), 1):
            yield f"{layer.name}: a spike takes off another amount than the threshold"
        yield from (f"{layer.name}: {text}" for text in profile.against(layer))
    for s in normal.synapses:
        if (s.latency != 1).any():
            yield f"{s.name}: delays; the shortest there is, for all"
    if profile.layered and not normal.obstacles:
        yield from _against_layers(normal)


def _against_layers(normal: Normal) -> Iterable[str]:
    """What nirtorch, which these readers stand on, makes something else of."""
    if len(normal.sources) != 1:
        yield f"{len(normal.sources)} sources; it reads one input"
    try:
        depth = _depths(normal)
    except DescriptionError as fault:
        yield str(fault)
        return
    yield from (f"{one.name}: nothing drives it" for one in normal.layers if one.name not in depth)
    onward = {s.source for s in normal.synapses if s.source != s.target}
    last = [one.name for one in normal.layers if one.name not in onward]
    if len(last) != 1:
        yield f"{', '.join(last)}: it has one output, the last layer"
    for s in normal.synapses:
        if s.source == s.target and s.source in last:
            yield f"{s.name}: a loop at the output, whose weights it takes for the output"


def _depths(normal: Normal) -> dict[str, int]:
    """How many layers lie before each. Raises DescriptionError where ways differ in length."""
    depth = dict.fromkeys(normal.sources, 0)
    todo = [(s.source, s.target) for s in normal.synapses if s.source != s.target]
    while todo:
        known = [(a, b) for a, b in todo if a in depth]
        if not known:
            raise_all("", [DescriptionError(f"{todo[0][0]}: nothing drives it but what it drives")])
        for a, b in known:
            if depth.setdefault(b, depth[a] + 1) != depth[a] + 1:
                raise DescriptionError(
                    f"{b}: spikes get to it through more and through fewer layers, or from a later "
                    "one; this reader has no delay between layers"
                )
            todo.remove((a, b))
    return depth

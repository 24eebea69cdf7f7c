"""The NIR graph of a network's own equations, which `read_nir` makes the same network of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import coo_array

from ..canonical import Cell, Circuit, Wire
from ..normal import normal_form
from ..target import Finding, Fitted, obstacle
from .files import distinct, library, metadata, unused

_SECOND = 1000.0  # ms


class Faithful(Fitted):
    """The format itself, by no reader's rules."""

    title = "NIR"
    verified = "by reading it again"
    limits: ClassVar[dict[str, Any]] = {}


def check(circuit: Circuit, old: bool = False) -> Iterable[Finding]:
    """All that the format can't say. old: nor nir 1.0.4."""
    for o in circuit.obstacles:
        yield obstacle("model", o, "breaks")
    kinds = {len(_currents(cell)) for cell in circuit.cells.values()}
    faults = [(cell.name, text) for cell in circuit.cells.values() for text in _unsaid(cell)]
    if kinds == {0, 1}:
        faults.append(
            ("the network", "populations with and without synaptic currents; one or the other")
        )
    if 0 in kinds and not circuit.early:
        faults.append(
            ("the network", "jumps of v that come after the threshold; Network(order='nest')")
        )
    for wire in circuit.wires:
        if len(circuit.cells[wire.target].states) == 2 and wire.state != _current(circuit, wire):
            faults.append((wire.name, "jumps of v beside synaptic currents; one or the other"))
    for cell in circuit.cells.values():
        if old and cell.r[:, 0].any():
            faults.append((cell.name, "a reset to other than 0, unknown to nir 1.0.4; 0"))
    for place, text in faults:
        detail, _, remedy = text.partition("; ")
        yield Finding("equations", place, "breaks", detail, remedy)
    for name in circuit.cells.keys() - {place for place, _ in faults}:
        yield Finding("equations", name, "fits", "LIF, IF or CubaLIF")


def graph(circuit: Circuit) -> Any:
    """The graph of a circuit that fits."""
    nir, dt = library(), circuit.dt / _SECOND
    kinds = {len(_currents(cell)) for cell in circuit.cells.values()}
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
            linear = unused(f"w{k}_{j}_{names[wire.source]}_{names[wire.target]}", nodes)
            nodes[linear] = nir.Linear(weight=weight)
            before = names[wire.source]
            if steps:
                slow = unused(f"{linear}_delay", nodes)
                nodes[slow] = nir.Delay(np.full(sizes[wire.source], steps * dt))
                edges.append((before, slow))
                before = slow
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
        yield "a potential that does not leak, with currents; a finite tau_m"
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
            out = unused(out, {**nodes, **ends})
            ends[out] = nir.Output(output_type={"output": np.array([sizes[group]])})
            edges.append((name, out))
    return nir.NIRGraph(
        nodes={**ends, **nodes}, edges=edges, type_check=False, metadata=metadata(dt / _SECOND)
    )

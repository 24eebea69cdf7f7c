"""A network in PyNN's terms: standard cells, lists of connections, sources of spikes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..canonical import Cell, Circuit, Obstacle, Wire
from .cells import Arrivals, Receptor, standard_cell


@dataclass(frozen=True, eq=False)
class Population:
    """A population: parameters and initial values [n], in PyNN's units."""

    name: str
    size: int
    celltype: str
    parameters: Mapping[str, np.ndarray]
    start: Mapping[str, np.ndarray]
    conductances: bool
    method: str


@dataclass(frozen=True, eq=False)
class Projection:
    """Connections onto one receptor; arrays [n].

    weight: nA, uS, or mV of jumps; negative for inhibitory currents and jumps. delay: steps.
    """

    name: str
    source: str
    target: str
    receptor: str
    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    delay: np.ndarray

    def __len__(self) -> int:
        return len(self.pre)


@dataclass(frozen=True, eq=False)
class PyNetwork:
    """A network that PyNN can have, and what of it PyNN can't.

    dt in ms. sources: their sizes. rates [size]: in 1/ms, of those that are Poisson processes.
    notes: what differs, though it runs.
    """

    dt: float
    sources: Mapping[str, int]
    rates: Mapping[str, np.ndarray]
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    obstacles: tuple[Obstacle, ...]
    notes: tuple[Obstacle, ...]


def describe(circuit: Circuit) -> PyNetwork:
    """A circuit, recognised with `beyond=True`, in PyNN's terms."""
    obstacles, notes = list(circuit.obstacles), []
    populations: list[Population] = []
    receptors: dict[str, Mapping[str, Receptor]] = {}
    for cell in circuit.cells.values():
        arrivals = _arrivals(w for w in circuit.wires if w.target == cell.name)
        found = standard_cell(cell, arrivals, circuit.dt)
        if isinstance(found, list):
            obstacles += found
            continue
        obstacles += _against(cell, found.celltype)
        receptors[cell.name] = found.receptors
        populations.append(
            Population(
                cell.name, cell.size, found.celltype, found.parameters, found.start,
                found.conductances, cell.method,
            )
        )  # fmt: skip
    projections: list[Projection] = []
    for wire in circuit.wires:
        if wire.target not in receptors:
            continue
        projections += _projections(wire, receptors[wire.target][wire.state])
        if not circuit.early and wire.state == circuit.cells[wire.target].states[0]:
            notes.append(
                Obstacle(
                    wire.name,
                    "here a jump that arrives in the step of a spike is lost, and the others come "
                    "after the threshold was looked at",
                    "Network(order='nest'), which is the order of pyNN.nest",
                )
            )
    return PyNetwork(
        circuit.dt, circuit.sources, circuit.rates, tuple(populations), tuple(projections),
        tuple(obstacles), tuple(notes),
    )  # fmt: skip


def _arrivals(wires: Iterable[Wire]) -> dict[str, Arrivals]:
    found: dict[str, Arrivals] = {}
    for wire in wires:
        before = found.get(wire.state, Arrivals(False, False))
        found[wire.state] = Arrivals(
            before.positive or bool((wire.weight > 0).any()),
            before.negative or bool((wire.weight < 0).any()),
        )
    return found


def _against(cell: Cell, celltype: str) -> Iterable[Obstacle]:
    """What PyNN's simulators do otherwise, whatever the parameters are."""
    if celltype.startswith(("IF_curr", "Izhikevich")):
        own = "euler" if celltype == "Izhikevich" else "exact"
        if cell.method != own:
            yield Obstacle(
                cell.name, f"it is integrated by {cell.method!r}; PyNN's {celltype} by {own!r}",
                "leave the method to be chosen",
            )  # fmt: skip
    if celltype == "IF_curr_delta" and cell.held.any() and not cell.drops[0]:
        yield Obstacle(
            cell.name, "jumps that arrive in its refractory period are kept",
            "let them be dropped, as '(unless refractory)' does",
        )  # fmt: skip


def _projections(wire: Wire, receptor: Receptor) -> Iterable[Projection]:
    """One for either sign of the weights."""
    weight = np.asarray(receptor.gain)[wire.post] * wire.weight
    both = bool((weight < 0).any()) and bool((weight >= 0).any())
    for chosen, name in ((weight >= 0, receptor.positive), (weight < 0, receptor.negative)):
        if chosen.any():
            suffix = f" {name}" if both else ""
            yield Projection(
                wire.name + suffix, wire.source, wire.target, name, wire.pre[chosen],
                wire.post[chosen], weight[chosen], wire.delay[chosen],
            )  # fmt: skip

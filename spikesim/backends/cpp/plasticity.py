"""Plastic synapses on the machine: lookups of who has an event, and the code of responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...ir.program import Block
from ...native import machine
from ...passes.inputs import grid
from ...passes.layout import port_of
from ..plasticity import TRANSMITTED, Wired
from .assemble import Assembler
from .code import (
    LETTER,
    WIDTH,
    Instruction,
    Number,
    Place,
    Result,
    Unit,
    Value,
    started,
    typed,
)

if TYPE_CHECKING:
    from .executable import Machine

_ENDS = {"pre": 1, "post": 2}


def units(made: Machine, w: Wired) -> list[Unit]:
    """The code of the responses of plastic edges, in their order."""
    assert w.edges.plasticity is not None
    scope = _scope(made, w)
    found = []
    for r in w.edges.plasticity.responses:
        if r.at == "neuron":
            view, _ = w.neurons(r.to)
            unit = made.unit(view.group, listed=True)
            unit.block(r.block)
        else:
            unit = SynapticUnit(
                made.memory, w.edges.name, scope, made.real, made.conformance, listed=True
            )
            unit.where = _where(made, w)
            unit.block(r.block)
        found.append(unit)
    return found


def plastic(made: Machine, w: Wired, units: list[Unit], assembler: Assembler) -> machine.Plastic:
    """Plastic edges as the machine takes them; units: the code of their responses."""
    assert w.edges.plasticity is not None
    responses = [
        machine.Response(machine.TO[r.to], r.at == "neuron", assembler.code(unit))
        for r, unit in zip(w.edges.plasticity.responses, units, strict=True)
    ]
    made.memory.kept += [w.source, w.target]
    return machine.Plastic(
        len(w), _ends(w.source), _ends(w.target), _side(made, w, "pre"),
        _side(made, w, "post"), len(responses), machine.array(machine.Response, responses),
    )  # fmt: skip


class Transmitting(Unit):
    """Code of synapses: also says what is done with a value that is sent to their port."""

    def block(self, statements: Block) -> None:
        for s in statements:
            if s.target.startswith("post."):
                value = self._operation("add", self.value(s.value), self.now[GRID])
                self.transmit(self._operation("sub", value, self.now[GRID]))
            else:
                super().block((s,))

    def transmit(self, value: Value) -> None:
        """Send a value, which is on the grid of the port."""
        raise NotImplementedError


class SynapticUnit(Transmitting):
    """where: the first slot of the port, and delays."""

    where: tuple[Place, Place]

    def transmit(self, value: Value) -> None:
        slot, delay = self.where
        sent = self._spread(self._typed(value, self.real))
        self.each.append(
            Instruction(machine.TRANSMIT, "transmit", self.real, [sent, delay], out=slot)
        )

    def _spread(self, value: Place | Result) -> Result:
        if isinstance(value, Result):
            return value
        made = self._emit(f"to_{value.type}", value.type, [value], value.type, spread=True)
        assert isinstance(made, Result)
        return made


# The name of the rounding constant of the port, in the scope of synapses.
GRID = "grid"


def _scope(made: Machine, w: Wired) -> dict[str, Value]:
    """Where the values of names in the blocks of synapses are."""
    e = w.edges
    assert e.plasticity is not None
    scope: dict[str, Value] = {"dt": Number(made.program.dt)}
    for f in e.fields:
        name = f"{e.name}.{f.name}"
        if name not in made.values:
            continue
        value = np.asarray(made.values[name])
        if f.kind == "state":
            made.state[name] = started(f, value, made.real)
            scope[f.name] = made.memory.keep(made.state[name])
        elif value.ndim:
            scope[f.name] = made.memory.keep(typed(f, value, made.real))
        else:
            scope[f.name] = Number(value.item())
    for side, ends in _ENDS.items():
        view, _ = w.neurons(side)
        for name, place in made.scopes[view.group].items():
            if isinstance(place, Place):
                place = Place(place.type, place.base, place.stride, place.local, place.length, ends)
            scope[f"{side}.{name}"] = place
    for m in e.plasticity.modulators:
        place = made.scopes[m.source.group][m.variable]
        if isinstance(place, Place):
            size = made.program.group(m.source.group).size
            (element,) = m.source.indices(size)
            place = Place(place.type, place.base + int(element) * place.stride)
        scope[m.name] = place
    group, port = port_of(e)
    constant = made.scopes[group][grid(port)]
    scope[GRID] = constant
    return scope


def _where(made: Machine, w: Wired) -> tuple[Place, Place]:
    """The first slot of the port in what is transmitted, and the dendritic delays."""
    ring = made.state[TRANSMITTED]
    first = made.slots[port_of(w.edges)]
    slot = Place(LETTER[ring.dtype], ring.ctypes.data + first * ring.itemsize)
    delay = np.atleast_1d(np.asarray(w.dendritic, np.int32))
    made.memory.kept.append(delay)
    each = w.delay("post").ndim > 0
    return slot, Place("i", delay.ctypes.data, WIDTH["i"] if each else 0)


def _ends(neuron: np.ndarray) -> machine.Ends:
    wide = neuron.dtype == np.int32
    return machine.Ends(neuron.ctypes.data if wide else None, None if wide else neuron.ctypes.data)


def _side(made: Machine, w: Wired, side: str) -> machine.Side:
    view, _ = w.neurons(side)
    groups = [n.name for n in made.program.neurons]
    event = w.edges.event if side == "pre" else "spike"
    assert made.program.delivery is not None
    lookups = []
    for delay, lookup in w.lookups.get(side, ()):
        made.memory.kept += [lookup.start, lookup.synapse]
        synapse: Any = None if lookup.synapse is None else lookup.synapse.ctypes.data
        lookups.append(machine.Lookup(delay, lookup.start.ctypes.data, synapse))
    # A group that never spikes has no sources, and no lookups.
    first = made.program.delivery.first_source(view.group, event) if lookups else 0
    return machine.Side(
        groups.index(view.group), first,
        w.sizes[view.group], len(lookups), machine.array(machine.Lookup, lookups),
    )  # fmt: skip

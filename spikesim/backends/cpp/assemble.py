"""From the instructions of a unit to those of the machine: fewer of them, with registers.

A product that is only added to something becomes one instruction with the sum. A result goes
straight into the state that it is the last value of, where nobody reads the old one afterwards.
Everything else goes through registers: blocks in the memory of a thread, used again as soon as
their values are not needed any more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from ...errors import UnsupportedError
from ...native import machine
from .code import WIDTH, Instruction, Memory, Place, Result, Unit

_FUSED = {("add", 0): "muladd", ("add", 1): "muladd", ("sub", 0): "mulsub", ("sub", 1): "submul"}
# Registers start on different cache lines of a page, so that they do not crowd one set.
_APART = 192


class Assembler:
    """Turns units, which were all made before it, into code; `local` is the memory that a thread
    needs for all of them."""

    def __init__(self, memory: Memory, block: int):
        self.memory, self.block = memory, block
        self.start = -(-memory.local // 64) * 64
        self.local = self.start

    def code(self, unit: Unit | None) -> machine.Code:
        """The code of a unit; none for None."""
        if unit is None:
            return machine.Code()
        assert self.memory.local <= self.start, "what a unit computes once would be in a register"
        each = _with_stores(_fused(unit), unit)
        _give_registers(each)
        keep = [
            Instruction(
                machine.LOOP, f"to_{place.type}.{place.type}", place.type, [value], out=place
            )
            for place, value in unit.keeps.values()
        ]
        parts = self._array(unit.once, True), self._array(each, False), self._array(keep, True)
        return machine.Code(*(x for part in parts for x in (part, len(part))))

    def _array(self, instructions: list[Instruction], once: bool) -> Any:
        made = [self._instruction(x, once) for x in instructions if x.out is not None]
        return machine.array(machine.Instruction, made)

    def _instruction(self, one: Instruction, once: bool) -> machine.Instruction:
        assert one.out is not None
        operands = [self._operand(one.out), *(self._operand(x) for x in one.inputs)]
        loop = 0
        if one.what == machine.LOOP:
            # One table for all is addressed like one value, but is none.
            table = one.loop.startswith("take")
            single = sum(
                1 << k for k, x in enumerate(one.inputs) if _is_one(x) and not (table and k == 0)
            )
            loop = machine.loop(one.loop, 0 if once else single, machine.level())
            if not loop:
                raise UnsupportedError(f"the backend 'cpp' has no operation {one.loop!r}")
        elif one.what in (machine.GATHER, machine.SCATTER, machine.TRANSMIT):
            operands += [machine.Operand()] * (3 - len(operands))
            operands.append(machine.Operand(0, WIDTH[one.type], 0))
        operands += [machine.Operand()] * (4 - len(operands))
        return machine.Instruction(one.what, one.stream, loop, *operands)

    def _operand(self, x: Any) -> machine.Operand:
        if isinstance(x, _Register):
            size = -(-self.block * 8 // 64) * 64 + _APART
            self.local = max(self.local, self.start + (x.number + 1) * size)
            return machine.Operand(self.start + x.number * size, 0, 1)
        return machine.Operand(x.base, x.stride, x.local)


class _Register(Place):
    """A block in the memory of a thread."""

    @property
    def number(self) -> int:
        return self.base


def _is_one(x: Any) -> bool:
    return not isinstance(x, _Register) and not x.stride


def _fused(unit: Unit) -> list[Instruction]:
    """The instructions, with products taken into sums; what is left over has no reader."""
    each = [replace(x, inputs=list(x.inputs)) for x in unit.each]
    readers = Counter(x.index for one in each for x in one.inputs if isinstance(x, Result))
    readers.update(value.index for _, value in unit.stores.values())
    for one in each:
        name, _, of = one.loop.partition(".")
        for side in (0, 1):
            if (name, side) not in _FUSED or of not in "fd":
                continue
            product = one.inputs[side]
            if not isinstance(product, Result) or readers[product.index] != 1:
                continue
            inner = each[product.index]
            if inner.loop == f"mul.{of}":
                one.loop = f"{_FUSED[name, side]}.{of}"
                one.inputs = [*inner.inputs, one.inputs[1 - side]]
                readers[product.index] = 0
                break
    return each


def _with_stores(each: list[Instruction], unit: Unit) -> list[Instruction]:
    """Results that are stored get their place, or a copy to it at the end."""
    dead = _unread(each, unit)
    read: dict[int, int] = {}
    for k, one in enumerate(each):
        if k not in dead:
            read |= {x.base: k for x in one.inputs if isinstance(x, Place)}
    copies = []
    for place, value in unit.stores.values():
        producer = each[value.index]
        later = read.get(place.base, -1) > value.index
        if unit.listed:
            copies.append(Instruction(machine.SCATTER, "scatter", place.type, [value], out=place))
        elif later or producer.out is not None:
            name = f"to_{place.type}.{place.type}"
            copies.append(Instruction(machine.LOOP, name, place.type, [value], out=place))
        else:
            producer.out = place
    return each + copies


def _unread(each: list[Instruction], unit: Unit) -> set[int]:
    """The instructions whose results nobody reads."""
    wanted = {value.index for _, value in unit.stores.values()}
    for k in range(len(each) - 1, -1, -1):
        if k in wanted:
            wanted |= {x.index for x in each[k].inputs if isinstance(x, Result)}
    return set(range(len(each))) - wanted


def _give_registers(each: list[Instruction]) -> None:
    """A register for every result that has no place yet; free again after its last reader."""
    last: dict[int, int] = {}
    needed = [one.out is not None for one in each]
    for k in range(len(each) - 1, -1, -1):
        if not needed[k]:
            continue
        for x in each[k].inputs:
            if isinstance(x, Result):
                needed[x.index] = True
                last.setdefault(x.index, k)
    free: list[int] = []
    made = 0
    places: dict[int, Place] = {}
    for k, one in enumerate(each):
        if not needed[k]:
            continue
        dying = {x.index for x in one.inputs if isinstance(x, Result) and last[x.index] == k}
        one.inputs = [places[x.index] if isinstance(x, Result) else x for x in one.inputs]
        widths = {WIDTH[places[d].type] for d in dying}
        given = [places[d].base for d in dying if isinstance(places[d], _Register)]
        # In place only where elements are of one size: others overtake each other.
        if widths <= {WIDTH[one.type]}:
            free += given
            given = []
        if one.out is None:
            if not free:
                free.append(made)
                made += 1
            one.out = _Register(one.type, free.pop())
        places[k] = one.out
        free += given

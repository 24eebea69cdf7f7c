"""C++ code of the groups and couplings of a program, for the kernels of cuda_kernels/.

The instructions are those that the backend `cpp` interprets (cpp/code.py): typed, with equal
expressions computed once. Here each becomes a statement. The text holds no value and no size of
anything, so that it is the same for other parameters; groups with the same text share it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...ir.program import Block
from ...native import machine
from ..cpp.code import Instruction, Memory, Place, Result, Unit, Value

TYPE = {"f": "float", "d": "double", "i": "int32_t", "b": "Bool"}
_DRAWS = {
    machine.UNIFORM: "DrawUniform",
    machine.NORMAL: "DrawNormal",
    machine.POISSON: "DrawPoisson",
    machine.POISSONS: "DrawPoisson",
}


@dataclass(frozen=True)
class Named(Place):
    """A place by the expression that stands for its value at element i. table: that for all of it,
    and for how many there are."""

    text: str = ""
    table: str = ""

    def put(self, value: str) -> str:
        """A statement that puts a value there."""
        return f"{self.text} = {value};"


def array(letter: str, number: int, owner: str = "g", element: str = "i") -> Named:
    """Field `number` of a group, coupling or rule, one value an element."""
    pointer = f"FieldOf<{TYPE[letter]}>({owner}.field, {number})"
    return Named(
        letter, 0, 1, text=f"{pointer}[{element}]", table=f"{pointer}, {owner}.length[{number}]"
    )


def single(letter: str, number: int, owner: str = "g") -> Named:
    """Field `number`, one value for all."""
    return Named(letter, 0, text=f"FieldOf<{TYPE[letter]}>({owner}.field, {number})[0]")


def literal(value: float, letter: str) -> str:
    """A number as C++ has it, exactly."""
    if letter == "b":
        return f"Bool({int(value)})"
    if letter == "i":
        return f"int32_t({int(value)})" if value > -(2**31) else "int32_t(-2147483647 - 1)"
    suffix, kind = ("f", "Float") if letter == "f" else ("", "")
    if math.isnan(value):
        return f"kNaN{kind}"
    if math.isinf(value):
        return f"{'-' if value < 0 else ''}kInfinity{kind}"
    return f"({float(value).hex()}{suffix})"


class _Names(Memory):
    """Numbers stand in the text; what is computed once is a variable."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0

    def number(self, value: float, letter: str) -> Place:
        return Named(letter, 0, text=literal(value, letter))

    def once(self, letter: str) -> Place:
        self.made += 1
        return Named(letter, 0, local=True, text=f"o{self.made - 1}")


@dataclass
class CudaUnit(Unit):
    """The code of a group or coupling between two barriers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.now |= {"t": Named("d", 0, text="m.t"), "step": Named("i", 0, text="m.step")}

    def take(self, table: Value, index: Value) -> Value:
        assert isinstance(table, Named)
        whole = Named(table.type, 0, text=table.table)
        return self._emit("take", table.type, [whole, self._typed(index, "i")], table.type)


@dataclass
class Writer:
    """The functions of one group, coupling or rule, which they call `owner`. streams: of its random
    numbers, in the order in which the text counts them."""

    name: str
    scope: Mapping[str, Value]
    real: str
    conformance: bool
    streams: list[int] = field(default_factory=list)
    owner: str = "g"
    kind: type[CudaUnit] = CudaUnit

    def unit(self, passing: frozenset[str] = frozenset()) -> CudaUnit:
        return self.kind(_Names(), self.name, self.scope, self.real, self.conformance,
                        passing=passing)  # fmt: skip

    def of(self, *blocks: Block) -> CudaUnit:
        """A unit of blocks, one after the other."""
        made = self.unit()
        for block in blocks:
            made.block(block)
        return made

    def body(self, unit: CudaUnit) -> list[str]:
        """Its statements for element i."""
        stores = [_put(place, f"r{value.index}") for place, value in unit.stores.values()]
        return [*self._once(unit), *self._each(unit), *stores]

    def keep(self, unit: CudaUnit) -> list[str]:
        """Its statements for what all elements share."""
        if not unit.keeps:
            return []
        kept = [f"{_text(place)} = {_text(value)};" for place, value in unit.keeps.values()]
        return [*self._once(unit), *kept]

    def value(self, unit: CudaUnit, value: Value) -> list[str]:
        """Statements that return a value for element i."""
        unit.store("values", Named(self.real, 0, 1, text="values"), value)
        ((_, result),) = unit.stores.values()
        return [*self._once(unit), *self._each(unit), f"return r{result.index};"]

    def _once(self, unit: CudaUnit) -> list[str]:
        return [
            f"const {TYPE[one.type]} {_text(one.out)} = {self._expression(one, '0')};"
            for one in unit.once
        ]

    def _each(self, unit: CudaUnit) -> list[str]:
        each = unit.each
        wanted = {value.index for _, value in unit.stores.values()}
        lines = []
        for k in range(len(each) - 1, -1, -1):
            if k not in wanted:
                continue
            one = each[k]
            wanted |= {x.index for x in one.inputs if isinstance(x, Result)}
            lines.append(f"const {TYPE[one.type]} r{k} = {self._expression(one, 'i')};")
        return lines[::-1]

    def _expression(self, one: Instruction, element: str) -> str:
        inputs = [_text(x) for x in one.inputs]
        if one.what in _DRAWS:
            return f"{_DRAWS[one.what]}({', '.join([f'm, {self._stream(one)}', element, *inputs])})"
        name = one.loop.partition(".")[0]
        if name == "take":
            return f"Take({', '.join(inputs)})"
        if name.startswith("to_"):
            return f"static_cast<{TYPE[one.type]}>({inputs[0]})"
        made = f"{name.capitalize()}Op::Of({', '.join(inputs)})"
        return f"Settled({made})" if self.conformance and one.type == "d" else made

    def _stream(self, one: Instruction) -> str:
        if one.stream not in self.streams:
            self.streams.append(one.stream)
        return f"{self.owner}.stream[{self.streams.index(one.stream)}]"


def _text(value: Any) -> str:
    return f"r{value.index}" if isinstance(value, Result) else str(value.text)


def _put(place: Place, value: str) -> str:
    assert isinstance(place, Named)
    return place.put(value)


def function(head: str, body: Sequence[str], result: str = "void") -> str:
    """A member function."""
    lines = "".join(f"    {line}\n" for line in body)
    return f"  static SPIKESIM_DEVICE {result} {head} {{\n{lines}  }}\n"


def switch(over: str, cases: Sequence[Sequence[str]]) -> list[str]:
    """Statements of which those of one number are executed."""
    lines = [f"switch ({over}) {{"]
    for k, case in enumerate(cases):
        if case:
            lines += [f"  case {k}: {{", *(f"    {line}" for line in case), "    return;", "  }"]
    return [*lines, "}"] if len(lines) > 1 else []


class Codes:
    """Texts of functions, each once."""

    def __init__(self, kind: str):
        self.kind, self.texts = kind, dict[str, int]()

    def number(self, text: str) -> int:
        """The number of a text among all."""
        return self.texts.setdefault(text, len(self.texts))

    def structs(self) -> str:
        return "".join(f"struct {self.kind}{k} {{\n{t}}};\n\n" for t, k in self.texts.items())

    def dispatch(self) -> str:
        cases = "".join(
            f"      case {k}: body({self.kind}{k}()); break;\n" for k in range(len(self.texts))
        )
        return (
            "  template <typename Body>\n"
            f"  static SPIKESIM_DEVICE void {self.kind}(int32_t k, const Body& body) {{\n"
            f"    switch (k) {{\n{cases}      default: break;\n    }}\n  }}\n"
        )


def program_text(
    codes: Codes, edges: Codes, rules: Codes, real: str, total: str, keeps: bool, lanes: int,
    way: str,
) -> str:  # fmt: skip
    """All that is compiled for a network."""
    learning = f"\n{rules.dispatch()}" if rules.texts else ""
    return (
        f'#include "spikesim/{way}.cuh"\n\n'
        "namespace spikesim {\nnamespace {\n\n"
        f"using Real = {real};\nusing Total = {total};\n\n"
        f"{codes.structs()}{edges.structs()}{rules.structs()}"
        "struct Model {\n"
        f"  using Real = spikesim::Real;\n  using Sum = Total;\n"
        f"  static constexpr bool kKeeps = {str(keeps).lower()};\n"
        f"  static constexpr bool kLearns = {str(bool(rules.texts)).lower()};\n\n"
        f"{codes.dispatch()}\n{edges.dispatch()}{learning}}};\n\n"
        "}  // namespace\n}  // namespace spikesim\n\n"
        f"SPIKESIM_KERNEL(spikesim_run, {lanes}, spikesim::Network, spikesim::Launch,\n"
        f"                spikesim::Run{way.capitalize()}<spikesim::Model>)\n"
    )

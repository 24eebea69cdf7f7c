"""From blocks of expressions to instructions, in the order in which they are computed.

Each value has a type: f (float32), d (float64), i (int32) or b (bool); types meet as NumPy's do,
and numbers in the text take the type of what they meet. Equal expressions are computed once, and
what is the same for all elements once a step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ... import random
from ...ir.expr import Const, Draw, Expr, Ref, walk
from ...ir.program import Block, Field
from ...ir.verify import draw_path
from ...native import machine
from ..binding import HostArrays
from ..evaluate import operations

WIDTH = {"f": 4, "d": 8, "i": 4, "b": 1}
DTYPE: dict[str, np.dtype[Any]] = {
    "f": np.dtype("f4"),
    "d": np.dtype("f8"),
    "i": np.dtype("i4"),
    "b": np.dtype("bool"),
}
LETTER = {dtype: letter for letter, dtype in DTYPE.items()}


def typed(field: Field, value: np.ndarray, real: str) -> np.ndarray:
    """The value of a field in its type, flat; of what is no state, only float64 is cast."""
    letter = _letter(field, real)
    if field.kind != "state" and value.dtype != np.float64:
        letter = LETTER[value.dtype]
    return np.ascontiguousarray(value, DTYPE[letter]).ravel()


def started(field: Field, value: np.ndarray, real: str) -> np.ndarray:
    """What a state starts from, typed, in memory of its own."""
    return np.array(value, DTYPE[_letter(field, real)], order="C").ravel()


def _letter(field: Field, real: str) -> str:
    return {"float": real, "int": "i", "bool": "b"}[field.dtype]


_ARITHMETIC = ("add", "sub", "mul", "min", "max", "mod", "floordiv")
_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
_OF_BOOLS = {"add": "or", "max": "or", "mul": "and", "min": "and"}
# Counters of a step, first in the memory of a thread: t and step.
_T, _STEP, _FREE = 0, 8, 16


@dataclass(frozen=True)
class Number:
    """A number in the text, of no type yet."""

    value: float | int | bool


@dataclass(frozen=True)
class Place:
    """Where values lie: at an address, or in the memory of a thread (local). stride: bytes from one
    element to the next, 0 for one value for all. length: of a table. ends: of what plastic synapses
    read, whose elements: 0 their own, 1 their sources', 2 their targets'."""

    type: str
    base: int
    stride: int = 0
    local: bool = False
    length: int = 0
    ends: int = 0


@dataclass(frozen=True)
class Result:
    """What instruction number `index` of `Unit.each` gives."""

    type: str
    index: int


Value = Number | Place | Result


@dataclass
class Instruction:
    """what: of `machine`, such as LOOP. loop: "add.f" and the like. type: of the result. out: where
    it goes; None for a register, which the assembler gives."""

    what: int
    loop: str
    type: str
    inputs: list[Place | Result]
    stream: int = 0
    out: Place | None = None


class Memory:
    """Arrays that instructions point to, and what is in the memory of a thread before registers."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.numbers: dict[tuple[str, float], Place] = {}
        self.local = _FREE

    def keep(self, array: np.ndarray, shared: bool = False) -> Place:
        """The place of an array that stays; shared: of one value for all."""
        self.kept.append(array)
        stride = 0 if shared else array.itemsize
        return Place(LETTER[array.dtype], array.ctypes.data, stride, length=array.size)

    def number(self, value: float, letter: str) -> Place:
        """The place of a number."""
        key = letter, value
        if key not in self.numbers or value == 0:  # 0.0 and -0.0 are equal
            self.numbers[key] = self.keep(np.array([value], DTYPE[letter]), shared=True)
        return self.numbers[key]

    def once(self, letter: str) -> Place:
        """A place for a value that is computed once a step."""
        self.local += 8
        return Place(letter, self.local - 8, local=True)


@dataclass
class Unit:
    """The code of a group between two places where threads meet.

    scope: the places of the group's fields. real: the type of states. listed: for a list of
    elements, whose values are gathered and scattered. passing: fields that are not kept. known:
    results by what they were computed from. once, each: the instructions for all elements together
    and for each. stores: by name, where a result goes in the end; keeps: the same of states that
    all elements share.
    """

    memory: Memory
    group: str
    scope: Mapping[str, Value]
    real: str
    conformance: bool
    listed: bool = False
    passing: frozenset[str] = frozenset()
    known: dict[Any, Place | Result] = field(default_factory=dict)
    once: list[Instruction] = field(default_factory=list)
    each: list[Instruction] = field(default_factory=list)
    stores: dict[str, tuple[Place, Result]] = field(default_factory=dict)
    keeps: dict[str, tuple[Place, Place | Result]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.alone = False  # is what is being computed shared by all elements?
        self.now: dict[str, Value] = dict(self.scope)
        self.now |= {"t": Place("d", _T, local=True), "step": Place("i", _STEP, local=True)}
        self.fold = operations(HostArrays(self.conformance))

    # statements

    def block(self, statements: Block) -> None:
        """Statements in order."""
        for s in statements:
            place = self.scope.get(s.target)
            self.alone = isinstance(place, Place) and _is_single(place)
            value = self.value(s.value)
            if s.how == "+=":
                value = self._operation("add", self.now[s.target], value)
            elif s.how == "max=":
                value = self._operation("max", self.now[s.target], value)
            if s.local or s.target in self.passing:
                self.now[s.target] = value
                continue
            assert isinstance(place, Place)
            if self.alone:
                kept = self._emit(
                    f"to_{place.type}", place.type, [self._typed(value, place.type)], place.type
                )
                self.now[s.target], self.keeps[s.target] = kept, (place, kept)
            else:
                self.store(s.target, place, value)
        self.alone = False

    def store(self, name: str, place: Place, value: Value) -> None:
        """From now on `name` is `value`, which goes to `place` in the end."""
        value = self._typed(value, place.type)
        if not isinstance(value, Result):
            # Copied at once: the place may hold something else by the end.
            value = self._emit(f"to_{place.type}", place.type, [value], place.type, spread=True)
        assert isinstance(value, Result)
        self.now[name] = value
        self.stores[name] = place, value

    # expressions

    def value(self, expr: Expr) -> Value:
        """The value of an expression."""
        values: dict[int, Value] = {}
        for node in walk(expr):
            if isinstance(node, Const):
                value: Value = Number(node.value)
            elif isinstance(node, Ref):
                value = self.now[node.name]
            else:
                args = [values[id(a)] for a in node.args]
                value = (
                    self._draw(node, args)
                    if isinstance(node, Draw)
                    else self._operation(node.name, *args)
                )
            values[id(node)] = value
        return values[id(expr)]

    def _operation(self, name: str, *args: Value) -> Value:
        if all(isinstance(a, Number) for a in args):
            folded = self.fold[name](*(a.value for a in args if isinstance(a, Number)))
            return Number(folded.item() if isinstance(folded, np.generic | np.ndarray) else folded)
        if name in ("add", "sub") and not self.conformance and _is_zero(args[1]):
            if self._common(args[:1]) in "fd":
                return args[0]
        if name == "clip":
            return self._operation("min", self._operation("max", args[0], args[1]), args[2])
        if name == "take":
            return self.take(*args)
        if name == "where":
            return self._where(*args)
        if name == "pow" and isinstance(args[1], Number) and args[1].value in (0, 1):
            return self._typed(args[0], self.real) if args[1].value else Number(1.0)
        if name == "mul" and (factor := _without_one(*args)) is not None:
            return factor
        if name in ("and", "or", "not"):
            return self._emit(name, "b", [self._typed(a, "b") for a in args], "b")
        common = self._common(args)
        if name in _COMPARISONS:
            return self._emit(name, common, [self._typed(a, common) for a in args], "b")
        if name == "int":
            return self._emit("int", "d", [self._typed(args[0], "d")], "i")
        if common == "b" and name in _OF_BOOLS:
            return self._operation(_OF_BOOLS[name], *args)
        if common == "b" and name == "abs":
            return args[0]
        if name in _ARITHMETIC or name in ("neg", "abs", "sign"):
            common = "i" if common == "b" else common
        elif common in "ib":
            common = self.real
        return self._emit(name, common, [self._typed(a, common) for a in args], common)

    def take(self, table: Value, index: Value) -> Value:
        """table[index]."""
        assert isinstance(table, Place)
        one = Place(table.type, table.base, length=table.length)
        last = self.memory.number(table.length, "i")
        return self._emit("take", table.type, [one, self._typed(index, "i"), last], table.type)

    def _where(self, condition: Value, yes: Value, no: Value) -> Value:
        common = self._common((yes, no))
        if isinstance(condition, Number):
            chosen = yes if condition.value else no
            return chosen if self._common((chosen,)) == common else self._typed(chosen, common)
        decided = self._typed(condition, "b")
        args: list[Place | Result] = [self._typed(yes, common), self._typed(no, common)]
        if _is_single(decided) and not all(_is_single(a) for a in args):
            decided = self._emit("to_b", "b", [decided], "b", spread=True)
        return self._emit("where", common, [decided, *args], common)

    def _draw(self, node: Draw, args: list[Value]) -> Value:
        stream = random.stream(draw_path(self.group, node))
        if node.distribution == "uniform":
            drawn = self._emit("uniform", "d", [], "d", machine.UNIFORM, stream, once=node.shared)
            return self._typed(drawn, self.real)
        if node.distribution == "normal":
            drawn = self._emit("normal", "d", [], "d", machine.NORMAL, stream, once=node.shared)
            return self._typed(drawn, self.real)
        most = Number(random.LARGEST_POISSON_RATE)
        given = self._typed(args[0], "d")
        above = self._operation("gt", given, Number(0.0))
        limited = self._operation("min", given, most)
        mean = self._typed(self._operation("where", above, limited, Number(0.0)), "d")
        zero = self._typed(self._operation("exp", self._operation("neg", mean)), "d")
        what = machine.POISSON if _is_single(mean) else machine.POISSONS
        return self._emit("poisson", "i", [mean, zero], "i", what, stream, once=node.shared)

    def _common(self, values: Sequence[Value]) -> str:
        """The type in which values meet: as NumPy has it, but that whole numbers and float32 meet
        in float32."""
        types = {v.type for v in values if not isinstance(v, Number)}
        numbers = [v.value for v in values if isinstance(v, Number)]
        if "d" in types:
            return "d"
        if "f" in types:
            return "f"
        if any(isinstance(x, float) for x in numbers):
            return self.real
        whole = "i" in types or any(not isinstance(x, bool) for x in numbers)
        return "i" if whole else "b"

    def _typed(self, value: Value, letter: str) -> Place | Result:
        """The value as one of that type."""
        if isinstance(value, Number):
            with np.errstate(over="ignore"):  # too large for float32: infinite
                number = DTYPE[letter].type(value.value).item()
            return self.memory.number(number, letter)
        if isinstance(value, Place) and value.stride and self.listed:
            value = self._gathered(value)
        if value.type == letter:
            return value
        if letter == "b":
            return self._emit("ne", value.type, [value, self._typed(Number(0), value.type)], "b")
        if letter == "i" and value.type in "fd":
            return self._emit("int", "d", [self._typed(value, "d")], "i")
        return self._emit(f"to_{letter}", value.type, [value], letter)

    def _gathered(self, place: Place) -> Result:
        result = self._emit("gather", place.type, [place], place.type, machine.GATHER, place.ends)
        assert isinstance(result, Result)
        return result

    def _emit(
        self, name: str, of: str, inputs: list[Place | Result], gives: str,
        what: int = machine.LOOP, stream: int = 0, spread: bool = False, once: bool = False,
    ) -> Place | Result:  # fmt: skip
        once |= self.alone and what != machine.LOOP
        key = name, of, tuple(inputs), gives, stream, spread, once
        if key in self.known:
            return self.known[key]
        one = Instruction(what, f"{name}.{of}", gives, inputs, stream)
        single = what == machine.LOOP and not spread and all(_is_single(x) for x in inputs)
        single |= once
        if single:
            one.out = self.memory.once(gives)
            self.once.append(one)
            result: Place | Result = one.out
        else:
            self.each.append(one)
            result = Result(gives, len(self.each) - 1)
        self.known[key] = result
        return result


def _is_single(value: Value) -> bool:
    return isinstance(value, Number) or (isinstance(value, Place) and not value.stride)


def _without_one(a: Value, b: Value) -> Value | None:
    """What is left of a product with the number one; None of others."""
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Number) and one.value == 1 and isinstance(other, Place | Result):
            return other if other.type in "fd" else None
    return None


def _is_zero(value: Value) -> bool:
    return isinstance(value, Number) and not isinstance(value.value, bool) and value.value == 0

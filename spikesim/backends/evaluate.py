"""Expressions on arrays, for NumPy and JAX alike: what each operation of the IR means.
native/operations.cc has the same operations in C++.

`Arrays` is an array library with everything the operations need. In conformance mode the elementary
functions are those of `spikesim.portable`, in which every backend gives the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from .. import portable, random
from ..ir.expr import Const, Draw, Expr, Op, Ref, walk
from ..ir.verify import draw_path

Array = Any


class Arrays(Protocol):
    """An array library: NumPy's or JAX's namespace, and a little more."""

    xp: Any
    library: portable.ArrayLibrary
    conformance: bool
    traced: bool  # is a step number known only when it runs?
    masks: bool  # are events masks over all synapses, and no lists of who had one?

    def uniform(self, seed: Array, stream: int, step: Array, size: int) -> Array:
        """`random.uniform` of `step_words`."""
        ...

    def normal(self, seed: Array, stream: int, step: Array, size: int) -> Array:
        """`random.normal` of `step_words`."""
        ...

    def poisson(self, seed: Array, stream: int, step: Array, size: int, mean: Array) -> Array:
        """`random.poisson` of `uniform_draws`."""
        ...

    def counts(self, u: Array, mean: Array) -> Array:
        """`random.poisson` of uniform numbers."""
        ...

    def least(self, values: Array, place: Array, size: int) -> Array:
        """The least of the values [n] at each of `size` places; infinite where there is none."""
        ...

    def total(self, values: Array, place: Array, size: int) -> Array:
        """The sum of the values [n] at each of `size` places."""
        ...

    def repeat(
        self, more: Callable[[Array], Array], body: Callable[[Array], Array], value: Array
    ) -> Array:
        """body(body(... value)), while `more` says so; a value is made of arrays."""
        ...

    def settle(self, value: Array) -> Array:
        """The result of one operation, with subnormal numbers flushed to zero where needed."""
        ...


_PORTABLE = (
    *("exp", "expm1", "exprel", "log", "log1p", "log10", "sinh", "cosh", "tanh"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
)


def _divided(a: Array, b: Array) -> Array:
    """a / b; of two numbers of Python too what it is of arrays."""
    if isinstance(b, int | float) and b == 0 and isinstance(a, int | float):
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)
    return a / b


def operations(arrays: Arrays) -> dict[str, Callable[..., Array]]:
    """The operations of the IR as functions of arrays."""
    xp, lib = arrays.xp, arrays.library
    table: dict[str, Callable[..., Array]] = {
        "or": xp.logical_or,
        "and": xp.logical_and,
        "not": xp.logical_not,
        "lt": xp.less,
        "le": xp.less_equal,
        "gt": xp.greater,
        "ge": xp.greater_equal,
        "eq": xp.equal,
        "ne": xp.not_equal,
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": _divided,
        "neg": lambda a: -a,
        "mod": xp.mod,
        "floordiv": xp.floor_divide,
        "pow": xp.power,
        "where": xp.where,
        "abs": xp.abs,
        "min": xp.minimum,
        "max": xp.maximum,
        "clip": lambda x, low, high: xp.minimum(xp.maximum(x, low), high),
        "sign": xp.sign,
        "floor": xp.floor,
        "ceil": xp.ceil,
        "sqrt": xp.sqrt,
        "exprel": lambda x: _exprel(x, xp),
        "int": lambda x: _int32(x, xp),
        "take": lambda table, index: table[index],
    }
    for name in _PORTABLE:
        if arrays.conformance:
            function = getattr(portable, name)
            table[name] = lambda x, f=function: f(_float64(x, xp), lib)
        elif name != "exprel":
            table[name] = getattr(xp, name)
    if arrays.conformance:
        table["pow"] = lambda x, y: portable.power(_float64(x, xp), _float64(y, xp), lib)
    return table


def _int32(x: Array, xp: Any) -> Array:
    """Towards zero; what is too large becomes the largest, NaN 0 (C leaves both undefined)."""
    x = _float64(x, xp)
    limited = xp.minimum(xp.maximum(xp.where(x == x, x, 0.0), -(2.0**31)), 2.0**31 - 1)
    return limited.astype("int32")


def _float64(x: Array, xp: Any) -> Array:
    return xp.asarray(x).astype("float64")


def _exprel(x: Array, xp: Any) -> Array:
    """(exp(x) - 1)/x; near 0 the first terms of its series. Cancellation is harmless where it is
    used, since the result multiplies x."""
    small = xp.abs(x) < 1e-4
    safe = xp.where(small, 1.0, x)
    return xp.where(small, 1.0 + 0.5 * x, (xp.exp(safe) - 1.0) / safe)


class Drawing:
    """The random numbers of one step of one run."""

    def __init__(self, arrays: Arrays, seed: Array, step: Array):
        self.arrays, self.seed, self.step = arrays, seed, step

    def draw(self, group: str, size: int, node: Draw, args: list[Array]) -> Array:
        """A draw for every element: key (seed, stream), counter (step, element)."""
        stream = random.stream(draw_path(group, node))
        size = 1 if node.shared else size
        if node.distribution == "normal":
            return self.arrays.normal(self.seed, stream, self.step, size)
        if node.distribution == "uniform":
            return self.arrays.uniform(self.seed, stream, self.step, size)
        mean = poisson_mean(args[0], self.arrays.xp)
        return self.arrays.poisson(self.seed, stream, self.step, size, mean)


def poisson_mean(mean: Array, xp: Any) -> Array:
    """The mean of a Poisson count, float64; what can't be one becomes the nearest that can."""
    mean = _float64(mean, xp)
    return xp.where(mean > 0.0, xp.minimum(mean, random.LARGEST_POISSON_RATE), 0.0)


def step_words(seed: Array, stream: int, step: Array, size: int, xp: Any) -> tuple[Array, Array]:
    """The two random words of every element in a step; seed and step are uint32."""
    element = xp.arange(size, dtype="uint32")
    return random.threefry2x32(seed, np.uint32(stream), step, element)


def uniform_draws(seed: Array, stream: int, step: Array, size: int, xp: Any) -> Array:
    """A uniform number for every element in a step."""
    return random.uniform(*step_words(seed, stream, step, size, xp))


def evaluate(
    expr: Expr,
    scope: Mapping[str, Array],
    arrays: Arrays,
    table: Mapping[str, Callable[..., Array]],
    draw: Callable[[Draw, list[Array]], Array] | None = None,
) -> Array:
    """The value of an expression; shared parts are computed once."""
    values: dict[int, Array] = {}
    for node in walk(expr):
        if isinstance(node, Const):
            value: Array = node.value
        elif isinstance(node, Ref):
            value = scope[node.name]
        elif isinstance(node, Op):
            value = arrays.settle(table[node.name](*(values[id(a)] for a in node.args)))
        else:
            assert draw is not None
            value = draw(node, [values[id(a)] for a in node.args])
        values[id(node)] = value
    return values[id(expr)]

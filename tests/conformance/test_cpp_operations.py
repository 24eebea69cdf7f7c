"""The loops of the machine, one by one: the same bits for every instruction set, every operand that
may be one value for all, in place and not; and what NumPy means by them."""

from __future__ import annotations

from ctypes import CFUNCTYPE, c_int64, c_void_p
from itertools import product

import numpy as np
import pytest

from spikesim.backends.binding import HostArrays
from spikesim.backends.evaluate import operations
from spikesim.native import machine, why_missing

pytestmark = pytest.mark.skipif(bool(why_missing()), reason="the C++ part is not built")

DTYPE = {"f": np.float32, "d": np.float64, "i": np.int32, "b": np.bool_}
MEANING = operations(HostArrays(conformance=True))
# The types of operands that an operation has loops for.
ELEMENTARY = [
    *("exp", "expm1", "exprel", "log", "log1p", "log10", "sinh", "cosh", "tanh"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
]
UNARY = {
    **dict.fromkeys(["neg", "abs", "sign"], "fdi"),
    **dict.fromkeys(["floor", "ceil", "sqrt", *ELEMENTARY], "fd"),
    "not": "b",
}
BINARY = {
    **dict.fromkeys(["add", "sub", "mul", "mod", "floordiv", "min", "max"], "fdi"),
    **dict.fromkeys(["div", "pow"], "fd"),
    **dict.fromkeys(["lt", "le", "gt", "ge", "eq", "ne"], "fdib"),
    **dict.fromkeys(["and", "or"], "b"),
}
FUSED = {
    "muladd": lambda x, y, z: x * y + z,
    "mulsub": lambda x, y, z: x * y - z,
    "submul": lambda x, y, z: z - x * y,
}
CONVERSIONS = ["ff", "dd", "ii", "bb", "df", "fd", "di", "fi", "db", "fb", "ib"]  # to, from
TRUTHS = {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"}


def described():
    """(name of a loop, type of the result, types of the operands) of all there are but takes."""
    for name, types in UNARY.items():
        yield from ((f"{name}.{t}", "b" if name in TRUTHS else t, t) for t in types)
    for name, types in BINARY.items():
        yield from ((f"{name}.{t}", "b" if name in TRUTHS else t, 2 * t) for t in types)
    yield from ((f"{name}.{t}", t, 3 * t) for name in FUSED for t in "fd")
    yield from ((f"where.{t}", t, f"b{t}{t}") for t in "fdib")
    yield from ((f"to_{to}.{of}", to, of) for to, of in CONVERSIONS)
    yield "int.d", "i", "d"


LOOPS = {name: (gives, types) for name, gives, types in described()}
LEVELS = range(machine.level() + 1) if not why_missing() else range(1)


def masks(types):
    """Sets of operands that may be one value for all; a condition and all of them never are."""
    first = 1 if len(types) < 3 or types[0] != "b" else 2
    return range(0, max(2, 2 ** len(types) - (len(types) > 1)), first)


def call(name, single, level, out, *operands):
    """Run a loop; operands in `single` are arrays of one number."""
    address = machine.loop(name, single, level)
    assert address, (name, single, level)
    places = [x.ctypes.data for x in operands] + [None] * (3 - len(operands))
    CFUNCTYPE(None, *[c_void_p] * 4, c_int64)(address)(out.ctypes.data, *places, len(out))
    return out


def special(letter):
    """Numbers for which something is different."""
    if letter == "b":
        return np.array([False, True])
    if letter == "i":
        return np.array([0, 1, -1, 2, -2, 3, -7, 100, 2**31 - 1, 1 - 2**31, -(2**31)], np.int32)
    limits = np.finfo(DTYPE[letter])
    sizes = [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 88.0, 710.0, 1e6, 2.0**30, 2.0**31, 2.0**32]
    sizes += [1e-5, limits.max, limits.tiny, limits.tiny / 2, limits.smallest_subnormal, np.inf]
    return np.array([np.nan, *sizes, *(-x for x in sizes)], DTYPE[letter])


def numbers(letter, n, rng):
    """Half of them special, half anything."""
    if letter == "b":
        return rng.random(n) < 0.5
    if letter == "i":
        some = rng.integers(-(2**31), 2**31, n).astype(np.int32)
    else:
        some = (rng.normal(size=n) * 10.0 ** rng.integers(-8, 9, n)).astype(DTYPE[letter])
    return np.where(rng.random(n) < 0.5, rng.choice(special(letter), n), some)


def grid(letter):
    """Every pair of special numbers."""
    a, b = np.meshgrid(special(letter), special(letter))
    return a.ravel().copy(), b.ravel().copy()


def operands_of(name, n=3000):
    rng = np.random.default_rng(sum(map(ord, name)))
    _, types = LOOPS[name]
    some = [numbers(t, n, rng) for t in types]
    if len(types) == 2:
        some = [np.concatenate(pair) for pair in zip(some, grid(types[0]), strict=True)]
    return some


def same(a, b):
    """Equal but for the bits of NaN; zeros have the same sign."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    zeros = np.array_equal(np.signbit(a[a == 0]), np.signbit(b[b == 0]))
    return zeros and np.array_equal(a, b, equal_nan=True)


def meant(name, operands):
    """The result as NumPy has it."""
    what = name.partition(".")[0]
    gives = DTYPE[LOOPS[name][0]]
    with np.errstate(all="ignore"):
        if what.startswith("to_"):
            return operands[0].astype(gives)
        function = FUSED.get(what) or MEANING[what]
        return np.asarray(function(*operands)).astype(gives)


def wanted(name, n=3000):
    """Operands, and what comes out; from the first level where NumPy has no float32 of its own."""
    operands = operands_of(name, n)
    if name.endswith(".f") and name[:-2] in [*ELEMENTARY, "pow"]:
        out = np.empty(len(operands[0]), np.float32)
        return operands, call(name, 0, 0, out, *operands)
    return operands, meant(name, operands)


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_is_what_numpy_means_on_every_instruction_set(name):
    operands, expected = wanted(name)
    for level in LEVELS:
        out = call(name, 0, level, np.empty_like(expected), *operands)
        assert same(out, expected), level


@pytest.mark.parametrize("name", LOOPS)
def test_one_value_for_all_and_any_length(name):
    gives, types = LOOPS[name]
    rng = np.random.default_rng(3)
    for single, n in product(masks(types), [0, 1, 2, 3, 7, 16, 31, 65, 200]):
        one = [single >> k & 1 for k in range(len(types))]
        given = [numbers(t, 1 if o else n + 1, rng) for t, o in zip(types, one, strict=True)]
        spread = [
            np.full(max(n, 1), x[0]) if o else x[: max(n, 1)]
            for x, o in zip(given, one, strict=True)
        ]
        expected = call(name, 0, 0, np.empty(len(spread[0]), DTYPE[gives]), *spread)[:n]
        for level in LEVELS:
            out = np.zeros(n + 1, DTYPE[gives])
            call(name, single, level, out[:n], *given)
            assert same(out[:n], expected), (single, n, level)
            assert not out[n], "written beyond the end"


@pytest.mark.parametrize("name", LOOPS)
def test_in_place(name):
    gives, types = LOOPS[name]
    operands, expected = wanted(name, 777)
    for level, k in product(LEVELS, range(len(types))):
        if DTYPE[types[k]] != DTYPE[gives]:
            continue
        mine = [x.copy() for x in operands]
        assert same(call(name, 0, level, mine[k], *mine), expected), (level, k)
    if DTYPE[types[-1]] == DTYPE[gives] and len(types) > 1 and types[0] == types[-1]:
        both = operands[-1].copy()  # the result, and every operand
        again = call(name, 0, 0, np.empty_like(expected), *[both.copy()] * len(types))
        for level in LEVELS:
            mine = both.copy()
            assert same(call(name, 0, level, mine, *[mine] * len(types)), again), level


# --- float32 -------------------------------------------------------------------------------------

# The largest errors that native/single.h tells of, in units of the last place, and where to look.
SINGLE = {
    "exp": (1.1, -87, 88.7),
    "expm1": (1.9, -30, 88.7),
    "exprel": (1.9, -30, 90),
    "log": (1.3, 1e-30, 1e30),
    "log1p": (2.0, -0.99999, 1e30),
    "sin": (1.6, -1000, 1000),
    "cos": (1.6, -1000, 1000),
    "tan": (3.3, -1000, 1000),
    "log10": (0.6, 1e-30, 1e30),
    "arcsin": (0.6, -1, 1),
    "arccos": (0.6, -1, 1),
    "arctan": (0.6, -1e6, 1e6),
    "sinh": (2.3, -89, 89),
    "cosh": (1.6, -89, 89),
    "tanh": (2.5, -20, 20),
}


def ulps(got, truth):
    """The error of float32 numbers, in units of the last place of the truth."""
    return np.abs(got.astype(np.float64) - truth) / np.spacing(np.abs(truth).astype(np.float32))


@pytest.mark.parametrize("name", SINGLE)
def test_elementary_functions_in_float32(name):
    most, low, high = SINGLE[name]
    rng = np.random.default_rng(7)
    x = rng.uniform(low, high, 20_000).astype(np.float32)
    small = rng.uniform(-1, 1, 20_000) * 10.0 ** rng.uniform(-6, 0, 20_000)
    small = small[(small > low) & (small < high)].astype(np.float32)
    x = np.concatenate([x, small])
    for level in LEVELS:
        got = call(f"{name}.f", 0, level, np.empty_like(x), x)
        assert ulps(got, MEANING[name](x.astype(np.float64))).max() < most


def test_powers_in_float32():
    rng = np.random.default_rng(8)
    x, y = rng.uniform(0, 9, 40_000), rng.uniform(-9, 9, 40_000)
    x, y = x.astype(np.float32), y.astype(np.float32)
    got = call("pow.f", 0, 0, np.empty_like(x), x, y)
    assert ulps(got, MEANING["pow"](x.astype(np.float64), y.astype(np.float64))).max() < 0.6


@pytest.mark.parametrize("name", [*ELEMENTARY, "pow"])
def test_ends_of_elementary_functions_in_float32(name):
    """NaN, infinities and zeros come out where they do in float64, rounded."""
    x = [special("f")] if name != "pow" else grid("f")
    # Subnormal numbers may count as zero, and for large angles there is an absolute error.
    normal = np.logical_and.reduce([(np.abs(a) >= np.finfo(np.float32).tiny) | (a == 0) for a in x])
    if name in ("sin", "cos", "tan"):
        normal &= np.abs(x[0]) < 1e5
    got = call(f"{name}.f", 0, 0, np.empty_like(x[0]), *x)
    with np.errstate(all="ignore"):
        truth = np.asarray(MEANING[name](*x)).astype(np.float32)
    tiny = np.finfo(np.float32).tiny
    np.testing.assert_allclose(got[normal], truth[normal], rtol=1e-6, atol=tiny)


# --- what has operands of its own ----------------------------------------------------------------


@pytest.mark.parametrize("letter", "fdib")
def test_take_stays_inside_its_table(letter):
    table = numbers(letter, 9, np.random.default_rng(1))
    index = np.array([0, 8, 3, 3, 9, -1, -(2**31), 2**31 - 1, 5], np.int32)
    expected = table[np.clip(index, 0, 8)]
    size = np.array([9], np.int32)
    for level, single in product(LEVELS, (0, 4)):
        out = call(f"take.{letter}", single, level, np.empty_like(expected), table, index, size)
        assert out.tobytes() == expected.tobytes()
    if letter in "fi":
        mine = index.copy().view(DTYPE[letter])
        call(f"take.{letter}", 4, 0, mine, table, mine, size)
        assert mine.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", ["mod", "floordiv"])
def test_integers_divided_by_any(name):
    """By zero gives zero, as in NumPy; the sign is Python's; the smallest by -1 wraps."""
    few = range(-9, 10)
    x, y = (np.array(c, np.int32) for c in zip(*product(few, few), strict=True))
    python = {"mod": lambda a, b: a % b, "floordiv": lambda a, b: a // b}[name]
    expected = [python(a, b) if b else 0 for a, b in product(few, few)]
    for level in LEVELS:
        out = call(f"{name}.i", 0, level, np.empty_like(x), x, y)
        assert out.tolist() == expected
        ends = np.array([-(2**31)] * 2, np.int32), np.array([-1, 0], np.int32)
        out = call(f"{name}.i", 0, level, np.empty(2, np.int32), *ends)
        assert out.tolist() == ([0, 0] if name == "mod" else [-(2**31), 0])


def test_there_are_no_others():
    """A name that the compiler might make of something is known, or refused when a network is."""
    takes = {f"take.{t}" for t in "fdib"}
    names = {n.partition(".")[0] for n in LOOPS} | {"take", "clip"}
    known = {f"{n}.{t}" for n, t in product(names, "fdib") if machine.loop(f"{n}.{t}", 0, 0)}
    assert known == LOOPS.keys() | takes
    for name in ("add", "add.x", "add.", "", "nothing.d"):
        assert not machine.loop(name, 0, 0)

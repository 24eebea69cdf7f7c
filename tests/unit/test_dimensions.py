"""Which operations have which dimension: Pint decides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikesim import units
from spikesim.equations.parse import parse
from spikesim.equations.source import Source
from spikesim.errors import DimensionError
from spikesim.units import DIMENSIONLESS, TRUTH, decompose

pint = pytest.importorskip("pint")

UNITS = {"v": "mV", "w": "volt", "I": "pA", "tau": "ms", "g": "nS", "x": "dimensionless"}
SCOPE = {name: decompose(getattr(units, unit))[1] for name, unit in UNITS.items()}


def read(words):
    return parse(Source("test", words), SCOPE).dimension


names = st.sampled_from([*UNITS, "2.5", "3*mV", "tau/ms"])
expressions = st.recursive(
    names,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%", "//"]), inner).map(
            lambda p: f"({p[0]} {p[1]} {p[2]})"
        ),
        st.tuples(inner, st.sampled_from(["2", "3", "(-1)", "0.5", "0"])).map(
            lambda p: f"({p[0]})**{p[1]}"
        ),
        st.tuples(st.sampled_from(["exp", "sqrt", "abs", "log", "sin", "floor"]), inner).map(
            lambda p: f"{p[0]}({p[1]})"
        ),
        st.tuples(inner, inner).map(lambda p: f"max({p[0]}, {p[1]})"),
    ),
    max_leaves=6,
)


def number(value):
    """Pint lets any plain number pass for a quantity without unit; so do we."""
    return 1.0 * value if hasattr(value, "dimensionality") else value * units.dimensionless


def without_unit(value):
    if value.dimensionality:
        raise pint.DimensionalityError(value.units, "dimensionless")
    return value


def alike(a, b):
    if a.dimensionality != b.dimensionality:
        raise pint.DimensionalityError(a.units, b.units)
    return a


class Known:
    """A quantity of Pint with magnitude 1: only its dimension goes on."""

    def __init__(self, value):
        self.value = 1.0 * number(value).units

    def __add__(self, other):
        return Known(alike(self.value, known(other).value))

    __sub__ = __mod__ = __add__

    def __floordiv__(self, other):
        alike(self.value, known(other).value)
        return Known(1.0)

    def __mul__(self, other):
        return Known(self.value * known(other).value)

    def __truediv__(self, other):
        return Known(self.value / known(other).value)

    def __pow__(self, power):
        return Known(self.value**power)

    __radd__, __rsub__, __rmod__ = __add__, __add__, __add__
    __rmul__ = __mul__

    def __rfloordiv__(self, other):
        return known(other) // self

    def __rtruediv__(self, other):
        return known(other) / self


def known(value):
    return value if isinstance(value, Known) else Known(value)


PYTHON = {
    **{name: Known(getattr(units, unit)) for name, unit in UNITS.items()},
    "mV": Known(units.mV),
    "ms": Known(units.ms),
    "sqrt": lambda x: known(x) ** 0.5,
    "abs": known,
    "max": lambda x, y: known(x) + y,
    **{f: lambda x: Known(without_unit(known(x).value)) for f in ("exp", "log", "sin", "floor")},
}


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_dimensions_are_those_of_pint(words):
    try:
        expected = decompose(known(eval(words, {"__builtins__": {}}, PYTHON)).value)[1]
    except pint.DimensionalityError:
        with pytest.raises(DimensionError, match=r"\n +\^$"):
            read(words)
        return
    except (ZeroDivisionError, OverflowError):
        return  # of plain numbers
    assert read(words) == expected


@pytest.mark.parametrize(
    "words, dimension",
    [
        ("v > w", TRUTH),
        ("not v > w and tau < 3*ms", TRUTH),
        ("True", TRUTH),
        ("int(v > w)", DIMENSIONLESS),
        ("sign(v)", DIMENSIONLESS),
        ("v if tau > 1*ms else w", SCOPE["v"]),
        ("clip(v, -3*mV, 0)", SCOPE["v"]),
        ("t/dt", DIMENSIONLESS),
        ("t // dt", DIMENSIONLESS),
        ("v > 0", TRUTH),
        ("v + 0", SCOPE["v"]),
        ("max(v, 0)", SCOPE["v"]),
        ("v if v > 0 else 0", SCOPE["v"]),
        ("1/(2*ms)*tau", DIMENSIONLESS),
        ("(v*w)**0.5", SCOPE["v"]),
    ],
)
def test_dimensions(words, dimension):
    assert read(words) == dimension


@pytest.mark.parametrize(
    "words",
    [
        "(v > w) + 1",
        "-(v > w)",
        "(v > w) == (w > v)",
        "exp(v > w)",
        "max(v > w, v > w)",
        "v and w",
        "not x",
        "v if x else w",
        "v if v > w else tau",
        "1 < v",
        "v == 1",
        "v**x",
        "x**v",
        "v**(v > w)",
        "clip(v, 0, tau)",
        "int(v)",
        "sin(tau)",
        "True + 1",
    ],
)
def test_misfits(words):
    with pytest.raises(DimensionError, match=r"\n +\^$"):
        read(words)

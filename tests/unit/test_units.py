"""Units: values and dimensions against Pint's, and quantities of other libraries."""

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikesim as sp
from spikesim import units
from spikesim.errors import DimensionError, ParameterError, SpikesimError
from spikesim.units import (
    CAPACITANCE,
    CONDUCTANCE,
    CURRENT,
    DIMENSIONLESS,
    RATE,
    TEMPERATURE,
    TIME,
    UNIT_NAMES,
    VOLTAGE,
    Dimension,
    decompose,
    strip,
    unit_in_equations,
    unit_name,
)

pint = pytest.importorskip("pint")

# The coherent set as Pint knows it: length, mass, time, current, temperature, amount, light.
COHERENT = ("um", "mV*pA*ms**3/um**2", "ms", "pA", "kelvin", "amol", "candela")
WORDS = ("length", "mass", "time", "current", "temperature", "substance", "luminosity")


def coherent_in_pint(dimension):
    registry = pint.get_application_registry()
    product = registry.Quantity(1.0)
    for base, power in zip(COHERENT, dimension.exponents, strict=True):
        product = product * registry.Quantity(1.0, base) ** float(power)
    return product


@pytest.mark.parametrize("name", UNIT_NAMES)
def test_names_are_those_of_pint(name):
    unit = getattr(units, name)
    number, dimension = decompose(1.0 * unit)
    powers = dict(unit.dimensionality)
    for word, exponent in zip(WORDS, dimension.exponents, strict=True):
        assert exponent == Fraction(powers.get(f"[{word}]", 0))
    expected = (1.0 * unit).to(coherent_in_pint(dimension).units).magnitude
    expected = expected / coherent_in_pint(dimension).magnitude
    assert number == pytest.approx(expected, rel=1e-13)
    assert number == float(f"{expected:.12g}")  # a short decimal, with no last bit of a division
    assert decompose(unit) == (number, dimension)
    assert unit_in_equations(name) == (number, dimension)


@pytest.mark.parametrize(
    "number, name, expected",
    [
        (0.1, "nA", 100.0),
        (0.1, "ms", 0.1),
        (0.3, "uS", 300.0),
        (250, "pF", 250.0),
        (0.25, "nF", 250.0),
        (20, "mV", 20.0),
        (-0.07, "volt", -70.0),
        (7, "Hz", 0.007),
        (1.5, "second", 1500.0),
        (2, "Mohm", 0.002),
        (3, "um2", 3.0),
        (1, "mM", 1.0),
        (5, "cm", 50_000.0),
    ],
)
def test_exact_values(number, name, expected):
    assert decompose(number * getattr(units, name))[0] == expected


@given(st.floats(-1e6, 1e6), st.sampled_from(UNIT_NAMES), st.sampled_from(UNIT_NAMES))
def test_products_and_quotients_are_those_of_pint(number, first, second):
    a, b = getattr(units, first), getattr(units, second)
    for quantity in (number * a * b, number * a / b, number * a**2, number * a**0.5):
        value, dimension = decompose(quantity)
        unit = coherent_in_pint(dimension)
        expected = quantity.to(unit.units).magnitude / unit.magnitude
        assert value == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_coherent_set_needs_no_factors():
    for left, right in (
        (CAPACITANCE * VOLTAGE / TIME, CURRENT),
        (CONDUCTANCE * VOLTAGE, CURRENT),
        (CONDUCTANCE / CAPACITANCE, RATE),
    ):
        assert left == right
    for product in ("pF*mV/ms - pA", "nS*mV - pA", "1/ms - nS/pF", "Gohm*pA - mV"):
        left, right = (
            decompose(pint.get_application_registry().Quantity(part))[0]
            for part in product.split(" - ")
        )
        assert left == pytest.approx(right, rel=1e-14) and left == pytest.approx(1, rel=1e-14)


def test_names_of_dimensions():
    assert [unit_name(d) for d in (VOLTAGE, CURRENT / TIME, TIME**-2)] == ["mV", "pA/ms", "ms^-2"]
    assert unit_name(VOLTAGE * TIME) == "mV ms"
    assert unit_name(Dimension((0, 0, 0, 0, 0, 0, 1))) == "cd"


def test_arrays_keep_their_shape():
    value, dimension = decompose(np.array([[1, 2], [3, 4]]) * units.nA)
    assert dimension == CURRENT and value.dtype == np.float64
    assert np.array_equal(value, [[1000, 2000], [3000, 4000]])
    assert decompose([])[0].shape == (0,)


def test_lists_of_quantities():
    value, dimension = decompose([1 * units.ms, 2 * units.second])
    assert dimension == TIME and np.array_equal(value, [1, 2000])
    assert np.array_equal(strip((1 * units.ms, 0.5 * units.ms), TIME, "x"), [1.0, 0.5])


def test_celsius_has_its_zero_elsewhere():
    registry = pint.get_application_registry()
    assert decompose(registry.Quantity(37, "degC")) == (pytest.approx(310.15), TEMPERATURE)


def test_any_registry_of_pint():
    other = pint.UnitRegistry()
    assert decompose(other.Quantity(3, "nS")) == (3.0, CONDUCTANCE)
    assert decompose(other.Unit("nS")) == (1.0, CONDUCTANCE)


def test_quantities_that_travelled_go_with_those_that_stayed():
    there_and_back = pickle.loads(pickle.dumps(5 * units.mV))
    assert there_and_back + 1 * units.mV == 6 * units.mV


def test_zero_and_plain_numbers_have_no_dimension():
    assert decompose(3) == (3.0, DIMENSIONLESS)
    assert decompose(np.float32(0.5)) == (0.5, DIMENSIONLESS)
    assert decompose(5 * units.ms / units.second)[0] == 0.005
    assert math.isnan(decompose(np.nan)[0])


@pytest.mark.parametrize(
    "value", ["5", "5 ms", b"5", None, 1j, [1j], {}, object(), [[1], [2, 3]], int, 10**400]
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ParameterError, match="expected a number"):
        decompose(value)


class Strange:
    """Carries a unit that nobody here knows."""

    unit = "furlong"

    def __array__(self, dtype=None, copy=None):
        return np.array(5.0)


def test_an_unknown_kind_of_unit_is_never_dropped_in_silence():
    with pytest.raises(SpikesimError, match="Strange, whose unit can't be read"):
        decompose(Strange())


@pytest.mark.parametrize(
    "value, dimension, message",
    [
        (5, TIME, r"^x: got 5 without a unit, expected a quantity in ms .* 5\*ms$"),
        ([1, 2], VOLTAGE, r"^x: got an array without a unit, .* values\*mV$"),
        (5 * units.mV, TIME, r"^x: got 5 millivolt, expected a quantity in ms$"),
        (5 * units.mV, DIMENSIONLESS, r"^x: got 5 millivolt, expected a plain number, no unit$"),
        (np.ones(99) * units.mV, TIME, r"^x: got an array in millivolt, expected .* in ms$"),
        (1, CURRENT / TIME, r"for example 1\*\(pA/ms\)$"),
    ],
)
def test_strip_says_what_is_wrong(value, dimension, message):
    with pytest.raises(DimensionError, match=message):
        strip(value, dimension, "x")


# --- other libraries -----------------------------------------------------------------------------


def same(value, number, dimension):
    got, found = decompose(value)
    assert found == dimension
    assert np.shape(got) == np.shape(number)
    assert np.allclose(got, number, rtol=1e-14, atol=0)


def test_quantities():
    pq = pytest.importorskip("quantities")
    same(5 * pq.mV, 5.0, VOLTAGE)
    same(np.arange(3) * pq.s, [0.0, 1000.0, 2000.0], TIME)
    same(0.1 * pq.nA, 100.0, CURRENT)
    same(pq.ms, 1.0, TIME)
    same(10 * pq.Hz, 0.01, RATE)
    same(2 * pq.mV / pq.ms, 2.0, VOLTAGE / TIME)
    same(3 * pq.dimensionless, 3.0, DIMENSIONLESS)
    same([1 * pq.ms, 2 * pq.ms], [1.0, 2.0], TIME)


def test_saiunit():
    u = pytest.importorskip("saiunit")
    same(5 * u.mV, 5.0, VOLTAGE)
    same(np.arange(3) * u.second, [0.0, 1000.0, 2000.0], TIME)
    same(0.1 * u.nA, 100.0, CURRENT)
    same(u.nS, 1.0, CONDUCTANCE)
    same(2 * u.mV / u.ms, 2.0, VOLTAGE / TIME)


def test_brian2():
    b2 = pytest.importorskip("brian2")
    same(5 * b2.mV, 5.0, VOLTAGE)
    same(np.arange(3) * b2.second, [0.0, 1000.0, 2000.0], TIME)
    same(0.1 * b2.nA, 100.0, CURRENT)
    same(b2.nS, 1.0, CONDUCTANCE)
    same(2 * b2.mV / b2.ms, 2.0, VOLTAGE / TIME)
    same([1 * b2.ms, 2 * b2.ms], [1.0, 2.0], TIME)
    same(5 * b2.ms / b2.ms, 5.0, DIMENSIONLESS)


class BrianLike(np.ndarray):
    """A quantity as Brian2 makes them: an array in SI with a dimension object."""

    class dim:
        _dims = (2.0, 1.0, -3.0, -1.0, 0.0, 0.0, 0.0)


def test_a_brian2_like_object_everywhere_a_value_goes():
    value = np.asarray(-0.06).view(BrianLike)
    same(value, -60.0, VOLTAGE)
    net = sp.Network()
    cells = net.population("cells", 2, sp.neurons.LIF(E_L=value), v=value)
    net.record(cells, "v")
    result = net.run(1 * units.ms, backend="numpy", precision="float64")
    assert np.array_equal(result["cells"].v.values[0], [-60.0, -60.0])

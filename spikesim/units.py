"""Units at the border: names for users, and the coherent set that everything inside uses.

Users write `20 * ms`; the quantities are Pint's, loaded when the first unit name is imported.
Brian2's, quantities' and saiunit's are taken as well. Inside there are plain float64 numbers in
one coherent set, in which equations need no conversion factor:

    ms, mV, pA, nS, pF, GOhm, um, K, 1/ms (rates), amol, fW

A dimension is seven exponents over SI's base (length, mass, time, current, temperature, amount,
luminous intensity).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from .errors import DimensionError, ParameterError, SpikesimError, UnknownAttributeError

# What one coherent unit of each base dimension is in SI: um, 1e-12 kg, ms, pA, K, amol, cd.
# The mass follows from mV = mass um^2 ms^-3 pA^-1.
_COHERENT = (1e-6, 1e-12, 1e-3, 1e-12, 1.0, 1e-18, 1.0)


@dataclass(frozen=True, slots=True)
class Dimension:
    """Exponents of length, mass, time, current, temperature, amount, luminous intensity."""

    exponents: tuple[Fraction | int, ...] = (0, 0, 0, 0, 0, 0, 0)

    def __mul__(self, other: Dimension) -> Dimension:
        return Dimension(tuple(a + b for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __pow__(self, power: Fraction | int) -> Dimension:
        return Dimension(tuple(exponent * power for exponent in self.exponents))

    def __str__(self) -> str:
        return unit_name(self)


DIMENSIONLESS = Dimension()
LENGTH = Dimension((1, 0, 0, 0, 0, 0, 0))
TIME = Dimension((0, 0, 1, 0, 0, 0, 0))
CURRENT = Dimension((0, 0, 0, 1, 0, 0, 0))
TEMPERATURE = Dimension((0, 0, 0, 0, 1, 0, 0))
AMOUNT = Dimension((0, 0, 0, 0, 0, 1, 0))
VOLTAGE = Dimension((2, 1, -3, -1, 0, 0, 0))
RATE = TIME**-1
CHARGE = CURRENT * TIME
CONDUCTANCE = CURRENT / VOLTAGE
RESISTANCE = VOLTAGE / CURRENT
CAPACITANCE = CHARGE / VOLTAGE
POWER = VOLTAGE * CURRENT
ENERGY = POWER * TIME
CONCENTRATION = AMOUNT / LENGTH**3
# What a condition (`v > V_th`) has in place of a dimension: it goes with nothing but itself.
TRUTH = Dimension(())
# What a plasticity rule is read with in place of the unit of the weight, which is that of the
# synapse it comes to: a power of the candela in which nothing is measured.
WEIGHT = Dimension((0, 0, 0, 0, 0, 0, 5))

# The coherent unit of a dimension, as people write it.
_NAMES = {
    DIMENSIONLESS: "1",
    TRUTH: "a condition",
    WEIGHT: "the unit of the weight",
    LENGTH: "um",
    TIME: "ms",
    CURRENT: "pA",
    VOLTAGE: "mV",
    CONDUCTANCE: "nS",
    RESISTANCE: "GOhm",
    CAPACITANCE: "pF",
    RATE: "1/ms",
    TEMPERATURE: "K",
    CHARGE: "fC",
    POWER: "fW",
    CONCENTRATION: "mM",
    VOLTAGE / TIME: "mV/ms",
    CURRENT / TIME: "pA/ms",
    CONDUCTANCE / TIME: "nS/ms",
}

_PREFIX = {
    "": 1.0,
    "p": 1e-12,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "c": 1e-2,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
}


_POWER_OF_TEN = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "G": 9}
# A prefix and a unit in a name that `unit_name` made: in "mV/ms" these are mV and ms.
_PARTS = re.compile(
    rf"(^|[ /])([{''.join(_POWER_OF_TEN)}])(V|A|S|F|Ohm|s|m|C|W|mol|M)(?![a-zA-Z])(?:\^(-?[\d/]+))?"
)


def _family(
    dimension: Dimension, symbol: str, long: str, prefixes: str, pint: str
) -> dict[str, Any]:
    entries = {long: (1.0, dimension, pint)} if long else {}
    for prefix in prefixes.split():
        entries[prefix + symbol] = (_PREFIX[prefix], dimension, prefix + pint)
    return entries


# name: (value in SI, dimension, the name Pint knows it by)
_UNITS: dict[str, tuple[float, Dimension, str]] = {
    **_family(TIME, "s", "second", "n u m", "s"),
    **_family(VOLTAGE, "V", "volt", "u m", "V"),
    **_family(CURRENT, "A", "amp", "p n u m", "A"),
    **_family(CONDUCTANCE, "S", "siemens", "p n u m", "S"),
    **_family(RESISTANCE, "ohm", "ohm", "k M G", "ohm"),
    **_family(CAPACITANCE, "F", "farad", "p n u", "F"),
    **_family(RATE, "Hz", "hertz", "k", "Hz"),
    "Hz": (1.0, RATE, "Hz"),
    **_family(LENGTH, "m", "meter", "n u m c", "m"),
    **_family(TEMPERATURE, "K", "kelvin", "", "kelvin"),
    **_family(CHARGE, "C", "coulomb", "p n", "C"),
    **_family(POWER, "W", "watt", "u m", "W"),
    **_family(ENERGY, "J", "joule", "", "J"),
    **_family(AMOUNT, "mol", "mole", "", "mol"),
    "molar": (1e3, CONCENTRATION, "molar"),
    "mM": (1.0, CONCENTRATION, "millimolar"),
    "uM": (1e-3, CONCENTRATION, "micromolar"),
    "um2": (1e-12, LENGTH**2, "um**2"),
    "cm2": (1e-4, LENGTH**2, "cm**2"),
    "dimensionless": (1.0, DIMENSIONLESS, "dimensionless"),
}

UNIT_NAMES: tuple[str, ...] = tuple(sorted(_UNITS))
__all__ = list(UNIT_NAMES)  # what `from spikesim.units import *` brings


@cache
def _registry() -> Any:
    """Pint's application registry: the one that unpickled quantities belong to as well."""
    import pint

    return pint.get_application_registry()


def __getattr__(name: str) -> Any:
    if name not in _UNITS:
        raise UnknownAttributeError(
            f"spikesim.units has no unit {name!r}; it has: {', '.join(UNIT_NAMES)}"
        )
    value = _registry().Unit(_UNITS[name][2])
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_UNITS])


def unit_in_equations(name: str) -> tuple[float, Dimension] | None:
    """Value in the coherent set and dimension of a unit name, or None."""
    if name not in _UNITS:
        return None
    si, dimension, _ = _UNITS[name]
    return _snap(si / _coherent_in_si(dimension)), dimension


def unit_name(dimension: Dimension) -> str:
    """The coherent unit of a dimension, as people write it ('mV', 'pA', 'um^2')."""
    if dimension in _NAMES:
        return _NAMES[dimension]
    for symbol, base in (("um", LENGTH), ("ms", TIME), ("pA", CURRENT), ("mV", VOLTAGE)):
        for power in (2, -1, -2):
            if dimension == base**power:
                return f"{symbol}^{power}"
    # Voltage says more here than mass does: spend the mass exponent on it.
    length, mass, time, current, *rest = dimension.exponents
    parts = zip(
        ("mV", "um", "ms", "pA", "K", "amol", "cd"),
        (mass, length - 2 * mass, time + 3 * mass, current + mass, *rest),
        strict=True,
    )
    return " ".join(f"{s}^{e}" if e != 1 else s for s, e in parts if e != 0)


def _coherent_in_si(dimension: Dimension) -> float:
    exponent10 = Fraction(0)
    for base, power in zip((-6, -12, -3, -12, 0, -18, 0), dimension.exponents, strict=True):
        exponent10 += base * power
    return float(10.0 ** float(exponent10))


def in_si(unit: str) -> tuple[float, str]:
    """What one of a unit, written as `unit_name` does, is in SI: "mV" gives (0.001, "V").

    "1" and "spikes" stay as they are.
    """
    exponent10, name = Fraction(0), unit
    for before, prefix, base, power in _PARTS.findall(unit):
        name = name.replace(prefix + base, base, 1)
        sign = -1 if before == "/" else 1
        exponent10 += sign * _POWER_OF_TEN[prefix] * Fraction(power or 1)
    return float(f"1e{exponent10}") if exponent10.denominator == 1 else 10.0**exponent10, name


def _snap(factor: float) -> float:
    """The short decimal that a conversion factor is, rid of the last bit of its division."""
    short = float(f"{factor:.12g}")
    return short if abs(short - factor) <= 1e-14 * abs(factor) else factor


def is_quantity(value: Any) -> bool:
    """Does this carry units (Pint, Brian2, quantities, saiunit)?"""
    return any(hasattr(value, word) for word in ("dimensionality", "dim", "mantissa"))


def is_unit(value: Any) -> bool:
    """Is this a bare unit (`mV`), not a number of it (`1 * mV`)? Brian2's, too, is both."""
    return type(value).__name__.startswith("Unit") and is_quantity(value)


def decompose(value: Any) -> tuple[Any, Dimension]:
    """Split anything that carries units, or a plain number, into (coherent value, dimension).

    Returns a float or a float64 array. Raises ParameterError for what is no number, DimensionError
    for a list of quantities of several dimensions.
    """
    number: Any
    if hasattr(value, "mantissa") and hasattr(value, "dim"):  # saiunit
        number, si = np.asarray(value.mantissa), float(value.unit.magnitude)
        dimension = _dimension(value.dim._dims)
    elif hasattr(value, "magnitude") and hasattr(value, "dim"):  # a unit of saiunit
        number, si, dimension = 1.0, float(value.magnitude), _dimension(value.dim._dims)
    elif hasattr(value, "to_base_units"):
        number, si, dimension = _pint(value)
    elif is_unit(value) and hasattr(value, "is_compatible_with"):  # a unit of Pint
        number, si, dimension = _pint(1.0 * value)
    elif hasattr(value, "dimensionality") and hasattr(value, "simplified"):
        number, si, dimension = _quantities(value)
    elif hasattr(value, "dim") and hasattr(value.dim, "_dims"):
        # Brian2, in SI. Its own asarray would look for the units of every element.
        number, si, dimension = np.array(value, copy=None), 1.0, _dimension(value.dim._dims)
    elif is_quantity(value) or hasattr(value, "units") or hasattr(value, "unit"):
        raise ParameterError(
            f"got {_show(value)} of type {type(value).__name__}, whose unit can't be read; use "
            "those of spikesim.units"
        )
    elif _carries_units(value):
        return _each(value)
    else:
        return _plain(value), DIMENSIONLESS
    return _plain(number) * _snap(si / _coherent_in_si(dimension)), dimension


def _dimension(exponents: Iterable[Any]) -> Dimension:
    return Dimension(tuple(Fraction(float(e)).limit_denominator(64) for e in exponents))


def _pint(quantity: Any) -> tuple[Any, float, Dimension]:
    powers = dict(quantity.dimensionality)
    words = ("length", "mass", "time", "current", "temperature", "substance", "luminosity")
    dimension = _dimension(powers.get(f"[{word}]", 0) for word in words)
    if not quantity._is_multiplicative:  # degrees Celsius have their zero elsewhere
        return quantity.to_base_units().magnitude, 1.0, dimension
    factor = (1.0 * quantity.units).to_base_units().magnitude
    return quantity.magnitude, float(factor), dimension


def _quantities(value: Any) -> tuple[Any, float, Dimension]:
    simplified = value.units.simplified
    powers = {unit.symbol: power for unit, power in simplified.dimensionality.items()}
    dimension = _dimension(powers.get(n, 0) for n in ("m", "kg", "s", "A", "K", "mol", "cd"))
    return np.asarray(value.magnitude), float(simplified.magnitude), dimension


def _carries_units(value: Any) -> bool:
    listed = value if isinstance(value, list | tuple) else [value]
    return any(is_quantity(one) for one in listed)


def bare_array(value: Any) -> np.ndarray | None:
    """An array of what carries no unit; None for a quantity, and for what is no array."""
    if _carries_units(value):
        return None
    try:
        return np.asarray(value)
    except (TypeError, ValueError):
        return None


def _each(values: Sequence[Any]) -> tuple[Any, Dimension]:
    numbers, dimensions = zip(*(decompose(one) for one in values), strict=True)
    if len(set(dimensions)) > 1:
        found = " and ".join(unit_name(d) for d in dict.fromkeys(dimensions))
        raise DimensionError(f"got a list of quantities in {found}, expected one unit")
    return _plain(list(numbers)), dimensions[0]


def _plain(value: Any) -> Any:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf" and (array.dtype.kind != "O" or value is None):
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as fault:
        shown = _show(value)
        raise ParameterError(f"got {shown}, expected a number, an array or a quantity") from fault
    return float(array) if array.ndim == 0 else array


def strip(value: Any, dimension: Dimension, subject: str) -> Any:
    """The plain number, or float64 array, of `value` in the coherent unit of `dimension`.

    Raises DimensionError, naming `subject`, where the dimension is another or where a bare number
    stands in place of a quantity; ParameterError for what is no number at all.
    """
    try:
        number, got = decompose(value)
    except SpikesimError as fault:
        raise type(fault)(f"{subject}: {fault}") from None
    if got == dimension:
        return number
    expected = unit_name(dimension)
    if not _carries_units(value):
        shown = "an array" if np.ndim(number) else value
        raise DimensionError(
            f"{subject}: got {shown} without a unit, expected a quantity in {expected} "
            f"or the like; write for example {'values' if np.ndim(number) else value}*"
            f"{_writable(dimension)}"
        )
    if dimension == DIMENSIONLESS:
        raise DimensionError(f"{subject}: got {_show(value)}, expected a plain number, no unit")
    raise DimensionError(f"{subject}: got {_show(value)}, expected a quantity in {expected}")


def _writable(dimension: Dimension) -> str:
    for name in ("ms", "mV", "pA", "nS", "pF", "Hz", "um", "Gohm", "kelvin", "mM"):
        if _UNITS[name][1] == dimension:
            return name
    return f"({unit_name(dimension)})"


def _show(value: Any) -> str:
    text = repr(value) if isinstance(value, str | bytes) else str(value)
    if len(text) <= 60 and "\n" not in text:
        return text
    if hasattr(value, "units") and np.ndim(value):
        return f"an array in {value.units}"
    return f"{text.splitlines()[0][:57]}..."

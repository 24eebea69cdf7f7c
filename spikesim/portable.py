"""Elementary functions that give the same bits on every backend.

No two mathematical libraries agree on the last bit of ``exp``: NumPy, XLA, the C library and CUDA
each have their own. A network whose threshold crossings or delays depend on that bit is then a
different network on each of them. The functions here are built only from operations that IEEE 754
defines to the bit: ``+ - * /``, square root, floor, comparison and selection, and exact scaling by
powers of two. Evaluated in float64, in the order written and without contraction of a*b + c into a
fused multiply-add, they are bit-identical everywhere. C++ needs ``-ffp-contract=off``, CUDA
``--fmad=false``; what XLA needs is in docs/design/conformance.md. native/portable.h has the same
functions in C++.

Rules that hold for every function ``f(x, lib)``:

- ``x`` is a float64 array or scalar, and so is the result.
- Values are never branched on: both sides are computed, from arguments made harmless beforehand,
  and one is selected. Nothing divides by zero or overflows on the way, so that nothing warns.
- Subnormal numbers count as zero, in the argument and in the result, because XLA on the CPU treats
  them so. The sign of a zero argument survives in odd functions.
- No two constants meet, for the sake of compilers that fold (x + c) - d into x + (c - d).
- NaN gives NaN. Which of the many NaNs is not defined.
- Only the operators ``+ - * /``, unary ``-``, comparisons, ``&`` and ``|`` are applied to arrays,
  and the methods of an `ArrayLibrary`.

The methods are those of Cody and Waite, "Software Manual for the Elementary Functions" (1980), with
the quotient s = f/(2 + f) for logarithms and the error-free transformations of Knuth and of Dekker
(Numer. Math. 18, 224, 1971). How rounding errors are carried along in log and expm1 follows ideas
of fdlibm (Sun Microsystems, 1993). The polynomials are plain Taylor series, two or three terms
longer than the best possible ones, so that every coefficient can be checked by eye.

Measured against mpmath, in units of the last place: exp, expm1, log, log1p, sin and cos 0.8, cosh
1.3, exprel 1.5, sinh, tan and arctan 1.8, tanh 1.9; power 2e-15 relative.
"""

from __future__ import annotations

import math
from typing import Any, Protocol, TypeAlias, final

import numpy as np

Array: TypeAlias = Any  # a float64 array of the library in use


class ArrayLibrary(Protocol):
    """The few exact array operations that the functions of this module need."""

    def where(self, condition: Array, yes: Array, no: Array) -> Array: ...
    def floor(self, x: Array) -> Array: ...
    def sqrt(self, x: Array) -> Array: ...
    def abs(self, x: Array) -> Array: ...
    def minimum(self, x: Array, y: Array) -> Array: ...
    def maximum(self, x: Array, y: Array) -> Array: ...

    def pow2(self, k: Array) -> Array:
        """Exactly 2**k, for an integer-valued float64 k in [-1022, 1023]."""

    def significand_exponent(self, x: Array) -> tuple[Array, Array]:
        """(m, e) with x = m * 2**e and 1 <= m < 2, for normal positive x; e is integer-valued."""


@final
class NumPyLibrary:
    """The array operations in NumPy: their definition."""

    def where(self, condition: Array, yes: Array, no: Array) -> Array:
        return np.where(condition, yes, no)

    def floor(self, x: Array) -> Array:
        return np.floor(x)

    def sqrt(self, x: Array) -> Array:
        return np.sqrt(x)

    def abs(self, x: Array) -> Array:
        return np.abs(x)

    def minimum(self, x: Array, y: Array) -> Array:
        return np.minimum(x, y)

    def maximum(self, x: Array, y: Array) -> Array:
        return np.maximum(x, y)

    def pow2(self, k: Array) -> Array:
        biased = np.asarray(k, np.float64).astype(np.int64) + 1023
        return (biased << 52).view(np.float64)

    def significand_exponent(self, x: Array) -> tuple[Array, Array]:
        bits = np.asarray(x, np.float64).view(np.int64)
        exponent = ((bits >> 52) - 1023).astype(np.float64)
        significand = ((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000).view(np.float64)
        return significand, exponent


NUMPY = NumPyLibrary()

# --- constants -----------------------------------------------------------------------------------

SMALLEST_NORMAL = 2.0**-1022
LOG2_E = 1.4426950408889634
# ln 2 = HIGH + LOW; HIGH has 32 significant bits, so that k * HIGH is exact for |k| < 2**20.
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
# pi/2 as a sum; three parts have at most 33 bits, so that n * part is exact for |n| < 2**20.
HALF_PI_SUM = 1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32
TWO_OVER_PI = 0.6366197723675814
HALF_PI, HALF_PI_LOW = 1.5707963267948966, 6.123233995736766e-17
SPLITTER = 2.0**27 + 1.0  # Dekker's: cuts a float64 into two halves of 26 bits

# Taylor coefficients, lowest order first, each rounded once.
# exp: 1/2!, 1/3! ...   sin: -1/3!, 1/5! ...   cos: 1/4!, -1/6! ...
EXP = tuple(1 / math.factorial(n) for n in range(2, 14))
SIN = tuple((-1) ** n / math.factorial(2 * n + 1) for n in range(1, 9))
COS = tuple((-1) ** n / math.factorial(2 * n) for n in range(2, 9))
LOG = tuple(2 / (2 * n + 1) for n in range(1, 11))  # ln((1+s)/(1-s)) = 2s + s (2/3 s^2 + ...)
LOG10_E, LOG10_E_LOW = 0.4342944819032518, 1.098319650216765e-17  # 1/ln 10 in two parts
ARCTAN = tuple((-1) ** n / (2 * n + 1) for n in range(1, 21))  # arctan t = t + t (-t^2/3 + ...)


# --- building blocks -----------------------------------------------------------------------------


def flush(x: Array, lib: ArrayLibrary) -> Array:
    """x with subnormal values replaced by zeros of the same sign."""
    return x * lib.where(lib.abs(x) < SMALLEST_NORMAL, 0.0, 1.0)


def horner(x: Array, coefficients: tuple[float, ...]) -> Array:
    """c0 + x (c1 + x (c2 + ...))."""
    total = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """a + b exactly, as the rounded sum and its error (Knuth). A constant has to be b."""
    total = a + b
    shadow = total - a
    return total, (a - (total - shadow)) + (b - shadow)


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """a * b exactly, as the rounded product and its error (Dekker 1971); |a|, |b| < 2**995."""
    product = a * b
    wide = a * SPLITTER
    a_high = wide - (wide - a)
    a_low = a - a_high
    wide = b * SPLITTER
    b_high = wide - (wide - b)
    b_low = b - b_high
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _scale(y: Array, k: Array, lib: ArrayLibrary) -> Array:
    """y * 2**k for normal positive y: inf where that overflows, 0 where it would be subnormal."""
    significand, exponent = lib.significand_exponent(y)
    exponent = exponent + k
    too_big = exponent > 1023.0
    too_small = exponent < -1022.0
    value = significand * lib.pow2(lib.where(too_big | too_small, 0.0, exponent))
    return lib.where(too_big, math.inf, lib.where(too_small, 0.0, value))


def _odd(x: Array, positive_side: Array, lib: ArrayLibrary) -> Array:
    """An odd function of x from its values at |x|; keeps the sign of zero, and NaN."""
    value = lib.where(x < 0.0, -positive_side, positive_side)
    return lib.where((x < 0.0) | (x > 0.0), value, x)


def _exp_parts(x: Array, tail: Array, lib: ArrayLibrary) -> tuple[Array, Array, Array]:
    """(k, a, b) with exp(x + tail) = 2**k (1 + a + b), |a| < 0.35 and b much smaller than a.

    a is exact where k = 0. Finite x only, |x| < 2**19.
    """
    k = lib.floor(x * LOG2_E + 0.5)
    high = x - k * LN2_HIGH
    low = k * LN2_LOW - tail
    r = high - low
    return k, high, r * r * horner(r, EXP) - low


def _log_series(f: Array, correction: Array, k: Array) -> Array:
    """k ln 2 + ln(1 + f) + correction, for 1 + f in [0.7, 1.42] and a small correction.

    With s = f/(2 + f): ln(1 + f) = f - (f^2/2 - s (f^2/2 + R(s^2))), where no term but f is large.
    """
    half_square = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    series = z * horner(z, LOG)
    small = s * (half_square + series) + (k * LN2_LOW + correction)
    return k * LN2_HIGH - ((half_square - small) - f)


def _log_reduced(x: Array, lib: ArrayLibrary) -> tuple[Array, Array]:
    """(f, k) with x = 2**k (1 + f) exactly and 1 + f in (0.7, 1.42]."""
    significand, exponent = lib.significand_exponent(x)
    large = significand > math.sqrt(2.0)
    f = lib.where(large, 0.5 * significand, significand) - 1.0
    return f, lib.where(large, exponent + 1.0, exponent)


# --- exponentials --------------------------------------------------------------------------------


def exp(x: Array, lib: ArrayLibrary) -> Array:
    """e^x: inf above 709.78, 0 below -708.39 (where the result would be subnormal)."""
    x = flush(x, lib)
    safe = lib.minimum(lib.maximum(lib.where(x == x, x, 0.0), -800.0), 800.0)
    k, a, b = _exp_parts(safe, 0.0, lib)
    return lib.where(x == x, _scale(1.0 + (a + b), k, lib), x)


def _expm1_parts(x: Array, lib: ArrayLibrary) -> tuple[Array, Array, Array]:
    """(expm1(x) where x <= 40, y, k) with e^x = 2**k y; for x in [-40, 800]."""
    k, a, b = _exp_parts(x, 0.0, lib)
    # e^x - 1 = 2**k ((1 - 2**-k) + a + b), whose first sum is kept exact.
    moderate = lib.minimum(k, 60.0)
    total, error = _two_sum(1.0 - lib.pow2(-moderate), a)
    return (total + (error + b)) * lib.pow2(moderate), 1.0 + (a + b), k


def expm1(x: Array, lib: ArrayLibrary) -> Array:
    """e^x - 1 without cancellation at small x; inf above 709.78."""
    x = flush(x, lib)
    safe = lib.minimum(lib.maximum(lib.where(x == x, x, 0.0), -40.0), 800.0)
    value, y, k = _expm1_parts(safe, lib)
    value = lib.where(safe > 40.0, _scale(y, k, lib), value)
    return lib.where((x < 0.0) | (x > 0.0), value, x)


def exprel(x: Array, lib: ArrayLibrary) -> Array:
    """(e^x - 1)/x, and 1 at x = 0; what the rate functions of Hodgkin and Huxley are made of."""
    x = flush(x, lib)
    nonzero = lib.where((x < 0.0) | (x > 0.0), x, 1.0)
    value, y, k = _expm1_parts(lib.minimum(lib.maximum(nonzero, -40.0), 800.0), lib)
    # e^x/x is finite somewhat beyond the x at which e^x overflows.
    large = _scale(y / lib.minimum(lib.maximum(nonzero, 1.0), 800.0), k, lib)
    value = lib.where(nonzero > 40.0, large, value / nonzero)
    return flush(lib.where(x == x, lib.where(x == 0.0, 1.0, value), x), lib)


# --- logarithms and powers -----------------------------------------------------------------------


def log(x: Array, lib: ArrayLibrary) -> Array:
    """Natural logarithm: -inf at 0, NaN below."""
    x = flush(x, lib)
    regular = (x > 0.0) & (x < math.inf)
    f, k = _log_reduced(lib.where(regular, x, 1.0), lib)
    special = lib.where(x == 0.0, -math.inf, lib.where(x < 0.0, math.nan, x))
    return lib.where(regular, _log_series(f, 0.0, k), special)


def log1p(x: Array, lib: ArrayLibrary) -> Array:
    """ln(1 + x) without loss at small x: -inf at -1, NaN below."""
    x = flush(x, lib)
    regular = (x > -1.0) & (x < math.inf)
    total, error = _two_sum(lib.where(regular, x, 0.0), 1.0)
    f, k = _log_reduced(total, lib)
    special = lib.where(x == -1.0, -math.inf, lib.where(x < -1.0, math.nan, x))
    value = lib.where(regular, _log_series(f, error / total, k), special)
    return lib.where(x == 0.0, x, value)


def log10(x: Array, lib: ArrayLibrary) -> Array:
    """Decimal logarithm, from the natural one: -inf at 0, NaN below."""
    value = log(x, lib)
    regular = lib.abs(value) < math.inf
    safe = lib.where(regular, value, 0.0)
    product, error = _two_product(safe, LOG10_E)
    return lib.where(regular, product + (error + safe * LOG10_E_LOW), value)


def power(x: Array, y: Array, lib: ArrayLibrary) -> Array:
    """x**y = exp(y ln x), the logarithm and its product with y carried in two parts.

    As in C: x**0 = 1**y = 1 even for NaN; a negative x needs an integer y (NaN otherwise). Unlike
    in C, a zero result is always +0, and 0 to a negative power is +inf.
    """
    x, y = flush(x, lib), flush(y, lib)
    magnitude = lib.abs(x)
    regular = (magnitude > 0.0) & (magnitude < math.inf) & (y == y)
    f, k = _log_reduced(lib.where(regular, magnitude, 1.0), lib)
    # ln|x| = high + low: the quotient s with its remainder, then k ln 2 + 2s + s R(s^2).
    divisor, divisor_error = _two_sum(f, 2.0)
    s = f / divisor
    product, product_error = _two_product(s, divisor)
    s_error = (((f - product) - product_error) - s * divisor_error) / divisor
    z = s * s
    high, low = _two_sum(k * LN2_HIGH, 2.0 * s)
    series = s * (z * horner(z, LOG))
    high, low = _two_sum(high, low + (2.0 * s_error + series + k * LN2_LOW))
    # Beyond 2**70 every power but those of 1 has overflowed or vanished.
    exponent = lib.minimum(lib.maximum(lib.where(y == y, y, 0.0), -(2.0**70)), 2.0**70)
    head, tail = _two_product(exponent, high)
    tail = tail + exponent * low
    within = lib.abs(head) < 800.0
    limited = lib.minimum(lib.maximum(head, -800.0), 800.0)
    n, a, b = _exp_parts(limited, lib.where(within, tail, 0.0), lib)
    value = _scale(1.0 + (a + b), n, lib)
    # Odd powers of a negative number are negative, fractional ones do not exist.
    whole = lib.floor(exponent)
    is_odd = (whole == exponent) & (lib.floor(0.5 * whole) < 0.5 * whole)
    is_undefined = (x < 0.0) & (x > -math.inf) & (whole < exponent)
    # Infinite and zero bases.
    grows = (magnitude > 1.0) & (y > 0.0) | (magnitude < 1.0) & (y < 0.0)
    value = lib.where(regular, value, lib.where(grows, math.inf, 0.0))
    value = lib.where((x < 0.0) & is_odd & (value > 0.0), -value, value)
    value = lib.where((x == x) & (y == y), lib.where(is_undefined, math.nan, value), math.nan)
    return lib.where((x == 1.0) | (y == 0.0), 1.0, value)


# --- trigonometric functions ---------------------------------------------------------------------


def _quarter_turns(x: Array, lib: ArrayLibrary) -> tuple[Array, Array, Array]:
    """(n, sin r, cos r) with x = n pi/2 + r, |r| <= pi/4 and r known to more than float64.

    The sine and cosine are NaN for |x| > 2**30, where x no longer says enough about the angle.
    """
    regular = lib.abs(x) <= 2.0**30
    x = lib.where(regular, x, 0.0)
    n = lib.floor(x * TWO_OVER_PI + 0.5)
    high, error = _two_sum(x - n * HALF_PI_SUM[0], -(n * HALF_PI_SUM[1]))
    high, more = _two_sum(high, -(n * HALF_PI_SUM[2]))
    r, low = _two_sum(high, error + (more - n * HALF_PI_SUM[3]))
    z = r * r
    half = 0.5 * z
    complement, rest = _two_sum(-half, 1.0)
    sine = r + (r * z * horner(z, SIN) + low * complement)
    cosine = complement + (rest + (z * z * horner(z, COS) - r * low))
    return n, lib.where(regular, sine, math.nan), lib.where(regular, cosine, math.nan)


def _turned(n: Array, sine: Array, cosine: Array, lib: ArrayLibrary) -> Array:
    """sin(r + n pi/2)."""
    quadrant = n - 4.0 * lib.floor(n * 0.25)
    value = lib.where((quadrant == 1.0) | (quadrant == 3.0), cosine, sine)
    return lib.where(quadrant >= 2.0, -value, value)


def sin(x: Array, lib: ArrayLibrary) -> Array:
    """Sine. Full accuracy to |x| = 10^6; beyond, the absolute error grows as |x| 2^-52.

    NaN for |x| > 2^30.
    """
    x = flush(x, lib)
    n, sine, cosine = _quarter_turns(x, lib)
    return lib.where(x == 0.0, x, _turned(n, sine, cosine, lib))


def cos(x: Array, lib: ArrayLibrary) -> Array:
    """Cosine, with the range of `sin`."""
    n, sine, cosine = _quarter_turns(flush(x, lib), lib)
    return _turned(n + 1.0, sine, cosine, lib)


def tan(x: Array, lib: ArrayLibrary) -> Array:
    """Tangent, with the range of `sin`."""
    x = flush(x, lib)
    n, sine, cosine = _quarter_turns(x, lib)
    is_odd = lib.floor(n * 0.5) < n * 0.5
    value = lib.where(is_odd, -cosine, sine) / lib.where(is_odd, sine, cosine)
    return lib.where(x == 0.0, x, value)


def arctan(x: Array, lib: ArrayLibrary) -> Array:
    """Inverse tangent: the series after a turn by pi/4 or pi/2, so that |t| <= tan(pi/8)."""
    x = flush(x, lib)
    size = lib.abs(x)
    is_big = size > 1.0 + math.sqrt(2.0)
    is_middle = size > math.sqrt(2.0) - 1.0
    numerator = lib.where(is_big, -1.0, lib.where(is_middle, size - 1.0, size))
    t = numerator / lib.where(is_big, size, lib.where(is_middle, size + 1.0, 1.0))
    turn = lib.where(is_big, 1.0, lib.where(is_middle, 0.5, 0.0))
    z = t * t
    value = turn * HALF_PI + (t + (t * z * horner(z, ARCTAN) + turn * HALF_PI_LOW))
    return _odd(x, value, lib)


def arcsin(x: Array, lib: ArrayLibrary) -> Array:
    """Inverse sine, arctan(x/sqrt((1 - x)(1 + x))); NaN for |x| > 1."""
    x = flush(x, lib)
    inside = lib.abs(x) <= 1.0
    safe = lib.where(inside, x, 0.0)
    root = lib.sqrt((1.0 - safe) * (1.0 + safe))
    value = arctan(safe / lib.where(root == 0.0, 1.0, root), lib)
    edge = lib.where(safe < 0.0, -HALF_PI, HALF_PI)
    return lib.where(inside, lib.where(root == 0.0, edge, value), math.nan)


def arccos(x: Array, lib: ArrayLibrary) -> Array:
    """Inverse cosine, 2 arctan(sqrt((1 - x)/(1 + x))); NaN for |x| > 1."""
    x = flush(x, lib)
    inside = lib.abs(x) <= 1.0
    safe = lib.where(inside, x, 0.0)
    below = 1.0 + safe
    value = 2.0 * arctan(lib.sqrt((1.0 - safe) / lib.where(below == 0.0, 1.0, below)), lib)
    return lib.where(inside, lib.where(below == 0.0, 2.0 * HALF_PI, value), math.nan)


# --- hyperbolic functions ------------------------------------------------------------------------


def sinh(x: Array, lib: ArrayLibrary) -> Array:
    """Hyperbolic sine; infinite beyond |x| = 710.47."""
    x = flush(x, lib)
    size = lib.minimum(lib.where(x == x, lib.abs(x), 0.0), 800.0)
    t, y, k = _expm1_parts(size, lib)
    value = lib.where(size > 40.0, _scale(y, k - 1.0, lib), 0.5 * (t + t / (t + 1.0)))
    return _odd(x, value, lib)


def cosh(x: Array, lib: ArrayLibrary) -> Array:
    """Hyperbolic cosine; infinite beyond |x| = 710.47."""
    x = flush(x, lib)
    size = lib.minimum(lib.where(x == x, lib.abs(x), 0.0), 800.0)
    k, a, b = _exp_parts(size, 0.0, lib)
    half = _scale(1.0 + (a + b), k - 1.0, lib)
    return lib.where(x == x, half + 0.25 / half, x)


def tanh(x: Array, lib: ArrayLibrary) -> Array:
    """Hyperbolic tangent, from t = e^2|x| - 1: t/(t + 2) below 1, 1 - 2/(t + 2) above."""
    x = flush(x, lib)
    size = lib.minimum(lib.where(x == x, lib.abs(x), 0.0), 20.0)
    t, _, _ = _expm1_parts(2.0 * size, lib)
    return _odd(x, lib.where(size < 1.0, t / (t + 2.0), 1.0 - 2.0 / (t + 2.0)), lib)

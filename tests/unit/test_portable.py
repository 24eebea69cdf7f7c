"""The portable functions: accuracy against mpmath, limits, and equal bits in NumPy and XLA."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikesim import portable
from spikesim.portable import NUMPY

ONE_ARGUMENT = [
    "exp",
    "expm1",
    "exprel",
    "log",
    "log1p",
    "log10",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
]
# As far as the sign of zero goes.
ODD = ["expm1", "log1p", "sin", "tan", "arcsin", "arctan", "sinh", "tanh"]
LARGEST = np.finfo(np.float64).max
TINY = np.finfo(np.float64).tiny


class JaxLibrary:
    """The array operations in JAX, for use under enable_x64."""

    def __init__(self):
        import jax.numpy as jnp

        self.where, self.floor, self.sqrt, self.abs = jnp.where, jnp.floor, jnp.sqrt, jnp.abs
        self.minimum, self.maximum = jnp.minimum, jnp.maximum

    def pow2(self, k):
        import jax
        import jax.numpy as jnp

        return jax.lax.bitcast_convert_type((k.astype(jnp.int64) + 1023) << 52, jnp.float64)

    def significand_exponent(self, x):
        import jax
        import jax.numpy as jnp

        bits = jax.lax.bitcast_convert_type(x, jnp.int64)
        significand = (bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000
        exponent = ((bits >> 52) - 1023).astype(jnp.float64)
        return jax.lax.bitcast_convert_type(significand, jnp.float64), exponent


# XLA must not regroup constants (algsimp), nor put several operations into one kernel (fusion),
# where LLVM would contract a*b + c.
XLA_AS_WRITTEN = {
    "xla_backend_optimization_level": 0,
    "xla_disable_hlo_passes": "algsimp,fusion",
}


def run_in_xla(function, *arguments):
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        compiled = jax.jit(lambda *a: function(*a, JaxLibrary()), compiler_options=XLA_AS_WRITTEN)
        return np.asarray(compiled(*arguments))


def assert_same_bits(a, b, *arguments):
    assert a.dtype == b.dtype == np.float64
    both_nan = np.isnan(a) & np.isnan(b)  # which NaN it is stays undefined
    different = ~both_nan & (a.view(np.int64) != b.view(np.int64))
    assert not different.any(), [x[different][:5] for x in (*arguments, a, b)]


def wide_sample(n, seed):
    """Numbers of every kind: moderate, tiny, huge, subnormal, special, and random bit patterns."""
    rng = np.random.default_rng(seed)
    special = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 3.0, -3.0, math.inf, -math.inf, math.nan]
    special += [TINY, -TINY, TINY / 2, -TINY / 2, 5e-324, LARGEST, -LARGEST, 40.0, -40.0]
    special += [709.782712893384, 709.7827128933841, -708.3964185322641, -708.3964185322642]
    special += [710.4758600739439, 710.475860073944, 716.3, 716.4, 2.0**30, 2.0**30 + 1]
    special += [math.sqrt(2), 1 - 2.0**-53, 1 + 2.0**-52, 2.0**-53, -(2.0**-54), 2.0**53, 2.0**70]
    signs = rng.choice([-1.0, 1.0], n)
    bits = rng.integers(0, 2**64, n, np.uint64).view(np.float64)
    bits[np.isnan(bits)] = math.nan  # no signalling ones: NumPy warns of those
    return np.concatenate(
        [
            special,
            rng.normal(0, 1, n),
            rng.uniform(-800, 800, n),
            signs * 2.0 ** rng.uniform(-1074, 1024, n),
            signs * 2.0 ** rng.uniform(-60, 40, n),
            rng.integers(-1000, 1000, n) * math.pi / 4,
            bits,
        ]
    )


# --- accuracy ------------------------------------------------------------------------------------


def error_in_ulp(mpmath, got, true):
    if true == 0:
        return abs(got) / TINY
    size = mpmath.frexp(true)[1] - 1  # 2**size <= |true|
    return float(abs(mpmath.mpf(got) - true) / mpmath.mpf(2) ** (max(size, -1022) - 52))


def log_range(low, high, n, rng):
    return rng.choice([-1.0, 1.0], n) * 2.0 ** rng.uniform(low, high, n)


N = 1500
ACCURACY = {  # function: (allowed error in units of the last place, arguments)
    "exp": (1.0, lambda rng: np.r_[rng.uniform(-708, 709.7, N), log_range(-60, 3, N, rng)]),
    "expm1": (1.2, lambda rng: np.r_[rng.uniform(-40, 709.7, N), log_range(-200, 5, 2 * N, rng)]),
    "exprel": (2.0, lambda rng: np.r_[rng.uniform(-60, 716, N), log_range(-200, 5, 2 * N, rng)]),
    "log": (1.0, lambda rng: np.r_[rng.uniform(0.5, 2, N), abs(log_range(-1022, 1023, N, rng))]),
    "log1p": (
        1.2,
        lambda rng: np.r_[rng.uniform(-0.99, 2, 2 * N), log_range(-200, 0, N, rng), 2.0**-53],
    ),
    "sin": (1.0, lambda rng: np.r_[rng.uniform(-1e5, 1e5, N), log_range(-200, 3, N, rng)]),
    "cos": (1.0, lambda rng: np.r_[rng.uniform(-1e5, 1e5, N), log_range(-200, 3, N, rng)]),
    "tan": (2.5, lambda rng: np.r_[rng.uniform(-1e5, 1e5, N), log_range(-200, 3, N, rng)]),
    "log10": (1.6, lambda rng: np.r_[rng.uniform(0.5, 2, N), abs(log_range(-1022, 1023, N, rng))]),
    "arcsin": (4.0, lambda rng: np.r_[rng.uniform(-1, 1, N), log_range(-200, 0, N, rng)]),
    "arccos": (4.0, lambda rng: np.r_[rng.uniform(-1, 1, N), 1 - abs(log_range(-50, 1, N, rng))]),
    "arctan": (2.2, lambda rng: np.r_[log_range(-200, 200, N, rng), log_range(-3, 3, N, rng)]),
    "sinh": (2.0, lambda rng: np.r_[log_range(-200, 9.4, N, rng), log_range(-3, 3, N, rng)]),
    "cosh": (2.0, lambda rng: np.r_[log_range(-30, 9.4, N, rng), log_range(-3, 3, N, rng)]),
    "tanh": (2.0, lambda rng: np.r_[log_range(-200, 5, N, rng), log_range(-3, 3, 2 * N, rng)]),
}


def exact(mpmath, name):
    if name == "exprel":
        return lambda x: mpmath.expm1(x) / x
    return getattr(mpmath, {"arctan": "atan", "arcsin": "asin", "arccos": "acos"}.get(name, name))


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_accuracy(name):
    mpmath = pytest.importorskip("mpmath")
    allowed, arguments = ACCURACY[name]
    x = arguments(np.random.default_rng(1))
    values = getattr(portable, name)(x, NUMPY)
    with mpmath.workprec(150):
        true = exact(mpmath, name)
        errors = [
            error_in_ulp(mpmath, got, true(mpmath.mpf(argument)))
            for argument, got in zip(x.tolist(), values.tolist(), strict=True)
        ]
    assert max(errors) < allowed, x[int(np.argmax(errors))]


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_trigonometric_functions_next_to_their_zeros(name):
    mpmath = pytest.importorskip("mpmath")
    x = np.arange(-63600, 63600, 61) * (math.pi / 2)  # the float64 next to each multiple of pi/2
    values = getattr(portable, name)(x, NUMPY)
    with mpmath.workprec(250):
        true = exact(mpmath, name)
        errors = [
            error_in_ulp(mpmath, got, true(mpmath.mpf(argument)))
            for argument, got in zip(x.tolist(), values.tolist(), strict=True)
        ]
    assert max(errors) < 1.0


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_large_angles_lose_accuracy_as_documented(name):
    mpmath = pytest.importorskip("mpmath")
    x = np.random.default_rng(2).uniform(1e6, 2.0**30, 1000)
    values = getattr(portable, name)(x, NUMPY)
    with mpmath.workprec(150):
        true = exact(mpmath, name)
        for argument, got in zip(x.tolist(), values.tolist(), strict=True):
            assert abs(got - true(mpmath.mpf(argument))) < argument * 2.0**-52
    assert np.isnan(getattr(portable, name)(np.nextafter(2.0**30, np.inf), NUMPY))


def test_accuracy_of_powers():
    mpmath = pytest.importorskip("mpmath")
    rng = np.random.default_rng(3)
    x = np.r_[rng.uniform(0, 4, N), abs(log_range(-1000, 1000, N, rng)), 1 + rng.normal(0, 1e-8, N)]
    y = rng.uniform(-700, 700, x.size) / np.maximum(abs(np.log(x)), 1e-300)
    y[: N // 2] = np.trunc(np.clip(y[: N // 2], -20, 20))
    values = portable.power(x, y, NUMPY)
    with mpmath.workprec(150):
        errors = [
            float(abs(mpmath.mpf(got) / mpmath.power(a, b) - 1))
            for a, b, got in zip(x.tolist(), y.tolist(), values.tolist(), strict=True)
        ]
    assert max(errors) < 3e-15, (x[int(np.argmax(errors))], y[int(np.argmax(errors))])


# --- limits --------------------------------------------------------------------------------------

LIMITS = {  # function: {argument: value}
    "exp": {-math.inf: 0, -1000: 0, -708.4: 0, 0: 1, 709.79: math.inf, 1e300: math.inf},
    "expm1": {-math.inf: -1, -1e300: -1, 0: 0, 710: math.inf, math.inf: math.inf},
    "exprel": {-math.inf: 0, -1e300: 1e-300, -LARGEST: 0, 0: 1, 1e-300: 1, 717: math.inf},
    "log": {
        0: -math.inf,
        TINY / 2: -math.inf,
        1: 0,
        math.inf: math.inf,
        -1: math.nan,
        -math.inf: math.nan,
    },
    "log1p": {
        -1: -math.inf,
        -1.5: math.nan,
        -math.inf: math.nan,
        math.inf: math.inf,
        1e-300: 1e-300,
    },
    "sin": {0: 0, math.inf: math.nan, -math.inf: math.nan, 1e-300: 1e-300},
    "cos": {0: 1, math.inf: math.nan, -math.inf: math.nan, 1e-300: 1},
    "tan": {0: 0, math.inf: math.nan, -math.inf: math.nan, 1e-300: 1e-300},
    "log10": {
        0: -math.inf,
        1: 0,
        10: 1,
        1000: 3,
        1e15: 15,
        0.01: -2,
        math.inf: math.inf,
        -1: math.nan,
    },
    "arcsin": {0: 0, 1: math.pi / 2, -1: -math.pi / 2, 1.1: math.nan, -math.inf: math.nan},
    "arccos": {1: 0, 0: math.pi / 2, -1: math.pi, 1.1: math.nan, math.inf: math.nan},
    "arctan": {
        -math.inf: -math.pi / 2,
        math.inf: math.pi / 2,
        1: math.pi / 4,
        LARGEST: math.pi / 2,
    },
    "sinh": {-711: -math.inf, 711: math.inf, math.inf: math.inf, -math.inf: -math.inf},
    "cosh": {-711: math.inf, 711: math.inf, math.inf: math.inf, -math.inf: math.inf, 0: 1},
    "tanh": {-math.inf: -1, -25: -1, 25: 1, math.inf: 1, 1e-300: 1e-300},
}


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_limits(name):
    for argument, value in {**LIMITS[name], math.nan: math.nan}.items():
        got = getattr(portable, name)(argument, NUMPY)
        np.testing.assert_equal(float(got), float(value), err_msg=f"{name}({argument})")


@pytest.mark.parametrize("name", ODD)
def test_the_sign_of_zero_survives(name):
    for zero in (-0.0, -5e-324):
        assert math.copysign(1, float(getattr(portable, name)(zero, NUMPY))) == -1
    assert math.copysign(1, float(getattr(portable, name)(0.0, NUMPY))) == 1


def test_powers_follow_c():
    x = [0, 0, 0, -2, -2, -2, 2, math.inf, math.inf, -math.inf, -math.inf, 0.5, 0.5, -1, 1, 1, -8]
    y = [0, 2, -1, 3, 2, 0.5, math.inf, 2, -2, 3, 2, math.inf, -math.inf, math.inf, math.nan, 7, -1]
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    np.testing.assert_array_equal(portable.power(np.array(x), np.array(y), NUMPY), expected)
    nan = math.nan
    np.testing.assert_equal(float(portable.power(nan, 0, NUMPY)), 1.0)
    np.testing.assert_equal(float(portable.power(nan, 1, NUMPY)), nan)
    np.testing.assert_equal(float(portable.power(2, nan, NUMPY)), nan)


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_scalars_and_shapes(name):
    function = getattr(portable, name)
    expected = function(np.array([[0.25], [0.5]]), NUMPY)
    assert expected.shape == (2, 1) and expected.dtype == np.float64
    for x in (0.5, np.float64(0.5), np.array(0.5), np.float32(0.5)):
        value = function(x, NUMPY)
        assert value.dtype == np.float64 and np.shape(value) == ()
        assert float(value) == expected[1, 0]
    assert function(np.zeros(0), NUMPY).shape == (0,)


@pytest.mark.parametrize("name", ONE_ARGUMENT)
@settings(max_examples=100, deadline=None)
@given(x=st.floats() | st.floats(-800, 800) | st.floats(-1, 1))
def test_any_number(name, x):
    """No warnings, no subnormal results, the right sign, and close to NumPy's own function."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = float(getattr(portable, name)(x, NUMPY))
    assert value == 0 or not abs(value) < TINY
    if name in ("sin", "cos", "tan") and abs(x) > 1e5:
        return
    with np.errstate(all="ignore"):
        x = 0.0 if abs(x) < TINY else x
        if name == "exprel":
            if x > 700:
                return
            expected = np.expm1(x) / x if x else 1.0
        else:
            expected = float(getattr(np, name)(x))
        if abs(expected) < TINY:
            expected = 0.0
    np.testing.assert_allclose(value, expected, rtol=1e-15, atol=1.01 * TINY)


# --- equal bits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_xla_gives_the_same_bits(name):
    function = getattr(portable, name)
    x = wide_sample(20_000, seed=4)
    assert_same_bits(function(x, NUMPY), run_in_xla(function, x), x)


def test_xla_gives_the_same_bits_for_powers():
    rng = np.random.default_rng(6)
    x = wide_sample(20_000, seed=5)
    y = rng.permutation(x)
    y[::3] = rng.integers(-9, 10, y[::3].size)
    y[1::3] = rng.uniform(-4, 4, y[1::3].size)
    assert_same_bits(portable.power(x, y, NUMPY), run_in_xla(portable.power, x, y), x, y)


def test_library_operations():
    k = np.arange(-1022.0, 1024.0)
    np.testing.assert_array_equal(NUMPY.pow2(k), np.ldexp(1.0, k.astype(int)))
    np.testing.assert_array_equal(run_in_xla(lambda x, lib: lib.pow2(x), k), NUMPY.pow2(k))
    x = abs(wide_sample(1000, seed=7))
    x = x[(x >= TINY) & (x < math.inf)]
    significand, exponent = NUMPY.significand_exponent(x)
    assert ((1 <= significand) & (significand < 2)).all()
    np.testing.assert_array_equal(np.ldexp(significand, exponent.astype(int)), x)

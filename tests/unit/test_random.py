"""The random numbers: known answers, agreement with JAX, and the distributions they follow."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikesim import portable, random
from spikesim.portable import NUMPY

WORD = st.integers(0, 2**32 - 1)

# Random123 distribution, tests/kat_vectors: (counter, key, result) of threefry2x32 with 20 rounds.
KNOWN_ANSWERS = [
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]


def draw(n, seed=1, stream="test"):
    return random.words(seed, random.stream(stream), 0, np.arange(n))


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("counter, key, expected", KNOWN_ANSWERS)
def test_known_answers(counter, key, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # scalars wrap without a warning
        assert tuple(map(int, random.words(*key, *counter))) == expected
        scalars = random.threefry2x32(*(np.uint32(word) for word in (*key, *counter)))
    assert tuple(map(int, scalars)) == expected


def test_words_equal_those_of_jax():
    jax = pytest.importorskip("jax")
    from jax.extend.random import threefry2x32_p

    arrays = np.random.default_rng(1).integers(0, 2**32, (4, 1000), np.uint32)
    ours = random.threefry2x32(*arrays)
    theirs = threefry2x32_p.bind(*map(jax.numpy.asarray, arrays))
    np.testing.assert_array_equal(ours, theirs)
    # ... and the definition runs on JAX arrays as it stands.
    np.testing.assert_array_equal(jax.jit(random.threefry2x32)(*arrays), ours)


def test_words_broadcast():
    seeds = np.array([[1], [2]], np.uint32)
    word0, word1 = random.words(seeds, 7, 3, np.arange(5))
    assert word0.shape == word1.shape == (2, 5) and word0.dtype == word1.dtype == np.uint32
    assert (word0[1, 4], word1[1, 4]) == random.words(2, 7, 3, 4)
    assert random.words(1, 2, 3, np.zeros(0, int))[0].shape == (0,)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((2**32, 0, 0, 0), r"seed must lie in \[0, 2\*\*32\), but it is 4294967296"),
        ((-1, 0, 0, 0), r"seed must lie in \[0, 2\*\*32\), but it is -1"),
        ((0, 2**40, 0, 0), r"stream must lie in"),
        ((0, 0, [0, -3], 0), r"counter0 must lie in .* but it is -3"),
        ((0, 0, 0, [1, 2**33]), r"counter1 must lie in .* take it modulo"),
        ((1.5, 0, 0, 0), r"seed must be an integer .* but it is 1.5 of type float64"),
        ((10**30, 0, 0, 0), r"seed must be an integer .* of type object"),
        ((True, 0, 0, 0), r"seed must be an integer .* of type bool"),
    ],
)
def test_words_refuse_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        random.words(*arguments)


def test_streams_are_fixed_for_ever():
    assert random.stream("") == 0x46D2E936
    assert random.stream("exc/initial v") == 0xB86E3C16


# --- uniform numbers -----------------------------------------------------------------------------


@settings(deadline=None)
@given(WORD, WORD)
def test_uniform_is_exact(word0, word1):
    value = random.uniform(np.uint32(word0), np.uint32(word1))
    assert value.dtype == np.float64
    assert value == ((word0 >> 5) * 2**26 + (word1 >> 6)) / 2**53 and 0 <= value < 1
    value = random.uniform32(np.uint32(word0))
    assert value.dtype == np.float32 and value == (word0 >> 8) / 2**24


@settings(deadline=None)
@given(WORD, st.integers(1, 2**32 - 1))
def test_integers_are_exact(word, n):
    value = random.integers(np.uint32(word), n)
    assert value.dtype == np.int64 and value == word * n // 2**32
    assert random.integers(np.array([word], np.uint32), np.array([n]))[0] == value


@pytest.mark.parametrize("n", [0, -1, 2**32])
def test_integers_refuse_an_empty_or_too_large_range(n):
    with pytest.raises(ValueError, match=rf"needs n in \[1, 2\*\*32\), but n is {n}"):
        random.integers(np.zeros(1, np.uint32), n)


def test_uniform_numbers_are_uniform():
    stats = pytest.importorskip("scipy.stats")
    word0, word1 = draw(100_000)
    assert stats.kstest(random.uniform(word0, word1), "uniform").pvalue > 1e-3
    assert stats.kstest(random.uniform32(word1), "uniform").pvalue > 1e-3
    counts = np.bincount(random.integers(word0, 37), minlength=37)
    assert stats.chisquare(counts).pvalue > 1e-3


# --- normal numbers ------------------------------------------------------------------------------


def test_normal_quantile_against_scipy():
    ppf = pytest.importorskip("scipy.special").ndtri
    rng = np.random.default_rng(2)
    p = np.r_[rng.uniform(0, 1, 20_000), 2.0 ** -rng.uniform(0, 1022, 5000)]
    p = np.r_[p, 1 - 2.0 ** -rng.uniform(1, 53, 2000), 0.5, 0.075, 0.925]
    np.testing.assert_allclose(random.normal_quantile(p, NUMPY), ppf(p), rtol=2e-14, atol=1e-16)


def test_normal_quantile_against_mpmath():
    mpmath = pytest.importorskip("mpmath")
    p = np.r_[np.random.default_rng(3).uniform(0, 1, 300), 10.0 ** -np.arange(1, 300, 3)]
    for probability, x in zip(p, random.normal_quantile(p, NUMPY), strict=True):
        with mpmath.workdps(40):
            # One Newton step from x says how far from the truth it is.
            x = mpmath.mpf(float(x))
            # (by the tail on the same side, so that nothing cancels)
            if x < 0:
                excess = mpmath.erfc(-x / mpmath.sqrt(2)) / 2 - mpmath.mpf(float(probability))
            else:
                excess = 1 - mpmath.mpf(float(probability)) - mpmath.erfc(x / mpmath.sqrt(2)) / 2
            error = excess / mpmath.npdf(x)
            assert abs(error) <= 1e-15 * max(abs(x), mpmath.mpf(0.05))


def test_normal_quantile_at_the_edges():
    p = np.array([0.0, 1.0, -0.1, 1.1, math.nan, 0.5])
    expected = [-math.inf, math.inf, math.nan, math.nan, math.nan, 0.0]
    np.testing.assert_array_equal(random.normal_quantile(p, NUMPY), expected)


def test_normal_numbers_are_finite_and_symmetric():
    low = random.normal(np.uint32(0), np.uint32(0), NUMPY)
    high = random.normal(np.uint32(2**32 - 1), np.uint32(2**32 - 1), NUMPY)
    assert low == -high and 8.1 < high < 8.3
    word0, word1 = draw(1000)
    np.testing.assert_array_equal(
        random.normal(word0, word1, NUMPY), -random.normal(~word0, ~word1, NUMPY)
    )


def test_normal_numbers_are_normal():
    stats = pytest.importorskip("scipy.stats")
    assert stats.kstest(random.normal(*draw(100_000), NUMPY), "norm").pvalue > 1e-3


def test_xla_gives_the_same_bits():
    from .test_portable import XLA_AS_WRITTEN, JaxLibrary

    jax = pytest.importorskip("jax")
    word0, word1 = draw(100_000)
    p = np.r_[random.uniform(word0, word1), 2.0 ** -np.random.default_rng(4).uniform(0, 1022, 9999)]

    def everything(word0, word1, p):
        lib = JaxLibrary()
        return (
            random.uniform(word0, word1),
            random.uniform32(word0),
            random.integers(word0, 4_000_000_007),
            random.normal(word0, word1, lib),
            random.normal_quantile(p, lib),
        )

    with jax.enable_x64(True):
        theirs = jax.jit(everything, compiler_options=XLA_AS_WRITTEN)(word0, word1, p)
    ours = (
        random.uniform(word0, word1),
        random.uniform32(word0),
        random.integers(word0, 4_000_000_007),
        random.normal(word0, word1, NUMPY),
        random.normal_quantile(p, NUMPY),
    )
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        assert a.tobytes() == np.asarray(b).tobytes()


# --- Poisson counts ------------------------------------------------------------------------------


def counts(rate, n, seed=1):
    return random.poisson(random.uniform(*draw(n, seed)), portable.exp(-rate, NUMPY), rate)


@pytest.mark.parametrize("rate", [0.01, 0.8, 10.0, 95.0, 700.0])
def test_poisson_counts_follow_the_distribution(rate):
    stats = pytest.importorskip("scipy.stats")
    drawn = counts(rate, 50_000)
    assert drawn.dtype == np.int32
    pmf = stats.poisson(rate).pmf(np.arange(int(random.poisson_limit(rate)) + 1))
    expected = pmf * drawn.size
    observed = np.bincount(drawn, minlength=expected.size)
    # Merge what is too rare for a chi-square test.
    common = expected > 20
    observed = np.r_[observed[common], observed[~common].sum()]
    expected = np.r_[expected[common], drawn.size - expected[common].sum()]
    assert stats.chisquare(observed, expected).pvalue > 1e-3


@pytest.mark.parametrize("rate", [0.3, 7.0, 500.0])
def test_poisson_inverts_the_distribution_function(rate):
    """Just below and above F(k) the count is k and k + 1."""
    stats = pytest.importorskip("scipy.stats")
    k = np.arange(int(rate + 3 * math.sqrt(rate)) + 1)
    cdf = stats.poisson(rate).cdf(k)
    k, cdf = k[cdf > 1e-30], cdf[cdf > 1e-30]
    zero = portable.exp(-rate, NUMPY)
    np.testing.assert_array_equal(random.poisson(cdf * (1 - 1e-12), zero, rate), k)
    np.testing.assert_array_equal(random.poisson(cdf * (1 + 1e-12), zero, rate), k + 1)


def poisson_as_defined(u, p, rate):
    k, s = 0, p
    while u >= s and k < math.floor((rate + 12 * math.sqrt(rate)) + 32):
        k += 1
        p = (p * rate) / k
        s = s + p
    return k


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=20),
    st.floats(0, 700, allow_subnormal=False),
)
def test_poisson_is_the_loop_of_its_docstring(u, rate):
    zero = float(portable.exp(-rate, NUMPY))
    expected = [poisson_as_defined(x, zero, rate) for x in u]
    assert random.poisson(u, zero, rate).tolist() == expected


def test_poisson_edges():
    almost_one = 1 - 2.0**-53
    assert random.poisson(np.array([0.0, 0.5, almost_one]), 1.0, 0.0).tolist() == [0, 0, 0]
    assert random.poisson(0.0, portable.exp(-700.0, NUMPY), 700.0) == 0
    assert 900 < random.poisson(almost_one, portable.exp(-700.0, NUMPY), 700.0) <= 1049
    rates = np.array([[0.0], [3.0]])
    drawn = random.poisson(np.full(4, 0.999), portable.exp(-rates, NUMPY), rates)
    assert drawn.tolist() == [[0] * 4, [10] * 4]
    assert random.poisson(np.zeros(0), 1.0, 0.0).shape == (0,)


@pytest.mark.parametrize("rate", [-1.0, 700.1, math.nan, math.inf])
def test_poisson_refuses_a_rate(rate):
    message = rf"needs an expected number in \[0, 700\] a step, but it is {rate}"
    with pytest.raises(ValueError, match=message):
        random.poisson(0.5, 0.5, np.array([1.0, rate]))

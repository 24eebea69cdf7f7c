"""The definition of every random number in spikesim.

A draw is a function, not an event: two words = Threefry2x32(key, counter), with the key (seed,
stream) and the counter (step, element), or (row, position) for connectivity. There is no state to
hand on, so any backend draws the same numbers in any order, on any number of threads, and skips
those that it does not need.

The functions on words work on NumPy and on JAX arrays alike (under ``jax.enable_x64``), through
operators and ``astype``; the words must be uint32 arrays. Everything is exact integer arithmetic or
float64 arithmetic in the order written, as in `spikesim.portable`.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, TypeAlias

import numpy as np

from spikesim import portable
from spikesim.portable import ArrayLibrary

Array: TypeAlias = Any  # an array of NumPy or of JAX

PARITY = 0x1BD11BDA
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
LARGEST_POISSON_RATE = 700.0  # exp(-rate) has to be a normal number

# --- words ---------------------------------------------------------------------------------------


def threefry2x32(key0: Array, key1: Array, counter0: Array, counter1: Array) -> tuple[Array, Array]:
    """Two random words per counter: Threefry2x32 with 20 rounds (Salmon et al., SC'11, 2011).

    Arguments and results are uint32 arrays, broadcast against each other; sums wrap.
    """
    keys = (key0, key1, key0 ^ key1 ^ np.uint32(PARITY))
    with np.errstate(over="ignore"):  # NumPy warns where scalars wrap, though not where arrays do
        x, y = counter0 + key0, counter1 + key1
        for group in range(5):
            for rotation in ROTATIONS[group % 2]:
                x = x + y
                y = x ^ ((y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation)))
            x = x + keys[(group + 1) % 3]
            y = y + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x, y


def stream(path: str) -> int:
    """The stream of a draw: a 32-bit hash of the path of its object and its label.

    It is the 4-byte BLAKE2s digest of the UTF-8 text, read as a little-endian number.
    """
    return int.from_bytes(hashlib.blake2s(path.encode(), digest_size=4).digest(), "little")


def words(seed: Any, stream: Any, counter0: Any, counter1: Any) -> tuple[Array, Array]:
    """`threefry2x32` in NumPy, for integers and arrays of any integer type in [0, 2**32).

    ValueError for anything else: a counter that wrapped in silence would repeat its draws.
    """
    named = {"seed": seed, "stream": stream, "counter0": counter0, "counter1": counter1}
    return threefry2x32(*(_as_words(value, name) for name, value in named.items()))


def _as_words(value: Any, name: str) -> Array:
    array = np.asarray(value)
    if array.dtype == np.uint32:
        return array
    if array.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be an integer in [0, 2**32) or an array of such, "
            f"but it is {value!r} of type {array.dtype}; convert it to an integer type first."
        )
    if array.size and not (0 <= int(array.min()) and int(array.max()) < 2**32):
        worst = int(array.min()) if int(array.min()) < 0 else int(array.max())
        raise ValueError(
            f"{name} must lie in [0, 2**32), but it is {worst}; "
            f"take it modulo 2**32 if a repetition of the random numbers is acceptable."
        )
    return array.astype(np.uint32)


# --- uniform numbers -----------------------------------------------------------------------------


def uniform(word0: Array, word1: Array) -> Array:
    """float64 in [0, 1): the top 27 bits of word0 and the top 26 of word1, times 2**-53."""
    high = (word0 >> np.uint32(5)).astype("float64")
    low = (word1 >> np.uint32(6)).astype("float64")
    return (high * 2.0**26 + low) * 2.0**-53


def uniform32(word: Array) -> Array:
    """float32 in [0, 1): the top 24 bits of the word, times 2**-24."""
    return (word >> np.uint32(8)).astype("float32") * np.float32(2.0**-24)


def integers(word: Array, n: Any) -> Array:
    """floor(word * n / 2**32), an int64 in [0, n), for n in [1, 2**32).

    n is an integer or an array of them. The probabilities of two values differ by at most 2**-32.
    """
    if isinstance(n, int):
        if not 1 <= n < 2**32:
            raise ValueError(f"integers(word, n) needs n in [1, 2**32), but n is {n}.")
        n = np.uint64(n)
    product = word.astype("uint64") * n.astype("uint64")
    return (product >> np.uint64(32)).astype("int64")


# --- normal numbers ------------------------------------------------------------------------------

# Numerators and denominators of Wichura's algorithm PPND16, lowest order first.
CENTRE = (
    (
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ),
    (
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)
MIDDLE = (
    (
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
TAIL = (
    (
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)


def _ratio(x: Array, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> Array:
    numerator, denominator = coefficients
    return portable.horner(x, numerator) / portable.horner(x, denominator)


def normal_quantile(p: Array, lib: ArrayLibrary) -> Array:
    """The standard normal variable below which a share p of the distribution lies, in float64.

    Wichura, Applied Statistics 37, 477 (1988), algorithm AS 241, good to about 1e-16. It is -inf at
    p = 0, +inf at 1 and NaN outside.
    """
    regular = (p > 0.0) & (p < 1.0)
    safe = lib.where(regular, p, 0.5)
    centred = safe - 0.5
    central = centred * _ratio(0.180625 - centred * centred, CENTRE)
    smaller = lib.minimum(safe, 1.0 - safe)
    r = lib.sqrt(-portable.log(smaller, lib))
    outer = lib.where(r <= 5.0, _ratio(r - 1.6, MIDDLE), _ratio(r - 5.0, TAIL))
    outer = lib.where(centred < 0.0, -outer, outer)
    value = lib.where(lib.abs(centred) <= 0.425, central, outer)
    edge = lib.where(p == 0.0, -math.inf, lib.where(p == 1.0, math.inf, math.nan))
    return lib.where(regular, value, edge)


def open_uniform(word0: Array, word1: Array) -> Array:
    """float64 numbers (j + 1/2) 2**-52, strictly inside (0, 1) and symmetric about 1/2.

    j holds the top 27 bits of word0 and the top 25 of word1. (All 53 bits of `uniform` plus half a
    step would round to 1 at the upper end, where quantiles are infinite.)
    """
    high = (word0 >> np.uint32(5)).astype("float64")
    low = (word1 >> np.uint32(7)).astype("float64")
    return ((high * 2.0**25 + low) + 0.5) * 2.0**-52


def normal(word0: Array, word1: Array, lib: ArrayLibrary) -> Array:
    """Standard normal float64 numbers, `normal_quantile` of `open_uniform`; the largest is 8.2."""
    return normal_quantile(open_uniform(word0, word1), lib)


# --- Poisson counts ------------------------------------------------------------------------------


def poisson_limit(rate: Array, lib: ArrayLibrary = portable.NUMPY) -> Array:
    """The largest count drawn at this rate: floor((rate + 12 sqrt(rate)) + 32)."""
    return lib.floor((rate + 12.0 * lib.sqrt(rate)) + 32.0)


def poisson(u: Any, zero_probability: Any, rate: Any) -> Array:
    """Poisson counts (int32) by inversion of uniform numbers u in [0, 1); arguments broadcast.

    zero_probability is portable.exp(-rate), computed once where the rate is set. The count is
    defined, in float64 and exactly in this order, as::

        k = 0; p = zero_probability; s = p
        while u >= s and k < poisson_limit(rate):
            k = k + 1
            p = (p * rate) / k
            s = s + p

    A rate of 0 gives 0. ValueError for a rate that is negative, NaN or above 700.
    """
    u, p, rate = np.broadcast_arrays(
        np.asarray(u, np.float64), np.asarray(zero_probability, np.float64), np.asarray(rate, float)
    )
    refused = ~((rate >= 0.0) & (rate <= LARGEST_POISSON_RATE))
    if refused.any():
        raise ValueError(
            f"a Poisson count needs an expected number in [0, {LARGEST_POISSON_RATE:g}] a step, "
            f"but it is {rate[refused][0]}; use a shorter time step or several sources."
        )
    shape = u.shape
    count = np.zeros(u.size, np.int32)
    u, p, rate = u.ravel(), p.ravel(), rate.ravel()
    limit = poisson_limit(rate)
    s, index, k = p, np.arange(u.size), 0
    while True:
        going = (u >= s) & (k < limit)
        u, p, s, rate, limit, index = (a[going] for a in (u, p, s, rate, limit, index))
        if not index.size:
            return count.reshape(shape)
        k += 1
        p = (p * rate) / k
        s = s + p
        count[index] = k

"""JAX as the evaluator needs it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ... import portable, random
from ..evaluate import step_words, uniform_draws
from .events import poisson
from .exact import as_written
from .native import draw


class JaxLibrary:
    """The exact array operations of `spikesim.portable` in JAX; under enable_x64."""

    where: Any = staticmethod(jnp.where)
    floor: Any = staticmethod(jnp.floor)
    sqrt: Any = staticmethod(jnp.sqrt)
    abs: Any = staticmethod(jnp.abs)
    minimum: Any = staticmethod(jnp.minimum)
    maximum: Any = staticmethod(jnp.maximum)

    def pow2(self, k: Any) -> Any:
        bits = (jnp.asarray(k, jnp.float64).astype(jnp.int64) + 1023) << 52
        return jax.lax.bitcast_convert_type(bits, jnp.float64)

    def significand_exponent(self, x: Any) -> tuple[Any, Any]:
        bits = jax.lax.bitcast_convert_type(jnp.asarray(x, jnp.float64), jnp.int64)
        significand = (bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000
        exponent = ((bits >> 52) - 1023).astype(jnp.float64)
        return jax.lax.bitcast_convert_type(significand, jnp.float64), exponent


class JaxArrays:
    """JAX's namespace, portable functions and draws. XLA flushes subnormals by itself."""

    xp: Any = jnp
    library: portable.ArrayLibrary = JaxLibrary()
    traced = True
    masks = False
    numbers: Any = jnp  # numbers the elements that draw
    inverted: Any = staticmethod(poisson)

    def __init__(self, conformance: bool, native: bool = False, zero: Any = None):
        """zero: see `exact`; for conformance mode."""
        self.conformance, self.native, self.zero = conformance, native, zero

    def uniform(self, seed: Any, stream: int, step: Any, size: int) -> Any:
        if self.native:
            return draw("uniform", seed, stream, step, size)
        return uniform_draws(seed, stream, step, size, self.numbers)

    def normal(self, seed: Any, stream: int, step: Any, size: int) -> Any:
        if self.native:
            return draw("normal", seed, stream, step, size)
        return random.normal(*step_words(seed, stream, step, size, self.numbers), self.library)

    def poisson(self, seed: Any, stream: int, step: Any, size: int, mean: Any) -> Any:
        if self.native:
            zero = portable.exp(-mean, self.library)
            return draw("poisson", seed, stream, step, size, *jnp.broadcast_arrays(mean, zero))
        return self.counts(uniform_draws(seed, stream, step, size, self.numbers), mean)

    def counts(self, u: Any, mean: Any) -> Any:
        zero = portable.exp(-mean, self.library)
        mean, zero = jnp.broadcast_to(mean, u.shape), jnp.broadcast_to(zero, u.shape)
        return self.inverted(u, mean, zero, jnp.floor(mean + 12.0 * jnp.sqrt(mean) + 32.0))

    def least(self, values: Any, place: Any, size: int) -> Any:
        return jnp.full(size, jnp.inf, values.dtype).at[place].min(values)

    def total(self, values: Any, place: Any, size: int) -> Any:
        return jnp.zeros(size, values.dtype).at[place].add(values)

    def repeat(self, more: Any, body: Any, value: Any) -> Any:
        body = as_written(body, self.zero) if self.conformance else body
        return jax.lax.while_loop(more, body, value)

    def settle(self, value: Any) -> Any:
        return value

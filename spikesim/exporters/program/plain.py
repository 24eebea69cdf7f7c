"""The operations of a step, made of what all runtimes have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ... import portable
from ...backends.jax.arrays import JaxArrays, JaxLibrary
from ...backends.jax.events import inversion
from ...backends.jax.executable import lookups, released
from ...ir.program import Delivery

_LOWEST = -1074  # the exponent of the smallest float64


def floor_divided(a: Any, b: Any) -> Any:
    """a // b, to the last bit where the quotient is small. IREE has no fmod of a double."""
    if jnp.issubdtype(jnp.result_type(a, b), jnp.integer):
        return jnp.floor_divide(a, b)
    near = jnp.floor(a / b)
    rest = a - near * b
    return near - jnp.where((rest != 0) & ((rest < 0) != (b < 0)), 1.0, 0.0)


def modulo(a: Any, b: Any) -> Any:
    """a % b, of the sign of b."""
    if jnp.issubdtype(jnp.result_type(a, b), jnp.integer):
        return jnp.mod(a, b)
    return a - floor_divided(a, b) * b


class PlainLibrary(JaxLibrary):
    """Without looking at the bits of numbers, which ONNX Runtime can't."""

    def pow2(self, k: Any) -> Any:
        table = np.ldexp(1.0, np.arange(_LOWEST, 1024))
        place = jnp.asarray(k).astype(jnp.int32) - _LOWEST
        return jnp.take(table, place, mode="clip")

    def significand_exponent(self, x: Any) -> tuple[Any, Any]:
        near = jnp.floor(jnp.log2(x))  # off by one at most
        scaled = x * self.pow2(-near)
        exponent = near + jnp.where(scaled >= 2, 1.0, 0.0) - jnp.where(scaled < 1, 1.0, 0.0)
        return x * self.pow2(-exponent), exponent


class Plain(JaxArrays):
    """Without primitives of our own; and, in float64, with elementary functions of our own, made of
    sums and products: IREE has no tanh, sin or cos of a double, and others have other last bits."""

    library: portable.ArrayLibrary = PlainLibrary()
    masks = True  # IREE writes beyond the end of an array where a number is beyond it
    numbers: Any = np  # as constants
    inverted: Any = staticmethod(inversion)

    def repeat(self, more: Any, body: Any, value: Any) -> Any:
        return jax.lax.while_loop(more, body, value)


class AllSynapses:
    """Delivery as one sum over all synapses, whether or not their sources spiked: shapes and places
    are the same in every step. What is under way is [steps ahead, slots]."""

    late = False

    def __init__(self, delivery: Delivery):
        assert delivery.rows is not None
        self.tables = lookups(delivery.rows)
        counts = np.diff(delivery.rows.row_pointer)
        self.source = np.repeat(np.arange(delivery.n_sources), counts)
        self.ahead, self.n_slots = delivery.longest + 1, delivery.n_slots

    def start(self, dtype: Any) -> Any:
        return jnp.zeros((self.ahead, self.n_slots), dtype)

    def exchange(
        self, under_way: Any, fired: Any, values: Mapping[str, Any], seed: Any, found: Any,
        due: Any,
    ) -> tuple[Any, Any]:  # fmt: skip
        if len(self.source):
            weights = released(self.tables, values, seed, found)
            ahead = self.tables["delay"] - self.late  # of the step that is due
            sent = jnp.where(fired[self.source], weights, jnp.zeros_like(weights))
            place = ahead * self.n_slots + self.tables["slot"]
            under_way = under_way.reshape(-1).at[place].add(sent).reshape(under_way.shape)
        nothing = jnp.zeros((1, self.n_slots), under_way.dtype)
        return under_way[0], jnp.concatenate([under_way[1:], nothing])

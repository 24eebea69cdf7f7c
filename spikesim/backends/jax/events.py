"""Event operations as JAX primitives, each with batching and derivative rules.

    compact   flags -> the indices that are set, and how many
    deliver   add what the synapses of fired sources deliver to the ring of arrivals
    poisson   counts by inversion, as `spikesim.random` defines them

Here they are lowered to plain XLA loops, which run everywhere; a native kernel takes the place of a
lowering, not of the primitive. Connectivity operands are never batched: a batch of networks shares
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

Array = Any
_SHARED = None  # what JAX gives as the batch axis of an operand that has none


def primitive(
    name: str, function: Callable[..., Any], shapes: Callable[..., Any], multiple: bool = False
) -> Primitive:
    """A primitive that is lowered to `function`."""
    made = Primitive(name)
    made.multiple_results = multiple

    @cache
    def compiled(static: tuple[tuple[str, int], ...]) -> Callable[..., Any]:
        return jax.jit(partial(function, **dict(static)))

    made.def_impl(lambda *args, **static: compiled(tuple(static.items()))(*args))
    made.def_abstract_eval(shapes)
    mlir.register_lowering(made, mlir.lower_fun(function, multiple_results=multiple))
    return made


def no_derivative(value: Array) -> Any:
    """The tangent of what no argument moves: an integer, or a random number."""
    return ad.Zero(jax.typeof(value).to_tangent_aval())


# compact


def _compact(flags: Array) -> list[Array]:
    """Sweep over words of 32 flags, taking the lowest set bit of the first word that has one."""
    size = flags.shape[0]
    words = jnp.pad(flags, (0, -size % 32)).reshape(-1, 32).astype(jnp.uint32)
    bits = jnp.asarray(1 << np.arange(32), jnp.uint32)
    words = jnp.sum(words * bits, axis=1, dtype=jnp.uint32)
    count = jnp.sum(lax.population_count(words), dtype=jnp.int32)

    def take_one(carry: Any) -> Any:
        k, words, found = carry
        word = jnp.argmax(words != 0).astype(jnp.int32)
        lowest = words[word] & -words[word]
        bit = lax.population_count(lowest - 1).astype(jnp.int32)
        return k + 1, words.at[word].set(words[word] ^ lowest), found.at[k].set(word * 32 + bit)

    start = jnp.int32(0), words, jnp.zeros(size, jnp.int32)
    found = lax.while_loop(lambda carry: carry[0] < count, take_one, start)[2]
    return [found, count]


def _compact_shapes(flags: Any) -> list[Any]:
    return [
        jax.core.ShapedArray(flags.shape, np.dtype("int32")),
        jax.core.ShapedArray((), np.dtype("int32")),
    ]


compact_p = primitive("spikesim_compact", _compact, _compact_shapes, multiple=True)


def _compact_batched(args: Sequence[Array], dims: Sequence[int]) -> Any:
    flags = jnp.moveaxis(args[0], dims[0], 0)
    return lax.map(lambda f: compact_p.bind(f), flags), [0, 0]


batching.primitive_batchers[compact_p] = _compact_batched


def compact(flags: Array) -> tuple[Array, Array]:
    """Indices of the set flags, int32 [n] with zeros behind, and their number. flags: bool [n]."""
    found, count = compact_p.bind(flags)
    return found, count


# deliver


def _deliver(
    ring: Array,
    fired: Array,
    weights: Array,
    row_pointer: Array,
    slot: Array,
    delay: Array,
    step: Array,
    *,
    n_slots: int,
    width: int,
) -> Array:
    """Row by row, `width` synapses at a time, one scatter each."""
    size = ring.shape[0]
    if not slot.shape[0] or not fired.shape[0]:
        return ring
    found, count = compact(fired)
    lanes = jnp.arange(width, dtype=row_pointer.dtype)
    # XLA moves these two lines out of the loop over steps.
    weights = jnp.pad(weights, (0, width))
    ahead = jnp.pad(delay * n_slots + slot, (0, width))
    now = jnp.mod(step, size // n_slots) * n_slots

    def piece(carry: Any) -> Any:
        k, done, ring = carry
        source = found[k]
        start, end = row_pointer[source] + done, row_pointer[source + 1]
        place = now + lax.dynamic_slice(ahead, (start,), (width,))
        place = jnp.where(place < size, place, place - size)
        place = jnp.where(start + lanes < end, place, size)
        ring = ring.at[place].add(lax.dynamic_slice(weights, (start,), (width,)), mode="drop")
        last = start + width >= end
        return k + last.astype(k.dtype), jnp.where(last, 0, done + width), ring

    start = jnp.int32(0), jnp.zeros((), row_pointer.dtype), ring
    return lax.while_loop(lambda c: c[0] < count, piece, start)[2]


deliver_p = primitive("spikesim_deliver", _deliver, lambda ring, *_, **static: ring)


def _deliver_dense(
    ring: Array,
    fired: Array,
    weights: Array,
    row_pointer: Array,
    slot: Array,
    delay: Array,
    step: Array,
    *,
    n_slots: int,
    width: int,
) -> Array:
    """The same, as one sum over all synapses: linear in ring and weights, and so transposable."""
    synapse = jnp.arange(slot.shape[0])
    source = jnp.searchsorted(row_pointer, synapse, side="right") - 1
    place = jnp.mod(step + delay, ring.shape[0] // n_slots) * n_slots + slot
    return ring.at[place].add(jnp.where(fired[source], weights, jnp.zeros_like(weights)))


def _deliver_jvp(primals: Sequence[Array], tangents: Sequence[Any], **static: int) -> Any:
    out = deliver_p.bind(*primals, **static)
    ring, weights = (ad.instantiate_zeros(tangents[k]) for k in (0, 2))
    return out, _deliver_dense(ring, primals[1], weights, *primals[3:], **static)


def _deliver_batched(args: Sequence[Array], dims: Sequence[Any], **static: int) -> Any:
    if any(dims[k] is not _SHARED for k in (3, 4, 5)):
        raise NotImplementedError("connectivity can't be batched; batch weights instead")
    mapped = [k for k, d in enumerate(dims) if d is not _SHARED]
    moved = [jnp.moveaxis(args[k], dims[k], 0) for k in mapped]

    def one(parts: list[Array]) -> Array:
        whole = list(args)
        for k, part in zip(mapped, parts, strict=True):
            whole[k] = part
        return deliver_p.bind(*whole, **static)

    return lax.map(one, moved), 0


ad.primitive_jvps[deliver_p] = _deliver_jvp
batching.primitive_batchers[deliver_p] = _deliver_batched


def deliver(
    ring: Array,
    fired: Array,
    weights: Array,
    row_pointer: Array,
    slot: Array,
    delay: Array,
    step: Array,
    *,
    n_slots: int,
    width: int,
) -> Array:
    """The ring with what the synapses of `fired` add.

    ring [delays * n_slots]; fired bool [sources]; weights, slot, delay [synapses], row_pointer
    [sources + 1]. A synapse adds its weight at row (step + delay) mod delays, column slot. Rows are
    taken `width` synapses at a time. Differentiable in ring and weights.
    """
    table = row_pointer, slot, delay
    return deliver_p.bind(ring, fired, weights, *table, step, n_slots=n_slots, width=width)


# poisson


def inversion(u: Array, mean: Array, zero_probability: Array, limit: Array) -> Array:
    """The counts of `poisson`, in operations that JAX has."""

    def more(carry: Any) -> Any:
        k, p, s, count, alive = carry
        k = k + 1
        p = (p * mean) / k.astype(jnp.float64)
        s = s + p
        count = jnp.where(alive, k, count)
        return k, p, s, count, alive & (u >= s) & (k < limit)

    start = (
        jnp.int32(0),
        zero_probability,
        zero_probability,
        jnp.zeros(u.shape, jnp.int32),
        (u >= zero_probability) & (0 < limit),
    )
    return lax.while_loop(lambda carry: jnp.any(carry[4]), more, start)[3]


poisson_p = primitive(
    "spikesim_poisson", inversion, lambda u, *_: jax.core.ShapedArray(u.shape, np.dtype("int32"))
)


def _poisson_batched(args: Sequence[Array], dims: Sequence[Any]) -> Any:
    size = next(a.shape[d] for a, d in zip(args, dims, strict=True) if d is not _SHARED)
    moved = [
        jnp.broadcast_to(a, (size, *a.shape)) if d is _SHARED else jnp.moveaxis(a, d, 0)
        for a, d in zip(args, dims, strict=True)
    ]
    return poisson_p.bind(*moved), 0


def _poisson_jvp(primals: Sequence[Array], tangents: Sequence[Any]) -> Any:
    """A count has no derivative."""
    out = poisson_p.bind(*primals)
    return out, no_derivative(out)


ad.primitive_jvps[poisson_p] = _poisson_jvp
batching.primitive_batchers[poisson_p] = _poisson_batched


def poisson(u: Array, mean: Array, zero_probability: Array, limit: Array) -> Array:
    """Counts, int32, of the shape of u; all arguments float64 of that shape."""
    return poisson_p.bind(u, mean, zero_probability, limit)

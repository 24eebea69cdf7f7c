"""Delivery and random numbers by the C++ kernels of spikesim/native, as JAX primitives on the CPU.

The table of synapses is cut into parts of targets, each sorted by (source, delay), so that a step
delivers just the segments that arrive in it, into one array that stays in the cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching

from ...ir.program import Delivery
from .events import no_derivative, primitive

Array = Any


class NativeEvents:
    """The event operations of a step. Under way: who fired in the last steps, and how many.

    arrays: of the table of synapses; see spikesim.native.connect.Table.
    """

    def __init__(self, delivery: Delivery, arrays: Mapping[str, Any]):
        self.delivery, self.arrays = delivery, arrays

    def start(self, dtype: Any) -> tuple[Array, Array]:
        rows = self.delivery.longest + 1
        return jnp.zeros((rows, self.delivery.n_sources), jnp.int32), jnp.zeros(rows, jnp.int32)

    def exchange(
        self, under_way: Any, fired: Array, values: Mapping[str, Array], seed: Array,
        found: Array, due: Array,
    ) -> tuple[Array, Any]:  # fmt: skip
        a, weights = self.arrays, values["delivery.weights"]
        log, counts, arrived = exchange_p.bind(
            fired, *under_way, _int32(found), _int32(due), weights,
            a["delays"], a["segment"], a["target"], a["part_start"], n_slots=self.delivery.n_slots,
        )  # fmt: skip
        return arrived, (log, counts)


def _int32(x: Any) -> Array:
    return jnp.asarray(x).astype(jnp.int32)


# exchange: (fired, log, counts, found, due, weights, delays, segment, target, part_start)
#           -> (log, counts, arrived). Without flags (fired empty) nothing is noted.

_WEIGHTS = 5


def _kernel(name: str, weights: Array) -> str:
    return f"spikesim_{name}_{'f32' if weights.dtype == np.float32 else 'f64'}"


def _exchange(*args: Array, n_slots: int) -> list[Array]:
    log, counts, weights = args[1], args[2], args[_WEIGHTS]
    out = [jax.ShapeDtypeStruct(log.shape, log.dtype),
           jax.ShapeDtypeStruct(counts.shape, counts.dtype),
           jax.ShapeDtypeStruct((n_slots,), weights.dtype)]  # fmt: skip
    call = jax.ffi.ffi_call(_kernel("exchange", weights), out, input_output_aliases={1: 0, 2: 1})
    return list(call(*args))


def _exchange_shapes(*args: Any, n_slots: int) -> list[Any]:
    return [args[1], args[2], ShapedArray((n_slots,), args[_WEIGHTS].dtype)]


exchange_p = primitive("spikesim_exchange", _exchange, _exchange_shapes, multiple=True)


def _arrive(*args: Array, n_slots: int) -> Array:
    return _exchange(jnp.zeros(0, bool), *args, n_slots=n_slots)[2]


# arrive: exchange without flags, and only what arrives: linear in the weights.
arrive_p = primitive(
    "spikesim_arrive", _arrive,
    lambda *args, n_slots: ShapedArray((n_slots,), args[_WEIGHTS - 1].dtype),
)  # fmt: skip


def _collect(*args: Array) -> Array:
    arrived, target = args[4], args[7]
    out = jax.ShapeDtypeStruct(target.shape, arrived.dtype)
    result: Array = jax.ffi.ffi_call(_kernel("collect", arrived), out)(*args)
    return result


# collect: (log, counts, found, due, arrived, delays, segment, target, part_start) -> weights;
# the transpose of arrive.
collect_p = primitive(
    "spikesim_collect", _collect, lambda *args: ShapedArray(args[7].shape, args[4].dtype)
)


def _exchange_jvp(primals: Sequence[Array], tangents: Sequence[Any], *, n_slots: int) -> Any:
    log, counts, arrived = exchange_p.bind(*primals, n_slots=n_slots)
    change = tangents[_WEIGHTS]
    if type(change) is ad.Zero:
        moved = ad.Zero(ShapedArray(arrived.shape, arrived.dtype))
    else:
        moved = arrive_p.bind(log, counts, *primals[3:5], change, *primals[6:], n_slots=n_slots)
    return [log, counts, arrived], [no_derivative(log), no_derivative(counts), moved]


def _arrive_jvp(primals: Sequence[Array], tangents: Sequence[Any], *, n_slots: int) -> Any:
    out = arrive_p.bind(*primals, n_slots=n_slots)
    change = tangents[_WEIGHTS - 1]
    if type(change) is ad.Zero:
        return out, ad.Zero(ShapedArray(out.shape, out.dtype))
    whole = [*primals[: _WEIGHTS - 1], change, *primals[_WEIGHTS:]]
    return out, arrive_p.bind(*whole, n_slots=n_slots)


def _arrive_transposed(change: Any, *args: Any, n_slots: int) -> Any:
    whole = [*args[: _WEIGHTS - 1], change, *args[_WEIGHTS:]]
    collected = None if type(change) is ad.Zero else collect_p.bind(*whole)
    return [collected if k == _WEIGHTS - 1 else None for k in range(len(args))]


def _one_by_one(which: Primitive) -> Any:
    """A batching rule: the members of a batch one after the other."""

    def rule(args: Sequence[Array], dims: Sequence[Any], **static: Any) -> Any:
        mapped = [k for k, d in enumerate(dims) if d is not None]
        moved = [jnp.moveaxis(args[k], dims[k], 0) for k in mapped]

        def one(parts: list[Array]) -> Any:
            whole = list(args)
            for k, part in zip(mapped, parts, strict=True):
                whole[k] = part
            return which.bind(*whole, **static)

        out = lax.map(one, moved)
        return (out, [0] * len(out)) if which.multiple_results else (out, 0)

    return rule


ad.primitive_jvps[exchange_p] = _exchange_jvp
ad.primitive_jvps[arrive_p] = _arrive_jvp
ad.primitive_transposes[arrive_p] = _arrive_transposed
for _p in (exchange_p, arrive_p, collect_p):
    batching.primitive_batchers[_p] = _one_by_one(_p)


# draw: (seed, step, and for counts mean, zero probability) -> the numbers of a step

_DRAWN = {"uniform": "float64", "normal": "float64", "poisson": "int32"}


def _draw(*args: Array, kind: str, stream: int, size: int) -> Array:
    out = jax.ShapeDtypeStruct((size,), _DRAWN[kind])
    result: Array = jax.ffi.ffi_call(f"spikesim_{kind}", out)(*args, stream=np.uint32(stream))
    return result


draw_p = primitive(
    "spikesim_draw", _draw,
    lambda *_, kind, stream, size: ShapedArray((size,), np.dtype(_DRAWN[kind])),
)  # fmt: skip
batching.primitive_batchers[draw_p] = _one_by_one(draw_p)
ad.primitive_jvps[draw_p] = lambda primals, tangents, **static: (
    out := draw_p.bind(*primals, **static), no_derivative(out)
)  # fmt: skip


def draw(kind: str, seed: Array, stream: int, step: Array, size: int, *args: Array) -> Array:
    """The numbers of a step, [size], as spikesim.random defines them.

    kind: "uniform" or "normal" (float64), or "poisson" (int32) with the arguments mean and
    exp(-mean): float64, one for all or [size] each.
    """
    seed, step = seed.astype(jnp.uint32), step.astype(jnp.uint32)
    return draw_p.bind(seed, step, *args, kind=kind, stream=stream, size=size)

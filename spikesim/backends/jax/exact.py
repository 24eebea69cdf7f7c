"""A function whose products are rounded before anything is added to them.

LLVM contracts a*b + c to one fused operation wherever both stand in one kernel, and XLA has no
option against it. Here each float64 product passes through an integer operation whose outcome the
compiler can't know: its bits are xored with a zero that is an argument of the computation. So a sum
finds a rounded product, whatever is fused and at every optimisation level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Jaxpr, Literal


def as_written(function: Callable[..., Any], zero: Any) -> Callable[..., Any]:
    """`function` without contraction of its products; `zero` is an int64 0 known at run time only.

    Loops are left as they are: they add to no product, or their bodies have been through this.
    """

    def exact(*args: Any) -> Any:
        closed, shape = jax.make_jaxpr(function, return_shape=True)(*args)
        results = _evaluate(closed.jaxpr, closed.consts, jax.tree.leaves(args), zero)
        return jax.tree.unflatten(jax.tree.structure(shape), results)

    return exact


def _evaluate(jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], zero: Any) -> list[Any]:
    known = dict(zip(jaxpr.constvars, consts, strict=True))
    known |= dict(zip(jaxpr.invars, args, strict=True))

    def read(v: Any) -> Any:
        return v.val if isinstance(v, Literal) else known[v]

    for one in jaxpr.eqns:
        operands = [read(v) for v in one.invars]
        if "jaxpr" in one.params and one.primitive.name != "scan":  # a jitted function: look inside
            inner = one.params["jaxpr"]
            out = _evaluate(inner.jaxpr, inner.consts, operands, zero)
        else:
            out = one.primitive.bind(*operands, **one.params)
            out = list(out) if one.primitive.multiple_results else [out]
        if one.primitive.name == "mul" and out[0].dtype == np.float64:
            bits = jax.lax.bitcast_convert_type(out[0], jnp.int64) ^ zero
            out = [jax.lax.bitcast_convert_type(bits, jnp.float64)]
        known.update(zip(one.outvars, out, strict=True))
    return [read(v) for v in jaxpr.outvars]

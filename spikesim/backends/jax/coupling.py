"""The sums of couplings in XLA: the first edge of each target, then the second, and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...ir.program import Edges
from ..coupling import Joined


class JaxCoupling:
    """A coupling whose arrays are number `k` in the table of an executable."""

    def __init__(self, k: int, edges: Edges, table: Mapping[str, Any]):
        self.edges = edges
        self.source, self.target, self.columns = (table[f"{word}.{k}"] for word in _WORDS)
        self.within = table.get(f"within.{k}")

    @staticmethod
    def arrays(k: int, ends: Joined) -> dict[str, np.ndarray]:
        """What the table needs to hold."""
        found = {f"{word}.{k}": getattr(ends, word) for word in _WORDS}
        if ends.spread is not None:
            found[f"within.{k}"] = np.isin(np.arange(ends.whole), ends.spread)
        return found

    def total(self, values: Any) -> Any:
        padded = jnp.append(values, jnp.zeros((), values.dtype))
        most, size = self.columns.shape
        nothing = jnp.zeros(size, values.dtype)
        total = jax.lax.fori_loop(0, most, lambda k, sum: sum + padded[self.columns[k]], nothing)
        return total if self.within is None else jnp.where(self.within, total, nothing)


_WORDS = "source", "target", "columns"

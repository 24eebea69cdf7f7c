"""A weight matrix, dense or sparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import SpikesimError
from ..ir.program import Pairs
from ..units import decompose, is_quantity
from .base import Ends, Rule, sorted_pairs


@dataclass(frozen=True, eq=False)
class FromMatrix(Rule):
    """Connections where `matrix[source, target]` is not zero; its entries are the weights.

    A NumPy array or any scipy.sparse matrix, times a unit (`matrix * pA`), or with its unit as
    `unit`. The stored entries of a sparse one are connections even where they are zero; duplicate
    entries of a COO matrix are kept. Order of the connections: by row, then by column.
    """

    matrix: Any
    unit: Any = None

    def _coordinates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Source, target and the value as it stands, in the order of the connections."""
        sparse = getattr(self.matrix, "magnitude", self.matrix)
        if hasattr(sparse, "tocoo"):
            coo = sparse.tocoo()
            source, target = np.asarray(coo.row), np.asarray(coo.col)
            order = np.lexsort((target, source))
            return source[order], target[order], np.asarray(coo.data)[order]
        dense = np.asarray(decompose(self.matrix)[0])
        source, target = np.nonzero(dense)
        return source, target, dense[source, target]

    def faults(self, ends: Ends) -> list[str]:
        single = np.ndim(getattr(self.unit, "magnitude", 0)) == 0
        if self.unit is not None and not (is_quantity(self.unit) and single):
            return [f"unit is {self.unit!r:.60}; expected a unit such as pA"]
        if self.unit is not None and is_quantity(self.matrix):
            return ["the matrix has a unit of its own; leave unit out"]
        sparse = getattr(self.matrix, "magnitude", self.matrix)
        try:
            shape = (
                sparse.shape if hasattr(sparse, "tocoo") else np.shape(decompose(self.matrix)[0])
            )
        except SpikesimError as fault:
            return [f"the matrix can't be read: {fault}"]
        if tuple(shape) != (ends.n_source, ends.n_target):
            return [
                f"the matrix has shape {tuple(shape)}; expected one row a source and one column "
                f"a target, {(ends.n_source, ends.n_target)}"
            ]
        return []

    def count(self, ends: Ends) -> int:
        return len(self._coordinates()[0])

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        source, target, _ = self._coordinates()
        k = np.arange(len(source))
        return sorted_pairs(source, target, np.zeros_like(k), k, given=k)

    def own_weights(self) -> Any:
        source, target, values = self._coordinates()
        if np.ndim(getattr(self.unit, "magnitude", 0)):
            return None  # a fault of its own
        if self.unit is not None:
            return values * self.unit
        if not is_quantity(self.matrix):
            return values
        if hasattr(getattr(self.matrix, "magnitude", None), "tocoo"):
            return values * self.matrix.units
        return self.matrix[source, target]

"""A weight matrix, dense or sparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.program import Pairs
from ..units import decompose, is_quantity
from .base import Ends, Rule, sorted_pairs


@dataclass(frozen=True, eq=False)
class FromMatrix(Rule):
    """Connections where `matrix[source, target]` is not zero; its entries are the weights.

    A NumPy array (with or without a unit) or any scipy.sparse matrix; a sparse one carries its unit
    as `unit`, and its stored entries are connections even where they are zero. Duplicate entries
    of a COO matrix are kept. Order of the connections: by row, then by column.
    """

    matrix: Any
    unit: Any = None

    def _coordinates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, ...]]:
        if hasattr(self.matrix, "tocoo"):
            coo = self.matrix.tocoo()
            source, target = np.asarray(coo.row), np.asarray(coo.col)
            order = np.lexsort((target, source))
            return source[order], target[order], np.asarray(coo.data)[order], coo.shape
        dense = np.asarray(getattr(self.matrix, "magnitude", self.matrix))
        if dense.ndim != 2:
            return np.empty(0), np.empty(0), np.empty(0), dense.shape
        source, target = np.nonzero(dense)
        return source, target, dense[source, target], dense.shape

    def faults(self, ends: Ends) -> list[str]:
        shape = self._coordinates()[3]
        if tuple(shape) != (ends.n_source, ends.n_target):
            return [
                f"the matrix has shape {tuple(shape)}; expected one row a source and one column "
                f"a target, {(ends.n_source, ends.n_target)}"
            ]
        return []

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        source, target, _, _ = self._coordinates()
        k = np.arange(len(source))
        return sorted_pairs(source, target, np.zeros_like(k), k, given=k)

    def own_weights(self) -> Any:
        values = self._coordinates()[2]
        if self.unit is not None:
            return values * self.unit
        if is_quantity(self.matrix) and not hasattr(self.matrix, "tocoo"):
            unit = getattr(self.matrix, "units", None)
            return values * unit if unit is not None else decompose(self.matrix)[0]
        return values

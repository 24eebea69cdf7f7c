"""The connections of a projection as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Connections:
    """Connections of a projection, [connections] each.

    Their order is that in which arrays of weights are taken, when projecting and in `params`: the
    user's own for sp.explicit and sp.from_matrix, by source for all other rules.

    source, target: neuron numbers in their populations; weight, in `unit`; delay: ms, on the grid.
    """

    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    unit: str

    def __len__(self) -> int:
        return len(self.source)

    def matrix(self, *, ax: Any = None) -> Any:
        """Plot of the weights; see `spikesim.plotting.matrix`."""
        from ..plotting import matrix

        return matrix(self, ax=ax)

    def delays(self, *, ax: Any = None) -> Any:
        """Histogram of the delays; see `spikesim.plotting.delays`."""
        from ..plotting import delays

        return delays(self, ax=ax)

    def __repr__(self) -> str:
        if not len(self):
            return "Connections: none"
        weight, delay = _span(self.weight), _span(self.delay)
        unit = f" {self.unit}" if self.unit not in ("", "1") else ""
        return f"Connections: {len(self)}, weight {weight}{unit}, delay {delay} ms"


def _span(values: np.ndarray) -> str:
    low, high = f"{values.min():.4g}", f"{values.max():.4g}"
    return low if low == high else f"{low} to {high}"

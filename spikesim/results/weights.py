"""Weights of a projection over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .times import first_places


@dataclass(frozen=True, eq=False)
class Weights:
    """Samples of the weights of connections.

    t: ms [samples]; values: [samples, connections], in `unit`. connections: int64, their numbers in
    the order of `model.connections(...)`; source, target: int64, the numbers of their neurons.
    """

    t: np.ndarray
    values: np.ndarray
    unit: str
    connections: np.ndarray
    source: np.ndarray
    target: np.ndarray

    def __len__(self) -> int:
        return len(self.t)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype=dtype, copy=copy)

    def to_pandas(self) -> Any:
        """A pandas DataFrame: a row a time (ms), a column a connection, under the numbers of its
        source and target. ImportError without pandas."""
        from ..interop.pandas import weights_frame

        return weights_frame(self)

    def __repr__(self) -> str:
        span = f", {self.t[0]:g} to {self.t[-1]:g} ms" if len(self.t) else ""
        return f"Weights: {self.summary}{span}"

    @property
    def summary(self) -> str:
        """Its shape and unit, as text."""
        return f"{list(self.values.shape)} in {self.unit}"


def merged_weights(parts: Sequence[Weights]) -> Weights:
    """Weights of several parts of a projection at the same times, each connection once."""
    if len(parts) == 1:
        return parts[0]
    every = np.concatenate([p.connections for p in parts])
    columns = first_places(every)
    ends = (np.concatenate([getattr(p, end) for p in parts]) for end in ("source", "target"))
    source, target = (numbers[columns] for numbers in ends)
    values = np.concatenate([p.values for p in parts], axis=1)[:, columns]
    return Weights(parts[0].t, values, parts[0].unit, every[columns], source, target)

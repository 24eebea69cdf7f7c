"""Pairs given one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.program import Pairs
from ..units import bare_array
from .base import Ends, Rule, sorted_pairs


@dataclass(frozen=True, eq=False)
class Explicit(Rule):
    """Connection k goes from `source[k]` to `target[k]`; duplicates are kept.

    Weights and delays given as arrays are in the same order. Row = 0, position = k.
    """

    source: Any
    target: Any

    def faults(self, ends: Ends) -> list[str]:
        faults = []
        source, target = bare_array(self.source), bare_array(self.target)
        if source is None or target is None:
            return ["source and target are lists of numbers, got quantities or lists of lists"]
        if source.ndim != 1 or source.shape != target.shape:
            return [
                f"source and target are lists of equal length, got shapes {source.shape} and "
                f"{target.shape}"
            ]
        for name, index, size in (
            ("source", source, ends.n_source),
            ("target", target, ends.n_target),
        ):
            if index.size and not np.issubdtype(index.dtype, np.integer):
                faults.append(f"{name} holds {index.dtype} values; indices are integers")
            elif index.size and (index.min() < 0 or index.max() >= size):
                worst = int(index.min() if index.min() < 0 else index.max())
                faults.append(
                    f"{name} index {worst} is out of range; there are {size} neurons, "
                    f"0 to {size - 1}"
                )
        return faults

    def count(self, ends: Ends) -> int:
        return len(self.source)

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        k = np.arange(len(self.source))
        return sorted_pairs(self.source, self.target, np.zeros_like(k), k, given=k)

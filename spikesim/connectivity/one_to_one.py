"""The k-th source to the k-th target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.program import Pairs
from .base import Ends, Rule, sorted_pairs


@dataclass(frozen=True)
class OneToOne(Rule):
    """The k-th source to the k-th target; row = source, position = 0."""

    def faults(self, ends: Ends) -> list[str]:
        if ends.n_source != ends.n_target:
            return [
                f"one_to_one needs equal sizes, got {ends.n_source} sources and "
                f"{ends.n_target} targets"
            ]
        return []

    def count(self, ends: Ends) -> int:
        return ends.n_source

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        index = np.arange(ends.n_source)
        return sorted_pairs(index, index, index, np.zeros_like(index))

"""Every source to every target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.program import Pairs
from .base import Ends, Rule, not_choices, sorted_pairs, without_autapses


@dataclass(frozen=True)
class AllToAll(Rule):
    """Every source to every target; row = source, position = target.

    autapses: may a neuron be connected to itself?
    """

    autapses: bool = True

    def faults(self, ends: Ends) -> list[str]:
        return not_choices(self)

    def count(self, ends: Ends) -> int:
        return ends.n_source * ends.n_target - (0 if self.autapses else ends.own())

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        source = np.repeat(np.arange(ends.n_source), ends.n_target)
        target = np.tile(np.arange(ends.n_target), ends.n_source)
        pairs = sorted_pairs(source, target, source, target)
        return pairs if self.autapses else without_autapses(pairs, ends)

"""The same number of sources for every target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.program import Pairs
from .base import Ends, Rule, draw_partners, not_choices, not_whole, sorted_pairs


def degree_faults(
    name: str, degree: int, available: int, multapses: bool, autapses: bool
) -> list[str]:
    """Faults of a fixed degree with `available` partners."""
    faults = not_whole(name, degree)
    if not faults and degree > 0 and available == 0:
        return [f"{name} is {degree}, but there is nobody to connect to"]
    if not faults and not multapses and degree > available:
        extra = "" if autapses else " (without the neuron itself)"
        return [
            f"{name} is {degree}, but without multapses there are only {available} "
            f"partners{extra}; lower it or allow multapses"
        ]
    return faults


@dataclass(frozen=True)
class FixedIndegree(Rule):
    """Every target has `indegree` sources, drawn with replacement (multapses) or without.

    autapses: may a neuron be connected to itself? multapses: may a pair be connected more than
    once?

    Row = target; see `draw_partners`.
    """

    indegree: int
    autapses: bool = True
    multapses: bool = True

    def faults(self, ends: Ends) -> list[str]:
        available = ends.n_source - (not self.autapses and ends.own() > 0)
        return not_choices(self) or degree_faults(
            "indegree", self.indegree, available, self.multapses, self.autapses
        )

    def count(self, ends: Ends) -> int:
        return int(self.indegree) * ends.n_target

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        barred = None if self.autapses else ends.self_position
        source, position = draw_partners(
            seed, stream, ends.n_target, int(self.indegree), ends.n_source, barred, self.multapses
        )
        target = np.repeat(np.arange(ends.n_target), int(self.indegree))
        return sorted_pairs(source.ravel(), target, target, position.ravel())

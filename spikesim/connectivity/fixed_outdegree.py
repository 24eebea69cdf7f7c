"""The same number of targets for every source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.program import Pairs
from .base import Ends, Rule, draw_partners, not_choices, sorted_pairs
from .fixed_indegree import degree_faults


@dataclass(frozen=True)
class FixedOutdegree(Rule):
    """Every source has `outdegree` targets, drawn with replacement (multapses) or without.

    autapses: may a neuron be connected to itself? multapses: may a pair be connected more than
    once?

    Row = source; see `draw_partners`.
    """

    outdegree: int
    autapses: bool = True
    multapses: bool = True

    def barred(self, ends: Ends) -> np.ndarray | None:
        """The target that each source must not have, or -1; None where there is no such."""
        if self.autapses or ends.self_position is None:
            return None
        own = np.full(ends.n_source, -1)
        here = np.flatnonzero(ends.self_position >= 0)
        own[ends.self_position[here]] = here
        return own

    def faults(self, ends: Ends) -> list[str]:
        available = ends.n_target - (not self.autapses and ends.own() > 0)
        return not_choices(self) or degree_faults(
            "outdegree", self.outdegree, available, self.multapses, self.autapses
        )

    def count(self, ends: Ends) -> int:
        return int(self.outdegree) * ends.n_source

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        target, position = draw_partners(
            seed,
            stream,
            ends.n_source,
            int(self.outdegree),
            ends.n_target,
            self.barred(ends),
            self.multapses,
        )
        source = np.repeat(np.arange(ends.n_source), int(self.outdegree))
        return sorted_pairs(source, target.ravel(), source, position.ravel())

"""Both directions of every connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.program import Pairs
from .base import Ends, Rule, sorted_pairs
from .explicit import Explicit


@dataclass(frozen=True)
class Symmetric(Rule):
    """Pairs of neurons, each joined in both directions by one weight, as gap junctions are.

    The rule is asked for the pairs from a neuron to a later one of the same view, so that
    fixed_probability(p) joins each two neurons with probability p. With `explicit`, a pair may be
    given either way round. No neuron is joined to itself. A drawn weight is the same both ways; an
    array has one value for each connection of the rule.
    """

    rule: Any

    def faults(self, ends: Ends) -> list[str]:
        if not isinstance(self.rule, Rule):
            got = f"{self.rule!r:.60}"
            return [f"symmetric(rule) takes a rule such as sp.fixed_probability(0.1), got {got}"]
        own = ends.self_position
        if own is None or ends.n_source != ends.n_target or (own != np.arange(ends.n_target)).any():
            return [
                "a symmetric rule joins the neurons of one view with each other; give the same "
                "view as source and target"
            ]
        found = list(self.rule.faults(ends))
        if not found and isinstance(self.rule, Explicit):
            same = np.flatnonzero(np.equal(self.rule.source, self.rule.target))
            if same.size:
                found.append(f"the pair at {same[0]} joins a neuron to itself; leave it out")
        return found

    def expected(self, ends: Ends) -> float:
        return float(self.rule.expected(ends))

    def own_weights(self) -> Any:
        return self.rule.own_weights()

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        p = self.rule.draw(ends, seed, stream)
        kept = np.arange(len(p)) if isinstance(self.rule, Explicit) else p.source < p.target
        source, target, row, position = (a[kept] for a in (p.source, p.target, p.row, p.position))
        given = np.argsort(np.argsort(p.from_user(np.arange(p.values))[kept]))
        return sorted_pairs(
            np.append(source, target),
            np.append(target, source),
            np.append(row, row),
            np.append(position, position),
            np.append(given, given),
        )

"""Each pair with the same probability (Bernoulli)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import portable
from ..ir.program import Pairs
from ..portable import NUMPY
from ..random import uniform, words
from .all_to_all import AllToAll
from .base import Ends, Rule, blocks, is_number, not_choices, sorted_pairs, without_autapses

# Below it no connection is ever drawn, and 1/log(1 - p) overflows.
_NEVER = 1e-300


@dataclass(frozen=True)
class FixedProbability(Rule):
    """Each pair with probability `p`; never twice.

    autapses: may a neuron be connected to itself?

    Row = source. Targets are reached by skips: the gap before the next target is
    floor(log(1 - u) / log(1 - p)), a geometric number, with u at counter (row, position).
    """

    p: float
    autapses: bool = True

    def faults(self, ends: Ends) -> list[str]:
        faults = not_choices(self)
        if not is_number(self.p) or not 0 <= self.p <= 1:
            faults.append(f"p is {self.p!r:.60}; expected a probability, a number from 0 to 1")
        return faults

    def expected(self, ends: Ends) -> float:
        return float(self.p) * ends.n_source * ends.n_target

    def never(self, ends: Ends) -> bool:
        """Is there no connection for certain?"""
        return bool(self.p < _NEVER or ends.n_source == 0)

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        if self.p == 1 or self.never(ends):
            full = Ends(ends.n_source if self.p == 1 else 0, ends.n_target, ends.self_position)
            return AllToAll(self.autapses).draw(full, seed, stream)
        expected = ends.n_target * self.p
        width = int(expected + 6 * np.sqrt(expected) + 10)
        parts = [
            self._rows(rows, width, ends.n_target, seed, stream)
            for rows in blocks(ends.n_source, width)
        ]
        source, target, position = (np.concatenate(a) for a in zip(*parts, strict=True))
        pairs = sorted_pairs(source, target, source, position)
        return pairs if self.autapses else without_autapses(pairs, ends)

    def _rows(
        self, rows: np.ndarray, width: int, n_target: int, seed: int, stream: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scale = 1.0 / portable.log1p(np.float64(-self.p), NUMPY)
        while True:
            position = np.arange(width)
            u = uniform(*words(seed, stream, rows[:, None], position[None, :]))
            gaps = np.minimum(np.floor(portable.log(1.0 - u, NUMPY) * scale), n_target)
            target = np.cumsum(gaps.astype(np.int64) + 1, axis=1) - 1
            if (target[:, -1] >= n_target).all():
                row, column = np.nonzero(target < n_target)
                return rows[row], target[row, column], column
            width *= 2

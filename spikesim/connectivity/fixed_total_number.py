"""A given number of connections, spread over all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.program import Pairs
from ..random import integers, words
from .base import Ends, Rule, not_choices, not_whole, sorted_pairs


@dataclass(frozen=True)
class FixedTotalNumber(Rule):
    """`number` pairs, each end drawn evenly and independently; multapses occur.

    autapses: may a neuron be connected to itself? multapses: may a pair be connected more than
    once?

    Connection k has counter (k >> 32, k mod 2^32): the first word gives the source, the second the
    target. Without autapses (or multapses), the first `number` candidates that are allowed.
    """

    number: int
    autapses: bool = True
    multapses: bool = True

    def _allowed(self, ends: Ends) -> int:
        return ends.n_source * ends.n_target - (0 if self.autapses else ends.own())

    def faults(self, ends: Ends) -> list[str]:
        faults = not_choices(self) + not_whole("number", self.number)
        if not faults and self.number:
            allowed = self._allowed(ends)
            if allowed == 0:
                return [f"number is {self.number}, but no pair is allowed"]
            if not self.multapses and 2 * self.number > allowed:
                return [
                    f"number is {self.number}, but without multapses it must be at most half "
                    f"of the {allowed} pairs; use fixed_probability instead"
                ]
        return faults

    def count(self, ends: Ends) -> int:
        return int(self.number)

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        number = int(self.number)
        parts: list[tuple[np.ndarray, ...]] = []
        found, start = 0, 0
        while found < number:
            k = np.arange(start, start + max(1024, number - found), dtype=np.int64)
            start += len(k)
            word0, word1 = words(seed, stream, k >> 32, k & 0xFFFFFFFF)
            source = integers(word0, ends.n_source).astype(np.int64)
            target = integers(word1, ends.n_target).astype(np.int64)
            keep = np.ones(len(k), dtype=bool)
            if not self.autapses and ends.self_position is not None:
                keep = ends.self_position[target] != source
            parts.append((source[keep], target[keep], k[keep]))
            if not self.multapses:
                parts = [_first_of_each(*(np.concatenate(a) for a in zip(*parts, strict=True)))]
            found = sum(len(part[0]) for part in parts)
        if not parts:
            parts = [(np.empty(0, np.int64),) * 3]
        source, target, k = (np.concatenate(a)[:number] for a in zip(*parts, strict=True))
        return sorted_pairs(source, target, k >> 32, k & 0xFFFFFFFF)


def _first_of_each(source: np.ndarray, target: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, ...]:
    _, first = np.unique(np.stack([source, target], axis=1), axis=0, return_index=True)
    first.sort()
    return source[first], target[first], k[first]

"""What a connectivity rule is, and what rules share.

A rule sees two views only by their sizes (and whether they overlap) and gives Pairs: positions in
the views, sorted by source. All draws are counted by (row, position), where a rule says what its
rows are, so that any part of a matrix can be drawn alone, in parallel, by any backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.program import Pairs
from ..random import integers, words


@dataclass(frozen=True)
class Ends:
    """Sizes of the two views; `self_position[target]` is the target's own place in the source view
    (-1: none), or None where the views share no neuron."""

    n_source: int
    n_target: int
    self_position: np.ndarray | None = None


class Rule:
    """Base of all rules. Subclasses are frozen dataclasses with `faults` and `draw`."""

    def faults(self, ends: Ends) -> list[str]:
        """What makes the rule impossible between these ends; empty if nothing does."""
        return []

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        """The pairs, sorted by source. `faults` must be empty."""
        raise NotImplementedError

    def own_weights(self) -> Any:
        """Weights that come with the rule (a matrix's entries), or None."""
        return None


def not_whole(name: str, value: Any) -> list[str]:
    """A fault if `value` is no whole number of at least 0."""
    if isinstance(value, bool) or value != value or int(value) != value or value < 0:
        return [f"{name} is {value!r}; expected a whole number of at least 0"]
    return []


def sorted_pairs(source: Any, target: Any, row: Any, position: Any, given: Any = None) -> Pairs:
    """Pairs in canonical order: by source, ties as they stand."""
    source = np.asarray(source, dtype=np.int64)
    order = np.argsort(source, kind="stable")
    if given is None:
        given = np.arange(len(source), dtype=np.int64)
    else:
        given = np.asarray(given)[order]
    return Pairs(
        source[order],
        *(np.asarray(a, dtype=np.int64)[order] for a in (target, row, position)),
        given,
    )


def without_autapses(pairs: Pairs, ends: Ends) -> Pairs:
    """Leave out the pairs of a neuron with itself."""
    if ends.self_position is None:
        return pairs
    keep = ends.self_position[pairs.target] != pairs.source
    kept = [a[keep] for a in (pairs.source, pairs.target, pairs.row, pairs.position)]
    return Pairs(*kept, np.arange(int(keep.sum()), dtype=np.int64))


def draw_partners(
    seed: int,
    stream: int,
    rows: int,
    degree: int,
    size: int,
    forbidden: np.ndarray | None,
    multapses: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """`degree` partners out of `size` for each row: (partner, position), both int64 [rows, degree].

    Partner k of a row is floor(word * n / 2^32) at counter (row, position). With multapses the
    positions are 0..degree-1. Without, they are those of the first `degree` distinct values; where
    more than half of all are wanted, the ones left out are drawn so instead. `forbidden[row]`
    (or -1) is never drawn: values from there on move up by one.
    """
    barred = np.full(rows, -1) if forbidden is None else forbidden
    candidates = size - (barred >= 0)
    partner = np.empty((rows, degree), dtype=np.int64)
    position = np.empty((rows, degree), dtype=np.int64)
    block = max(1, 2_000_000 // max(degree, 1))
    for start in range(0, rows, block):
        row = np.arange(start, min(start + block, rows))
        n = candidates[row][:, None]
        if multapses:
            at = np.broadcast_to(np.arange(degree), (len(row), degree))
            drawn = integers(words(seed, stream, row[:, None], at)[0], n).astype(np.int64)
        elif 2 * degree <= n.min():
            drawn, at = _distinct(seed, stream, row, degree, n)
        else:
            drawn, at = _complement(seed, stream, row, degree, n)
        partner[row] = drawn + ((barred[row][:, None] >= 0) & (drawn >= barred[row][:, None]))
        position[row] = at
    return partner, position


def _distinct(
    seed: int, stream: int, row: np.ndarray, degree: int, n: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The first `degree` distinct draws of each row, and where they stood."""
    tries = degree + 8
    while True:
        at = np.arange(tries)
        drawn = integers(words(seed, stream, row[:, None], at[None, :])[0], n).astype(np.int64)
        order = np.argsort(drawn, axis=1, kind="stable")
        ranked = np.take_along_axis(drawn, order, axis=1)
        first = np.ones_like(ranked, dtype=bool)
        first[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
        fresh = np.empty_like(first)
        np.put_along_axis(fresh, order, first, axis=1)
        rank = np.cumsum(fresh, axis=1)
        if (rank[:, -1] >= degree).all():
            chosen = fresh & (rank <= degree)
            shape = (len(row), degree)
            return drawn[chosen].reshape(shape), np.broadcast_to(at, drawn.shape)[chosen].reshape(
                shape
            )
        tries *= 2


def _complement(
    seed: int, stream: int, row: np.ndarray, degree: int, n: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """All but the first n - degree distinct draws of each row."""
    drawn = np.empty((len(row), degree), dtype=np.int64)
    for k, (one, size) in enumerate(zip(row, n[:, 0], strict=True)):
        left_out = size - degree
        kept = np.ones(size, dtype=bool)
        if left_out:
            kept[_distinct(seed, stream, np.array([one]), left_out, np.array([[size]]))[0][0]] = (
                False
            )
        drawn[k] = np.flatnonzero(kept)
    return drawn, np.broadcast_to(np.arange(degree), drawn.shape)

"""What a connectivity rule is, and what rules share.

A rule sees two views only by their sizes (and whether they overlap) and gives Pairs: positions in
the views, sorted by source. All draws are counted by (row, position), where a rule says what its
rows are, so that any part of a matrix can be drawn alone, in parallel, by any backend.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.program import Pairs
from ..plugins import module_names
from ..random import integers, words

# About how many connections are drawn at once; the result does not depend on it.
BLOCK = 2_000_000


@dataclass(frozen=True)
class Ends:
    """Sizes of the two views; `self_position[target]` is the target's own place in the source view
    (-1: none), or None where the views share no neuron."""

    n_source: int
    n_target: int
    self_position: np.ndarray | None = None

    @classmethod
    def between(cls, source: np.ndarray, target: np.ndarray, size: int, same_group: bool) -> Ends:
        """The ends of two views, given as element numbers in groups; size: of the source's."""
        if not same_group:
            return cls(len(source), len(target))
        place = np.full(size, -1, dtype=np.int64)
        place[source] = np.arange(len(source))
        return cls(len(source), len(target), place[target])

    def own(self) -> int:
        """How many neurons are in both views."""
        return 0 if self.self_position is None else int((self.self_position >= 0).sum())


class Rule:
    """Base of all rules. Subclasses are frozen dataclasses with `faults` and `draw`."""

    def faults(self, ends: Ends) -> list[str]:
        """What makes the rule impossible between these ends; empty if nothing does."""
        return []

    def draw(self, ends: Ends, seed: int, stream: int) -> Pairs:
        """The pairs, sorted by source. `faults` must be empty."""
        raise NotImplementedError

    def count(self, ends: Ends) -> int | None:
        """How many connections there will be; None where that is drawn."""
        return None

    def expected(self, ends: Ends) -> float:
        """About how many connections there will be, for an estimate of memory; a rule that draws
        their number may leave it at 0."""
        return float(self.count(ends) or 0)

    def own_weights(self) -> Any:
        """Weights that come with the rule (a matrix's entries), or None."""
        return None


def names() -> list[str]:
    """The names of the rules that there are."""
    return [name for name in module_names(__package__) if name != "base"]


def is_number(value: Any) -> bool:
    """Is this one real number?"""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def not_whole(name: str, value: Any) -> list[str]:
    """A fault if `value` is no whole number of at least 0."""
    if not is_number(value) or not 0 <= value < 2**32 or value != int(value):
        return [f"{name} is {value!r:.60}; expected a whole number of at least 0, below 2^32"]
    return []


def not_choices(rule: Any) -> list[str]:
    """Faults of `autapses` and `multapses` that are neither True nor False."""
    return [
        f"{word} is {getattr(rule, word)!r:.60}; expected True or False"
        for word in ("autapses", "multapses")
        if not isinstance(getattr(rule, word, True), bool | np.bool_)
    ]


def sorted_pairs(source: Any, target: Any, row: Any, position: Any, given: Any = None) -> Pairs:
    """Pairs in canonical order: by source, ties as they stand."""
    source = np.asarray(source, dtype=np.int64)
    order = np.argsort(source, kind="stable")
    if given is None:
        given = np.arange(len(source), dtype=np.int64)
    else:
        given = np.asarray(given)[order]
    target, row, position = (np.asarray(a, dtype=np.int64)[order] for a in (target, row, position))
    return Pairs(source[order], target, row, position, given)


def without_autapses(pairs: Pairs, ends: Ends) -> Pairs:
    """Leave out the pairs of a neuron with itself."""
    if ends.self_position is None:
        return pairs
    keep = ends.self_position[pairs.target] != pairs.source
    return Pairs(
        pairs.source[keep],
        pairs.target[keep],
        pairs.row[keep],
        pairs.position[keep],
        np.arange(int(keep.sum()), dtype=np.int64),
    )


def blocks(rows: int, width: int) -> Iterator[np.ndarray]:
    """Row numbers, cut into pieces of about BLOCK connections at `width` a row."""
    step = max(1, BLOCK // max(width, 1))
    for start in range(0, rows, step):
        yield np.arange(start, min(start + step, rows))


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
    # Which way a row is drawn depends on that row alone, never on who is drawn along with it.
    few = np.full(rows, False) if multapses else 2 * degree <= candidates
    partner = np.empty((rows, degree), dtype=np.int64)
    position = np.empty((rows, degree), dtype=np.int64)
    for row in blocks(rows, degree):
        ways = (
            [(_repeatedly, row)]
            if multapses
            else [(_distinct, row[few[row]]), (_complement, row[~few[row]])]
        )
        for draw, some in ways:
            if not len(some):
                continue
            drawn, at = draw(seed, stream, some, degree, candidates[some][:, None])
            own = barred[some][:, None]
            partner[some] = drawn + ((own >= 0) & (drawn >= own))
            position[some] = at
    return partner, position


def _repeatedly(
    seed: int, stream: int, row: np.ndarray, degree: int, n: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`degree` draws of each row, the same partner perhaps more than once."""
    at = np.broadcast_to(np.arange(degree), (len(row), degree))
    return integers(words(seed, stream, row[:, None], at)[0], n).astype(np.int64), at


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

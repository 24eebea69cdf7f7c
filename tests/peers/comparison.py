"""A table of comparisons with a peer, and the closing line that other programs read."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass
class Row:
    """One comparison: what was run, our spikes, how many are identical, and the largest difference
    of what else was compared, with its bound."""

    model: str
    spikes: int
    identical: int
    difference: float
    bound: float
    unit: str = "mV"
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """There are spikes, all are identical, and the difference is within its bound."""
        within = bool(self.difference <= self.bound)
        return self.spikes > 0 and self.identical == self.spikes and within


def identical(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> int:
    """How many (step, neuron) pairs are in both lists, less those that only the peer has."""
    a = set(zip(*(x.tolist() for x in ours), strict=True))
    b = set(zip(*(x.tolist() for x in theirs), strict=True))
    return len(a & b) - len(b - a)


def report(comparisons: list[tuple[str, Callable[[], Row]]]) -> int:
    """Run all, print the table and the closing line; the exit status."""
    print(f"{'model':44} {'spikes':>8} {'identical':>9} {'largest difference':>20}  bound")
    passed = failed = skipped = 0
    for name, compare in comparisons:
        try:
            row = compare()
        except Exception:  # a comparison that breaks is a failed one; the others still run
            traceback.print_exc()
            print(f"{name:44} broke")
            failed += 1
            continue
        if row.skipped:
            skipped += 1
            print(f"{row.model:44} skipped: {row.skipped}")
            continue
        passed, failed = passed + row.passed, failed + (not row.passed)
        mark = "" if row.passed else "  FAILED"
        print(f"{row.model:44} {row.spikes:8} {row.identical:9} {row.difference:14.3g} {row.unit:5}"
              f"  {row.bound:g}{mark}", flush=True)  # fmt: skip
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return int(failed > 0)

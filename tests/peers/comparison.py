"""A table of comparisons with a peer, and the closing line that other programs read."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np

LEAST_P = 0.01


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

    def __str__(self) -> str:
        return (f"{self.spikes:8} {self.identical:9} {self.difference:14.3g} {self.unit:5}"
                f"  {self.bound:g}")  # fmt: skip


@dataclass
class Law:
    """A comparison of random results: the p-value that both are of one law, for each of some
    features."""

    model: str
    p: dict[str, float]
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """There are p-values, and none is too small."""
        return bool(self.p) and all(p >= LEAST_P for p in self.p.values())

    def __str__(self) -> str:
        return "  " + ", ".join(f"{name} p = {p:.3g}" for name, p in self.p.items())


Comparisons = list[tuple[str, Callable[[], Row | Law]]]


def identical(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> int:
    """How many (step, neuron) pairs are in both lists, less those that only the peer has."""
    a = set(zip(*(x.tolist() for x in ours), strict=True))
    b = set(zip(*(x.tolist() for x in theirs), strict=True))
    return len(a & b) - len(b - a)


def report(comparisons: Comparisons) -> int:
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
        print(f"{row.model:44} {row}{'' if row.passed else '  FAILED'}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return int(failed > 0)


def main(peer: str, kinds: Sequence[str]) -> int:
    """The comparisons of the kinds that the command line names, or of all, as one table.

    Those of a kind are what `comparisons()` of the module PEER_KIND returns.
    """
    asked = sys.argv[1:] or kinds
    if unknown := set(asked) - set(kinds):
        sys.exit(
            f"no comparisons called {', '.join(sorted(unknown))}; there are {', '.join(kinds)}"
        )
    return report([c for kind in asked for c in import_module(f"{peer}_{kind}").comparisons()])

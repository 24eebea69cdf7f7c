"""How alike two sets of spike trains are: several measures, since one hides failure.

Precision and recall of single spikes join in F1 = 2 TP/(2 TP + FP + FN); within k steps, spikes are
matched one to one in order of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError

_ALIKE = 0.9  # of rates that correlate, and of F1


@dataclass(frozen=True)
class Match:
    """Two groups' spikes compared.

    exact: F1 of spikes in the same step. within: F1 of spikes at most `slack` steps apart.
    diverges: the first step in which they differ; None where they never do. rates: correlation of
    the neurons' spike counts; nan where a side has none that differ. same_winner: the neuron with
    most spikes is the same. spikes: of each side.
    """

    exact: float
    within: float
    slack: int
    diverges: int | None
    rates: float
    same_winner: bool
    spikes: tuple[int, int]

    def __str__(self) -> str:
        if self.spikes == (0, 0):
            return "nothing spiked on either side, so that they agree says nothing"
        first = "never" if self.diverges is None else f"in step {self.diverges}"
        return (
            f"F1 {self.exact:.4f}, within {self.slack} steps {self.within:.4f}; first differ "
            f"{first}; rates correlate {self.rates:.4f}; same winner: {self.same_winner}; "
            f"spikes {self.spikes[0]}, {self.spikes[1]}"
        )


def match(expected: np.ndarray, found: np.ndarray, slack: int = 2) -> Match:
    """Compare spike counts [steps, neurons]. Raises ParameterError where shapes differ."""
    expected, found = np.asarray(expected), np.asarray(found)
    if expected.ndim != 2 or expected.shape != found.shape:
        raise ParameterError(
            f"match: spikes have shapes {expected.shape} and {found.shape}; expected the same, "
            "[steps, neurons]"
        )
    total = int(expected.sum()) + int(found.sum())
    common = int(np.minimum(expected, found).sum())
    near = sum(_paired(a, b, slack) for a, b in zip(expected.T, found.T, strict=True))
    differ = np.flatnonzero((expected != found).any(axis=1))
    a, b = expected.sum(axis=0), found.sum(axis=0)
    varied = len(a) > 1 and a.std() > 0 and b.std() > 0
    rates = float(np.corrcoef(a, b)[0, 1]) if varied else float("nan")
    winner = bool(np.array_equal(np.flatnonzero(a == a.max()), np.flatnonzero(b == b.max())))
    return Match(
        2 * common / total if total else 1.0,
        2 * near / total if total else 1.0,
        slack,
        int(differ[0]) if len(differ) else None,
        1.0 if np.array_equal(a, b) else rates,
        winner,
        (int(expected.sum()), int(found.sum())),
    )


def _paired(a: np.ndarray, b: np.ndarray, slack: int) -> int:
    """The most spikes of two trains that pair up, at most `slack` apart. Greedy in order of time is
    the best there is, as all windows are equally long."""
    s, t = np.repeat(np.arange(len(a)), a), np.repeat(np.arange(len(b)), b)
    i = j = pairs = 0
    while i < len(s) and j < len(t):
        if abs(s[i] - t[j]) <= slack:
            pairs, i, j = pairs + 1, i + 1, j + 1
        elif s[i] < t[j]:
            i += 1
        else:
            j += 1
    return pairs


@dataclass(frozen=True)
class Errors:
    """What a target does to a network: the whole, and each cause alone.

    whole: by group, the network as it was written against the integers. causes: by cause, then
    group: the target's rule in real numbers against the same with one thing rounded. expected,
    found: spike counts of the network and of the integers by group, [steps, neurons]. dt: in ms.
    `spikesim.plotting.causes` and `spikesim.plotting.differences` draw them.
    """

    whole: Mapping[str, Match]
    causes: Mapping[str, Mapping[str, Match]]
    expected: Mapping[str, np.ndarray]
    found: Mapping[str, np.ndarray]
    dt: float

    def text(self) -> str:
        """A table for people, and what is to be seen in it."""
        lines = [
            f"{cause:14}{group}: {m}"
            for cause, groups in {"as a whole": self.whole, **self.causes}.items()
            for group, m in groups.items()
        ]
        return "\n".join([*lines, "", *self._remarks()])

    def _remarks(self) -> Iterator[str]:
        busy = [group for group, m in self.whole.items() if m.spikes != (0, 0)]
        if not busy:
            yield "Nothing spiked: give stronger input, or a longer run."
            return
        alone = {
            cause: float(np.mean([groups[group].exact for group in busy]))
            for cause, groups in self.causes.items()
        }
        worst = min(alone, key=lambda cause: alone[cause])
        if alone[worst] < 1:
            yield f"Most is lost by: {worst} (alone, F1 {alone[worst]:.4f} in the mean of groups)."
        else:
            yield "No cause alone changes a spike."
        drifting = [g for g in busy if self.whole[g].rates > _ALIKE > self.whole[g].within]
        if drifting:
            yield (
                f"Rates agree, steps do not: {', '.join(drifting)}. In recurrent networks one "
                "spike that shifts moves all that follow; judge them by their rates."
            )

    def __str__(self) -> str:
        return self.text()

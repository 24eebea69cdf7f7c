"""What a target is: its limits as data, each with its source, and its rules as a few functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from .canonical import Obstacle
from .chip import Arrivals, Chip, ChipLayer, State, Trace
from .energy import Confidence, Cost
from .normal import Normal


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a target: the number, what it is of, where that is said, and how sure it is."""

    value: float
    of: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule, looked at in one place of a network.

    verdict: "fits", "warns" (it runs, and something is lost) or "breaks" (nothing is written).
    value and limit are numbers where the rule is one of numbers.
    """

    rule: str
    place: str
    verdict: Literal["fits", "warns", "breaks"]
    detail: str
    remedy: str = ""
    value: float | None = None
    limit: float | None = None
    source: str = ""
    confidence: str = ""

    @property
    def share(self) -> float | None:
        """value / limit; None without numbers."""
        if self.value is None or not self.limit:
            return None
        return self.value / self.limit


class Fitted:
    """What a network may fit or not, and the limits that decide it.

    title, verified: what it is, and by whose tool the result is checked; both are printed. peer:
    of `verify`. limits: by name.
    """

    title: ClassVar[str]
    verified: ClassVar[str]
    peer: ClassVar[str] = ""
    limits: ClassVar[Mapping[str, Limit]]

    def at_most(
        self, rule: str, place: str, value: float, remedy: str, verdict: str = "breaks"
    ) -> Finding:
        """A finding about a number that has a limit of that name."""
        limit = self.limits[rule]
        fits = value <= limit.value
        return Finding(
            rule,
            place,
            "fits" if fits else verdict,  # type: ignore[arg-type]
            f"{limit.of}: {value:.6g} of {limit.value:.6g}",
            "" if fits else remedy,
            float(value),
            limit.value,
            limit.source,
            limit.confidence,
        )


class Target(Fitted):
    """A chip. A subclass, in a file of its own in `targets`, says all about it.

    causes: what is rounded besides the weights, with the parameters of it. drawn_to: see
    `normal_form`. costs: of events, by those that `energy` counts.
    """

    causes: ClassVar[Mapping[str, tuple[str, ...]]]
    costs: ClassVar[Mapping[str, Cost]] = {}
    drawn_to: ClassVar[str] = "reset"

    def check(self, normal: Normal) -> Iterable[Finding]:
        """All rules, looked at everywhere."""
        raise NotImplementedError

    def scale(self, normal: Normal) -> Chip:
        """The network in the target's units, not rounded. Only for one that fits."""
        raise NotImplementedError

    def round(self, real: Chip) -> Chip:
        """The numbers that the target holds."""
        raise NotImplementedError

    def advance(
        self, layer: ChipLayer, state: State, arriving: Arrivals, integer: bool
    ) -> np.ndarray:
        """One step of a layer; the number of spikes of each neuron."""
        raise NotImplementedError

    def write(self, chip: Chip, trace: Trace, folder: Path) -> None:
        """The files of the artefact, besides those that all have."""
        raise NotImplementedError


def shortest(dt: float) -> str:
    """What to write for a delay of one step in the normal form."""
    return f"delay=0*ms; of jumps with order='nest', delay={dt:g}*ms"


def obstacle(rule: str, found: Obstacle, verdict: Literal["warns", "breaks"]) -> Finding:
    """A finding of something that has no numbers."""
    return Finding(rule, found.place, verdict, found.what, found.remedy)

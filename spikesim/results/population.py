"""What was recorded of one population, or of one projection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..errors import UnknownAttributeError, UnknownNameError, did_you_mean
from .spikes import Spikes, merged_spikes


class Final(dict[str, np.ndarray]):
    """States at the end of a run, by name. UnknownNameError for another one."""

    def __missing__(self, name: str) -> Any:
        known = did_you_mean(name, self) if self else "there are none"
        raise UnknownNameError(
            f"there is no state {name!r:.60}; {known}. A trace that is one a neuron is of "
            'its population, such as results["inputs"].final["inputs->cell.x"]'
        )


@dataclass(frozen=True, eq=False)
class PopulationResult:
    """What was recorded of one population: `.spikes`, `.rate`, or a variable by its name.

    `["ampa.I"]` is for names with a dot. Recordings of several views are one: all spikes are in
    `.spikes`, all samples of a variable in one trace. Only what was sampled at another interval,
    and the rate of another view, stand apart, as "v#2" or "rate#2". final: all states at the end of
    the run, by name. elsewhere: where recordings are that are not here, as half a sentence.
    """

    _kind: ClassVar[str] = "population"

    name: str
    recorded: dict[str, Any] = field(default_factory=dict)
    final: dict[str, np.ndarray] = field(default_factory=dict)
    elsewhere: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "final", Final(self.final))

    def __getitem__(self, name: str) -> Any:
        if name not in self.recorded:
            if self.elsewhere:
                raise UnknownNameError(
                    f"{name!r} of {self._kind} {self.name!r} is not in these results: "
                    f"{self.elsewhere}"
                )
            known = f"recorded were: {', '.join(self.recorded)}" if self.recorded else "nothing was"
            raise UnknownNameError(
                f"nothing called {name!r} was recorded of {self._kind} {self.name!r}; {known}; "
                "record it with net.record(...) before the run"
            )
        return self.recorded[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownNameError as fault:
            raise UnknownAttributeError(str(fault)) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.recorded]

    def __repr__(self) -> str:
        lines = [f"{self.name}.{what}: {data.summary}" for what, data in self.recorded.items()]
        return "\n".join(lines) or f"{self.name}: {self.elsewhere or 'nothing recorded'}"


class ProjectionResult(PopulationResult):
    """What was recorded of one projection: `.weight`."""

    _kind: ClassVar[str] = "projection"


def spikes_of(population: PopulationResult) -> Spikes | None:
    """All recorded spikes of a population; several recordings become one; None without any."""
    parts = [
        data
        for name, data in population.recorded.items()
        if isinstance(data, Spikes) and name.partition("#")[0] == "spikes"  # no other event
    ]
    return merged_spikes(parts) if parts else None

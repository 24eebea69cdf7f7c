"""What a run gives back, of all populations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import UnknownNameError, did_you_mean
from .population import PopulationResult


@dataclass(frozen=True, eq=False)
class Results:
    """The results of a run: `results["exc"].spikes`, `results["exc"].v`.

    duration and dt in ms; seed of the run; populations in the order of the network; final states
    are in `results["exc"].final`.
    """

    populations: dict[str, PopulationResult]
    duration: float
    dt: float
    seed: int
    backend: str

    def __getitem__(self, name: str) -> PopulationResult:
        if name not in self.populations:
            raise UnknownNameError(
                f"no population {name!r}; {did_you_mean(name, self.populations)}"
            )
        return self.populations[name]

    def __iter__(self) -> Any:
        return iter(self.populations)

    def __len__(self) -> int:
        return len(self.populations)

    def __repr__(self) -> str:
        lines = [f"Results of {self.duration:g} ms on {self.backend}, dt {self.dt:g} ms"]
        for population in self.populations.values():
            lines += [f"  {line}" for line in repr(population).splitlines() if population.recorded]
        return "\n".join(lines)

    def raster(self, ax: Any = None, **options: Any) -> Any:
        """Raster plot of all recorded spikes; see `spikesim.plotting.raster`."""
        from ..plotting import raster

        return raster(self, ax=ax, **options)

    def traces(self, population: str, variable: str, ax: Any = None, **options: Any) -> Any:
        """Traces of a recorded variable; see `spikesim.plotting.trace`."""
        from ..plotting import trace

        return trace(self, population, variable, ax=ax, **options)

    def rates(self, ax: Any = None, **options: Any) -> Any:
        """Population rates over time; see `spikesim.plotting.rate`."""
        from ..plotting import rate

        return rate(self, ax=ax, **options)

"""What a run gives back, of all populations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import __version__
from ..errors import UnknownNameError, did_you_mean
from .hints import missing_of_all
from .population import PopulationResult, ProjectionResult


@dataclass(frozen=True, eq=False)
class Results:
    """The results of a run: `results["exc"].spikes`, `results["exc"].v`.

    duration and dt in ms; seed of the run; populations in the order of the network; final states
    are in `results["exc"].final`; version: of the spikesim that ran. start: the time at which it
    started, ms, where it goes on from an earlier run. complete: False where it was interrupted, or
    is read while it goes on. took: seconds of real time that the run took. projections: those of
    which something was recorded, also as `results["exc->inh"].weight`.
    elsewhere: where recordings are that are not here, as half a sentence.
    """

    populations: dict[str, PopulationResult]
    duration: float
    dt: float
    seed: int
    backend: str
    version: str = __version__
    start: float = 0.0
    complete: bool = True
    took: float = 0.0
    projections: dict[str, ProjectionResult] = field(default_factory=dict)
    elsewhere: str = ""

    def __getitem__(self, name: str) -> PopulationResult:
        if name in self.projections:
            return self.projections[name]
        if name not in self.populations:
            raise UnknownNameError(
                f"no population {name!r}; {did_you_mean(name, self.populations)}"
                if "->" not in str(name)
                else f"nothing was recorded of a projection {name!r}; recorded were: "
                + (", ".join(self.projections) or self.elsewhere or "none")
            )
        return self.populations[name]

    def __getattr__(self, name: str) -> Any:
        if name == "populations":  # not there yet, while it is made from a pickle
            raise AttributeError(name)
        raise missing_of_all(self, name)

    def __iter__(self) -> Any:
        return iter(self.populations)

    def __len__(self) -> int:
        return len(self.populations)

    def __repr__(self) -> str:
        since = f" from {self.start:g} ms" if self.start else ""
        lines = [f"Results of {self.duration:g} ms{since} on {self.backend}, dt {self.dt:g} ms"]
        if not self.complete:
            lines[0] += ", not complete"
        if self.elsewhere:
            lines.append(f"  {self.elsewhere}")
        for population in (*self.populations.values(), *self.projections.values()):
            lines += [f"  {line}" for line in repr(population).splitlines() if population.recorded]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """A table, which notebooks show in place of the text."""
        from .table import html_table

        return html_table(self)

    def raster(self, populations: Any = None, *, ax: Any = None, **options: Any) -> Any:
        """Raster plot of all recorded spikes, or of some populations; see
        `spikesim.plotting.raster`."""
        from ..plotting import raster

        return raster(self, populations, ax=ax, **options)

    def traces(
        self, population: str, variable: str, neurons: Any = None, *, ax: Any = None, **options: Any
    ) -> Any:
        """Traces of a recorded variable; see `spikesim.plotting.trace`."""
        from ..plotting import trace

        return trace(self, population, variable, neurons, ax=ax, **options)

    def rates(self, populations: Any = None, *, ax: Any = None, **options: Any) -> Any:
        """Population rates over time; see `spikesim.plotting.rate`."""
        from ..plotting import rate

        return rate(self, populations, ax=ax, **options)

    def weights(self, projection: str, *, ax: Any = None, **options: Any) -> Any:
        """Recorded weights of a projection over time; see `spikesim.plotting.weights`."""
        from ..plotting import weights

        return weights(self, projection, ax=ax, **options)

    def psth(self, populations: Any = None, *, ax: Any = None, **options: Any) -> Any:
        """Mean rate around events; see `spikesim.plotting.psth`."""
        from ..plotting import psth

        return psth(self, populations, ax=ax, **options)

    def distribution(
        self, of: str = "rate", populations: Any = None, *, ax: Any = None, **options: Any
    ) -> Any:
        """Histogram over neurons of "rate", "cv" or "isi"; see `spikesim.plotting.distribution`."""
        from ..plotting import distribution

        return distribution(self, of, populations, ax=ax, **options)

    def save(self, path: Any) -> None:
        """Write all of it to one file, which `spikesim.load_results` reads back bit for bit.

        The file is NumPy's .npz. It takes the place of an older one only when it is whole and on
        the disk. Raises FileError where it can't be written; the older one is then as it was.
        """
        from .file import save

        save(self, path)

    def to_pandas(self) -> dict[str, Any]:
        """pandas DataFrames by name: "spikes" of all populations, traces such as "exc.v", and
        "exc.final", the states of all neurons at the end, a column a state.

        "spikes" has the columns t (ms), population and neuron, sorted by time. A trace has a row a
        time (ms) and a column a neuron; `.attrs["unit"]`. ImportError without pandas.
        """
        from ..interop.pandas import to_pandas

        return to_pandas(self)

    def to_xarray(self) -> Any:
        """An xarray DataTree with a node a population; units in attrs["units"].

        Traces have the dimensions (t, neuron), spikes are spike_t and spike_neuron, states of all
        neurons at the end are final_v and the like. ImportError without xarray.
        """
        from ..interop.xarray import to_xarray

        return to_xarray(self)

    def to_neo(self) -> Any:
        """A Neo Block with one Segment: a SpikeTrain a neuron, an AnalogSignal a trace.

        Each is annotated with its population and neurons. ImportError without neo.
        """
        from ..interop.neo import to_neo

        return to_neo(self)

    def to_nwb(self, path: Any = None, *, overwrite: bool = False, **session: Any) -> Any:
        """A pynwb NWBFile: spikes in the table of units, traces as TimeSeries that convert to SI.

        path: also write it there, whole or not at all. overwrite: in place of a file that is there;
        others may have added to it. session: what NWBFile takes besides, such as
        session_description, session_start_time (default: now) or experimenter. ImportError without
        pynwb, FileError where it can't be written or is there already.
        """
        from ..interop.nwb import to_nwb

        return to_nwb(self, path, overwrite, **session)

"""Results as an NWB file (Neurodata Without Borders)."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ..errors import FileError
from ..files import replacing
from ..results import Results, Spikes, Trace, spikes_of
from ..units import in_si
from . import needed


def to_nwb(results: Results, path: Any = None, overwrite: bool = False, **session: Any) -> Any:
    """An NWBFile, written if a path is given; see `Results.to_nwb`."""
    pynwb = needed("pynwb", "nwb")
    if path is not None and not overwrite and os.path.lexists(path):
        raise FileError(f"{path} exists; choose another name, or overwrite=True to replace it")
    about = {
        "session_description": f"Simulation of a network of {len(results)} populations",
        "identifier": str(uuid.uuid4()),
        "session_start_time": datetime.now(UTC),
        "source_script": f"spikesim {results.version}",
        "source_script_file_name": "spikesim",
        "keywords": ["simulation", "spiking neural network"],
        "subject": pynwb.file.Subject(
            subject_id="simulation",
            description="no animal: a simulated network",
            sex="U",
            age="P0D",
        ),
        "notes": f"backend {results.backend}, seed {results.seed}, dt {results.dt:g} ms, "
        f"duration {results.duration:g} ms",
    }
    made = pynwb.NWBFile(**(about | session))
    spikes = {name: spikes_of(population) for name, population in results.populations.items()}
    recorded = {name: found for name, found in spikes.items() if found is not None}
    if any(len(found.neurons) for found in recorded.values()):
        made.units = _units(pynwb, recorded, results.dt)
    for name, population in results.populations.items():
        for what, data in population.recorded.items():
            if isinstance(data, Trace) and len(data):
                made.add_acquisition(_series(pynwb, name, what, data, results.dt))
    if path is not None:
        with replacing(path) as draft, pynwb.NWBHDF5IO(str(draft), "w") as file:
            file.write(made)
    return made


def _units(pynwb: Any, recorded: dict[str, Spikes], dt: float) -> Any:
    """The table of units: a row a neuron, with its spike times in s, population and number."""
    core = needed("hdmf.common", "nwb")
    trains = [train for spikes in recorded.values() for train in spikes.trains()]
    ends = np.cumsum([len(train) for train in trains])
    seconds = np.concatenate(trains) * 1e-3
    times = core.VectorData(
        name="spike_times", description="times of the neuron's spikes, s", data=seconds
    )
    sizes = [len(spikes.neurons) for spikes in recorded.values()]
    return pynwb.misc.Units(
        name="units",
        description="neurons whose spikes were recorded",
        resolution=dt * 1e-3,
        id=np.arange(len(trains)),
        columns=[
            times,
            core.VectorIndex(name="spike_times_index", data=ends, target=times),
            core.VectorData(
                name="population",
                description="name of the neuron's population",
                data=np.repeat(list(recorded), sizes).tolist(),
            ),
            core.VectorData(
                name="neuron",
                description="number of the neuron in its population",
                data=np.concatenate([spikes.neurons for spikes in recorded.values()]),
            ),
        ],
    )


def _series(pynwb: Any, population: str, what: str, data: Trace, dt: float) -> Any:
    """A trace, as it was recorded, with the factor that makes SI of it."""
    factor, unit = in_si(data.unit)
    neurons = ", ".join(map(str, data.neurons))
    whose = "mean over" if data.values.ndim == 1 else "columns are"
    return pynwb.TimeSeries(
        name=f"{population}.{what}".replace("/", "_").replace(":", "_"),
        description=f"{what} of population {population}; {whose} neurons {neurons}",
        data=data.values,
        unit=unit,
        conversion=factor,
        starting_time=float(data.t[0]) * 1e-3,
        rate=1e3 / (data.interval if len(data) > 1 else dt),
    )

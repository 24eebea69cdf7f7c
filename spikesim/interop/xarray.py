"""Results as an xarray DataTree, a node a population."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..results import PopulationResult, Results, Trace, spikes_of
from . import needed


def to_xarray(results: Results) -> Any:
    """The tree; see `Results.to_xarray`."""
    xarray = needed("xarray", "xarray")
    about = {
        "duration": results.duration,
        "dt": results.dt,
        "seed": results.seed,
        "backend": results.backend,
        "spikesim": results.version,
    }
    nodes = {name: _dataset(xarray, of) for name, of in results.populations.items()}
    return xarray.DataTree(xarray.Dataset(attrs=about), children={
        name: xarray.DataTree(dataset)
        for name, dataset in (nodes | _projections(xarray, results)).items()
    })  # fmt: skip


def _dataset(xarray: Any, population: PopulationResult) -> Any:
    """Traces of one population, its spikes, and its states at the end.

    Traces at other times or of other neurons than the first have dimensions of their own, such as
    "t_v#2".
    """
    coordinates: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    for name, data in population.recorded.items():
        if not isinstance(data, Trace):
            continue
        dimensions = [_dimension(coordinates, "t", name, data.t, {"units": "ms"})]
        if data.values.ndim == 2:
            dimensions.append(_dimension(coordinates, "neuron", name, data.neurons, {}))
        variables[name] = (dimensions, data.values, {"units": data.unit})
    spikes = spikes_of(population)
    if spikes is not None:
        variables["spike_t"] = ("spike", spikes.t, {"units": "ms"})
        variables["spike_neuron"] = ("spike", spikes.i)
        for name, values in spikes.variables.items():
            variables[f"spike_{name}"] = ("spike", values, {"units": spikes.units[name]})
        variables["spike_recorded"] = ("recorded", spikes.neurons)  # the silent ones too
    for name, values in population.final.items():
        variables[f"final_{name}"] = ("element", values)  # of all neurons, at the end of the run
    return xarray.Dataset(variables, coordinates)


def _projections(xarray: Any, results: Results) -> dict[str, Any]:
    """Weights by projection; those recorded apart, as "weight#2", have dimensions of their own."""
    found = {}
    for name, projection in results.projections.items():
        variables: dict[str, Any] = {}
        for what, w in projection.recorded.items():
            more = what.removeprefix("weight")
            t, synapse = f"t{more}", f"connection{more}"
            variables |= {
                what: ((t, synapse), w.values, {"units": w.unit}),
                t: (t, w.t, {"units": "ms"}),
                synapse: (synapse, w.connections),
                f"source{more}": (synapse, w.source),
                f"target{more}": (synapse, w.target),
            }
        for state, values in projection.final.items():
            variables[f"final_{state}"] = ("synapse", values)  # of all, at the end of the run
        found[name] = xarray.Dataset(variables)
    return found


def _dimension(
    coordinates: dict[str, Any], axis: str, of: str, values: np.ndarray, about: dict[str, str]
) -> str:
    """The name of the dimension with these values, which is made where there is none yet."""
    for name, (_, known, _) in coordinates.items():
        if name.partition("_")[0] == axis and np.array_equal(known, values):
            return name
    name = f"{axis}_{of}" if axis in coordinates else axis
    coordinates[name] = (name, values, about)
    return name

"""Results as pandas DataFrames."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..results import Results, Spikes, Trace, Weights, spikes_of
from . import needed


def to_pandas(results: Results) -> dict[str, Any]:
    """Frames by name: "spikes", and "<population>.<variable>"; see `Results.to_pandas`."""
    pandas = needed("pandas", "pandas")
    found = [(name, spikes_of(population)) for name, population in results.populations.items()]
    there = [(name, spikes) for name, spikes in found if spikes is not None]
    frames: dict[str, Any] = {}
    if there:
        t = np.concatenate([spikes.t for _, spikes in there])
        order = np.argsort(t, kind="stable")
        codes = np.repeat(np.arange(len(there)), [len(spikes) for _, spikes in there])
        neuron = np.concatenate([spikes.i for _, spikes in there])
        population = pandas.Categorical.from_codes(codes[order], [name for name, _ in there])
        frames["spikes"] = pandas.DataFrame(
            {"t": t[order], "population": population, "neuron": neuron[order]}
        )
    for name, of in results.populations.items():
        for what, data in of.recorded.items():
            if isinstance(data, Trace):
                frames[f"{name}.{what}"] = trace_frame(data)
        if of.final:
            frames[f"{name}.final"] = pandas.DataFrame(of.final).rename_axis("neuron")
    for name, projection in results.projections.items():
        for what, weights in projection.recorded.items():
            frames[f"{name}.{what}"] = weights_frame(weights)
        if projection.final:
            frames[f"{name}.final"] = pandas.DataFrame(projection.final).rename_axis("connection")
    return frames


def spikes_frame(spikes: Spikes) -> Any:
    """The columns t (ms) and neuron, and a column for each variable."""
    pandas = needed("pandas", "pandas")
    return pandas.DataFrame({"t": spikes.t, "neuron": spikes.i, **spikes.variables})


def weights_frame(weights: Weights) -> Any:
    """A row a time (index t, ms), a column a connection, under (source, target)."""
    pandas = needed("pandas", "pandas")
    columns = pandas.MultiIndex.from_arrays(
        [weights.source, weights.target], names=["source", "target"]
    )
    frame = pandas.DataFrame(weights.values, pandas.Index(weights.t, name="t"), columns)
    frame.attrs["unit"] = weights.unit
    return frame


def trace_frame(trace: Trace) -> Any:
    """A row a time (index t, ms), a column a neuron; a rate is one column, "rate"."""
    pandas = needed("pandas", "pandas")
    if trace.values.ndim == 1:
        columns = pandas.Index(["rate"])
    else:
        columns = pandas.Index(trace.neurons, name="neuron")
    values = trace.values.reshape(len(trace), len(columns))
    frame = pandas.DataFrame(values, index=pandas.Index(trace.t, name="t"), columns=columns)
    frame.attrs["unit"] = trace.unit
    return frame

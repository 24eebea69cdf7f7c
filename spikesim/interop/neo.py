"""Results as a Neo Block."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..results import PopulationResult, Results, Trace, spikes_of
from ..units import in_si
from . import needed


def to_neo(results: Results) -> Any:
    """A Block with one Segment; see `Results.to_neo`.

    Spike trains are in ms, signals in the unit they were recorded in, or in SI where `quantities`
    does not know it.
    """
    neo = needed("neo", "neo")
    block = neo.Block(
        name="spikesim",
        duration=results.duration,
        dt=results.dt,
        seed=results.seed,
        backend=results.backend,
        version=results.version,
    )
    segment = neo.Segment(name="run")
    block.segments.append(segment)
    for population in results.populations.values():
        segment.spiketrains.extend(_trains(neo, population))
        for what, data in population.recorded.items():
            if isinstance(data, Trace) and len(data):
                segment.analogsignals.append(_signal(neo, population.name, what, data, results.dt))
    block.check_relationships()
    return block


def _trains(neo: Any, population: PopulationResult) -> list[Any]:
    spikes = spikes_of(population)
    if spikes is None:
        return []
    stop = max(spikes.start + spikes.duration, float(spikes.t.max(initial=0.0)))
    # What was recorded with each spike, by the neuron that had it.
    order = np.argsort(spikes.i, kind="stable")
    bounds = np.searchsorted(spikes.i[order], spikes.neurons, side="left")
    return [
        neo.SpikeTrain(
            train,
            units="ms",
            t_start=spikes.start,
            t_stop=stop,
            name=f"{population.name}[{neuron}]",
            population=population.name,
            neuron=int(neuron),
            array_annotations={
                name: values[order][first : first + len(train)]
                for name, values in spikes.variables.items()
            },
        )
        for neuron, train, first in zip(spikes.neurons, spikes.trains(), bounds, strict=True)
    ]


def _signal(neo: Any, population: str, what: str, data: Trace, dt: float) -> Any:
    quantities = needed("quantities", "neo")
    values, units = _in_quantities(quantities, data)
    interval = data.interval if len(data) > 1 else dt
    neurons = {"neuron": data.neurons} if data.values.ndim == 2 else {}
    return neo.AnalogSignal(
        values,
        units=units,
        t_start=data.t[0] * quantities.ms,
        sampling_period=interval * quantities.ms,
        name=f"{population}.{what}",
        array_annotations=neurons,
        population=population,
        variable=what,
    )


def _in_quantities(quantities: Any, data: Trace) -> tuple[Any, Any]:
    """The values, and their unit as `quantities` has it."""
    factor, si = in_si(data.unit)
    for scale, name in ((1.0, data.unit), (factor, si)):
        text = name.replace("spikes", "1").replace("^", "**").replace(" ", "*")
        try:
            units = quantities.Quantity(1.0, "dimensionless" if text == "1" else text).units
        except LookupError:
            continue
        return (data.values if scale == 1.0 else data.values * scale), units
    return data.values, quantities.dimensionless

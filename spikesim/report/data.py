"""The spikes and rates of a run as text that a page can hold."""

from __future__ import annotations

import base64
import json

import numpy as np

from ..plotting.canvas import colours
from ..plotting.raster import stacked, thinning
from ..plotting.select import bins, histogram
from ..results import Results, spikes_of

_MOST_SPIKES = 250_000  # 8 bytes each, a third more in base64: 2.7 MB
_MOST_BINS, _FINEST = 4_000, 1.0  # of a rate, for each population; ms


def embedded(results: Results) -> tuple[str, str]:
    """(JSON, a note on what was left out); both empty where no spikes were recorded.

    Of each population: name, neurons, colour, its place from the top down (0 to 1), the rate in
    fine bins, and for each spike its time from the
    start on (ms) and place. Numbers are float32 in base64.
    """
    known = {name: spikes_of(population) for name, population in results.populations.items()}
    found = {name: spikes for name, spikes in known.items() if spikes is not None}
    if not found or results.duration <= 0:
        return "", ""
    span = (results.start, results.start + results.duration)
    every = thinning(found, span, _MOST_SPIKES)
    fine = max(_FINEST, results.duration / _MOST_BINS)
    width = results.dt * max(1.0, np.ceil(fine / results.dt - 1e-9))
    edges, paint = bins(span, width), colours([*found])
    populations = [
        {
            "name": b.name,
            "neurons": len(b.spikes.neurons),
            "colour": paint[b.name],
            "top": b.top,
            "height": b.height,
            "t": _packed(b.t - results.start),
            "y": _packed(b.y),
            "rate": _packed(histogram(b.spikes, edges, 1e-3 * results.dt)),
        }
        for b in stacked(found, span, every)
    ]
    run = {
        "start": results.start, "duration": results.duration, "bin": width,
        "populations": populations,
    }  # fmt: skip
    note = f"Of the neurons, one in {every} is drawn; rates are of all." if every > 1 else ""
    return json.dumps(run).replace("<", "\\u003c"), note


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode("ascii")

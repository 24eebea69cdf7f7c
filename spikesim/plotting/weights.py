"""Recorded weights of a projection: over time, and their distribution at some times."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ParameterError, UnknownNameError
from ..results import Results, Weights
from ..results.times import times
from .canvas import INK, PALETTE, axes, legend, quiet
from .select import recorded_list, window

_MOST_LINES = 8  # of more connections, mean and percentiles are drawn
_BANDS = ((5, 95, 0.15), (25, 75, 0.25))  # percentiles, and how dark


def weights(
    results: Results,
    projection: str,
    *,
    ax: Any = None,
    what: str = "weight",
    start: Any = None,
    stop: Any = None,
) -> Any:
    """Draw the recorded weights of a projection over time.

    Up to eight connections have a line each, named after source and target. Of more, the mean is
    drawn, with bands from the 25th to the 75th and from the 5th to the 95th percentile. what: which
    recording, where there are several ("weight#2"). start, stop: the time drawn.

    Returns the Axes. Raises UnknownNameError where no weights were recorded, and ImportError
    without matplotlib.
    """
    data, span = _recorded(results, projection, what), window(results, start, stop)
    inside = (data.t >= span[0]) & (data.t <= span[1])
    t, values = data.t[inside], data.values[inside]
    ax = axes(ax, 6.8, 2.6)
    few = len(data.connections) <= _MOST_LINES
    if few:
        for k, (source, target) in enumerate(zip(data.source, data.target, strict=True)):
            colour = PALETTE[k % len(PALETTE)]
            ax.plot(t, values[:, k], color=colour, lw=1.0, label=f"{source} \u2192 {target}")
    else:
        for low, high, dark in _BANDS if len(t) else ():
            ends = np.percentile(values, [low, high], axis=1)
            label = f"{low} to {high} %"
            ax.fill_between(t, *ends, color=PALETTE[0], alpha=dark, lw=0, label=label)
        mean = values.mean(axis=1, dtype=np.float64)
        ax.plot(t, mean, color=PALETTE[0], lw=1.2, label="mean")
    quiet(ax)
    ax.set_xlim(span)
    ax.set_xlabel("time (ms)")
    ax.set_ylabel(f"weight of {projection}{_unit(data)}")
    if few and len(data.connections) > 1:
        legend(ax)
    elif not few:
        ax.legend(
            frameon=False, fontsize=8, labelcolor=INK, loc="upper left", bbox_to_anchor=(1.0, 1.05)
        )
    return ax


def weight_histogram(
    results: Results, projection: str, at: Any = None, *, ax: Any = None, what: str = "weight"
) -> Any:
    """Draw the distribution of the recorded weights of a projection at some times.

    at: times; the last sample up to each is drawn. Default the first and the last. what: which
    recording, where there are several.

    Returns the Axes. Raises UnknownNameError where no weights were recorded, ParameterError for a
    time before the first sample, and ImportError without matplotlib.
    """
    data = _recorded(results, projection, what)
    if not len(data):
        raise ParameterError(f"no weights of {projection!r} were sampled; record them more often")
    wanted = data.t[[0, -1]] if at is None else times(at, "at")
    place = np.unique(np.searchsorted(data.t, wanted + 1e-6) - 1)
    if not len(place) or place[0] < 0:
        raise ParameterError(
            f"at: {wanted}; expected times from the first sample, {data.t[0]:g} ms, on"
        )
    found = data.values[place].astype(np.float64)
    ax = axes(ax, 4.6, 2.8)
    count = int(np.clip(2 * np.cbrt(found.shape[1]), 8, 40))
    edges = np.histogram_bin_edges(found, count)
    for k, (one, values) in enumerate(zip(place, found, strict=True)):
        heights = np.histogram(values, edges)[0]
        colour, label = PALETTE[k % len(PALETTE)], f"{data.t[one]:g} ms"
        ax.stairs(heights, edges, fill=True, color=colour, alpha=0.2, lw=0)
        ax.stairs(heights, edges, color=colour, lw=1.1, label=label)
    quiet(ax)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(f"weight of {projection}{_unit(data)}")
    ax.set_ylabel("connections")
    legend(ax)
    return ax


def _recorded(results: Results, projection: str, what: str) -> Weights:
    if projection not in results.projections:
        known = ", ".join(results.projections)
        listed = f"those of {known} were" if known else recorded_list(results)
        raise UnknownNameError(
            f"no weights of a projection {projection!r} were recorded; {listed}. Record them with "
            'net.record(projection, "weight", every=10*ms) before the run'
        )
    data: Weights = results.projections[projection][what]
    return data


def _unit(data: Weights) -> str:
    return f" ({data.unit})" if data.unit not in ("", "1") else ""

"""Distributions over neurons: of rates, of irregularity, of intervals between spikes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import UnknownNameError, did_you_mean
from ..results import Results, Spikes
from .canvas import beside, checked, colours, legend, new_figure, quiet, say
from .select import Window, chosen_spikes, window

_MOST_LINES = 4  # in one panel; with more populations each has a panel of its own
_BINS = 40


def _rates(spikes: Spikes, span: Window) -> np.ndarray:
    return spikes.rates(*span)


def _cv(spikes: Spikes, span: Window) -> np.ndarray:
    values = spikes.cv(*span)
    return values[~np.isnan(values)]


def _intervals(spikes: Spikes, span: Window) -> np.ndarray:
    inside = [train[(train > span[0]) & (train <= span[1] + 1e-6)] for train in spikes.trains()]
    return np.concatenate([np.empty(0), *(np.diff(train) for train in inside)])


# of: (values, what is on the axis, what is counted)
_KINDS: dict[str, tuple[Callable[[Spikes, Window], np.ndarray], str, str]] = {
    "rate": (_rates, "rate (spikes/s)", "neurons"),
    "cv": (_cv, "CV of intervals", "neurons"),
    "isi": (_intervals, "interval between spikes (ms)", "intervals"),
}


def distribution(
    results: Results,
    of: str = "rate",
    populations: str | Iterable[str] | None = None,
    *,
    ax: Any = None,
    start: Any = None,
    stop: Any = None,
    colors: Mapping[str, Any] | None = None,
) -> Any:
    """Draw a histogram over the recorded neurons of each population, with its mean.

    of: "rate", "cv" (of neurons with three spikes at least) or "isi" (all intervals, on a
    logarithmic axis). start, stop: the time taken into account. On a figure of its own more than
    four populations have a panel each.

    Returns the Axes (the uppermost; all are in its `figure.axes`). Raises UnknownNameError where
    spikes were not recorded, and ImportError without matplotlib.
    """
    if of not in _KINDS:
        raise UnknownNameError(f"no distribution of {of!r}; {did_you_mean(of, _KINDS)}")
    take, label, counted = _KINDS[of]
    span = window(results, start, stop)
    found = {n: take(s, span) for n, s in chosen_spikes(results, populations).items()}
    grain = 1e3 / (span[1] - span[0]) if of == "rate" else 0.0  # rates are whole multiples of it
    edges = _edges(np.concatenate([*found.values()]), grain, logarithmic=of == "isi")
    paint = colours([*found], colors)
    panels = _panels(len(found)) if checked(ax) is None else [ax] * len(found)
    shared = panels[0] is panels[-1]
    for panel, (name, values) in zip(panels, found.items(), strict=True):
        _draw(panel, values, edges, paint[name], name)
        if not shared:
            beside(panel, 0.5, name, paint[name])
    if not any(len(values) for values in found.values()):
        say(panels[0], f"no {counted}" if of == "isi" else "no neuron with enough spikes")
    for panel in {id(p): p for p in panels}.values():
        quiet(panel)
        panel.set_xlim(edges[0], edges[-1])
        panel.set_xscale("log" if of == "isi" else "linear")
        panel.set_ylim(bottom=0)
        if not shared:
            panel.locator_params(axis="y", nbins=2)
    whose = f" of {next(iter(found))}" if len(found) == 1 else ""
    panels[-1].set_xlabel(label)
    if shared:
        panels[0].set_ylabel(f"part of {counted}{whose}")
    else:
        panels[0].figure.supylabel(f"part of {counted}", fontsize=9)
    if shared and len(found) > 1:
        legend(panels[0])
    return panels[0]


def _edges(values: np.ndarray, grain: float, *, logarithmic: bool) -> np.ndarray:
    """Bins of one width for all populations (of one ratio, where logarithmic).

    grain: what all values are multiples of, if anything; each bin then holds as many multiples.
    """
    if not len(values):
        return np.linspace(1.0, 10.0, 10) if logarithmic else np.linspace(0.0, 1.0, 11)
    low, high = float(values.min()), float(values.max())
    count = int(np.clip(2 * np.cbrt(len(values)), 8, _BINS))
    if logarithmic:
        low = float(values[values > 0].min(initial=high))
        if not high:
            return np.array([0.1, 1.0])
        return np.geomspace(0.9 * low, 1.1 * high, count + 1)
    if grain:
        width = grain * np.ceil(high / grain / count + 1e-9)
        return width * np.arange(int(high / width) + 2) - 0.5 * grain
    return np.linspace(0.0, 1.02 * high if high > 0 else 1.0, count + 1)


def _draw(ax: Any, values: np.ndarray, edges: np.ndarray, colour: Any, name: str) -> None:
    # Intervals of 0, of two spikes in one step, have no place on a logarithmic axis: the first bin.
    part = np.histogram(np.maximum(values, edges[0]), edges)[0] / max(1, len(values))
    ax.stairs(part, edges, fill=True, color=colour, alpha=0.2, lw=0)
    ax.stairs(part, edges, color=colour, lw=1.1, label=name)
    if len(values):
        ax.axvline(values.mean(), color=colour, lw=1.0, ls=(0, (4, 3)))


def _panels(count: int) -> list[Any]:
    if count <= _MOST_LINES:
        return [new_figure(5.2, 3.0).subplots()] * count
    figure = new_figure(5.2, 0.7 + 0.62 * count)
    return list(figure.subplots(count, 1, sharex=True))

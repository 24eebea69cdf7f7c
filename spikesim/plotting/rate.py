"""Population rates over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import ParameterError, UnknownNameError
from ..results import PopulationResult, Results, milliseconds, spikes_of
from .canvas import INK, axes, beside, colours, legend, new_figure, quiet, remark
from .select import (
    Window,
    bins,
    good_width,
    histogram,
    named,
    rate_trace,
    recorded_list,
    window,
)

_MOST_LINES = 4  # in one panel; with more populations each has a panel of its own


def rate(
    results: Results,
    populations: str | Iterable[str] | None = None,
    *,
    bin: Any = None,
    ax: Any = None,
    start: Any = None,
    stop: Any = None,
    colors: Mapping[str, Any] | None = None,
) -> Any:
    """Draw the mean rate of the recorded neurons of each population, in bins of time.

    populations: a name or names; default all whose spikes or rates were recorded. bin: its width;
    default a round number that makes a hundred or two of them. Where only "rate" was recorded, its
    own bins are drawn. start, stop: the time drawn. colors: by population. On a figure of its own
    more than four populations have a panel each.

    Returns the Axes (the uppermost; all are in its `figure.axes`). Raises UnknownNameError where
    neither spikes nor rates were recorded, and ImportError without matplotlib.
    """
    span = window(results, start, stop)
    found = _populations(results, populations)
    width = good_width(span, results.dt) if bin is None else milliseconds(bin, "bin")
    if not results.dt * (1 - 1e-9) <= width:
        raise ParameterError(f"bin is {width:g} ms; expected at least a step, {results.dt:g} ms")
    edges = bins(span, width)
    end = results.start + results.duration
    drawn = [_steps(p, edges, span, results.dt, end, bin is not None) for p in found]
    paint = colours([p.name for p in found], colors)
    names = [p.name for p in found]
    if ax is None and len(found) > _MOST_LINES:
        return _panels(drawn, names, paint, span)
    ax = axes(ax, 6.8, 2.6)
    for name, (values, places) in zip(names, drawn, strict=True):
        draw_steps(ax, values, places, paint[name], fill=len(found) == 1, label=name)
    quiet(ax)
    ax.set_xlim(span)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("time (ms)")
    ax.set_ylabel("rate (spikes/s)" if len(found) > 1 else f"rate of {names[0]} (spikes/s)")
    if len(found) > 1:
        legend(ax)
    if not any(values.any() for values, _ in drawn):
        remark(ax, "no spikes")
    return ax


def draw_steps(
    ax: Any, values: np.ndarray, edges: np.ndarray, colour: Any, *, fill: bool, label: str = ""
) -> None:
    """A line of steps, filled below or not."""
    if fill:
        ax.stairs(values, edges, fill=True, color=colour, alpha=0.25, lw=0)
    ax.stairs(values, edges, baseline=None, color=colour, lw=1.0, label=label)


def _panels(
    drawn: list[tuple[np.ndarray, np.ndarray]],
    names: list[str],
    paint: Mapping[str, Any],
    span: Window,
) -> Any:
    """A low panel for each population, each of its own scale; the uppermost is returned."""
    figure = new_figure(6.8, 0.7 + 0.62 * len(names))
    panels = figure.subplots(len(names), 1, sharex=True)
    for panel, name, (values, places) in zip(panels, names, drawn, strict=True):
        draw_steps(panel, values, places, paint[name], fill=True, label=name)
        quiet(panel)
        panel.set_xlim(span)
        panel.set_ylim(bottom=0)
        panel.locator_params(axis="y", nbins=3)
        beside(panel, 0.5, name, paint[name])
        if panel is not panels[-1]:
            panel.tick_params(labelbottom=False)
    panels[-1].set_xlabel("time (ms)")
    figure.supylabel("rate (spikes/s)", fontsize=9, color=INK)
    return panels[0]


def _populations(results: Results, names: str | Iterable[str] | None) -> list[PopulationResult]:
    def usable(population: PopulationResult) -> bool:
        return spikes_of(population) is not None or rate_trace(population) is not None

    if names is None:
        found = [p for p in results.populations.values() if usable(p)]
    else:
        found = [results[name] for name in named(names)]
    lacking = [p.name for p in found if not usable(p)]
    if lacking or not found:
        of = f" of population {lacking[0]!r}" if lacking else ""
        raise UnknownNameError(
            f"neither spikes nor rates{of} were recorded; {recorded_list(results)}. "
            'Record them with net.record(population, "spikes") before the run'
        )
    return found


def _steps(
    population: PopulationResult,
    edges: np.ndarray,
    span: Window,
    dt: float,
    end: float,
    fixed: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Values and edges of the steps to draw."""
    spikes = spikes_of(population)
    if spikes is not None:
        return histogram(spikes, edges, 1e-3 * dt), edges
    recorded = rate_trace(population)
    assert recorded is not None
    # The first bin of a run that goes on, and the last one, may be shorter.
    width = np.diff(recorded.t).max() if len(recorded.t) > 1 else end - recorded.t[:1].sum()
    if fixed:
        raise ParameterError(
            f"the rate of {population.name!r} was recorded in bins of {width:g} ms and its spikes "
            "were not, so it can't be drawn with other bins; leave bin out"
        )
    ends = np.append(recorded.t, np.minimum(recorded.t[-1:] + width, end))
    kept = (ends[1:] > span[0]) & (ends[:-1] < span[1])
    return recorded.values[kept], np.append(ends[:-1][kept], ends[1:][kept][-1:])

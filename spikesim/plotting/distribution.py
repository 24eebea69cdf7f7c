"""Distributions over neurons: of rates, of irregularity, of intervals between spikes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import UnknownNameError, did_you_mean
from ..results import Results, Spikes
from ..results.times import SLACK
from .canvas import INK, beside, checked, colours, legend, new_figure, quiet, remark
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
    logarithmic axis, which has no place for those of 0: their part is told). start, stop: the time
    taken into account. On a figure of its own more than four populations have a panel each.

    Returns the Axes (the uppermost; all are in its `figure.axes`). Raises UnknownNameError where
    spikes were not recorded, and ImportError without matplotlib.
    """
    if of not in _KINDS:
        raise UnknownNameError(f"no distribution of {of!r}; {did_you_mean(of, _KINDS)}")
    take, label, counted = _KINDS[of]
    span = window(results, start, stop)
    spikes = chosen_spikes(results, populations)
    found = {n: take(s, span) for n, s in spikes.items()}
    values = np.concatenate([*found.values()])
    if of == "isi":
        edges = _ratios(values[values > 0], results.dt)
    else:  # rates are whole multiples of a grain
        edges = _widths(values, 1e3 / (span[1] - span[0]) if of == "rate" else 0.0)
    paint = colours([*found], colors)
    panels = [ax] * len(found) if checked(ax) is not None else _panels(len(found))
    shared = panels[0] is panels[-1]
    for panel, (name, some) in zip(panels, found.items(), strict=True):
        _draw(panel, some, edges, paint[name], name)
        if not shared:
            beside(panel, 0.5, name, paint[name])
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
    _remarks(panels[0], of, values, silent=not any(map(len, spikes.values())))
    return panels[0]


def _widths(values: np.ndarray, grain: float) -> np.ndarray:
    """Edges of bins of one width, for all populations.

    grain: what all values are multiples of, if anything; each bin then holds as many multiples.
    """
    if not len(values):
        return np.linspace(0.0, 1.0, 11)
    high, count = float(values.max()), _count(values)
    if grain:
        width = grain * np.ceil(high / grain / count + 1e-9)
        return width * np.arange(int(high / width) + 2) - 0.5 * grain
    return np.linspace(0.0, 1.02 * high if high > 0 else 1.0, count + 1)


def _ratios(values: np.ndarray, dt: float) -> np.ndarray:
    """Edges of bins of about one ratio, for all populations.

    Between whole steps where all intervals are such: narrower bins would be empty, a comb.
    """
    if not len(values):
        return np.linspace(1.0, 10.0, 10)
    edges = np.geomspace(0.9 * values.min(), 1.1 * values.max(), _count(values) + 1)
    on_grid = np.abs(values - np.round(values / dt) * dt).max() < SLACK
    return dt * (np.unique(np.floor(edges / dt + SLACK)) + 0.5) if on_grid else edges


def _count(values: np.ndarray) -> int:
    return int(np.clip(2 * np.cbrt(len(values)), 8, _BINS))


def _remarks(ax: Any, of: str, values: np.ndarray, *, silent: bool) -> None:
    """Say what could not be drawn."""
    zeros = np.mean(values == 0) if of == "isi" and len(values) else 0.0
    if zeros:
        note = f"{zeros:.2g} of all intervals are 0 ms, not on this axis"
        ax.set_title(note, loc="left", fontsize=7.5, color=INK)
    if silent:
        remark(ax, "no spikes")
    elif not len(values):
        remark(ax, "too few spikes")


def _draw(ax: Any, values: np.ndarray, edges: np.ndarray, colour: Any, name: str) -> None:
    part = np.histogram(values, edges)[0] / max(1, len(values))
    ax.stairs(part, edges, fill=True, color=colour, alpha=0.2, lw=0)
    ax.stairs(part, edges, color=colour, lw=1.1, label=name)
    if values.any():
        ax.axvline(values.mean(), color=colour, lw=1.0, ls=(0, (4, 3)))


def _panels(count: int) -> list[Any]:
    if count <= _MOST_LINES:
        return [new_figure(5.2, 3.0).subplots()] * count
    figure = new_figure(5.2, 0.7 + 0.62 * count)
    return list(figure.subplots(count, 1, sharex=True))

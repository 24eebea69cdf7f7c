"""Raster plot: a dot for each spike, populations stacked from the top down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..results import Results, Spikes
from .canvas import (
    FAINT,
    INK,
    beside,
    checked,
    colours,
    extent_in_points,
    new_figure,
    quiet,
    remark,
)
from .rate import draw_steps
from .select import Window, bins, chosen_spikes, good_width, histogram, window

_GAP = 0.012  # between bands, as a part of the height
_LEAST = 0.35  # of an even share: no band is lower, so that names have room
_TICK_FROM = 3.0  # points a neuron: from here on spikes are ticks, not dots
_COVER = 0.16  # part of the area that dots may cover
_FEW = 10  # neurons: too few for a rate over time
_FEW_LINES = 4


@dataclass(frozen=True)
class Band:
    """A population in the plot: its spikes in the window, and its place, 0 at the top, 1 below."""

    name: str
    spikes: Spikes
    t: np.ndarray
    row: np.ndarray
    top: float
    height: float

    @property
    def y(self) -> np.ndarray:
        return self.top + (self.row + 0.5) / max(1, len(self.spikes.neurons)) * self.height

    @property
    def centre(self) -> float:
        return self.top + self.height / 2


def raster(
    results: Results,
    populations: str | Iterable[str] | None = None,
    *,
    ax: Any = None,
    start: Any = None,
    stop: Any = None,
    most: int = 50_000,
    colors: Mapping[str, Any] | None = None,
) -> Any:
    """Draw the spikes and, on a figure of its own, population rates below them.

    populations: a name or names; default all whose spikes were recorded, in the network's order.
    start, stop: the time drawn; default the whole run. Each population's mean rate over that time
    stands at its side. most: with more spikes than this only every k-th neuron is drawn, and the
    plot says so. colors: by population.

    Returns the Axes of the raster. Raises UnknownNameError where spikes were not recorded,
    ParameterError for an `ax` that is no Axes, and ImportError without matplotlib.
    """
    span = window(results, start, stop)
    found = chosen_spikes(results, populations)
    every = thinning(found, span, most)
    bands = stacked(found, span, every)
    paint = colours([b.name for b in bands], colors)
    below = None
    if checked(ax) is None:
        ax, below = _new_axes(bands)
    _draw(ax, bands, paint, every)
    _label(ax, bands, paint, span)
    if every > 1:
        note = f"every {_ordinal(every)} neuron drawn"
        ax.set_title(note, loc="left", fontsize=7.5, color=INK, pad=4)
    ax.set_xlim(span)
    if not any(len(b.t) for b in bands):
        remark(ax, "no spikes")
    if below is None:
        ax.set_xlabel("time (ms)")
    else:
        _rates_below(below, found, paint, span, results.dt)
        ax.tick_params(labelbottom=False)
    return ax


def _new_axes(bands: list[Band]) -> tuple[Any, Any]:
    """Axes for the raster, and Axes below it where there are enough neurons to speak of a rate."""
    neurons = sum(len(b.spikes.neurons) for b in bands)
    if neurons < _FEW:
        return new_figure(6.8, 1.2 + 0.16 * neurons + 0.1 * len(bands)).subplots(), None
    figure = new_figure(6.8, 4.6 if len(bands) < 5 else 5.8)
    ax, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
    return ax, below


def _rates_below(
    ax: Any, found: Mapping[str, Spikes], paint: Mapping[str, Any], span: Window, dt: float
) -> None:
    """A line for each population, in its colour; with more than a few, the mean of all neurons."""
    edges = bins(span, good_width(span, dt))
    means = {name: histogram(spikes, edges, 1e-3 * dt) for name, spikes in found.items()}
    if len(found) <= _FEW_LINES:
        for name, values in means.items():
            draw_steps(ax, values, edges, paint[name], fill=len(found) == 1)
    else:
        sizes = [len(spikes.neurons) for spikes in found.values()]
        draw_steps(ax, np.average([*means.values()], axis=0, weights=sizes), edges, INK, fill=True)
        beside(ax, 0.5, "all", INK)
    quiet(ax)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("time (ms)")
    ax.set_ylabel("spikes/s")


def _in_window(spikes: Spikes, span: Window) -> tuple[np.ndarray, np.ndarray]:
    """Times and rows (places in the view) of the spikes in the window."""
    inside = (spikes.t > span[0]) & (spikes.t <= span[1] + 1e-6)
    order = np.argsort(spikes.neurons, kind="stable")
    row = order[np.searchsorted(spikes.neurons, spikes.i[inside], sorter=order)]
    return spikes.t[inside], row


def thinning(found: Mapping[str, Spikes], span: Window, most: int) -> int:
    """The smallest k such that every k-th neuron has at most `most` spikes in all."""
    counts = [
        np.bincount(_in_window(spikes, span)[1], minlength=len(spikes.neurons))
        for spikes in found.values()
    ]
    every = max(1, -(-sum(int(c.sum()) for c in counts) // max(1, most)))
    largest = max(len(c) for c in counts)  # from here on one neuron a population is left
    while 1 < every < largest and sum(int(c[::every].sum()) for c in counts) > most:
        every += 1
    return every


def stacked(found: Mapping[str, Spikes], span: Window, every: int) -> list[Band]:
    """The populations one below the other, each with every `every`-th neuron's spikes."""
    share = np.array([max(1, len(spikes.neurons)) for spikes in found.values()], dtype=float)
    share = np.maximum(share / share.sum(), _LEAST / len(found))
    share *= (1 - _GAP * (len(found) - 1)) / share.sum()
    tops = np.cumsum(share) - share + _GAP * np.arange(len(found))
    bands = []
    for (name, spikes), top, height in zip(found.items(), tops, share, strict=True):
        t, row = _in_window(spikes, span)
        kept = row % every == 0
        bands.append(Band(name, spikes, t[kept], row[kept], top, height))
    return bands


def _draw(ax: Any, bands: list[Band], paint: Mapping[str, Any], every: int) -> None:
    width, height = extent_in_points(ax)
    dots = sum(len(b.t) for b in bands)
    rows = min(b.height / max(1, -(-len(b.spikes.neurons) // every)) for b in bands) * height
    area = width * height * sum(b.height for b in bands)
    size = float(np.clip(np.sqrt(_COVER * area / max(1, dots)), 0.9, 2.6))
    if rows >= _TICK_FROM:
        style = {"marker": "|", "ms": min(0.75 * rows, 14.0), "mew": 0.9}
    else:
        style = {"marker": "o", "ms": size, "mew": 0.0}
    for b in bands:
        # A vector file with tens of thousands of dots is slow to open: dots become pixels.
        ax.plot(b.t, b.y, ls="", color=paint[b.name], rasterized=len(b.t) > 3000, **style)


def _label(ax: Any, bands: list[Band], paint: Mapping[str, Any], span: Window) -> None:
    quiet(ax)
    ax.set_ylim(1.0 + _GAP, -_GAP)
    for b in bands[1:]:
        ax.axhline(b.top - _GAP / 2, color=FAINT, lw=0.6, zorder=0)
    if len(bands) == 1:
        _number(ax, bands[0])
    else:
        ax.spines["left"].set_visible(False)
        ax.set_yticks([b.centre for b in bands], [_title(b) for b in bands])
        ax.tick_params(axis="y", length=0)
        for b, text in zip(bands, ax.get_yticklabels(), strict=True):
            text.set_color(paint[b.name])
            text.set_fontweight("bold")
    for b in bands:
        place = ("axes fraction", "data")
        beside(ax, b.centre, _rate_text(b, span), paint[b.name], place)
    ax.annotate(
        "spikes/s",
        (1.0, bands[0].centre),
        xytext=(6, 5),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="bottom",
        fontsize=7.5,
        color=INK,
    )


def _title(band: Band) -> str:
    """The name, and the number of neurons recorded."""
    return f"{band.name} ({len(band.spikes.neurons):,})"


def _rate_text(band: Band, span: Window) -> str:
    t, _ = _in_window(band.spikes, span)
    mean = len(t) / (max(1, len(band.spikes.neurons)) * (span[1] - span[0])) * 1e3
    return f"{mean:.0f}" if mean >= 99.95 else f"{mean:.1f}" if mean >= 1 else f"{mean:.2f}"


def _number(ax: Any, band: Band) -> None:
    """An axis of neuron numbers."""
    from matplotlib.ticker import MaxNLocator

    neurons = band.spikes.neurons
    ticks = MaxNLocator(nbins=5, integer=True).tick_values(0, max(1, len(neurons) - 1))
    rows = [int(r) for r in ticks if 0 <= r < len(neurons)]
    places = [band.top + (r + 0.5) / max(1, len(neurons)) * band.height for r in rows]
    ax.set_yticks(places, [str(neurons[r]) for r in rows])
    ax.set_ylabel(f"neuron of {_title(band)}")


def _ordinal(k: int) -> str:
    if 10 <= k % 100 <= 20:
        return f"{k}th"
    return f"{k}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(k % 10, 'th') }"

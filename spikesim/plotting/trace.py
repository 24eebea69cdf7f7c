"""State variables over time, with the spikes of the same neurons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import UnknownNameError
from ..results import Results, Spikes, Trace, spikes_of
from .canvas import INK, PALETTE, beside, checked, new_figure, quiet
from .select import window

_MOST_PANELS = 5


def trace(
    results: Results,
    population: str,
    variable: str,
    neurons: int | Iterable[int] | None = None,
    *,
    ax: Any = None,
    start: Any = None,
    stop: Any = None,
) -> Any:
    """Draw a recorded variable, with a tick at the top for each recorded spike.

    neurons: numbers in the population; default the first five recorded. On a figure of its own
    each neuron has a panel, all of one scale; on a given `ax` they share it. start, stop: the time
    drawn.

    Returns the Axes (the uppermost; all are in its `figure.axes`). Raises UnknownNameError for what
    was not recorded, and ImportError without matplotlib.
    """
    span = window(results, start, stop)
    source = results[population]
    data = source[variable]
    if not isinstance(data, Trace) or data.values.ndim != 2:
        better = "result.raster()" if isinstance(data, Spikes) else "result.rates()"
        raise UnknownNameError(
            f"{variable!r} of population {population!r} is no variable of its neurons; draw it "
            f"with {better}"
        )
    columns = _columns(data, neurons, population, variable)
    spikes = spikes_of(source)
    if checked(ax) is None:
        panels = _panels(len(columns))
    else:
        panels = [ax] * len(columns)
    shared = ax is not None and len(columns) > 1
    inside = (data.t >= span[0]) & (data.t <= span[1])
    for k, (panel, column) in enumerate(zip(panels, columns, strict=True)):
        colour = PALETTE[k % len(PALETTE)] if shared else PALETTE[0]
        number = data.neurons[column]
        panel.plot(
            data.t[inside],
            data.values[inside, column],
            color=colour,
            lw=1.0,
            solid_joinstyle="round",
            label=f"neuron {number}",
        )
        if spikes is not None:
            # One row of ticks a neuron where they share a panel.
            height = 1.02 + (0.05 * k if shared else 0.0)
            _ticks(panel, spikes.t[spikes.i == number], height, colour if shared else INK, span)
    unit = f" ({data.unit})" if data.unit not in ("", "1") else ""
    for panel, column in zip(panels, columns, strict=True):
        quiet(panel)
        panel.set_xlim(span)
        if not shared and len(columns) > 1:
            beside(panel, 0.5, f"{population} {data.neurons[column]}", INK)
    if len(columns) > 1 and not shared:
        for panel in panels[:-1]:
            panel.tick_params(labelbottom=False)
        panels[0].figure.supylabel(f"{variable}{unit}", fontsize=9, color=INK)
    else:
        whose = f" of {population}" if shared else f" of {population} {data.neurons[columns[0]]}"
        panels[0].set_ylabel(f"{variable}{whose}{unit}")
    panels[-1].set_xlabel("time (ms)")
    if shared:
        panels[0].legend(
            frameon=False,
            fontsize=8,
            labelcolor="linecolor",
            handlelength=0,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
        )
    return panels[0]


def _columns(
    data: Trace, neurons: int | Iterable[int] | None, population: str, variable: str
) -> list[int]:
    """The columns of the neurons asked for."""
    if neurons is None:
        return list(range(min(_MOST_PANELS, len(data.neurons))))
    wanted = [neurons] if isinstance(neurons, int | np.integer) else list(neurons)
    place = {int(n): k for k, n in enumerate(data.neurons)}
    missing = [n for n in wanted if n not in place]
    if missing:
        shown = ", ".join(map(str, data.neurons[:10])) + (", ..." if len(place) > 10 else "")
        raise UnknownNameError(
            f"{variable} of neuron {missing[0]} of population {population!r} was not recorded; "
            f"recorded were neurons {shown or '(none)'}"
        )
    return [place[int(n)] for n in wanted]


def _panels(count: int) -> list[Any]:
    figure = new_figure(6.8, 1.0 + 1.5 * count if count < 3 else 0.9 + 0.95 * count)
    return list(figure.subplots(count, 1, sharex=True, sharey=True, squeeze=False)[:, 0])


def _ticks(ax: Any, times: np.ndarray, height: float, colour: Any, span: Any) -> None:
    times = times[(times > span[0]) & (times <= span[1] + 1e-6)]
    if not len(times):
        return  # a line without points has no bounds, and upsets the layout of the figure
    ax.plot(
        times,
        np.full(len(times), height),
        ls="",
        marker="|",
        ms=5,
        mew=0.9,
        color=colour,
        transform=ax.get_xaxis_transform(),
        clip_on=False,
    )

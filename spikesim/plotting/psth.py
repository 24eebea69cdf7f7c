"""Peri-stimulus time histogram: mean rate around events, over trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ParameterError
from ..results import Results, Spikes, milliseconds
from ..units import TIME, is_quantity, strip
from .canvas import INK, axes, colours, legend, quiet, say
from .rate import draw_steps
from .select import bins, chosen_spikes, good_width, histogram


def psth(
    results: Results | Sequence[Results],
    populations: str | Iterable[str] | None = None,
    *,
    ax: Any = None,
    events: Any = None,
    before: Any = None,
    after: Any = None,
    bin: Any = None,
    colors: Mapping[str, Any] | None = None,
) -> Any:
    """Draw the mean rate around events, over all events of all runs; the band: its standard error.

    results: one run, or several of one network with other seeds. events: times; default the start
    of a run. before, after: the time drawn around an event, so far as the runs reach; default from
    one event to the next (one event: to the end of the run). Only events around which all of it was
    simulated count. bin: default a round number that makes a hundred or two of them.

    Returns the Axes. Raises ParameterError where no event is left, UnknownNameError where spikes
    were not recorded, and ImportError without matplotlib.
    """
    runs = [results] if isinstance(results, Results) else list(results)
    if not runs:
        raise ParameterError("psth: got no results; expected those of one run or of several")
    first = runs[0]
    times = _times(first.start if events is None else events)
    end = first.start + first.duration
    span = _span(times, before, after, end)
    width = good_width(span, first.dt) if bin is None else milliseconds(bin, "bin")
    if width < first.dt * (1 - 1e-9):
        raise ParameterError(f"bin is {width:g} ms; expected at least a step, {first.dt:g} ms")
    edges = bins(span, width)
    rates: dict[str, list[np.ndarray]] = {}
    for run in runs:
        for name, spikes in chosen_spikes(run, populations).items():
            rates.setdefault(name, []).extend(_trials(spikes, times, edges, run.dt))
    trials = len(next(iter(rates.values())))
    if not trials:
        raise ParameterError(
            f"no event has all of {span[0]:g} to {span[1]:g} ms around it: events are from "
            f"{times[0]:g} to {times[-1]:g} ms, the run from {first.start:g} to {end:g} ms; give "
            "events inside it, or a shorter time before or after"
        )
    ax = axes(ax, 6.8, 2.8)
    paint = colours([*rates], colors)
    for name, values in rates.items():
        _draw(ax, np.array(values), edges, paint[name], name, alone=len(rates) == 1)
    if not any(np.any(values) for values in rates.values()):
        say(ax, "no spikes")
    quiet(ax)
    ax.set_xlim(span)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("time after the event (ms)")
    ax.set_ylabel(
        "rate (spikes/s)" if len(rates) > 1 else f"rate of {next(iter(rates))} (spikes/s)"
    )
    ax.set_title(f"{trials} trial{'s' * (trials != 1)}", loc="left", fontsize=8, color=INK)
    if len(rates) > 1:
        legend(ax)
    return ax


def _times(events: Any) -> np.ndarray:
    """Event times, ms, sorted: of a time or a list of times, or of a quantity that is an array."""
    if isinstance(events, list | tuple):
        plain = [milliseconds(one, "events") for one in events]
    else:
        plain = strip(events, TIME, "events") if is_quantity(events) else events
    found = np.sort(np.atleast_1d(np.asarray(plain, dtype=float)))
    if not len(found) or not np.isfinite(found).all():
        raise ParameterError(f"events is {events!r:.60}; expected times, such as [100, 300]*ms")
    return found


def _span(times: np.ndarray, before: Any, after: Any, end: float) -> tuple[float, float]:
    start = 0.0 if before is None else -milliseconds(before, "before")
    gap = float(np.diff(times).min()) if len(times) > 1 else end - float(times[0])
    stop = gap if after is None else milliseconds(after, "after")
    if not start < stop:
        raise ParameterError(f"nothing to draw from {start:g} to {stop:g} ms around an event")
    return start, stop


def _trials(spikes: Spikes, times: np.ndarray, edges: np.ndarray, dt: float) -> list[np.ndarray]:
    """The rate in each bin around each event that has all of it in the run."""
    slack = 1e-3 * dt
    end = spikes.start + spikes.duration
    inside = (times + edges[0] >= spikes.start - slack) & (times + edges[-1] <= end + slack)
    return [histogram(spikes, t + edges, slack) for t in times[inside]]


def _draw(
    ax: Any, rates: np.ndarray, edges: np.ndarray, colour: Any, name: str, *, alone: bool
) -> None:
    mean = rates.mean(axis=0)
    draw_steps(ax, mean, edges, colour, fill=alone and len(rates) == 1, label=name)
    if len(rates) > 1:
        error = rates.std(axis=0, ddof=1) / np.sqrt(len(rates))
        ax.stairs(mean + error, edges, baseline=mean - error, fill=True, color=colour, alpha=0.25)

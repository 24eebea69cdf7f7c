"""Peri-stimulus time histogram: mean rate around events, over trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ParameterError
from ..results import Results, milliseconds
from ..results.times import SLACK, times
from .canvas import INK, axes, colours, legend, quiet, remark
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
    at = [np.array([run.start]) if events is None else times(events, "events") for run in runs]
    if not len(at[0]):
        raise ParameterError("events: got none; expected one time at least, such as [100, 200]*ms")
    span = _span(at[0], before, after, first)
    width = good_width(span, first.dt) if bin is None else milliseconds(bin, "bin")
    if width < first.dt * (1 - 1e-9):
        raise ParameterError(f"bin is {width:g} ms; expected at least a step, {first.dt:g} ms")
    edges = bins(span, width)
    rates: dict[str, list[np.ndarray]] = {}
    for run, here in zip(runs, at, strict=True):
        inside = here[_inside(here, span, run)]
        for name, spikes in chosen_spikes(run, populations).items():
            found = [histogram(spikes, t + edges, 1e-3 * run.dt) for t in inside]
            rates.setdefault(name, []).extend(found)
    trials = len(next(iter(rates.values())))
    if not trials:
        raise _outside(at[0], span, first)
    ax = axes(ax, 6.8, 2.8)
    paint = colours([*rates], colors)
    for name, values in rates.items():
        _draw(ax, np.array(values), edges, paint[name], name, alone=len(rates) == 1)
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
    if not np.any([*rates.values()]):
        remark(ax, "no spikes")
    return ax


def _span(at: np.ndarray, before: Any, after: Any, run: Results) -> tuple[float, float]:
    """The time around an event that is drawn, ms: from -before to after."""
    start = 0.0 if before is None else -milliseconds(before, "before")
    if after is not None:
        stop = milliseconds(after, "after")
    else:
        ends = np.append(np.unique(at), run.start + run.duration)
        stop = float(np.diff(ends[:-1] if len(ends) > 2 else ends).min())
        if stop <= 0:
            raise _outside(at, (start, 0.0), run)
    if not start < stop:
        raise ParameterError(
            f"nothing to draw from {start:g} to {stop:g} ms around an event; expected times before "
            "and after that add up to more than 0"
        )
    return start, stop


def _inside(at: np.ndarray, span: tuple[float, float], run: Results) -> np.ndarray:
    """Which events have all of the time around them in the run."""
    end = run.start + run.duration
    return (at + span[0] >= run.start - SLACK) & (at + span[1] <= end + SLACK)


def _outside(at: np.ndarray, span: tuple[float, float], run: Results) -> ParameterError:
    """The error of events that are all too early or too late."""
    low, high = run.start - span[0], run.start + run.duration - span[1]
    events = f"{at.min():g}" + (f" to {at.max():g}" if len(at) > 1 else "")
    better = f"expected events from {low:g} to {high:g} ms, or " if low <= high else "give "
    return ParameterError(
        f"no event has all of {span[0]:g} to {span[1]:g} ms around it: events are at {events} ms, "
        f"the run goes from {run.start:g} to {run.start + run.duration:g} ms; {better}a shorter "
        "time before or after"
    )


def _draw(
    ax: Any, rates: np.ndarray, edges: np.ndarray, colour: Any, name: str, *, alone: bool
) -> None:
    mean = rates.mean(axis=0)
    draw_steps(ax, mean, edges, colour, fill=alone and len(rates) == 1, label=name)
    if len(rates) > 1:
        error = rates.std(axis=0, ddof=1) / np.sqrt(len(rates))
        ax.stairs(mean + error, edges, baseline=mean - error, fill=True, color=colour, alpha=0.25)

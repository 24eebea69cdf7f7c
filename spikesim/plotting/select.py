"""What the plots share on the side of results: which data of which populations, in which time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ParameterError, UnknownNameError
from ..results import PopulationResult, Results, Spikes, Trace, milliseconds, spikes_of

Window = tuple[float, float]


def window(results: Results, start: object, stop: object) -> Window:
    """(start, stop) of a plot in ms; None stands for the run's own start or end."""
    end = results.start + results.duration
    first = results.start if start is None else milliseconds(start, "start")
    last = end if stop is None else milliseconds(stop, "stop")
    if not (first < last and first < end and last > results.start):
        raise ParameterError(
            f"nothing to draw from {first:g} ms to {last:g} ms; the run goes from "
            f"{results.start:g} to {end:g} ms"
        )
    return first, last


def named(populations: Any) -> list[str]:
    """Names of populations: of one, or of several. Raises ParameterError for what is no name."""
    if isinstance(populations, str):
        return [populations]
    found = list(populations) if isinstance(populations, Iterable) else [populations]
    odd = [one for one in found if not isinstance(one, str)]
    if odd:
        raise ParameterError(
            f"populations: got {odd[0]!r:.60}; expected the name of a population, such "
            'as "exc", or a list of names; an Axes is given as ax='
        )
    return found


def chosen_spikes(results: Results, populations: str | Iterable[str] | None) -> dict[str, Spikes]:
    """The spikes of the named populations, or of all that recorded some, in the network's order.

    Raises UnknownNameError where a population is unknown or its spikes were not recorded, and
    ParameterError for what is no name.
    """
    wanted = list(results) if populations is None else named(populations)
    found = {name: spikes_of(results[name]) for name in wanted}
    lacking = [name for name, spikes in found.items() if spikes is None]
    if lacking and populations is not None:
        raise UnknownNameError(
            f"no spikes of population {lacking[0]!r} to draw: {recorded_list(results)}"
        )
    there = {name: spikes for name, spikes in found.items() if spikes is not None}
    if not there:
        raise UnknownNameError(
            f"no spikes to draw: {recorded_list(results)}"
            + '. Record them with net.record(population, "spikes") before the run'
            * (not results.elsewhere)
        )
    return there


def recorded_list(results: Results) -> str:
    """What a run recorded, as half a sentence."""
    listed = [f"{n}.{what}" for n, p in results.populations.items() for what in p.recorded]
    if listed:
        return f"recorded were: {', '.join(listed)}"
    return results.elsewhere or "nothing was recorded at all"


def bins(span: Window, width: float) -> np.ndarray:
    """Edges of bins from the start on; the last one ends with the span and may be narrower."""
    count = max(1, int(np.ceil((span[1] - span[0]) / width - 1e-9)))
    return np.append(span[0] + width * np.arange(count), span[1])


def good_width(span: Window, dt: float) -> float:
    """A bin width of 1, 2 or 5 times a power of ten, a hundredth of the span or a little more.

    At least 1 ms and one step.
    """
    least = max((span[1] - span[0]) / 200, dt, min(1.0, span[1] - span[0]))
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= least * (1 - 1e-9)))


def histogram(spikes: Spikes, edges: np.ndarray, slack: float) -> np.ndarray:
    """Mean rate of the recorded neurons in each bin ]a, b], spikes/s.

    A spike is labelled with the end of its step, so a label on an edge belongs to the bin before
    it; `slack` (ms) takes up the rounding of the labels.
    """
    place = np.searchsorted(edges + slack, spikes.t, side="left") - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    counts = np.bincount(place[inside], minlength=len(edges) - 1)
    return counts / (np.diff(edges) * max(1, len(spikes.neurons))) * 1e3


def rate_trace(population: PopulationResult) -> Trace | None:
    """The recorded rate of a population, if there is one."""
    found = population.recorded.get("rate")
    return found if isinstance(found, Trace) else None

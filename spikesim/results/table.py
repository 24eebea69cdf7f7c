"""The activity of populations as text, for tables: in a report, in a terminal, in a notebook."""

from __future__ import annotations

import html
import warnings
from typing import TYPE_CHECKING

import numpy as np

from .population import PopulationResult, spikes_of

if TYPE_CHECKING:
    from .run import Results

TITLES = ("recorded", "spikes", "spikes/s", "mean CV")


def activity(population: PopulationResult) -> tuple[str, str, str, str]:
    """Neurons recorded, spikes, mean rate and mean CV, as TITLES says; "-" for what isn't known."""
    spikes = spikes_of(population)
    if spikes is None:
        return "-", "-", "-", "-"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no CV at all
        cv = np.nanmean(spikes.cv()) if len(spikes.neurons) else np.nan
    rate = f"{spikes.rate():.2f}" if spikes.duration > 0 else "-"
    irregular = "-" if np.isnan(cv) else f"{cv:.2f}"
    return f"{len(spikes.neurons):,}", f"{len(spikes):,}", rate, irregular


def html_table(results: Results) -> str:
    """A row a population: its activity, and what else was recorded of it."""
    head, *_ = repr(results).splitlines()
    rows = [("population", *TITLES, "other recordings")]
    for name, one in results.populations.items():
        other = [what for what in one.recorded if what.partition("#")[0] != "spikes"]
        rows.append((name, *activity(one), ", ".join(other)))
    cells = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    cells[0] = cells[0].replace("td>", "th>")
    lines = "\n".join(f"<tr>{row}</tr>" for row in cells)
    return f"<p>{html.escape(head)}</p>\n<table>\n{lines}\n</table>"

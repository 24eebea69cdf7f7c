"""A report of a run: one HTML file that needs neither network nor program but a browser.

Tables, and a raster and rates that can be zoomed by a script of its own (zoom.js), a hundred lines
in place of megabytes of a plotting library. A file has at most a few MB: with many spikes, not
every neuron is in it, and it says so.
"""

from __future__ import annotations

import datetime
import html
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from ..files import checked_path, replacing
from ..results import Results
from . import tables
from .data import embedded

if TYPE_CHECKING:
    from ..model import Model


def write_report(model: Model, results: Results, path: Any) -> None:
    """Write the report of a run of `model` to `path`.

    Parameters are those of the network; what a run was given as `params` is not kept in results.
    Raises FileError where it can't be written.
    """
    if not isinstance(results, Results):
        raise ParameterError(
            f"report: expected the results of a run, then a path, got {results!r:.60} and "
            f"{path!r:.60}; write model.report(results, 'run.html')"
        )
    data, note = embedded(results)
    when = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    page = Template(_text("page.html")).substitute(
        title=html.escape(Path(checked_path(path, "path")).stem),
        summary=html.escape(f"{tables.summary(model, results)}. Written {when}."),
        plots="" if data else "hidden",
        note=html.escape(note),
        tables="\n".join(_section(one) for one in tables.sections(model, results)),
        data=data or "null",
        script=_text("zoom.js") if data else "",
    )
    with replacing(path) as draft:
        draft.write_text(page, "utf-8")


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text("utf-8")


def _section(section: tables.Section) -> str:
    """A table under its title; parameters of a population can be folded away."""
    head = "".join(f"<th>{html.escape(one)}</th>" for one in section.columns)
    rows = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in section.rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>"
    title = html.escape(section.title)
    if section.folded:
        return f"<details><summary>{title}</summary>{table}</details>"
    return f"<section><h2>{title}</h2>{table}</section>"


def _cell(text: str) -> str:
    number = text[:1].isdigit() or (text[:1] == "-" and text[1:2].isdigit())
    return f"<td{' class=number' if number else ''}>{html.escape(text)}</td>"

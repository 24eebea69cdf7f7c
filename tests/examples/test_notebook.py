"""The notebook of the examples, executed as Jupyter does: what it shows, and nothing on stderr."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbclient is not installed (extra: test)")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed (extra: test)")
pytest.importorskip("ipykernel", reason="ipykernel is not installed (extra: test)")
pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")

NOTEBOOK = Path(__file__).parents[2] / "docs" / "examples" / "notebook.ipynb"
WITHOUT_WIDGETS = "import sys\nsys.modules['ipywidgets'] = None"


def executed(folder: Path, before: str = "") -> tuple[Any, dict[str, list[Any]]]:
    """The notebook with its outputs, and these by the first words of their cell."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
    if before:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(before))
    client = nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()  # raises where a cell does
    found = {c.source: c.outputs for c in notebook.cells if c.cell_type == "code"}
    return notebook, found


def outputs(found: dict[str, list[Any]], word: str) -> list[Any]:
    """Of the one cell that has this word."""
    (mine,) = [shown for source, shown in found.items() if word in source]
    return mine


def text_of(shown: list[Any], name: str) -> str:
    return "".join(o.text for o in shown if o.output_type == "stream" and o.name == name)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # nobody's own settings


def test_notebook(tmp_path: Path) -> None:
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed (extra: test)")
    notebook, found = executed(tmp_path)
    for source, shown in found.items():
        assert not text_of(shown, "stderr"), source
    table = outputs(found, "progress=True")[-1].data
    assert "<th>spikes/s</th>" in table["text/html"] and "<td>exc</td>" in table["text/html"]
    assert "exc.spikes: " in table["text/plain"]
    for plot in ("result.raster()", "result.traces("):
        (picture,) = [o.data["image/png"] for o in outputs(found, plot) if "data" in o]
        assert len(picture) > 10_000
    assert 'src="report.html"' in outputs(found, "IFrame")[-1].data["text/html"]
    assert (tmp_path / "report.html").stat().st_size > 10_000

    widgets = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    states = [one["state"] for one in widgets.values()]
    (bar,) = [one for one in states if one["_model_name"] == "FloatProgressModel"]
    assert bar["value"] == bar["max"] and bar["bar_style"] == "success"
    said = unescape(" ".join(one["value"] for one in states if one["_model_name"] == "HTMLModel"))
    assert re.search(r"500/500\sms\s\[\d+:\d+<\d+:\d+,\s[\d.]+\sms/s\]", said), said


def test_notebook_without_widgets(tmp_path: Path) -> None:
    _, found = executed(tmp_path, WITHOUT_WIDGETS)
    said = text_of(outputs(found, "progress=True"), "stderr")
    assert "500/500 ms" in said and "ms/s" in said and "Warning" not in said
    assert {text_of(shown, "stderr") for shown in found.values()} == {"", said}

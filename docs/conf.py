"""Settings of the documentation: Sphinx, Furo, MyST, sphinx-gallery. Build with `make docs`."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import re
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot
from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

matplotlib.use("Agg")  # no windows
os.environ["TQDM_DISABLE"] = "1"  # no progress bars
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import make_reference  # noqa: E402

import spikesim  # noqa: E402

project = "spikesim"
author = copyright = "The spikesim developers"
version = release = spikesim.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_gallery.gen_gallery"]
exclude_patterns = ["_build", "examples", "**/GALLERY_HEADER.*", "**.ipynb"]
myst_heading_anchors = 3
default_role = "code"  # docstrings write `name`, as Markdown does
nitpicky = True

# Docstrings say shapes and units; the hints in signatures would say less, at greater length.
autodoc_typehints = "none"
autodoc_class_signature = "mixed"

html_theme = "furo"
html_title = f"spikesim {release}"
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",  # every one is run
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "abort_on_example_error": False,  # all faults at once; with -W they fail the build
    "image_scrapers": ("matplotlib",),
    "capture_repr": (),
    "write_computation_times": False,
}


def parameters_as_list(
    app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """What a docstring says of its parameters ("size: how many ...") as a list, one a line."""
    known = _words(thing)
    if not known:
        return
    word = rf"(?:{'|'.join(map(re.escape, known))})"
    start = re.compile(rf"(?:^|(?<=[.;?] ))({word}(?:(?:, | and ){word})*): ")
    made: list[str] = []
    for paragraph in "\n".join(lines).split("\n\n"):
        before, *pairs = start.split(paragraph.replace("\n", " "))
        if paragraph.startswith(" ") or not pairs:
            made.append(paragraph)
            continue
        # What is raised or returned is no business of the last one's.
        pairs[-1], *after = re.split(r"(?<=[.]) (?=Raises |Returns )", pairs[-1], maxsplit=1)
        named = zip(pairs[::2], pairs[1::2], strict=True)
        listed = "\n".join(f"* **{k}**: {v.strip().rstrip(';')}" for k, v in named)
        made += [part for part in (before.strip(), listed, *after) if part]
    lines[:] = [*"\n\n".join(made).splitlines(), ""]


def _words(thing: Any) -> list[str]:
    """Names of the parameters of a function or class, and the fields of a dataclass."""
    try:
        names = list(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        names = []
    names += list(getattr(thing, "__dataclass_fields__", {}))
    return sorted({n for n in names if n != "self"}, key=len, reverse=True)


def pages_of_folder(app: Any, docname: str, source: list[str]) -> None:
    """The pages that a folder's README.md links to are its pages, in that order."""
    if docname.endswith("/README"):
        linked = re.findall(r"\]\(([\w-]+)\.md(?:#[\w-]*)?\)", source[0])
        listed = "\n".join(dict.fromkeys(linked))
        source[0] += f"\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"


def inline_math(writer: Any, node: Any) -> None:
    """Formulas as MathML, which browsers draw themselves: nothing is loaded from anywhere."""
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def block_math(writer: Any, node: Any) -> None:
    """The same, on a line of its own."""
    writer.body.append(tex2mathml(node.astext().strip(), as_block=True))
    raise nodes.SkipNode


def draw_quickstart() -> None:
    """Run the blocks of the page, in the folder in which it expects their pictures."""
    page = (HERE / "quickstart.md").read_text("utf-8")
    folder = HERE / "reference" / "quickstart"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        exec("\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL)), {})
    matplotlib.pyplot.close("all")  # or the first example would be thought to have drawn them


def every_name_is_there(app: Any, env: Any) -> None:
    """Warn of public names that no page documents."""
    for name in sorted(make_reference.expected() - set(env.get_domain("py").objects)):
        logging.getLogger(__name__).warning("%s has no docstring, or no place in docs", name)


def setup(app: Any) -> None:
    """Called by Sphinx."""
    make_reference.write()
    draw_quickstart()
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.connect("autodoc-process-docstring", parameters_as_list)
    app.connect("source-read", pages_of_folder)
    app.connect("env-check-consistency", every_name_is_there)

"""The reference of the documentation, made from the package: names, ready-made models, the map.

conf.py writes it to docs/reference for each build, so that a new model, rule or module appears by
itself. Nothing of it is kept in Git.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from textwrap import dedent
from typing import Any

import make_pictures
import numpy as np

import spikesim as sp
from spikesim.cli.catalogue import models
from spikesim.units import UNIT_NAMES, unit_name

FOLDER = Path(__file__).parent / "reference"

# Pages of names: title, and the modules of spikesim whose public names are there. A module that is
# in none gets a page of its own.
PAGES = {
    "Networks": ["network"],
    "Running": ["model", "simulation", "simulate", "here", "backends.memory"],
    "Results": ["results"],
    "Plots": ["plotting"],
    "Connection rules": ["connectivity"],
    "Stimuli": ["stimuli"],
    "Recordings": ["recording", "readout"],
    "Values": ["distributions"],
    "Words for models": ["models"],
    "Units": ["units"],
    "Exports to chips": ["exporters"],
    "Errors": ["errors"],
    "Parts to extend": ["connectivity.base", "stimuli.base", "backends.base", "ir.program"],
}
# What users are handed, or derive from, though `import spikesim` does not name it.
REACHED = [
    *("results.PopulationResult", "results.Spikes", "results.Trace", "results.Spectrum"),
    *("results.Connections", "simulation.Simulation", "simulation.Moment", "simulation.Stored"),
    *("simulate.estimate_memory", "backends.memory.Memory", "here.versions", "here.backends"),
    *("connectivity.base.Rule", "connectivity.base.Ends", "connectivity.base.sorted_pairs"),
    *("stimuli.base.Signal", "stimuli.base.Arrivals", "stimuli.base.Source", "stimuli.base.Place"),
    *("stimuli.base.Train", "stimuli.base.Timed"),
    *("backends.base.Backend", "backends.base.Executable", "backends.base.Running"),
    *("backends.base.Options", "ir.program.Pairs"),
    *("exporters.fit", "exporters.quantize", "exporters.compare", "exporters.export"),
    *("exporters.verify", "exporters.match", "exporters.Fit", "exporters.Quantized"),
    *("exporters.Errors", "exporters.Match", "exporters.nir.read_nir", "exporters.nir.write_nir"),
    *("exporters.estimate", "exporters.Estimate", "exporters.energy.Cost"),
    *("exporters.pynn.write_pynn", "exporters.pynn.fit_pynn"),
    *("exporters.nir.export_nir", "exporters.nir.fit_nir"),
    *("exporters.target.Target", "exporters.target.Limit", "exporters.target.Finding"),
    *("exporters.targets.find", "exporters.targets.names"),
]


def pages() -> dict[str, str]:
    """All pages: their text by the name of the file."""
    made = {f"{_file(title)}.rst": text for title, text in name_pages()}
    for kind in models():
        if kind in sp.__all__:
            made[f"{kind}.md"] = model_page(kind)
    made["map.md"] = map_page()
    made["index.md"] = index_page(list(made))
    return made


def write() -> None:
    """Write all pages; those that are as they were are left alone, so that little is built anew."""
    FOLDER.mkdir(exist_ok=True)
    make_pictures.write()
    made = pages()
    for old in FOLDER.iterdir():
        if old.is_file() and old.name not in made:
            old.unlink()
    for name, text in made.items():
        path = FOLDER / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def index_page(names: list[str]) -> str:
    """What the sidebar shows."""
    listed = "\n".join(Path(name).stem for name in names)
    return f"""# Reference

Every public name. Functions and classes are those of `import spikesim as sp`, where no module is
named. Ready-made models have pages of their own, with equations, parameters and papers.

```{{toctree}}
:maxdepth: 2

{listed}
```
"""


# ---- names -------------------------------------------------------------------------------------


def documented() -> Iterator[tuple[str, Any]]:
    """Every name in the reference that is a function or a class, with what it stands for."""
    for name in sp.__all__:
        thing = getattr(sp, name)
        if callable(thing):
            yield f"spikesim.{name}", thing
    for module in (sp.plotting, sp.errors):
        for name in getattr(module, "__all__", dir(module)):
            thing = getattr(module, name)
            exception = inspect.isclass(thing) and issubclass(thing, Exception | Warning)
            if module is sp.plotting or (exception and thing is not sp.SpikesimError):
                yield f"{module.__name__}.{name}", thing
    for path in REACHED:
        module, _, name = path.rpartition(".")
        yield f"spikesim.{path}", getattr(importlib.import_module(f"spikesim.{module}"), name)


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class itself defines."""
    for name, value in vars(owner).items():
        method = isinstance(value, property | cached_property | staticmethod | classmethod)
        if not name.startswith("_") and (method or inspect.isfunction(value)):
            yield name, getattr(owner, name)


def expected() -> set[str]:
    """Every name that has to be in the built pages."""
    found = set()
    for path, thing in documented():
        found.add(path)
        if _kind(path, thing) == "class":
            found |= {f"{path}.{name}" for name, _ in members(thing)}
    rooms = (kind for kind in models() if kind in sp.__all__)
    return found | {f"spikesim.{room}.{name}" for room in rooms for name in dir(getattr(sp, room))}


def name_pages() -> Iterator[tuple[str, str]]:
    """Title and text of each page of names, in reStructuredText for autodoc."""
    found: dict[str, list[str]] = {title: [] for title in PAGES}
    for path, thing in documented():
        found.setdefault(_title(thing), []).append(_entry(path, thing))
    for title, entries in found.items():
        module = importlib.import_module(f"spikesim.{PAGES[title][0] if title in PAGES else title}")
        head = [title, "=" * len(title), "", *_introduction(title, module)]
        yield title, "\n".join([*head, *entries])


def _introduction(title: str, module: Any) -> list[str]:
    text = inspect.getdoc(module) or ""
    first = text.partition("\n\n")[0]
    lines = [first, ""] if title != "Errors" else [first, "", "::", "", _tree(text), ""]
    if title == "Units":
        units = ", ".join(f"``{name}``" for name in sorted(UNIT_NAMES, key=str.lower))
        lines += [f"The names: {units}. Write ``from spikesim.units import ms, mV``.", ""]
    if title == "Stimuli":
        rows = models()["stimuli"].items()
        lines += [".. list-table::", "   :widths: auto", ""]
        for name, line in rows:
            lines += [f"   * - ``sp.{_called(name)}``", f"     - {_as_rst(line)}"]
        lines += [""]
    if title == "Networks":
        lines += [".. py:data:: spikesim.__version__", "", "   The version, as text.", ""]
    if title == "Words for models":
        lines += [
            ".. py:data:: spikesim.weight_unit",
            "",
            "   In a plasticity rule, the unit of the weight, whichever it comes to be.",
            "",
        ]
    return lines


def _called(name: str) -> str:
    """A stimulus as `import spikesim` names it: PulsePacket is pulse_packet."""
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def _as_rst(line: str) -> str:
    return line.replace("*", r"\*").replace("`", "``")


def _tree(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.startswith("    "))


def _title(thing: Any) -> str:
    """The page that the longest matching module names."""
    module = thing.__module__.removeprefix("spikesim.")
    fits = [
        (len(prefix), title)
        for title, prefixes in PAGES.items()
        for prefix in prefixes
        if f"{module}.".startswith(f"{prefix}.")
    ]
    return max(fits)[1] if fits else module.partition(".")[0]


def _entry(path: str, thing: Any) -> str:
    """A directive of autodoc."""
    options = {
        "class": ("   :members:", "   :member-order: bysource"),
        "exception": ("   :show-inheritance:",),
        "function": (),
    }
    kind = _kind(path, thing)
    return "\n".join([f".. auto{kind}:: {path}", *options[kind], ""])


def _kind(path: str, thing: Any) -> str:
    """What autodoc calls it. A class under a name in small letters is shown as it is called."""
    if not inspect.isclass(thing) or thing.__name__ != path.rpartition(".")[2]:
        return "function"
    return "exception" if issubclass(thing, BaseException) else "class"


def _file(title: str) -> str:
    return title.lower().replace(" ", "-")


# ---- models ------------------------------------------------------------------------------------

KINDS = {
    "parameter": ("parameter", "default"),
    "state": ("state", "initially"),
    "port": ("port", ""),
}
TEXTS = (
    *("equations", "presynaptic", "spike", "on_spike", "reset", "refractory"),
    *("on_arrival", "continuous", "output", "method"),
)


def model_page(kind: str) -> str:
    """The ready-made models of a kind: a table of them, then a section each."""
    room = getattr(sp, kind)
    lines = [
        f"# {kind.capitalize()}",
        "",
        f"Values are in the units beside them. A parameter is given when a model is made "
        f"(`sp.{kind}.Name(tau=20 * ms)`), or in a run (`params=`); an initial value with the "
        "population.",
        "",
        f"| `sp.{kind}` | |",
        "|---|---|",
    ]
    lines += [f"| [{n}](#{n.lower()}) | {line} |" for n, line in models()[kind].items()]
    return "\n".join([*lines, "", *(section(kind, getattr(room, n)) for n in sorted(dir(room)))])


def section(kind: str, model: Any) -> str:
    """A model's name, what it is, what it declares, and its text."""
    name = model.__name__
    target = ["```{py:class} " + f"spikesim.{kind}.{name}", ":no-typesetting:", "```"]
    lines = [f"## {name}", "", *target, "", inspect.cleandoc(model.__doc__), ""]
    if kind == "neurons" and name in make_pictures.drawable():
        lines += [f"![{name}: a step, and spikes/s](neurons/{name}.png)", ""]
    definition = getattr(model, "definition", None)
    if definition is None:  # Delta: its text follows from the variable that it moves
        signature = inspect.signature(model, eval_str=True)
        given = ", ".join(f"{p.name}={p.default!r}" for p in signature.parameters.values())
        return "\n".join([*lines, "```text", f"{name}({given})", "```", ""])
    for what, (title, value) in KINDS.items():
        declared = {n: d for n, d in definition.declared.items() if d.kind == what}
        if not declared:
            continue
        lines += [f"| {title} | {value} | unit | |", "|---|---|---|---|"]
        for word, d in declared.items():
            unit = unit_name(d.dimension) or "1"
            default = "" if what == "port" else _number(d.default)
            if unit == "1/ms" and d.default is not None and what != "port":
                default, unit = _number(1e3 * d.default), "Hz"
            lines.append(f"| `{word}` | {default} | {unit} | {d.meaning} |")
        lines.append("")
    lines.append("```text")
    for word in TEXTS:
        text = dedent(getattr(model, word, "") or "").strip()
        if text and (word, text) != ("method", "auto"):
            several = "\n" in text
            lines += (
                [f"{word}:", *(f"    {one}" for one in text.splitlines())]
                if several
                else [f"{word}: {text}"]
            )
    return "\n".join([*lines, "```", ""])


def _number(value: Any) -> str:
    return "must be given" if value is None else f"{value:g}" if np.ndim(value) == 0 else str(value)


# ---- the map -----------------------------------------------------------------------------------


def map_page() -> str:
    """Every module with the first sentence of its docstring."""
    rows = {"spikesim": []}
    for name, text in modules():
        room = ".".join(name.split(".")[:2])
        package = hasattr(importlib.import_module(room), "__path__")
        rows.setdefault(room if package else "spikesim", []).append((name, text))
    lines = [
        "# Map of the code",
        "",
        "Each module and what it is for, in the words of its own docstring. How they work together "
        "is on the page [architecture](../design/architecture.md); the way through is "
        "`spikesim/simulate.py`.",
    ]
    for room, entries in rows.items():
        if room != "spikesim":
            (_, about), *entries = entries
            lines += ["", f"## {room}", "", about]
        else:
            lines += ["", "## spikesim", "", "Modules at the top."]
        if entries:
            lines += ["", "| | |", "|---|---|"]
            lines += [f"| `{name.removeprefix('spikesim.')}` | {text} |" for name, text in entries]
    return "\n".join([*lines, ""])


def modules() -> Iterator[tuple[str, str]]:
    """Every module of the package with the first paragraph of its docstring."""
    for found in pkgutil.walk_packages(sp.__path__, "spikesim."):
        module = importlib.import_module(found.name)
        first = (inspect.getdoc(module) or "").partition("\n\n")[0]
        yield found.name, " ".join(first.split()).replace("|", "\\|")


if __name__ == "__main__":
    write()

"""Writes docs/guide/model-reference.md from the classes of the ready-made models.

Run: python docs/make_model_reference.py
"""

from __future__ import annotations

import inspect
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np

import spikesim as sp
from spikesim.units import unit_name

PAGE = Path(__file__).parent / "guide" / "model-reference.md"
HEAD = """# Reference of the ready-made models

This page is made from the classes by `python docs/make_model_reference.py`. Values are in the units
given beside them. A parameter is given when a model is made (`sp.neurons.LIF(tau_m=20 * ms)`), or
in a run (`params={"exc.tau_m": 20 * ms}`); an initial value with the population (`v=-60 * mV`).
"""
KINDS = {
    "parameter": ("parameter", "default"),
    "state": ("state", "initially"),
    "port": ("port", ""),
}
TEXTS = ("equations", "spike", "reset", "refractory", "on_arrival", "output", "method")


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, room in (("Neurons", sp.neurons), ("Synapses", sp.synapses)):
        parts.append(f"## {title}\n")
        parts += [section(getattr(room, name)) for name in sorted(dir(room))]
    return "\n".join(parts)


def section(model: Any) -> str:
    """A model's name, what it is, what it declares, and its text."""
    lines = [f"### {model.__name__}", "", inspect.cleandoc(model.__doc__), ""]
    definition = getattr(model, "definition", None)
    if definition is None:  # Delta: its text follows from the variable that it moves
        signature = inspect.signature(model, eval_str=True)
        given = ", ".join(f"{p.name}={p.default!r}" for p in signature.parameters.values())
        return "\n".join([*lines, "```text", f"{model.__name__}({given})", "```", ""])
    for kind, (what, value) in KINDS.items():
        declared = {n: d for n, d in definition.declared.items() if d.kind == kind}
        if not declared:
            continue
        lines += [f"| {what} | {value} | unit | |", "|---|---|---|---|"]
        for name, d in declared.items():
            unit = unit_name(d.dimension) or "1"
            default = "" if kind == "port" else _number(d.default)
            if unit == "1/ms" and d.default is not None and kind != "port":
                default, unit = _number(1e3 * d.default), "Hz"
            lines.append(f"| `{name}` | {default} | {unit} | {d.meaning} |")
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


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

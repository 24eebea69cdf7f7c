"""The reference: every public name is in it and documented, and a new file appears by itself."""

from __future__ import annotations

import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import spikesim as sp

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    path = ROOT / "docs" / "make_reference.py"
    spec = importlib.util.spec_from_file_location("make_reference", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_public_name_has_an_entry(reference: ModuleType) -> None:
    pages = "\n".join(reference.pages().values())
    entries = set(re.findall(r"^(?:\.\. |```\{)(?:auto|py:)\w+(?:::|\}) (\S+)$", pages, re.MULTILINE))
    public = {f"spikesim.{name}" for name in sp.__all__}
    for room in ("neurons", "synapses", "plotting", "errors"):
        public.remove(f"spikesim.{room}")
        names = getattr(getattr(sp, room), "__all__", dir(getattr(sp, room)))
        public |= {f"spikesim.{room}.{n}" for n in names if inspect.isclass(getattr(sp, room, n))}
    public -= {"spikesim.units"}
    assert not public - entries


def test_everything_in_it_has_a_docstring(reference: ModuleType) -> None:
    bare = []
    for path, thing in reference.documented():
        inner = reference.members(thing) if inspect.isclass(thing) else ()
        for name, one in [("", thing), *inner]:
            text = inspect.getdoc(one) or ""
            if not text.strip() or text.startswith(f"{getattr(thing, '__name__', '')}("):
                bare.append(f"{path}.{name}")
    assert not bare

"""The guide's table of what each target needs is what the targets' rules say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")


def test_the_table_in_the_guide_is_what_the_rules_say() -> None:
    spec = importlib.util.spec_from_file_location("make_needs", DOCS / "make_needs.py")
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    guide = (DOCS / "guide" / "hardware.md").read_text("utf-8")
    missing = [row for row in made.table().splitlines() if row not in guide]
    assert not missing, "`python docs/make_needs.py` makes the table; these rows differ"

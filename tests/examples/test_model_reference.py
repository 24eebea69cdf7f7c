"""The reference of the ready-made models says what their classes say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "make_model_reference.py"


def test_the_page_is_up_to_date():
    spec = importlib.util.spec_from_file_location("make_model_reference", SCRIPT)
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    told = script.PAGE.read_text("utf-8")
    assert told == script.page(), "run: python docs/make_model_reference.py"

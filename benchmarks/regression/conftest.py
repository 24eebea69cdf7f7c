"""Options of the suite, and the scripts beside it as modules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from contest import PRECISIONS, hold


def pytest_addoption(parser: pytest.Parser) -> None:
    """As the scripts have them."""
    parser.addoption("--backend", default="auto")
    parser.addoption("--precision", choices=PRECISIONS, default="float32")


def pytest_configure() -> None:
    """One core, as for the scripts."""
    hold(1)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """Of --backend."""
    return str(request.config.getoption("backend"))


@pytest.fixture
def precision(request: pytest.FixtureRequest) -> str:
    """Of --precision."""
    return str(request.config.getoption("precision"))

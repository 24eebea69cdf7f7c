"""Fixtures of all tests."""

import signal

import pytest


@pytest.fixture
def ctrl_c():
    """Ctrl-C as usual: a shell has the processes in its background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)

"""Fixtures of all tests."""

import signal

import pytest
from hypothesis import settings

from spikesim.backends.cuda import device, host

# How long an example takes says more of the machine than of the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# The backend `cuda` takes part in all tests: its kernels run on the host.
if not host.why_missing():
    device.replaced = host.HostDevice()


@pytest.fixture
def ctrl_c():
    """Ctrl-C as usual: a shell has the processes in its background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)

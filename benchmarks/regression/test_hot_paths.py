"""How long our own hot paths take, to compare with how long they took: `make bench-regression`."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import events
import noise
import pytest
from ours import example

from spikesim.backends import find, names
from spikesim.build import build
from spikesim.units import ms

BACKENDS = [name for name in names() if not find(name).unavailable()]


def test_import(benchmark: Any) -> None:
    benchmark(subprocess.run, [sys.executable, "-c", "import spikesim"], check=True)


def test_build(benchmark: Any) -> None:
    benchmark(build, example("cuba").network())


def test_compile(benchmark: Any, backend: str, precision: str) -> None:
    """With the first step, for which XLA compiles."""
    net = example("cuba").network()
    benchmark(lambda: net.compile(backend, precision=precision).run(0.1 * ms))


def test_bind(benchmark: Any, backend: str, precision: str) -> None:
    model = example("cuba").network().compile(backend, precision=precision)
    benchmark(model.binder.bind, {"exc.tau_m": 20 * ms})


@pytest.mark.parametrize("backend", BACKENDS)
def test_cuba(benchmark: Any, backend: str, precision: str) -> None:
    """1,000 steps, all spikes recorded; on NumPy, which is no rival, 100."""
    model = example("cuba").network().compile(backend, precision=precision)
    model.run(0.1 * ms)
    benchmark(model.run, (10 if backend == "numpy" else 100) * ms)


def test_cuba_recording_nothing(benchmark: Any, backend: str, precision: str) -> None:
    """To subtract from test_cuba."""
    net = example("cuba").network()
    net.requests.clear()
    model = net.compile(backend, precision=precision)
    model.run(0.1 * ms)
    benchmark(model.run, 100 * ms)


def test_cobahh(benchmark: Any, backend: str, precision: str) -> None:
    model = example("cobahh").network(1000).compile(backend, precision=precision)
    model.run(0.1 * ms)
    benchmark(model.run, 100 * ms)


def test_exchange(benchmark: Any, backend: str, precision: str) -> None:
    """100 steps with 100,000 events each."""
    net = events.network(sources=100, outdegree=1000, targets=10_000, longest=1.6, shared=False)
    model = net.compile(backend, precision=precision)
    model.run(0.1 * ms)
    benchmark(model.run, 10 * ms)


@pytest.mark.parametrize("draw", ["rand()", "randn()", "poisson(1.3)"])
def test_draws(benchmark: Any, draw: str, backend: str, precision: str) -> None:
    """100 steps with 8,192 numbers each."""
    benchmark(noise.ours(draw, 100, backend, precision))

"""The kernels compile for a GPU; `make cuda-compile` does so for more networks and GPUs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("cuda.core", reason="cuda.core is not installed (extra: cuda)")
sys.path.insert(0, str(Path(__file__).parent))

from compile_all import network_source, nvrtc, read, resources, verdict

from spikesim.backends.cuda import device, host

pytestmark = pytest.mark.skipif(bool(host.why_missing()), reason="there is no C++ compiler")


@pytest.mark.parametrize("name", ["everything", "microcircuit"])
def test_steps_of_a_network_spill_nothing(name):
    """A block of as many threads as we launch has its registers."""
    found = resources(nvrtc(network_source(name, exact=False, fast=False), "sm_90"))
    registers, shared, _, spills = found["spikesim_run"]
    assert 0 < registers <= 65536 // device._LANES and shared > 0 and spills == 0


def test_the_oldest_gpu_that_is_accepted():
    arch = "sm_{}{}".format(*device._OLDEST)
    assert "spikesim_run" in resources(nvrtc(network_source("adex", exact=True, fast=True), arch))


def test_resources_are_read():
    log = """ptxas info    : Compiling entry function 'run' for 'sm_90'
ptxas info    : Function properties for run
    16 bytes stack frame, 20 bytes spill stores, 24 bytes spill loads
ptxas info    : Used 80 registers, used 1 barriers, 16 bytes cumulative stack size, 4096 bytes smem
ptxas info    : Compiling entry function 'other' for 'sm_90'
ptxas info    : Used 9 registers
"""
    assert resources(log) == {"run": (80, 4096, 16, 44), "other": (9, 0, 0, 0)}


def test_only_new_spills_are_faults():
    key, other = "net run nvcc-13.0 sm_90", "net run nvcc-14.0 sm_90"
    known = {key: (80, 4096, 16, 8)}
    assert verdict(known, key, (80, 4096, 16, 8)) == ""
    assert verdict(known, key, (79, 4096, 0, 0)) == "before: 80 4096 16 8"
    assert "!" in verdict(known, key, (80, 4096, 16, 9))
    assert verdict(known, other, (80, 4096, 16, 8)) == "new"
    assert "!" in verdict(known, other, (80, 4096, 16, 9))
    assert verdict(known, "net run nvcc-13.0 sm_80", (80, 4096, 16, 99)) == "new"


def test_known_figures_are_read():
    known = read()
    assert {key.split()[0] for key in known} >= {"microcircuit", "everything-exact", "connect"}
    assert all(len(figures) == 4 for figures in known.values())

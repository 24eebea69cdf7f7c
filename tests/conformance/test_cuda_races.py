"""The steps of the CUDA kernels under ThreadSanitizer, on threads of this CPU: no race, but with a
barrier left out there is one, or the results are wrong."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "cuda"))

from networks import everything
from sanitizer import FLAGS, RACE, watched

from spikesim.backends import synapses
from spikesim.backends.cuda import executable, host
from spikesim.backends.cuda.compile import KERNELS
from spikesim.units import ms

pytestmark = pytest.mark.skipif(bool(host.why_missing()), reason="there is no C++ compiler")

WRONG = 67  # the exit status where results are not those of NumPy
RING, SEGMENTS = 1e9, 0  # how few synapses a segment must have
FAST = -1  # no matter
SLOW = pytest.mark.slow


def run(order, delay, sparse, couplings, *flags):
    """A run, and one that goes on from its middle with another seed, so that spikes are sent anew,
    give what they do on NumPy; else exit. For a process of its own."""
    net = everything(order, delay, couplings, fast=sparse == FAST)

    def finals(backend):
        model = net.compile(backend, conformance=True)
        if backend == "cuda" and ("fast path" in str(model.explain())) != (sparse == FAST):
            sys.exit(str(model.explain()))
        first, second = model.start(seed=1), model.start(seed=2)
        first.run(3 * ms)
        second.restore(first.store())
        found = first.run(3 * ms), second.run(3 * ms)
        return [v for result in found for p in result for v in result[p].final.values()]

    # A launch for each exchange of the fast path.
    steps = patch.object(executable, "_CHUNK_STEPS", 6 if sparse == FAST else 20_000)
    with steps, patch.object(synapses, "_FEWEST_IN_A_SEGMENT", sparse):
        with host.instead(2, flags=[*FLAGS, *flags], lanes=2):
            ours = finals("cuda")
    if not all(map(np.array_equal, ours, finals("numpy"))):
        sys.exit(WRONG)


@pytest.mark.parametrize(
    ("order", "delay", "sparse", "couplings"),
    [
        ("standard", 0.0, RING, True),
        ("standard", 0.5, FAST, True),
        pytest.param("standard", 0.0, FAST, False, marks=SLOW),
        pytest.param("nest", 0.1, FAST, True, marks=SLOW),
        pytest.param("nest", 0.5, FAST, True, marks=SLOW),
        pytest.param("standard", 0.0, SEGMENTS, True, marks=SLOW),
        pytest.param("standard", 0.5, RING, True, marks=SLOW),
        pytest.param("standard", 0.5, SEGMENTS, True, marks=SLOW),
        pytest.param("standard", 0.5, RING, False, marks=SLOW),
        pytest.param("nest", 0.1, RING, True, marks=SLOW),
        pytest.param("nest", 0.1, SEGMENTS, True, marks=SLOW),
        pytest.param("nest", 0.5, RING, True, marks=SLOW),
        pytest.param("nest", 0.5, SEGMENTS, True, marks=SLOW),
    ],
)
def test_no_races(order, delay, sparse, couplings):
    done = watched(__file__, "run", order, delay, sparse, couplings)
    assert done.returncode == 0, done.stderr[:8000]


# Each barrier, and a network that needs it.
@pytest.mark.parametrize(
    ("barrier", "order", "delay", "sparse", "couplings"),
    [
        ("kFound", "standard", 0.0, RING, True),
        ("kLearned", "standard", 0.5, RING, True),
        ("kHeard", "standard", 0.5, FAST, True),
        pytest.param("kEnd", "standard", 0.5, FAST, True, marks=SLOW),
        pytest.param("kBegun", "standard", 0.5, FAST, True, marks=SLOW),
        pytest.param("kKept", "standard", 0.5, FAST, False, marks=SLOW),
        pytest.param("kStart", "standard", 0.5, RING, True, marks=SLOW),
        pytest.param("kSent", "standard", 0.0, RING, True, marks=SLOW),
        pytest.param("kLogged", "standard", 0.5, RING, True, marks=SLOW),
        pytest.param("kBegun", "standard", 0.5, RING, True, marks=SLOW),
        pytest.param("kKept", "standard", 0.5, RING, False, marks=SLOW),
        pytest.param("kEnd", "nest", 0.5, SEGMENTS, True, marks=SLOW),
        pytest.param("kTaken", "standard", 0.5, RING, True, marks=SLOW),
        pytest.param("kRanged", "standard", 0.5, RING, True, marks=SLOW),
        pytest.param("kLaid", "standard", 0.5, RING, True, marks=SLOW),
        pytest.param("kPooled", "standard", 0.5, RING, True, marks=SLOW),
        pytest.param("kCleared", "standard", 0.5, FAST, True, marks=SLOW),
        pytest.param("kLoaded", "standard", 0.5, FAST, True, marks=SLOW),
        pytest.param("kListed", "standard", 0.5, FAST, True, marks=SLOW),
        ("kAdded", "standard", 0.5, FAST, True),
    ],
)
def test_a_missing_barrier_is_noticed(barrier, order, delay, sparse, couplings):
    number = barriers().index(barrier)
    for _ in range(5):  # threads may happen to wait for each other
        done = watched(
            __file__, "run", order, delay, sparse, couplings, f"-DSPIKESIM_WITHOUT_BARRIER={number}"
        )
        if done.returncode:
            break
    assert done.returncode in (RACE, WRONG), done.stderr[-4000:]
    assert done.returncode == WRONG or "data race" in done.stderr


def barriers():
    """Names of the barriers, at their numbers."""
    text = (KERNELS / "include/spikesim/platform.cuh").read_text().split("enum Barrier")[1]
    return re.findall(r"^  (k\w+),", text.split("}")[0], re.MULTILINE)


def test_all_barriers_are_left_out_once():
    (left_out,) = (
        m for m in test_a_missing_barrier_is_noticed.pytestmark if m.name == "parametrize"
    )
    cases = [case.values if hasattr(case, "values") else case for case in left_out.args[1]]
    assert {case[0] for case in cases} | {"kNoBarrier", "kBuilt", "kUnseen"} == set(barriers())

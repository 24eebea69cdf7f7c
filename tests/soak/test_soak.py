"""Long runs: killed again and again, millions of spikes, thousands of runs. See `make soak`."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

WORK = Path(__file__).with_name("work.py")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc"),
]


def started(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(WORK), *map(str, arguments)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip


def told(*arguments: object) -> dict:
    """What a process says in its last line."""
    process = started(*arguments)
    said, faults = process.communicate()
    assert process.returncode == 0, faults
    return json.loads(said.splitlines()[-1])


def slope(sizes: list[tuple[int, int]]) -> float:
    """Bytes a run: a straight line through all but the first tenth."""
    later = np.array(sizes[len(sizes) // 10 :], float)
    return float(np.polyfit(later[:, 0], later[:, 1], 1)[0])


# Each run lasts some ten seconds; a process gets up to a tenth of it before it is killed.
KILLED = {
    "cuba, in memory": ("cuba", "memory", 60, 250),
    "cuba, on disk": ("cuba", "disk", 120, 250),
    "microcircuit, in memory": ("microcircuit", "memory", 12, 100),
    "microcircuit, on disk": ("microcircuit", "disk", 36, 100),
}


@pytest.mark.parametrize("name", KILLED)
def test_killed_at_random_moments(name, tmp_path, capsys):
    """50 times for each network, half of them with a recording in memory, half on disk."""
    network, sink, seconds, every = KILLED[name]
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    straight.mkdir()
    lasts = told("kept", network, sink, straight, seconds, every, "no")["lasts"]
    expected = dict(np.load(straight / "spikes.npz"))
    rng, kills, whole, taken_up = random.Random(name), 0, 0, 0
    while kills < 25 or not whole:
        killed.mkdir(exist_ok=True)
        taken_up += (killed / "checkpoint").exists()
        process = started("kept", network, sink, killed, seconds, every, "yes")
        assert process.stdout and process.stderr
        assert process.stdout.readline(), process.stderr.read()
        if kills < 25:
            time.sleep(rng.uniform(0, lasts / 10))
            if process.poll() is None:
                process.kill()
                kills += 1
        _, faults = process.communicate()
        assert process.returncode in (0, -9), faults
        if process.returncode == 0:
            found = dict(np.load(killed / "spikes.npz"))
            assert found.keys() == expected.keys()
            for key in found:
                np.testing.assert_array_equal(found[key], expected[key], err_msg=key)
            whole += 1
            assert not list(killed.glob(".*"))
            assert (killed / "checkpoint").exists() == (sink == "disk")
            shutil.rmtree(killed)
    assert taken_up >= 10
    spikes = sum(len(expected[k]) for k in expected) // 2
    with capsys.disabled():
        print(f"\n{name}: killed {kills} times, taken up at a checkpoint {taken_up} times, "
              f"{whole} runs came to their end with {spikes} spikes each")  # fmt: skip


def test_a_hundred_million_spikes(tmp_path, capsys):
    seconds, found = 820, {"nothing": [], "disk": []}
    for _ in range(3):  # in turns: the machine may have other things to do
        for sink in found:
            shutil.rmtree(tmp_path / "run.zarr", ignore_errors=True)
            found[sink].append(told("much", sink, tmp_path / "run.zarr", seconds))
    right = told("much", "digest", "", seconds)["sums"]
    back = told("read", tmp_path / "run.zarr", seconds)
    best = {s: {k: min(x[k] for x in runs) for k in ("seconds", "cpu", "peak")}
            for s, runs in found.items()}  # fmt: skip
    spikes = sum(n for _, _, n in right.values())
    more = best["disk"]["peak"] - best["nothing"]["peak"]
    ratio = {k: best["disk"][k] / best["nothing"][k] for k in ("seconds", "cpu")}
    with capsys.disabled():
        print(f"\n{spikes} spikes: {more:.0f} MB more, {ratio['seconds']:.3f} times as long, "
              f"{ratio['cpu']:.3f} times the processor's time; {found}")  # fmt: skip
    assert spikes >= 1e8 and back["sums"] == right
    assert more < 300
    assert min(ratio.values()) < 1.15  # the wall's clock, or the processor's on a busy machine


@pytest.mark.parametrize("backend", ["cpp", "jax"])
def test_ten_thousand_runs(backend, capsys):
    found = told("runs", backend, 10_000)
    with capsys.disabled():
        print(f"\n{backend}: {slope(found['sizes']):.0f} bytes a run")
    assert found["compilations"] == 0
    assert slope(found["sizes"]) < 1000


def test_a_thousand_compilations(capsys):
    found = told("compilations", "cpp", 1000)
    with capsys.disabled():
        print(f"\n{slope(found['sizes']):.0f} bytes a compilation")
    assert slope(found["sizes"]) < 10_000


def test_a_thousand_seconds(capsys):
    found = told("clock", "cpp", 1000)
    with capsys.disabled():
        print(f"\n1000 s: {found['spikes']} spikes, late by {found['late']:g} ms at most")
    assert found["same"] and found["given"] == 0 and found["late"] < 1e-6
    assert found["t"] == pytest.approx(1e6, abs=1e-6)

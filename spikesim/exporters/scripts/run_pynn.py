"""Run exported networks by PyNN and compare with their golden vectors.

    python run_pynn.py nest|brian2|spiNNaker [FOLDER ...]       # default: the folder of this file

Needs PyNN 0.13.0 and the simulator. golden.py says what is printed. spiNNaker is sPyNNaker's
virtual board: the network is mapped, placed and routed, and nothing is computed: {"mapped": where}.
"""

import contextlib
import importlib
import os
import pathlib
import runpy
import sys
import tempfile
from typing import Any

import numpy as np
from golden import compared, main

VIRTUAL = """[Machine]
version = 5
virtual_board = True
[Mode]
mode = Production
"""


def compare(folder: pathlib.Path, simulator: str) -> dict[str, Any]:
    """What is printed of a folder."""
    script = runpy.run_path(str(folder / "network.py"))
    golden = dict(np.load(folder / "vectors.npz"))
    given, found, groups = script["run"](simulator), {}, {}
    for key, expected in golden.items():
        group = key.partition("/")[2]
        neurons, times = given[group]
        found[key] = got = np.zeros_like(expected, dtype=np.int64)
        steps = np.rint(times / script["DT"]).astype(np.int64) - 1
        inside = steps < len(got)  # a step more than was asked for is computed
        np.add.at(got, (steps[inside], neurons[inside]), 1)
        groups[group] = {
            "ours": int(expected.sum()), "theirs": int(got.sum()),
            "same step": int(np.minimum(expected, got).sum()), "a step apart": near(expected, got),
            "neurons": int(expected.any(axis=0).sum()), "first": first(expected, got),
        }  # fmt: skip
    return {**compared(folder, found, golden), "groups": groups}


def near(ours: Any, theirs: Any) -> int:
    """The spikes that have one on the other side at most a step apart, one to one."""
    pairs = 0
    for a, b in zip(ours.T, theirs.T, strict=True):
        s, t = (list(np.repeat(np.arange(len(x)), x)) for x in (a, b))
        while s and t:
            if abs(s[0] - t[0]) <= 1:
                pairs, s, t = pairs + 1, s[1:], t[1:]
            elif s[0] < t[0]:
                s = s[1:]
            else:
                t = t[1:]
    return pairs


def first(ours: Any, theirs: Any) -> int:
    """The neurons that spike and whose first spikes are at most a step apart."""
    both = ours.any(axis=0) & theirs.any(axis=0)
    return int((np.abs(ours.argmax(axis=0) - theirs.argmax(axis=0)) <= 1)[both].sum())


def place(folder: pathlib.Path) -> dict[str, Any]:
    """The network on sPyNNaker's virtual board; in a folder of its own, where it reports."""
    script = runpy.run_path(str(folder / "network.py"))
    with tempfile.TemporaryDirectory() as home:
        (pathlib.Path(home) / ".spynnaker.cfg").write_text(VIRTUAL)
        os.environ["HOME"] = home
        with contextlib.chdir(home):
            sim, _ = script["build"]("spiNNaker")
            sim.run(script["STEPS"] * script["DT"])
            SpynnakerDataView = importlib.import_module("spynnaker.pyNN.data").SpynnakerDataView

            found = SpynnakerDataView.iterate_placemements()
            places = [p for p in found if p.vertex.app_vertex is not None]  # no monitors
            chips = {(p.x, p.y) for p in places}
            sim.end()
    text = f"{len(places)} cores on {len(chips)} chips of a virtual board, which computes nothing"
    return {"folder": str(folder), "cores": len(places), "mapped": text}


if __name__ == "__main__":
    chosen, *names = sys.argv[1:]
    one = place if chosen == "spiNNaker" else lambda folder: compare(folder, chosen)
    sys.exit(main(one, names))

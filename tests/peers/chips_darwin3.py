"""The rule of Darwin3 against SPAIC's Darwin_CLIF, Zhejiang Lab's model of it in software: one step
from every state that random chips come through.

SPAIC rounds halves to even and knows no 14 bits of I; such steps are left out, and counted. Its
model resets to 0 only.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from comparison import Comparisons, Row

from spikesim.exporters import chip
from spikesim.exporters.targets import find
from spikesim.exporters.verify import interpreter

sys.path.insert(0, str(Path(__file__).parents[1] / "exporters"))
from test_darwin3 import random_chip


def states(first: int) -> dict[str, np.ndarray]:
    """Of 100 chips: what a step starts from, and what it leads to."""
    target: Any = find("darwin3")
    found: dict[str, list[np.ndarray]] = {}

    def noted(one: Any, state: Any, arriving: Any, integer: bool) -> np.ndarray:
        p = one.parameters
        before = {"i": state["i"], "v": state["v"], "arriving": arriving[0], "bias": p["bias"]}
        before |= {word: np.full(one.size, p[word]) for word in ("P0", "P4", "vth", "subtract")}
        spikes: np.ndarray = target.advance(one, state, arriving, integer)
        after = {"next i": state["i"], "next v": state["v"], "spike": spikes}
        for name, value in {**before, **after}.items():
            found.setdefault(name, []).append(np.array(value))
        return spikes

    for seed in range(first, first + 100):
        made, given = random_chip(seed)
        chip.run(made, noted, given)
    return {name: np.concatenate(values) for name, values in found.items()}


def compare(name: str, first: int) -> Row:
    """All steps that both define."""
    python = interpreter("spaic")
    if python is None:
        return Row(name, 0, 0, 0.0, 0.0, skipped="there is no .venv-spaic; make verify-envs")
    all_ = states(first)
    halves = (all_["i"] * all_["P4"] % 256 == 128) | (all_["v"] * all_["P0"] % 256 == 128)
    far = np.abs(all_["next i"]) >= 2**13 - 1
    v = all_["v"] * all_["P0"] / 256 + all_["next i"]
    far |= (np.abs(all_["arriving"]) >= 2**15) | (np.abs(v) >= 2**15 - 1)
    far |= np.abs(v + all_["bias"]) >= 2**15 - 1
    kept = ~(halves | far | (all_["subtract"] == 1))
    mine = {word: value[kept] for word, value in all_.items()}
    with tempfile.TemporaryDirectory() as place:
        given, got = Path(place) / "in.npz", Path(place) / "out.npz"
        np.savez(given, **{w: x for w, x in mine.items() if "next" not in w and w != "spike"})  # type: ignore[arg-type]
        script = Path(__file__).with_name("spaic_steps.py")
        subprocess.run([str(python), str(script), str(given), str(got)], check=True)
        theirs = dict(np.load(got))
    wrong = (theirs["i"] != mine["next i"]) | (theirs["v"] != mine["next v"])
    wrong |= theirs["spike"] != mine["spike"]
    print(f"    {kept.sum()} steps of neurons compared; {(~kept).sum()} left out")
    spikes = int(mine["spike"].sum())
    return Row(name, spikes, 0 if wrong.any() else spikes, float(wrong.sum()), 0.0, "steps")


def comparisons() -> Comparisons:
    """Three hundred chips."""
    return [
        (name, partial(compare, name, k))
        for k in (0, 100, 200)
        for name in [f"Darwin3, SPAIC: random chips {k}-{k + 99}"]
    ]

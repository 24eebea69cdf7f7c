"""An exported program, called on the golden spikes; used by run_iree.py and run_onnx.py."""

import json
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from golden import compared

# The tensors of a call -> those that come out.
Call = Callable[[Sequence[Any]], Sequence[Any]]
# By the type of states: what sums in another order may come to, of the largest value of a tensor.
CLOSE = {"float64": 1e-9, "float32": 1e-4}


def comparison(load: Callable[[pathlib.Path], Call]) -> Callable[[pathlib.Path], dict[str, Any]]:
    """What compares a folder with what its program does when it is loaded: all spikes of each step,
    and the state at the end."""

    def compare(folder: pathlib.Path) -> dict[str, Any]:
        facts = json.loads((folder / "program.json").read_text("utf-8"))
        golden = dict(np.load(folder / "vectors.npz"))
        found = run(load(folder), facts, dict(np.load(folder / "start.npz")), golden)
        close, off = CLOSE[facts["precision"]], 0.0
        for key, ours in golden.items():
            if key.startswith("next/") and ours.dtype.kind == "f":
                apart = np.abs(found[key] - ours)
                bound = close * max(float(np.abs(ours).max(initial=0)), 1e-30)
                off = max(off, float(apart.max(initial=0)) / bound * close)
                found[key] = np.where(apart <= bound, ours, found[key])
        flat = {key: np.reshape(x, (len(x), -1) if key.startswith("spikes/") else (1, -1))
                for key, x in golden.items()}  # fmt: skip
        told = f"states at the end differ by at most {off:.1g} of the largest"
        return {**compared(folder, found, flat), "told": told}

    return compare


def run(call: Call, facts: Any, state: dict[str, Any], golden: dict[str, Any]) -> dict[str, Any]:
    """Spikes by population, and the state at the end, as golden vectors name them."""
    sources = [one["name"] for one in facts["inputs"] if one["name"].startswith("spikes/")]
    outputs = [one["name"] for one in facts["outputs"]]
    each, seed = facts["steps a call"], np.uint32(facts["seed"])
    cells = [name for name in outputs if name.startswith("spikes/")]
    fired: dict[str, list[Any]] = {name: [] for name in cells}
    for n in range(0, facts["steps of the golden vectors"], each):
        given = [golden[name][n : n + each].astype(bool) for name in sources]
        out = dict(zip(outputs, call([*state.values(), np.int32(n), seed, *given]), strict=True))
        state = {name: out[f"next/{name}"] for name in state}
        for name in cells:
            fired[name].append(np.asarray(out[name]).astype(bool))
    found = {name: np.concatenate(parts) for name, parts in fired.items()}
    return found | {f"next/{name}": np.asarray(x) for name, x in state.items()}

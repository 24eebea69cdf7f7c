"""Compare what a program makes of an exported network with its golden vectors; used by run_*.py."""

import json
import pathlib
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

# (the network's folder, a folder for what is made, what the program reads) -> what it writes, and
# what else is to be told.
Execute = Callable[[pathlib.Path, pathlib.Path, bytes], tuple[bytes, str]]


def run(folder: pathlib.Path, execute: Execute) -> tuple[dict[str, Any], dict[str, Any], str]:
    """What the program gives and the golden vectors, by name: [steps, size]; what is to be told."""
    net = json.loads((folder / "network.json").read_text())
    golden = dict(np.load(folder / "vectors.npz"))
    steps = len(golden["spikes/" + net["layers"][0]["name"]])
    given = [golden["spikes/" + name] for name in net["sources"]]
    if any(spikes.max(initial=0) > 255 for spikes in given):
        raise ValueError("a source has more than 255 spikes in a step; `in` is of 8 bits")
    given.append(np.zeros((steps, 1)))
    data = np.concatenate(given, axis=1).astype(np.uint8).tobytes()
    with tempfile.TemporaryDirectory() as place:
        output, told = execute(folder, pathlib.Path(place), data)
    neurons = sum(layer["size"] for layer in net["layers"])
    row = np.dtype(
        [("spikes", np.uint8, neurons), ("u", np.int32, neurons), ("v", np.int32, neurons)]
    )
    rows = np.frombuffer(output, row)
    if len(rows) != steps:
        raise ValueError(f"the program made {len(rows)} steps of {steps}")
    found, at = {}, 0
    for layer in net["layers"]:
        name, end = layer["name"], at + layer["size"]
        found[f"spikes/{name}"] = rows["spikes"].reshape(steps, -1)[:, at:end]
        for x in "uv":
            found[f"states/{name}/{x}"] = rows[x].reshape(steps, -1)[:, at:end]
        at = end
    return found, golden, told


def compare(folder: pathlib.Path, execute: Execute) -> dict[str, Any]:
    """What is printed of a folder."""
    found, golden, told = run(folder, execute)
    result: dict[str, Any] = {"folder": str(folder), "equal": True, "values": 0, "spikes": 0}
    result["told"] = told
    for key, got in found.items():
        expected = golden[key]
        result["values"] += int(expected.size)
        result["spikes"] += int(expected.sum()) if key.startswith("spikes/") else 0
        differ = np.argwhere(got != expected)
        if len(differ) and (result["equal"] or differ[0][0] < result["step"]):
            step, neuron = (int(x) for x in differ[0])
            result.update(
                equal=False,
                what=key,
                step=step,
                neuron=neuron,
                ours=int(expected[step, neuron]),
                theirs=int(got[step, neuron]),
            )
    return result


def main(execute: Execute) -> int:
    """Compare the folders of the command line; the exit status."""
    places = [pathlib.Path(p) for p in sys.argv[1:]] or [pathlib.Path(__file__).parent]
    results = []
    for place in places:
        results.append(compare(place, execute))
        print(json.dumps(results[-1]), flush=True)
    return int(not all(r["equal"] for r in results))

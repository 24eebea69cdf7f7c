"""An exported network as a program that reads the spikes of its sources, a byte each, and writes
the spikes (a byte), u and v (four bytes each) of all neurons of each step; used by run_cc.py,
run_qemu.py and run_iverilog.py."""

import json
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
from golden import Broken, compared

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
        raise Broken("a source has more than 255 spikes in a step; `in` is of 8 bits")
    given.append(np.zeros((steps, 1)))
    data = np.concatenate(given, axis=1).astype(np.uint8).tobytes()
    with tempfile.TemporaryDirectory() as place:
        output, told = execute(folder, pathlib.Path(place), data)
    neurons = sum(layer["size"] for layer in net["layers"])
    row = np.dtype(
        [("spikes", np.uint8, neurons), ("u", np.int32, neurons), ("v", np.int32, neurons)]
    )
    if len(output) != steps * row.itemsize:
        raise Broken(f"the program made {len(output) / row.itemsize:.2g} steps of {steps}")
    rows = np.frombuffer(output, row)
    found, at = {}, 0
    for layer in net["layers"]:
        name, end = layer["name"], at + layer["size"]
        found[f"spikes/{name}"] = rows["spikes"].reshape(steps, neurons)[:, at:end]
        for x in "uv":
            found[f"states/{name}/{x}"] = rows[x].reshape(steps, neurons)[:, at:end]
        at = end
    return found, golden, told


def comparison(execute: Execute) -> Callable[[pathlib.Path], dict[str, Any]]:
    """What compares a folder with what `execute` makes of it."""

    def compare(folder: pathlib.Path) -> dict[str, Any]:
        found, golden, told = run(folder, execute)
        return {**compared(folder, found, golden), "told": told}

    return compare

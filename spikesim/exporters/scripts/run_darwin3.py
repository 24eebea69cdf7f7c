"""Run an exported network on a Darwin3 board and compare with its golden vectors.

    python run_darwin3.py [FOLDER ...]   # default: the folder of this file

Needs NumPy, Zhejiang's darwin3_runtime_api 4.0, and a board whose address is in the environment as
DARWIN3_IP. Never run on a board by those who wrote it. Spikes are compared from the delay on, in
steps, at which the board's agree best: how long they take to the host is not published. golden.py
says what is printed.
"""

import json
import os
import pathlib
import sys
from typing import Any

import numpy as np
from golden import compared, main, skip

CYCLE = 2e-5  # ms: a step lasts step_size times this
LATEST = 5  # steps that spikes may take to the host


def inputs(golden: dict[str, Any], sources: list[str]) -> list[list[int]]:
    """The sources that spike, by step, numbered one after the other."""
    spikes = np.concatenate([golden["spikes/" + name] for name in sources], axis=1)
    return [np.flatnonzero(row).tolist() for row in spikes]


def on_board(folder: pathlib.Path, given: list[list[int]], dt: float) -> Any:
    """The board's spikes, [(population, neuron)] of each step."""
    from darwin3_runtime_api import darwin3_device

    board = darwin3_device.darwin3_device(
        ip=[os.environ["DARWIN3_IP"]], app_path=str(folder), step_size=round(dt / CYCLE)
    )
    board.reset()
    board.darwin3_init(333)
    board.deploy_config()
    return board.run_darwin3_withoutfile(given + [[]] * LATEST)


def compare(folder: pathlib.Path, run: Any = on_board) -> dict[str, Any]:
    """What is printed of a folder."""
    net = json.loads((folder / "network.json").read_text())
    golden = dict(np.load(folder / "vectors.npz"))
    layers = [layer["name"] for layer in net["layers"]]
    expected = {name: golden["spikes/" + name] for name in layers}
    steps = len(expected[layers[0]])
    given = inputs(golden, net["sources"]) if net["sources"] else [[]] * steps
    got = {
        name: np.zeros((steps + LATEST, spikes.shape[1]), np.int64)
        for name, spikes in expected.items()
    }
    for step, fired in enumerate(run(folder, given, net["dt in ms"])[: steps + LATEST]):
        for population, neuron in fired:
            got[population.removeprefix("pop_")][step, neuron] += 1

    def wrong(delay: int) -> int:
        return sum(int((got[n][delay : delay + steps] != s).sum()) for n, s in expected.items())

    delay = min(range(LATEST + 1), key=wrong)
    found = {f"spikes/{name}": got[name][delay : delay + steps] for name in expected}
    told = f"spikes reach the host {delay} steps later"
    return {**compared(folder, found, golden), "told": told}


if __name__ == "__main__":
    if "DARWIN3_IP" not in os.environ:
        skip("set DARWIN3_IP to the address of a board")
    sys.exit(main(compare))

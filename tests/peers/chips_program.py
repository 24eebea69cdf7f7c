"""Programs for other runtimes, run by IREE and by ONNX Runtime, against ours by JAX: all spikes of
each step, and the state at the end within 1e-9. Ours are those of the network as NumPy runs it.

Each ready-made neuron, random networks, and random networks that learn, as those of the conformance
tests. jax2onnx, which writes ONNX, is heavy and lies in .venv-onnx with spikesim; folders are made
there.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from comparison import Comparisons, Row
from folders import compare
from hypothesis import HealthCheck, given, seed, settings

from spikesim.errors import DescriptionError
from spikesim.exporters.verify import interpreter

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
STEPS = 200
INPUTS = ("IgnoreAndFire", "Parrot", "Poisson")  # without equations, and alone: spikes from outside
STRATEGIES = {"random": "test_random_networks", "learning": "test_plasticity"}


def networks(kind: str, count: int) -> dict[str, Any]:
    """Each ready-made neuron; or so many networks that hypothesis draws, always the same."""
    import spikesim as sp
    from spikesim.units import ms

    found: dict[str, Any] = {}
    if kind == "neurons":
        every = import_module("test_every_neuron")
        for name in [n for n in every.NEURONS if n not in INPUTS][:count]:
            found[name] = sp.Network(dt=every.DT * ms, seed=1, order="nest")
            every.network(name, found[name])
        return found

    @seed(1)
    @settings(max_examples=count, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(import_module(STRATEGIES[kind]).networks())
    def keep(drawn: Any) -> None:
        net = drawn[0] if isinstance(drawn, tuple) else drawn
        with suppress(DescriptionError):  # of some the equations have no such method
            net.compile("numpy")
            found[f"{len(found)}"] = net

    keep()
    return found


def write(form: str, kind: str, count: int, folder: Path) -> None:
    """A folder for each."""
    from spikesim.exporters.program import write_program

    for name, net in networks(kind, count).items():
        write_program(net, folder / name, form, STEPS * net.dt)
        if "first differ in" in (text := (folder / name / "match.txt").read_text("utf-8")):
            raise RuntimeError(f"{name} differs from the network as NumPy runs it:\n{text}")


def in_iree(name: str, kind: str, count: int) -> Row:
    """Made here, if IREE is there to run it."""
    if interpreter("iree") is None:
        return Row(name, 0, 0, 0.0, 0.0, skipped="there is no .venv-iree; make verify-envs")
    return compare(name, "iree", partial(write, "stablehlo", kind, count))


def in_onnx(name: str, kind: str, count: int) -> Row:
    """Made in .venv-onnx."""
    python = interpreter("onnx")
    if python is None:
        return Row(name, 0, 0, 0.0, 0.0, skipped="there is no .venv-onnx; make verify-envs")

    def make(folder: Path) -> None:
        command = [str(python), __file__, "onnx", kind, str(count), str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return compare(name, "onnxruntime", make)


def comparisons() -> Comparisons:
    """By both; of neurons, all of them."""
    return [
        (name, partial(run, name, kind, count))
        for tool, run, counts in (
            ("StableHLO, IREE", in_iree, {"neurons": 99, "random": 60, "learning": 30}),
            ("ONNX, ONNX Runtime", in_onnx, {"neurons": 99, "random": 10, "learning": 8}),
        )
        for kind, count in counts.items()
        for name in [f"{tool}: {kind}"]
    ]


if __name__ == "__main__":
    warnings.simplefilter("ignore", RuntimeWarning)
    _, form, kind, count, folder = sys.argv
    write(form, kind, int(count), Path(folder))

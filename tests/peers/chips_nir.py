"""NIR files in the readers that they were written for, against our own runs: every time step.

The network as it was written runs here in float64; the reader, in float32 and in an environment of
its own, .venv-nir, reads the file and gets the same input. Its spikes are ours, a step a layer
earlier.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from comparison import Comparisons, Row

import spikesim as sp
from spikesim import exporters
from spikesim.exporters.nir import write_nir
from spikesim.exporters.sampled import sample
from spikesim.exporters.verify import interpreter
from spikesim.units import Hz, ms, mV, pA

SCRIPT = Path(exporters.__file__).parent / "scripts" / "run_nir.py"
SIZES = (8, 12, 6)
STEPS = 400


class Subtracting(sp.neurons.LIF):
    """A spike takes the threshold's height off."""

    reset = "v -= V_th - E_L"


def network(seed: int, kind: str) -> sp.Network:
    """Two layers; of "recurrent", the first with synapses of its own."""
    rng = np.random.default_rng(seed)
    dt = float(rng.choice([0.1, 0.5, 1.0]))
    currents = kind in ("currents", "recurrent")
    net = sp.Network(dt=dt * ms, seed=seed, order="standard" if currents else "nest")
    groups = [net.population("in", SIZES[0], sp.poisson(rate=120 / dt * Hz))]
    model: Any = Subtracting if kind == "subtracting" else sp.neurons.LIF
    for name, size in zip("ab", SIZES[1:], strict=True):
        neuron = model(
            tau_m=rng.uniform(5, 30) * dt * ms, V_th=rng.uniform(-58, -50) * mV, t_ref=0 * ms
        )
        groups.append(net.population(name, size, neuron))
    pairs = [(0, 1), (1, 2)] + ([(1, 1)] if kind == "recurrent" else [])
    for k, (a, b) in enumerate(pairs):
        n = groups[a].size * groups[b].size
        if currents:
            synapse: Any = sp.synapses.ExpCurrent(tau=(3 + b) * dt * ms)
            weight: Any = rng.normal(200, 400, n) / dt * pA
        else:
            synapse = sp.synapses.Delta()
            weight = np.minimum(rng.normal(3, 4, n), 6) * mV
            if kind == "subtracting":  # two thresholds at once: sinabs would spike twice
                weight = 0.5 * weight
        weight = weight / 5 if a == b else weight
        net.project(
            groups[a], groups[b], sp.all_to_all(), synapse=synapse, weight=weight, name=f"p{k}",
            delay=0 * ms if currents else dt * ms,
        )  # fmt: skip
    return net


def compare(reader: str, kind: str) -> Row:
    """20 networks; all spikes of the last layer."""
    name = f"NIR, {reader}: {kind}"
    python = interpreter("nir")
    if python is None:
        return Row(name, 0, 0, 0.0, 0.0, skipped="there is no .venv-nir; make verify-envs")
    with tempfile.TemporaryDirectory() as place:
        expected, folders = [], []
        for seed in range(20):
            net = network(seed, kind)
            folder = Path(place) / f"{seed}"
            folder.mkdir()
            ahead = write_nir(net, folder / "net.nir", reader)
            run = sample(net, STEPS * net.dt)
            dt = float(net.dt.to("s").magnitude)
            np.savez(folder / "input.npz", spikes=run.sources["in"], dt=dt)
            expected.append(run.cells["b"][ahead["b"] :])
            folders.append(folder)
        done = subprocess.run(
            [str(python), str(SCRIPT), reader, *map(str, folders)], capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        found = [np.load(f / "output.npz")["spikes"] for f in folders]
    spikes = rows = 0
    different = 0
    for ours, theirs in zip(expected, found, strict=True):
        spikes += int(ours.sum())
        rows += len(ours)
        different += int((ours != theirs[: len(ours)]).any(axis=1).sum())
    print(f"    {len(found)} networks, {rows} time steps")
    return Row(name, spikes, spikes if not different else spikes - different, float(different), 0.0,
               "steps")  # fmt: skip


def comparisons() -> Comparisons:
    """What each profile says is exact."""
    cases = [
        ("norse", "jumps"), ("norse", "currents"), ("norse", "recurrent"),
        ("sinabs", "subtracting"),
    ]  # fmt: skip
    return [(f"NIR, {r}: {k}", partial(compare, r, k)) for r, k in cases]

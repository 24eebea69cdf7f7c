"""NIR folders in the readers that they were exported for, against our own runs: every time step.

The network as it was written runs here in float64; the reader, in float32 and in an environment of
its own, .venv-nir, reads the file and gets the same input. What a profile calls exact must be equal
in every step. Where it says that something becomes something else, the reader must give what the
rule as it is told, a few lines below, gives, and not what the network gives.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from comparison import Comparisons, Row
from folders import verdicts

import spikesim as sp
from spikesim.build import build
from spikesim.exporters.canonical import recognise
from spikesim.exporters.nir import export_nir
from spikesim.exporters.normal import Normal, normal_form, used
from spikesim.units import Hz, ms, mV, pA

SIZES = (8, 12, 6)
STEPS = 400
NETWORKS = 20
EXACT = {
    "norse": ("jumps", "jumps rested", "currents", "currents recurrent", "jumps recurrent",
              "integrators", "integrators met"),
    "snntorch": ("jumps", "currents", "currents recurrent", "jumps recurrent", "integrators",
                 "integrators met"),
    "sinabs": ("jumps subtracting", "integrators subtracting", "integrators subtracting met"),
    "rockpool": ("currents subtracting", "currents subtracting recurrent"),
    "spyx": ("jumps subtracting", "jumps subtracting recurrent", "integrators subtracting",
             "integrators subtracting met", "currents subtracting",
             "currents subtracting recurrent"),
}  # fmt: skip
OTHER = {
    "sinabs": ("jumps subtracting strong", "integrators subtracting strong",
               "integrators subtracting inhibited", "jumps subtracting biased"),
    "rockpool": ("currents subtracting strong", "currents subtracting recurrent strong",
                 "currents subtracting biased"),
    "snntorch": ("jumps biased",),
    "spyx": ("jumps subtracting biased",),
}  # fmt: skip


class Subtracting(sp.neurons.LIF):
    """A spike takes the threshold's height off."""

    reset = "v -= V_th - E_L"


class Integrator(sp.NeuronModel):
    """A potential that does not leak."""

    V_th = sp.parameter(1.0, "threshold", bound="> 0")
    drive = sp.parameter(0 * Hz, "constant input")
    v = sp.state(0.0, "potential")
    equations = "dv/dt = drive"
    spike = "v >= V_th"
    reset = "v = 0"


class SubtractingIntegrator(Integrator):
    """A spike takes the threshold off."""

    reset = "v -= V_th"


def network(seed: int, kind: str) -> sp.Network:
    """Two layers. kind, words: jumps, currents or integrators; subtracting; recurrent, the first
    has synapses of its own; met, potentials just reach the threshold; rested, they rest above the
    reset; biased, they are driven besides; strong, they pass several thresholds in a step;
    inhibited, they fall far."""
    words = kind.split()
    rng = np.random.default_rng(seed)
    dt = float(rng.choice([0.1, 0.5, 1.0]))
    currents, whole = "currents" in words, "integrators" in words
    net = sp.Network(dt=dt * ms, seed=seed, order="standard" if currents else "nest")
    groups = [net.population("in", SIZES[0], sp.poisson(rate=120 / dt * Hz))]
    lowers = "subtracting" in words
    for name, size in zip("ab", SIZES[1:], strict=True):
        if whole:
            neuron: Any = (SubtractingIntegrator if lowers else Integrator)()
        else:
            neuron = (Subtracting if lowers else sp.neurons.LIF)(
                tau_m=rng.uniform(5, 30) * dt * ms, V_th=rng.uniform(-58, -50) * mV, E_L=-70 * mV,
                V_reset=rng.uniform(-72, -70) * mV if "rested" in words else -70 * mV, t_ref=0 * ms,
            )  # fmt: skip
        groups.append(net.population(name, size, neuron, **({} if whole else {"v": -70 * mV})))
        if "biased" in words:
            net.stimulate(groups[-1], sp.dc(rng.uniform(50, 150) / dt * pA))
    pairs = [(0, 1), (1, 2)] + ([(1, 1)] if "recurrent" in words else [])
    for k, (a, b) in enumerate(pairs):
        n = groups[a].size * groups[b].size
        share = rng.normal(0.12, 0.14, n) if lowers else rng.normal(0.2, 0.3, n)
        share = np.minimum(share, 0.24 if lowers else 0.45)
        if whole and lowers:  # not alike: sums that meet 1 but for rounding differ
            share = np.clip(share, -0.05, 0.15) * rng.uniform(0.9, 1, n)
        if "met" in words:
            share = rng.integers(0 if lowers else -1, 3, n) / (16 if lowers else 8)
        share = 4 * share if "strong" in words else share
        share = rng.normal(0.02, 0.2, n) if "inhibited" in words else share
        share = share / 5 if a == b else share
        share = -np.abs(share) if a == b and "strong" in words else share
        if currents:
            synapse: Any = sp.synapses.ExpCurrent(tau=(3 + b) * dt * ms)
            weight: Any = 1200 * share / dt * pA
        else:
            synapse = sp.synapses.Delta()
            weight = share if whole else 13 * share * mV
        net.project(
            groups[a], groups[b], sp.all_to_all(), synapse=synapse, weight=weight, name=f"p{k}",
            delay=0 * ms if currents else dt * ms,
        )  # fmt: skip
    return net


def told(normal: Normal, x: np.ndarray, reader: str) -> np.ndarray:
    """The output of a network [steps, n] by the rule that the profile tells of, in float64."""
    sizes = normal.sizes()
    weights = {(s.source, s.target): np.zeros((sizes[s.target], sizes[s.source]))
               for s in normal.synapses}  # fmt: skip
    for s in normal.synapses:
        np.add.at(weights[s.source, s.target], (s.post, s.pre), s.weight)
    v = {layer.name: np.zeros(layer.size) for layer in normal.layers}
    u = {layer.name: np.zeros(layer.size) for layer in normal.layers}
    before = {layer.name: np.zeros(layer.size) for layer in normal.layers}
    out = []
    for row in x:
        now = {"in": row}
        for layer in normal.layers:  # they are in their order
            name = layer.name
            if reader == "spyx":  # a spike of what was, then the step
                now[name] = (v[name] > 1) * 1.0
                v[name] = v[name] - now[name]
            seen = {**before, **now, name: now[name] if reader == "spyx" else before[name]}
            arrived = sum(w @ seen[a] for (a, b), w in weights.items() if b == name)
            u[name] = layer.decays[0] * u[name] + arrived
            v[name] = layer.leak * v[name] + u[name] + layer.bias
            if reader == "snntorch":
                now[name] = (v[name] > 1) * 1.0
                v[name] = v[name] * (1 - now[name])
            elif reader != "spyx":
                now[name] = np.maximum(np.floor(v[name]), 0)  # as many as thresholds are passed
                v[name] = v[name] - now[name]
                if reader == "sinabs" and (layer.leak == 1).all():
                    v[name] = np.maximum(v[name], -1)
        before = now
        out.append(now["b"])
    return np.stack(out)


def compare(reader: str, kind: str, exact: bool) -> Row:
    """All spikes of the last layer, of 20 networks."""
    name = f"NIR, {reader}: {kind}"
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / f"{seed}" for seed in range(NETWORKS)]
        rules = []
        for seed, folder in enumerate(folders):
            net = network(seed, kind)
            export_nir(net, folder, reader, STEPS * net.dt)
            rules.append(used(normal_form(recognise(build(net)))))
        found = verdicts(reader, folders, "--keep")
        if isinstance(found, str):
            return Row(name, 0, 0, 0.0, 0.0, skipped=found)
        spikes = sum(v["spikes"] for v in found)
        rows = sum(v.get("rows", 0) for v in found)
        if exact:
            print(f"    {NETWORKS} networks, {NETWORKS * STEPS} time steps")
            return Row(name, spikes, spikes if not rows else spikes - rows, float(rows), 0.0,
                       "steps")  # fmt: skip
        spikes = wrong = 0
        for folder, normal in zip(folders, rules, strict=True):
            x = np.load(folder / "vectors.npz")["spikes/in"]
            expected = told(normal, x, reader)
            output = np.load(folder / "output.npz")["spikes"].reshape(expected.shape)
            spikes += int(expected.sum())
            wrong += int((np.rint(output) != expected).any(axis=1).sum())
        print(f"    {NETWORKS} networks, {NETWORKS * STEPS} time steps, as told; the network's own "
              f"spikes differ in {rows}")  # fmt: skip
        if not rows:
            raise RuntimeError("the network's own spikes: nothing that the profile tells of")
    return Row(name + ", as told", spikes, spikes if not wrong else spikes - wrong, float(wrong),
               0.0, "steps")  # fmt: skip


def comparisons() -> Comparisons:
    """What each profile says is exact, and what it says of the rest."""
    cases = [(r, k, True) for r, kinds in EXACT.items() for k in kinds]
    cases += [(r, k, False) for r, kinds in OTHER.items() for k in kinds]
    return [(f"NIR, {r}: {k}", partial(compare, r, k, e)) for r, k, e in cases]

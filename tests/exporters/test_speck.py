"""Speck: convolutions found in lists of synapses; what is written says all that the model does.
sinabs' own layers run the same files with `spikesim verify FOLDER --with dynapcnn`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exporter_networks import images, kernels
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

import spikesim as sp
from spikesim import exporters
from spikesim.exporters import artefact
from spikesim.exporters.targets import _conv
from spikesim.units import Hz, ms, mV, pA

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")


def machine(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Potentials and spikes of all populations: another reading of speck.json, event by event of a
    step, by SciPy's correlation."""
    text = json.loads((folder / "speck.json").read_text())
    spikes = dict(artefact.read_vectors(folder).spikes)
    shapes = {name: one["shape"] for name, one in {**text["inputs"], **text["populations"]}.items()}
    found = {}
    for name, one in text["populations"].items():
        core = text["cnn_layers"][str(one["core"])]
        given = spikes[one["source"]].reshape(-1, *shapes[one["source"]])
        v = np.array(core["neurons_initial_value"]).transpose(0, 2, 1).astype(float)
        weights = np.array(core["weights"]).transpose(0, 1, 3, 2)
        states, fired = [], []
        for n in range(len(given)):
            step = n - one["steps later"]
            if step >= 0:
                v = v + summed(core, weights, given[step])
            v = v + np.array(core["biases"])[:, None, None]
            n_spikes = np.floor(np.maximum(v, 0) / core["threshold_high"])
            v = np.where(n_spikes > 0, 0, v) if core["return_to_zero"] else (
                v - n_spikes * core["threshold_high"])  # fmt: skip
            v = np.maximum(v, core["threshold_low"])
            states.append(v.ravel())
            fired.append(n_spikes.ravel())
        found[name] = np.array(states), np.array(fired)
        spikes[name] = np.array(fired)
    return found


def summed(core: Any, weights: np.ndarray, events: np.ndarray) -> np.ndarray:
    sizes = core["dimensions"]
    side, pad = sizes["input_shape"]["size"]["x"], sizes["padding"]["x"]
    pool, stride = events.shape[1] // side, sizes["stride"]["x"]
    low = events.reshape(len(events), side, pool, side, pool).sum((2, 4)).astype(float)
    low = np.pad(low, ((0, 0), (pad, pad), (pad, pad)))
    return np.array(
        [sum(correlate2d(low[c], row[c], "valid") for c in range(len(low))) for row in weights]
    )[:, ::stride, ::stride]


def runs_from_files(seed: int, folder: Path) -> None:
    exporters.export(images(seed), "speck", folder, 40 * ms)
    trace = artefact.read_vectors(folder)
    for name, (states, spikes) in machine(folder).items():
        np.testing.assert_array_equal(states, trace.states[name]["v"])
        np.testing.assert_array_equal(spikes, trace.spikes[name])


@pytest.mark.parametrize("seed", range(5))
def test_the_file_runs_as_the_model(seed: int, tmp_path: Path) -> None:
    runs_from_files(seed, tmp_path / "out")


def edge(matrix: np.ndarray) -> _conv.Edge:
    pre, post = np.nonzero(matrix)
    return _conv.Edge("in", "out", pre, post, matrix[pre, post])


@given(
    st.integers(0, 10**6), st.integers(1, 3), st.integers(4, 9), st.integers(1, 4),
    st.integers(1, 4), st.sampled_from([1, 2]), st.integers(0, 3), st.sampled_from([1, 2]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_convolutions_are_found(
    seed: int, channels: int, side: int, features: int, kernel: int, stride: int, padding: int,
    pool: int,
) -> None:  # fmt: skip
    pool = pool if side % pool == 0 else 1
    kernel = min(kernel, side // pool)
    rng = np.random.default_rng(seed)
    padding = min(padding, kernel - 1)
    matrix, made = kernels(rng, (channels, side), features, kernel, stride, padding, pool)
    given = edge(matrix)
    found = list(_conv.convolutions(given, (channels, side), (features, made), (1, 2)))
    assert found
    for one in found:
        again, there = kernels(rng, (channels, side), features, one.kernel, one.stride, one.padding,
                               one.pool)  # fmt: skip
        assert there == made  # of the same geometry; its weights:
        values = one.weights(given)
        assert again.shape == matrix.shape
        f, c, y, x = np.nonzero(values)
        assert set(np.round(values[f, c, y, x], 12)) == set(np.round(given.weight, 12))
    assert min(one.kernel for one in found) <= kernel


def test_one_other_weight_is_no_convolution() -> None:
    matrix, made = kernels(np.random.default_rng(0), (2, 6), 3, 3, 1, 1)
    assert list(_conv.convolutions(edge(matrix), (2, 6), (3, made), (1,)))
    changed = matrix.copy()
    changed[10, np.flatnonzero(matrix[10])[0]] *= 1.5
    assert not list(_conv.convolutions(edge(changed), (2, 6), (3, made), (1,)))
    gone = matrix.copy()
    gone[10, np.flatnonzero(matrix[10])[0]] = 0
    assert not list(_conv.convolutions(edge(gone), (2, 6), (3, made), (1,)))


def chain(
    sizes: list[int], model: Any = None, synapse: Any = None, delay: Any = 1 * ms
) -> tuple[sp.Network, list[Any]]:
    net = sp.Network(dt=1 * ms, order="nest", seed=1)
    groups = [net.population("in", sizes[0], sp.poisson(rate=80 * Hz))]
    for k, n in enumerate(sizes[1:]):
        groups.append(net.population(f"l{k}", n, model or sp.neurons.PerfectIF()))
        unit = pA if synapse else mV
        weight = sp.uniform(-1 * unit, 3 * unit)
        net.project(groups[-2], groups[-1], sp.all_to_all(), synapse=synapse or sp.synapses.Delta(),
                    weight=weight, delay=delay)  # fmt: skip
    return net, groups


def broken(net: sp.Network) -> set[tuple[str, str]]:
    return {(f.rule, f.place) for f in exporters.fit(net, "speck").broken}


def test_what_does_not_fit_is_named() -> None:
    net, _ = chain([4, 5], sp.neurons.LIF(t_ref=2 * ms))
    assert broken(net) == {("leak", "l0"), ("refractory", "l0")}
    net, _ = chain([4, 5], synapse=sp.synapses.ExpCurrent(tau=5 * ms))
    assert broken(net) == {("currents", "l0")}
    net, groups = chain([4, 5, 6])
    net.project(groups[2], groups[1], sp.all_to_all(), weight=1 * mV)
    assert broken(net) == {("inputs", "l0"), ("loops", "network")}
    net, groups = chain([4, 5])
    for k in range(3):
        cells = net.population(f"m{k}", 3, sp.neurons.PerfectIF())
        net.project(groups[1], cells, sp.all_to_all(), weight=1 * mV)
    assert broken(net) == {("destinations", "l0")}
    net, _ = chain([4, 5], delay=np.r_[np.ones(19), 2] * ms)
    assert broken(net) == {("delays", "l0")}
    net, _ = chain([4] * 11)
    assert broken(net) == {("cores", "network")}
    net, groups = chain([4, 5])
    net.project(groups[1], groups[1], sp.fixed_probability(0), weight=1 * mV)  # no synapses
    assert not broken(net)
    net, groups = chain([4])
    cells = net.population("c", 5, sp.neurons.PerfectIF())
    for weight in (1 * mV, -1 * mV):
        net.project(groups[0], cells, sp.all_to_all(), weight=weight)
    assert broken(net) == {("weights", "c")}
    assert all(f.remedy for f in exporters.fit(net, "speck").broken)
    net, _ = chain([1031, 3])  # a prime: no map but one of too many channels
    assert broken(net) == {("layer", "l0")}


def test_cores_are_as_large_as_they_are() -> None:
    # 256 to 200 takes 256 * 256 words: there are two such cores.
    fits, _ = chain([256, 200, 256])
    assert ("placement", "network") not in broken(fits)
    net, _ = chain([256, 256, 256, 256])
    assert broken(net) == {("placement", "network")}
    cores = {one.parameters["core"] for one in exporters.quantize(fits, "speck").integers.layers}
    assert cores == {5, 6}


def test_a_core_holds_the_shape_that_is_taken() -> None:
    # One to one, 9 neurons: a map of 3 x 3 takes 16 words of neuron memory, nine of 1 x 1 take 9.
    places = np.arange(9)
    edges = [_conv.Edge("in", "a", places, places, np.ones(9))]
    for most, words in ((16, 16), (12, 9)):
        made, _ = _conv.arrange({"in": 9}, {"a": 9}, edges, {"a": np.zeros(9)}, (4096, most))
        assert made["a"].neurons == words


def test_bits_of_the_numbers() -> None:
    net, _ = chain([12, 9, 4])
    made = exporters.quantize(net, "speck").integers
    for s in made.synapses:
        assert np.abs(s.weight).max() == 127


@pytest.mark.parametrize("seed", range(3))
def test_the_order_is_the_networks_where_one_spike_is_enough(seed: int) -> None:
    net = sp.Network(dt=1 * ms, order="nest", seed=seed)
    source = net.population("in", 9, sp.poisson(rate=80 * Hz))
    before = source
    for k in range(2):
        cells = net.population(f"l{k}", 16, sp.neurons.PerfectIF())
        net.project(before, cells, sp.all_to_all(), weight=sp.uniform(-0.3 * mV, 0.73 * mV))
        before = cells
    errors = exporters.compare(net, "speck", 300 * ms)
    assert {name: m.exact for name, m in errors.causes["order, reset"].items()} == {
        "l0": 1.0, "l1": 1.0,
    }  # fmt: skip


def test_verify_runs_sinabs_or_says_why_not(tmp_path: Path) -> None:
    exporters.export(chain([4, 5])[0], "speck", tmp_path / "out", 20 * ms)
    verdict = exporters.verify(tmp_path / "out", "dynapcnn")
    assert verdict.equal or verdict.text.startswith("not run")

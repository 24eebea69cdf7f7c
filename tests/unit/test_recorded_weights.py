"""Weights of projections as they are recorded, read, saved, exported and drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim.errors import DescriptionError, ParameterError, UnknownNameError
from spikesim.units import ms, mV

BACKENDS = ["numpy", "jax", "cpp"]


def network(backend_rule=None, **weight):
    net = sp.Network(dt=0.1 * ms, seed=3)
    a = net.population("a", 8, sp.neurons.LIF())
    b = net.population("b", 5, sp.neurons.LIF())
    rule = sp.fixed_probability(0.6) if backend_rule is None else backend_rule
    return net, net.project(
        a, b, rule, delay=1 * ms, **({"weight": sp.uniform(1 * mV, 2 * mV)} | weight)
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_are_those_of_the_connections(backend):
    net, projection = network()
    net.record(projection, "weight", every=2 * ms)
    model = net.compile(backend, precision="float64")
    made, weight = model.connections("a->b"), model.run(10 * ms)["a->b"].weight
    np.testing.assert_allclose(weight.t, [0, 2, 4, 6, 8])
    assert weight.values.shape == (5, len(made)) and weight.unit == made.unit == "mV"
    for row in weight.values:
        np.testing.assert_array_equal(row, made.weight)
    for end in ("source", "target"):
        np.testing.assert_array_equal(getattr(weight, end), getattr(made, end))


@pytest.mark.parametrize("backend", BACKENDS)
def test_those_of_each_run(backend):
    """In the user's own order, which is not the one in which they are stored."""
    pairs = sp.explicit([3, 0, 2], [1, 4, 0])
    net, projection = network(pairs, weight=[1, 2, 3] * mV)
    net.record(projection[::-1], "weight", every=1 * ms)
    model = net.compile(backend)
    assert list(model.run(1 * ms)["a->b"].weight.values[0]) == [3, 2, 1]
    weight = model.run(1 * ms, params={"a->b.weight": [7, 8, 9] * mV})["a->b"].weight
    assert list(weight.values[0]) == [9, 8, 7] and weight.values.dtype == np.float32
    assert list(weight.source) == [2, 0, 3] and list(weight.connections) == [2, 1, 0]
    assert (
        list(model.run(1 * ms, params={"a->b.weight": 5 * mV})["a->b"].weight.values[0]) == [5] * 3
    )


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_any_part(data):
    net, projection = network()
    every = net.compile("numpy").connections("a->b")
    numbers = st.lists(st.integers(-len(every), len(every) - 1), min_size=1, max_size=9)
    index = data.draw(numbers.filter(lambda n: len({k % len(every) for k in n}) == len(n)))
    net.record(projection[index], "weight", every=1 * ms, stop=3 * ms)
    weight = net.run(5 * ms, "numpy", precision="float64")["a->b"].weight
    assert weight.values.shape == (3, len(index))
    np.testing.assert_array_equal(weight.values[2], every.weight[index])
    np.testing.assert_array_equal(weight.target, every.target[index])


def recorded(sink=None):
    net, projection = network()
    net.record(projection[:4], "weight", every=1 * ms)
    net.record(projection[[2, 9]], "weight", every=1 * ms)
    net.record("a->b", "weight", every=5 * ms)
    return net.run(10 * ms, "cpp", sink=sink)


def assert_same(left, right):
    assert left.projections.keys() == right.projections.keys() == {"a->b"}
    assert list(left["a->b"].recorded) == list(right["a->b"].recorded) == ["weight", "weight#2"]
    for name, data in left["a->b"].recorded.items():
        for column, values in vars(data).items():
            np.testing.assert_array_equal(values, getattr(right["a->b"][name], column))


def test_parts_are_put_together():
    weight = recorded()["a->b"].weight
    assert list(weight.connections) == [0, 1, 2, 3, 9] and weight.values.shape == (10, 5)
    assert "a->b.weight: [10, 5] in mV" in repr(recorded())


def test_files(tmp_path):
    pytest.importorskip("zarr")
    recorded().save(tmp_path / "run.npz")
    assert_same(sp.load_results(tmp_path / "run.npz"), recorded())
    recorded(sink=sp.to_disk(tmp_path / "kept.zarr"))
    assert_same(sp.read_recording(tmp_path / "kept.zarr"), recorded())
    part = sp.read_recording(tmp_path / "kept.zarr", start=2 * ms, stop=4 * ms)["a->b"].weight
    assert list(part.t) == [2, 3] and len(part.source) == 5


def test_stretches():
    net, projection = network()
    net.record(projection, "weight", every=2 * ms)
    simulation = net.compile("cpp").start()
    t = np.concatenate([simulation.run(5 * ms)["a->b"].weight.t for _ in range(2)])
    np.testing.assert_allclose(t, [0, 2, 4, 6, 8])


def test_other_libraries():
    pytest.importorskip("pandas")
    result = recorded()
    frame = result.to_pandas()["a->b.weight"]
    source, target = result["a->b"].weight.source[0], result["a->b"].weight.target[0]
    np.testing.assert_array_equal(frame[(source, target)], result["a->b"].weight.values[:, 0])
    pytest.importorskip("xarray")
    node = result.to_xarray()["a->b"]
    assert node["weight"].dims == ("t", "connection") and node["weight"].attrs["units"] == "mV"
    np.testing.assert_array_equal(node["source"], result["a->b"].weight.source)


@pytest.mark.parametrize(("record", "kind", "words"), [
    (lambda net, p: net.record("a", "weight"), DescriptionError, "weights belong to projections"),
    (lambda net, p: net.record(p, "weights"), UnknownNameError, "did you mean 'weight'"),
    (lambda net, p: net.record(p, "spikes"), UnknownNameError, "recorded of populations"),
    (lambda net, p: net.record(p, "weight", every=0.25 * ms), ParameterError, "no multiple of dt"),
    (lambda net, p: net.record(p, "weight", variables=["v"]), ParameterError, "for spikes"),
    (lambda net, p: net.record(p[99], "weight"), DescriptionError, "the rule made"),
    (lambda net, p: net.record(p[[1, 1]], "weight"), DescriptionError, "twice"),
    (lambda net, p: net.record(p[99:], "weight"), DescriptionError, "picks none"),
    (lambda net, p: net.record(p["x"], "weight"), DescriptionError, "index with a number"),
    (lambda net, p: net.record(p[0, 1], "weight"), DescriptionError, "made.target == 3"),
    (lambda net, p: net.record(p["a":], "weight"), DescriptionError, "recording of 'weight'"),
    (lambda net, p: net.record(p[0.5], "weight"), DescriptionError, "index with a number"),
    (lambda net, p: net.record(network()[1], "weight"), DescriptionError, "another network"),
    (lambda net, p: net.record("a", "spikes", variables=["u"]), UnknownNameError, "known are: v"),
    (lambda net, p: net.record("a", "v", variables=["v"]), ParameterError, "kept with each spike"),
    (lambda net, p: net.record("a", "rate", variables=["v"]), ParameterError, "with each spike"),
    (lambda net, p: net.record("a", "spikes", variables=3), DescriptionError, "names of state"),
])  # fmt: skip
def test_slips(record, kind, words):
    net, projection = network()
    with pytest.raises(kind, match=words):
        record(net, projection)
        net.compile("numpy")


def test_what_was_not_recorded():
    with pytest.raises(UnknownNameError, match="of a projection 'b->a'; recorded were: a->b"):
        recorded()["b->a"]
    with pytest.raises(UnknownNameError, match="of projection 'a->b'"):
        recorded()["a->b"]["delay"]


# ---- plots ---------------------------------------------------------------------------------------


def drifting(connections):
    """A result whose weights move: those of static connections stand still."""
    result = recorded()
    weight = result["a->b"]["weight#2"]
    chosen = {n: np.resize(getattr(weight, n), connections) for n in ("source", "target")}
    values = np.linspace([0] * connections, np.arange(connections), len(weight))
    moved = replace(weight, values=values, connections=np.arange(connections), **chosen)
    result["a->b"].recorded["weight"] = moved
    return result


def test_plots():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    few = drifting(3).weights("a->b")
    assert len(few.lines) == 3 and few.get_ylabel() == "weight of a->b (mV)"
    np.testing.assert_array_equal(few.lines[2].get_ydata(), [0, 2])
    many = drifting(101).weights("a->b")
    assert len(many.lines) == 1 and len(many.collections) == 2  # two bands
    np.testing.assert_allclose(many.lines[0].get_ydata(), [0, 50])
    np.testing.assert_allclose(many.collections[0].get_datalim(many.transData).bounds[3], 95)
    histogram = sp.plotting.weight_histogram(drifting(101), "a->b", at=[0, 7] * ms)
    filled = [p for p in histogram.patches if p.get_fill()]
    assert [p.get_data().values.sum() for p in filled] == [101, 101]
    with pytest.raises(ParameterError, match="expected times from the first sample"):
        sp.plotting.weight_histogram(drifting(3), "a->b", at=[-1])
    with pytest.raises(UnknownNameError, match="no weights of a projection 'b->a'"):
        drifting(3).weights("b->a")
    matplotlib.pyplot.close("all")

"""Events recorded with chosen variables: which values, and the same bits on every backend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim.backends import find
from spikesim.backends.base import Options
from spikesim.backends.cpp import executable as cpp
from spikesim.build import build
from spikesim.ir.expr import Const, Op, Ref
from spikesim.ir.program import Event, Probe, Statement, View
from spikesim.model import Model
from spikesim.passes import SYMBOLIC, lower
from spikesim.units import Hz, ms, mV, pA

BACKENDS = ["numpy", "jax", "cpp", "cuda"]
EXACT = {"precision": "float64", "conformance": True}


class Ramp(sp.NeuronModel):
    """Rises by 1 mV a ms, counts its steps on the way, and starts again above 2.05 mV."""

    v = sp.state(0 * mV, "potential")
    age = sp.state(0, "time since the last spike, ms")
    up = sp.parameter(1 * mV / ms, "slope")
    equations = """
    dv/dt = up
    dage/dt = 1/(1*ms)
    """
    spike = "v > 2.05*mV"
    reset = """
    v = 0*mV
    age = 0
    """


@pytest.mark.parametrize("order", ["standard", "nest"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_values_are_those_before_the_reset(backend, order):
    """The ramp is above 2.05 mV after 21 steps of 0.1 mV, each time."""
    net = sp.Network(dt=0.1 * ms, order=order)
    net.record(net.population("ramp", 3, Ramp()), "spikes", variables=["v", "age"])
    spikes = net.run(10 * ms, backend, **EXACT)["ramp"].spikes
    np.testing.assert_allclose(spikes.t, np.repeat([2.1, 4.2, 6.3, 8.4], 3))
    np.testing.assert_allclose(spikes.v, 2.1)
    np.testing.assert_allclose(spikes["age"], 2.1)
    assert spikes.units == {"v": "mV", "age": "1"}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("order", "delay", "value"), [("standard", 0.0, 2.1), ("nest", 0.1, 3.1)])
def test_arrivals_of_the_step(backend, order, delay, value):
    """`first` fires in each 21st step, and makes `second` jump by 1 mV: after its threshold, or, in
    NEST's order, before it."""
    net = sp.Network(dt=0.1 * ms, order=order)
    first = net.population("first", 1, Ramp(), v=0.1 * mV if order == "nest" else 0 * mV)
    second = net.population("second", 1, Ramp())
    net.project(first, second, sp.all_to_all(), weight=1 * mV, delay=delay * ms)
    net.record([first, second], "spikes", variables="v")
    result = net.run(2.2 * ms, backend, **EXACT)
    assert len(result["second"].spikes) == 1
    np.testing.assert_allclose(result["second"].spikes.v, value)


def network(order="standard"):
    net = sp.Network(dt=0.1 * ms, seed=3, order=order)
    cells = net.population("cells", 40, sp.neurons.AdEx(), v=sp.uniform(-70 * mV, -52 * mV))
    noise = net.population("noise", 6, sp.neurons.Poisson(rate=300 * Hz))
    current = sp.synapses.ExpCurrent(tau=2 * ms, name="syn")
    net.project(noise, cells, sp.fixed_probability(0.5), synapse=current, weight=1500 * pA,
                delay=1 * ms)  # fmt: skip
    net.project(cells, cells, sp.fixed_probability(0.2), weight=2 * mV, delay=0.1 * ms)
    net.record(cells, "spikes", variables=["v", "w"])
    net.record(cells[[7, 1, 30]], "spikes", variables=["syn.I"])
    net.record(cells[5:20:3], "spikes", variables="v", start=20 * ms, stop=60 * ms)
    net.record(noise, "spikes")
    return net


def same(a, b):
    assert a["cells"].recorded.keys() == b["cells"].recorded.keys()
    for name, spikes in a["cells"].recorded.items():
        other = b["cells"].recorded[name]
        for x, y in [(spikes.t, other.t), (spikes.i, other.i)]:
            np.testing.assert_array_equal(x, y)
        assert spikes.variables.keys() == other.variables.keys()
        for word in spikes.variables:
            assert spikes[word].dtype == other[word].dtype
            np.testing.assert_array_equal(spikes[word], other[word])


@pytest.mark.parametrize("order", ["standard", "nest"])
@pytest.mark.parametrize("backend", ["jax", "cpp"])
def test_same_bits(backend, order, monkeypatch):
    monkeypatch.setattr(cpp, "_ROOM", 100)  # drained often
    net = network(order)
    ours, theirs = net.run(80 * ms, backend, **EXACT), net.run(80 * ms, "numpy", **EXACT)
    assert len(theirs["cells"].spikes) > 300
    same(ours, theirs)
    once = net.run(80 * ms, backend)["cells"].spikes
    assert once.v.dtype == np.float32


@pytest.mark.parametrize("backend", BACKENDS)
def test_views_are_parts_of_the_whole(backend):
    recorded = network().run(80 * ms, backend)["cells"]
    whole, three, window = (recorded[n] for n in ("spikes", "spikes#2", "spikes#3"))
    assert set(three.i) == {1, 7, 30} and len(three["syn.I"]) == len(three)
    mine = np.isin(whole.i, window.neurons) & (whole.t > 20.01) & (whole.t < 60.01)
    np.testing.assert_array_equal(window.v, whole.v[mine])


@pytest.mark.parametrize("backend", BACKENDS)
def test_recording_variables_changes_nothing(backend):
    net, plain = network(), network()
    plain.requests[:] = []
    plain.record("cells", "spikes")
    a, b = net.run(60 * ms, backend), plain.run(60 * ms, backend)
    np.testing.assert_array_equal(a["cells"].spikes.t, b["cells"].spikes.t)
    np.testing.assert_array_equal(a["cells"].final["v"], b["cells"].final["v"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_stretches_files_and_disk(backend, tmp_path):
    model = network().compile(backend)
    whole = model.run(60 * ms)
    simulation = model.start()
    first = simulation.run(25 * ms)
    moment = simulation.store()
    second = simulation.run(35 * ms)
    simulation.restore(moment)
    again = simulation.run(35 * ms)
    same(second, again)
    joined = np.concatenate([first["cells"].spikes.v, second["cells"].spikes.v])
    np.testing.assert_array_equal(joined, whole["cells"].spikes.v)
    model.run(60 * ms, sink=sp.to_disk(tmp_path / "kept.zarr"))
    same(sp.read_recording(tmp_path / "kept.zarr"), whole)
    whole.save(tmp_path / "run.npz")
    same(sp.load_results(tmp_path / "run.npz"), whole)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(0, 39), min_size=1, unique=True),
    st.lists(st.sampled_from(["v", "w", "syn.I"]), min_size=1, unique=True),
)
def test_any_view_and_variables(index, variables):
    net = network()
    net.requests[:] = []
    net.record(net.populations["cells"][index], "spikes", variables=variables)
    same(net.run(10 * ms, "cpp", **EXACT), net.run(10 * ms, "numpy", **EXACT))


# ---- events other than spikes -----------------------------------------------------------------


def with_event(backend):
    """The network with an event "high", which is none of a spike's, in the program."""
    net = network()
    net.record("cells", "v")
    program = build(net)
    (cells,) = (g for g in program.neurons if g.name == "cells")
    met = Op("gt", (Ref("v"), Const(-55.0)))
    high = Event("high", met, (Statement("w", Op("add", (Ref("w"), Const(1.0)))),))
    view = View("cells", slice(None, None, 2))
    probes = (
        Probe("a", view, event="high", variables=("v", "w")),
        Probe("b", view, event="high", every=50, reduce="rate"),
    )
    neurons = tuple(
        replace(g, events=(*g.events, high)) if g is cells else g for g in program.neurons
    )
    program = replace(program, neurons=neurons, probes=program.probes + probes)
    how = Options.of(**EXACT)
    executable = find(backend).lower(lower(program, SYMBOLIC), how)
    return Model(program, executable, how, backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_another_event(backend):
    ours, theirs = with_event(backend).run(60 * ms)["cells"], with_event("numpy").run(60 * ms)
    high, rate = ours["high"], ours["rate"]
    assert len(high) > 100 and (high.v > -55).all() and not (high.i % 2).any()
    np.testing.assert_array_equal(high.w, theirs["cells"].high.w)
    np.testing.assert_array_equal(high.t, theirs["cells"].high.t)
    counts = np.bincount(np.ceil(high.t / 5 - 1e-6).astype(int) - 1, minlength=6)
    np.testing.assert_allclose(rate.values, counts / 20 / 5e-3)

"""Wrong numbers without an error that were found from outside, each with its right value."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends import find, names
from spikesim.errors import ParameterError
from spikesim.units import ms, mV, pA, pF

BACKENDS = pytest.mark.parametrize(
    "backend", [name for name in names() if not find(name).unavailable()]
)


@BACKENDS
def test_values_of_a_stimulus_follow_a_view_in_any_order(backend):
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", 3, sp.neurons.LIF())
    net.stimulate(cells[::-1], sp.dc([100, 200, 300] * pA))
    net.record(cells, "v")
    last = net.run(5 * ms, backend, precision="float64")["cells"].v.values[-1]
    assert last[0] > last[1] > last[2]


@BACKENDS
def test_weights_of_a_run_are_in_the_order_of_the_projection(backend):
    weights = [20, 10, 5] * mV
    net = sp.Network(dt=0.1 * ms)
    a = net.population("a", 3, sp.spike_times([[1.0] * ms] * 3))
    b = net.population("b", 3, sp.neurons.LIF(V_th=100 * mV))
    net.project(a, b, sp.explicit([2, 1, 0], [0, 1, 2]), weight=weights)
    net.record(b, "v")
    model = net.compile(backend, precision="float64")
    default = model.run(2 * ms)["b"].v.values
    np.testing.assert_allclose(default.max(0), [-50, -60, -65])
    assert np.array_equal(default, model.run(2 * ms, params={"a->b.weight": weights})["b"].v.values)
    connections = model.connections("a->b")
    assert connections.source.tolist() == [2, 1, 0] and connections.weight.tolist() == [20, 10, 5]


@BACKENDS
def test_whole_numbers_in_equations_do_not_wrap(backend):
    cell = sp.neuron("dx/dt = 0/ms : 1", spike="x >= 0", reset="x = int(1.5)*60000*60000/10**3",
                     x=sp.state(0))  # fmt: skip
    net = sp.Network(dt=0.1 * ms)
    net.population("cells", 1, cell)
    results = net.run(0.1 * ms, backend, precision="float64")
    assert results["cells"].final["x"].item() == 3.6e6


@BACKENDS
def test_powers_of_ten_below_one(backend):
    cell = sp.neuron("dx/dt = 10**-3/ms : 1", x=sp.state(0))
    net = sp.Network(dt=0.1 * ms)
    net.population("cells", 1, cell)
    x = net.run(1 * ms, backend, precision="float64")["cells"].final["x"].item()
    assert x == pytest.approx(1e-3)


@pytest.mark.parametrize("name", ["t", "dt", "step", "held"])
def test_names_with_a_meaning_of_their_own(name):
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", 1, sp.neurons.LIF())
    with pytest.raises(ParameterError, match="meaning of its own"):
        net.stimulate(cells, sp.dc(1 * pA), name=name)


def test_synapses_called_next():
    with pytest.raises(ParameterError, match="meaning of its own"):
        sp.synapses.ExpCurrent(name="next")


def test_only_streams_that_are_drawn_from_may_not_collide():
    """The hashes of two paths here are equal, but nothing is drawn from either."""
    net = sp.Network(dt=0.1 * ms)
    names = ("A2_L5I", "A2_L23I", "A1_L23I", "A3_L5I")
    p = {n: net.population(n, 2, sp.neurons.LIF()) for n in names}
    for source, target in (("A2_L5I", "A2_L23I"), ("A1_L23I", "A3_L5I")):
        net.project(p[source], p[target], sp.all_to_all(), synapse=sp.synapses.ExpCurrent(),
                    weight=1 * pA, delay=1 * ms)  # fmt: skip
    net.compile("numpy")


def test_a_current_with_many_steps():
    """A perfect integrator tells the current of each millisecond."""
    net = sp.Network(dt=0.1 * ms)
    cell = sp.neuron("dx/dt = I/C : mV", C=1 * pF, I=sp.port(pA))
    cells = net.population("cells", 1, cell)
    amplitudes = np.arange(1000) % 7
    net.stimulate(cells, sp.step_current(np.arange(1000) * ms, amplitudes * pA))
    net.record(cells, "x", every=1 * ms)
    x = net.run(20 * ms, "numpy", precision="float64")["cells"].x.values[:, 0]
    np.testing.assert_allclose(np.diff(x), amplitudes[:19], atol=1e-12)

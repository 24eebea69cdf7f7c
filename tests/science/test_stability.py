"""The largest stable step that errors and warnings name, against what runs do around it."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

import spikesim as sp
from spikesim.units import ms, mV, nS, pA, pF

REACH = {"euler": 2.0, "heun": 2.0, "rk4": 2.785}


def decay(method: str) -> sp.NeuronModel:
    """Three rates, of which 8/ms is the fastest."""
    text = "dx/dt = -(7*x - y)/ms : 1\ndy/dt = (5*x - 3*y)/ms : 1\ndz/dt = -sin(z)/ms : 1"
    return sp.neuron(text, method=method)


@pytest.mark.parametrize("method", REACH)
def test_linear_decay_grows_beyond_the_step_that_is_named(method):
    fastest = -np.linalg.eigvals([[-7.0, 1.0], [5.0, -3.0]]).min()
    largest = REACH[method] / fastest
    for factor, stable in ((0.95, True), (1.05, False)):
        dt = factor * largest
        net = sp.Network(dt=dt * ms)
        net.population("cell", 1, decay(method), x=1.0)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            final = net.run(400 * dt * ms, "numpy", precision="float64")["cell"].final["x"][0]
        assert (abs(final) < 1) == stable
        named = [re.search(r"stable up to ([\d.]+) ms", str(w.message)) for w in said]
        assert [float(n[1]) for n in named if n] == ([] if stable else [float(f"{largest:.2g}")])


def test_hodgkin_huxley_blows_up_at_a_tenth_and_the_error_names_a_step_that_does_not():
    def run(dt: float) -> np.ndarray:
        net = sp.Network(dt=dt * ms)
        cell = net.population("cell", 1, sp.neurons.HodgkinHuxley())
        net.stimulate(cell, sp.dc(1500 * pA))
        net.record(cell, "spikes")
        return net.run(100 * ms, precision="float64")["cell"].spikes.t

    with pytest.raises(sp.errors.NotFiniteError, match=r"yours is 0\.1 ms") as caught:
        run(0.1)
    largest = float(re.search(r"largest stable step is about ([\d.]+) ms", str(caught.value))[1])
    assert 0.03 < largest < 0.1
    assert len(run(0.9 * largest)) == len(run(0.01))


def test_a_short_synapse_is_told_of_before_anything_happens():
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", 3, sp.neurons.AdEx())
    synapse = sp.synapses.ExpCurrent(tau=0.02 * ms)
    net.stimulate(cells, sp.poisson(10 * sp.units.Hz), synapse=synapse, weight=0 * pA)
    with pytest.warns(sp.errors.RunWarning, match=r"rk4, which is stable up to 0\.056 ms"):
        net.run(1 * ms, "numpy")


def test_methods_that_are_always_stable_are_never_warned_of():
    net = sp.Network(dt=5 * ms)
    text = "dv/dt = -v/(0.01*ms)*(2 + cos(w)) : mV\ndw/dt = -w/ms*(2 + cos(v/mV)) : 1"
    net.population("cell", 1, sp.neuron(text, method="exponential_euler"), v=1 * mV, w=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.run(50 * ms, "numpy")


def test_neurons_with_parameters_of_their_own():
    net = sp.Network(dt=0.1 * ms)
    model = sp.neuron("dv/dt = -sin(v)/tau : 1", method="rk4", tau=sp.uniform(0.02 * ms, 0.03 * ms))
    net.population("cells", 200, model)
    with pytest.warns(sp.errors.RunWarning, match="stable up to") as said:
        net.run(1 * ms, "numpy")
    largest = float(re.search(r"stable up to ([\d.]+) ms", str(said[0].message))[1])
    assert 2.785 * 0.02 <= largest + 0.01 and largest < 2.785 * 0.025


@pytest.mark.parametrize("method", REACH)
def test_a_neuron_without_equations_has_no_step_that_is_too_long(method):
    net = sp.Network()
    net.population("counter", 2, sp.neuron("", v=sp.state(1 * mV), method=method))
    assert np.array_equal(net.run(1 * ms, "numpy")["counter"].final["v"], [1, 1])


def test_noise_is_no_rate():
    """Its largest step is that of -v/tau, 20 ms; the strength of the noise is no part of it."""
    text = "dv/dt = -v/tau - 3*v*ms**-0.5*xi : mV"
    for method in ("euler", "heun", "milstein"):
        net = sp.Network(dt=1 * ms)
        net.population("cells", 2, sp.neuron(text, tau=10 * ms, method=method), v=1 * mV)
        net.compile("numpy", precision="float64").run(3 * ms)  # no warning, which is an error here
    net = sp.Network(dt=21 * ms)
    net.population("cells", 2, sp.neuron(text, tau=10 * ms, method="euler"), v=1 * mV)
    with pytest.warns(RuntimeWarning, match="stable up to 20 ms"):
        net.compile("numpy", precision="float64").run(42 * ms)


@pytest.mark.parametrize("backend", ["numpy", "jax", "cpp"])
@pytest.mark.parametrize("size", [1, 20])
def test_a_variable_that_all_neurons_share(backend, size):
    """Brian2's `(shared)`: one value, not one a neuron."""
    net = sp.Network(dt=0.1 * ms)
    text = "dv/dt = (s - v)/tau : mV\ns : mV (shared)"
    cell = sp.neuron(text, tau=0.03 * ms, method="rk4", s=sp.state(1 * mV))
    net.population("cells", size, cell)
    with pytest.warns(sp.errors.RunWarning, match=r"stable up to 0\.084 ms"):
        net.run(0.2 * ms, backend, precision="float64")


@pytest.mark.parametrize(
    "rate",
    ["-sign(x)/ms", "-x/(10*ms) - 0.1*int(x > 0)/ms", "-floor(x)/ms", "-sign(x)*sqrt(abs(x))/ms"],
)
def test_a_jump_is_no_fast_decay(rate):
    """At x = 0 a difference quotient grows as the difference shrinks; nothing blows up."""
    net = sp.Network(dt=0.1 * ms)
    net.population("cells", 2, sp.neuron(f"dx/dt = {rate} : 1", method="heun"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", sp.errors.RunWarning)
        final = net.run(100 * ms, "numpy", precision="float64")["cells"].final["x"]
    assert (abs(final) < 1.1).all()


def test_a_variable_far_smaller_than_its_unit():
    """Differences are not to reach out to where the cube, which is nothing here, is steep."""
    net = sp.Network(dt=0.1 * ms)
    text = "dx/dt = -x*(1 + (x/1e-12)**2)/(10*ms) : 1"
    net.population("cells", 2, sp.neuron(text, method="heun"), x=1e-13)
    with warnings.catch_warnings():
        warnings.simplefilter("error", sp.errors.RunWarning)
        final = net.run(10 * ms, "numpy", precision="float64")["cells"].final["x"]
    assert (abs(final) < 1e-13).all()


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_what_overflows_at_the_start_is_told_as_such():
    net = sp.Network(dt=0.1 * ms)
    text = "dx/dt = -x/(10*ms) : 1"
    net.population("cells", 2, sp.neuron(text, method="heun"), x=1e200)  # float32 ends at 3e38
    with pytest.raises(sp.errors.NotFiniteError, match="x of neuron 0"):
        net.run(1 * ms, "numpy", precision="float32")


@pytest.mark.parametrize("name", sorted(dir(sp.neurons)))
def test_no_ready_made_neuron_is_warned_of_at_its_defaults(name):
    net = sp.Network(dt=0.05 * ms)
    net.population("cells", 2, getattr(sp.neurons, name)())
    with warnings.catch_warnings():
        warnings.simplefilter("error", sp.errors.RunWarning)
        net.run(1 * ms, "numpy")


@pytest.mark.parametrize(
    "evaluated, method, reach",
    [("step", "auto", 2.0), ("step", "rk4", 2.0), ("stage", "rk4", 2.785)],
)
@pytest.mark.parametrize("n", [2, 20])
def test_strong_gap_junctions_grow_beyond_the_step_that_is_named(evaluated, method, reach, n):
    """n cells, all joined: differences decay at the rate n g/C."""
    largest = reach / (n * 10 / 100)
    model = sp.neuron("dv/dt = I/C : mV", C=100 * pF, I=sp.port(pA), method=method)
    for factor, stable in ((0.95, True), (1.05, False)):
        dt = factor * largest
        net = sp.Network(dt=dt * ms, seed=1)
        cells = net.population("cells", n, model, v=sp.uniform(0 * mV, 1 * mV))
        junction = sp.synapses.GapJunction(evaluated=evaluated)
        net.project(cells, cells, sp.symmetric(sp.all_to_all()), synapse=junction, weight=10 * nS)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            final = net.run(200 * dt * ms, precision="float64")["cells"].final["v"]
        assert (np.ptp(final) < 1) == stable
        named = [re.search(r"stable up to about ([\d.]+) ms", str(w.message)) for w in said]
        assert [float(m[1]) for m in named if m] == ([] if stable else [float(f"{largest:.2g}")])


def test_the_error_of_gap_junctions_names_the_largest_step():
    net = sp.Network(dt=0.1 * ms)
    model = sp.neuron("dv/dt = -v/(10*ms) + I/C : mV", C=100 * pF, I=sp.port(pA))
    cells = net.population("cells", 2, model, v=[0, 1] * mV)
    pairs, junction = sp.symmetric(sp.all_to_all()), sp.synapses.GapJunction()
    net.project(cells, cells, pairs, synapse=junction, weight=2000 * nS)
    with pytest.warns(sp.errors.RunWarning), pytest.raises(sp.errors.NotFiniteError) as caught:
        net.run(100 * ms, "numpy")
    said = str(caught.value)
    assert re.search(r"projection 'cells->cells'.* stable up to about 0\.05 ms", said), said

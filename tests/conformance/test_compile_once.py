"""A compiled network is a function of parameters, initial values, seed and duration: none of them
compiles anything again, and each gives what a network built with those values gives."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.native import why_missing
from spikesim.units import Hz, ms, mV, nS, pA

MODES = [
    ("numpy", {"precision": "float64"}),
    ("jax", {"precision": "float32"}),
    ("jax", {"conformance": True}),
    *([] if why_missing() else [("cpp", {"precision": "float32"}), ("cpp", {"conformance": True})]),
]
SIZE = 12
DURATION = 25 * ms

# What a network is built with, and the name of the same in `params`.
BUILT = {
    "tau_m": ("cell.tau_m", 8 * ms),
    "t_ref": ("cell.t_ref", 0.7 * ms),
    "C": ("cell.C", np.linspace(150, 300, SIZE) * sp.units.pF),
    "v": ("cell.v", -58 * mV),
    "b": ("other.b", 30 * pA),
    "tau": ("other.ampa.tau", 4 * ms),
    "weight": ("drive->cell.weight", 260 * pA),
    "listed": ("cell->other.weight", np.linspace(1, 9, 5) * nS),
    "rate": ("drive.rate", 250 * Hz),
    "amplitude": ("cell.dc.amplitude", 410 * pA),
    "noise": ("other.poisson.rate", 17 * Hz),
}


def network(**given):
    def of(name, default):
        return given.get(name, default)

    net = sp.Network(dt=0.1 * ms, seed=5)
    lif = sp.neurons.LIF(
        tau_m=of("tau_m", 10 * ms),
        t_ref=of("t_ref", 2 * ms),
        C=of("C", np.full(SIZE, 250) * sp.units.pF),
    )
    cell = net.population("cell", SIZE, lif, v=of("v", sp.uniform(-60 * mV, -55 * mV)))
    other = net.population("other", SIZE, sp.neurons.AdEx(b=of("b", 80 * pA)))
    drive = net.population("drive", 20, sp.neurons.Poisson(rate=of("rate", 200 * Hz)))
    current = sp.synapses.ExpCurrent()
    ampa = sp.synapses.ExpConductance(tau=of("tau", 5 * ms), name="ampa")
    net.project(
        drive,
        cell,
        sp.fixed_indegree(6),
        synapse=current,
        weight=of("weight", 200 * pA),
        delay=sp.uniform(0 * ms, 3 * ms),
    )
    pairs = sp.explicit([0, 3, 3, 7, 11], [1, 1, 5, 0, 2])
    listed = of("listed", np.full(5, 5.0) * nS)
    net.project(cell, other, pairs, synapse=ampa, weight=listed, delay=1 * ms)
    net.stimulate(cell, sp.dc(of("amplitude", 300 * pA)))
    poisson = sp.poisson(rate=of("noise", 8 * Hz), n=200)
    net.stimulate(other, poisson, synapse=ampa, weight=2 * nS)
    net.record([cell, other, drive], "spikes")
    net.record([cell, other], "v", every=1 * ms)
    return net


def arrays(results):
    found = {}
    for name in results:
        for what, data in results[name].recorded.items():
            for column in ("t", "i", "values"):
                if hasattr(data, column):
                    found[name, what, column] = getattr(data, column)
        found |= {(name, x, "final"): a for x, a in results[name].final.items()}
    return found


def assert_same(a, b):
    a, b = arrays(a), arrays(b)
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_array_equal(a[key], b[key], err_msg=str(key))


def differ(a, b):
    a, b = arrays(a), arrays(b)
    return any(a[key].shape != b[key].shape or (a[key] != b[key]).any() for key in a)


@pytest.fixture(scope="module", params=MODES, ids=lambda mode: f"{mode[0]}-{mode[1]}")
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def model(mode):
    backend, options = mode
    made = network().compile(backend, **options)
    made.run(1 * ms)
    return made


@pytest.fixture(scope="module")
def unchanged(model):
    return model.run(DURATION)


@pytest.fixture
def compilations(model):
    """Nothing may be compiled in a test that uses this."""
    before = model.compilations
    assert before == (1 if model.backend == "jax" else 0)
    yield
    assert model.compilations == before


def test_values_of_a_run_equal_those_built_in(mode, model, unchanged, compilations):
    backend, options = mode
    params = {name: value for name, value in BUILT.values()}
    fresh = network(**{word: value for word, (_, value) in BUILT.items()})
    changed = model.run(DURATION, params=params)
    assert_same(changed, fresh.run(DURATION, backend, **options))
    assert sum(len(changed[p].spikes) for p in changed) > 100
    assert len(changed["cell"].spikes) > 10
    # Nothing of it stays behind.
    assert_same(model.run(DURATION), unchanged)
    assert_same(unchanged, network().run(DURATION, backend, **options))


@pytest.mark.parametrize("word", BUILT)
def test_each_value_matters(model, unchanged, compilations, word):
    name, value = BUILT[word]
    assert differ(model.run(DURATION, params={name: value}), unchanged)


def test_a_weight_scale_is_a_factor_of_all_weights(mode, model, compilations):
    backend, options = mode
    scaled = model.run(DURATION, params={"drive->cell.weight_scale": 0.5})
    assert_same(scaled, network(weight=100 * pA).run(DURATION, backend, **options))
    silent = model.run(DURATION, params={"drive->cell.weight_scale": 0})
    assert len(silent["cell"].spikes) < len(scaled["cell"].spikes)


def test_the_seed_of_a_run_draws_its_noise_but_no_connection(mode, model, unchanged, compilations):
    backend, options = mode
    first, again, other = (model.run(DURATION, seed=s) for s in (7, 7, 8))
    assert_same(first, again)
    assert differ(first, other)
    assert first.seed == 7
    # Initial values are the network's.
    np.testing.assert_array_equal(first["cell"].v.values[0], other["cell"].v.values[0])
    assert_same(first, network().run(DURATION, backend, seed=7, **options))
    assert_same(unchanged, model.run(DURATION, seed=5))


def test_durations(model, compilations):
    long = model.run(30 * ms)
    for duration in (0, 0.1, 15, 30):
        short = model.run(duration * ms)
        for name in short:
            t, i = long[name].spikes.t, long[name].spikes.i
            early = t <= duration + 0.05
            np.testing.assert_array_equal(short[name].spikes.t, t[early])
            np.testing.assert_array_equal(short[name].spikes.i, i[early])


def test_a_network_of_another_shape_compiles_anew():
    made = network().compile("jax")
    assert made.compilations == 0
    made.run(1 * ms)
    made.run(1 * ms, params={"cell.tau_m": 9 * ms})
    assert made.compilations == 1
    # One value a neuron in place of one for all is another program: the one thing that compiles.
    made.run(1 * ms, params={"cell.tau_m": np.full(SIZE, 9.0) * ms})
    assert made.compilations == 2

"""Synapses beyond jumps: NumPy, JAX and C++ give the same bits, on any number of threads."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends import find, names
from spikesim.backends import synapses as synapse_tables
from spikesim.backends.cpp import executable as cpp_backend
from spikesim.units import Hz, ms, mV, nS, pA, pF

BACKENDS = [name for name in names() if not find(name).unavailable()]


class Cell(sp.NeuronModel):
    """A neuron with a leak and an exponential upstroke; rk4 where nothing else is said."""

    C = sp.parameter(100 * pF)
    g = sp.parameter(10 * nS)
    E = sp.parameter(-65 * mV)
    v = sp.state(-65 * mV)
    I = sp.port(pA)
    equations = """
    dv/dt = (g*(E - v) + 20*nS*mV*exp(min(v + 50*mV, 15*mV)/(2*mV)) + I)/C (unless refractory)
    """
    spike = "v > -40*mV"
    reset = "v = -60*mV"
    refractory = "1*ms"


def gaps(evaluated):
    """Junctions of two populations and of parts of them, some with weights of their own."""
    net = sp.Network(dt=0.1 * ms, seed=3)
    a = net.population("a", 70, Cell(), v=sp.uniform(-70 * mV, -50 * mV))
    b = net.population("b", 130, Cell(E=sp.normal(-60 * mV, 3 * mV)))
    junction = sp.synapses.GapJunction(evaluated=evaluated)
    drawn = sp.normal(1 * nS, 0.3 * nS, low=0 * nS)
    net.project(a, a, sp.symmetric(sp.fixed_probability(0.1)), synapse=junction, weight=drawn)
    net.project(a[::2], b, sp.fixed_probability(0.05), synapse=junction, weight=2 * nS)
    net.project(b, a[[5, 4, 0]], sp.all_to_all(), synapse=junction,
                weight=np.linspace(0, 1, 390) * nS)  # fmt: skip
    net.project(a, b, sp.fixed_probability(0.1), weight=0.5 * mV, delay=1 * ms)
    net.stimulate(a, sp.dc(200 * pA))
    net.record([a, b], ["v", "gap_junction.I", "spikes"])
    return net


def gates():
    """Presynaptic states of several kinds, shared by projections or not, with and without delay."""
    net = sp.Network(dt=0.1 * ms, seed=4)
    a = net.population("a", 50, Cell())
    b = net.population("b", 60, Cell())
    slow, fast = (
        sp.synapses.SaturatingNMDA(),
        sp.synapses.SaturatingNMDA(tau_decay=20 * ms, name="fast"),
    )
    net.project(a, [a, b], sp.fixed_probability(0.3), synapse=slow, weight=0.3 * nS, delay=1 * ms)
    net.project(a, b, sp.fixed_probability(0.3), synapse=slow, weight=0.2 * nS, delay=2 * ms)
    net.project(b, a, sp.fixed_probability(0.3), synapse=fast, weight=0.2 * nS)
    net.project(b, [a, b], sp.fixed_probability(0.3), synapse=sp.synapses.Graded(),
                weight=sp.uniform(0 * nS, 1 * nS))  # fmt: skip
    net.project(b, a, sp.fixed_probability(0.3), synapse=sp.synapses.GABAB(), weight=9 * nS)
    net.stimulate([a, b], sp.poisson(2000 * Hz), weight=1.5 * mV)
    net.record(a, ["v", "saturating_nmda.s", "gabab.g", "spikes"])
    net.record(b, ["v", "saturating_nmda.g", "fast.s", "spikes"])
    return net


def pools(alike=True):
    """All to all with one weight, so that all targets have one sum; or with equal weights given one
    by one, so that each has its own."""
    net = sp.Network(dt=0.1 * ms, seed=6)
    a = net.population("a", 70, Cell())
    b = net.population("b", 90, Cell())
    slow = sp.synapses.SaturatingNMDA(name="nmda")
    for source, target, weight in ((a, a, 0.2), (a, b, 0.3), (b, a[3:60:2], 0.1)):
        each = np.ones(len(source) * len(target))
        net.project(source, target, sp.all_to_all(), synapse=slow,
                    weight=weight * (1.0 if alike else each) * nS, delay=1 * ms)  # fmt: skip
    net.stimulate([a, b], sp.poisson(2000 * Hz), weight=1.5 * mV)
    net.record([a, b], ["v", "nmda.g", "spikes"])
    return net


def unreliable(release=0.4, delay=1 * ms, weight=400 * pA, order="standard"):
    net = sp.Network(dt=0.1 * ms, seed=5, order=order)
    a = net.population("a", 100, sp.neurons.Poisson(rate=50 * Hz))
    b = net.population("b", 50, sp.neurons.LIF())
    synapse, some = sp.synapses.ExpCurrent(tau=2 * ms), sp.fixed_probability(0.3)
    net.project(a, b, some, synapse=synapse, weight=weight, delay=delay, release=release)
    net.project(a, b, some, synapse=synapse, weight=100 * pA, delay=1 * ms)
    net.project(b, b, some, synapse=synapse, weight=-20 * pA, delay=sp.uniform(1 * ms, 3 * ms),
                release=sp.uniform(0, 1))  # fmt: skip
    net.record(b, ["v", "exp_current.I", "spikes"])
    return net


NETWORKS = {
    "gaps each step": lambda: gaps("step"),
    "gaps each stage": lambda: gaps("stage"),
    "gates": gates,
    "pools": pools,
    "unreliable": unreliable,
    "unreliable, drawn": lambda: unreliable(sp.uniform(0.1, 0.9), sp.uniform(0 * ms, 4 * ms)),
    "unreliable, in NEST's order": lambda: unreliable(
        weight=sp.normal(400 * pA, 50 * pA), order="nest"
    ),
}


def assert_equal(a, b):
    for p in a:
        for what, ours in a[p].recorded.items():
            theirs = b[p].recorded[what]
            for column in ("t", "i", "values"):
                if hasattr(ours, column):
                    assert np.array_equal(getattr(ours, column), getattr(theirs, column)), (p, what)
        for variable, values in a[p].final.items():
            assert np.array_equal(values, b[p].final[variable]), (p, variable)


@pytest.mark.parametrize("name", NETWORKS)
def test_same_bits(name):
    net = NETWORKS[name]()
    meaning, *others = (net.run(40 * ms, b, conformance=True, seed=9) for b in sorted(BACKENDS))
    assert sum(len(meaning[p].spikes) for p in meaning if "spikes" in meaning[p].recorded) > 20
    for other in others:
        assert_equal(meaning, other)


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_sum_for_all_is_the_same_sum(backend):
    pooled, each = (pools(alike).compile(backend, precision="float64") for alike in (True, False))
    assert "the same for all" in pooled.text(lowered=True)
    assert "the same for all" not in each.text(lowered=True)
    assert_equal(pooled.run(30 * ms), each.run(30 * ms))
    assert len(pooled.connections("b->a").weight) == 90 * 29
    with pytest.raises(sp.errors.ParameterError, match="one value for all"):
        pooled.run(1 * ms, params={"b->a.weight": np.ones(90 * 29) * nS})


@pytest.mark.parametrize("threads", [2, 3, 4])
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_any_number_of_threads(name, threads, precision):
    if find("cpp").unavailable():
        pytest.skip("no C++ part")
    net = NETWORKS[name]()
    alone = net.run(20 * ms, "cpp", precision=precision)
    with (
        patch.object(cpp_backend, "_threads", lambda program: threads),
        patch.object(synapse_tables, "_FEWEST_SLOTS", 16),
    ):
        together = net.run(20 * ms, "cpp", precision=precision)
    assert_equal(alone, together)


@pytest.mark.parametrize("backend", BACKENDS)
def test_parameters_of_a_run(backend):
    """Conductances and probabilities are run-time inputs, and a run can be taken up again."""
    model = gaps("stage").compile(backend, precision="float64")
    none = model.run(5 * ms, params={"a->a.weight_scale": 0, "a->b.weight": 0 * nS,
                                     "b->a.weight_scale": 0})  # fmt: skip
    assert np.all(none["a"]["gap_junction.I"].values == 0)
    whole = model.run(5 * ms)
    assert np.any(whole["a"]["gap_junction.I"].values != 0)
    halves = model.start()
    halves.run(2 * ms)
    assert np.array_equal(halves.run(3 * ms)["a"].final["v"], whole["a"].final["v"])
    model = unreliable().compile(backend, precision="float64")
    closed = model.run(20 * ms, params={"a->b.release": 0.0, "a->b#2.weight": 0 * pA})
    assert np.all(closed["b"]["exp_current.I"].values <= 0)
    with pytest.raises(sp.errors.ParameterError, match="probabilities, 0 to 1"):
        model.run(1 * ms, params={"a->b.release": 1.5})


class Beat(sp.SynapseModel):
    """A sum in which much is the same for all synapses in a step."""

    g = sp.state(0 * nS)
    k = sp.parameter(1 / ms)
    continuous = """g += (weight*tanh(pre.v/mV)*(1 + exp(-k*t))
        *(sin(k*t) + cos(2*k*t) + sin(3*k*t) + cos(5*k*t) + sin(7*k*t)))"""
    output = "g*(-60*mV - v)"
    reads = {"v": mV}  # noqa: RUF012


def test_much_is_computed_once_a_step():
    net = sp.Network(dt=0.1 * ms, seed=1)
    a = net.population("a", 9, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -50 * mV))
    net.project(a, a, sp.all_to_all(), synapse=Beat(), weight=1 * nS)
    first, *others = (net.run(5 * ms, b, conformance=True)["a"].final["v"] for b in BACKENDS)
    assert np.ptp(first) > 1
    assert all(np.array_equal(first, other) for other in others)

"""Rules beside what their papers say, and what is done to synapses at intervals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import ParameterError, SeveralErrors
from spikesim.units import Hz, ms, mV, nA, pA

from .test_plasticity import Relay, pair

BACKENDS = ["numpy", "cpp"]


def change(rule, gap):
    """Of the weight, by one pair of spikes, the postsynaptic one `gap` ms after the other."""
    pre, post = (100.0, 100.0 + gap) if gap > 0 else (100.0 - gap, 100.0)
    net = pair(rule, [pre], [post], dendritic=0.0)
    return net.run(300 * ms, "numpy", precision="float64")["a->b"].final["weight"][0] - 45


@pytest.mark.parametrize("gap", [-60.0, -7.0, 3.0, 25.0])
def test_windows(gap):
    p = sp.plasticity
    both = np.exp(-abs(gap) / 20) - 0.4 * np.exp(-abs(gap) / 50)
    assert change(p.SymmetricSTDP(w_max=100.0), gap) == pytest.approx(both, rel=1e-9)
    # Each presynaptic spike potentiates by a tenth of what a pair depresses by.
    anti = 0.1 - np.exp(-gap / 20) * (gap > 0)
    assert change(p.AntiHebbianSTDP(w_max=100.0), gap) == pytest.approx(anti, rel=1e-9)


def sent(rule, n, duration=1000.0):
    """What n synapses of one neuron that fires every 40 ms send, [spikes, synapses]."""
    net = sp.Network(dt=0.1 * ms, seed=5)
    source = net.population("a", 1, sp.spike_times([np.arange(10, duration, 40) * ms]))
    target = net.population("b", n, Relay())
    net.project(source, target, sp.all_to_all(), synapse=sp.synapses.Delta("z"), weight=1.0,
                plasticity=rule, delay=1 * ms)  # fmt: skip
    net.record(target, "z", every=20 * ms)
    z = net.run(duration * ms, precision="float64")["b"].z.values
    return np.diff(z[::2], axis=0)


def test_release_sites_are_short_term_plasticity_on_the_average():
    values = {"U": 0.3, "tau_rec": 150 * ms, "tau_fac": 200 * ms}
    n = 4000
    quantal = sent(sp.plasticity.Quantal(**values), n)
    assert set(np.unique(quantal)) == {0, 1}
    mean = sent(sp.plasticity.TsodyksMarkram(**values), 1)[:, 0]
    error = np.sqrt(mean * (1 - mean) / n)
    z = (quantal.mean(axis=1) - mean) / error
    assert len(z) > 20 and np.all(np.abs(z) < 4.5) and np.std(z) < 1.7
    # A site that has released is empty for a while.
    after = quantal[1:][quantal[:-1] == 1].mean()
    assert after < 0.8 * quantal[1:][quantal[:-1] == 0].mean()


class Output(sp.NeuronModel):
    """A neuron with a readout of its own, which is to follow a sine. A name is read as it is when a
    step begins, so here stands what v and y will be when the threshold is looked at."""

    v = sp.state(0.0)
    y = sp.state(0.0)
    b = sp.parameter(0.7)
    equations = """
    dv/dt = -v/(20*ms)
    dy/dt = -y/(30*ms)
    psi = 0.3*max(0, 1 - abs(v*exp(-dt/(20*ms)) - 1)) : 1
    signal = b*(y*exp(-dt/(30*ms)) - sin(t/(15*ms))) : 1
    """
    spike = "v > 1"
    reset = "v -= 1; y += b"


def test_eprop_is_the_gradient():
    """Of the squared error, where there is no recurrence; by JAX, with the same pseudo-derivative,
    and none through the reset."""
    jax = pytest.importorskip("jax")
    from jax import numpy as jnp

    n, steps, rate = 20, 400, 1e-12
    arrivals = np.random.default_rng(3).random((steps, n)) < 0.01
    first = np.random.default_rng(4).uniform(0.1, 0.5, n)
    net = sp.Network(dt=0.1 * ms)
    source = net.population(
        "a", n, sp.spike_times([(np.flatnonzero(x) + 1) * 0.1 * ms for x in arrivals.T])
    )
    target = net.population("b", 1, Output())
    net.project(
        source, target, sp.all_to_all(), synapse=sp.synapses.Delta("v"), weight=first,
        plasticity=sp.plasticity.EProp(rate=rate, tau_m=20 * ms, tau_out=30 * ms),
        axonal_delay=0 * ms, dendritic_delay=0 * ms,
    )  # fmt: skip
    net.record(target, "spikes")
    results = net.run(steps * 0.1 * ms, "numpy", precision="float64")
    ours = (first - results["a->b"].final["weight"]) / rate

    @jax.custom_vjp
    def spike(v):
        return (v > 1).astype(v.dtype)

    spike.defvjp(lambda v: (spike(v), v), lambda v, g: (g * 0.3 * jnp.maximum(0, 1 - abs(v - 1)),))

    def loss(w):
        v, y, total, count = 0.0, 0.0, 0.0, 0.0
        for k in range(steps):
            v, y = v * np.exp(-0.1 / 20), y * np.exp(-0.1 / 30)
            total += 0.5 * (y - np.sin(k * 0.1 / 15)) ** 2
            z = spike(v)
            count += z
            v = v - jax.lax.stop_gradient(z) + arrivals[k] @ w
            y = y + 0.7 * z
        return total, count

    with jax.enable_x64(True):
        (_, count), gradient = jax.value_and_grad(loss, has_aux=True)(jnp.asarray(first))
    assert float(count) == len(results["b"].spikes) > 3
    assert np.abs(gradient).max() > 0.1
    assert np.allclose(ours, gradient, rtol=1e-6)  # of what is left, as weights are near 1


@pytest.mark.parametrize("current", [0.5, 0.8])
def test_the_threshold_keeps_the_rate(current):
    net = sp.Network(dt=0.1 * ms)
    cell = net.population("a", 1, sp.neurons.HomeostaticLIF(eta=0.3 * mV, target_rate=20 * Hz))
    net.stimulate(cell, sp.dc(current * nA))
    net.record(cell, "spikes")
    spikes = net.run(20_000 * ms)["a"].spikes
    assert spikes.rate(0, 200) > 30 and spikes.rate(15_000, 20_000) == pytest.approx(20, abs=0.3)


# ---- what is done at intervals -------------------------------------------------------------------


def learning(order="standard"):
    net = sp.Network(dt=0.1 * ms, seed=2, order=order)
    a = net.population("a", 50, sp.neurons.Poisson(rate=40 * Hz))
    b = net.population("b", 10, sp.neurons.LIF())
    made = net.project(
        a, b, sp.fixed_probability(0.8), synapse=sp.synapses.ExpCurrent(),
        weight=sp.uniform(20 * pA, 100 * pA), axonal_delay=0 * ms, dendritic_delay=1 * ms,
        plasticity=sp.plasticity.STDP(w_max=400 * pA, rate=0.05),
    )  # fmt: skip
    net.record(b, "spikes")
    return net, made


@pytest.mark.parametrize("backend", BACKENDS)
def test_scaling_conserves_the_total_weight(backend):
    net, made = learning()
    wanted = np.linspace(1000, 3000, 10)
    made.every(20 * ms, sp.plasticity.Scaling(total=wanted * pA))
    net.record(made, "weight", every=10 * ms)
    model = net.compile(backend, precision="float64")
    weights = model.run(300 * ms)["a->b"].weight.values
    target = model.connections("a->b").target
    sums = np.array([np.bincount(target, w) for w in weights])
    assert np.allclose(sums[2::2], wanted, rtol=1e-12)
    assert np.ptp(sums[3::2] / wanted) > 1e-3  # in between, plasticity goes on
    # Only by a factor: weights of one target keep their proportions, but for what was learned.
    mine = target == 3
    assert np.corrcoef(weights[1][mine], weights[2][mine])[0, 1] > 0.99


@pytest.mark.parametrize("backend", BACKENDS)
def test_rewiring_keeps_its_budget(backend):
    net, made = learning()
    made.every(50 * ms, sp.plasticity.Rewiring(budget=20, below=40 * pA, weight=60 * pA))
    net.record(made, ["weight", "active"], every=50 * ms)
    model = net.compile(backend, precision="float64")
    results = model.run(500 * ms)["a->b"]
    target = model.connections("a->b").target
    active, weight = results.active.values.astype(bool), results.weight.values
    assert all(np.all(np.bincount(target, one) == 20) for one in active)
    for before, after, w in zip(active[:-1], active[1:], weight[1:], strict=True):
        assert np.all(w[after & ~before] == 60) and np.all(w[after] >= 40)
        assert np.all(w[before & ~after] == 0)
    # In the first interval many go, and what grows is drawn from all empty places.
    assert np.sum(active[0] & ~active[1]) > 20
    grown = np.zeros(len(target), int)
    for before, after in pairwise(active):
        grown += after & ~before
    assert np.count_nonzero(grown) > 30
    halves = model.start()
    halves.run(150 * ms)
    final = halves.run(350 * ms)["a->b"].final
    assert np.array_equal(final["active"], results.final["active"])
    assert np.array_equal(final["weight"], results.final["weight"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_that_the_rule_leaves_alone_are_scaled_too(backend):
    net = sp.Network(dt=0.1 * ms)
    a = net.population("a", 4, sp.neurons.Poisson(rate=50 * Hz))
    b = net.population("b", 2, sp.neurons.LIF())
    made = net.project(a, b, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(), weight=5 * pA,
                       plasticity=sp.plasticity.TsodyksMarkram(), delay=1 * ms)  # fmt: skip
    made.every(5 * ms, sp.plasticity.Scaling(total=48 * pA))
    assert np.allclose(net.run(10 * ms, backend)["a->b"].final["weight"], 12)


def test_empty_places_send_nothing():
    class Held(sp.PlasticityModel):
        on_pre = "weight += 0*weight"

    net = sp.Network(dt=0.1 * ms)
    a = net.population("a", 10, sp.spike_times([np.array([5.0]) * ms] * 10))
    b = net.population("b", 3, Relay())
    made = net.project(a, b, sp.all_to_all(), synapse=sp.synapses.Delta("z"), weight=1.0,
                       plasticity=Held(), delay=1 * ms)  # fmt: skip
    made.every(100 * ms, sp.plasticity.Rewiring(budget=4, below=0.0, weight=1.0))
    assert np.all(net.run(20 * ms)["b"].final["z"] == 4)


def test_faults_of_intervals():
    net, made = learning()
    made.every(0.01 * ms, sp.plasticity.Scaling(total=1 * pA))
    made.every(1 * ms, sp.plasticity.Scaling(total=1 * mV))
    made.every(1 * ms, sp.plasticity.Scaling(total=[1, 2] * pA))
    made.every(1 * ms, sp.plasticity.Rewiring(budget=0, below=1 * pA, weight=2 * pA))
    made.every(1 * ms, sp.plasticity.STDP(w_max=1 * pA))
    made.every(1 * ms, sp.plasticity.Rewiring(budget=2, below=[1, 2] * pA, weight=2 * pA))
    fixed = net.project(net.populations["b"], net.populations["b"], sp.all_to_all(), name="fixed",
                        synapse=sp.synapses.ExpCurrent(), weight=1 * pA)  # fmt: skip
    fixed.every(1 * ms, sp.plasticity.Scaling(total=1 * pA))
    with pytest.raises(SeveralErrors) as caught:
        net.compile("numpy")
    told = str(caught.value)
    for part in ("at least 0.1 ms", "total", "shape (2,); expected one value, or 10", "budget is 0",
                 "below: expected one value",
                 "can't be done", "'fixed', every", "give the projection a rule"):  # fmt: skip
        assert part in told, told


def kept(budget=20, **more):
    net, made = learning()
    rewiring = {"below": 40 * pA, "weight": 60 * pA} | more
    made.every(50 * ms, sp.plasticity.Rewiring(budget=budget, **rewiring))
    net.record(made, ["weight", "active"], every=25 * ms)
    return net


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_structure_that_is_given_is_the_start(backend):
    model = kept().compile(backend)
    grown = model.run(200 * ms)["a->b"].final["active"]
    again = model.run(20 * ms, params={"a->b.active": grown})["a->b"]
    assert np.array_equal(again.active.values[0].astype(bool), grown)
    assert np.all(again.weight.values[0][~grown] == 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_done_to_frozen_synapses(backend):
    net, made = learning()
    made.every(20 * ms, sp.plasticity.Scaling(total=2000 * pA))
    made.every(20 * ms, sp.plasticity.Rewiring(budget=20, below=40 * pA, weight=60 * pA))
    simulation = net.compile(backend).start()
    before = simulation.run(50 * ms)["a->b"].final
    simulation.set({"a->b.learning": False})
    frozen = simulation.run(50 * ms)["a->b"].final
    assert np.array_equal(frozen["weight"], before["weight"])
    assert np.array_equal(frozen["active"], before["active"])
    simulation.set({"a->b.learning": True})
    assert not np.array_equal(simulation.run(50 * ms)["a->b"].final["weight"], before["weight"])


def test_structures_that_can_not_be():
    net, made = learning()
    made.every(1 * ms, sp.plasticity.Scaling(total=-10 * pA))
    for more in ({"budget": 60}, {"below": 70 * pA}, {"weight": 500 * pA}):
        with pytest.raises(ParameterError, match=r"budget is 60, but a target has 40 places"
                           r"|60 are removed at once|weights of 500 pA"):  # fmt: skip
            kept(**more).compile("numpy")
    with pytest.raises(ParameterError, match=r"total is -10 pA, .* of the other sign"):
        net.compile("numpy")


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_set_between_runs(backend):
    net, _ = learning()
    model = net.compile(backend, precision="float64")
    simulation = model.start()
    simulation.run(20 * ms)
    each = np.linspace(10, 300, len(model.connections("a->b")))
    simulation.set({"a->b.weight": each * pA, "a->b.learning": False})
    later = simulation.run(20 * ms)
    assert np.array_equal(later["a->b"].final["weight"], each)
    # Those weights, not the ones before, are what is sent.
    other = model.start()
    other.run(20 * ms)
    other.set({"a->b.weight": 0 * pA, "a->b.learning": False})
    assert other.run(20 * ms)["b"].spikes.t.size < later["b"].spikes.t.size
    with pytest.raises(ParameterError, match=r"shape \(3,\); expected one value or \d+"):
        simulation.set({"a->b.weight": [1, 2, 3] * pA})
    with pytest.raises(ParameterError, match=r"500 pA, but the rule keeps them within 0 to 400 pA"):
        simulation.set({"a->b.weight": 500 * pA})
    with pytest.raises(ParameterError, match=r"10 to 300 pA, but .* within 0 to 200 pA"):
        model.run(1 * ms, params={"a->b.w_max": 200 * pA, "a->b.weight": each * pA})
    simulation.set({"a->b.w_max": 350 * pA})


def test_weak_inhibition_is_rewired():
    net = sp.Network(dt=0.1 * ms, seed=3)
    a = net.population("a", 20, sp.neurons.Poisson(rate=1 * Hz))
    b = net.population("b", 2, sp.neurons.LIF())
    made = net.project(
        a, b, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(), delay=1 * ms,
        weight=sp.uniform(-100 * pA, 0 * pA), plasticity=sp.plasticity.TsodyksMarkram(),
    )  # fmt: skip
    made.every(1 * ms, sp.plasticity.Rewiring(budget=10, below=-20 * pA, weight=-50 * pA))
    final = net.run(5 * ms)["a->b"].final
    assert np.all(final["weight"][final["active"]] <= -20) and final["active"].sum() == 20


def test_scaling_stays_within_the_bounds():
    net, made = learning()
    made.every(20 * ms, sp.plasticity.Scaling(total=1e6 * pA))
    assert net.run(50 * ms)["a->b"].final["weight"].max() == 400


def test_structures_that_are_set():
    model = kept().compile("numpy")
    everything = np.ones(len(model.connections("a->b")), bool)
    with pytest.raises(ParameterError, match="more than its budget, 20"):
        model.run(1 * ms, params={"a->b.active": everything})
    mask = model.run(100 * ms)["a->b"].final["active"]
    simulation = model.start()
    simulation.set({"a->b.active": mask})
    assert np.array_equal(simulation.run(1 * ms)["a->b"].final["active"], mask)
    simulation.set({"a->b.weight": 70 * pA})
    weight = simulation.run(1 * ms)["a->b"].final["weight"]
    assert np.all(weight[~mask] == 0) and np.all(weight[mask] > 60)

"""Whole runs of the C++ backend: any number of threads, every way to store synapses, chunks, rooms
and faults. That blocks and loops are what NumPy means is shown next door."""

from __future__ import annotations

import signal
import warnings
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock, patch

import numpy as np
import pytest

import spikesim as sp
from spikesim import native
from spikesim.backends import cpp as cpp_backend
from spikesim.backends import sharing, synapses
from spikesim.backends.cpp import executable
from spikesim.backends.drive import chunks
from spikesim.errors import (
    NotFiniteError,
    ParameterError,
    RunError,
    SeveralErrors,
    UnsupportedError,
)
from spikesim.native import connect, machine, why_missing
from spikesim.units import Hz, ms, mV, pA, pF

pytestmark = pytest.mark.skipif(bool(why_missing()), reason="the C++ part is not built")

ORDERS = ["standard", "nest"]


def arrays_of(results):
    """Everything a run gave, by name."""
    found = {}
    for name, population in results.populations.items():
        for what, data in population.recorded.items():
            columns = ("t", "i") if what.startswith("spikes") else ("t", "values")
            found |= {f"{name}.{what}.{column}": getattr(data, column) for column in columns}
        found |= {f"{name}.{state} at the end": x for state, x in population.final.items()}
    return found


def same(a, b):
    """The same bits? Of results."""
    x, y = arrays_of(a), arrays_of(b)
    assert x.keys() == y.keys()
    return all(v.dtype == y[k].dtype and v.tobytes() == y[k].tobytes() for k, v in x.items())


def n_spikes(results):
    return sum(len(x) for name, x in arrays_of(results).items() if name.endswith("spikes.i"))


@contextmanager
def patched(**settings):
    """Settings of the backend: threads, block, room, updates (a chunk), costs (of a table), sparse
    (synapses of a segment below which there is a ring), parts (slots of the smallest)."""
    of = {
        "threads": (executable, "_threads", lambda n: lambda _: n),
        "block": (executable, "_BLOCK_BYTES", int),
        "room": (executable, "_ROOM", int),
        "updates": (executable, "_CHUNK_UPDATES", int),
        "costs": (sharing, "_TABLE_COSTS", float),
        "sparse": (synapses, "_FEWEST_IN_A_SEGMENT", float),
        "parts": (synapses, "_FEWEST_SLOTS", int),
    }
    with pytest.MonkeyPatch.context() as change:
        for name, value in settings.items():
            module, attribute, make = of[name]
            change.setattr(module, attribute, make(value))
        yield


def leaky():
    """As LIF, without the matrix exponential, which takes longer than the runs here."""
    return sp.neuron(
        "dv/dt = (E_L - v)/tau_m + I/C  (unless refractory)",
        spike="v > -50*mV",
        reset="v = E_L",
        refractory="t_ref",
        method="euler",
        v=sp.state(-65 * mV),
        I=sp.port(pA),
        E_L=-65 * mV,
        C=250 * pF,
        tau_m=10 * ms,
        t_ref=2 * ms,
    )


def network(
    order="standard", weight=2 * mV, delay=None, size=40, rule=None, current=700 * pA, dt=0.1 * ms
):
    """Neurons that excite each other and some others, recorded all over. Both projections have
    the sources in common."""
    net = sp.Network(dt=dt, seed=3, order=order)
    exc = net.population("exc", size, leaky(), v=sp.uniform(-70 * mV, -50 * mV))
    few = net.population("few", 7, leaky(), v=-60 * mV)
    if delay is None:
        delay = sp.uniform(0.1 * ms, 2 * ms)
    rule = rule or sp.fixed_probability(0.2)
    net.project(exc, exc, rule, weight=weight, delay=delay, name="p")
    net.project(exc, few, sp.fixed_probability(0.3), weight=weight, delay=1 * ms, name="q")
    net.stimulate(exc, sp.dc(current))
    net.record([exc, few], "spikes")
    net.record(exc, "v", every=0.3 * ms)
    net.record(exc[::3], "rate", every=0.7 * ms)
    return net


def agree(net, duration, params=(None,), least=1):
    """Runs with NumPy and C++ one after the other; the model in C++."""
    meaning, ours = (net.compile(k, conformance=True) for k in ("numpy", "cpp"))
    for one in params:
        expected, found = (m.run(duration, params=one) for m in (meaning, ours))
        assert same(expected, found), one
        assert n_spikes(found) >= least
    return ours


def kept(model):
    """How the synapses are stored: (with a weight for a source, through a ring) for each table."""
    stores = model.executable.synapses.stores
    return [(s.shared, s.table.segment is None) for s in stores]


# --- threads -------------------------------------------------------------------------------------


def crowd(order):
    """Groups of all sizes, around cache lines; some without spikes, ports or parameters of their
    own; everything that is drawn; all that can be recorded, in every step."""
    net = sp.Network(dt=0.1 * ms, seed=3, order=order)
    noisy = sp.neuron(
        "dv/dt = -v/(10*ms) + randomness/ms : mV\nrandomness = 1*mV",
        spike="v > 2*mV + 1*mV*randn()",
        reset="v = 1*mV*rand()",
    )
    models = [sp.neurons.AdEx(), sp.neurons.LIF(), noisy, sp.neurons.LIF(V_th=-54 * mV)]
    made = []
    for k, size in enumerate((1, 70, 200, 3, 64)):
        made.append(net.population(f"p{k}", size, models[k % 4]))
        made[-1].initialize(v=sp.uniform(-70 * mV, -50 * mV) if k % 4 != 2 else 0 * mV)
        if k % 4 != 2:
            net.stimulate(made[-1], sp.dc(700 * pA))
            rate = np.linspace(1, 40, size) * Hz if k % 2 else 20 * Hz
            net.stimulate(made[-1], sp.poisson(rate, n=100), weight=1 * mV)
    source = net.population("source", 30, sp.neurons.Poisson(rate=300 * Hz))
    silent = net.population("silent", 90, sp.neuron("dv/dt = -v/(10*ms) : mV"))
    silent.initialize(v=sp.uniform(1 * mV, 2 * mV))
    fast, wide = sp.uniform(0.1 * ms, 2 * ms), sp.uniform(0.1 * ms, 30 * ms)
    for pre, post, weight, delay in (
        (made[2], made[2], 0.07 * mV, wide),
        (made[2], made[1], 0.1 * mV, 1 * ms),
        (made[2], made[1], sp.normal(0.1 * mV, 0.01 * mV), fast),
        (made[1], made[2], 0.1 * mV, fast),
        (source, made[0], 0.3 * mV, fast),
        (source, made[4], sp.uniform(0.1 * mV, 0.3 * mV), wide),
        (made[0], made[3], 0.3 * mV, 0.1 * ms),
        (made[4], silent, 0.3 * mV, 1 * ms),
    ):
        net.project(pre, post, sp.fixed_probability(0.2), weight=weight, delay=delay)
    net.record([*made, source], ["spikes", "rate"])
    net.record([*made, silent], "v")
    return net


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "options",
    [
        {"precision": "float32"},
        {"precision": "float64", "deterministic": True},
        {"conformance": True},
        {"weights": "float16"},
    ],
    ids=lambda o: "-".join(map(str, o.values())),
)
def test_any_number_of_threads_gives_the_same_bits(order, options):
    net, results = crowd(order), []
    for threads, block in ((1, 4096), (2, 256), (3, 4096), (4, 64)):
        with patched(threads=threads, block=block, parts=50, costs=0, room=2000):
            model = net.compile("cpp", **options)
            results.append(model.run(9 * ms))
            assert model.explain().splitlines()[-len(kept(model)) - 1] == f"threads: {threads}"
            parts = len(model.executable.synapses.part_start) - 1
            assert parts == threads
    assert {shared for shared, _ in kept(model)} == {False, True}
    assert {ring for _, ring in kept(model)} == {False, True}
    assert all(same(results[0], other) for other in results[1:])
    assert n_spikes(results[0]) > 200
    if options.get("conformance"):
        assert same(results[0], net.run(9 * ms, "numpy", conformance=True))


@pytest.mark.parametrize("options", [{}, {"precision": "float64"}], ids=str)
def test_any_processor_gives_the_same_bits(options, monkeypatch):
    net, results = crowd("standard"), []
    for level in range(machine.level() + 1):
        monkeypatch.setattr(machine, "level", lambda k=level: k)
        results.append(net.run(5 * ms, "cpp", **options))
    assert all(same(results[0], other) for other in results[1:])


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux counts so")
def test_threads_that_cannot_be_started():
    """A stack takes 8 MB of addresses; there is room for some of them."""
    import resource

    net = network(size=300)
    with patched(threads=100):
        model = net.compile("cpp", conformance=True)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**27, before[1]))
    try:
        with pytest.raises(RunError, match=r"does not start 100 threads, .* \(ulimit -u"):
            model.run(1 * ms)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert same(model.run(0.5 * ms), net.run(0.5 * ms, "numpy", conformance=True))


def test_more_threads_for_more_elements(monkeypatch):
    monkeypatch.setattr(executable.os, "sched_getaffinity", lambda _: range(5), raising=False)
    with patch.object(executable, "_ELEMENTS_A_THREAD", 10):
        for size, threads in ((1, 1), (19, 2), (44, 5), (1000, 5)):
            assert network(size=size).compile("cpp").executable.threads == threads


# --- how synapses are stored ---------------------------------------------------------------------

NEVER, ALWAYS = 1e9, 0
RING, SEGMENTS = 1e9, 0


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sparse", [RING, SEGMENTS])
@pytest.mark.parametrize("costs", [ALWAYS, NEVER])
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"delay": 0.1 * ms},
        {"delay": sp.uniform(0.1 * ms, 9 * ms)},
        {"rule": sp.fixed_total_number(0)},
        {"size": 1, "rule": sp.all_to_all()},
        {"rule": sp.all_to_all(), "delay": sp.uniform(0.1 * ms, 0.4 * ms)},
    ],
    ids=["few", "one delay", "many delays", "none", "one neuron", "all"],
)
def test_every_way_to_store(order, sparse, costs, change):
    with patched(costs=costs, sparse=sparse, block=64):
        model = agree(network(order, **change), 20 * ms)
    for store in model.executable.synapses.stores:
        if store.table.synapses:
            assert store.shared == (costs == ALWAYS)
            assert (store.table.segment is None) == (sparse == RING)


@pytest.mark.parametrize("sparse", [RING, SEGMENTS])
@pytest.mark.parametrize("costs", [ALWAYS, NEVER])
def test_no_delay(costs, sparse):
    with patched(costs=costs, sparse=sparse):
        agree(network(delay=0 * ms), 20 * ms)
        agree(network(delay=sp.uniform(0 * ms, 3 * ms)), 20 * ms)


@pytest.mark.parametrize("order", ORDERS)
def test_no_projections(order):
    net = sp.Network(dt=0.1 * ms, order=order)
    a = net.population("a", 3, sp.neurons.LIF(), v=-50.1 * mV)
    net.stimulate(a, sp.dc(700 * pA))
    net.record(a, ["spikes", "v"])
    explained = agree(net, 5 * ms).explain()
    assert explained.endswith("threads: 1")


def test_nothing_that_spikes():
    net = sp.Network(dt=0.1 * ms)
    a = net.population("a", 5, sp.neuron("dv/dt = -v/(10*ms) : mV"), v=3 * mV)
    net.record(a, "v")
    agree(net, 5 * ms, least=0)


@pytest.mark.parametrize("longest", [65_535, 65_536, 70_000])
@pytest.mark.parametrize("order", ORDERS)
def test_delays_of_many_steps(order, longest):
    """A number of 16 bits holds 65,535 steps; with longer delays there are segments."""
    net = sp.Network(dt=0.1 * ms, seed=1, order=order)
    steps = np.array([1, 2, 300, longest - 1, longest])
    source = net.population("source", 8, sp.spike_times([np.array([0.7]) * ms] * 8))
    target = net.population("target", 5, sp.neuron("dv/dt = 0*mV/ms : mV"))
    net.project(source[:5], target, sp.one_to_one(), weight=1 * mV, delay=steps * 0.1 * ms)
    net.record(target, "v")
    model = net.compile("cpp", precision="float64")
    assert kept(model)[0][1] == (longest < 2**16)
    v = model.run((longest + 20) * 0.1 * ms)["target"].v.values
    # Recorded values are those before a step, so the first sample with the spike is one later; with
    # a spike labelled 7, step 6 found it.
    arrived = [int(np.flatnonzero(v[:, k])[0]) for k in range(5)]
    assert arrived == list(6 + steps + 1)
    assert (v[-1] == 1).all()


def test_weights_that_cannot_be_shared_any_more():
    listed = np.linspace(0, 3, len(network().compile("numpy").connections("p").source)) * mV
    with patched(costs=ALWAYS):
        net = network()
        model = agree(net, 15 * ms, [None, {"p.weight_scale": 0.7}, {"p.weight": 3 * mV}, None])
        assert [shared for shared, _ in kept(model)] == [True, True]
        model = agree(net, 15 * ms, [{"p.weight": listed}, None, {"p.weight": 2 * listed}])
        assert [shared for shared, _ in kept(model)] == [True, False]


def test_projections_of_one_table_whose_weights_part():
    """In float32 nothing is rounded, and both go into one table; then one of them is scaled."""
    with patched(costs=ALWAYS):
        model = network().compile("cpp")
        assert [s.edges for s in model.executable.synapses.stores] == [[0, 1]]
        before = model.run(15 * ms)
    with patched(costs=NEVER):
        apart = network().compile("cpp")
        assert kept(apart) == [(False, True)]
        assert same(before, apart.run(15 * ms))
    for params in ({"q.weight_scale": 0.5}, {"p.weight_scale": 0.5, "q.weight_scale": 0.5}, None):
        with patched(costs=ALWAYS):
            ours = model.run(15 * ms, params=params)
            edges = [s.edges for s in model.executable.synapses.stores]
            assert edges == ([[0], [1]] if params and len(params) == 1 else [[0, 1]])
        with patched(costs=NEVER):
            assert same(ours, apart.run(15 * ms, params=params))


@pytest.mark.parametrize("params", [None, {"p.weight_scale": 0.5}], ids=str)
def test_tables_that_there_is_no_memory_for(params, monkeypatch):
    """The next run makes them again."""
    with patched(costs=ALWAYS):
        model = network().compile("cpp")
        expected = [model.run(9 * ms, params=p) for p in (params, None)]
        with monkeypatch.context() as change, pytest.raises(MemoryError):
            change.setattr(connect, "allocate", Mock(side_effect=MemoryError))
            model.run(9 * ms, params={"q.weight": np.ones(79) * mV})
        assert not model.executable.synapses.stores
        assert all(
            same(x, model.run(9 * ms, params=p))
            for x, p in zip(expected, (params, None), strict=True)
        )


def test_weights_that_neurons_decide():
    """What a synapse adds may depend on its target; then no weight is shared."""

    class Scaled(sp.SynapseModel):
        reads = {"tau_m": ms}  # noqa: RUF012
        I = sp.state(0 * pA)
        equations = "dI/dt = -I/(3*ms)"
        on_arrival = "I += weight*tau_m/(10*ms)"
        output = "I"

    net = sp.Network(dt=0.1 * ms, seed=3)
    a = net.population("a", 20, sp.neurons.LIF(tau_m=sp.uniform(5 * ms, 20 * ms)), v=-51 * mV)
    net.stimulate(a, sp.dc(700 * pA))
    for name in ("x", "y"):
        net.project(a, a, sp.fixed_probability(0.3), synapse=Scaled(), weight=90 * pA, name=name)
    net.record(a, ["spikes", "v"])
    with patched(costs=ALWAYS):
        params = [None, {"a.tau_m": 10 * ms}, {"x.weight_scale": 0.1}, None]
        assert {shared for shared, _ in kept(agree(net, 9 * ms, params))} == {False}


# --- weights in other precisions -----------------------------------------------------------------


def listed(values, **options):
    """A model, and what arrives in it of one spike each, with weights in mV one by one."""
    net = sp.Network(dt=0.1 * ms)
    n = len(values)
    source = net.population("source", n, sp.spike_times([np.array([0.2]) * ms] * n))
    target = net.population("target", n, sp.neuron("dv/dt = 0*mV/ms : mV"))
    net.project(source, target, sp.one_to_one(), weight=values * mV, name="p")
    model = net.compile("cpp", **options)
    return model, model.run(1 * ms)["target"].final["v"]


WEIGHTS = np.array([1, -1, 0, 0.1, 1 / 3, -2049, 2051, 65504, 6.104e-5, 6e-5, 1e-30, -7.7e-3])


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_weights_in_float16(precision):
    model, v = listed(WEIGHTS, weights="float16", precision=precision)
    (store,) = model.executable.synapses.stores
    assert store.weight.dtype == np.float16
    expected = WEIGHTS.astype(np.float16).astype(precision)
    expected[np.abs(WEIGHTS) < 2.0**-14] = 0
    assert v.tolist() == expected.tolist()
    large = np.abs(WEIGHTS) > 2.0**-14
    np.testing.assert_allclose(v[large], WEIGHTS[large], rtol=2.0**-11)


def test_half_of_every_number_between():
    """Rounded to the nearest, ties to even, as NumPy does."""
    halves = np.arange(0x0400, 0x7C00, dtype=np.uint16).view(np.float16).astype(np.float64)
    between = (halves[:-1] + halves[1:]) / 2
    for weights in (halves, between, np.nextafter(between, 0), np.nextafter(between, np.inf)):
        chosen = np.concatenate([weights[::37], -weights[::41]])
        model, _ = listed(chosen, weights="float16")
        (store,) = model.executable.synapses.stores
        assert store.weight.tobytes() == chosen.astype(np.float32).astype(np.float16).tobytes()


def test_weights_in_float32_in_a_run_in_float64():
    model, v = listed(WEIGHTS, weights="float32", precision="float64")
    assert model.executable.synapses.stores[0].weight.dtype == np.float32
    assert v.tolist() == WEIGHTS.astype(np.float32).astype(np.float64).tolist()
    with patched(costs=ALWAYS):
        one = network().compile("cpp", weights="float32", precision="float64")
        assert all(shared for shared, _ in kept(one))
        assert n_spikes(one.run(9 * ms)) > 9


@pytest.mark.parametrize("costs", [ALWAYS, NEVER])
@pytest.mark.parametrize("weight", [2 * mV, sp.normal(2 * mV, 0.1 * mV)], ids=["one", "drawn"])
def test_weights_that_do_not_fit(costs, weight):
    """Refused each time; afterwards the model runs as before."""
    with patched(costs=costs):
        model = network(weight=weight).compile("cpp", weights="float16")
        before = model.run(5 * ms)
        for _ in range(2):
            with pytest.raises(ParameterError, match=r"'p': a weight of .*; float16 holds at most"):
                model.run(1 * ms, params={"p.weight_scale": 1e5})
            with pytest.raises(ParameterError, match=r"'q': weights of at most .*nothing below 6"):
                model.run(1 * ms, params={"q.weight_scale": 1e-5})
        assert same(before, model.run(5 * ms))
        model.run(5 * ms, params={"q.weight_scale": 0.0})
        with pytest.raises(SeveralErrors, match=r"'p'.* leave weights='float16' out\n.*'q'"):
            network(weight=1e6 * mV).compile("cpp", weights="float16")


# --- runs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "settings",
    [{"room": 1}, {"updates": 1}, {"room": 1, "threads": 3}, {"updates": 200, "block": 64}],
    ids=str,
)
def test_chunks_and_rooms_of_any_size(order, settings):
    """Samples and spikes go on where they were."""
    with patched(**settings):
        agree(network(order), 20 * ms, least=100)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("room", [1, 2**20])
@pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
def test_every_neuron_fires_in_every_step(order, room):
    net = sp.Network(dt=0.1 * ms, seed=2, order=order)
    always = sp.neuron("dv/dt = 0*mV/ms : mV", spike="v > -1*mV", v=sp.state(0 * mV))
    a = net.population("a", 90, always)
    net.project(a, a, sp.fixed_indegree(9), weight=1 * mV, delay=sp.uniform(0.1 * ms, 1 * ms))
    net.record(a, "spikes")
    net.record(a, "v", every=0.7 * ms)
    with patched(room=room, threads=2, block=64):
        agree(net, 10 * ms, least=90 * 100)


@pytest.mark.parametrize("every", [0.1, 0.3, 50])
def test_samples(every):
    net = network()
    net.record("few", "v", every=every * ms)
    net.record(net.populations["few"][[5, 0, 3]], "v", every=every * ms)
    with patched(updates=47 * 7):  # chunks of seven steps
        agree(net, 6 * ms)


def test_probes_that_record_nothing():
    """Of a source that never spikes, and later than the run lasts."""
    net = network()
    never = net.population("never", 3, sp.spike_times([np.empty(0) * ms] * 3))
    net.record(never, ["spikes", "rate", "cursor"], every=None)
    net.record("few", "v", every=100 * ms)
    agree(net, 3 * ms)


@pytest.mark.parametrize("order", ORDERS)
def test_no_steps(order):
    agree(network(order), 0 * ms, least=0)


def test_parameters_of_every_shape():
    """Scalars where arrays were, and back; initial values."""
    rng = np.random.default_rng(5)
    agree(
        network(),
        9 * ms,
        [
            None,
            {"exc.tau_m": rng.uniform(5, 20, 40) * ms, "exc.t_ref": 1 * ms},
            {"exc.tau_m": 8 * ms, "exc.t_ref": rng.uniform(0, 3, 40) * ms},
            {"exc.v": rng.uniform(-70, -50, 40) * mV},
            {"exc.v": -50.5 * mV, "few.v": np.linspace(-60, -50, 7) * mV},
            None,
        ],
    )


def blowing_up():
    net = sp.Network(dt=0.1 * ms, seed=4)
    m = sp.neuron("dv/dt = k*v**3/(mV**2*ms) : mV", spike="v > 1e9*mV", method="euler", k=1.0)
    a = net.population("a", 9, m, v=np.linspace(0.1, 1.5, 9) * mV)
    net.record(a, ["v", "spikes"])
    return net


@pytest.mark.parametrize("settings", [{}, {"updates": 63}, {"threads": 3, "room": 1}], ids=str)
@pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
def test_what_is_not_finite_is_located(settings):
    """With the same words as by NumPy; the next run is none the worse."""
    net = blowing_up()
    with pytest.raises(NotFiniteError) as fault:
        net.run(20 * ms, "numpy", conformance=True)
    with patched(**settings):
        model = net.compile("cpp", conformance=True)
        calm = model.run(20 * ms, params={"a.k": 1e-3})
        for _ in range(2):
            with pytest.raises(NotFiniteError) as ours:
                model.run(20 * ms)
            assert str(ours.value) == str(fault.value)
        assert "population 'a': v of neuron 8 became" in str(ours.value)
        assert same(calm, model.run(20 * ms, params={"a.k": 1e-3}))


def test_a_run_again_is_the_same():
    model = crowd("standard").compile("cpp")
    first = model.run(5 * ms)
    assert same(first, model.run(5 * ms))
    assert not same(first, model.run(5 * ms, seed=77))
    assert same(first, model.run(5 * ms))


def run_by_hand(model, steps, progress):
    """(final states, spikes as (steps, sources)); progress is told of each chunk."""
    running = model.executable.prepare(model.binder.bind(), model.program.seed)
    spikes = []
    for taken in chunks(model.lowered, running, running.start(), 0, steps):
        spikes.append(taken.spikes)
        progress(taken.count)
    names = {f"{g.name}.{f.name}" for g in model.lowered.neurons for f in g.fields}
    final = {name: v for name, v in taken.state.items() if name in names}
    return final, tuple(map(np.concatenate, zip(*spikes, strict=True)))


def test_two_runs_at_once():
    """One goes on while another is between chunks."""
    one, other = network().compile("cpp"), network("nest", 3 * mV).compile("cpp")
    expected = [run_by_hand(m, 90, lambda n: None) for m in (one, other)]
    inner = []
    with patched(updates=47 * 10):
        outer = run_by_hand(
            one, 90, lambda n: inner.append(run_by_hand(other, 90, lambda n: None))
        )  # fmt: skip
    assert len(inner) == 9
    for found, wanted in ((outer, expected[0]), *((x, expected[1]) for x in inner)):
        for name, values in wanted[0].items():
            assert found[0][name].tobytes() == values.tobytes()
        assert len(wanted[1][0]) and all(map(np.array_equal, found[1], wanted[1]))


@pytest.mark.usefixtures("ctrl_c")
def test_a_run_that_is_interrupted():
    model = network().compile("cpp")
    expected, done = model.run(9 * ms), []

    def interrupt(n):
        done.append(n)
        if len(done) == 3:
            signal.raise_signal(signal.SIGINT)

    with patched(updates=47 * 10), pytest.raises(KeyboardInterrupt):
        run_by_hand(model, 90, interrupt)
    assert done == [10, 10, 10]
    assert same(expected, model.run(9 * ms))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells")
def test_memory_does_not_grow():
    def pages():
        return [int(x) for x in Path("/proc/self/statm").read_text().split()[:2]]

    def rounds(n):
        for k in range(n):
            net = sp.Network(dt=0.1 * ms, seed=k)
            leaky = sp.neuron("dv/dt = -v/(9*ms) : mV", spike="v > 1*mV", method="euler")
            a = net.population("a", 300, leaky, v=sp.uniform(0 * mV, 2 * mV))
            weight = sp.uniform(0 * mV, 1 * mV) if k % 3 else 0.1 * mV
            delay = sp.uniform(0 * ms, (k % 5) * ms)
            net.project(a, a, sp.fixed_indegree(30), weight=weight, delay=delay, name="p")
            net.record(a, ["v", "spikes"])
            with patched(costs=k % 2 * NEVER, threads=1 + k % 4 // 3):
                model = net.compile("cpp")
                model.run(1 * ms)
                model.run(1 * ms, params={"p.weight_scale": 0.5})

    rounds(40)
    before = pages()
    rounds(200)
    # A table leaked each round would be 200 pages and more; a thread's stack 2000 in size.
    assert all(after - b < 400 for after, b in zip(pages(), before, strict=True)), (before, pages())


# --- options -------------------------------------------------------------------------------------


def test_options_that_exclude_each_other():
    net = network()
    with pytest.raises(ParameterError, match="'float16' with conformance=True: conformance needs"):
        net.compile("cpp", weights="float16", conformance=True)
    with pytest.raises(ParameterError, match="stored as 'float8'; choose 'float16' or 'float32'"):
        net.compile("cpp", weights="float8")
    for backend in ("numpy", "jax"):
        with pytest.raises(
            UnsupportedError, match=r"weights in the precision .*; use backend='cpp'"
        ):
            net.compile(backend, weights="float16")
    assert net.compile("cpp", deterministic=True, weights="float16").options.deterministic


def test_how_it_is_explained():
    for sparse, words in ((RING, "a delay each, through a ring"), (SEGMENTS, "sorted by delay")):
        for costs, more in ((ALWAYS, "one weight a source"), (NEVER, "8 for the weight")):
            with patched(costs=costs, sparse=sparse):
                explained = network().compile("cpp", precision="float64").explain()
            assert "backend cpp, float64" in explained
            assert words in explained and more in explained


@pytest.fixture
def forgetful():
    """What is known of the library is forgotten before and after."""
    known = (native.why_missing, native.available)
    for one in known:
        one.cache_clear()
    yield
    for one in known:
        one.cache_clear()


def test_a_missing_library(forgetful, monkeypatch):
    """Said once; JAX runs instead."""

    def missing():
        raise ImportError("no module")

    monkeypatch.setattr(native, "_module", missing)
    net = network(size=5)
    with pytest.warns(RuntimeWarning, match=r"kernels are not built \(no module\).* install a C"):
        assert net.compile().backend == "jax"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert net.compile().backend == "jax"
    with pytest.raises(UnsupportedError, match=r"'cpp' can't be used here: spikesim's C.. kernels"):
        net.compile("cpp")


def test_a_library_of_another_version(forgetful, monkeypatch):
    monkeypatch.setattr(native, "__version__", "99.0")
    said = cpp_backend.BACKEND.unavailable()
    assert f"of version {native._module().version}, the package is 99.0; reinstall it" in said


def test_it_is_chosen():
    assert network().compile().backend == "cpp"
    assert machine.level() in (0, 1, 2)


def test_currents_that_never_change():
    """Times that no run reaches are held by no integer of a run."""
    for stimulus in (
        sp.dc(700 * pA, start=1 * ms, stop=1e13 * ms),
        sp.dc(700 * pA, stop=1e300 * ms),
        sp.step_current([0, 1e10] * ms, [700, 0] * pA),
        sp.timed_array([700, 0] * pA, dt=1e12 * ms),
    ):
        net = sp.Network(dt=0.1 * ms)
        a = net.population("a", 3, sp.neurons.LIF(), v=-51 * mV)
        net.stimulate(a, stimulus)
        net.record(a, ["v", "spikes"])
        agree(net, 5 * ms)


def test_spikes_in_float32():
    """Without exp() in the step, NumPy and C++ differ by the order of sums alone: few spikes."""
    net = sp.Network(dt=0.1 * ms, seed=1)
    a = net.population("a", 100, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -50 * mV))
    current = sp.synapses.ExpCurrent(tau=3 * ms)
    net.project(a, a, sp.fixed_probability(0.1), synapse=current, weight=40 * pA, delay=1 * ms)
    net.stimulate(a, sp.poisson(15 * Hz, n=1000), synapse=current, weight=60 * pA)
    net.record(a, "spikes")
    net.record(a, "v", every=5 * ms)
    meaning, ours = (net.run(30 * ms, k, precision="float32")["a"] for k in ("numpy", "cpp"))
    assert len(meaning.spikes.i) > 100
    assert np.array_equal(meaning.spikes.i, ours.spikes.i)
    assert np.array_equal(meaning.spikes.t, ours.spikes.t)
    assert ours.v.values.dtype == np.float32
    np.testing.assert_allclose(ours.v.values, meaning.v.values, rtol=1e-5)

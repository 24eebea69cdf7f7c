"""What is the CUDA backend's own, on the host; that it runs networks as NumPy does is looked at in
the other tests of this folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends.cuda import device, host
from spikesim.errors import SpikesimError, TooLargeError, UnsupportedError
from spikesim.units import Hz, ms, mV, pA

pytestmark = pytest.mark.skipif(bool(host.why_missing()), reason="no C++ compiler")
DELAYS = sp.normal(1.5 * ms, 0.7 * ms, low=0.1 * ms)


def network(size=60, weight=90 * pA, delay=DELAYS, order="standard", seed=1):
    """Two populations that differ in values alone, and spike sources."""
    net = sp.Network(dt=0.1 * ms, seed=seed, order=order)
    cells = [
        net.population(name, n, sp.neurons.LIF(tau_m=tau), v=sp.uniform(-70 * mV, -55 * mV))
        for name, n, tau in (("exc", size, 10 * ms), ("inh", size // 2, 8 * ms))
    ]
    source = net.population("source", 20, sp.neurons.Poisson(rate=300 * Hz))
    current = sp.synapses.ExpCurrent(tau=5 * ms)
    rule = sp.fixed_probability(0.3)
    net.project(source, cells, rule, synapse=current, weight=2 * weight, delay=delay)
    net.project(cells[0], cells, rule, synapse=current, weight=weight, delay=delay)
    net.project(cells[1], cells, rule, synapse=current, weight=-weight, delay=delay)
    net.record(cells, "spikes")
    return net


def spikes(results):
    found = [(results[name].spikes.t, results[name].spikes.i) for name in ("exc", "inh")]
    assert all(len(t) for t, _ in found)
    return found


def same(first, other):
    return all(np.array_equal(a, b) for x, y in zip(first, other, strict=True)
               for a, b in zip(x, y, strict=True))  # fmt: skip


def text_of(model):
    """The code of a model's kernel."""
    ((text, _),) = model.executable.kernels
    return text


def path(model):
    """Which path a model takes, and why."""
    return re.search(r"^host: (.*)$", str(model.explain()), re.M)[1]


@pytest.mark.parametrize("delay", [DELAYS, 0 * ms, 0.1 * ms, 1 * ms])
@pytest.mark.parametrize("order", ["standard", "nest"])
def test_any_number_of_blocks(order, delay):
    """On the fast path, with one step an exchange and with many; and by the general kernel, through
    a ring and sorted by delay, with one barrier a step and with two."""
    if order == "nest" and delay is not DELAYS:
        delay += 0.1 * ms
    net = network(delay=delay, order=order)
    meaning = spikes(net.run(60 * ms, "numpy", conformance=True))
    for threads in (1, 2, 4):
        for shared, taken in ((None, "fast path"), (0, "general kernel")):
            with host.instead(threads, shared=shared):
                model = net.compile("cuda", conformance=True)
                assert path(model).startswith(taken)
                assert same(spikes(model.run(60 * ms)), meaning)


# ---- the fast path -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "delay", "steps"),
    [("standard", 0, 1), ("standard", 1, 2), ("standard", 7, 8), ("nest", 1, 1), ("nest", 7, 7)],
)
def test_spikes_are_exchanged_as_seldom_as_the_shortest_delay_allows(order, delay, steps):
    made = network(delay=delay * 0.1 * ms, order=order).compile("cuda")
    assert f"exchanged every {f'{steps} steps' if steps > 1 else 'step'}," in path(made)


@pytest.mark.parametrize("delay", [0.1 * ms, 1 * ms])
def test_more_spikes_of_a_block_than_a_word_holds(delay):
    """All fire at once."""
    net = sp.Network(dt=0.1 * ms, seed=1)
    a = net.population("a", 70, sp.spike_times([np.array([0.5, 0.6, 3]) * ms] * 70))
    b = net.population("b", 50, sp.neurons.LIF())
    net.project(a, b, sp.fixed_probability(0.5), synapse=sp.synapses.ExpCurrent(),
                weight=sp.uniform(0 * pA, 200 * pA), delay=delay)  # fmt: skip
    net.record([a, b], "spikes")
    net.record(b, "v", every=0.1 * ms)
    meaning, ours = (net.run(6 * ms, name, conformance=True) for name in ("numpy", "cuda"))
    assert len(meaning["b"].spikes) and np.array_equal(meaning["b"].v, ours["b"].v)
    for name in ("a", "b"):
        assert np.array_equal(meaning[name].spikes.t, ours[name].spikes.t)
        assert np.array_equal(meaning[name].spikes.i, ours[name].spikes.i)


FEATURES = {
    "'p' transmits spikes with a probability": {"release": 0.5},
    "delays of up to 2000 steps make": {"delay": 200 * ms},
    # Beside weights that are a billion times as large.
    "the weights of 'p' would have fewer than 16 bits": {"weight": 1e-7 * pA},
}


@pytest.mark.parametrize("why", [*FEATURES, "keeps variables", "a block has 500"])
def test_what_does_not_fit_the_fast_path_goes_by_the_general_kernel(why):
    net = network()
    cells = net.population("cells", 10**6 if "has" in why else 50, sp.neurons.LIF())
    net.record(cells, "spikes", variables="v" if "variables" in why else ())
    if why in FEATURES:
        net.project(cells, cells, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(), name="p",
                    **{"weight": 1 * pA} | FEATURES[why])  # fmt: skip
    assert re.match(r"general kernel \(.*" + re.escape(why), path(net.compile("cuda")))


def test_a_source_with_more_synapses_than_an_offset_can_tell():
    net = sp.Network(dt=0.1 * ms)
    a = net.population("a", 2, sp.spike_times([[0.5 * ms]] * 2))
    b = net.population("b", 70_000, sp.neurons.LIF())
    net.project(a, b, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(), weight=sp.uniform(
        0 * pA, 9000 * pA), delay=0 * ms)  # fmt: skip
    net.record(b, "spikes")
    model = net.compile("cuda")
    assert "a source has more than 65535 synapses" in path(model)
    assert len(model.run(3 * ms)["b"].spikes) == len(net.run(3 * ms, "cpp")["b"].spikes) > 0


def test_weights_decide_anew_for_each_run():
    """A path is that of the values of the run, whatever was run before."""
    net = sp.Network(dt=0.1 * ms, seed=1)
    a = net.population("a", 40, sp.spike_times([0.5 * ms] * 40))
    b = net.population("b", 40, sp.neurons.LIF())
    for name in ("p", "q"):
        net.project(a, b, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(), weight=30 * pA,
                    name=name)  # fmt: skip
    net.record(b, "v", every=0.1 * ms)
    model = net.compile("cuda")
    first = model.run(3 * ms)
    assert path(model).startswith("fast")
    model.run(3 * ms, params={"q.weight": 1e-6 * pA})
    assert path(model).startswith("general")
    again = model.run(3 * ms)
    assert path(model).startswith("fast")
    assert np.array_equal(again["b"].v, first["b"].v)


@pytest.mark.parametrize("order", ["standard", "nest"])
@pytest.mark.parametrize("shared", [(None, 0), (0, None), (None, None)])
def test_a_moment_of_one_path_goes_on_by_the_other(order, shared):
    net = network(order=order)
    whole = spikes(net.run(40 * ms, "numpy", conformance=True))
    parts = []
    moment = None
    for one in shared:
        with host.instead(3, shared=one):
            run = net.compile("cuda", conformance=True).start()
            if moment:
                run.restore(moment)
            parts.append(spikes(run.run(20 * ms)))
            moment = run.store()
    joined = [
        tuple(np.concatenate(pair) for pair in zip(*both, strict=True))
        for both in zip(*parts, strict=True)
    ]
    assert same(joined, whole)


# ---- any path ------------------------------------------------------------------------------------


def test_sizes_parameters_and_seeds_are_no_part_of_the_code():
    first, larger = network().compile("cuda"), network(91, 80 * pA, seed=5).compile("cuda")
    assert text_of(first) == text_of(larger)
    first.run(5 * ms, params={"exc.tau_m": 12 * ms, "exc->inh.weight": 50 * pA}, seed=8)
    assert first.compilations == 1
    first.run(5 * ms, params={"exc.tau_m": np.linspace(8, 12, 60) * ms})
    assert first.compilations == 2


def test_groups_that_differ_in_values_share_their_code():
    """exc and inh; the sources have other code."""
    assert len(re.findall(r"^struct Code\d+", text_of(network().compile("cuda")), re.M)) == 2


@pytest.mark.parametrize("shared", [None, 0], ids=["fast", "general"])
def test_whole_numbers_give_the_same_sums_in_any_order(shared):
    found = []
    for threads in (1, 2, 4):
        with host.instead(threads, shared=shared):
            made = network().compile("cuda", deterministic=True)
            found += [spikes(made.run(60 * ms)), spikes(made.run(60 * ms))]
    assert all(same(found[0], other) for other in found)
    # And they are as good as sums in float32.
    counts = sum(len(t) for t, _ in spikes(network().run(60 * ms, "numpy")))
    assert sum(len(t) for t, _ in found[0]) == pytest.approx(counts, rel=0.02)


@pytest.mark.parametrize("weights", ["float16", "float32"])
def test_weights_of_fewer_bits(weights):
    net = network(delay=1 * ms)
    options = {"weights": weights, "precision": "float64"}
    assert same(
        spikes(net.run(60 * ms, "cuda", **options)), spikes(net.run(60 * ms, "cpp", **options))
    )


def test_more_spikes_than_there_is_room_for_at_a_time():
    net = network()
    whole = spikes(net.run(60 * ms, "cuda", conformance=True))
    with patch("spikesim.backends.cuda.recordings._ROOM", 1):
        assert same(spikes(net.run(60 * ms, "cuda", conformance=True)), whole)


# ---- what is not there ---------------------------------------------------------------------------


def test_it_needs_no_cpp_part():
    """On a machine with a GPU there may be no C++ compiler."""
    code = f"""if True:
        import sys, warnings
        sys.modules["spikesim.native._kernels"] = None
        warnings.simplefilter("ignore", RuntimeWarning)
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import spikesim as sp, test_cuda as t
        from spikesim.native import why_missing
        assert why_missing()
        for rule in (sp.fixed_total_number(300, autapses=False), sp.fixed_indegree(5)):
            net = t.network()
            cells = net.population("more", 40, sp.neurons.LIF())
            net.project(cells, cells, rule, synapse=sp.synapses.ExpCurrent(), weight=1 * t.pA)
            with t.host.instead(2):
                ours = t.spikes(net.run(20 * t.ms, "cuda", conformance=True))
            assert t.same(ours, t.spikes(net.run(20 * t.ms, "numpy", conformance=True)))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


def test_a_gpu_that_is_missing_is_told_with_what_to_do():
    """No other backend takes its place."""
    device.why_missing.cache_clear()
    with patch.object(device, "replaced", None):
        if not device.why_missing():
            pytest.skip("there is a GPU")
        with pytest.raises(
            UnsupportedError, match=r"'cuda' can't be used here: .*(pip install|driver)"
        ):
            network().run(1 * ms, "cuda")


@pytest.mark.parametrize(
    ("missing", "told"),
    [("cuda.core", r"pip install 'spikesim\[cuda\]'"), ("cuda.bindings", "is not installed")],
)
def test_packages_that_are_missing(missing, told, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    device.why_missing.cache_clear()
    assert re.search(told, device.why_missing())
    device.why_missing.cache_clear()


def test_too_little_memory_is_told_before_any_is_taken():
    with patch.object(host.HostDevice, "free_bytes", lambda _: 10_000):
        with pytest.raises(TooLargeError, match=r"the device has 0.0 GB(.|\n)*targets"):
            network().compile("cuda")


def test_precise_populations_are_refused():
    net = sp.Network(dt=0.1 * ms)
    net.population("cells", 3, sp.neurons.LIF(), precise=True)
    with pytest.raises(UnsupportedError, match=r"'cells'.*backend='cpp'"):
        net.compile("cuda", precision="float64")


def test_faults_of_a_network_are_the_same():
    with pytest.raises(SpikesimError, match="float8"):
        network().compile("cuda", weights="float8")


def test_kernels_are_kept(tmp_path, monkeypatch):
    """What was compiled once is not compiled again, by another process either."""
    monkeypatch.setenv("SPIKESIM_CACHE", str(tmp_path))
    network().compile("cuda").run(1 * ms)
    kept = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.so")}
    assert len(kept) == 3  # the network, its synapses, the launcher
    network(70).compile("cuda").run(1 * ms)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.so")} == kept

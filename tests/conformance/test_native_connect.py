"""The table of synapses that C++ makes from the rules, against the one that NumPy's passes make."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from connected import DELAYS, WEIGHTS, two

import spikesim as sp
from spikesim import distributions, random
from spikesim.backends import sharing, synapses
from spikesim.backends.base import Options
from spikesim.backends.binding import Binder
from spikesim.backends.cpp import executable as executable_cpp
from spikesim.backends.jax import executable
from spikesim.backends.synapses import Synapses
from spikesim.build import build
from spikesim.native import laws, why_missing
from spikesim.passes import CONCRETE, SYMBOLIC, lower
from spikesim.units import ms, mV, nS, pA

pytestmark = pytest.mark.skipif(bool(why_missing()), reason="the kernels are not built")


def by_numpy(program, options, part_start, params):
    """The arrays of the table and its weights, by sorting what the passes make."""
    program = lower(program, CONCRETE)
    d, rows = program.delivery, program.delivery.rows
    delays = np.unique(rows.delay)
    source = np.repeat(np.arange(d.n_sources), np.diff(rows.row_pointer))
    part = np.searchsorted(part_start, rows.slot, side="right") - 1
    parts = len(part_start) - 1
    key = (part * d.n_sources + source) * max(len(delays), 1)
    key += np.searchsorted(delays, rows.delay)
    order = np.argsort(key, kind="stable")
    ends = np.cumsum(np.bincount(key, minlength=parts * d.n_sources * len(delays)))
    ends = np.concatenate([[0], ends])
    shape = (parts, d.n_sources, len(delays))
    bounds = (ends[:-1].reshape(shape), ends[1:].reshape(shape)[..., -1:])
    values = Binder(program, options).bind(params)
    return d, values, {
        "segment": np.concatenate(bounds, axis=-1) if len(delays) else np.zeros((*shape[:2], 1)),
        "target": (rows.slot - part_start[part])[order],
        "delays": delays,
        "part_start": part_start,
        "weight": values["delivery.weights"][order].astype(options.dtype),
    }  # fmt: skip


def check(net, threads=2, parts=None, params=(None,), precisions=("float32", "float64")):
    """The same arrays, largest indegrees and rounding constants, for each of several params."""
    program = lower(build(net), SYMBOLIC)

    def starts(n, _):
        return np.linspace(0, n, min(parts, max(n, 1)) + 1).round().astype(np.int64)

    for precision in precisions:
        options = Options(precision)
        with patch.object(synapses, "part_starts", starts) if parts else nullcontext():
            made = Synapses(program, options, threads)
        (store,) = made.stores
        binder = Binder(made.program, options, made)
        for one in params:
            values = binder.bind(one)
            d, expected_values, expected = by_numpy(
                program, options, store.table.part_start.astype(np.int64), one
            )
            arrays = made.arrays | {"weight": values["delivery.weights"]}
            for name, array in expected.items():
                assert np.array_equal(arrays[name], array), (name, one)
            assert made.program.delivery.largest_indegree == d.largest_indegree
            assert made.program.delivery.longest == d.longest
            for name, value in values.items():
                if name != "delivery.weights":
                    assert np.array_equal(value, expected_values[name]), name


@pytest.mark.parametrize("weight", range(len(WEIGHTS)))
@pytest.mark.parametrize("delay", range(len(DELAYS)))
def test_distributions(weight, delay):
    net, a, b = two()
    net.project(a, b, sp.fixed_total_number(700), synapse=sp.synapses.ExpCurrent(),
                weight=WEIGHTS[weight], delay=DELAYS[delay])  # fmt: skip
    check(net)


def views(draw, size):
    """A population's part: all, a slice, or a list in any order."""
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return slice(None)
    if kind == 1:
        start = draw(st.integers(0, size - 1))
        return slice(start, None, draw(st.integers(1, 3)))
    return draw(st.permutations(range(size)))[: draw(st.integers(1, size))]


@st.composite
def networks(draw):
    """Two populations, several projections by all rules."""
    order = draw(st.sampled_from(["standard", "nest"]))
    sizes = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    net, a, b = two(*sizes, seed=draw(st.integers(0, 2**32 - 1)), order=order)
    for _ in range(draw(st.integers(0, 4))):
        source, target = draw(st.sampled_from([(a, a), (a, b), (b, a), (b, b)]))
        source = source[views(draw, len(source))]
        target = target[views(draw, len(target))]
        autapses, multapses = draw(st.booleans()), draw(st.booleans())
        possible = len(source) * len(target)
        few = max(0, min(len(source), len(target)) - 1)
        k = draw(st.integers(0, 200))
        rules = {
            "total": sp.fixed_total_number(
                k if multapses else max(0, min(k, (possible - len(target)) // 2)),
                autapses=autapses or few == 0, multapses=multapses),
            "indegree": sp.fixed_indegree(min(k, few), autapses=autapses, multapses=multapses),
            "outdegree": sp.fixed_outdegree(min(k, few), autapses=autapses, multapses=multapses),
            "probability": sp.fixed_probability(draw(st.sampled_from([0, 1e-301, 0.02, 0.5, 1])),
                                                autapses=autapses),
            "all": sp.all_to_all(autapses=autapses),
            "explicit": sp.explicit([0] * 3, [0] * 3),
        }  # fmt: skip
        if len(source) == len(target):
            rules["one"] = sp.one_to_one()
        rule = rules[draw(st.sampled_from(sorted(rules)))]
        synapse = sp.synapses.ExpCurrent(tau=draw(st.sampled_from([2, 5])) * ms)
        weight = WEIGHTS[draw(st.integers(0, len(WEIGHTS) - 1))]
        options = {}
        if draw(st.booleans()):
            options["axonal_delay"] = 0.3 * ms
            options["dendritic_delay"] = sp.uniform(0.1 * ms, 1 * ms)
        else:
            options["delay"] = draw(st.sampled_from(DELAYS[3:4] if order == "nest" else DELAYS))
        if isinstance(rule, sp.explicit) and draw(st.booleans()):
            weight = np.array([3.0, 1.0, 2.0]) * pA
        net.project(source, target, rule, synapse=synapse, weight=weight, **options)
    return net


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(1, 5), st.integers(1, 7))
def test_any_network(net, threads, parts):
    check(net, threads, parts, precisions=("float64",))


def test_many_buckets_and_chunks():
    """Large enough to be cut up on every level."""
    net, a, b = two(3000, 2000)
    fast = sp.synapses.ExpCurrent()
    delay = sp.normal(1.5 * ms, 0.75 * ms, low=0.05 * ms)
    for source, target, rule in (
        (a, b, sp.fixed_total_number(1_200_000)),
        (b, b, sp.fixed_total_number(300_000, autapses=False)),
        (a, a, sp.fixed_indegree(100, autapses=False)),
        (b, a, sp.fixed_outdegree(90)),
        (a, b, sp.fixed_probability(0.1)),
    ):
        net.project(
            source, target, rule, synapse=fast, weight=sp.normal(9 * pA, 1 * pA), delay=delay
        )
    check(net, parts=3, precisions=("float32",))


def test_weights_of_a_run():
    """Other weights, by every way to give them, and back; connectivity stays."""
    net, a, b = two()
    synapse = sp.synapses.ExpConductance(name="g")
    net.project(a, b, sp.fixed_probability(0.3), synapse=synapse, name="p",
                weight=sp.normal(2 * nS, 0.2 * nS, low=0 * nS),
                delay=sp.uniform(0 * ms, 1 * ms))  # fmt: skip
    net.project(a, b, sp.fixed_total_number(20), weight=1 * mV, name="q")
    net.project(b, a, sp.explicit([3, 1, 2], [0, 1, 0]), weight=np.arange(3.0) * mV, name="r")
    listed = np.linspace(1, 2, 20) * mV
    check(net, params=(
        None,
        {"p.weight_scale": 0.7},
        {"p.weight": 3 * nS, "r.weight_scale": -2.0},
        {"q.weight": listed},
        {"q.weight": listed, "q.weight_scale": 3.0},
        {"r.weight": np.array([5.0, 1.0, 2.0]) * mV},
        None,
    ))  # fmt: skip


def test_wrong_number_of_weights():
    net, a, b = two()
    net.project(a, b, sp.fixed_total_number(20), weight=1 * mV, name="q")
    model = net.compile("jax")
    with pytest.raises(sp.errors.ParameterError, match="expected one value or 20"):
        model.run(1 * ms, params={"q.weight": np.ones(7) * mV})


def test_too_short_a_delay_names_the_projection():
    net, a, b = two(order="nest")
    net.project(a, b, sp.fixed_total_number(20), weight=1 * mV, delay=1 * ms)
    net.project(a, b, sp.fixed_total_number(200), weight=1 * mV, name="short",
                delay=sp.uniform(0 * ms, 1 * ms))  # fmt: skip
    with pytest.raises(sp.errors.ConnectivityError, match="'short': a delay of 0 steps"):
        net.compile("jax")


def test_connections_are_those_of_numpy():
    net, a, b = two()
    net.project(a, b, sp.fixed_probability(0.3), weight=sp.normal(2 * mV, 0.2 * mV),
                delay=sp.uniform(0 * ms, 1 * ms), name="p")  # fmt: skip
    ours, theirs = (net.compile(k).connections("p") for k in ("jax", "numpy"))
    for name in ("source", "target", "weight", "delay"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name))


def test_a_table_is_not_copied():
    """JAX takes the table as it lies in memory."""
    net, a, b = two(200, 300)
    net.project(a, b, sp.fixed_total_number(20_000), weight=1 * mV)
    model = net.compile("jax")
    made, table = model.executable.native, model.executable.table
    assert isinstance(model.executable, executable.JaxExecutable)
    for name in ("segment", "target"):
        assert table[name].unsafe_buffer_pointer() == made.arrays[name].ctypes.data


def test_normal_numbers_far_out():
    """Every branch of the quantile, from the middle to both ends of what can be drawn."""
    law = distributions.Normal(0.0, 1.0)
    assert law.mass() == (0.0, 1.0)
    half = 0.5 ** np.arange(2, 52)
    low = np.concatenate([half, np.linspace(0.05, 0.5, 300), [1.4e-11, 1.38e-11]])
    p = np.concatenate([low, 1 - low])
    words = np.round(p * 2**52 - 0.5).astype(np.uint64)
    word0, word1 = (words >> 25).astype(np.uint32) << 5, (words & 0x1FFFFFF).astype(np.uint32) << 7
    expected = law.quantile(random.open_uniform(word0, word1))
    assert np.array_equal(laws.normal_quantiles(random.open_uniform(word0, word1)), expected)


@pytest.mark.parametrize("backend", ["numpy", "jax", "cpp"])
def test_a_network_too_large_is_refused_with_a_table(backend, monkeypatch):
    """Before anything is allocated."""
    monkeypatch.setattr(synapses, "Synapses", None)
    monkeypatch.setattr(synapses, "allocate", None)
    net, a, b = two(1_000_000, 1_000_000)
    net.project(a, b, sp.fixed_probability(0.9), weight=1 * mV, delay=sp.uniform(0 * ms, 2 * ms))
    with pytest.raises(sp.errors.TooLargeError, match=r"(?s)GB, this machine has .*total"):
        net.compile(backend)


# Each: weight, delay; then whether weights are shared, and whether there is a ring.
STORED = {
    "own": (sp.normal(1 * mV, 0.1 * mV), sp.normal(2 * ms, 0.75 * ms, low=0 * ms), False, False),
    "shared": (1 * mV, sp.uniform(0.1 * ms, 2 * ms), True, False),
    "ring": (sp.normal(1 * mV, 0.1 * mV), sp.uniform(0.1 * ms, 900 * ms), False, True),
    "shared ring": (1 * mV, sp.uniform(0.1 * ms, 900 * ms), True, True),
    "one delay": (1 * mV, 3 * ms, True, False),
    "rare delays": (sp.normal(1 * mV, 0.1 * mV), sp.lognormal(1 * ms, 0.4), False, False),
}  # fmt: skip


@pytest.mark.parametrize("options", [{}, {"precision": "float64"}, {"weights": "float16"}], ids=str)
@pytest.mark.parametrize("name", STORED)
def test_memory_is_about_what_is_taken(name, options, monkeypatch):
    weight, delay, shared, ring = STORED[name]
    monkeypatch.setattr(sharing, "_TABLE_COSTS", 0)
    monkeypatch.setattr(synapses, "_FEWEST_IN_A_SEGMENT", 1e9 * ring)
    net, a, b = two(300, 3000)
    net.project(a, b, sp.fixed_probability(0.5), weight=weight, delay=delay)
    model = net.compile("cpp", **options)
    machine = executable_cpp.Machine(
        model.lowered, model.executable.synapses, [], [], model.binder.bind(), model.options, 1
    )  # fmt: skip
    (made,), parts = model.executable.synapses.stores, model.memory().parts
    t = made.table
    assert (made.shared, t.segment is None) == (shared, ring)

    def about(part, *arrays, slack=1.02):
        taken = sum(x.nbytes for x in arrays)
        assert taken / slack <= parts.get(part, 0) <= taken * slack, part

    about("targets", t.target)
    about("weights", made.weight)
    about("delays", *[t.delay] * ring)
    # Where delays are rare some do not occur.
    slack = 1.7 if name == "rare delays" else 1.3
    about("segments", t.row if ring else t.segment, t.counts, slack=slack)
    under_way = [machine.state["log"], *[machine.state[k] for k in ("ring",) if ring]]
    about("spikes under way", *under_way * 3, slack=slack)
    assert "total" in str(model.memory())
    assert model.memory().total == sum(parts.values())


def test_memory_of_two_tables(monkeypatch):
    """Projections from the same sources, with one weight each that both can't have."""
    monkeypatch.setattr(sharing, "_TABLE_COSTS", 0)
    net, a, b = two(300, 3000)
    for weight, delay in ((1 * mV, 1 * ms), (2 * mV, 4 * ms)):
        net.project(a, b, sp.fixed_probability(0.5), weight=weight, delay=delay)
    model = net.compile("cpp")
    stores, parts = model.executable.synapses.stores, model.memory().parts
    assert [s.shared for s in stores] == [True, True]
    assert parts["targets"] == pytest.approx(sum(s.table.target.nbytes for s in stores), rel=0.01)
    assert parts["weights"] == sum(s.weight.nbytes for s in stores)
    taken = sum(s.table.segment.nbytes + s.table.counts.nbytes for s in stores)
    assert parts["segments"] == taken


def test_memory_of_a_table_for_xla():
    net, a, b = two(300, 3000)
    delay = sp.normal(1.5 * ms, 0.75 * ms, low=0.05 * ms)
    net.project(a, b, sp.fixed_probability(0.5), weight=sp.normal(1 * mV, 0.1 * mV), delay=delay)
    model = net.compile("jax")
    ((made,), parts) = (model.executable.native.stores, model.memory().parts)
    assert parts["targets"] == pytest.approx(made.table.target.nbytes, rel=0.01)
    assert parts["weights"] == pytest.approx(made.weight.nbytes, rel=0.01)
    assert made.table.segment.nbytes <= parts["segments"] < 1.5 * made.table.segment.nbytes
    assert "delays" not in parts


def test_storage_does_not_depend_on_the_machine(monkeypatch):
    """On more threads there are more parts, and with them more segments; but sums in the order of
    a ring are others than sums by delay."""
    net, a, b = two(300, 30_000)
    net.project(a, b, sp.fixed_indegree(2), weight=sp.uniform(1 * mV, 2 * mV), delay=1 * ms)
    monkeypatch.setattr(synapses, "_FEWEST_IN_A_SEGMENT", 1)
    program = lower(build(net), SYMBOLIC)
    kept = set()
    for threads in (1, 2, 4, 7):
        made = Synapses(program, Options(), threads, share=True)
        kept.add(made.stores[0].table.segment is None)
        assert len(made.part_start) == threads + 1
    assert len(kept) == 1

"""The table of synapses that the kernels for GPUs make, run on this CPU, against C++ and NumPy."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "cuda"))

from connected import DELAYS, WEIGHTS, two
from sanitizer import FLAGS, RACE, watched

import spikesim as sp
from spikesim.backends import sharing, synapses
from spikesim.backends.base import Options
from spikesim.backends.binding import Binder
from spikesim.backends.cuda.compile import INCLUDE, KERNELS, by_host
from spikesim.backends.cuda.connect import DeviceTable
from spikesim.backends.cuda.host import HostDevice
from spikesim.backends.cuda.placement import Fast
from spikesim.backends.synapses import Synapses
from spikesim.build import build
from spikesim.errors import ConnectivityError, TooLargeError, UnsupportedError
from spikesim.native import why_missing
from spikesim.passes import CONCRETE, SYMBOLIC, lower
from spikesim.units import ms, pA

try:
    by_host("", ["-std=c++20"])
except UnsupportedError:
    pytest.skip("there is no C++ compiler", allow_module_level=True)
pytestmark = pytest.mark.skipif(bool(why_missing()), reason="the kernels are not built")

PRECISIONS = Options("float32"), Options("float64")
ALWAYS, NEVER = 0, 1e9  # how much a table costs that shares weights
RING, SEGMENTS = 1e9, 0  # how few synapses a segment must have


def download(memory):
    return memory.array if hasattr(memory, "array") else memory


def columns(store):
    """The synapses of a store in an order of their own: source, part and place, delay, weight, and
    number where there is one."""
    t = store.table
    target, delays = download(t.target), t.delays
    by_row = t.row is not None
    cells = download(t.row if by_row else t.segment)
    each = np.diff(cells.astype(np.int64), axis=-1)
    part, source, *rest = (np.repeat(i.ravel(), each.ravel()) for i in np.indices(each.shape))
    delay = download(t.delay) if by_row else delays[rest[0]]
    weight = store.weight[source] if store.shared else download(store.weight)
    found = [source, t.part_start[part] + target, delay, weight]
    if store.unreliable:
        found.append(
            download(t.number)
            if isinstance(t, DeviceTable)
            else t.in_order(np.arange(t.synapses, dtype=np.float64))
        )
    return ordered(found)


def ordered(found):
    order = np.lexsort(found[::-1])
    return [np.asarray(c)[order] for c in found]


def equal(ours, theirs, what):
    assert len(ours) == len(theirs)
    for column, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert np.array_equal(a, b), (what, column)
        assert np.array_equal(np.signbit(a), np.signbit(b)), (what, column)


def check(
    net, devices, options=PRECISIONS, parts=1, costs=ALWAYS,
    sparse=SEGMENTS, params=(None,),
):  # fmt: skip
    """The same cells, synapses and weights for each of several params, and the same of all else
    that a run asks for. Returns the tables of the first device."""
    program = lower(build(net), SYMBOLIC)

    def starts(n, _):
        return np.linspace(0, n, min(parts, max(n, 1)) + 1).round().astype(np.int64)

    with (
        patch.object(synapses, "part_starts", starts),
        patch.object(sharing, "_TABLE_COSTS", costs),
        patch.object(synapses, "_FEWEST_IN_A_SEGMENT", sparse),
    ):
        for option in options:
            native = Synapses(program, option, 2, share=True)
            made = [
                Synapses(program, option, 2, share=True, make=partial(DeviceTable, d))
                for d in devices
            ]
            for one in params:
                expected = Binder(native.program, option, native).bind(one)
                ours = [Binder(m.program, option, m).bind(one) for m in made]
                for m, values in zip(made, ours, strict=True):
                    same(m, values, native, expected)
                if not option.weights:
                    by_numpy(program, option, one, native)
    return made[0].stores


def same(made, values, native, expected):
    assert vars(made.program.delivery) == vars(native.program.delivery)
    assert list(made.largest()) == list(native.largest())
    assert made.groups == native.groups
    for a, b in zip(made.stores, native.stores, strict=True):
        assert np.array_equal(a.table.delays, b.table.delays)
        for cells in ("row", "segment"):
            ours, theirs = getattr(a.table, cells), getattr(b.table, cells)
            assert (ours is None) == (theirs is None)
            assert ours is None or np.array_equal(download(ours), theirs), cells
        equal(columns(a), columns(b), a.edges)
        if not a.unreliable:
            assert a.table.nbytes == b.table.nbytes
    for name, value in expected.items():
        if not name.startswith("delivery."):
            assert np.array_equal(values[name], value), name


def by_numpy(program, options, params, native):
    """All synapses, from the arrays of the passes, are those of the tables of C++."""
    concrete = lower(program, CONCRETE)
    rows = concrete.delivery.rows
    weight = Binder(concrete, options).bind(params)["delivery.weights"]
    source = np.repeat(np.arange(concrete.delivery.n_sources), np.diff(rows.row_pointer))
    ours = [np.concatenate(c) for c in zip(*(columns(s)[:4] for s in native.stores), strict=True)]
    theirs = [source, rows.slot, rows.delay, weight.astype(options.weight_dtype)]
    equal(ordered(ours), ordered(theirs), "NumPy")


DEVICES = [HostDevice(n) for n in (1, 2, 4)]


RULES = {
    "total": sp.fixed_total_number(700),
    "total, no autapses": sp.fixed_total_number(300, autapses=False),
    "total, no multapses": sp.fixed_total_number(300, multapses=False),
    "indegree": sp.fixed_indegree(9),
    "indegree, no autapses": sp.fixed_indegree(9, autapses=False),
    "indegree, no multapses": sp.fixed_indegree(9, multapses=False),
    "outdegree": sp.fixed_outdegree(13),
    "outdegree, no autapses": sp.fixed_outdegree(13, autapses=False),
    "outdegree, no multapses": sp.fixed_outdegree(13, multapses=False),
    "probability": sp.fixed_probability(0.3),
    "probability, no autapses": sp.fixed_probability(0.3, autapses=False),
    "never": sp.fixed_probability(0),
    "always": sp.fixed_probability(1, autapses=False),
    "all": sp.all_to_all(),
    "all, no autapses": sp.all_to_all(autapses=False),
    "one": sp.one_to_one(),
    "explicit": sp.explicit([3, 1, 1, 0, 3], [0, 2, 2, 30, 4]),
}


@pytest.mark.parametrize("release", [None, 0.5], ids=["reliable", "unreliable"])
@pytest.mark.parametrize("rule", RULES)
def test_rules(rule, release):
    """Between parts of one population, so that autapses may occur."""
    net, _, b = two()
    source, target = b[::-1], b[:]
    net.project(source, target, RULES[rule], synapse=sp.synapses.ExpCurrent(), weight=WEIGHTS[2],
                delay=DELAYS[3], release=release)  # fmt: skip
    for sparse in (RING, SEGMENTS):
        (store,) = check(net, DEVICES, parts=3, costs=NEVER, sparse=sparse)
        assert store.unreliable == bool(release)
        by_row = release or (sparse == RING and store.table.synapses)
        assert (store.table.row is not None) == bool(by_row)


@pytest.mark.parametrize("weight", range(len(WEIGHTS)))
@pytest.mark.parametrize("delay", range(len(DELAYS)))
def test_distributions(weight, delay):
    net, a, b = two()
    net.project(a, b, sp.fixed_total_number(700), synapse=sp.synapses.ExpCurrent(),
                weight=WEIGHTS[weight], delay=DELAYS[delay])  # fmt: skip
    check(net, DEVICES[1:2], costs=NEVER)


@pytest.mark.parametrize("weights", ["float16", "float32"])
def test_narrow_weights(weights):
    """Zeros lose their sign."""
    net, a, b = two()
    net.project(a, b, RULES["probability"], synapse=sp.synapses.ExpCurrent(), weight=WEIGHTS[2],
                delay=DELAYS[2])  # fmt: skip
    net.project(a, b, RULES["all"], synapse=sp.synapses.ExpCurrent(), weight=-0.0 * pA)
    check(net, DEVICES[1:2], [Options("float64", weights=weights)], costs=NEVER)


def test_shared_weights_and_axonal_delays():
    net, a, b = two()
    for source, target in ((a, b), (b, a), (b, b)):
        net.project(source, target, sp.fixed_probability(0.4), weight=2 * pA * len(source),
                    synapse=sp.synapses.ExpCurrent(), axonal_delay=0.3 * ms,
                    dendritic_delay=sp.uniform(0.1 * ms, 1 * ms))  # fmt: skip
    for sparse in (RING, SEGMENTS):
        stores = check(net, DEVICES, parts=2, sparse=sparse)
        assert all(s.shared for s in stores)


def test_weights_of_a_run():
    """Other weights, by every way to give them, and back."""
    net, a, b = two()
    synapse = sp.synapses.ExpCurrent()
    net.project(a, b, sp.fixed_probability(0.3), synapse=synapse, name="p", weight=WEIGHTS[2],
                delay=DELAYS[2])  # fmt: skip
    net.project(a, b, sp.fixed_total_number(20), synapse=synapse, weight=1 * pA, name="q")
    net.project(b, a, sp.fixed_probability(0.2), synapse=synapse, weight=WEIGHTS[1], name="r",
                release=sp.uniform(0, 1))  # fmt: skip
    listed = np.linspace(1, 2, 20) * pA
    check(net, DEVICES[1:2], parts=3, costs=NEVER, params=(
        None, {"p.weight_scale": 0.7}, {"p.weight": 3 * pA, "r.weight_scale": -2.0},
        {"q.weight": listed, "q.weight_scale": 3.0}, None,
    ))  # fmt: skip


@st.composite
def networks(draw, fewest=0, releases=(None, None, 0.3)):
    """Two populations and several projections, from and to parts of them."""
    net, a, b = two(draw(st.integers(1, 40)), draw(st.integers(1, 40)), draw(st.integers(0, 99)))
    for _ in range(draw(st.integers(fewest, 4))):
        source, target = (
            p[draw(st.permutations(range(len(p))))[: draw(st.integers(1, len(p)))]]
            for p in draw(st.sampled_from([(a, a), (a, b), (b, a), (b, b)]))
        )
        autapses = draw(st.booleans())
        least = min(len(source), len(target)) - 1
        degree = draw(st.integers(0, 5)) if least else 0
        rules = [
            sp.fixed_total_number(degree * 20, autapses=autapses),
            sp.fixed_indegree(degree, autapses=autapses),
            sp.fixed_outdegree(degree, autapses=autapses),
            sp.fixed_probability(draw(st.sampled_from([1e-301, 0.02, 0.5, 1])), autapses=autapses),
            sp.all_to_all(autapses=autapses),
            sp.explicit([0] * 3, [0] * 3),
        ]
        net.project(
            source, target, draw(st.sampled_from(rules)),
            synapse=sp.synapses.ExpCurrent(tau=draw(st.sampled_from([2, 5])) * ms),
            weight=draw(st.sampled_from(WEIGHTS)), delay=draw(st.sampled_from(DELAYS)),
            release=draw(st.sampled_from(releases)),
        )  # fmt: skip
    return net


def in_slices(store, fast):
    """`columns` of synapses that lie in slices."""
    t, p = store.table, fast.placement
    base, offset, address = (download(m).astype(np.int64) for m in (t.base, t.offset, t.target))
    each = np.diff(offset, axis=1)
    assert np.array_equal(np.append(base, t.synapses), np.append(0, np.cumsum(each.sum(axis=1))))
    source, block = (np.repeat(i.ravel(), each.ravel()) for i in np.indices(each.shape))
    slot_of = np.full((p.blocks, p.n_slots), -1)
    slot_of[p.where >> 16, p.where & 0xFFFF] = np.arange(len(p.where))
    delay, slot = np.divmod(address, p.n_slots)
    if store.shared:
        weight = fast.whole(store.weight)[source]
    else:
        weight = download(store.weight)
        weight = weight if fast.sums.kind == "f" else weight.view(f"i{weight.itemsize}")
    return [source, slot_of[block, slot], delay, weight]


@settings(max_examples=50, deadline=None)
@given(
    networks(fewest=1, releases=(None,)),  # what the fast path takes
    st.sampled_from([1, 2, 5]),
    st.sampled_from(["float64", "float32", "float16"]),
)
def test_slices_of_blocks_hold_the_same_synapses(net, blocks, kind):
    program, device = lower(build(net), SYMBOLIC), HostDevice(blocks)
    options = Options("float64" if kind == "float64" else "float32",
                      weights="float16" if kind == "float16" else "")  # fmt: skip
    fast = Fast(program, options, device)
    make = partial(DeviceTable, device)
    ours = Synapses(program, options, 1, share=True, make=make, placing=fast)
    native = Synapses(program, options, 1, share=True)
    for one in (ours, native):
        Binder(one.program, options, one).bind()
    assume(fast.placement)
    for a, b in zip(ours.stores, native.stores, strict=True):
        # Two synapses may differ in their weight alone, so order is not by that.
        *found, weight = in_slices(a, fast)
        *expected, theirs = columns(b)
        known, given = np.lexsort([weight, *found[::-1]]), np.lexsort([theirs, *expected[::-1]])
        for x, y in zip(found, expected, strict=True):
            assert np.array_equal(x[known], y[given])
        error = 0 if kind == "float64" else 0.5 * fast.unit
        assert np.all(np.abs(weight[known] * fast.unit - theirs[given]) <= error)


@settings(max_examples=50, deadline=None)
@given(networks(), st.integers(1, 7), st.sampled_from([RING, SEGMENTS]))
def test_any_network(net, parts, sparse):
    check(net, DEVICES[2:], [Options("float64")], parts=parts, sparse=sparse)


def test_many_synapses():
    net, a, b = two(300, 200)
    for source, target, rule in (
        (a, b, sp.fixed_total_number(120_000)),
        (b, b, sp.fixed_total_number(30_000, autapses=False)),
        (a, a, sp.fixed_indegree(100, autapses=False)),
        (a, b, sp.fixed_probability(0.1)),
    ):
        net.project(source, target, rule, synapse=sp.synapses.ExpCurrent(), weight=WEIGHTS[2],
                    delay=DELAYS[3])  # fmt: skip
    check(net, DEVICES, [Options()], parts=3, costs=NEVER)


def test_too_short_a_delay_names_the_projection():
    net, a, b = two(order="nest")
    net.project(a, b, sp.fixed_total_number(20), synapse=sp.synapses.ExpCurrent(), weight=1 * pA)
    net.project(a, b, sp.fixed_total_number(200), synapse=sp.synapses.ExpCurrent(), weight=1 * pA,
                name="short", delay=sp.uniform(0 * ms, 1 * ms))  # fmt: skip
    program = lower(build(net), SYMBOLIC)
    with pytest.raises(ConnectivityError, match="'short': a delay of 0 steps"):
        Synapses(program, Options(), 1, share=True, make=partial(DeviceTable, DEVICES[1]))


def test_what_does_not_fit():
    make = partial(DeviceTable, DEVICES[1])
    net, a, b = two()
    net.project(a, b, sp.all_to_all(), weight=1 * pA, synapse=sp.synapses.ExpCurrent(),
                delay=1e7 * ms)  # fmt: skip
    with pytest.raises(TooLargeError, match="delays of up to 100000000 steps"):
        Synapses(lower(build(net), SYMBOLIC), Options(), 1, share=True, make=make)
    net, a, b = two()
    net.project(a, b, sp.all_to_all(), weight=1 * pA, synapse=sp.synapses.ExpCurrent(),
                delay=7000 * ms, release=0.5)  # fmt: skip
    with pytest.raises(UnsupportedError, match=r"'cuda' can't run: .* up to 70000 steps"):
        Synapses(lower(build(net), SYMBOLIC), Options(), 1, share=True, make=make, backend="cuda")


def races(*flags):
    """Everything that kernels write from several threads."""
    device = HostDevice(2, [*FLAGS, *flags], lanes=2)
    for sparse in (RING, SEGMENTS):
        net, _, b = two()
        for k, rule in enumerate(("total", "indegree, no autapses", "probability", "explicit")):
            net.project(b, b, RULES[rule], synapse=sp.synapses.ExpCurrent(), weight=WEIGHTS[2],
                        delay=DELAYS[3], release=None if k < 3 else 0.5)  # fmt: skip
        check(net, [device], [Options("float64")], parts=2, costs=NEVER, sparse=sparse)


def test_no_races():
    done = watched(__file__, "races")
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.parametrize("barrier", ["kBuilt", "kUnseen"])
def test_a_missing_barrier_is_a_race(barrier):
    barriers = (KERNELS / "include/spikesim/platform.cuh").read_text()
    names = re.findall(r"^  (k\w+),", barriers.split("enum Barrier")[1], re.MULTILINE)
    done = watched(__file__, "races", f"-DSPIKESIM_WITHOUT_BARRIER={names.index(barrier)}")
    assert done.returncode == RACE, done.stderr[-4000:]
    assert "data race" in done.stderr


def test_kernels_compile_for_a_gpu():
    core = pytest.importorskip("cuda.core")
    options = core.ProgramOptions(
        std="c++17", arch="sm_90", device_as_default_execution_space=True, fma=False,
        include_path=[str(path) for path in INCLUDE],
    )  # fmt: skip
    code = core.Program((KERNELS / "connect.cu").read_text(), "c++", options).compile("cubin").code
    for name in (b"survey", b"count", b"place", b"shorten", b"settle"):
        assert b"connect_" + name in code

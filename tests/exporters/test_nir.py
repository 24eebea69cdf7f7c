"""NIR files: what goes out comes in again, what can't be said is refused, junk is told from graphs.

`make peer-chips` has other tools run what is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from itertools import count, pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

import spikesim as sp
from spikesim.build import build
from spikesim.errors import DescriptionError, FileError, SpikesimError, UnfitError
from spikesim.exporters.canonical import Circuit, recognise
from spikesim.exporters.nir import read_nir, write_nir
from spikesim.units import Hz, ms, mV, pA

nir = pytest.importorskip("nir", reason="nir is not installed (extra: nir)")
h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra: nir)")
pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
QUICK = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def network(seed: int, currents: bool) -> sp.Network:
    """Two recurrent populations that rest at 0, with delays."""
    rng = np.random.default_rng(seed)
    net = sp.Network(dt=0.1 * ms, seed=seed, order="standard" if currents else "nest")
    source = net.population("in", 5, sp.poisson(rate=300 * Hz))
    cells = [
        net.population(
            name, size,
            sp.neurons.LIF(
                tau_m=rng.uniform(5, 30, size) * ms, C=rng.uniform(100, 300) * pA * ms / mV,
                E_L=rng.uniform(0, 2) * mV, V_th=rng.uniform(4, 9, size) * mV,
                V_reset=rng.uniform(-3, 0) * mV, t_ref=0 * ms,
            ), v=0 * mV,
        )
        for name, size in (("a", 6), ("b", 3))
    ]  # fmt: skip
    synapse: Any = sp.synapses.ExpCurrent(tau=rng.uniform(1, 6) * ms) if currents else None
    for k, (s, t) in enumerate([(source, cells[0]), (cells[0], cells[1]), (cells[1], cells[0])]):
        n = s.size * t.size
        weight = rng.normal(40, 300, n) * pA if currents else rng.normal(1, 2, n) * mV
        delay = (rng.integers(1, 4, n) if k else 1) * 0.1 * ms
        net.project(
            s, t, sp.all_to_all(), synapse=synapse, weight=weight, delay=delay, name=f"p{k}"
        )
    return net


def test_other_files_are_not_overwritten(tmp_path: Path) -> None:
    write_nir(network(0, True), tmp_path / "net.nir")
    write_nir(network(1, True), tmp_path / "net.nir")  # a graph, over a graph
    (tmp_path / "precious.txt").write_text("precious")
    with pytest.raises(FileError, match="there already and holds no graph; name another"):
        write_nir(network(0, True), tmp_path / "precious.txt")
    assert (tmp_path / "precious.txt").read_text() == "precious"


def same(one: Circuit, other: Circuit, **close: float) -> None:
    """The same numbers in the same groups; the parts of a projection may be several."""
    close = close or {"rtol": 1e-12, "atol": 1e-12}
    assert dict(one.sources) == dict(other.sources)
    assert one.cells.keys() == other.cells.keys() and one.early == other.early
    for name, a in one.cells.items():
        b = other.cells[name]
        order = [0, *range(1, len(a.states))]
        for word in ("A", "b", "threshold", "R", "r", "held", "start"):
            x, y = getattr(a, word), getattr(b, word)
            np.testing.assert_allclose(x, y[:, order] if x.ndim == 2 else y, **close)
    for pair in {(w.source, w.target) for w in (*one.wires, *other.wires)}:
        x, y = (
            {
                (i, j, d): w
                for wire in c.wires
                if (wire.source, wire.target) == pair
                for i, j, d, w in zip(wire.pre, wire.post, wire.delay, wire.weight, strict=True)
                if w
            }
            for c in (one, other)
        )
        assert x.keys() == y.keys()
        np.testing.assert_allclose([x[k] for k in x], [y[k] for k in x], **close)


def alike(one: Any, other: Any, place: str = "") -> None:
    """The same programs, part by part; numbers but for the last digits of their conversions."""
    if all(isinstance(x, np.ndarray | float) for x in (one, other)):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12, err_msg=place)
        return
    assert type(one) is type(other), place
    if is_dataclass(one) and not isinstance(one, type):
        for field in fields(one):
            alike(getattr(one, field.name), getattr(other, field.name), f"{place}.{field.name}")
    elif isinstance(one, Mapping):
        assert list(one) == list(other), place
        for key in one:
            alike(one[key], other[key], f"{place}[{key}]")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), place
        for k, (a, b) in enumerate(zip(one, other, strict=True)):
            alike(a, b, f"{place}[{k}]")
    elif hasattr(one, "__dict__") and type(one).__eq__ is object.__eq__:
        alike(vars(one), vars(other), place)
    else:
        assert one == other, place


@QUICK
@given(st.integers(0, 10**6), st.booleans())
def test_round_trip(tmp_path: Path, seed: int, currents: bool) -> None:
    net = network(seed, currents)
    path = tmp_path / "net.nir"
    write_nir(net, path)
    again = read_nir(path, inputs={"in": sp.poisson(rate=300 * Hz)})
    program = build(again)
    same(recognise(build(net)), recognise(program))
    write_nir(again, tmp_path / "again.nir")
    alike(
        program, build(read_nir(tmp_path / "again.nir", inputs={"in": sp.poisson(rate=300 * Hz)}))
    )


@pytest.mark.parametrize("currents", [False, True])
def test_the_network_that_comes_back_spikes_alike(tmp_path: Path, currents: bool) -> None:
    net = network(3, currents)
    write_nir(net, tmp_path / "net.nir")
    again = read_nir(tmp_path / "net.nir", inputs={"in": sp.poisson(rate=300 * Hz)})
    again.seed = net.seed
    spikes = []
    for one in (net, again):
        one.record([one.populations["a"], one.populations["b"]], "spikes")
        spikes.append(one.run(300 * ms, "numpy", precision="float64"))
    for name in ("a", "b"):
        a, b = (run[name].spikes for run in spikes)
        assert len(a.t) > 20
        assert np.array_equal(a.t, b.t) and np.array_equal(a.i, b.i)


def graph(**nodes: Any) -> Any:
    """Input -> nodes, one after the other -> Output."""
    names = ["input", *nodes, "output"]
    ends = {
        "input": nir.Input(input_type={"input": np.array([2])}),
        "output": nir.Output(output_type={"output": np.array([2])}),
    }
    return nir.NIRGraph({**ends, **nodes}, list(pairwise(names)), type_check=False)


def lif(**other: Any) -> Any:
    ones = np.ones(2)
    values = {"tau": 0.01 * ones, "r": ones, "v_leak": 0 * ones, "v_threshold": ones}
    return nir.LIF(**{**values, **other})


def test_a_step_is_that_of_the_equations(tmp_path: Path) -> None:
    """One spike of weight w: v jumps by r w dt/tau, then decays; by hand."""
    nir.write(tmp_path / "one.nir", graph(w=nir.Linear(np.diag([30.0, 200.0])), lif=lif()))
    net = read_nir(
        tmp_path / "one.nir", dt=0.1 * ms, inputs={"input": sp.spike_times([[1.0], [1.0]] * ms)}
    )
    net.record(net.populations["lif"], ["v", "spikes"])
    result = net.run(2 * ms, "numpy", precision="float64")["lif"]
    v = result.v.values
    v = v if v.shape[0] == 2 else v.T
    assert v[0].max() == pytest.approx(30 * 0.1 / 10)
    assert v[0][-1] == pytest.approx(0.3 * np.exp(-(v[0].size - 1 - v[0].argmax()) * 0.1 / 10))
    assert result.spikes.i.tolist() == [1]
    assert result.spikes.t.tolist() == pytest.approx([1.1])


def test_convolution_and_pooling(tmp_path: Path) -> None:
    """The same numbers as SciPy's correlation."""
    rng = np.random.default_rng(0)
    weight, size = rng.normal(size=(3, 2, 3, 3)), (2, 6, 8)
    conv = nir.Conv2d(
        input_shape=(6, 8), weight=weight, stride=(2, 1), padding=(1, 0), dilation=1, groups=1,
        bias=np.array([0.5, 0.0, -1.0]),
    )  # fmt: skip
    pool = nir.SumPool2d(np.array([1, 2]), np.array([1, 2]), np.array([0, 0]))
    flat = nir.Flatten(start_dim=0, end_dim=-1, input_type={"input": np.array([3, 3, 3])})
    n = 27
    cell = nir.LIF(*(np.full(n, x) for x in (0.01, 100.0, 0.0, 1e9)))
    nodes = {"conv": conv, "pool": pool, "flat": flat, "cell": cell}
    names = ["input", *nodes]
    nodes["input"] = nir.Input(input_type={"input": np.array(size)})
    nir.write(
        tmp_path / "c.nir",
        nir.NIRGraph(nodes, list(pairwise(names)), type_check=False),
    )
    circuit = recognise(build(read_nir(tmp_path / "c.nir")))
    x = rng.random(size)
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    maps = np.stack(
        [sum(correlate2d(padded[c], weight[o, c], "valid") for c in range(2)) for o in range(3)]
    )[:, ::2]
    expected = (maps[:, :, 0::2] + maps[:, :, 1::2]).ravel()
    (wire,) = circuit.wires
    got = np.bincount(wire.post, wire.weight * x.ravel()[wire.pre], n)
    np.testing.assert_allclose(got, expected)  # r dt/tau is 1
    bias = circuit.cells["cell"].b[:, 0] * 10 / 100
    np.testing.assert_allclose(bias, np.repeat([1.0, 0.0, -2.0], 9))


def bad_graphs() -> dict[str, Any]:
    linear = nir.Linear(np.eye(2))
    loop = graph(a=linear, b=nir.Linear(np.eye(2)), lif=lif())
    loop.edges.append(("b", "a"))
    return {
        "not finite": graph(w=nir.Linear(np.array([[np.nan, 0], [0, 1]])), lif=lif()),
        "not above 0": graph(w=linear, lif=lif(tau=np.array([0.0, 1.0]))),
        "is a Threshold": graph(w=linear, t=nir.Threshold(np.ones(2)), lif=lif()),
        "is a LI": graph(w=linear, li=nir.LI(*np.ones((3, 2)))),
        "a cycle of linear nodes": loop,
        "for 2 values": graph(w=nir.Linear(np.ones((2, 3))), lif=lif()),
        "to 2 of 'lif'": graph(w=nir.Linear(np.ones((3, 2))), lif=lif()),
        "delays below 0": graph(d=nir.Delay(np.array([-1.0, 0.0])), w=linear, lif=lif()),
    }


@pytest.mark.parametrize("message", bad_graphs())
def test_graphs_that_no_network_can_be(tmp_path: Path, message: str) -> None:
    nir.write(tmp_path / "bad.nir", bad_graphs()[message])
    with pytest.raises(DescriptionError, match=message):
        read_nir(tmp_path / "bad.nir")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("nir") / "sound.nir"
    write_nir(network(1, False), path)
    return path.read_bytes()


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_broken_files_are_told(tmp_path: Path, sound: bytes, data: st.DataObject) -> None:
    """Bytes changed at random, or the end missing: a network, or one of our errors."""
    broken = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 20))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.sampled_from([len(broken), len(broken) // 2, 100, 0]))
    path = tmp_path / "broken.nir"
    path.write_bytes(bytes(broken[:end]))
    try:
        assert isinstance(read_nir(path), sp.Network)
    except SpikesimError as fault:
        assert str(fault)


ODD = (
    -1, 0, 2**31, 10**12, 2**63 - 1, float("nan"), float("inf"), 1e308, -1e308, 1e-308, 0.5, "LIF",
    "Conv2d", "NIRGraph", "", "x" * 1000, b"a",
)  # fmt: skip


NUMBERS = count()


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One of each kind of node."""
    folder = tmp_path_factory.mktemp("nir")
    conv = nir.Conv2d(
        input_shape=(6, 8), weight=np.ones((3, 2, 3, 3)), stride=1, padding=1, dilation=1, groups=1,
        bias=np.ones(3),
    )  # fmt: skip
    pool = nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    flat = nir.Flatten(start_dim=0, end_dim=-1, input_type={"input": np.array([3, 3, 4])})
    cells = nir.CubaLIF(*(np.ones(36) for _ in range(5)))
    nodes = {"conv": conv, "pool": pool, "flat": flat, "cells": cells}
    nodes["input"] = nir.Input(input_type={"input": np.array([2, 6, 8])})
    order = ["input", "conv", "pool", "flat", "cells"]
    nir.write(folder / "conv.nir", nir.NIRGraph(nodes, list(pairwise(order)), type_check=False))
    inner = graph(w=nir.Affine(np.eye(2), np.ones(2)), d=nir.Delay(np.ones(2)), lif=lif())
    nir.write(folder / "inner.nir", graph(inner=inner, s=nir.Scale(np.ones(2)),
                                          i=nir.IF(np.ones(2), np.ones(2))))  # fmt: skip
    for name in ("conv", "inner"):
        assert read_nir(folder / f"{name}.nir").populations
    return [folder / f"{name}.nir" for name in ("conv", "inner")]


@settings(max_examples=40, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_odd_values_are_told(tmp_path: Path, graphs: list[Path], seed: int) -> None:
    """Sound HDF5 with values, shapes and types that no writer would give."""
    rng = Random(seed)
    path = tmp_path / f"{next(NUMBERS)}.nir"  # HDF5 may keep a file of the same name
    path.write_bytes(rng.choice(graphs).read_bytes())
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        kept = [n for n in names if isinstance(file[n], h5py.Dataset)]
        for name in rng.sample(kept, rng.choice([1, 2])):
            value = rng.choice(ODD)
            shape = rng.choice([None, (0,), (1,), (2,), (36,), (2, 2), (1, 1, 1)])
            old = np.asarray(file[name][()])
            del file[name]
            if rng.random() < 0.5 and old.dtype.kind in "if" and not isinstance(value, str | bytes):
                file[name] = np.where(np.arange(old.size).reshape(old.shape) == 0, value, old)
            elif isinstance(value, str | bytes) or shape is None:
                file[name] = value
            else:
                file[name] = np.full(shape, value)
    try:
        assert isinstance(read_nir(path), sp.Network)
    except SpikesimError as fault:
        assert str(fault)
    path.unlink()


def test_graphs_that_never_end(tmp_path: Path) -> None:
    """Thousands of linear nodes in a row are gone through; a way that doubles 30 times is not."""
    row = {f"w{k}": nir.Linear(np.eye(2)) for k in range(1100)}
    nir.write(tmp_path / "long.nir", graph(**row, lif=lif()))
    assert len(read_nir(tmp_path / "long.nir").projections) == 1
    nodes: dict[str, Any] = {}
    edges, before = [], "input"
    for k in range(30):
        for letter in "abc":
            nodes[f"{letter}{k}"] = nir.Linear(np.eye(2))
        for letter in "ab":
            edges += [(before, f"{letter}{k}"), (f"{letter}{k}", f"c{k}")]
        before = f"c{k}"
    made = graph(lif=lif())
    made.nodes |= nodes
    made.edges = [*edges, (before, "lif"), ("lif", "output")]
    nir.write(tmp_path / "wide.nir", made)
    with pytest.raises(DescriptionError, match="ways through its linear nodes"):
        read_nir(tmp_path / "wide.nir")


def test_hostile_files_are_refused(tmp_path: Path, sound: bytes) -> None:
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["weight"] = np.eye(2)

    def link(node: Any) -> None:
        del node["weight"]
        node["weight"] = h5py.ExternalLink(str(secret), "/weight")

    def huge(node: Any) -> None:
        del node["weight"]
        node.create_dataset("weight", shape=(2**20, 2**20), dtype="f8", chunks=(64, 64))

    def around(node: Any) -> None:
        node["again"] = h5py.SoftLink("/node")

    def deep(node: Any) -> None:
        for _ in range(20):
            node = node.create_group("x")

    for change, message in (
        (link, "link to elsewhere"), (huge, "more than"), (around, "link"), (deep, "too deeply")
    ):  # fmt: skip
        path = tmp_path / "hostile.nir"
        path.write_bytes(sound)
        with h5py.File(path, "r+") as file:
            change(next(n for n in file["node/nodes"].values() if "weight" in n))
        with pytest.raises(FileError, match=message):
            read_nir(path)


def test_what_nir_cannot_say_is_refused_and_nothing_written(tmp_path: Path) -> None:
    net = sp.Network(dt=0.1 * ms)
    net.population("a", 2, sp.neurons.LIF())
    net.population("b", 2, sp.neurons.AdEx())
    with pytest.raises(UnfitError, match=r"(?s)b: .*a: a refractory period.*initial state"):
        write_nir(net, tmp_path / "out.nir")
    with pytest.raises(UnfitError, match="refractory"):
        write_nir(net, tmp_path / "out.nir", "norse")
    assert not list(tmp_path.iterdir())


def test_jumps_beside_currents_are_no_cubalif(tmp_path: Path) -> None:
    net = network(1, True)
    cells = net.populations["b"]
    net.project(net.populations["in"], cells, sp.all_to_all(), weight=1 * mV, name="jumps")
    with pytest.raises(UnfitError, match="jumps: jumps of v beside synaptic currents"):
        write_nir(net, tmp_path / "out.nir")
    with pytest.raises(UnfitError, match="more than one synaptic time constant"):
        write_nir(net, tmp_path / "out.nir", "norse")


def test_what_nirtorch_would_take_for_something_else(tmp_path: Path) -> None:
    """One input, one output, no loop at the output, no layer that is left out."""
    net = sp.Network(dt=1 * ms, order="nest")
    one, two = (net.population(n, 2, sp.poisson(rate=10 * Hz)) for n in ("in-1", "in_1"))
    a, b, c = (net.population(n, 2, sp.neurons.LIF(t_ref=0 * ms)) for n in "abc")
    for source, target in ((one, a), (two, a), (a, b), (b, b)):
        net.project(source, target, sp.all_to_all(), weight=1 * mV)
    assert c.size == 2
    with pytest.raises(UnfitError) as fault:
        write_nir(net, tmp_path / "out.nir", "norse")
    for part in ("2 sources", "c: nothing drives it", "b, c: each feeds no other", "a loop at the"):
        assert part in str(fault.value)


def test_names_that_look_alike_stay_apart(tmp_path: Path) -> None:
    net = sp.Network(dt=1 * ms, order="nest")
    for name in ("a-b", "a_b"):
        net.population(name, 2, sp.neurons.LIF(E_L=0 * mV, V_th=5 * mV, V_reset=0 * mV,
                                               t_ref=0 * ms), v=0 * mV)  # fmt: skip
    write_nir(net, tmp_path / "out.nir")
    assert len(read_nir(tmp_path / "out.nir").populations) == 2


def test_a_reader_of_old_files_gets_no_v_reset(tmp_path: Path) -> None:
    class Subtracting(sp.neurons.LIF):
        reset = "v -= V_th - E_L"

    net = sp.Network(dt=1 * ms, order="nest")
    source = net.population("in", 2, sp.poisson(rate=10 * Hz))
    cells = net.population("a", 2, Subtracting(t_ref=0 * ms))
    net.project(source, cells, sp.all_to_all(), weight=1 * mV)
    assert write_nir(net, tmp_path / "old.nir", "sinabs") == {"a": 1}
    with h5py.File(tmp_path / "old.nir") as file:
        assert "v_reset" not in file["node/nodes/a"]
        assert file["node/nodes/a/tau"][0] == pytest.approx(10.0)  # in steps

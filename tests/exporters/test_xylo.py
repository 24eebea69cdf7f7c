"""Xylo: the rule, the rounding, the limits. `make peer-chips` runs xylosim itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from exporter_networks import Subtracting, reader, xylo
from hypothesis import given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim import exporters
from spikesim.build import build
from spikesim.exporters import artefact, chip
from spikesim.exporters.canonical import recognise
from spikesim.exporters.normal import normal_form
from spikesim.exporters.targets import find
from spikesim.exporters.verify import interpreter
from spikesim.units import Hz, ms, mV, pA

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
# Networks with what xylosim 0.1.3 made of them: `make peer-chips` found them equal.
FROM_XYLOSIM = sorted((Path(__file__).parent / "xylosim").iterdir())
TARGET = find("xylo_a2")
STATES = ("isyn", "isyn2", "vmem")


def tau(dash: int) -> float:
    """The time constant, in steps, whose decay is exactly a shift."""
    return -1 / np.log1p(-(2.0**-dash))


def small(
    model: type = Subtracting, hidden: int = 6, inputs: int = 4, outputs: int = 2, delay: float = 0,
    synapse: object = None, drive: object = None, **values: object,
) -> sp.Network:  # fmt: skip
    """A network that fits, or doesn't because of what is given."""
    net = sp.Network(dt=1 * ms, seed=3)
    exact = {"tau_m": tau(4) * ms, "t_ref": 0 * ms, "E_L": -70 * mV, "V_th": -55 * mV}
    neuron = model(**{**exact, **values})
    source = net.population("in", inputs, sp.poisson(rate=80 * Hz))
    cells = net.population("cells", hidden, neuron, v=-70 * mV)
    current = synapse or sp.synapses.ExpCurrent(tau=tau(2) * ms)
    unit = mV if isinstance(current, sp.synapses.Delta) else pA
    size = sp.uniform(50 * unit, 400 * unit)
    net.project(source, cells, sp.all_to_all(), synapse=current, weight=size)
    if drive is not None:
        net.stimulate(cells, sp.dc(drive))
    if outputs:
        out = net.population("out", outputs, neuron, v=-70 * mV)
        net.project(
            cells, out, sp.all_to_all(), synapse=current, weight=size, delay=delay * ms
        )  # fmt: skip
    return net


@pytest.mark.parametrize("folder", FROM_XYLOSIM, ids=lambda f: f.name)
def test_states_and_spikes_are_xylosims(folder: Path) -> None:
    expected = artefact.read_vectors(folder)
    made = artefact.read_network(folder, STATES)
    found = chip.run(made, TARGET.advance, {n: expected.spikes[n] for n in made.sources})
    assert made.most == 15
    for name, states in expected.states.items():
        assert np.array_equal(found.spikes[name], expected.spikes[name])
        for x, values in states.items():
            assert np.array_equal(found.states[name][x], values)


def test_one_neuron_by_hand() -> None:
    """A current of 100 that falls by a quarter, at last by 1; three thresholds in one step."""
    start = {"isyn": np.zeros(1, int), "vmem": np.zeros(1, int)}
    p = {"most_spikes": 31, "dash_mem": 15, "dash_syn": 2, "threshold": 30, "bias": 0}
    layer = chip.ChipLayer("n", 1, 1, p, start)
    zero, one = np.zeros(1, int), np.ones(1, int)
    into = chip.ChipSynapses("w", "in", "n", 0, zero, zero, 50 * one, one, 1)
    made = chip.Chip("xylo_a2", 1.0, {"in": 1}, (layer,), (into,), True, 15)
    trace = chip.run(made, TARGET.advance, {"in": np.array([1, 0, 0, 0, 0, 0])[:, None]})
    assert trace.states["n"]["isyn"].ravel().tolist() == [0, 75, 57, 43, 33, 25]
    assert trace.spikes["n"].ravel().tolist() == [0, 2, 2, 1, 1, 1]
    # The potential leaks by 1, however large its shift; before the current comes.
    assert trace.states["n"]["vmem"].ravel().tolist() == [0, 15, 11, 23, 25, 19]


def test_saturation_comes_spike_by_spike() -> None:
    """32767 is passed, then a negative weight comes: what went beyond is lost."""
    start = {"isyn": np.zeros(1, int), "vmem": np.zeros(1, int)}
    p = {"most_spikes": 31, "dash_mem": 0, "dash_syn": 15, "threshold": 2**15 - 1, "bias": 0}
    layer = chip.ChipLayer("n", 1, 1, p, start)
    pre, post = np.arange(3), np.zeros(3, int)
    weight, one = np.array([127, 127, -127]), np.ones(3, int)
    into = chip.ChipSynapses("w", "in", "n", 0, pre, post, weight, one, 8)
    made = chip.Chip("xylo_a2", 1.0, {"in": 3}, (layer,), (into,), True, 15)
    trace = chip.run(made, TARGET.advance, {"in": np.array([[1, 1, 1], [0, 0, 0]])})
    assert trace.states["n"]["isyn"][1, 0] == 32767 - 127 * 256 - 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**9))
def test_states_stay_in_their_bits(seed: int) -> None:
    made, spikes = xylo(np.random.default_rng(seed), 20)
    trace = chip.run(made, TARGET.advance, spikes)
    for name, states in trace.states.items():
        assert all(-(2**15) <= x.min() and x.max() < 2**15 for x in states.values())
        assert trace.spikes[name].max() <= made.layer(name).parameters["most_spikes"]
    assert all(trace.spikes[name].max() <= 15 for name in made.sources)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_rounded_is_within_its_bits(seed: int) -> None:
    made = exporters.quantize(reader(seed), "xylo_a3")
    for part in (("in",), ("a", "b")):
        into = [
            s.exponent for s in made.integers.synapses if s.source in part and s.target != "out"
        ]
        assert len(set(into)) == 1  # one shift for all
    for s, real in zip(made.integers.synapses, made.real.synapses, strict=True):
        assert 0 <= s.exponent <= 7 and np.abs(s.weight).max() <= 127
        assert np.abs(s.weight - real.weight).max() <= 0.5
    for layer in made.integers.layers:
        p = layer.parameters
        assert (1 <= p["threshold"]).all() and (p["threshold"] < 2**15).all()
        assert np.abs(p["bias"]).max() <= 127
        for dash in ("dash_mem", "dash_syn"):
            assert (p[dash] >= (dash == "dash_syn")).all() and (p[dash] <= 15).all()


def test_real_numbers_are_the_network() -> None:
    """As long as no neuron spikes twice in a step, nothing is lost but by rounding; and where the
    time constants are powers of two, none of it by decays."""
    errors = exporters.compare(small(), "xylo_imu", 400 * ms)
    for cause in ("order, reset", "decay", "threshold", "bias"):
        assert {m.exact for m in errors.causes[cause].values()} == {1.0}
    assert min(errors.whole["cells"].spikes) > 20
    assert errors.whole["cells"].within > 0.9


def test_time_constants_that_are_no_shift_are_told() -> None:
    assert not [
        f for f in exporters.fit(small(), "xylo_a2").findings if f.rule in ("leak", "decay")
    ]
    told = [f for f in exporters.fit(small(tau_m=20 * ms), "xylo_a2").findings if f.rule == "leak"]
    assert {f.place for f in told} == {"cells", "out"} and told[0].verdict == "warns"
    assert "15.49 ms, which is 22.5% off" in told[0].detail
    assert "15.49 ms" in told[0].remedy


def reset(**values: object) -> sp.Network:
    """Neurons whose reset sets a value."""
    return small(model=sp.neurons.LIF, **values)


@pytest.mark.parametrize(
    ("net", "target", "rules"),
    [
        (small(), "xylo_a2", []),
        (small(inputs=17), "xylo_a2", ["inputs"]),
        (small(hidden=1001), "xylo_a2", ["hidden neurons"]),
        (small(outputs=9), "xylo_a2", ["output neurons"]),
        (small(outputs=9), "xylo_a3", []),
        (small(outputs=0), "xylo_a3", ["output neurons"]),
        (small(outputs=17), "xylo_imu", ["output neurons"]),
        (small(hidden=129), "xylo_imu", ["input expansion", "output expansion"]),
        (small(hidden=129), "xylo_a2", []),
        (small(t_ref=2 * ms), "xylo_a2", ["refractory", "refractory"]),
        (small(delay=2), "xylo_a2", ["delay"]),
        (small(tau_m=10**6 * ms), "xylo_a2", ["dash", "dash"]),
        (small(synapse=sp.synapses.Delta()), "xylo_a2", ["dash", "dash"]),
        (small(synapse=sp.synapses.ExpCurrent(tau=0.3 * ms)), "xylo_a2", ["dash", "dash"]),
        (reset(), "xylo_a2", ["reset", "reset"]),
        (reset(inputs=20, t_ref=2 * ms, outputs=0), "xylo_a2",
         ["inputs", "output neurons", "refractory", "reset"]),
    ],
)  # fmt: skip
def test_limits(net: sp.Network, target: str, rules: list[str]) -> None:
    report = exporters.fit(net, target)
    assert sorted(f.rule for f in report.broken) == rules
    assert all(f.remedy for f in report.broken)


def test_kinds_and_synapses_of_hidden_neurons() -> None:
    assert exporters.fit(reader(1), "xylo_a3").fits
    (broken,) = exporters.fit(reader(1), "xylo_imu").broken
    assert (broken.rule, broken.place, broken.value) == ("kinds of synapse", "a", 2)
    net = sp.Network(dt=1 * ms)
    neuron = Subtracting(t_ref=0 * ms, E_L=-70 * mV)
    groups = [
        net.population(f"n{k}", size, neuron, v=-70 * mV) for k, size in enumerate((120, 300))
    ]
    current = sp.synapses.ExpCurrent(tau=tau(2) * ms)
    for s, t in (groups, groups[::-1]):
        net.project(s, t, sp.all_to_all(), synapse=current, weight=1 * pA)
    broken = exporters.fit(net, "xylo_a3").broken
    assert {(f.rule, f.value) for f in broken} >= {("hidden synapses", 2 * 120 * 300)}


@settings(max_examples=10, deadline=None)
@given(st.floats(-4, 9), st.floats(-3, 6))
def test_any_size_of_weights_is_rounded_well_or_refused(weight: float, current: float) -> None:
    """In powers of ten of pA: integers that are not all 0, or a finding that says why not."""
    net = sp.Network(dt=1 * ms)
    source = net.population("in", 4, sp.poisson(rate=50 * Hz))
    neuron = Subtracting(t_ref=0 * ms, E_L=-70 * mV)
    cells = net.population("cells", 2, neuron, v=-70 * mV)
    out = net.population("out", 2, neuron, v=-70 * mV)
    synapse = sp.synapses.ExpCurrent()
    for s, t in ((source, cells), (cells, out)):
        net.project(s, t, sp.all_to_all(), synapse=synapse, weight=10**weight * pA)
    net.stimulate(cells, sp.dc(10**current * pA))
    report = exporters.fit(net, "xylo_a2")
    if not report:
        assert {f.rule for f in report.broken} <= {"threshold", "weights"}
        return
    made = exporters.quantize(net, "xylo_a2").integers
    assert all((s.weight >= 1).all() for s in made.synapses)
    p = made.layers[0].parameters
    assert (p["threshold"] >= 1).all()
    unit = 15 / (1 - np.exp(-0.1)) * 25  # pA of a constant current that just reaches it
    assert p["bias"] / p["threshold"] == pytest.approx(
        10**current / unit, abs=0.51 / p["threshold"].min()
    )
    if not p["bias"].any():
        assert any(f.rule == "bias" and "become 0" in f.detail for f in report.findings) or (
            10**current / unit < 1e-9
        )


def test_a_subtracting_reset_has_its_own_level() -> None:
    """The level is below the threshold by what a spike takes off, also where a current lifts the
    rest above the threshold."""
    net = small(hidden=2, drive=np.array([100, 600]) * pA)
    layer = normal_form(recognise(build(net))).layers[0]
    assert np.allclose(layer.drop, 1) and np.allclose(layer.unit, 15)
    errors = exporters.compare(net, "xylo_a2", 200 * ms)
    assert errors.causes["order, reset"]["cells"].exact == 1.0
    assert errors.whole["cells"].spikes[0] > 20


def test_the_artefact_is_rockpools(tmp_path: Path) -> None:
    made = exporters.export(reader(4), "xylo_a2", tmp_path / "out", 100 * ms)
    folder = tmp_path / "out"
    places = json.loads((folder / "xylo.json").read_text())
    assert places["inputs"] == {"in": {"first": 0, "size": 8, "steps later": 3}}
    assert list(places["hidden"]) == ["a", "b"] and list(places["outputs"]) == ["out"]
    given = dict(np.load(folder / "specification.npz"))
    assert given["weights_in"].shape == (8, 21, 2) and given["weights_in"].dtype == np.int8
    assert given["weights_rec"].shape == (21, 21, 2) and given["weights_out"].shape == (21, 4)
    for s in made.integers.synapses:
        part = "out" if s.target == "out" else "in" if s.source == "in" else "rec"
        start = [12 if g == "b" else 0 for g in (s.source, s.target)]
        matrix = given[f"weights_{part}"]
        at = (start[0] + s.pre, start[1] + s.post, *([s.kind] if matrix.ndim == 3 else []))
        assert np.array_equal(matrix[at], s.weight)
        assert given[f"weight_shift_{part}"] == s.exponent
    text = json.loads((folder / "specification.json").read_text())
    assert text["threshold"] == given["threshold"].tolist() and text["dt"] == 0.001
    again = artefact.read_network(folder, STATES)
    golden = artefact.read_vectors(folder)
    trace = chip.run(again, TARGET.advance, {"in": golden.spikes["in"]})
    assert np.array_equal(trace.spikes["out"], golden.spikes["out"])
    assert golden.spikes["out"].sum() > 0


def test_inputs_reach_the_first_neurons_and_outputs_the_last(tmp_path: Path) -> None:
    """Whatever the order in which a network is described."""
    net = sp.Network(dt=1 * ms)
    neuron = Subtracting(t_ref=0 * ms, E_L=-70 * mV)
    names = ("last", "out", "first", "between")
    groups = {n: net.population(n, k + 2, neuron, v=-70 * mV) for k, n in enumerate(names)}
    groups["in"] = net.population("in", 3, sp.poisson(rate=100 * Hz))
    current = sp.synapses.ExpCurrent(tau=5 * ms)
    for s, t in (("in", "first"), ("first", "between"), ("between", "last"), ("last", "out")):
        net.project(groups[s], groups[t], sp.all_to_all(), synapse=current, weight=300 * pA)
    exporters.export(net, "xylo_imu", tmp_path / "out", 50 * ms)
    places = json.loads((tmp_path / "out" / "xylo.json").read_text())
    assert {n: p["first"] for n, p in places["hidden"].items()} == {
        "first": 0, "between": 4, "last": 9,
    }  # fmt: skip
    given = np.load(tmp_path / "out" / "specification.npz")
    assert given["weights_in"].shape == (3, 4, 1) and given["weights_out"].shape == (2, 3)


@pytest.mark.parametrize("target", ["xylo_a2", "xylo_a3", "xylo_imu"])
def test_xylosim_agrees(target: str, tmp_path: Path) -> None:
    net = reader(7, kinds=1 if target == "xylo_imu" else 2)
    exporters.export(net, target, tmp_path / "out", 60 * ms)
    verdict = exporters.verify(tmp_path / "out", "xylosim")
    if interpreter("xylo") is None:
        assert verdict.equal is None and "make verify-envs" in verdict.text
    else:
        assert verdict.equal, verdict.text

"""Loihi 2: the rule, the rounding, the limits. `make peer-chips` runs Lava itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from exporter_networks import TOP, loihi2, network
from hypothesis import given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim import exporters
from spikesim.errors import (
    DescriptionError,
    FileError,
    ParameterError,
    UnfitError,
    UnknownNameError,
)
from spikesim.exporters import artefact, chip
from spikesim.exporters.sampled import sample
from spikesim.exporters.targets import find
from spikesim.units import Hz, ms, mV, pA

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
# Networks with what Lava 0.10.0 made of them, fixed point: `make peer-chips` found them equal.
FROM_LAVA = sorted((Path(__file__).parent / "lava").iterdir())
TARGET = find("loihi2")


def small(**other: object) -> sp.Network:
    """A network that fits, or doesn't because of `other`: values of the neuron."""
    net = sp.Network(dt=1 * ms, seed=3)
    source = net.population("in", 10, sp.poisson(rate=50 * Hz))
    cells = net.population("cells", 8, sp.neurons.LIF(**{"t_ref": 0 * ms, **other}))
    net.project(
        source, cells, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(),
        weight=sp.uniform(50 * pA, 400 * pA),
    )  # fmt: skip
    return net


@pytest.mark.parametrize("folder", FROM_LAVA, ids=lambda f: f.name)
def test_states_and_spikes_are_lavas(folder: Path) -> None:
    expected = artefact.read_vectors(folder)
    made = artefact.read_network(folder, ("u", "v"))
    found = chip.run(made, TARGET.advance, {n: expected.spikes[n] for n in made.sources})
    for name, states in expected.states.items():
        assert np.array_equal(found.spikes[name], expected.spikes[name])
        for x, values in states.items():
            assert np.array_equal(found.states[name][x], values)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9))
def test_states_stay_in_their_bits(seed: int) -> None:
    made, spikes = loihi2(np.random.default_rng(seed), 20)
    trace = chip.run(made, TARGET.advance, spikes)
    for states in trace.states.values():
        assert np.abs(states["v"]).max() <= TOP


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_rounded_is_within_its_bits(seed: int) -> None:
    made = exporters.quantize(network(seed), "loihi2")
    for s, real in zip(made.integers.synapses, made.real.synapses, strict=True):
        mixed = (s.weight > 0).any() and (s.weight < 0).any()
        assert np.abs(s.weight).max() <= 256 and not (mixed and (s.weight % 2).any())
        assert np.abs(s.weight - real.weight).max() <= 1
        assert -8 <= s.exponent <= 7
    for layer in made.integers.layers:
        p = layer.parameters
        assert 0 <= p["du"] <= 4095 and 0 <= p["dv"] <= 4095 and 0 < p["vth"] <= 131071
        assert np.abs(p["bias_mant"]).max() <= 4096 and np.ptp(p["bias_exp"]) <= 7


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"t_ref": 2 * ms}, "refractory"),
        ({"tau_m": sp.uniform(5 * ms, 40 * ms)}, "leaks"),
        ({"V_reset": -75 * mV}, None),
    ],
)
def test_limits(change: dict[str, object], rule: str | None) -> None:
    report = exporters.fit(small(**change), "loihi2")
    assert [f.rule for f in report.broken] == ([rule] if rule else [])
    assert all(f.remedy for f in report.broken)


@settings(max_examples=25, deadline=None)
@given(st.floats(-4, 9), st.floats(-3, 6))
def test_any_size_of_weights_is_rounded_well_or_refused(weight: float, current: float) -> None:
    """In powers of ten of pA: integers that are not all 0, or a finding that says why not."""
    net = sp.Network(dt=1 * ms)
    source = net.population("in", 4, sp.poisson(rate=50 * Hz))
    cells = net.population("cells", 2, sp.neurons.LIF(t_ref=0 * ms))
    synapse = sp.synapses.ExpCurrent()
    net.project(source, cells, sp.all_to_all(), synapse=synapse, weight=10**weight * pA)
    net.stimulate(cells, sp.dc(10**current * pA))
    report = exporters.fit(net, "loihi2")
    if not report:
        assert {f.rule for f in report.broken} <= {"threshold", "bias"}
        return
    made = exporters.quantize(net, "loihi2").integers
    vth = made.layers[0].parameters["vth"]
    assert vth >= 1 and (made.synapses[0].weight >= 100).all()
    unit = 15 * (1 - np.exp(-0.1)) ** -1 * 25  # pA of a constant current that just reaches it
    assert made.layers[0].parameters["bias"] / (64 * vth) == pytest.approx(
        10**current / unit, rel=0.05, abs=2 / (64 * vth)
    )


def test_thresholds_may_differ() -> None:
    """Lava has one threshold a layer: the weights make up for it, spike for spike."""
    net = small(V_th=np.linspace(-60, -50, 8) * mV)
    assert exporters.fit(net, "loihi2")
    errors = exporters.compare(net, "loihi2", 200 * ms)
    assert errors.causes["order, reset"]["cells"].exact == 1.0
    assert errors.whole["cells"].spikes[0] > 20


def test_what_does_not_fit_is_not_written(tmp_path: Path) -> None:
    net = small(t_ref=2 * ms, tau_m=sp.uniform(5 * ms, 40 * ms))
    with pytest.raises(UnfitError, match=r"(?s)leaks.*refractory|refractory.*leaks"):
        exporters.export(net, "loihi2", tmp_path / "out", 10 * ms)
    assert not list(tmp_path.iterdir())


def test_the_artefact_holds_what_was_run(tmp_path: Path) -> None:
    made = exporters.export(small(), "loihi2", tmp_path / "out", 50 * ms, seed=4)
    folder = tmp_path / "out"
    golden = artefact.read_vectors(folder)
    again = artefact.read_network(folder, ("u", "v"))
    trace = chip.run(again, TARGET.advance, {"in": golden.spikes["in"]})
    assert np.array_equal(trace.spikes["cells"], golden.spikes["cells"])
    assert np.array_equal(trace.states["cells"]["v"], golden.states["cells"]["v"])
    assert golden.spikes["cells"].sum() > 0
    assert json.loads((folder / "fit.json").read_text())["fits"] is True
    assert (folder / "fit.html").read_text().startswith("<!doctype html>")
    assert made.fit
    with pytest.raises(FileError, match="is there already"):
        exporters.export(small(), "loihi2", folder, 50 * ms)


def test_a_network_that_only_a_current_drives(tmp_path: Path) -> None:
    net = sp.Network(dt=1 * ms)
    cells = net.population("cells", 3, sp.neurons.LIF(t_ref=0 * ms))
    net.stimulate(cells, sp.dc(np.array([300, 500, 900]) * pA))
    exporters.export(net, "loihi2", tmp_path / "out", 100 * ms)
    golden = artefact.read_vectors(tmp_path / "out")
    assert golden.spikes["cells"].shape == (100, 3)
    assert list(golden.spikes["cells"].sum(axis=0) > 0) == [False, True, True]


def test_a_run_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(TARGET), "write", broken)
    with pytest.raises(FileError, match="No space left"):
        exporters.export(small(), "loihi2", tmp_path / "out", 10 * ms)
    assert not list(tmp_path.iterdir())


def test_errors_by_cause_add_up() -> None:
    """What is not rounded does no harm; the whole is at least as bad as the order alone."""
    errors = exporters.compare(small(), "loihi2", 300 * ms)
    assert errors.causes["threshold"]["cells"].exact == 1.0
    assert errors.causes["order, reset"]["cells"].exact == 1.0
    assert errors.whole["cells"].exact <= 1.0
    assert errors.whole["cells"].rates > 0.9


@pytest.mark.parametrize("bad", [-1, 0.5, np.nan, np.inf])
def test_spikes_are_counts(bad: float) -> None:
    made = exporters.quantize(small(), "loihi2")
    with pytest.raises(ParameterError, match="no counts"):
        made.run({"in": np.full((5, 10), bad)})


def test_spikes_are_of_the_sources() -> None:
    made, spikes = exporters.quantize(small(), "loihi2"), np.zeros((5, 10), int)
    for wrong in ({"input": spikes}, {}, {"in": spikes, "cells": spikes}):
        with pytest.raises(ParameterError, match="expected those of each source: in"):
            made.run(wrong)
    with pytest.raises(ParameterError, match=r"shape \(5, 9\); expected \[steps, 10\]"):
        made.run({"in": spikes[:, :9]})


@pytest.mark.parametrize(
    "target, call",
    [
        ("pynn", "write_pynn(net, path, 'pynn', duration) writes it"),
        ("norse", "export_nir(net, path, 'norse', duration) writes it"),
        ("nir", "write_nir(net, path) writes it"),
    ],
)
def test_what_is_no_chip(target: str, call: str, tmp_path: Path) -> None:
    for function in (exporters.export, exporters.compare, exporters.estimate):
        where = (tmp_path / "out",) if function is exporters.export else ()
        with pytest.raises(UnknownNameError, match=re.escape(call)):
            function(small(), target, *where, 10 * ms)
        with pytest.raises(UnknownNameError, match=r"is for chips: c99, .*, xylo_imu"):
            function(small(), target, *where, 10 * ms)


def test_an_unknown_target_is_told_with_all_there_are() -> None:
    for function in (exporters.fit, exporters.quantize):
        with pytest.raises(UnknownNameError) as told:
            function(small(), "abacus")
        for name in ("c99", "xylo_imu", "pynn", "brainscales2", "nir", "norse", "spyx"):
            assert name in str(told.value)
        with pytest.raises(UnknownNameError, match="did you mean 'norse'"):
            function(small(), "norce")


def test_what_is_no_network() -> None:
    model = small().compile()
    for wrong in ("net", None, model, model.start(), model.run(5 * ms)):
        for name in ("c99", "pynn", "norse"):
            with pytest.raises(DescriptionError, match="expected a network"):
                exporters.fit(wrong, name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "duration, such", [(0, "1*ms"), (0.35, "1*ms"), (10.2, "10*ms"), (1e-9, "1*ms")]
)
def test_runs_are_whole_steps(duration: float, such: str, tmp_path: Path) -> None:
    for function in (exporters.export, exporters.compare, exporters.estimate):
        where = (tmp_path / "out",) if function is exporters.export else ()
        with pytest.raises(ParameterError, match=re.escape(f"one or more, such as {such}")):
            function(small(), "loihi2", *where, duration * ms)
    assert not (tmp_path / "out").exists()


def test_long_runs_of_short_steps_are_whole() -> None:
    net = sp.Network(dt=0.1 * ms)
    net.population("c", 1, sp.neurons.LIF())
    assert sample(net, 1234.7 * ms).steps == 12347


def test_the_refusal_says_what_does_not_fit_and_no_more() -> None:
    with pytest.raises(UnfitError, match="does not fit Intel Loihi 2") as told:
        exporters.compare(small(t_ref=2 * ms), "loihi2", 10 * ms)
    assert "t_ref=0*ms" in str(told.value) and "written" not in str(told.value)

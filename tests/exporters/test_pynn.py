"""Scripts of PyNN: what is recognised, written, and done. `make peer-chips` asks NEST."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynn_networks import EXACT, NEAR, SIZES, network

import spikesim as sp
from spikesim import exporters
from spikesim.build import build
from spikesim.errors import FileError, UnfitError, UnknownNameError
from spikesim.exporters.canonical import recognise
from spikesim.exporters.normal import normal_form
from spikesim.exporters.pynn import fit_pynn, profiles, write_pynn
from spikesim.exporters.pynn.machines.spinnaker import ring_shift
from spikesim.exporters.pynn.network import PyNetwork, describe
from spikesim.exporters.sampled import sample
from spikesim.units import Hz, ms, mV, nF, nS, pA, uS

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")


def described(net: sp.Network) -> PyNetwork:
    return describe(recognise(build(net), beyond=True))


def in_tiny(folder: Path) -> dict[str, Any]:
    """The script, with the simulator of this folder among its simulators."""
    script = runpy.run_path(str(folder / "network.py"))
    script["MODULES"]["tiny"] = "tiny_pynn"
    return script


# ---- recognition ---------------------------------------------------------------------------------


class Conductances(sp.NeuronModel):
    """IF_cond_exp in other words, with the defaults of PyNN's."""

    size = sp.parameter(1 * nF, "capacitance", bound="> 0")
    leak = sp.parameter(0.05 * uS, "1 nF by 20 ms")
    u = sp.state(-65 * mV, "potential")
    inflow = sp.port(pA, "current")
    equations = "du/dt = -(u*leak + 65*mV*leak - inflow)/size"
    spike = "-50*mV <= u"
    reset = "u = -65*mV"


class Pull(sp.SynapseModel):
    """A conductance with its reversal potential multiplied out."""

    tau = sp.parameter(10 * ms, "time constant", bound="> 0")
    h = sp.state(0 * nS, "conductance")
    equations = "dh/dt = -h/tau"
    on_arrival = "h += 2*weight"
    output = "-h*70*mV - u*h"
    reads = {"u": mV}  # noqa: RUF012


def test_conductances_in_other_words() -> None:
    net = sp.Network(dt=0.1 * ms)
    source = net.population("in", 2, sp.poisson(rate=10 * Hz))
    cells = net.population("cells", 3, Conductances())
    net.project(source, cells, sp.all_to_all(), synapse=Pull(), weight=5 * nS, delay=1 * ms)
    found = described(net)
    assert not found.obstacles
    (cell,), (projection,) = found.populations, found.projections
    assert cell.celltype == "IF_cond_exp"
    expected = {
        "cm": 1, "tau_m": 20, "v_rest": -65, "v_reset": -65, "v_thresh": -50, "tau_refrac": 0,
        "tau_syn_I": 10, "e_rev_I": -70,
    }  # fmt: skip
    assert {k: v[0] for k, v in cell.parameters.items()} == pytest.approx(expected)
    assert projection.receptor == "inhibitory"
    assert projection.weight == pytest.approx(0.01)  # uS


@pytest.mark.parametrize(
    ("kind", "celltype"),
    [*zip(
        (*EXACT, *NEAR),
        ("IF_curr_exp", "IF_curr_alpha", "IF_curr_delta", "Izhikevich", "IF_curr_exp",
         "IF_cond_exp", "IF_cond_alpha", "EIF_cond_exp_isfa_ista"),
        strict=True,
    )],
)  # fmt: skip
def test_all_cells_are_recognised(kind: str, celltype: str) -> None:
    found = described(network(3, kind))
    assert not found.obstacles and not found.notes
    assert {one.celltype for one in found.populations} == {celltype}


def test_adex_has_its_own_parameters() -> None:
    """As PyNN says them: a in nS, b in nA; a constant current is i_offset."""
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", 2, sp.neurons.AdEx(t_ref=1 * ms))
    net.stimulate(cells, sp.dc(300 * pA))
    (cell,) = described(net).populations
    expected = {
        "cm": 0.281, "tau_m": 281 / 30, "v_rest": -70.6, "v_thresh": -50.4, "delta_T": 2,
        "tau_w": 144, "a": 4, "b": 0.0805, "v_reset": -70.6, "v_spike": -40.4, "i_offset": 0.3,
        "tau_refrac": 1,
    }  # fmt: skip
    assert {k: v[0] for k, v in cell.parameters.items()} == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=6, max_size=6))
def test_what_stands_before_each_product(c: list[float]) -> None:
    """A quadratic form, written out as a product of two lines."""
    names = " a b c d e f ".split()
    model = type(
        "Form",
        (sp.NeuronModel,),
        {
            "__doc__": "A form.",
            **{n: sp.parameter(x, "number") for n, x in zip(names, c, strict=True)},
            "v": sp.state(0.0, "v"), "w": sp.state(0.0, "w"),
            "equations": "dv/dt = (a*v + b*w + c)*(d*v - (e - f*w))/(2*ms)\ndw/dt = -w/ms",
            "spike": "v > 5", "reset": "v = 0",
        },
    )  # fmt: skip
    net = sp.Network(dt=0.1 * ms)
    net.population("n", 1, model())
    cell = recognise(build(net), beyond=True).cells["n"]
    x = np.array([0.7, -1.3])
    rate = cell.A[0] @ x + cell.b[0]
    for p in cell.products:
        rate[p.row] += p.factor[0] * x[p.pair[0]] * x[p.pair[1]]
    v, w = x
    expected = (c[0] * v + c[1] * w + c[2]) * (c[3] * v - (c[4] - c[5] * w)) / 2
    assert rate == pytest.approx([expected, -w], abs=1e-9)


def test_chips_still_refuse_what_is_not_linear() -> None:
    net = sp.Network(dt=0.1 * ms)
    net.population("adex", 2, sp.neurons.AdEx())
    assert [o.place for o in normal_form(recognise(build(net))).obstacles] == ["adex"]


# ---- the script ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "seed"), [("currents", 1), ("by hand", 1), ("by hand", 2)])
def test_the_script_gives_our_spikes(kind: str, seed: int, tmp_path: Path) -> None:
    """In an interpreter of PyNN's words that was written from PyNN's equations alone."""
    write_pynn(network(seed, kind), tmp_path / "out", "pynn", 60 * ms)
    result = compared(tmp_path / "out")
    assert result["equal"] and result["groups"]["a"]["ours"] > 0


def test_a_difference_is_found(tmp_path: Path) -> None:
    write_pynn(network(0, "currents"), tmp_path / "out", "pynn", 60 * ms)
    arrays = dict(np.load(tmp_path / "out" / "network.npz"))
    for key in arrays:
        if key.endswith("/weight"):
            arrays[key] = arrays[key] * 1.05
    np.savez(tmp_path / "out" / "network.npz", **arrays)
    result = compared(tmp_path / "out")
    assert result["equal"] is False and result["what"] in ("spikes/a", "spikes/b")


def compared(folder: Path) -> dict[str, Any]:
    """What run_pynn.py says, with the simulator of this folder."""
    text = (folder / "network.py").read_text()
    (folder / "network.py").write_text(
        text.replace("MODULES = {", "MODULES = {'tiny': 'tiny_pynn', ")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        script = runpy.run_path(str(folder / "run_pynn.py"))
    found: dict[str, Any] = script["compare"](folder, "tiny")
    return found


def test_poisson_sources_draw_when_asked(tmp_path: Path) -> None:
    import tiny_pynn

    write_pynn(network(0, "currents"), tmp_path / "out", "spinnaker", 20 * ms)
    in_tiny(tmp_path / "out")["build"]("tiny", draw=True)
    kinds = {p.label: type(p.cells).__name__ for p in tiny_pynn.world["populations"]}
    assert kinds == {"in": "SpikeSourcePoisson", "given": "SpikeSourceArray",
                     "a": "IF_curr_exp", "b": "IF_curr_exp"}  # fmt: skip
    (rate,) = [p.cells.parameters["rate"] for p in tiny_pynn.world["populations"][:1]]
    assert len(rate) == SIZES["in"] and (40 <= np.array(rate)).all() and max(rate) <= 90


def test_sources_are_silent_in_the_first_step() -> None:
    """PyNN's NEST has no spikes then; what follows is of the spikes that are left."""
    net = sp.Network(dt=1 * ms, order="nest")
    source = net.population("in", 3, sp.spike_times([[1 * ms, 4 * ms], [2 * ms], []]))
    cells = net.population("cells", 3, sp.neurons.LIF(t_ref=0 * ms))
    net.project(source, cells, sp.one_to_one(), weight=20 * mV, delay=1 * ms)
    whole, later = sample(net, 8 * ms), sample(net, 8 * ms, silent=1)
    assert whole.sources["in"][:, 0].tolist() == [1, 0, 0, 1, 0, 0, 0, 0]
    assert later.sources["in"][:, 0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    assert later.sources["in"][:, 1].tolist() == whole.sources["in"][:, 1].tolist()
    assert (whole.cells["cells"].sum(), later.cells["cells"].sum()) == (3, 2)


# ---- what does not fit ---------------------------------------------------------------------------


def rules(fit: exporters.Fit, verdict: str) -> dict[str, str]:
    return {f.rule: f.place for f in fit.findings if f.verdict == verdict}


def test_every_obstacle_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    class Subtracts(sp.neurons.LIF):
        """A spike takes something off."""

        reset = "v -= V_th - E_L"

    net = sp.Network(dt=0.1 * ms)
    source = net.population("in", 4, sp.poisson(rate=10 * Hz))
    cells = [net.population(f"c{k}", 2, sp.neurons.LIF()) for k in range(5)]
    net.population("subtracts", 2, Subtracts())
    net.population("hh", 2, sp.neurons.HodgkinHuxley())
    exp = sp.synapses.ExpCurrent

    def connect(k: int, synapse: Any, weight: Any, delay: Any = 1 * ms) -> None:
        rule = sp.all_to_all()
        net.project(source, cells[k], rule, synapse=synapse, weight=weight, delay=delay)

    connect(0, exp(tau=5 * ms), 1 * pA)
    connect(0, exp(tau=6 * ms, name="second"), 1 * pA)
    connect(1, exp(tau=5 * ms), 1 * pA)
    connect(1, sp.synapses.Delta(), 1 * mV)
    connect(2, exp(tau=5 * ms), 1 * pA, 0 * ms)
    for k, e in enumerate((0, -70, -80)):
        synapse = sp.synapses.ExpConductance(tau=5 * ms, E=e * mV, name=f"g{k}")
        connect(3, synapse, 1 * nS)
    connect(4, exp(tau=5 * ms), 1 * pA)
    report = fit_pynn(net)
    places = {f.place for f in report.broken}
    assert places == {"c0", "c1", "in->c2", "c3", "subtracts", "hh"}
    assert all(f.remedy for f in report.broken)
    with pytest.raises(UnfitError, match="more than one time constant") as caught:
        write_pynn(net, tmp_path / "out", "pynn", 10 * ms)
    assert all(place in str(caught.value) for place in places)
    assert not list(tmp_path.iterdir())


def test_names_and_places() -> None:
    net = network(0, "currents")
    assert exporters.fit(net, "spinnaker").target == "spinnaker"
    assert set(profiles()) == {"brainscales2", "pynn", "spinnaker"}
    with pytest.raises(UnknownNameError, match="spinaker"):
        fit_pynn(net, "spinaker")


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="is there already"):
        write_pynn(network(0, "currents"), tmp_path, "pynn", 10 * ms)


# ---- machines ------------------------------------------------------------------------------------


@given(st.floats(1e-6, 1e6))
def test_the_ring_buffer_holds_a_weight_in_16_bits(weight: float) -> None:
    r = ring_shift(weight)
    assert weight < 2.0**r and weight * 2.0 ** (15 - r) < 2**15
    assert r == 0 or 2.0 ** (r - 1) <= weight


def test_spinnaker_says_what_is_too_long_too_many_or_lost() -> None:
    net = sp.Network(dt=1 * ms)
    source = net.population("in", 300, sp.poisson(rate=10 * Hz))
    cells = net.population("cells", 600, sp.neurons.LIF())
    current = sp.synapses.ExpCurrent()
    ends = np.repeat(0, 300), np.repeat(1, 300)
    net.project(source, cells, sp.explicit(*ends), synapse=current, weight=1 * pA, delay=1 * ms,
                name="row")  # fmt: skip
    net.project(source, cells, sp.explicit([0, 1], [2, 2]), synapse=current,
                weight=np.array([0.001, 3000.0]) * pA, delay=40 * ms,
                name="far")  # fmt: skip
    net.population("adex", 2, sp.neurons.AdEx())
    report = exporters.fit(net, "spinnaker")
    assert rules(report, "breaks") == {"row": "row", "cell type": "adex"}
    found = {(f.rule, f.place): f for f in report.findings}
    assert found["delay", "far"].verdict == "warns"
    assert (found["delay", "far"].value, found["delay", "far"].limit) == (40, 32)
    weights = found["weights", "cells, excitatory"]
    assert weights.verdict == "warns" and "1 of 302 become 0" in weights.detail
    assert weights.value == 3 * 2**13  # 3 nA in units of 2^(2 - 15) nA
    assert weights.detail.endswith("the largest is 24576 of 65536, of the finest")
    assert found["cores", "network"].value == 2 + 3 + 1
    assert "step" not in rules(report, "warns")
    assert "step" in rules(exporters.fit(network(0, "jumps"), "spinnaker"), "warns")
    findings = exporters.fit(delayed("standard", 0), "spinnaker").findings
    assert any(f.detail.startswith("the longest is 0 steps of") for f in findings)


def test_brainscales2_gets_whole_numbers_without_delays(tmp_path: Path) -> None:
    net = sp.Network(dt=0.1 * ms)
    source = net.population("in", 5, sp.poisson(rate=10 * Hz))
    cells = net.population("cells", 4, sp.neurons.LIF(E_L=-65 * mV))
    current = sp.synapses.ExpCurrent()
    net.project(source, cells, sp.all_to_all(), synapse=current, delay=0.1 * ms,
                weight=np.linspace(-200, 300, 20) * pA)  # fmt: skip
    fit = write_pynn(net, tmp_path / "out", "brainscales2", 20 * ms)
    assert {f.rule for f in fit.findings if f.verdict == "warns"} == {"delay", "start", "weights"}
    arrays = np.load(tmp_path / "out" / "network.npz")
    weights = np.concatenate([arrays[f"connections {k}/weight"] for k in (0, 1)])
    assert np.array_equal(weights, np.rint(weights)) and np.abs(weights).max() == 63
    assert not arrays["connections 0/delay"].any()
    text = (tmp_path / "out" / "network.py").read_text()
    compile(text, "network.py", "exec")
    assert "sim.cells.CalibHXNeuronCuba(" in text and "v_thresh=125.0" in text
    other = sp.Network(dt=0.1 * ms)
    a = other.population("a", 600, sp.neurons.LIF(t_ref=0 * ms))
    other.project(a, a, sp.fixed_indegree(300), synapse=current, weight=1 * pA, delay=1 * ms)
    broken = rules(exporters.fit(other, "brainscales2"), "breaks")
    assert broken == {"neurons": "network", "inputs": "a", "delay": "a->a", "tau_refrac": "a"}


def test_brainscales2_says_which_values_it_takes() -> None:
    """And they fit."""
    told = remedies(E=0 * mV)
    assert told["tau_m"] == "tau_m from 0.5 to 60 ms"
    assert told["tau_refrac"] == "t_ref from 0.04 to 32 ms"
    assert told["e_rev_E"] == "E of excitatory synapses from -69.5 to -39.5 mV"
    kept = {"tau_m": 60 * ms, "t_ref": 0.1 * ms}
    assert not remedies(E=-39.5 * mV, **kept) and not remedies(E=-45 * mV, **kept)
    assert set(remedies(E=-39.4 * mV, **kept)) == {"e_rev_E"}


def remedies(E: object, **neuron: object) -> dict[str, str]:
    """What brainscales2 says of a network with conductances."""
    values = {"E_L": -65 * mV, "V_reset": -65 * mV, "V_th": -50 * mV, "tau_m": 70 * ms}
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("c", 2, sp.neurons.LIF(**{**values, "t_ref": 0 * ms, **neuron}))
    source = net.population("in", 2, sp.poisson(rate=10 * Hz))
    net.project(source, cells, sp.all_to_all(), synapse=sp.synapses.ExpConductance(E=E),
                weight=1 * nS, delay=0.1 * ms)  # fmt: skip
    return {f.rule: f.remedy for f in exporters.fit(net, "brainscales2").broken}


def test_remedies_of_delays_can_be_followed() -> None:
    """What they say to write is what fits; of jumps in NEST's order it is a step."""
    for target in ("darwin3", "norse", "snntorch"):
        for order, delay in (("standard", 0), ("nest", 2)):
            report = exporters.fit(delayed(order, 3), target)
            (remedy,) = {f.remedy for f in report.broken if f.rule == "delay"}
            assert remedy == "delay=0*ms; of jumps with order='nest', delay=2*ms"
            assert not any(
                f.rule == "delay" for f in exporters.fit(delayed(order, delay), target).broken
            )


def delayed(order: str, delay: float) -> sp.Network:
    """Jumps of v at a step of 2 ms; a delay of 3 steps at first."""
    net = sp.Network(dt=2 * ms, order=order)
    source = net.population("in", 3, sp.poisson(rate=60 * Hz))
    cells = net.population("c", 3, sp.neurons.LIF(t_ref=0 * ms))
    net.project(
        source, cells, sp.all_to_all(), weight=1 * mV, delay=delay * (2 if delay == 3 else 1) * ms
    )
    return net


def test_the_script_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pynn(network(0, "alpha"), tmp_path / "out", "pynn", 10 * ms)
    monkeypatch.setattr(sys, "argv", ["network.py", "nest"])
    monkeypatch.setitem(sys.modules, "pyNN", None)
    with pytest.raises(SystemExit, match=r"needs PyNN \(pip install pyNN\) and nest itself"):
        runpy.run_path(str(tmp_path / "out" / "network.py"), run_name="__main__")


def test_the_report_is_beside_the_script(tmp_path: Path) -> None:
    write_pynn(network(0, "alpha"), tmp_path / "out", "spinnaker", 10 * ms)
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"network.py", "network.npz", "vectors.npz", "run_pynn.py", "golden.py",
                     "fit.txt", "fit.json", "fit.html"}  # fmt: skip
    assert json.loads((tmp_path / "out" / "fit.json").read_text())["target"] == "spinnaker"


def test_without_an_environment_nothing_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pynn(network(1, "currents"), tmp_path / "out", "pynn", 10 * ms)
    monkeypatch.chdir(tmp_path)
    for tool, environment in (("pynn-nest", "pynn"), ("spynnaker", "spynnaker")):
        monkeypatch.delenv(f"SPIKESIM_{environment.upper()}_PYTHON", raising=False)
        verdict = exporters.verify(tmp_path / "out", tool)
        assert verdict.equal is None and f".venv-{environment}" in verdict.text

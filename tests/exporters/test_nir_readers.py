"""Readers of NIR: what of a file each looks at gives the network's own step; what it can't have is
refused or told; folders are whole and compare themselves.

`make peer-chips` has the readers themselves run what is written here.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import spikesim as sp
from spikesim import exporters
from spikesim.errors import DescriptionError, FileError, UnfitError, UnknownNameError
from spikesim.exporters.nir import export_nir, fit_nir, profiles, read_nir, readers, write_nir
from spikesim.units import Hz, ms, mV, pA

nir = pytest.importorskip("nir", reason="nir is not installed (extra: nir)")
pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
DT, TAU, TAU_SYN, HEIGHT = 0.5, 10.0, 3.0, 12.0  # ms, mV
Q, P = np.exp(-DT / TAU), np.exp(-DT / TAU_SYN)


class Subtracting(sp.neurons.LIF):
    """A spike takes the threshold's height off."""

    reset = "v -= V_th - E_L"


class Integrator(sp.NeuronModel):
    """A potential that does not leak."""

    v = sp.state(0.0, "potential")
    drive = sp.parameter(0 * Hz, "input")
    equations = "dv/dt = drive"
    spike = "v >= 1"
    reset = "v = 0"


class SubtractingIntegrator(Integrator):
    """A spike takes the threshold off."""

    reset = "v -= 1"


def network(reader: str, currents: bool = False, loop: bool = False, **values: Any) -> sp.Network:
    """One input of two, two layers of two neurons; with the reset that the reader has."""
    model = Subtracting if readers.find(reader).resets == "subtract" else sp.neurons.LIF
    net = sp.Network(dt=DT * ms, seed=2, order="standard" if currents else "nest")
    groups = [net.population("in", 2, sp.poisson(rate=400 * Hz))]
    values = {"tau_m": TAU * ms, "E_L": -70 * mV, "V_reset": -70 * mV,
              "V_th": (HEIGHT - 70) * mV, "t_ref": 0 * ms, **values}  # fmt: skip
    for name in "ab":
        groups.append(net.population(name, 2, model(**values), v=-70 * mV))
    synapse = sp.synapses.ExpCurrent(tau=TAU_SYN * ms) if currents else sp.synapses.Delta()
    weight = 900 * pA if currents else 7 * mV
    for a, b in [(0, 1), (1, 2)] + ([(1, 1)] if loop else []):
        net.project(
            groups[a], groups[b], sp.one_to_one(), synapse=synapse, weight=weight,
            delay=(0 if currents else DT) * ms, name=f"p{a}{b}",
        )  # fmt: skip
    return net


def integrators(model: type[sp.NeuronModel]) -> sp.Network:
    """Layers whose potentials just reach the threshold."""
    net = sp.Network(dt=DT * ms, seed=2, order="nest")
    source = net.population("in", 2, sp.poisson(rate=400 * Hz))
    cells = net.population("a", 2, model())
    net.project(source, cells, sp.one_to_one(), weight=0.25, delay=DT * ms)
    return net


def written(tmp_path: Path, net: sp.Network, reader: str) -> Any:
    """The graph of the file."""
    write_nir(net, tmp_path / "net.nir", reader)
    return nir.read(tmp_path / "net.nir")


# How each reader gets (decay of v, decay of the current, weight of a jump of v) from LIF ...
LIF_OF = {
    "norse": lambda n, w: (1 - 5e-4 / n.tau, w * 5e-4 / n.tau),
    "spinnaker2": lambda n, w: (1 - 5e-4 / n.tau, w * 5e-4 / n.tau),
    "snntorch": lambda n, w: (1 - 1e-4 / n.tau, w * n.r * 1e-4 / n.tau),
    "sinabs": lambda n, w: (np.exp(-1 / n.tau), w),
    "spyx": lambda n, w: (1 - 5e-4 / n.tau, w),
}
# ... and (decay of v, decay of the current, what a spike adds to v in its step) from CubaLIF.
CUBA_OF = {
    "norse": lambda n, w: (1 - 5e-4 / n.tau_mem, 1 - 5e-4 / n.tau_syn,
                           w * n.w_in * 5e-4 / n.tau_syn * n.r * 5e-4 / n.tau_mem),
    "snntorch": lambda n, w: (1 - 1e-4 / n.tau_mem, 1 - 1e-4 / n.tau_syn,
                              w * n.w_in * 1e-4 / n.tau_syn),
    "rockpool": lambda n, w: (np.exp(-1 / (1 + n.r)), np.exp(-n.tau_mem / (1 + n.r) / n.tau_syn),
                              w * np.exp(-n.tau_mem / (1 + n.r) / n.tau_syn)),
    "spyx": lambda n, w: (1 - 5e-4 / n.tau_mem, 1 - 5e-4 / n.tau_syn, w),
    "nengo": lambda n, w: (np.exp(-5e-4 / n.tau_mem), 1 - 5e-4 / n.tau_syn,
                           w * n.w_in * n.r * (5e-4 / n.tau_syn) * (1 - np.exp(-5e-4 / n.tau_mem))),
    "jaxsnn": lambda n, w: (np.exp(-0.5 / n.tau_mem), np.exp(-0.5 / n.tau_syn),
                            w / n.tau_mem * (np.exp(-0.5 / n.tau_syn) - np.exp(-0.5 / n.tau_mem))
                            / (1 / n.tau_mem - 1 / n.tau_syn)),
}  # fmt: skip


@pytest.mark.parametrize("reader", LIF_OF)
def test_jumps_as_the_reader_has_them(tmp_path: Path, reader: str) -> None:
    graph = written(tmp_path, network(reader), reader)
    leak, jump = LIF_OF[reader](graph.nodes["a"], np.diag(graph.nodes["w_input_a"].weight))
    np.testing.assert_allclose(leak, Q, rtol=1e-12)
    np.testing.assert_allclose(jump / graph.nodes["a"].v_threshold, 7 / HEIGHT, rtol=1e-6)


@pytest.mark.parametrize("reader", CUBA_OF)
def test_currents_as_the_reader_has_them(tmp_path: Path, reader: str) -> None:
    graph = written(tmp_path, network(reader, currents=True), reader)
    node = graph.nodes["a"]
    leak, decay, jump = CUBA_OF[reader](node, np.diag(graph.nodes["w_input_a"].weight))
    np.testing.assert_allclose(leak, Q, rtol=1e-12)
    np.testing.assert_allclose(decay, P, rtol=1e-12)
    # By hand: C v' = i, i' = -i/tau_syn, of a spike at the start of the step; C is 250 pF.
    held = (P - Q) / (1 / TAU - 1 / TAU_SYN) * 900 / 250
    np.testing.assert_allclose(jump / node.v_threshold, held / HEIGHT, rtol=1e-6)


def test_a_neuron_that_does_not_leak_is_no_if_for_snntorch(tmp_path: Path) -> None:
    """It would become Leaky(beta=0.9)."""
    node = written(tmp_path, integrators(Integrator), "snntorch").nodes["a"]
    assert isinstance(node, nir.LIF)
    assert (np.float32(1 - 1e-4 / node.tau) == 1).all()
    np.testing.assert_allclose(node.r * 1e-4 / node.tau, 1)


@pytest.mark.parametrize(
    ("reader", "model", "side"),
    [("norse", Integrator, -1), ("snntorch", Integrator, -1), ("nengo", Integrator, -1),
     ("sinabs", SubtractingIntegrator, 0), ("spyx", SubtractingIntegrator, -1)],
)  # fmt: skip
def test_a_potential_that_just_reaches_the_threshold(
    tmp_path: Path, reader: str, model: type[sp.NeuronModel], side: int
) -> None:
    """Here it spikes; readers that ask for more get the number before 1 in float32."""
    threshold = written(tmp_path, integrators(model), reader).nodes["a"].v_threshold
    assert (np.sign(threshold - 1) == side).all()
    assert np.abs(threshold - 1).max() < 1e-7


def test_loops(tmp_path: Path) -> None:
    """snnTorch makes something else of a loop over one node; Rockpool reads a graph in the graph;
    Spyx takes the threshold off after the leak."""
    graph = written(tmp_path, network("snntorch", loop=True), "snntorch")
    assert ("a", "w_a_a_same") in graph.edges and ("w_a_a_same", "w_a_a") in graph.edges
    assert np.array_equal(graph.nodes["w_a_a_same"].weight, np.eye(2))
    graph = written(tmp_path, network("rockpool", currents=True, loop=True), "rockpool")
    assert isinstance(graph.nodes["a"], nir.NIRGraph) and len(graph.nodes["a"].nodes) == 4
    graph = written(tmp_path, network("spyx", loop=True), "spyx")
    np.testing.assert_allclose(graph.nodes["w_a_a"].weight, np.diag([7 / HEIGHT + 1 - Q] * 2),
                               rtol=1e-6)  # fmt: skip
    for reader, currents in (("sinabs", False), ("jaxsnn", True), ("nengo", True)):
        with pytest.raises(UnfitError, match="synapses of a layer on itself"):
            write_nir(network(reader, currents, loop=True), tmp_path / "no.nir", reader)


def test_graphs_in_graphs_are_read(tmp_path: Path) -> None:
    write_nir(network("rockpool", currents=True, loop=True), tmp_path / "net.nir", "rockpool")
    net = read_nir(tmp_path / "net.nir", reset="subtract", dt=DT * ms)
    assert {n: p.size for n, p in net.populations.items()} == {"input": 2, "a_neurons": 2, "b": 2}
    pairs = {(p.source.name, p.target.name) for p in net.projections}
    assert pairs == {("input", "a_neurons"), ("a_neurons", "a_neurons"), ("a_neurons", "b")}


def test_bias_is_told_and_written(tmp_path: Path) -> None:
    net = network("snntorch")
    net.stimulate(net.populations["a"], sp.dc(100 * pA))
    report = fit_nir(net, "snntorch")
    assert report.fits and "constant drive begins a step later" in str(report)
    bias = written(tmp_path, net, "snntorch").nodes["w_input_a"].bias
    np.testing.assert_allclose(bias, (1 - Q) * 100 * TAU / 250 / HEIGHT)


REFUSED = {
    "norse": (dict(), True, True, "another way"),
    "snntorch": (dict(), True, True, "another way"),
    "sinabs": (dict(), True, False, "synaptic currents that decay"),
    "rockpool": (dict(), False, False, "it fails at LIF and IF"),
    "jaxsnn": (dict(), False, False, "it has CubaLIF alone"),
    "nengo": (dict(), False, False, "jumps of a potential that leaks"),
    "spyx": (dict(t_ref=2 * ms), False, False, "a refractory period"),
    "spinnaker2": (dict(t_ref=2 * ms), False, False, "a refractory period"),
}


@pytest.mark.parametrize("reader", REFUSED)
def test_what_a_reader_cannot_have(tmp_path: Path, reader: str) -> None:
    values, currents, other, message = REFUSED[reader]
    net = network("sinabs" if other else reader, currents, **values)
    report = exporters.fit(net, reader)
    assert not report and message in str(report)
    with pytest.raises(UnfitError, match=message):
        write_nir(net, tmp_path / "net.nir", reader)
    with pytest.raises(UnfitError, match=message):
        export_nir(net, tmp_path / "out", reader, 10 * ms)
    assert not list(tmp_path.iterdir())


def test_layers_in_a_row_alone(tmp_path: Path) -> None:
    net = network("spyx")
    extra = net.population("c", 2, Subtracting(t_ref=0 * ms))
    for source, target in ((net.populations["in"], extra), (extra, net.populations["b"])):
        net.project(source, target, sp.one_to_one(), weight=1 * mV, delay=DT * ms)
    with pytest.raises(UnfitError, match="it reads layers in a row"):
        write_nir(net, tmp_path / "net.nir", "spyx")


def test_several_projections_between_two_layers_are_one(tmp_path: Path) -> None:
    net = network("spyx")
    a, b = (net.populations[n] for n in "ab")
    net.project(a, b, sp.all_to_all(), weight=1 * mV, delay=DT * ms, name="more")
    weight = written(tmp_path, net, "spyx").nodes["w_a_b"].weight
    np.testing.assert_allclose(weight * HEIGHT, [[8, 1], [1, 8]], rtol=1e-6)


def test_jaxsnn_takes_weights_as_source_and_target(tmp_path: Path) -> None:
    net = network("jaxsnn", currents=True)
    extra = net.population("c", 3, sp.neurons.LIF(t_ref=0 * ms), v=-70 * mV)
    net.project(net.populations["b"], extra, sp.all_to_all(), weight=1 * pA, delay=0 * ms,
                synapse=sp.synapses.ExpCurrent(tau=TAU_SYN * ms))  # fmt: skip
    write_nir(net, tmp_path / "net.nir", "jaxsnn")
    graph = nir.read(tmp_path / "net.nir", type_check=False)
    assert graph.nodes["w_b_c"].weight.shape == (2, 3)


def test_every_reader_says_what_it_is() -> None:
    assert set(profiles()) == set(readers.names()) == set(LIF_OF) | set(CUBA_OF)
    for name in readers.names():
        one = readers.find(name)
        assert one.title and one.verified.startswith("by ") and one.exact and one.source
    with pytest.raises(UnknownNameError, match="did you mean 'norse'"):
        exporters.nir.write_nir(network("norse"), "x.nir", "nors")


def test_layers_may_be_called_like_the_ends(tmp_path: Path) -> None:
    net = sp.Network(dt=DT * ms, order="nest")
    source = net.population("output", 2, sp.poisson(rate=10 * Hz))
    cells = net.population("input", 2, sp.neurons.LIF(t_ref=0 * ms))
    net.project(source, cells, sp.one_to_one(), weight=1 * mV, delay=DT * ms)
    graph = written(tmp_path, net, "norse")
    kinds = {name: type(node).__name__ for name, node in graph.nodes.items()}
    assert kinds["input"] == "Input" and kinds["output"] == "Output" and kinds["input_"] == "LIF"


def test_files_for_nir_1_0_4(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    write_nir(network("rockpool", True, True), tmp_path / "new.nir", "rockpool")
    write_nir(network("rockpool", True, True), tmp_path / "old.nir", "rockpool", compat="1.0.4")
    for name, there in (("new", True), ("old", False)):
        found: list[str] = []
        with h5py.File(tmp_path / f"{name}.nir") as file:
            file.visit(found.append)
        assert any(n.endswith("nodes/neurons/v_reset") for n in found) is there
        assert any(n.endswith("v_reset") for n in found) is there
    values = dict(E_L=0 * mV, V_th=9 * mV, V_reset=-1 * mV, t_ref=0 * ms)
    net = sp.Network(dt=DT * ms, order="nest")
    net.population("a", 2, sp.neurons.LIF(**values), v=0 * mV)
    with pytest.raises(UnfitError, match=r"unknown to nir 1\.0\.4"):
        write_nir(net, tmp_path / "no.nir", compat="1.0.4")
    with pytest.raises(DescriptionError, match=r"expected '' or '1\.0\.4'"):
        write_nir(net, tmp_path / "no.nir", compat="1.0.3")


# ---- folders ------------------------------------------------------------------------------------


def script(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_nir", folder / "run_nir.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        spec.loader.exec_module(module)
    return module


def test_a_folder_compares_itself(tmp_path: Path) -> None:
    """With a Norse of a few lines, and one that forgets a spike."""
    report = export_nir(network("norse"), tmp_path / "out", "norse", 100 * ms)
    assert report.fits and "2 steps earlier" in str(report)
    module = script(tmp_path / "out")

    def norse(graph: Any, x: Any, dt: float) -> Any:
        v = {"a": np.zeros(2), "b": np.zeros(2)}
        out = []
        for row in x:
            for name, w in (("a", "w_input_a"), ("b", "w_a_b")):
                node = graph.nodes[name]
                v[name] += dt / node.tau * (graph.nodes[w].weight @ row - v[name])
                row = (v[name] > node.v_threshold) * 1.0
                v[name][row > 0] = 0
            out.append(row)
        return np.array(out)

    module.READERS["norse"] = norse
    found = module.compare(tmp_path / "out", "norse", True)
    assert found["equal"] and found["spikes"] > 5 and (tmp_path / "out" / "output.npz").is_file()

    def forgets(graph: Any, x: Any, dt: float) -> Any:
        out = norse(graph, x, dt)
        out[np.nonzero(out)[0][0]] = 0
        return out

    module.READERS["norse"] = forgets
    found = module.compare(tmp_path / "out", "norse", False)
    assert found["equal"] is False and (found["ours"], found["theirs"]) == (1, 0)
    with pytest.raises(Exception, match="was written for norse; export it for spyx"):
        module.compare(tmp_path / "out", "spyx", False)


def test_folders_on_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export_nir(network("spyx"), tmp_path / "out", "spyx", 20 * ms, seed=3)
    assert json.loads((tmp_path / "out" / "nir.json").read_text())["ahead"] == 0
    with pytest.raises(FileError, match="there already"):
        export_nir(network("spyx"), tmp_path / "out", "spyx", 20 * ms)
    monkeypatch.delenv("SPIKESIM_NIR_PYTHON", raising=False)
    monkeypatch.chdir(tmp_path)
    verdict = exporters.verify(tmp_path / "out", "spyx")
    assert verdict.equal is None and ".venv-nir" in verdict.text

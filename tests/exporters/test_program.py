"""Programs for other runtimes: what goes out computes what the network does, by operations that all
of them have. `make peer-chips KINDS=program` has IREE and ONNX Runtime run hundreds."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exporter_networks import network
from hypothesis import example, given
from hypothesis import strategies as st

import spikesim as sp
from spikesim import exporters
from spikesim.build import build
from spikesim.errors import (
    FileError,
    ParameterError,
    SpikesimError,
    UnfitError,
    UnknownNameError,
    UnsupportedError,
)
from spikesim.exporters.program import fit_program, forms, write_program
from spikesim.exporters.sampled import sample
from spikesim.units import Hz, ms, mV, nS, pA

jax = pytest.importorskip("jax")
pytest.importorskip("flatbuffers", reason="flatbuffers is not installed (extra: stablehlo)")
pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")


class Forgetting(sp.PlasticityModel):
    """Grows with each presynaptic spike, and decays in each step."""

    w = sp.parameter(400 * pA)
    weight_unit = pA
    bounds = ("0*w", "2*w")
    on_pre = "transmit(weight); weight += 0.1*w"
    each_step = "weight *= 0.999"


def learning() -> sp.Network:
    """STDP with delays on both sides, and depression."""
    net = sp.Network(dt=0.1 * ms, seed=3)
    source = net.population("in", 6, sp.poisson(rate=400 * Hz))
    cells = net.population("cells", 4, sp.neurons.LIF())
    current = sp.synapses.ExpCurrent(tau=5 * ms)
    net.project(
        source, cells, sp.all_to_all(), synapse=current, weight=sp.uniform(300 * pA, 400 * pA),
        plasticity=sp.plasticity.STDP(w_max=600 * pA), axonal_delay=0.3 * ms,
        dendritic_delay=1 * ms,
    )  # fmt: skip
    net.project(
        cells, cells, sp.all_to_all(), synapse=current, weight=200 * pA, name="loop",
        plasticity=sp.plasticity.TsodyksMarkram(), axonal_delay=1 * ms, dendritic_delay=0 * ms,
    )  # fmt: skip
    return net


def noisy() -> sp.Network:
    """White noise, Poisson input, gap junctions, synapses that fail at times; NEST's order."""
    net = sp.Network(dt=0.1 * ms, seed=4, order="nest")
    source = net.population("in", 5, sp.poisson(rate=300 * Hz))
    cells = net.population("cells", 6, sp.neurons.HodgkinHuxley())
    more = net.population("more", 3, sp.neurons.AdEx())
    net.stimulate(cells, sp.white_noise(mean=100 * pA, std=300 * pA))
    net.stimulate(more, sp.poisson(2000 * Hz), weight=3 * mV)
    net.project(cells, cells, sp.all_to_all(), synapse=sp.synapses.GapJunction(), weight=0.5 * nS)
    net.project(
        source, more, sp.all_to_all(), synapse=sp.synapses.ExpConductance(E=0 * mV),
        weight=sp.uniform(5 * nS, 9 * nS), delay=sp.uniform(0.1 * ms, 2 * ms), release=0.6,
    )  # fmt: skip
    return net


NETWORKS = {
    "standard": lambda: network(0, "standard"), "nest": lambda: network(1, "nest"),
    "learning": learning, "noisy": noisy,
}  # fmt: skip


@pytest.mark.parametrize("steps", [1, 25])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_function_gives_the_spikes_of_the_network(name: str, steps: int) -> None:
    """Step by step, against NumPy's loop; the state is handed on from call to call."""
    from spikesim.exporters.program.steps import steps_of

    net = NETWORKS[name]()
    found = sample(net, 300 * net.dt)
    made = steps_of(build(net), "float64", steps)
    ours = made.run(found.sources, build(net).seed, 300)
    assert sum(x.sum() for x in found.cells.values()) > 5
    for group, spikes in found.cells.items():
        np.testing.assert_array_equal(ours[f"spikes/{group}"], spikes, err_msg=group)
    with jax.enable_x64(True):
        text = jax.jit(made.network).lower(*made.inputs.values()).as_text()
    assert "custom_call" not in text and "spikesim" not in text


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3).flatmap(lambda x: st.sampled_from([x, -x])))
@example(0.3, 0.1)
@example(-0.3, 0.1)
@example(7.0, -0.5)
def test_remainders(a: float, b: float) -> None:
    from spikesim.exporters.program.plain import floor_divided, modulo

    with jax.enable_x64(True):
        quotient, rest = float(floor_divided(a, b)), float(modulo(a, b))
    assert quotient == a // b or abs(quotient - a / b) < 1e-9 * abs(a / b) + 1e-9
    assert abs(quotient * b + rest - a) <= 1e-15 * max(abs(a), abs(b)) and rest * b >= 0
    assert abs(rest) <= abs(b)


def test_the_weights_at_the_end_are_those_that_were_learned(tmp_path: Path) -> None:
    net = learning()
    write_program(net, tmp_path / "out", "stablehlo", 50 * ms, steps=50)
    final = net.run(50 * ms, backend="numpy", precision="float64")["in->cells"].final
    found = np.load(tmp_path / "out" / "vectors.npz")["next/in->cells.weight"]
    start = np.load(tmp_path / "out" / "start.npz")["in->cells.weight"]
    assert not np.allclose(found, start, rtol=1e-6)
    np.testing.assert_allclose(found, final["weight"], rtol=1e-9)


def test_no_scatter_is_without_an_index(tmp_path: Path) -> None:
    # ONNX Runtime refuses what jax2onnx makes of one: "Invalid position of 0".
    net = sp.Network(dt=0.1 * ms, seed=3)
    source = net.population("in", 6, sp.poisson(rate=400 * Hz))
    cells = net.population("cells", 4, sp.neurons.LIF())
    net.project(source, cells, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(), weight=300 * pA,
                plasticity=Forgetting(), axonal_delay=0 * ms, dendritic_delay=1 * ms)  # fmt: skip
    write_program(net, tmp_path / "out", "stablehlo", 20 * ms)
    vectors = np.load(tmp_path / "out" / "vectors.npz")
    assert vectors["spikes/cells"].sum() > 3
    assert np.ptp(vectors["next/in->cells.weight"]) > 0
    assert "tensor<0xi32>" not in (tmp_path / "out" / "program.mlir").read_text()


def test_a_folder_of_stablehlo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jax import export

    net, out = network(1, "nest"), tmp_path / "out"
    report = write_program(net, out, "stablehlo", 40 * ms, steps=10, seed=5)
    assert report.fits and "12 inputs" in str(report)
    facts = json.loads((out / "program.json").read_text())
    assert facts["steps a call"] == 10 and facts["seed"] == 5
    text = (out / "program.mlir").read_text()
    assert text.startswith("module @jit_network") and "stablehlo" in text and "loc(" not in text
    vectors, start = np.load(out / "vectors.npz"), np.load(out / "start.npz")
    program = export.deserialize((out / "program.jax").read_bytes())
    with jax.enable_x64(True):
        given = [vectors["spikes/in"][:10].astype(bool)]
        called = program.call(*(start[k] for k in start), np.int32(0), np.uint32(5), *given)
    names = [one["name"] for one in facts["outputs"]]
    assert vectors["spikes/a"].sum() > 0
    for name in ("spikes/a", "spikes/b"):
        np.testing.assert_array_equal(called[names.index(name)], vectors[name][:10])
    assert "a: F1 1.0000" in (out / "match.txt").read_text()
    with pytest.raises(FileError, match="there already"):
        write_program(net, out, "stablehlo", 40 * ms)
    monkeypatch.delenv("SPIKESIM_IREE_PYTHON", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "there is no environment .venv-iree" in exporters.verify(out, "iree").text


def test_float32(tmp_path: Path) -> None:
    write_program(network(1, "nest"), tmp_path / "out", "stablehlo", 20 * ms, precision="float32")
    assert "f64" not in (tmp_path / "out" / "program.mlir").read_text().split("return")[-1]
    facts = json.loads((tmp_path / "out" / "program.json").read_text())
    assert {one["type"] for one in facts["inputs"]} <= {"float32", "int32", "uint32", "bool"}


WRONG: dict[str, tuple[type[SpikesimError], str, dict[str, Any]]] = {
    "form": (UnknownNameError, "unknown form 'stablehl'.*stablehlo", {"form": "stablehl"}),
    "steps": (ParameterError, "steps is 0; expected how many", {"steps": 0}),
    "a bool": (ParameterError, "steps is True", {"steps": True}),
    "ONNX": (ParameterError, "ONNX has 1 a call", {"form": "onnx", "steps": 2}),
    "short": (ParameterError, "fewer than the 1000 of a call", {"steps": 1000}),
    "precision": (ParameterError, "unknown precision 'half'", {"precision": "half"}),
    "seed": (ParameterError, "seed", {"seed": -1}),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case: str, tmp_path: Path) -> None:
    kind, text, given = WRONG[case]
    with pytest.raises(kind, match=text):
        write_program(network(0), tmp_path / "out", **{"duration": 10 * ms, **given})
    assert not list(tmp_path.iterdir())


def test_what_does_not_fit(tmp_path: Path) -> None:
    net = learning()
    net.projections[0].every(10 * ms, sp.plasticity.Scaling(total=2000 * pA))
    assert forms() == ["onnx", "stablehlo"]
    found = exporters.fit(net, "stablehlo")
    assert not found and "scaled or rewired at intervals" in str(found)
    alone = sp.Network(dt=0.1 * ms)
    alone.population("in", 3, sp.poisson(rate=100 * Hz))
    assert "it has no neurons" in str(fit_program(alone))
    train = alone.population("train", 1, sp.spike_times([[1.23] * ms]), precise=True)
    cells = alone.population("cells", 3, sp.neurons.LIF(), precise=True)
    alone.project(train, cells, sp.all_to_all(), weight=1 * mV, delay=1 * ms)
    assert "it spikes between steps" in str(fit_program(alone))
    with pytest.raises(UnfitError, match="leave projection"):
        write_program(net, tmp_path / "out", "stablehlo", 10 * ms)
    assert fit_program(network(0), "onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(find_spec("jax2onnx") is not None, reason="jax2onnx is here")
def test_onnx_without_its_library(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"pip install 'spikesim\[onnx\]'"):
        write_program(network(0), tmp_path / "out", "onnx", 10 * ms)
    assert not list(tmp_path.iterdir())

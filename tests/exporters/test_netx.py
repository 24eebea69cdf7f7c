"""Files of netx. `make peer-chips` has lava-dl load hundreds."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from exporter_networks import chain, network

import spikesim as sp
from spikesim import exporters
from spikesim.errors import UnfitError
from spikesim.exporters.verify import interpreter
from spikesim.units import Hz, ms, mV, pA

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")


@pytest.mark.parametrize("seed", range(6))
def test_the_file_holds_the_chip(seed: int, tmp_path: Path) -> None:
    """Read back by the format's rules, the file gives the weights, delays and constants."""
    made = exporters.export(chain(seed), "netx", tmp_path / "out", 20 * ms).integers
    dense: dict[tuple[str, str], np.ndarray] = {}
    with h5py.File(tmp_path / "out" / "network.net", "r") as file:
        layers = [file[f"layer/{k}"] for k in range(len(file["layer"]))]
        names = [layer.attrs["name"] for layer in layers]
        assert layers[0]["type"][()] == b"input"
        for before, name, layer in zip(names, names[1:], layers[1:], strict=False):
            p = made.layer(name).parameters
            assert layer["neuron/iDecay"][()] - 1 == p["du"]
            assert layer["neuron/vDecay"][()] == p["dv"]
            assert layer["neuron/vThMant"][()] == p["vth"]
            bias = layer["bias"][()] if "bias" in layer else np.zeros(layer["shape"][0])
            assert np.array_equal(bias * 64, p["bias"])
            delay = layer["delay"][()] if "delay" in layer else 0
            dense[before, name] = layer["weight"][()] + 1000j * delay
            if "weight_rec" in layer:
                assert layer["type"][()] == b"dense_rec"
                dense[name, name] = layer["weight_rec"][()] + 0j
    for s in made.synapses:
        assert s.exponent == 0
        expected = np.zeros_like(dense[s.source, s.target])
        expected[s.post, s.pre] = s.weight + 1000j * (s.latency - 1)
        assert np.array_equal(dense.pop((s.source, s.target)), expected)
    assert not dense


def test_networks_that_no_file_can_hold() -> None:
    with pytest.raises(UnfitError) as caught:  # two layers, each connected to the other
        exporters.quantize(network(1), "netx")
    assert "a: gets spikes from 2 other groups, not from one" in str(caught.value)

    net = sp.Network(dt=1 * ms)
    sources = [net.population(name, 4, sp.poisson(rate=50 * Hz)) for name in ("x", "y")]
    cells = [net.population(name, 3, sp.neurons.LIF(t_ref=0 * ms, E_L=-70 * mV, V_reset=-70 * mV),
                            v=-60 * mV) for name in ("a", "b")]  # fmt: skip
    current = sp.synapses.ExpCurrent()
    for source, target in ((0, 0), (1, 0), (0, 1)):
        net.project(sources[source], cells[target], sp.all_to_all(), synapse=current,
                    weight=100 * pA)  # fmt: skip
    net.project(cells[0], cells[0], sp.all_to_all(), synapse=current, weight=10 * pA, delay=3 * ms)
    report = exporters.fit(net, "netx")
    told = report.text()
    for part in ("groups of spike sources: 2 of 1", "x: sends spikes to 2 other groups",
                 "a: gets spikes from 2 other groups", "synapses of its own has delays",
                 "do not start from their reset value"):  # fmt: skip
        assert part in told, told


@pytest.mark.skipif(interpreter("lava") is None, reason="there is no .venv-lava")
def test_lava_dl_runs_it(tmp_path: Path) -> None:
    exporters.export(chain(3), "netx", tmp_path / "out", 60 * ms)
    verdict = exporters.verify(tmp_path / "out", "netx")
    assert verdict.equal, verdict.text

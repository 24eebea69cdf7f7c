"""Verilog: what is written does in Icarus Verilog what the integers do. `make peer-chips` runs
hundreds of chips."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from exporter_networks import loihi2, network
from test_c99 import written

import spikesim as sp
from spikesim import exporters
from spikesim.exporters.targets import find
from spikesim.exporters.targets.verilog import emit
from spikesim.units import Hz, ms, pA

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="there is no Icarus Verilog")
TARGET = find("verilog")


@icarus
@pytest.mark.parametrize("seed", [1, 2])
def test_an_exported_network_runs_in_icarus(seed: int, tmp_path: Path) -> None:
    net = network(seed, "nest")
    made = exporters.export(net, "verilog", tmp_path / "out", 60 * ms)
    verdict = exporters.verify(tmp_path / "out", "iverilog")
    assert verdict.equal, verdict.text
    # A step takes as long as the fit says, and as the model of its time says.
    (cycles,) = (int(n) for n in re.findall(r"(\d+) cycles a step", verdict.text))
    assert cycles == next(f.value for f in made.fit.findings if f.rule == "latency")
    steps = exporters.estimate(net, "verilog", 60 * ms).steps
    assert steps is not None
    assert steps == pytest.approx(cycles / (1e6 * TARGET.limits["clock"].value))


@icarus
def test_chips_at_the_ends_of_their_ranges(tmp_path: Path) -> None:
    for seed in range(4):  # in 3 the sources have no synapses
        made, given = loihi2(np.random.default_rng(seed))
        written(made, given, tmp_path / f"{seed}", "verilog")
        verdict = exporters.verify(tmp_path / f"{seed}", "iverilog")
        assert verdict.equal, verdict.text


@icarus
def test_a_difference_is_found(tmp_path: Path) -> None:
    made, given = loihi2(np.random.default_rng(0))
    written(made, given, tmp_path / "out", "verilog")
    source = tmp_path / "out" / "lif.v"
    source.write_text(source.read_text().replace("arriving_6, 6'd0", "arriving_6, 5'd0"))
    verdict = exporters.verify(tmp_path / "out", "iverilog")
    assert verdict.equal is False and "differs first in step" in verdict.text


def test_a_word_by_hand() -> None:
    """Last of its neuron, last of its sum, from a source; shift, one step back, weight."""
    net = sp.Network(dt=1 * ms)
    source = net.population("in", 1, sp.poisson(rate=50 * Hz))
    cell = net.population("cell", 1, sp.neurons.LIF(t_ref=0 * ms))
    current = sp.synapses.ExpCurrent(tau=4 * ms)
    net.project(source, cell, sp.all_to_all(), synapse=current, weight=500 * pA, delay=0 * ms)
    made = exporters.quantize(net, "verilog").integers
    files, (synapse,) = emit(made), made.synapses
    (word,) = files["synapses.hex"].split()
    bits = f"{int(word, 16):017b}"
    assert bits[:3] == "111" and int(bits[3:7], 2) == 7 - synapse.exponent
    assert bits[7] == "1" and int(bits[8:], 2) == synapse.weight[0]
    assert f"{made.dt:g} ms" in files["net.v"]


def test_what_does_not_fit_the_part() -> None:
    net = sp.Network(dt=0.1 * ms)
    source = net.population("in", 300, sp.poisson(rate=50 * Hz))
    cells = net.population("cells", 300, sp.neurons.LIF(t_ref=0 * ms))
    current = sp.synapses.ExpCurrent(tau=4 * ms)
    net.project(source, cells, sp.all_to_all(), synapse=current, weight=50 * pA, delay=0 * ms)
    fit = exporters.fit(net, "verilog")
    assert fit.fits
    warned = {f.rule: f.detail for f in fit.findings if f.verdict == "warns"}
    assert {"block RAM", "clock"} <= warned.keys()

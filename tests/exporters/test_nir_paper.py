"""The graphs of the NIR paper become networks, and one neuron spikes as its published traces do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spikesim as sp
from spikesim.build import build
from spikesim.errors import FileError
from spikesim.exporters.canonical import recognise
from spikesim.exporters.nir import read_nir
from spikesim.units import ms

nir = pytest.importorskip("nir", reason="nir is not installed (extra: nir)")
FOLDER = Path(__file__).parent / "nir_paper"
SIZES = {
    "lif_norse": {"input": 1, "_1": 1},
    "two_lif_neurons": {"in": 1, "lif_0": 1, "lif_1": 1},
    "braille_noDelay_bias_zero": {"input": 12, "lif1_lif": 38, "lif2": 7},
    "braille_noDelay_noBias_subtract": {"input": 12, "lif1_lif": 40, "lif2": 7},
}
# The steps in which the paper's single neuron gets a spike, and in which it spikes in the traces of
# Rockpool and sinabs, whose decay is exact: paper/01_lif/lif_rockpool.csv, lif_sinabs.csv.
INPUT = (
    60, 220, 270, 310, 320, 350, 370, 400, 410, 430, 440, 450, 460, 470, 480, 490, 500, 510, 520,
    530, 670, 680, 690, 700, 710, 720, 730, 740, 750, 760, 770, 780, 840, 850,
)  # fmt: skip
EXACT = [450, 500, 710, 760]
# The same in forward Euler: lif_norse.csv, lif_snntorch.csv, lif_nengo.csv.
EULER = [460, 510, 710, 760]


@pytest.mark.parametrize("name", SIZES)
def test_graphs_of_the_paper(name: str) -> None:
    net = read_nir(FOLDER / f"{name}.nir")
    sizes = {n: p.size for n, p in net.populations.items()}
    assert sorted(sizes.values()) == sorted(SIZES[name].values())
    circuit = recognise(build(net))
    assert not circuit.obstacles
    graph = nir.read(FOLDER / f"{name}.nir", type_check=False)
    weights = [np.asarray(n.weight) for n in graph.nodes.values() if hasattr(n, "weight")]
    assert sum(len(w.pre) for w in circuit.wires) == sum(np.count_nonzero(w) for w in weights)


def test_a_file_of_the_paper_that_contradicts_itself() -> None:
    """Its Output says another shape than what comes to it."""
    try:
        assert read_nir(FOLDER / "lif_rockpool.nir").populations
    except FileError as fault:
        assert "mismatch" in str(fault)


@pytest.mark.parametrize(("method", "expected"), [("exact", EXACT), ("euler", EULER)])
def test_the_single_neuron_spikes_as_in_the_paper(method: str, expected: list[int]) -> None:
    times = (np.array(INPUT) + 1) * 0.1 * ms
    net = read_nir(FOLDER / "lif_norse.nir", inputs=sp.spike_times([times]), method=method)
    (cell,) = (p for n, p in net.populations.items() if n != "input")
    net.record(cell, "spikes")
    found = net.run(100 * ms, "numpy", precision="float64")[cell.name].spikes
    # A spike acts here in the step after it.
    assert (np.rint(np.asarray(found.t) / 0.1).astype(int) - 2).tolist() == expected

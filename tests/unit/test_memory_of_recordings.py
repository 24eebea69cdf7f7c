"""What recordings take in memory: as estimated, so many bytes in the arrays of a run."""

from __future__ import annotations

import pytest

import spikesim as sp
from spikesim.errors import DimensionError
from spikesim.simulate import estimate_memory
from spikesim.units import ms, mV


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_recordings_are_estimated(precision: str) -> None:
    net = sp.Network(dt=0.1 * ms, seed=1)
    cells = net.population("cells", 30, sp.neurons.LIF())
    net.record(cells, ["spikes", "v"])
    net.record(cells[:7], "v", every=0.7 * ms, start=3.3 * ms, stop=9.1 * ms)
    net.record(cells, "rate", every=2 * ms)
    model = net.compile("numpy", precision=precision)
    result = model.run(20 * ms)["cells"].recorded
    kept = sum(x.t.nbytes + x.values.nbytes for name, x in result.items() if name != "spikes")
    found = model.memory(20 * ms)
    assert found.parts["recordings"] == kept
    assert found.total == model.memory().total + kept
    assert "recordings" in str(found) and "recordings" not in str(model.memory())
    same = estimate_memory(net, "numpy", 20 * ms, precision=precision)
    assert same.parts["recordings"] == kept
    with pytest.raises(DimensionError):
        model.memory(20 * mV)

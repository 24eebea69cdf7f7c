"""The interpreter in JAX: the states of the one in NumPy, for all rules."""

from __future__ import annotations

import numpy as np
import pytest
from exporter_networks import loihi2, network, xylo
from test_darwin3 import random_chip

from spikesim import exporters
from spikesim.errors import UnknownNameError
from spikesim.exporters import chip, chip_jax
from spikesim.exporters.chip import Trace
from spikesim.exporters.sampled import sample
from spikesim.exporters.targets import find
from spikesim.units import ms

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")


def same(a: Trace, b: Trace) -> None:
    assert a.spikes.keys() == b.spikes.keys() and a.states.keys() == b.states.keys()
    for name, spikes in a.spikes.items():
        assert np.array_equal(spikes, b.spikes[name]), name
    for name, states in a.states.items():
        for x, values in states.items():
            assert np.array_equal(values, b.states[name][x]), (name, x)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["loihi2", "xylo_a2", "darwin3"])
def test_bit_for_bit(name: str, seed: int) -> None:
    if name == "darwin3":
        made, given = random_chip(seed)
    else:
        made, given = {"loihi2": loihi2, "xylo_a2": xylo}[name](np.random.default_rng(seed))
    rule, steps = find(name).advance, None if made.sources else 30
    same(chip.run(made, rule, given, steps), chip_jax.run(made, rule, given, steps))


def test_real_numbers_too() -> None:
    net = network(2, "nest")
    made, found = exporters.quantize(net, "loihi2"), sample(net, 60 * ms)
    same(made.run(found.sources), made.run(found.sources, backend="jax"))
    a, b = (made.run(found.sources, integer=False, backend=x) for x in ("numpy", "jax"))
    for name, states in a.states.items():
        assert np.allclose(states["u"], b.states[name]["u"], rtol=1e-12, atol=1e-9)
    with pytest.raises(UnknownNameError, match="numpy"):
        made.run(found.sources, backend="torch")

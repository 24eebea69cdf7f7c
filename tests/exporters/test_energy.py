"""Energy and time: events counted one by one, published figures, what is not known."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from exporter_networks import loihi2, network
from hypothesis import given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim import exporters
from spikesim.exporters import chip, targets
from spikesim.exporters.chip import Chip, ChipLayer, ChipSynapses, Trace
from spikesim.exporters.energy import Cost, estimate
from spikesim.exporters.target import Limit
from spikesim.exporters.targets import find
from spikesim.units import ms

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")


def target(costs: dict[str, Cost], cores: int | None = None) -> Any:
    limits = {"neurons a core": Limit(cores, "", "", "guess")} if cores else {}
    return SimpleNamespace(title="a chip", costs=costs, limits=limits)


def by_hand() -> tuple[Chip, Trace]:
    """Source 0 of two spikes in steps 0 and 3; it has two synapses, one a step later, one three."""
    layer = ChipLayer("a", 4, 1, {}, {})
    ones = np.ones(3, np.int64)
    synapses = ChipSynapses("in->a", "in", "a", 0, np.array([0, 0, 1]), np.array([0, 1, 2]), ones,
                            np.array([1, 3, 1]))  # fmt: skip
    made = Chip("t", 2.0, {"in": 2}, (layer,), (synapses,), True)
    spikes = {"in": np.zeros((5, 2), np.int64), "a": np.zeros((5, 4), np.int64)}
    spikes["in"][[0, 3], 0] = 1
    spikes["a"][4, :3] = 1
    return made, Trace(spikes, {})


def test_by_hand() -> None:
    costs = {
        "synaptic operation": Cost(1.0, 10.0, "x", "guess"),
        "neuron update": Cost(0.1, 1.0, "x", "guess"),
        "spike": Cost(None, 0.5, "x", "guess"),
        "input": Cost(None, 0.125, "x", "guess"),
        "step": Cost(None, 0.25, "x", "guess"),
        "second": Cost(100.0, None, "x", "guess"),
    }
    found = estimate(target(costs), *by_hand())
    # The spike of step 3 has one arrival in step 4; the other would be in step 6.
    assert found.counts["synaptic operation"] == 3
    assert found.counts["synapse"] == 15 and found.counts["neuron update"] == 20
    assert found.counts["spike"] == 3 and found.counts["input"] == 10
    assert found.steps is not None
    assert found.steps == pytest.approx([4.5, 14.5, 4.5, 14.5, 16.0])
    assert found.seconds == pytest.approx(54.0)
    assert found.joules == pytest.approx(3 + 2 + 5400)
    shared = estimate(target(costs, cores=2), *by_hand()).steps
    assert shared == pytest.approx([2.5, 7.5, 2.5, 7.5, 8.25])


def test_steps_last_as_long_as_dt_at_least() -> None:
    found = estimate(target({"second": Cost(3.0, None, "x", "guess")}), *by_hand())
    assert found.steps is None and found.seconds == pytest.approx(0.01)
    assert found.joules == pytest.approx(0.03)
    assert "time: not published" in found.text()


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_operations_are_those_that_arrive(seed: int) -> None:
    """With weights of one and no shifts, what arrives adds up to the operations."""
    made, given_ = loihi2(np.random.default_rng(seed))
    heard = 0

    def rule(layer: ChipLayer, state: Any, arriving: Any, integer: bool) -> np.ndarray:
        nonlocal heard
        heard += sum(int(arriving[kind].sum()) for kind in range(layer.kinds))
        return np.ones(layer.size, np.int64)

    ones = [replace(s, weight=np.ones_like(s.weight), exponent=0) for s in made.synapses]
    made = replace(made, synapses=tuple(ones))
    trace = chip.run(made, rule, given_, None if made.sources else 20)
    assert estimate(target({}), made, trace).counts["synaptic operation"] == heard


def test_all_targets_say_what_they_know() -> None:
    net = network(3, "nest")
    for name in ("loihi2", "c99"):
        found = exporters.estimate(net, name, 40 * ms)
        told = json.loads(found.json())
        assert (told["joules"] is None) == (not find(name).costs)
        assert told["counts"]["neuron update"] == 18 * told["counts"]["step"]
        assert "nothing was measured" in str(found)


def test_what_davies_2018_says_of_loihi() -> None:
    found = exporters.estimate(network(3, "nest"), "loihi2", 40 * ms)
    n = found.counts
    assert found.parts["synaptic operation"] == pytest.approx(23.6e-12 * n["synaptic operation"])
    assert found.parts["neuron update"] == pytest.approx(81e-12 * n["neuron update"])
    assert found.steps is not None and found.steps.min() > 465e-9


def test_a_network_without_a_known_neuron_is_told_by_all() -> None:
    net = sp.Network(dt=1 * ms)
    net.population("c", 3, sp.neurons.Izhikevich())
    for name in targets.names():
        broken = exporters.fit(net, name).broken
        assert any(f.place == "c" and f.remedy for f in broken), name

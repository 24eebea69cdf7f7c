"""What a user makes can be sent to another process, where it is the same."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import spikesim as sp
from spikesim.ir.fingerprint import fingerprint
from spikesim.units import Hz, ms, mV, pA


def again(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def network() -> sp.Network:
    inline = sp.neuron("dv/dt = (E - v)/tau + I/C : mV", spike="v > -50*mV", reset="v = E",
                       E=-70 * mV, tau=sp.uniform(8 * ms, 12 * ms), C=100 * (pA * ms / mV),
                       I=sp.port(pA), name="mine")  # fmt: skip
    net = sp.Network(dt=0.1 * ms, seed=3)
    a = net.population("a", 20, inline, v=sp.uniform(-70 * mV, -50 * mV))
    b = net.population("b", 20, sp.neurons.Poisson(rate=300 * Hz))
    net.project(b, a, sp.fixed_probability(0.3), weight=sp.normal(2 * mV, 0.1 * mV),
                delay=1 * ms)  # fmt: skip
    net.record([a, b], "spikes")
    return net


@pytest.mark.parametrize("backend", ["cpp", "jax", "numpy"])
def test_a_compiled_model(backend: str) -> None:
    model = network().compile(backend, conformance=True)
    other = again(model)
    assert other.backend == backend and other.options == model.options
    assert other.fingerprint == model.fingerprint
    ours, theirs = (m.run(30 * ms, seed=5)["a"].spikes for m in (model, other))
    assert len(ours) > 10
    np.testing.assert_array_equal(ours.t, theirs.t)
    np.testing.assert_array_equal(ours.i, theirs.i)


def test_a_model_of_megabytes_is_sent_as_what_made_it() -> None:
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", 2000, sp.neurons.LIF())
    net.project(cells, cells, sp.fixed_probability(0.5), weight=1 * mV, delay=1 * ms)
    assert len(pickle.dumps(net.compile())) < 20_000


def test_a_network_and_a_model_of_a_few_lines() -> None:
    net = network()
    assert fingerprint(again(net).compile("numpy").program) == fingerprint(
        net.compile("numpy").program
    )
    inline = net.populations["a"].model
    assert again(inline).definition == inline.definition and repr(again(inline)) == repr(inline)

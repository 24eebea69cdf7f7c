"""A checkpoint is of a run, not of the machine: of any number of threads."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends.cpp import executable
from spikesim.errors import CheckpointError
from spikesim.native import machine, why_missing
from spikesim.units import Hz, ms, mV, pA

pytestmark = pytest.mark.skipif(bool(why_missing()), reason="the C++ part is not built")


def network(delay: object) -> sp.Network:
    """Groups of which some send no spikes, before and after others that do."""
    net = sp.Network(dt=0.1 * ms, seed=3)
    first = net.population("first", 150, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -52 * mV))
    source = net.population("source", 90, sp.neurons.Poisson(rate=300 * Hz))
    cells = net.population("cells", 200, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -52 * mV))
    syn = sp.synapses.ExpCurrent(tau=2 * ms)
    net.project(source, [first, cells], sp.fixed_probability(0.4), synapse=syn, weight=90 * pA,
                delay=delay)  # fmt: skip
    net.project(cells, cells, sp.fixed_indegree(9), synapse=syn, weight=-40 * pA, delay=delay)
    net.record([first, source, cells], "spikes")
    return net


DELAYS = {"a log": 1.5 * ms, "a ring": sp.uniform(0.3 * ms, 9 * ms)}


def compiled(monkeypatch: pytest.MonkeyPatch, net: sp.Network, threads: int) -> sp.Model:
    monkeypatch.setattr(executable, "_threads", lambda _: threads)
    model = net.compile("cpp")
    assert f"threads: {threads}" in model.explain()
    return model


def spikes(*stretches: sp.Results) -> list[np.ndarray]:
    return [
        np.concatenate([getattr(r[name].spikes, side) for r in stretches])
        for name in stretches[0]
        for side in ("t", "i")
    ]


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize(("before", "after"), [*itertools.permutations((1, 2, 5), 2)])
def test_another_number_of_threads_goes_on(
    before: int, after: int, delay: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(DELAYS[delay])
    whole = compiled(monkeypatch, net, 1).run(40 * ms)
    simulation = compiled(monkeypatch, net, before).start()
    first = simulation.run(21.3 * ms)
    simulation.save(tmp_path / "kept")
    later = compiled(monkeypatch, net, after).load(tmp_path / "kept")
    found = spikes(first, later.run(18.7 * ms))
    assert sum(map(len, found)) > 1000
    for a, b in zip(found, spikes(whole), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("level", range(3))
def test_other_instructions_go_on(
    level: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if level > machine.level():
        pytest.skip("this processor lacks them")
    net = network(DELAYS["a log"])
    simulation = net.compile("cpp", conformance=True).start()
    simulation.run(20 * ms)
    simulation.save(tmp_path / "kept")
    with monkeypatch.context() as change:
        change.setattr(machine, "level", lambda: level)
        later = net.compile("cpp", conformance=True).load(tmp_path / "kept").run(20 * ms)
    for a, b in zip(spikes(later), spikes(simulation.run(20 * ms)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("wrote", "reads"), [*itertools.permutations(("cpp", "jax", "numpy"), 2)])
def test_another_backend_says_so(wrote: str, reads: str, tmp_path: Path) -> None:
    net = network(1 * ms)
    net.compile(wrote).start().save(tmp_path / "kept")
    with pytest.raises(CheckpointError, match=rf"backend was '{wrote}', is '{reads}'"):
        net.compile(reads).load(tmp_path / "kept")


def test_a_state_goes_into_other_weights() -> None:
    """Which projections share weights, and so how spikes under way are kept, depends on weights."""
    net = sp.Network(dt=0.1 * ms, seed=1)
    exc = net.population("exc", 800, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -52 * mV))
    inh = net.population("inh", 200, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -52 * mV))
    for source, weight in ((exc, 2 * mV), (inh, -9 * mV)):
        net.project(source, [exc, inh], sp.fixed_probability(0.1), weight=weight, delay=1.5 * ms)
    model = net.compile("cpp")
    simulation = model.start()
    simulation.run(20 * ms)
    weaker = {"inh->exc.weight": -3 * mV}
    for values in ({"exc.tau_m": 12 * ms}, weaker, weaker | {"inh->inh.weight": -3 * mV}):
        other = model.start(params=values)
        other.restore(simulation.store())
        other.run(1 * ms)

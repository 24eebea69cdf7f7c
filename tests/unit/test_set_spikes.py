"""Spike lists that change between the runs of a simulation."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends import find, names
from spikesim.units import ms, mV

HERE = [name for name in names() if not find(name).unavailable()]


def compiled(backend, lists=([5.0], [7.0, 12.0])):
    net = sp.Network(dt=0.5 * ms)
    given = net.population(
        "given", len(lists), sp.spike_times([x * ms for x in map(np.array, lists)])
    )
    cell = net.population("cell", 1, sp.neuron("dv/dt = 0*v/ms : mV"))
    net.project(given, cell, sp.all_to_all(), weight=1 * mV)
    net.record(given, "spikes")
    net.record(cell, "v")
    return net.compile(backend, precision="float64")


def seen(result):
    spikes = result["given"].spikes
    return [spikes.t[spikes.i == k].tolist() for k in range(2)]


@pytest.mark.parametrize("backend", HERE)
def test_new_lists_between_runs(backend):
    simulation = compiled(backend).start()
    assert seen(simulation.run(10 * ms)) == [[5.0], [7.0]]
    simulation.set_spikes("given", [[11.0, 13.5] * ms, []])
    assert seen(simulation.run(5 * ms)) == [[11.0, 13.5], []]  # 12 ms is forgotten
    simulation.set_spikes("given", [16.0, 17.0, 19.0, 16.5] * ms, indices=[1, 0, 0, 0])
    result = simulation.run(10 * ms)
    assert seen(result) == [[16.5, 17.0, 19.0], [16.0]]
    assert result["cell"].final["v"][0] == 8.0


def test_nothing_is_compiled_but_for_more_room():
    pytest.importorskip("jax")
    model = compiled("jax")
    simulation = model.start()
    simulation.run(1 * ms)
    for k in range(1, 5):
        simulation.set_spikes("given", [[k + 0.5] * ms, [k + 1.0] * ms])
        assert seen(simulation.run(1 * ms)) == [[k + 0.5], [k + 1.0]]
    assert model.compilations == 1
    simulation.set_spikes("given", [np.arange(6, 9, 0.5) * ms, [6.5] * ms])
    simulation.run(2 * ms)
    simulation.set_spikes("given", [[], np.arange(8, 11, 0.5) * ms])
    simulation.run(2 * ms)
    assert model.compilations == 2


@pytest.mark.parametrize("backend", HERE)
def test_going_back_and_on_from_a_file(backend, tmp_path):
    model = compiled(backend)
    simulation = model.start()
    simulation.run(6 * ms)
    before = simulation.store()
    simulation.set_spikes("given", [[8.0] * ms, [6.5, 9.0] * ms])
    simulation.run(1 * ms)
    simulation.save(tmp_path / "file")
    assert seen(simulation.run(5 * ms)) == [[8.0], [9.0]]
    assert seen(model.load(tmp_path / "file").run(5 * ms)) == [[8.0], [9.0]]
    simulation.restore(before)
    assert seen(simulation.run(5 * ms)) == [[8.0], [6.5, 9.0]]
    assert seen(model.run(20 * ms)) == [[5.0], [7.0, 12.0]]  # the model keeps its own


@pytest.mark.parametrize(
    "population, times, words",
    [
        ("cell", [[9.0] * ms], ["no population of sp.spike_times 'cell'", "given"]),
        ("gven", [[9.0] * ms], ["did you mean 'given'"]),
        ("given", [[9.0] * ms], ["1 trains for 2 sources"]),
        ("given", [[9.0] * ms, [2.0] * ms], ["a spike at 2 ms", "simulation is at 6 ms"]),
        ("given", [[9.0, 9.1] * ms, [8.0] * ms], ["two spikes"]),
        ("given", [[9.0] * mV, [8.0] * mV], ["ms"]),
    ],
)
def test_what_cannot_be_set(population, times, words):
    simulation = compiled("numpy").start()
    simulation.run(6 * ms)
    with pytest.raises(sp.SpikesimError) as fault:
        simulation.set_spikes(population, times)
    assert all(word in str(fault.value) for word in words), fault.value
    assert seen(simulation.run(10 * ms)) == [[], [7.0, 12.0]]

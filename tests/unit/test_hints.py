"""Names and words of other simulators: what to write here is in the message, or it works."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import DimensionError, EquationError, UnknownAttributeError, UnknownNameError
from spikesim.units import Hz, ms, mV, pA


def inline(**more: object) -> sp.NeuronModel:
    return sp.neuron("dv/dt = (E - v)/tau + I/C : mV  (unless refractory)", spike="v > -50*mV",
                     reset="v = E", E=-70 * mV, tau=10 * ms, C=100 * (pA * ms / mV), I=sp.port(pA),
                     **more)  # fmt: skip


def network(model: sp.NeuronModel) -> sp.Network:
    net = sp.Network(dt=0.1 * ms, seed=1)
    cells = net.population("cells", 3, model, v=-60 * mV)
    net.stimulate(cells, sp.dc(800 * pA))
    net.record(cells, ["spikes", "v"])
    return net


@pytest.fixture(scope="module")
def results() -> sp.Results:
    return network(inline(refractory=2 * ms)).run(50 * ms, "numpy")


HINTS = {
    "cells": r"in brackets: results\['cells'\]",
    "spikes": r"it is a population's: results\['cells'\].spikes",
    "v": r"results\['cells'\].v",
    "rastr": "did you mean 'raster'",
}


@pytest.mark.parametrize("name", HINTS)
def test_results(results: sp.Results, name: str) -> None:
    with pytest.raises(UnknownAttributeError, match=HINTS[name]):
        getattr(results, name)


@pytest.mark.parametrize(
    ("of", "name", "said"),
    [
        ("spikes", "times", "here it is called 't'"),
        ("spikes", "senders", "here it is called 'i'"),
        ("spikes", "num_spikes", "'counts'"),
        ("spikes", "rats", "did you mean 'rates'"),
        ("v", "times", "'t'"),
        ("v", "data", "'values'"),
    ],
)
def test_recordings(results: sp.Results, of: str, name: str, said: str) -> None:
    with pytest.raises(UnknownAttributeError, match=said):
        getattr(results["cells"][of], name)


def test_hints_are_not_in_the_way_of_python(results: sp.Results) -> None:
    for other in (pickle.loads(pickle.dumps(results)), copy.deepcopy(results)):
        np.testing.assert_array_equal(other["cells"].v.values, results["cells"].v.values)
    assert not hasattr(results["cells"].spikes, "_repr_png_") and not hasattr(results, "_x")


def test_a_refractory_period_may_be_a_time(results: sp.Results) -> None:
    """As in Brian2; it is a parameter then."""
    text = network(inline(refractory="t_ref", t_ref=2 * ms)).run(50 * ms, "numpy")
    np.testing.assert_array_equal(results["cells"].spikes.t, text["cells"].spikes.t)
    assert len(results["cells"].spikes) > 3
    model = network(inline(refractory=2 * ms)).compile("numpy")
    longer = model.run(50 * ms, params={"cells.t_ref": 9 * ms})
    assert len(longer["cells"].spikes) < len(results["cells"].spikes)
    with pytest.raises(DimensionError):
        inline(refractory=2 * mV)
    with pytest.raises(EquationError, match="expected text in quotes"):
        inline(refractory=2 * ms, t_ref=3 * ms)
    drawn = network(inline(refractory=sp.uniform(1 * ms, 9 * ms))).compile("numpy")
    assert np.ndim(drawn.parameters["cells.t_ref"].value) == 1


def test_parameters_are_listed() -> None:
    net = network(sp.neurons.LIF(tau_m=12 * ms))
    source = net.population("source", 2, sp.neurons.Poisson(rate=5 * Hz))
    net.project(source, "cells", sp.all_to_all(), weight=1 * mV, name="in")
    model = net.compile("numpy")
    one = model.parameters["cells.tau_m"]
    assert (one.value, one.unit, one.kind) == (12, "ms", "parameter")
    assert one.meaning == "membrane time constant"
    assert model.parameters["cells.v"].kind == "state"
    shown = repr(model.parameters).splitlines()
    assert len(shown) == 1 + len(model.parameters)
    assert next(x for x in shown if x.startswith("cells.tau_m")).split()[1:3] == ["ms", "12"]
    units = {"cells.dc.amplitude": pA, "in.weight": mV, "source.rate": Hz, "cells.v": mV}
    assert units.keys() <= set(model.parameters)
    model.run(1 * ms, params={name: 1 * unit for name, unit in units.items()})
    with pytest.raises(UnknownNameError, match=r"did you mean 'cells.tau_m'"):
        model.parameters["cells.tau"]

"""Values and options of a run that can't be meant: said at once, with what to write."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import ParameterError
from spikesim.units import Hz, ms, mV, nS


def model() -> sp.Model:
    net = sp.Network(dt=0.1 * ms)
    source = net.population("source", 3, sp.neurons.Poisson(rate=10 * Hz))
    cells = net.population("cells", 3, sp.neurons.LIF())
    synapse = sp.synapses.ExpConductance(tau=2 * ms, E=0 * mV)
    net.project(source, cells, sp.all_to_all(), synapse=synapse, weight=1 * nS, name="in")
    net.stimulate(cells, sp.poisson(100 * Hz), synapse=synapse, weight=1 * nS)
    return net.compile("numpy")


VALUES = {
    "cells.poisson.rate": (-5 * Hz, "got -0.005 1/ms, expected a value of at least 0"),
    "cells.poisson.n": (-1, "got -1"),
    "cells.poisson.weight": (-1 * nS, "got -1 nS"),
    "in.weight": (np.r_[np.ones(8), -2] * nS, "got -2 nS at 8"),
    "source.rate": (-5 * Hz, "expected a value of at least 0"),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_out_of_their_bounds(name: str) -> None:
    value, part = VALUES[name]
    with pytest.raises(ParameterError) as fault:
        model().run(1 * ms, params={name: value})
    assert part in str(fault.value) and name.rpartition(".")[2] in str(fault.value)


def test_conformance_is_no_float32() -> None:
    net = sp.Network(dt=0.1 * ms)
    net.population("cells", 3, sp.neurons.LIF())
    with pytest.raises(ParameterError, match="kind of float64; leave one of them out"):
        net.compile("numpy", precision="float32", conformance=True)
    for options in ({}, {"precision": "float64"}):
        assert net.compile("numpy", conformance=True, **options).options.precision == "float64"
    assert net.compile("numpy").options.precision == "float32"

"""Relations between parameters, and what a model does at the start of each step."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import DimensionError, EquationError, ParameterError
from spikesim.units import ms, mV, pA


def one(cell: sp.NeuronModel, size: int = 3) -> sp.Network:
    net = sp.Network(dt=0.1 * ms, seed=1)
    net.population("cells", size, cell)
    return net


def test_values_that_break_a_relation_are_refused() -> None:
    with pytest.raises(ParameterError) as caught:
        one(sp.neurons.LIF(V_reset=-40 * mV)).compile("numpy")
    message = str(caught.value)
    assert "population 'cells'" in message and "LIF needs V_reset < V_th" in message
    assert "V_reset = -40 mV, V_th = -55 mV" in message


def test_the_neuron_that_breaks_it_is_named() -> None:
    with pytest.raises(ParameterError, match=r"V_th = -80 mV at 1, but LIF needs"):
        one(sp.neurons.LIF(V_th=[-50, -80, -50] * mV)).compile("numpy")


@pytest.mark.parametrize("backend", ["numpy", "cpp"])
def test_values_of_a_run_are_looked_at(backend: str) -> None:
    model = one(sp.neurons.LIF()).compile(backend)
    model.run(1 * ms, params={"cells.V_th": -60 * mV})
    with pytest.raises(ParameterError, match="needs V_reset < V_th"):
        model.run(1 * ms, params={"cells.V_th": -75 * mV})


def test_a_synapse_may_require_too() -> None:
    class Slow(sp.SynapseModel):
        """A current with a rise."""

        rise = sp.parameter(1 * ms, "rise")
        decay = sp.parameter(5 * ms, "decay")
        x = sp.state(0 * pA)
        I = sp.state(0 * pA)
        equations = """
        dx/dt = -x/rise
        dI/dt = (x - I)/decay
        """
        on_arrival = "x += weight"
        output = "I"
        require = ("rise < decay",)

    net = one(sp.neurons.LIF())
    net.project("cells", "cells", sp.all_to_all(), synapse=Slow(rise=7 * ms), weight=1 * pA)
    with pytest.raises(ParameterError, match=r"rise = 7 ms.* < .*decay"):
        net.compile("numpy")


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("V_reset < v", "only parameters"),
        ("V_reset < tau", "mV"),
        ("V_rest < V_th", "did you mean 'V_reset'"),
        ("V_th", "must be"),
    ],
)
def test_a_relation_that_means_nothing(condition: str, says: str) -> None:
    with pytest.raises((EquationError, DimensionError), match=says):
        sp.neuron("dv/dt = -v/tau : mV", spike="v > V_th", tau=10 * ms, V_th=1 * mV,
                  V_reset=0 * mV, require=(condition,))  # fmt: skip


def test_require_is_a_tuple() -> None:
    with pytest.raises(EquationError, match="tuple of conditions"):
        sp.neuron("dv/dt = -v/tau : mV", tau=10 * ms, require="tau > 0*ms")  # type: ignore[arg-type]


@pytest.mark.parametrize("backend", ["numpy", "jax", "cpp"])
def test_each_step_comes_before_the_equations(backend: str) -> None:
    """What a decaying variable was at the start of the step, beside what it is at the end."""
    cell = sp.neuron("dv/dt = -v/tau : mV", tau=10 * ms, before=sp.state(mV), v=sp.state(8 * mV),
                     each_step="before = v")  # fmt: skip
    net = one(cell, 1)
    net.record("cells", ["v", "before"])
    result = net.run(3 * ms, backend, precision="float64")["cells"]
    assert np.array_equal(result["before"].values[1:], result["v"].values[:-1])
    assert np.allclose(result["v"].values[:, 0], 8 * np.exp(-result["v"].t / 10), rtol=1e-12)


def test_each_step_sees_currents() -> None:
    cell = sp.neuron("", seen=sp.state(pA), I=sp.port(pA), each_step="seen = I")
    net = one(cell, 1)
    net.stimulate("cells", sp.dc(5 * pA))
    net.record("cells", "seen")
    assert net.run(1 * ms)["cells"]["seen"].values[-1, 0] == 5
    net = one(cell, 1)
    net.stimulate("cells", sp.dc(5 * pA, start=0.5 * ms))
    net.record("cells", "seen")
    assert net.run(1 * ms)["cells"]["seen"].values[:, 0].tolist() == [0] * 6 + [5] * 4

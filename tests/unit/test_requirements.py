"""Relations between parameters, and what a model does at the start of each step."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import DimensionError, EquationError, ParameterError, SeveralErrors
from spikesim.units import Hz, kHz, ms, mV, pA, pF


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


def test_each_step_alone() -> None:
    """A model of differences, without a differential equation, whatever its method."""
    cell = sp.neuron("", n=sp.state(0), each_step="n += 1", method="euler")
    net = one(cell, 1)
    net.record("cells", "n")
    assert net.run(0.3 * ms)["cells"]["n"].values[:, 0].tolist() == [0, 1, 2]


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


def of_source(train: object, size: int = 2) -> sp.Network:
    net = sp.Network(dt=0.1 * ms, seed=1)
    net.population("cells", size, train)
    return net


def into_cells(stimulus: object, **more: object) -> sp.Network:
    net = one(sp.neurons.LIF())
    net.stimulate("cells", stimulus, name="drive", **more)
    return net


@pytest.mark.parametrize(
    ("net", "params", "says"),
    [
        (lambda: of_source(sp.poisson(10 * Hz)), {"cells.rate": 20 * kHz}, "at most one fits"),
        (
            lambda: of_source(sp.poisson_dead_time(10 * Hz, 5 * ms)),
            {"cells.dead_time": 200 * ms},
            "mean interval",
        ),
        (lambda: of_source(sp.gamma_process(10 * Hz, 2)), {"cells.shape": 2.5}, "whole numbers"),
        (
            lambda: of_source(sp.correlated_poisson(10 * Hz, 0.5)),
            {"cells.p_copy": [0.5, 1.5]},
            r"p_copy = 1.5 at 1.* probability",
        ),
        (
            lambda: into_cells(sp.poisson(10 * Hz), weight=1 * mV),
            {"cells.drive.n": 1.5},
            "stimulus 'drive' of 'cells': got .*whole numbers",
        ),
        (
            lambda: into_cells(sp.white_noise(0 * pA, 5 * pA, std_modulation=1 * pA,
                                              frequency=10 * Hz)),
            {"cells.drive.std_modulation": 6 * pA},
            "variance",
        ),
        (
            lambda: into_cells(sp.sine(5 * pA, frequency=10 * Hz)),
            {"cells.drive.frequency": -1 * Hz},
            "at least 0",
        ),
    ],
)  # fmt: skip
def test_stimuli_are_looked_at_in_a_run(net: object, params: dict[str, object], says: str) -> None:
    model = net().compile("numpy")  # type: ignore[operator]
    model.run(1 * ms)
    with pytest.raises(ParameterError, match=says):
        model.run(1 * ms, params=params)


@pytest.mark.parametrize(
    "values",
    [
        {"t_ref": "1*ms - i*ms"},
        {"C": "(i - 1)*pF"},
        {"V_th": "E_L - i*mV"},
        {"V_th": sp.uniform(-80 * mV, -75 * mV)},
        {"tau_m": "10*ms*(1 - i)"},
    ],
)
def test_values_by_expression_and_distribution_are_looked_at(values: dict[str, object]) -> None:
    net = one(sp.neurons.LIF())
    net.populations["cells"].initialize(**values)
    with pytest.raises(ParameterError, match=next(iter(values))):
        net.compile("numpy")


def test_all_that_is_wrong_with_a_run_is_told_at_once() -> None:
    net = one(sp.neurons.LIF())
    net.populations["cells"].initialize(V_th="-55*mV + i*mV")
    net.stimulate("cells", sp.poisson(10 * Hz), weight=1 * mV, name="drive")
    model = net.compile("numpy")
    params = {"cells.V_reset": -54.5 * mV, "cells.drive.n": 0.5, "cells.C": -1 * pF}
    with pytest.raises(SeveralErrors) as caught:
        model.run(1 * ms, params=params)
    for part in ("V_th = -55 mV at 0", "whole numbers", "cells', C: got -1 pF"):
        assert part in str(caught.value)


def test_a_shared_value_stays_one() -> None:
    cell = sp.neuron("dv/dt = -v/tau : mV", tau=sp.parameter(10 * ms, shared=True),
                     level=sp.state(1, shared=True))  # fmt: skip
    model = one(cell).compile("numpy")
    model.run(1 * ms, params={"cells.tau": 5 * ms, "cells.level": 3})
    with pytest.raises(SeveralErrors) as caught:
        model.run(1 * ms, params={"cells.tau": [5, 6, 7] * ms, "cells.level": [1, 2, 3]})
    assert "cells.tau: it is shared" in str(caught.value)
    assert "cells.level: it is shared" in str(caught.value)

"""Slips in the text and the declarations of a model: found when it is defined, with a caret."""

import numpy as np
import pytest

import spikesim as sp
from spikesim.build import build
from spikesim.errors import (
    DescriptionError,
    DimensionError,
    EquationError,
    ParameterError,
    SeveralErrors,
    SpikesimError,
)
from spikesim.units import Hz, ms, mV, nS, pA, pF


def model(base=sp.NeuronModel, **body):
    """A model as a class would make it."""
    return type("M", (base,), body)


def lif(**changes):
    """A neuron model that is right, but for `changes`."""
    body = {
        "C": sp.parameter(250 * pF, "capacitance"),
        "tau": sp.parameter(10 * ms),
        "E": sp.parameter(-70 * mV),
        "v": sp.state(-70 * mV),
        "I": sp.port(pA),
        "equations": "dv/dt = (E - v)/tau + I/C  (unless refractory)",
        "spike": "v > -50*mV",
        "reset": "v = E",
        "refractory": "2*ms",
    }
    return model(**{k: v for k, v in (body | changes).items() if v is not None})


def synapse(**changes):
    """A synapse model that is right, but for `changes`."""
    body = {
        "tau": sp.parameter(5 * ms),
        "g": sp.state(0 * nS),
        "equations": "dg/dt = -g/tau",
        "on_arrival": "g += weight",
        "output": "g*(0*mV - v)",
        "reads": {"v": mV},
    }
    return model(sp.SynapseModel, **{k: v for k, v in (body | changes).items() if v is not None})


SLIPS = {
    # names
    "unknown name": (
        lambda: lif(equations="dv/dt = (E_l - v)/tau"),
        EquationError,
        [
            "M, equations, line 1",
            "unknown name 'E_l'",
            "declared here: C, tau, E, v, I",
            "\n     ^",
        ],
    ),
    "unknown name in the wrong case": (
        lambda: lif(equations="dv/dt = (E - V)/tau"),
        EquationError,
        ["unknown name 'V'; did you mean 'v'?", "(E - V)/tau", "\n" + " " * 9 + "^"],
    ),
    "unknown name in the threshold": (
        lambda: lif(spike="v > V_th"),
        EquationError,
        ["M, spike", "unknown name 'V_th'"],
    ),
    "unknown name in the reset": (
        lambda: lif(reset="v = E\nw += 1"),
        EquationError,
        ["M, reset, line 2", "only state variables can be set, 'w' is none", "known are: v"],
    ),
    "unknown function": (
        lambda: lif(equations="dv/dt = (E - v)/tau + exo(v/mV)*mV/ms"),
        EquationError,
        ["unknown function 'exo'", "'exp'"],
    ),
    "function without brackets": (
        lambda: lif(equations="dv/dt = (E - v)/tau*exp"),
        EquationError,
        ["'exp' is a function; call it: exp(...)"],
    ),
    "equation of an undeclared name": (
        lambda: lif(equations="dV/dt = (E - v)/tau"),
        EquationError,
        ["dV/dt", "'V' is not declared", "sp.state(...)", "did you mean 'v'"],
    ),
    "equation of a parameter": (
        lambda: lif(equations="dE/dt = -E/tau"),
        EquationError,
        ["dE/dt", "'E' is declared as a parameter", "sp.state(...)"],
    ),
    "two equations": (
        lambda: lif(equations="dv/dt = E/tau\ndv/dt = -E/tau"),
        EquationError,
        ["line 2", "'v' has two equations"],
    ),
    "a parameter defined twice": (
        lambda: lif(equations="tau = 5*ms\ndv/dt = -v/tau"),
        EquationError,
        ["'tau' is declared as a parameter", "rename one"],
    ),
    "a circle": (
        lambda: lif(equations="a = b\nb = c + 1\nc = a\ndv/dt = -v*a/tau"),
        EquationError,
        ["these define one another in a circle: a, b, c"],
    ),
    "a name by itself": (
        lambda: lif(equations="a = a + 1\ndv/dt = -v/tau"),
        EquationError,
        ["in a circle: a"],
    ),
    "setting a parameter": (
        lambda: lif(reset="E = v"),
        EquationError,
        ["M, reset, line 1", "only state variables can be set, 'E' is none"],
    ),
    "reserved name": (
        lambda: lif(dt=sp.parameter(1 * ms)),
        EquationError,
        ["M: 'dt' has a meaning of its own", "another name"],
    ),
    "name of a function": (
        lambda: lif(exp=sp.parameter(1)),
        EquationError,
        ["M: 'exp' has a meaning of its own"],
    ),
    "name of a unit": (
        lambda: lif(nS=sp.parameter(1)),
        EquationError,
        ["M: 'nS' is a unit", "another name"],
    ),
    "name that a class needs": (
        lambda: lif(values=sp.parameter(1)),
        EquationError,
        ["M: 'values' has a meaning of its own"],
    ),
    "state called like a recording": (
        lambda: lif(rate=sp.state(1 * Hz)),
        EquationError,
        ["M: 'rate' has a meaning of its own"],
    ),
    "state called like a flag of the simulator": (
        lambda: lif(held=sp.state(1)),
        EquationError,
        ["M: 'held' has a meaning of its own"],
    ),
    # dimensions
    "adding two units": (
        lambda: lif(equations="dv/dt = (E - tau)/tau"),
        DimensionError,
        ["M, equations, line 1", "can't subtract mV and ms", "(E - tau)/tau", "\n     ^"],
    ),
    "comparing two units": (
        lambda: lif(spike="v > tau"),
        DimensionError,
        ["M, spike", "can't compare mV and ms"],
    ),
    "a rate without time": (
        lambda: lif(equations="dv/dt = E - v"),
        DimensionError,
        ["dv/dt must be in mV/ms, but this is in mV"],
    ),
    "a number without unit": (
        lambda: lif(equations="dv/dt = (-70 - v)/tau"),
        DimensionError,
        ["can't subtract 1 and mV"],
    ),
    "exp of a potential": (
        lambda: lif(equations="dv/dt = exp(v)*mV/ms"),
        DimensionError,
        ["exp() needs a number without unit, got one in mV", "divide it"],
    ),
    "a potential to a variable power": (
        lambda: lif(equations="dv/dt = v**(v/mV)/ms"),
        DimensionError,
        ["can only be raised to a constant"],
    ),
    "an exponent with a unit": (
        lambda: lif(equations="dv/dt = v**tau"),
        DimensionError,
        ["an exponent has no unit, got ms"],
    ),
    "a reset in another unit": (
        lambda: lif(reset="v = tau"),
        DimensionError,
        ["M, reset, line 1", "what 'v' is = must be in mV, but this is in ms"],
    ),
    "a factor with a unit": (
        lambda: lif(reset="v *= 2*mV"),
        DimensionError,
        ["what 'v' is *= must be a number without unit, but this is in mV"],
    ),
    "a refractory period without unit": (
        lambda: lif(refractory="2"),
        DimensionError,
        ["M, refractory", "must be in ms, but this is a number without unit"],
    ),
    "a refractory period in mV": (
        lambda: lif(refractory="E"),
        DimensionError,
        ["M, refractory", "must be in ms, but this is in mV"],
    ),
    "a state declared in another unit": (
        lambda: lif(equations="dv/dt = (E - v)/tau : pA"),
        EquationError,
        ["'v' is declared with another unit"],
    ),
    "a name in another unit than it says": (
        lambda: lif(equations="a = E : pA\ndv/dt = (E - v)/tau"),
        DimensionError,
        ["'a' must be in pA, but this is in mV"],
    ),
    # conditions
    "a number as condition": (
        lambda: lif(spike="v - E"),
        DimensionError,
        ["M, spike", "spike must be a condition, but this is in mV"],
    ),
    "zero as condition": (
        lambda: lif(spike="0"),
        DimensionError,
        ["spike must be a condition"],
    ),
    "a condition as number": (
        lambda: lif(equations="dv/dt = (v > E)*mV/ms"),
        DimensionError,
        ["a condition is no number; write int(condition)"],
    ),
    "minus a condition": (
        lambda: lif(equations="dv/dt = -(v > E)*mV/ms"),
        DimensionError,
        ["a condition is no number"],
    ),
    "'and' of numbers": (
        lambda: lif(spike="v and E"),
        DimensionError,
        ["'and' needs a condition such as v > V_th, got a number in mV"],
    ),
    "'if' of a number": (
        lambda: lif(equations="dv/dt = E/tau if 1 else -E/tau"),
        DimensionError,
        ["'if' needs a condition", "got a number"],
    ),
    # the language
    "power as ^": (
        lambda: lif(equations="dv/dt = v^2/tau/mV"),
        EquationError,
        ["write ** for a power"],
    ),
    "and as &": (
        lambda: lif(spike="(v > E) & (v > E)"),
        EquationError,
        ["write 'and'"],
    ),
    "and as &&": (
        lambda: lif(spike="v > E && v > E"),
        EquationError,
        ["M, spike", "can't be read", "write 'and'"],
    ),
    "a number glued to its unit": (
        lambda: lif(spike="v > -50mV"),
        EquationError,
        ["M, spike", "can't be read"],
    ),
    "an open bracket": (
        lambda: lif(equations="dv/dt = (E - v/tau"),
        EquationError,
        ["can't be read"],
    ),
    "nothing on the right": (
        lambda: lif(equations="dv/dt ="),
        EquationError,
        ["got nothing"],
    ),
    "no equation": (
        lambda: lif(equations="v' = (E - v)/tau"),
        EquationError,
        ["line 1", "expected 'dx/dt = ...'"],
    ),
    "a state by a line of its own": (
        lambda: lif(equations="dv/dt = (E - v)/tau\nE : volt\nE = 3*mV"),
        EquationError,
        ["line 3", "'E' has two equations"],
    ),
    "a unit that a declaration contradicts": (
        lambda: lif(equations="dv/dt = (E - v)/tau\nE : amp"),
        EquationError,
        ["line 2", "'E' is declared with another unit", "E : amp"],
    ),
    "Brian2's other flags": (
        lambda: lif(equations="dv/dt = (E - v)/tau : volt (constant)"),
        EquationError,
        ["unknown flag (constant)", "(unless refractory)", "(constant) is for lines 'x : unit'"],
    ),
    "a flag of Brian2 that is written otherwise": (
        lambda: lif(equations="dv/dt = (E - v)/tau\nw : volt (linked)"),
        EquationError,
        ["unknown flag (linked)", "sp.linked(", "\n    w : volt (linked)\n             ^"],
    ),
    "an integer that moves": (
        lambda: lif(equations="dv/dt = (E - v)/tau : integer"),
        EquationError,
        ["'v' is integer, and so has no differential equation"],
    ),
    "a rate of an integer": (
        lambda: lif(n=sp.state(0, dtype=int), equations="dn/dt = 1/ms"),
        EquationError,
        ["dn/dt: 'n' is an integer, and so has no rate"],
    ),
    "an integer set to a fraction": (
        lambda: lif(n=sp.state(0, dtype=int), reset="n += 0.5\nn = v/mV\nn = int(v/mV)\nn /= 2"),
        SpikesimError,
        ["line 1: 'n' is an integer", "line 2: 'n' is an integer", "write int(...)", "line 4"],
    ),
    "an integer set to a condition": (
        lambda: lif(n=sp.state(0, dtype=int), reset="n = v > 3*mV"),
        DimensionError,
        ["what 'n' is = must be a number without unit, but this is a condition"],
    ),
    "a boolean set to a number": (
        lambda: lif(b=sp.state(False), reset="b = 1"),
        DimensionError,
        ["what 'b' is = must be a condition, but this is a number without unit"],
    ),
    "a boolean that is added to": (
        lambda: lif(b=sp.state(False), reset="b += 1"),
        EquationError,
        ["'b' is boolean; it can only be set with '='"],
    ),
    "a boolean in a sum": (
        lambda: lif(b=sp.state(False), reset="v = v + b*mV"),
        DimensionError,
        ["a condition is no number; write int(condition)"],
    ),
    "an integer with a unit": (lambda: sp.state(3 * mV, dtype=int), ParameterError, ["no unit"]),
    "an integer that is none": (
        lambda: sp.parameter(2.5, dtype=int),
        ParameterError,
        ["got 2.5, expected a whole number"],
    ),
    "an unknown dtype": (
        lambda: sp.parameter(2, dtype="int"),
        ParameterError,
        ["dtype is float, int or bool, got 'int'"],
    ),
    "a flag misspelt": (
        lambda: lif(equations="dv/dt = (E - v)/tau (unless refactory)"),
        EquationError,
        ["unknown flag (unless refactory)"],
    ),
    "an unknown unit": (
        lambda: lif(equations="dv/dt = (E - v)/tau : volts"),
        EquationError,
        ["unknown name 'volts'", "'volt'"],
    ),
    "a condition as unit": (
        lambda: lif(equations="dv/dt = (E - v)/tau : 1 > 2"),
        EquationError,
        ["expected a unit"],
    ),
    "attribute access": (
        lambda: lif(equations="dv/dt = (E - v).real/tau"),
        EquationError,
        ["attribute access ('.') is not part of the language"],
    ),
    "indexing": (
        lambda: lif(equations="dv/dt = v[0]/tau"),
        EquationError,
        ["indexing ('[]') is not part of the language"],
    ),
    "no assignment in a reset": (
        lambda: lif(reset="v == E"),
        EquationError,
        ["M, reset, line 1", "expected 'variable = ...'"],
    ),
    "the wrong number of arguments": (
        lambda: lif(equations="dv/dt = max(E)/tau"),
        EquationError,
        ["max() takes 2 arguments, got 1"],
    ),
    "a named argument": (
        lambda: lif(equations="dv/dt = max(E, x=v)/tau"),
        EquationError,
        ["max() takes plain arguments only"],
    ),
    "noise where none is possible": (
        lambda: lif(equations="a = randn()\ndv/dt = (E - v)/tau + a*mV/ms"),
        EquationError,
        ["randn() can't be used here"],
    ),
    "equations that are no text": (
        lambda: lif(equations=5),
        EquationError,
        ["M, equations", "expected text in quotes, got 5"],
    ),
    "a threshold that is no text": (
        lambda: lif(spike=-50 * mV),
        SpikesimError,
        ["M"],
    ),
    "a reset that is no text": (
        lambda: lif(reset=["v = E"]),
        EquationError,
        ["M, reset", "expected text in quotes"],
    ),
    # what belongs together
    "unknown method": (
        lambda: lif(method="rk45"),
        DescriptionError,
        ["M: unknown method 'rk45'", "'rk4'"],
    ),
    "a method that is no text": (
        lambda: lif(method=4),
        DescriptionError,
        ["M: unknown method 4"],
    ),
    "held without a refractory period": (
        lambda: lif(refractory=None),
        ParameterError,
        ["(unless refractory), but the model has no refractory period"],
    ),
    "a reset without a threshold": (
        lambda: lif(spike=None, refractory=None, equations="dv/dt = -v/tau"),
        ParameterError,
        ["M: reset is given, but the model never spikes"],
    ),
    "a refractory period without a threshold": (
        lambda: lif(spike=None, reset=None),
        ParameterError,
        ["M: refractory is given, but the model never spikes"],
    ),
    # declarations
    "a value that declares nothing": (
        lambda: lif(tau_w=5 * ms),
        ParameterError,
        ["M: tau_w = 5 millisecond declares nothing", "tau_w = sp.parameter(...)"],
    ),
    "a parent's parameter as a plain value": (
        lambda: model(sp.neurons.LIF, tau_m=5),
        ParameterError,
        ["M: tau_m = 5 declares nothing", "sp.parameter(...)"],
    ),
    "a parameter as text": (
        lambda: sp.parameter("250 pF"),
        ParameterError,
        ["sp.parameter(...)", "got '250 pF'"],
    ),
    "a distribution as default": (
        lambda: sp.parameter(sp.normal(1 * mV, 1 * mV)),
        ParameterError,
        ["sp.parameter(...)", "expected a number"],
    ),
    "a state of None": (lambda: sp.state(None), ParameterError, ["sp.state(...)", "got None"]),
    "a meaning that is none": (
        lambda: sp.parameter(1 * mV, 2 * mV),
        ParameterError,
        ["sp.parameter(...)", "its meaning"],
    ),
    "a port with a value": (
        lambda: sp.port(0 * pA),
        ParameterError,
        ["sp.port(...)", "got 0 picoampere", "a unit such as pA"],
    ),
    "a default that is not finite": (
        lambda: lif(C=sp.parameter(float("nan") * pF)),
        ParameterError,
        ["M, C is nan", "finite"],
    ),
    # synapses
    "a synapse without an arrival": (
        lambda: synapse(on_arrival=None),
        EquationError,
        ["M: on_arrival must be 'x += ...' with a state x (declared: g), got ''"],
    ),
    "an arrival that sets": (
        lambda: synapse(on_arrival="g = weight"),
        EquationError,
        ["on_arrival must be 'x += ...'", "'g = weight'"],
    ),
    "an arrival at a parameter": (
        lambda: synapse(on_arrival="tau += weight"),
        EquationError,
        ["on_arrival must be 'x += ...' with a state x"],
    ),
    "an arrival in another unit": (
        lambda: synapse(on_arrival="g += weight*tau"),
        DimensionError,
        ["M, on_arrival", "must be in nS"],
    ),
    "an arrival that is no text": (
        lambda: synapse(on_arrival=5),
        EquationError,
        ["M, on_arrival", "expected text"],
    ),
    "a synapse that reads what it does not say": (
        lambda: synapse(reads=None),
        EquationError,
        ["M, output", "unknown name 'v'"],
    ),
    "reads that is no dict": (
        lambda: synapse(reads=["v"], output="g*mV"),
        ParameterError,
        ['M: reads is a dict such as {"v": mV}'],
    ),
    "reads with text": (
        lambda: synapse(reads={"v": "mV"}),
        SpikesimError,
        ["M, reads 'v'", "got 'mV'"],
    ),
    "a port in a synapse": (
        lambda: synapse(I=sp.port(pA)),
        ParameterError,
        ["M: 'I' is a port; a synapse has parameters and states only"],
    ),
    # inline
    "inline parameter as text": (
        lambda: sp.neuron("dv/dt = -v/tau : mV", tau="10 ms"),
        SpikesimError,
        ["neuron, tau", "got '10 ms'"],
    ),
    "inline unit without a value": (
        lambda: sp.neuron("dv/dt = -v/tau : mV", tau=ms),
        SpikesimError,
        ["neuron, tau", "got the unit millisecond", "1*millisecond"],
    ),
    "inline without a unit for the state": (
        lambda: sp.neuron("dv/dt = -v/tau", tau=1 * ms),
        SpikesimError,
        ["dv/dt", "'v' is not declared"],
    ),
    "inline equations that are no text": (
        lambda: sp.neuron(None),
        EquationError,
        ["neuron, equations", "expected text"],
    ),
    "inline name that is none": (
        lambda: sp.neuron("dv/dt = -v/ms : mV", name=3),
        ParameterError,
        ["name is a word, got 3"],
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slips(slip):
    write, kind, parts = SLIPS[slip]
    with pytest.raises(SpikesimError) as caught:
        write()
    found, message = caught.value, str(caught.value)
    if isinstance(found, SeveralErrors):
        assert kind in {type(e) for e in found.errors} | {SpikesimError}, message
    else:
        assert isinstance(found, kind), (type(found), message)
    missing = [part for part in parts if part not in message]
    assert not missing, message


def test_the_models_of_the_slips_are_right():
    net = sp.Network()
    cells = net.population("cells", 3, lif()())
    net.project(cells, cells, sp.all_to_all(), synapse=synapse()(), weight=1 * nS)
    build(net)


def test_the_caret_stands_under_the_fault():
    with pytest.raises(EquationError) as caught:
        lif(equations="# a comment\n  dv/dt = (E - v)/tau + (\n  I*unknown/C)")
    message, text, caret = str(caught.value).splitlines()
    assert message.startswith("M, equations, line 2: unknown name 'unknown'")
    assert text[caret.index("^") :].startswith("unknown")


def test_the_caret_stands_right_after_other_letters():
    with pytest.raises(EquationError) as caught:
        sp.neuron("dv/dt = (α*µ*E_l - v)/ms : mV", α=1.0, **{"µ": 2.0})
    _, text, caret = str(caught.value).splitlines()
    assert text[caret.index("^") :].startswith("E_l")


@pytest.mark.parametrize(
    "text, column",
    [("dv/dt = I(t, i)/ms : mV", "4"), ("x = I(t, i - 1) : mV (constant over dt)", "-1")],
)
def test_an_array_over_time_has_the_columns_that_are_asked_for(text, column):
    array = sp.timed_array(np.ones((3, 4)) * mV, dt=1 * ms)
    net = sp.Network(dt=0.1 * ms)
    net.population("right", 4, sp.neuron("dv/dt = (I(t, i) + I(t, i % 2))/ms : mV", I=array))
    build(net)
    net.population("wrong", 5, sp.neuron(text, I=array))
    with pytest.raises(ParameterError, match=f"asks for column {column}, but the array has 4"):
        build(net)


def test_all_faults_of_a_model_together():
    with pytest.raises(SeveralErrors) as caught:
        lif(
            equations="a = u\ndv/dt = (E - v)/tau + a*mV/ms\ndw/dt = 1",
            spike="v > C",
            reset="u = 1",
            method="best",
        )
    kinds = [type(e) for e in caught.value.errors]
    assert kinds == [
        DescriptionError,  # the method
        EquationError,  # dw/dt is not declared
        EquationError,  # u
        DimensionError,  # v > C
        EquationError,  # the reset of u
    ]
    assert str(caught.value).startswith("the model M has 5 faults:")


def test_threshold_and_others_may_have_several_lines():
    several = lif(spike="\n  v > E  # above rest\n    and v > -50*mV\n", refractory="\n 2*ms\n")
    assert several.definition.spike == lif(spike="v > E and v > -50*mV").definition.spike

"""What kind of system equations are: against finite differences, and the method that is chosen."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim.equations.affine import collect, conditionally_linear, linear_system
from spikesim.equations.parse import parse
from spikesim.equations.source import Source
from spikesim.ir.expr import Const, Ref
from spikesim.units import DIMENSIONLESS, ms, mV, nS, pA

NAMES = ("x", "y", "a", "b")
SCOPE = dict.fromkeys(NAMES, DIMENSIONLESS)
RULES = {
    "add": lambda p, q: p + q,
    "sub": lambda p, q: p - q,
    "mul": lambda p, q: p * q,
    "div": lambda p, q: p / q,
    "neg": lambda p: -p,
    "pow": lambda p, q: p**q,
    "exp": np.exp,
}


def read(words):
    return parse(Source("test", words), SCOPE).expr


def value(expr, names):
    if isinstance(expr, Const):
        return expr.value
    if isinstance(expr, Ref):
        return names[expr.name]
    return RULES[expr.name](*(value(a, names) for a in expr.args))


POINTS = [dict(zip(NAMES, p, strict=True)) for p in np.random.default_rng(0).uniform(1, 2, (6, 4))]


def is_affine(expr, variables):
    """By finite differences: f(p + s) + f(p - s) = 2 f(p) for shifts along any line."""
    for at, shift in pairwise(POINTS):
        step = {v: shift[v] - 1.3 for v in variables}
        up = at | {v: at[v] + step[v] for v in variables}
        down = at | {v: at[v] - step[v] for v in variables}
        left, right = value(expr, up) + value(expr, down), 2 * value(expr, at)
        if abs(left - right) > 1e-9 * (1 + abs(right) + abs(value(expr, up))):
            return False
    return True


words = st.recursive(
    st.sampled_from(["x", "y", "a", "b", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        inner.map(lambda p: f"({p}/(3 + a*a))"),
        inner.map(lambda p: f"(-{p})"),
        st.sampled_from(["exp(a)", "exp(-x)", "y**2", "a**2"]),
    ),
    max_leaves=7,
)


@settings(max_examples=400, deadline=None)
@given(words, st.sampled_from([("x",), ("x", "y")]))
def test_collect_is_right_and_finds_what_is_there(text, variables):
    expr = read(text)
    form = collect(expr, variables)
    if form is None:
        # It gives up only where a product, a power or a function of a variable stands; such a term
        # may cancel (x*y - y*x), which nobody writes.
        assert not is_affine(expr, variables) or "*" in text or "exp" in text
        return
    coefficients, rest = form
    assert is_affine(expr, variables)
    for names in POINTS:
        total = value(rest, names)
        for name, coefficient in coefficients.items():
            assert name in variables
            total = total + value(coefficient, names) * names[name]
        expected = value(expr, names)
        assert total == pytest.approx(expected, rel=1e-10, abs=1e-10)
        changed = names | {v: 7.0 for v in variables}
        for part in (*coefficients.values(), rest):
            assert value(part, changed) == value(part, names)  # no variable is left in it


AFFINE = ["x + 2*y", "a*x - (y - b)/a", "exp(a)*x", "-(x - y)*b", "a**2*x", "b", "(x + y)/2 - x"]
OTHER = ["x*y", "x**2", "exp(x)", "a/x", "x*(x + 1)", "abs(x)", "max(x, a)", "x if x > 1 else a"]


@pytest.mark.parametrize("text", AFFINE)
def test_affine(text):
    assert collect(read(text), ("x", "y")) is not None


@pytest.mark.parametrize("text", OTHER)
def test_not_affine(text):
    assert collect(read(text), ("x", "y")) is None


def test_an_input_may_add_but_not_multiply():
    assert linear_system({"x": read("a*x + y")}, ["y"]) is not None
    assert linear_system({"x": read("y*x")}, ["y"]) is None
    assert conditionally_linear({"x": read("y*x")}) is not None


def test_what_time_changes_is_no_coefficient():
    time = parse(Source("test", "t/ms*x"), SCOPE).expr
    assert linear_system({"x": time}, []) is None
    assert conditionally_linear({"x": time}) is not None


# --- the method that follows ---------------------------------------------------------------------


def method_of(model, **options):
    net = sp.Network()
    cells = net.population("cells", 2, model)
    if "synapse" in options:
        net.project(cells, cells, sp.all_to_all(), delay=1 * ms, **options)
    explained = net.compile("numpy").explain()
    return explained.split("cells: ")[1].split("method ")[1].split()[0].rstrip(",;")


def cell(equations, **options):
    options = {"spike": "v > 1*mV", "reset": "v = 0*mV"} | options
    return sp.neuron(equations, tau=10 * ms, I=sp.port(pA), R=1 * mV / pA, **options)


@pytest.mark.parametrize(
    "equations, method",
    [
        ("dv/dt = (R*I - v)/tau : volt", "exact"),
        ("dv/dt = (R*I - v)/tau : volt (unless refractory)", "exact"),
        ("dv/dt = (w*mV - v)/tau : volt\ndw/dt = -w/tau : 1", "exact"),
        ("dv/dt = -v*w/tau : volt\ndw/dt = -w/tau : 1", "exponential_euler"),
        ("dv/dt = (R*I - v)/tau*(1 + t/second) : volt", "exponential_euler"),
        ("dv/dt = (v**2/mV - v)/tau : volt", "rk4"),
        ("dv/dt = (exp(v/mV)*mV - v)/tau : volt", "rk4"),
    ],
)
def test_method_of_equations(equations, method):
    held = {"refractory": "2*ms"} if "unless" in equations else {}
    assert method_of(cell(equations, **held)) == method


def test_method_of_ready_models():
    assert method_of(sp.neurons.LIF()) == "exact"
    assert method_of(sp.neurons.AdEx()) == "rk4"
    assert method_of(sp.neurons.TraubMiles()) == "exponential_euler"
    lif, current, conductance = sp.neurons.LIF, sp.synapses.ExpCurrent, sp.synapses.ExpConductance
    assert method_of(lif(), synapse=current(), weight=1 * pA) == "exact"
    assert method_of(lif(), synapse=conductance(), weight=1 * nS) == "exponential_euler"


@pytest.mark.parametrize("method", ["euler", "heun", "rk4", "exponential_euler", "exact"])
def test_method_that_is_asked_for(method):
    assert method_of(cell("dv/dt = (R*I - v)/tau : volt", method=method)) == method


@pytest.mark.parametrize("method", ["exact", "exponential_euler"])
def test_method_that_does_not_fit(method):
    with pytest.raises(sp.SpikesimError, match=f"'cells'.*{method}.*use 'auto'"):
        method_of(cell("dv/dt = (v**2/mV - v)/tau : volt", method=method))

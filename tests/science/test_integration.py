"""Integration methods against SciPy's solver at the tightest tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import spikesim as sp
from spikesim.backends import find, names
from spikesim.units import ms, mV, pA, pF

DURATION = 16.0

# Linear in each variable by itself, not in both: every method but the exact one can take it.
EQUATIONS = """
x = v/(10*mV)
y = w/(50*pA)
dv/dt = (6*mV*cos(y) - v)*(1 + 0.5*tanh(y))/(5*ms)
dw/dt = (50*pA*exp(-x) - w*(1 + x*x))/(8*ms)
"""


def rates(t, state):
    v, w = state
    x, y = v / 10, w / 50
    dv = (6 * np.cos(y) - v) * (1 + 0.5 * np.tanh(y)) / 5
    return [dv, (50 * np.exp(-x) - w * (1 + x * x)) / 8]


def solved(function, start, duration, **options):
    tight = {"method": "DOP853", "rtol": 1e-13, "atol": 1e-13}
    result = solve_ivp(function, (0, duration), start, **tight, **options)
    assert result.success
    return result


def final(model, dt, start, duration=DURATION, backend="numpy"):
    net = sp.Network(dt=dt * ms)
    net.population("cell", 1, model).initialize(**start)
    state = net.run(duration * ms, backend, precision="float64")["cell"].final
    return np.array([state[name][0] for name in start])


@pytest.mark.parametrize(
    "method, order, coarsest",
    [("euler", 1, 0.125), ("exponential_euler", 1, 0.125), ("heun", 2, 0.25), ("rk4", 4, 0.5)],
)
def test_order_of_convergence(method, order, coarsest):
    start = {"v": 12 * mV, "w": -30 * pA}
    states = {"v": sp.state(0 * mV), "w": sp.state(0 * pA)}
    model = sp.neuron(EQUATIONS, method=method, **states)
    exact = solved(rates, [12.0, -30.0], DURATION).y[:, -1]
    steps = coarsest / 2.0 ** np.arange(4)
    errors = np.array([np.abs(final(model, dt, start) - exact) for dt in steps])
    orders = np.log2(errors[:-1] / errors[1:])
    assert orders[-1] == pytest.approx([order, order], abs=0.12)
    assert (np.abs(orders - order) < 0.5).all()


@pytest.mark.parametrize(
    "method, order, coarsest",
    [("euler", 1, 0.125), ("exponential_euler", 1, 0.125), ("heun", 2, 0.25), ("rk4", 4, 0.5)],
)
def test_order_of_convergence_where_time_is_in_the_equations(method, order, coarsest):
    text = "dv/dt = (20*mV*cos(t/(2*ms)) - v)/(5*ms)"
    model = sp.neuron(text, method=method, v=sp.state(0 * mV))
    exact = solved(lambda t, v: (20 * np.cos(t / 2) - v) / 5, [3.0], DURATION).y[0, -1]
    steps = coarsest / 2.0 ** np.arange(4)
    errors = np.array([abs(final(model, dt, {"v": 3 * mV})[0] - exact) for dt in steps])
    orders = np.log2(errors[:-1] / errors[1:])
    assert orders[-1] == pytest.approx(order, abs=0.12)


@pytest.mark.parametrize("backend", [name for name in names() if not find(name).unavailable()])
def test_exact_method_on_coupled_equations(backend):
    """Two variables that drive each other, with a constant current: no error but of rounding."""
    model = sp.neuron(
        """
        dv/dt = (E - v)/tau + (I - w)/C
        dw/dt = (a*(v - E) - w)/tau_w
        """,
        v=sp.state(-70 * mV),
        w=sp.state(0 * pA),
        I=sp.port(pA),
        E=-65 * mV,
        tau=9 * ms,
        tau_w=31 * ms,
        a=12 * sp.units.nS,
        C=120 * pF,
    )
    net = sp.Network(dt=0.25 * ms)
    cell = net.population("cell", 1, model)
    net.stimulate(cell, sp.dc(150 * pA))
    net.record(cell, ["v", "w"])
    compiled = net.compile(backend, precision="float64")
    assert "method exact" in compiled.explain()
    results = compiled.run(100 * ms)["cell"]

    def function(t, state):
        v, w = state
        return [(-65 - v) / 9 + (150 - w) / 120, (12 * (v + 65) - w) / 31]

    expected = solved(function, [-70.0, 0.0], 100, t_eval=results.v.t).y
    np.testing.assert_allclose(results.v.values[:, 0], expected[0], atol=1e-10)
    np.testing.assert_allclose(results.w.values[:, 0], expected[1], atol=1e-9)


@pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
@pytest.mark.parametrize("backend", [name for name in names() if not find(name).unavailable()])
def test_adex_below_threshold(backend):
    """Brette and Gerstner's neuron, near its threshold, where the exponential matters."""
    current = 540.0
    net = sp.Network(dt=0.05 * ms)
    cell = net.population("cell", 1, sp.neurons.AdEx())
    net.stimulate(cell, sp.dc(current * pA))
    net.record(cell, ["v", "w", "spikes"])
    results = net.run(200 * ms, backend, precision="float64")["cell"]
    assert len(results.spikes) == 0 and results.v.values.max() > -53

    def function(t, state):
        v, w = state
        upstroke = 30 * 2 * np.exp((v + 50.4) / 2)
        return [(30 * (-70.6 - v) + upstroke - w + current) / 281, (4 * (v + 70.6) - w) / 144]

    expected = solved(function, [-70.6, 0.0], 200, t_eval=results.v.t).y
    np.testing.assert_allclose(results.v.values[:, 0], expected[0], atol=1e-8)
    np.testing.assert_allclose(results.w.values[:, 0], expected[1], atol=1e-8)


def hodgkin_huxley(current):
    """Brette et al. (2007), appendix 1, written anew: ms, mV, nS, pA, pF."""

    def function(t, state):
        v, m, h, n = state
        u = v + 63
        a_m, b_m = (
            0.32 * (13 - u) / np.expm1((13 - u) / 4),
            0.28 * (u - 40) / np.expm1((u - 40) / 5),
        )
        a_h, b_h = 0.128 * np.exp((17 - u) / 18), 4 / (1 + np.exp((40 - u) / 5))
        a_n, b_n = 0.032 * (15 - u) / np.expm1((15 - u) / 5), 0.5 * np.exp((10 - u) / 40)
        ionic = 10 * (-60 - v) - 20_000 * m**3 * h * (v - 50) - 6_000 * n**4 * (v + 90)
        gates = [a_m * (1 - m) - b_m * m, a_h * (1 - h) - b_h * h, a_n * (1 - n) - b_n * n]
        return [(ionic + current) / 200, *gates]

    return function


def test_traub_miles_spikes_when_the_equations_say_so():
    current, start = 300.0, [-61.0, 0.05, 0.6, 0.3]
    crossing = lambda t, state: state[0] + 20  # noqa: E731
    crossing.direction = 1
    expected = solved(hodgkin_huxley(current), start, 60, events=crossing).t_events[0]
    assert len(expected) >= 3
    errors = []
    for dt in (0.02, 0.01):
        net = sp.Network(dt=dt * ms)
        names = dict(zip("vmhn", start, strict=True)) | {"v": start[0] * mV}
        cell = net.population("cell", 1, sp.neurons.TraubMiles(), **names)
        net.stimulate(cell, sp.dc(current * pA))
        net.record(cell, "spikes")
        t = net.run(60 * ms, "numpy", precision="float64")["cell"].spikes.t
        assert len(t) == len(expected)
        errors.append(np.abs(t - expected))
    # First order: half the step, half the error; and labels lie up to a step late.
    assert (errors[1] < 0.5 * errors[0] + 0.015).all() and errors[1][0] < 0.08

"""White noise in equations: against the theory of the processes, for every method."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad_vec
from scipy.linalg import expm, solve_continuous_lyapunov

import spikesim as sp
from spikesim.backends import find, names
from spikesim.backends.diffusion import covariance, noise_factor
from spikesim.errors import DescriptionError, DimensionError, EquationError
from spikesim.units import Hz, ms, mV, pA

HERE = [name for name in names() if not find(name).unavailable()]
OU = "dv/dt = -v/tau + sigma*sqrt(2/tau)*xi : mV"
P = 1e-4  # of a test that fails by chance; seeds are fixed, so it will not


def run(model, steps, dt, size=1, seed=1, backend="numpy", record=(), **initial):
    net = sp.Network(dt=dt * ms, seed=seed)
    cells = net.population("cells", size, model, **initial)
    for variable in record:
        net.record(cells, variable)
    return net.run(steps * dt * ms, backend, precision="float64")["cells"]


def explained(model, **options):
    net = sp.Network(**options)
    net.population("cells", 1, model)
    return net.compile("numpy").explain()


def variance_is(sample, expected):
    """Does a sample of independent normal numbers of mean 0 have this variance?"""
    q = stats.chi2.cdf(np.sum(sample**2) / expected, sample.size)
    return P < q < 1 - P


# the exact method


@pytest.mark.parametrize("dt", [0.01, 1.0, 10.0, 300.0])
def test_ornstein_uhlenbeck_process_is_exact_for_any_step(dt):
    model = sp.neuron(OU, tau=10 * ms, sigma=3 * mV)
    got = run(model, 8, dt, 20_000, record=["v"])
    v = np.vstack([got.v.values, got.final["v"]])
    assert np.all(v[0] == 0)
    for n in range(1, 9):
        assert variance_is(v[n], 9 * (1 - np.exp(-2 * n * dt / 10)))
    assert stats.kstest(v[8] / v[8].std(), "norm").pvalue > P
    # What is left when the decay is taken off is independent of all before.
    innovation = v[1:] - np.exp(-dt / 10) * v[:-1]
    assert variance_is(innovation, 9 * (1 - np.exp(-2 * dt / 10)))
    correlation = np.corrcoef(innovation)
    assert np.abs(correlation[np.triu_indices(8, 1)]).max() < 5 / np.sqrt(20_000)


def test_autocorrelation_of_one_long_path():
    model = sp.neuron(OU, tau=5 * ms, sigma=2 * mV)
    v = run(model, 60_000, 1.0, 40, record=["v"], backend=HERE[0]).v.values[1000:]
    for lag in (1, 5, 10):
        got = np.mean(v[lag:] * v[:-lag], axis=0)
        expected = 4 * np.exp(-lag / 5)
        assert abs(got.mean() - expected) < 4 * got.std(ddof=1) / np.sqrt(got.size)


@pytest.mark.parametrize("method", ["auto", "exponential_euler", "euler", "heun", "milstein"])
def test_every_backend_draws_the_same_path(method):
    model = sp.neuron(
        """
        dv/dt = -v/tau + I/(10*ms) + 0.3*mV*ms**-0.5*(xi + xi_2) : mV (unless refractory)
        dI/dt = -I/tau + 0.5*mV*ms**-0.5*xi : mV
        """ if method != "milstein" else """
        dv/dt = (I - v)/tau + 0.1*v*ms**-0.5*xi_2 : mV (unless refractory)
        dI/dt = -I/tau + 0.5*mV*ms**-0.5*xi : mV
        """,
        spike="v > 1*mV", reset="v = 0.2*mV", refractory="2*ms", tau=4 * ms, method=method,
    )  # fmt: skip
    states = []
    for backend in HERE:
        net = sp.Network(dt=0.5 * ms, seed=4)
        net.record(net.population("cells", 30, model, v=0.5 * mV), "spikes")
        got = net.compile(backend, conformance=True).run(50 * ms)["cells"]
        assert len(got.spikes.t) > 5
        states.append((*got.final.values(), got.spikes.t, got.spikes.i))
    for other in states[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(states[0], other, strict=True))


def test_one_noise_in_two_equations_and_two_in_one():
    """A membrane with coloured noise: variances and covariance of the two after a long step."""
    model = sp.neuron(
        """
        dv/dt = (x - v)/tau + a*xi : mV
        dx/dt = -x/s + b*xi + c*xi_other : mV
        """,
        tau=10 * ms, s=4 * ms, a=1 * mV * ms**-0.5, b=0.5 * mV * ms**-0.5, c=2 * mV * ms**-0.5,
    )  # fmt: skip
    got = run(model, 1, 7.0, 50_000).final
    a, b = np.array([[-0.1, 0.1], [0, -0.25]]), np.array([[1, 0], [0.5, 2]])
    expected = integral(a, b, 7.0)
    sample = np.array([got["v"], got["x"]])
    assert variance_is(sample[0], expected[0, 0])
    whitened = np.linalg.solve(np.linalg.cholesky(expected), sample)
    assert variance_is(whitened, 1.0)
    assert abs(np.mean(whitened[0] * whitened[1])) < 4 / np.sqrt(50_000)


def test_noise_of_another_name_is_independent_and_of_the_same_name_the_same():
    text = "dx/dt = xi*ms**-0.5\ndy/dt = xi*ms**-0.5\ndz/dt = xi_z*ms**-0.5"
    states = {name: sp.state(0.0) for name in "xyz"}
    got = run(sp.neuron(text, **states), 3, 1.0, 10_000).final
    assert np.allclose(got["x"], got["y"], rtol=0, atol=1e-12)
    assert abs(np.corrcoef(got["x"], got["z"])[0, 1]) < 4 / 100
    assert variance_is(got["x"], 3.0) and variance_is(got["z"], 3.0)


def test_values_of_their_own_for_each_neuron():
    sigma = np.repeat([1.0, 5.0], 20_000)
    model = sp.neuron(OU, tau=np.repeat([2.0, 50.0], 20_000) * ms, sigma=sigma * mV)
    v = run(model, 1, 6.0, 40_000).final["v"]
    assert variance_is(v[:20_000], 1 - np.exp(-6))
    assert variance_is(v[20_000:], 25 * (1 - np.exp(-12 / 50)))


def integral(a, b, duration):
    """The covariance by numerical integration."""
    return quad_vec(lambda s: expm(a * s) @ b @ b.T @ expm(a * s).T, 0, duration, epsrel=1e-11)[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.floats(-4, 3), st.integers(0, 2**31))
def test_covariance_of_any_stable_system(n, m, log_duration, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, n)), rng.normal(size=(n, m))
    a -= (np.linalg.eigvals(a).real.max() + 0.5) * np.eye(n)
    duration = 10.0**log_duration
    stationary = solve_continuous_lyapunov(a, -b @ b.T)
    p = expm(a * duration)
    expected = stationary - p @ stationary @ p.T
    if duration < 0.1:  # there the difference cancels
        expected = integral(a, b, duration)
    got = covariance(a, b, duration)
    size = np.abs(np.diag(expected)).max()
    assert np.allclose(got, expected, rtol=1e-7, atol=1e-9 * size)
    factor = noise_factor(a, b, duration)
    assert np.allclose(factor, np.tril(factor))
    assert np.allclose(factor @ factor.T, got, rtol=0, atol=1e-12 * size)


def test_covariance_of_a_chain_of_integrators_and_of_time_constants_far_apart():
    """By hand: the covariance of n-fold integrals; no overflow with e^1000 in the way."""
    a, b = np.diag(np.ones(3), -1), np.eye(4)[:, :1]
    from math import factorial

    expected = [
        [2.0 ** (i + j + 1) / ((i + j + 1) * factorial(i) * factorial(j)) for j in range(4)]
        for i in range(4)
    ]
    assert np.allclose(covariance(a, b, 2.0), expected, rtol=1e-13)
    factor = noise_factor(a, b, 2.0)
    assert np.allclose(factor @ factor.T, expected, rtol=1e-12)
    a, b = np.diag([-1000.0, -0.01]), np.ones((2, 1))
    assert np.allclose(
        covariance(a, b, 1.0),
        [[1 / 2000, 1 / 1000.01], [1 / 1000.01, (1 - np.exp(-0.02)) / 0.02]],
        rtol=1e-11,
    )


# (unless refractory)


@pytest.mark.parametrize("method", ["auto", "exponential_euler", "euler", "heun", "milstein"])
def test_noise_stands_still_where_its_variable_does(method):
    model = sp.neuron(
        """
        dv/dt = -v/tau + sigma*xi : mV (unless refractory)
        dx/dt = -x/tau + sigma*xi : mV
        """,
        spike="t < 1*ms", reset="v = 5*mV", refractory="8*ms",
        tau=10 * ms, sigma=1 * mV * ms**-0.5, method=method,
    )  # fmt: skip
    got = run(model, 12, 1.0, 4000, record=["v", "x"])
    v, x = got.v.values, got.x.values
    assert np.all(v[1:10] == 5.0) and np.all(v[10] != 5.0)
    assert np.all(np.diff(x, axis=0) != 0)
    if method != "euler" and method != "heun" and method != "milstein":
        assert variance_is(x[10], 5 * (1 - np.exp(-2)))


def test_a_variable_that_reads_one_that_is_held_gets_its_noise_only():
    model = sp.neuron(
        """
        dv/dt = -v/tau + sigma*xi : mV (unless refractory)
        dx/dt = (v - x)/tau + sigma*xi_2 : mV
        """,
        spike="t < 1*ms", reset="v = 0*mV", refractory="8*ms",
        tau=10 * ms, sigma=1 * mV * ms**-0.5,
    )  # fmt: skip
    got = run(model, 12, 1.0, 20_000, record=["v", "x"])
    x = got.x.values
    assert np.all(got.v.values[1:10] == 0)
    alone = x[9] - np.exp(-0.1) * x[8]
    assert variance_is(alone, 5 * (1 - np.exp(-0.2)))


# other methods: strong and weak convergence


GEOMETRIC = "dx/dt = m*x + s*x*xi\ndw/dt = xi*ms**-0.5"  # w is the path of the noise


def geometric(method, steps, paths, dt_total=1.0):
    """(x at the end, w at the end) of geometric Brownian motion, m = 0.5/ms, s = 0.8/sqrt(ms)."""
    states = {"x": sp.state(1.0), "w": sp.state(0.0)}
    model = sp.neuron(GEOMETRIC, m=0.5 / ms, s=0.8 * ms**-0.5, method=method, **states)
    got = run(model, steps, dt_total / steps, paths, backend=HERE[0], seed=7).final
    return got["x"], got["w"]


ORDERS = [("euler", 0.5, -0.32), ("heun", 1.0, 0.0), ("milstein", 1.0, 0.0)]


@pytest.mark.parametrize("method, order, ito", ORDERS)
def test_strong_order_on_geometric_brownian_motion(method, order, ito):
    """x = exp((m - s^2/2 if Ito) t + s w), along each path."""
    steps = 2 ** np.arange(4, 9)
    errors = []
    for n in steps:
        x, w = geometric(method, int(n), 20_000)
        errors.append(np.mean(np.abs(x - np.exp(0.5 + ito + 0.8 * w))))
    slope = -np.polyfit(np.log2(steps), np.log2(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize("method, order, ito", ORDERS)
def test_weak_order_on_geometric_brownian_motion(method, order, ito):
    """The error of the mean, with the exact mean of the same paths taken off."""
    steps = 2 ** np.arange(2, 6)
    errors = []
    for n in steps:
        x, w = geometric(method, int(n), 400_000)
        errors.append(abs(np.mean(x - np.exp(0.5 + ito + 0.8 * w))))
    slope = -np.polyfit(np.log2(steps), np.log2(errors), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize("method", ["euler", "heun"])
def test_variance_of_the_approximations_of_additive_noise(method):
    """Each has a recursion x -> r x + q z, whose variance is known."""
    model = sp.neuron(OU, tau=10 * ms, sigma=3 * mV, method=method)
    v = run(model, 20, 2.0, 50_000).final["v"]
    h = 0.2
    r = 1 - h if method == "euler" else 1 - h + h * h / 2
    q = 9 * 2 * h * (1.0 if method == "euler" else (1 - h / 2) ** 2)
    assert variance_is(v, q * (1 - r**40) / (1 - r**2))


def test_exponential_euler_is_exact_for_one_variable():
    model = sp.neuron(OU, tau=10 * ms, sigma=3 * mV, method="exponential_euler")
    assert variance_is(run(model, 3, 20.0, 50_000).final["v"], 9 * (1 - np.exp(-12)))


def test_exponential_euler_where_the_slope_moves():
    """A conductance that is a state: dv = -(g v)/tau dt + noise, with g = 2 for ever."""
    text = "dv/dt = -g*v/tau + sigma*xi : mV\ndg/dt = 0/ms*sin(v/mV) : 1"
    model = sp.neuron(text, tau=10 * ms, sigma=1 * mV * ms**-0.5)
    assert "exponential_euler, additive noise" in explained(model)
    got = run(model, 4, 5.0, 50_000, g=2.0).final["v"]
    assert variance_is(got, 10 / 4 * (1 - np.exp(-2 * 20 / 5)))


def test_noise_whose_strength_is_a_function_of_time():
    model = sp.neuron("dv/dt = -v/tau + k*t*xi : mV", tau=10 * ms, k=1 * mV * ms**-1.5)
    assert "method exponential_euler, additive noise" in explained(model)


def test_a_synapse_has_noise_of_its_own():
    class Noisy(sp.SynapseModel):
        tau = sp.parameter(5 * ms)
        I = sp.state(0 * pA)
        equations = "dI/dt = -I/tau + 2*pA*ms**-0.5*xi"
        on_arrival = "I += weight"
        output = "I"

    net = sp.Network(dt=1 * ms, seed=3)
    cells = net.population(
        "cells", 20_000, sp.neuron("dv/dt = (I*mV/pA - v)/tau + 1*mV*ms**-0.5*xi : mV",
                                   tau=10 * ms, I=sp.port(pA)),
    )  # fmt: skip
    net.stimulate(cells, sp.poisson(0 * Hz), synapse=Noisy(), weight=1 * pA)
    got = net.run(10 * ms, "numpy", precision="float64")["cells"].final
    a, b = np.array([[-0.1, 0.1], [0, -0.2]]), np.array([[1, 0], [0, 2]])
    expected = integral(a, b, 10.0)
    assert variance_is(got["v"], expected[0, 0]) and variance_is(got["noisy.I"], expected[1, 1])


# what was chosen, and what is refused


@pytest.mark.parametrize(
    "text, method, told",
    [
        ("dv/dt = -v/tau + s*xi", "auto", "method exact, additive noise"),
        ("dv/dt = -v*v/(tau*mV) + s*xi", "auto", "method euler, additive noise"),
        ("dv/dt = -v/tau + v*ms**-0.5*xi", "auto", "heun, multiplicative noise (Stratonovich)"),
        ("dv/dt = -v/tau + v*ms**-0.5*xi", "euler", "method euler, multiplicative noise (Ito)"),
        ("dv/dt = -v/tau + v*ms**-0.5*xi", "milstein", "multiplicative noise (Stratonovich)"),
    ],
)
def test_what_was_chosen_is_told(text, method, told):
    model = sp.neuron(text, method=method, v=sp.state(0 * mV), tau=10 * ms, s=1 * mV * ms**-0.5)
    if "s" not in text.replace("ms", ""):
        model = sp.neuron(text, method=method, v=sp.state(0 * mV), tau=10 * ms)
    assert told in explained(model)


@pytest.mark.parametrize(
    "text, method, words",
    [
        ("dv/dt = -v/tau + s*xi", "rk4", ["'rk4'", "no place for noise", "'auto'"]),
        ("dv/dt = -v/tau + v*ms**-0.5*xi", "exact", ["only parameters decide", "'heun'"]),
        ("dv/dt = -v/tau + v*ms**-0.5*xi", "exponential_euler", ["depends on no variable"]),
        ("dv/dt = -v/tau + s*xi_1 + s*xi_2", "milstein", ["one noise", "dv/dt has 2"]),
    ],
)
def test_a_method_that_cannot_treat_the_noise_is_refused(text, method, words):
    model = sp.neuron(text, method=method, v=sp.state(0 * mV), tau=10 * ms, s=1 * mV * ms**-0.5)
    with pytest.raises(DescriptionError) as fault:
        explained(model)
    assert all(word in str(fault.value) for word in words)


@pytest.mark.parametrize(
    "text, more, error, words",
    [
        ("dv/dt = -v/tau + 1*mV*xi : mV", {}, DimensionError, ["add"]),
        ("dv/dt = -v/tau + 1*mV*xi*xi : mV", {}, EquationError, ["linear in its noise"]),
        ("dv/dt = -v/tau + 1*mV*exp(xi*ms**0.5)/ms : mV", {}, EquationError, ["linear in its"]),
        ("dv/dt = -v/tau : mV", {"spike": "xi*ms**0.5 > 1"}, EquationError, ["differential"]),
        ("x = xi*ms**0.5\ndv/dt = -v/tau : mV", {"spike": "x > 1"}, EquationError,
         ["'xi'", "differential"]),
        ("dv/dt = -v/tau : mV", {"spike": "v > 1*mV", "reset": "v = xi*mV*ms**0.5"},
         EquationError, ["differential"]),
        ("dxi/dt = -xi/tau : 1", {}, EquationError, ["meaning of its own"]),
    ],
)  # fmt: skip
def test_noise_where_it_has_no_meaning_is_refused(text, more, error, words):
    with pytest.raises(sp.SpikesimError) as fault:
        sp.neuron(text, tau=10 * ms, **more)
    assert all(word in str(fault.value) for word in words), fault.value
    assert isinstance(fault.value, error) or "faults" in str(fault.value)

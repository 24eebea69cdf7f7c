"""Synapse models against analytic solutions and SciPy's integrators."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import spikesim as sp
from spikesim.errors import RunWarning
from spikesim.units import kHz, mM, ms, mV, nS, pA, pF, uM

BACKENDS = ["numpy", "cpp"]
DT = 0.1


def relay(**names):
    """A neuron that spikes in the step after a spike has reached it."""
    return sp.neuron(
        "", spike="v > 0.5*mV", reset="v = 0*mV", method="rk4", v=sp.state(0 * mV), **names
    )


def passive(method="auto"):
    return sp.neuron(
        "dv/dt = (g_L*(E_L - v) + I)/C", method=method, C=100 * pF, g_L=10 * nS, E_L=-65 * mV,
        v=sp.state(-65 * mV), I=sp.port(pA),
    )  # fmt: skip


def response(synapse, weight, record, trains=((1.0,),), duration=60.0, delay=1.0, **options):
    """What a neuron records, whose presynaptic neurons spike at the labels `trains`."""
    net = sp.Network(dt=DT * ms)
    times = [(np.array(t) - DT) * ms for t in trains]
    source = net.population("source", len(trains), sp.spike_times(times))
    sender = net.population("sender", len(trains), relay())
    net.project(source, sender, sp.one_to_one(), weight=1 * mV, delay=0 * ms)
    target = net.population("target", 1, passive("rk4"))
    net.project(sender, target, sp.all_to_all(), synapse=synapse, weight=weight, delay=delay * ms)
    net.record(target, record)
    net.record(sender, "spikes")
    result = net.run(duration * ms, options.get("backend", "cpp"), precision="float64")
    for k, train in enumerate(trains):
        spikes = result["sender"].spikes
        assert np.allclose(spikes.t[spikes.i == k], train), "the relay keeps time"
    return result["target"]


def alpha(t, tau):
    return np.where(t > 0, t / tau * np.exp(1 - t / tau), 0)


def double_exp(t, rise, decay):
    peak = rise * decay / (decay - rise) * np.log(decay / rise)
    norm = np.exp(-peak / decay) - np.exp(-peak / rise)
    return np.where(t > 0, (np.exp(-t / decay) - np.exp(-t / rise)) / norm, 0)


@pytest.mark.parametrize(
    ("synapse", "record", "weight", "shape"),
    [
        (sp.synapses.AlphaCurrent(tau=2 * ms), "alpha_current.I", pA, lambda t: alpha(t, 2)),
        (sp.synapses.AlphaConductance(tau=3 * ms), "alpha_conductance.g", nS,
         lambda t: alpha(t, 3)),
        (sp.synapses.DoubleExpCurrent(tau_rise=1 * ms, tau_decay=6 * ms), "double_exp_current.I",
         pA, lambda t: double_exp(t, 1, 6)),
        (sp.synapses.DoubleExpConductance(tau_rise=6 * ms, tau_decay=1 * ms),
         "double_exp_conductance.g", nS, lambda t: double_exp(t, 6, 1)),
        (sp.synapses.DoubleExpCurrent(tau_rise=4 * ms, tau_decay=4 * ms), "double_exp_current.I",
         pA, lambda t: alpha(t, 4)),
        (sp.synapses.NMDA(), "nmda.g", nS, lambda t: double_exp(t, 2, 100)),
    ],
)  # fmt: skip
def test_shape_and_peak(synapse, record, weight, shape):
    trace = response(synapse, 3 * weight, record, trains=((1.0, 4.0), (4.0,)))[record]
    expected = 3 * (shape(trace.t - 2.0) + 2 * shape(trace.t - 5.0))
    assert trace.values[:, 0] == pytest.approx(expected, abs=2e-5)


def test_exact_where_the_neuron_is_linear():
    net = sp.Network(dt=DT * ms)
    source = net.population("source", 1, sp.spike_times([[1.0] * ms]))
    target = net.population("target", 1, passive())
    synapse = sp.synapses.AlphaCurrent(tau=2 * ms)
    net.project(source, target, sp.all_to_all(), synapse=synapse, weight=100 * pA, delay=1 * ms)
    net.record(target, ["v", "alpha_current.I"])
    result = net.run(40 * ms, precision="float64")["target"]
    t = np.maximum(result.v.t - 2, 0)
    assert result["alpha_current.I"].values[:, 0] == pytest.approx(100 * alpha(t, 2), abs=1e-11)
    # C dv/dt = -g v + w t/tau exp(1 - t/tau), by variation of constants; rates a = 1/10, b = 1/2.
    a, b = 1 / 10, 1 / 2
    u = np.e * b * (np.exp(-a * t) - np.exp(-b * t) * (1 + (b - a) * t)) / (b - a) ** 2
    assert result.v.values[:, 0] + 65 == pytest.approx(u, abs=1e-11)


@pytest.mark.parametrize("v", [-80.0, -40.0, 0.0, 30.0])
def test_magnesium_blocks_nmda(v):
    """The charge that flows into a neuron held at v (Jahr and Stevens 1990, equation 4)."""
    held = sp.neuron(
        "dq/dt = I", method="rk4", v=sp.state(v * mV), q=sp.state(0 * pA * ms), I=sp.port(pA)
    )
    net = sp.Network(dt=DT * ms)
    source = net.population("source", 1, sp.spike_times([[0.1] * ms]))
    target = net.population("target", 1, held)
    synapse = sp.synapses.NMDA(E=10 * mV, Mg=0.5 * mM)
    net.project(source, target, sp.all_to_all(), synapse=synapse, weight=2 * nS, delay=0 * ms)
    net.record(target, ["q", "nmda.g"])
    result = net.run(50 * ms, precision="float64")["target"]
    block = 1 / (1 + np.exp(-0.062 * v) * 0.5 / 3.57)
    t = result.q.t
    g = 2 * double_exp(t - 0.1, 2, 100)
    expected = np.concatenate([[0], np.cumsum((g[1:] + g[:-1]) / 2 * DT)]) * (10 - v) * block
    assert result.q.values[:, 0] == pytest.approx(expected, rel=2e-3, abs=0.05)


def solved(rates, jump, start, train, t):
    """The states of a synapse with jumps at `train`, at times t, by an integrator of SciPy's."""
    out, state, now = np.zeros((len(start), len(t))), np.array(start, float), 0.0
    for end in [*train, t[-1] + DT]:
        mine = (t >= now - 1e-9) & (t < end - 1e-9)
        points = np.unique(np.concatenate([[now], np.clip(t[mine], now, end), [end]]))
        path = solve_ivp(rates, (now, end), state, t_eval=points, rtol=1e-11, atol=1e-13)
        out[:, mine] = path.y[:, np.searchsorted(points, np.clip(t[mine], now, end) - 1e-12)]
        state, now = path.y[:, -1] + jump, end
    return out


TRAINS = ((1.0, 5.0, 9.0, 30.0), (4.0,), (2.0, 3.0, 4.0, 5.0, 6.0, 7.0))


@pytest.mark.parametrize("backend", BACKENDS)
def test_saturating_nmda(backend):
    """Gates of three sources, and their sum in a target, after a delay."""
    g = response(sp.synapses.SaturatingNMDA(), 2 * nS, "saturating_nmda.g", TRAINS, delay=1.5,
                 backend=backend)["saturating_nmda.g"]  # fmt: skip

    def rates(t, y):
        x, s = y
        return [-x / 2, 0.5 * x * (1 - s) - s / 100]

    s = sum(solved(rates, [1, 0], [0, 0], np.add(train, 1.5), g.t)[1] for train in TRAINS)
    # What is summed at the start of a step is seen by the sample after it.
    assert g.values[1:, 0] == pytest.approx(2 * s[:-1], abs=1e-6)
    assert g.values.max() < 2 * 3


def test_gaba_b_needs_bursts():
    def rates(t, y):
        transmitter, r, s = y
        return [-transmitter, 0.09 * transmitter * (1 - r) - 0.0012 * r, 0.18 * r - 0.034 * s]

    peaks = []
    for train in ((1.0,), tuple(np.arange(1.0, 40.0, 3.0))):
        g = response(sp.synapses.GABAB(), 1 * nS, "gabab.g", (train,), duration=300.0)["gabab.g"]
        s = solved(rates, [0.5, 0, 0], [0, 0, 0], np.add(train, 1.0), g.t)[2]
        assert g.values[1:, 0] == pytest.approx((s**4 / (s**4 + 100))[:-1], rel=1e-4, abs=1e-12)
        peaks.append(g.values.max())
    assert peaks[1] > 1000 * peaks[0]


def test_graded_synapse_follows_the_potential():
    """Steady state at clamped potentials: s = a F/(a F + b) (Wang and Buzsaki 1996)."""
    v = np.array([-20.0, -2.0, 0.0, 5.0])
    clamped = sp.neuron("", method="rk4", v=sp.state(0 * mV))
    net = sp.Network(dt=0.05 * ms)
    source = net.population("source", 4, clamped, v=v * mV)
    target = net.population("target", 4, passive("rk4"))
    net.project(source, target, sp.one_to_one(), synapse=sp.synapses.Graded(), weight=3 * nS)
    final = net.run(200 * ms, precision="float64")["target"].final
    f = 1 / (1 + np.exp(-v / 2))
    assert final["graded.g"] == pytest.approx(3 * 12 * f / (12 * f + 0.1), rel=1e-3)


# --- gap junctions -------------------------------------------------------------------------------


def pair(evaluated, conductance, dt=0.1, method="auto", backend="cpp", duration=20.0):
    """Two passive cells, 10 mV apart, joined by a gap junction."""
    net = sp.Network(dt=dt * ms)
    cells = net.population("cells", 2, passive(method), v=[-60, -70] * mV)
    junction = sp.synapses.GapJunction(evaluated=evaluated)
    net.project(cells, cells, sp.symmetric(sp.all_to_all()), synapse=junction,
                weight=conductance * nS)  # fmt: skip
    net.record(cells, "v")
    return net.run(duration * ms, backend, precision="float64")["cells"].v


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_coupled_cells(backend):
    """The difference decays at the rate (g_L + 2 g)/C; the mean rests at E_L."""
    errors = {}
    for evaluated in ("step", "stage"):
        for dt in (0.1, 0.05):
            v = pair(evaluated, 20, dt, backend=backend)
            exact = 10 * np.exp(-v.t * (10 + 40) / 100)
            errors[evaluated, dt] = np.abs(v.values[:, 0] - v.values[:, 1] - exact).max()
            assert v.values.mean(axis=1) == pytest.approx(np.full(len(v.t), -65), abs=1e-11)
    assert errors["stage", 0.1] < 1e-6 < 0.02 < errors["step", 0.1]
    assert errors["step", 0.1] / errors["step", 0.05] == pytest.approx(2, rel=0.05)  # first order
    assert errors["stage", 0.1] / errors["stage", 0.05] == pytest.approx(16, rel=0.1)  # fourth


def test_stiff_coupling():
    """2 g dt/C = 2.2: held through the step the difference swings up, and that is told; within the
    step it decays."""
    strong = 1100.0
    with pytest.warns(RunWarning, match=r"stable up to about 0.091 ms"):
        swinging = pair("step", strong, duration=2.0).values
    assert np.abs(swinging[-1, 0] - swinging[-1, 1]) > 20
    settled = pair("stage", strong, duration=2.0).values
    assert np.abs(settled[-1, 0] - settled[-1, 1]) < 0.1


@pytest.mark.parametrize("evaluated", ["step", "stage"])
def test_steady_state_of_a_chain(evaluated):
    """Coupling coefficient g/(g + g_L): how much of the potential gets across."""
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", 2, passive())
    junction = sp.synapses.GapJunction(evaluated=evaluated)
    rule = sp.symmetric(sp.explicit([1], [0]))
    net.project(cells, cells, rule, synapse=junction, weight=5 * nS)
    net.stimulate(cells[:1], sp.dc(100 * pA))
    v = net.run(200 * ms, precision="float64")["cells"].final["v"] + 65
    assert v[1] / v[0] == pytest.approx(5 / 15, rel=1e-6)


# --- unreliable release --------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_release_is_binomial(backend):
    """Each synapse transmits each spike by itself, with its probability."""
    sources, targets, spikes = 40, 50, 60
    times = np.arange(1, spikes + 1) * 1.0
    net = sp.Network(dt=DT * ms)
    source = net.population("source", sources, sp.spike_times([times * ms] * sources))
    counter = sp.neuron("", v=sp.state(0 * mV))
    target = net.population("target", targets, counter)
    chance = np.repeat([0.0, 0.3, 0.7, 1.0], sources // 4)
    net.project(source, target, sp.all_to_all(), weight=1 * mV,
                release=np.repeat(chance, targets))  # fmt: skip
    net.record(target, "v")
    results = [net.run(70 * ms, backend, precision="float64", seed=s)["target"].v for s in (1, 2)]
    arrived = np.diff(results[0].values[::10], axis=0)[:spikes]  # [spikes, targets]
    mean, variance = chance.sum(), (chance * (1 - chance)).sum()
    n = arrived.size
    assert arrived.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / n))
    assert arrived.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / n))
    across = np.corrcoef(arrived.T)[np.triu_indices(targets, 1)]
    assert abs(across.mean()) < 5 / np.sqrt(spikes * len(across))
    after = (arrived[1:] - mean) * (arrived[:-1] - mean) / variance
    assert abs(after.mean()) < 5 / np.sqrt(n)
    assert not np.array_equal(results[0].values, results[1].values)


def test_units_of_gaba_b():
    """The defaults are those of the paper."""
    d = sp.synapses.GABAB.definition.declared
    assert d["K1"].default == pytest.approx(0.09)  # 1/(ms mM)
    assert d["K3"].default == pytest.approx(0.18e-3)  # mM/ms
    assert (100 * uM**4).to(mM**4).magnitude == pytest.approx(d["Kd"].default)
    assert (0.5 * kHz).to("1/ms").magnitude == pytest.approx(
        sp.synapses.SaturatingNMDA.definition.declared["alpha"].default
    )

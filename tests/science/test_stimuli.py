"""Stimuli against the theory of their processes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import spikesim as sp
from spikesim.backends import find, names
from spikesim.units import Hz, ms, mV, pA, second

HERE = [name for name in names() if not find(name).unavailable()]
FAST = "cpp" if "cpp" in HERE else "numpy"
DT = 0.1
P = 1e-4  # of a test that fails by chance; seeds are fixed, so it will not
SINE = sp.sine(30 * Hz, 10 * Hz, offset=40 * Hz, phase=0.7)


def trains(source, n=200, duration=10.0, dt=DT, seed=1, **options):
    net = sp.Network(dt=dt * ms, seed=seed)
    net.record(net.population("source", n, source), "spikes")
    return net.run(duration * second, FAST, precision="float64", **options)["source"].spikes


def counts_of_arrivals(stimulus, n=200, steps=2000, dt=DT, seed=1, record=False):
    """Spikes that have arrived at each neuron; one adds 1."""
    net = sp.Network(dt=dt * ms, seed=seed)
    cells = net.population("cells", n, sp.neuron("dv/dt = 0*v/ms : mV"))
    net.stimulate(cells, stimulus, weight=1 * mV)
    net.record(cells, "v")
    result = net.run(steps * dt * ms, FAST, precision="float64")["cells"]
    values = np.vstack([result.v.values, result.final["v"]])
    return np.diff(values, axis=0)


def signal(stimulus, n=100, steps=2000, dt=DT, seed=1, backend=FAST, **run):
    """The values of a signal in each step [steps, n]: dv/dt = I, so v counts them."""
    net = sp.Network(dt=dt * ms, seed=seed)
    cells = net.population(
        "cells", n, sp.neuron("dv/dt = (I/pA)*mV/ms : mV", I=sp.port(pA), method="euler")
    )
    net.stimulate(cells, stimulus)
    net.record(cells, "v")
    result = net.run(steps * dt * ms, backend, precision="float64", **run)["cells"]
    values = np.vstack([result.v.values, result.final["v"]])
    return np.diff(values, axis=0) / dt


def intervals(spikes, at_least=2):
    return np.concatenate([np.diff(t) for t in spikes.trains() if len(t) >= at_least])


def mean_is(sample, expected):
    """Is the mean of independent numbers this?"""
    sample = np.ravel(sample)
    return stats.ttest_1samp(sample, expected).pvalue > P


def variance_is(sample, expected):
    q = stats.chi2.cdf(np.sum((sample - np.mean(sample)) ** 2) / expected, sample.size - 1)
    return P < q < 1 - P


# trains of spikes


PROCESSES = {
    "poisson": sp.poisson(30 * Hz),
    "expression": sp.poisson("30*Hz + 10*Hz*sin(2*pi*t/(50*ms))"),
    "sine": sp.poisson(sp.sine(10 * Hz, 20 * Hz, offset=30 * Hz)),
    "dead time": sp.poisson_dead_time(30 * Hz, dead_time=8 * ms),
    "gamma": sp.gamma_process(30 * Hz, shape=4),
    "gamma, sine": sp.gamma_process(sp.sine(10 * Hz, 20 * Hz, offset=30 * Hz), shape=3),
    "correlated": sp.correlated_poisson(30 * Hz, p_copy=0.9),
}


@pytest.mark.parametrize("name", [n for n in PROCESSES if n != "correlated"])
def test_rate_of_a_population_and_of_arrivals_from_the_first_step_on(name):
    process = PROCESSES[name]
    spikes = trains(process, n=400, duration=2.0)
    assert mean_is(spikes.counts(), 60)
    assert mean_is(spikes.counts(stop=50 * ms), 1.5)  # in equilibrium at once
    arrived = counts_of_arrivals(process, n=1000, steps=1000)
    assert mean_is(arrived.sum(axis=0), 3.0)


def test_poisson_trains_have_the_intervals_and_counts_of_their_law():
    spikes = trains(sp.poisson(30 * Hz))
    steps = np.rint(intervals(spikes) / DT)
    low, high = steps.mean() - 1 / 0.003, 4 * steps.std() / np.sqrt(steps.size)
    assert abs(low) < high + 1 / 0.003 * 0.01  # ends of trains cut long intervals off
    assert np.nanmean(spikes.cv()) == pytest.approx(1, abs=0.02)
    counts = counts_of_arrivals(sp.poisson(50 * Hz, n=20), n=500, steps=500)
    # variance/mean of independent counts: index of dispersion.
    total = counts.ravel()
    q = stats.chi2.cdf(np.sum((total - 0.1) ** 2) / 0.1, total.size)
    assert mean_is(total, 0.1) and 1e-6 < q < 1 - 1e-6


@pytest.mark.parametrize("dead", [2.0, 10.0, 25.0])
def test_dead_time(dead):
    """No interval below; then geometric, so that the mean rate is as asked for."""
    spikes = trains(sp.poisson_dead_time(30 * Hz, dead_time=dead * ms), n=300)
    beyond = np.rint((intervals(spikes) - dead) / DT)
    assert beyond.min() >= 1
    p = 1 / (1 / (0.03 * DT) - dead / DT)
    edges = np.unique(stats.geom.ppf(np.linspace(0, 0.98, 25), p))
    observed = np.array([np.sum((beyond > a) & (beyond <= b))
                         for a, b in zip(edges, [*edges[1:], np.inf], strict=True)])  # fmt: skip
    expected = np.diff([*stats.geom.cdf(edges, p), 1.0]) * len(beyond)
    # Long intervals are cut off by the end of a train, about one in 300.
    assert np.sum((observed - expected) ** 2 / expected) < stats.chi2.ppf(1 - P, len(edges)) + 30
    mean = 1000 / 30
    assert np.nanmean(spikes.cv()) == pytest.approx((mean - dead) / mean, abs=0.01)


def test_first_spikes_with_a_dead_time_come_as_in_equilibrium():
    """The forward recurrence time of a stationary renewal process: density (1 - F(s))/mean."""
    spikes = trains(sp.poisson_dead_time(20 * Hz, dead_time=30 * ms), n=20_000, duration=0.2)
    first = np.array([t[0] for t in spikes.trains() if len(t)])
    assert np.mean(first <= 30.0 + 1e-9) == pytest.approx(30 / 50, abs=4 * np.sqrt(0.24 / 20_000))
    assert stats.kstest(first[first <= 29.95], "uniform", (0, 30)).pvalue > P


@pytest.mark.parametrize("shape", [1, 2, 5, 20])
def test_gamma_intervals(shape):
    spikes = trains(sp.gamma_process(20 * Hz, shape=shape), n=100, duration=20.0)
    assert np.nanmean(spikes.cv()) == pytest.approx(1 / np.sqrt(shape), rel=0.02)
    found = intervals(spikes)
    rng = np.random.default_rng(1)
    smooth = found + rng.uniform(-DT / 2, DT / 2, len(found))
    law = stats.gamma(shape, scale=50 / shape)
    assert stats.kstest(smooth[:4000], law.cdf).pvalue > P


def test_gamma_trains_begin_in_equilibrium():
    spikes = trains(sp.gamma_process(20 * Hz, shape=10), n=20_000, duration=0.2)
    first = np.array([t[0] for t in spikes.trains()])
    law, mean = stats.gamma(10, scale=5), 50.0
    grid = np.linspace(0, 200, 4001)
    cumulative = np.concatenate([[0], np.cumsum(law.sf(grid[:-1] + 0.025) * 0.05 / mean)])
    cdf = lambda s: np.interp(s, grid, cumulative)  # noqa: E731
    smooth = first - np.random.default_rng(2).uniform(0, DT, len(first))
    assert stats.kstest(smooth, cdf).pvalue > P


def modulation(times, frequency):
    """Amplitude relative to the mean, and phase of the sine, of a rate about spike times."""
    z = np.mean(np.exp(-2j * np.pi * frequency * times))
    return 2 * np.abs(z), np.angle(z) + np.pi / 2


@pytest.mark.parametrize("process", [sp.poisson(SINE), sp.gamma_process(SINE, shape=3)])
def test_sinusoidal_rate(process):
    spikes = trains(process, n=400, duration=5.0)
    # A spike is labelled with the end of its step, half a step after its middle.
    depth, phase = modulation(spikes.t - DT, 0.010)
    error = 4 * np.sqrt(2 / len(spikes.t))
    assert depth == pytest.approx(30 / 40, abs=error)
    assert phase == pytest.approx(0.7, abs=error)


def test_time_rescaled_gamma_process():
    """Intervals in the time of the integrated rate have the law of the homogeneous process."""
    spikes = trains(sp.gamma_process(SINE, shape=3), n=100, duration=5.0)
    w = 2 * np.pi * 0.010
    rng = np.random.default_rng(3)
    rescaled = []
    for t in spikes.trains():
        t = t - rng.uniform(0, DT, len(t))
        rescaled.append(np.diff(0.040 * t + 0.030 / w * (np.cos(0.7) - np.cos(w * t + 0.7))))
    law = stats.gamma(3, scale=1 / 3)
    assert stats.kstest(np.concatenate(rescaled)[:5000], law.cdf).pvalue > P


@pytest.mark.parametrize("p", [0.1, 0.5, 1.0])
def test_correlation_of_trains_with_one_mother(p):
    """Zero-lag correlation of two trains: p, less the chance that a step holds a spike."""
    spikes = trains(sp.correlated_poisson(20 * Hz, p_copy=p), n=20, duration=50.0, dt=1.0)
    binned = np.zeros((20, 50_000))
    binned[spikes.i, np.rint(spikes.t).astype(int) - 1] = 1
    pairs = np.corrcoef(binned)[np.triu_indices(20, 1)]
    rate = 0.02
    expected = p * (1 - rate / p) / (1 - rate)
    assert pairs.mean() == pytest.approx(expected, abs=0.02)
    assert binned.mean() == pytest.approx(rate, rel=0.12 if p == 1.0 else 0.07)
    assert np.nanmean(spikes.cv()) == pytest.approx(1, abs=0.08)
    assert (pairs > 1 - 1e-9).all() == (p == 1.0)


def test_trains_of_two_rates_with_one_mother():
    """The faster one has all the spikes of the slower, where all are copied."""
    spikes = trains(sp.correlated_poisson([10, 40] * Hz, p_copy=1.0), n=2, duration=20.0)
    slow, fast = (set(np.rint(t / DT)) for t in spikes.trains())
    assert slow < fast and len(fast) / len(slow) == pytest.approx(4, rel=0.25)


def test_a_rate_from_an_array_for_each_source():
    rates = np.zeros((4, 3))
    rates[1, 0], rates[2, 1], rates[:, 2] = 100, 200, 50
    spikes = trains(sp.poisson(sp.timed_array(rates * Hz, dt=500 * ms)), n=3, duration=2.0)
    for k, train in enumerate(spikes.trains()):
        bins = np.histogram(train - DT / 2, bins=[0, 500, 1000, 1500, 2000])[0]
        expected = rates[:, k] * 0.5
        assert np.all(np.abs(bins - expected) <= 4.5 * np.sqrt(expected))
    steps = sp.step_current([100, 300] * ms, [400, 0] * Hz)
    spikes = trains(sp.poisson(steps), n=50, duration=0.5)
    assert spikes.t.min() > 100 and spikes.t.max() <= 300
    assert mean_is(spikes.counts(), 80)


@pytest.mark.parametrize("name", PROCESSES)
def test_start_and_stop(name):
    from dataclasses import replace

    process = replace(PROCESSES[name], start=20 * ms, stop=70 * ms)
    spikes = trains(process, n=300, duration=0.1)
    assert len(spikes.t) > 200
    assert spikes.t.min() > 20.0 and spikes.t.max() <= 70.0 + 1e-9
    arrived = counts_of_arrivals(process, n=300, steps=1000)
    assert arrived[:200].sum() == 0 and arrived[700:].sum() == 0 and arrived[200:700].sum() > 200


def test_pulse_packets():
    packet = sp.pulse_packet([50, 150] * ms, sdev=4 * ms, activity=3)
    spikes = trains(packet, n=1000, duration=0.25)
    assert np.all(spikes.counts() == 6)
    first = spikes.t[spikes.t < 100]
    assert len(first) == 3000
    smooth = first + np.random.default_rng(1).uniform(-DT / 2, DT / 2, 3000)
    assert stats.kstest(smooth, "norm", (50, 4)).pvalue > P
    again, other = trains(packet, n=1000, duration=0.25), trains(packet, 1000, 0.25, seed=2)
    assert np.array_equal(spikes.t, again.t) and not np.array_equal(spikes.t, other.t)
    narrow = trains(sp.pulse_packet([5] * ms, sdev=0 * ms, activity=3), n=1, duration=0.01)
    assert np.allclose(narrow.t, [5.0, 5.1, 5.2])


@pytest.mark.parametrize("name", PROCESSES)
def test_the_same_spikes_on_every_backend(name):
    found = []
    for backend in HERE:
        net = sp.Network(dt=DT * ms, seed=5)
        source = net.population("source", 7, PROCESSES[name])
        cells = net.population("cells", 9, sp.neuron("dv/dt = 0*v/ms : mV"))
        net.stimulate(cells[::2], PROCESSES[name], weight=0.1 * mV, name="given")
        net.record(source, "spikes")
        got = net.compile(backend, conformance=True).run(300 * ms)
        found.append((got["source"].spikes.t, got["source"].spikes.i, got["cells"].final["v"]))
        assert len(found[0][0]) > 20 and np.count_nonzero(found[0][2]) == 5
    for other in found[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_rates_are_parameters_of_a_run():
    net = sp.Network(dt=DT * ms, seed=1)
    net.record(net.population("source", 200, sp.gamma_process(SINE, shape=2)), "spikes")
    model = net.compile(FAST)
    for mean in (40, 80):
        params = {"source.rate.offset": mean * Hz, "source.shape": 9}
        spikes = model.run(2 * second, params=params)["source"].spikes
        assert mean_is(spikes.counts(), 2 * mean)
    with pytest.raises(sp.SpikesimError, match="shape"):
        model.run(1 * ms, params={"source.shape": -1})
    net = sp.Network(dt=DT * ms, seed=1)
    cell = net.population("cell", 2, sp.neurons.LIF())
    net.stimulate(cell, sp.ornstein_uhlenbeck(0 * pA, 100 * pA, 5 * ms))
    with pytest.raises(sp.SpikesimError, match="sigma"):
        net.compile(FAST).run(1 * ms, params={"cell.ornstein_uhlenbeck.sigma": -1 * pA})


# currents


@pytest.mark.parametrize("dt, tau", [(0.1, 2.0), (1.0, 20.0), (1.0, 0.3)])
def test_ornstein_uhlenbeck_current(dt, tau):
    noise = sp.ornstein_uhlenbeck(50 * pA, 20 * pA, tau * ms)
    x = signal(noise, n=2000, steps=60, dt=dt) - 50
    assert variance_is(x[0], 400) and variance_is(x[-1], 400)  # stationary from the first step on
    assert stats.kstest(x[-1] / 20, "norm").pvalue > P
    innovation = x[1:] - np.exp(-dt / tau) * x[:-1]
    assert variance_is(innovation, 400 * (1 - np.exp(-2 * dt / tau)))
    lag = np.mean(innovation[1:] * innovation[:-1]) / innovation.var()
    assert abs(lag) < 4 / np.sqrt(innovation.size)


def test_white_noise_current_of_a_step_of_its_own():
    x = signal(sp.white_noise(10 * pA, 30 * pA, dt=0.5 * ms), n=500, steps=200)
    blocks = x.reshape(40, 5, 500)
    assert np.allclose(blocks, blocks[:, :1])
    values = blocks[:, 0]
    assert mean_is(values, 10) and variance_is(values, 900)
    assert abs(np.corrcoef(values[1:].ravel(), values[:-1].ravel())[0, 1]) < 4 / np.sqrt(19_500)


def test_white_noise_of_modulated_variance():
    noise = sp.white_noise(0 * pA, 30 * pA, std_modulation=20 * pA, frequency=50 * Hz, phase=0.5)
    x = signal(noise, n=4000, steps=200)
    t = np.arange(200) * DT
    expected = 900 + 400 * np.sin(2 * np.pi * 0.05 * t + 0.5)
    assert np.abs(x.var(axis=1) / expected - 1).max() < 5 * np.sqrt(2 / 4000)


@pytest.mark.parametrize(
    "noise",
    [
        sp.white_noise(0 * pA, 30 * pA, shared=True),
        sp.ornstein_uhlenbeck(0 * pA, 30 * pA, 3 * ms, shared=True),
    ],
)
def test_noise_for_all_is_the_same_noise_on_every_backend(noise):
    found = [signal(noise, n=5, steps=50, backend=backend) for backend in HERE]
    assert np.all(found[0] == found[0][:, :1]) and found[0].std() > 10
    assert all(np.allclose(found[0], other, rtol=1e-12, atol=1e-9) for other in found[1:])


CURRENTS = {
    "dc": (sp.dc(5 * pA, start=1 * ms, stop=3 * ms), lambda t: 5 + 0 * t),
    "ramp": (sp.ramp(-10 * pA, 30 * pA, start=1 * ms, stop=3 * ms), lambda t: -10 + 20 * (t - 1)),
    "sine": (
        sp.sine(7 * pA, 400 * Hz, offset=2 * pA, phase=0.3, start=1 * ms, stop=3 * ms),
        lambda t: 2 + 7 * np.sin(2 * np.pi * 0.4 * (t - 1) + 0.3),
    ),
    "expression": (
        sp.expression("A*exp(-t/T) + 1*pA", A=8 * pA, T=2 * ms, start=1 * ms, stop=3 * ms),
        lambda t: 8 * np.exp(-t / 2) + 1,
    ),
    "steps": (
        sp.step_current([0.5, 2] * ms, [3, 4] * pA, start=1 * ms, stop=3 * ms),
        lambda t: np.where(t < 2 - 1e-9, 3, 4),
    ),
}


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize("name", CURRENTS)
def test_currents_follow_their_formula_between_start_and_stop(name, backend):
    stimulus, formula = CURRENTS[name]
    got = signal(stimulus, n=2, steps=50, backend=backend)
    t = np.arange(50) * DT
    inside = (t > 1 - 1e-9) & (t < 3 - 1e-9)
    assert np.allclose(got[:, 0], np.where(inside, formula(t), 0), rtol=1e-9, atol=1e-8)
    assert np.array_equal(got[:, 0], got[:, 1])


def test_values_of_an_expression_for_each_neuron_of_a_view():
    net = sp.Network(dt=DT * ms)
    cells = net.population(
        "cells", 4, sp.neuron("dv/dt = (I/pA)*mV/ms : mV", I=sp.port(pA), method="euler")
    )
    net.stimulate(cells[[3, 1]], sp.expression("A*t/T", A=[1, 2] * pA, T=[1, 4] * ms))
    v = net.run(1 * ms, "numpy", precision="float64")["cells"].final["v"]
    assert np.allclose(v, [0, 0.225, 0, 0.45])


# what is refused


def spiking(stimulus):
    net = sp.Network(dt=DT * ms)
    net.population("source", 3, stimulus)
    return net


def arriving(stimulus):
    net = sp.Network(dt=DT * ms)
    net.stimulate(net.population("cell", 3, sp.neurons.LIF()), stimulus, weight=1 * mV)
    return net


def flowing(stimulus):
    net = sp.Network(dt=DT * ms)
    net.stimulate(net.population("cell", 3, sp.neurons.LIF()), stimulus)
    return net


@pytest.mark.parametrize("make", [spiking, arriving])
@pytest.mark.parametrize(
    "stimulus, words",
    [
        (sp.poisson(-3 * Hz), ["rate can't be negative"]),
        (sp.poisson("20*mV"), ["must be in 1/ms"]),
        (sp.poisson("20*Hz*sin(x)"), ["unknown name 'x'"]),
        (sp.poisson(sp.dc(5 * pA)), ["rate, amplitude"]),
        (sp.poisson(3 * ms), ["a time; expected a rate"]),
        (
            sp.poisson_dead_time(100 * Hz, 12 * ms),
            ["rate = 0.1 1/ms", "dead_time = 12 ms", "mean interval"],
        ),
        (sp.poisson_dead_time(100 * Hz, -1 * ms), ["dead_time can't be negative"]),
        (sp.gamma_process(10 * Hz, shape=2.5), ["shape = 2.5", "whole numbers"]),
        (sp.gamma_process(10 * Hz, shape=0), ["shape must be above 0"]),
        (sp.gamma_process(2e4 * Hz, shape=2), ["rate = 20 1/ms", "at most one fits"]),
        (sp.correlated_poisson(10 * Hz, p_copy=1.2), ["p_copy = 1.2", "a probability"]),
        (sp.correlated_poisson(10 * Hz, p_copy=0), ["p_copy must be above 0"]),
        (sp.correlated_poisson(100 * Hz, p_copy=0.001), ["p_copy = 0.001", "at most one fits"]),
        (sp.correlated_poisson([1, 2, 3] * Hz, p_copy=[0.1, 2, 0.3]), ["p_copy = 2 at 1"]),
        (sp.poisson(3 * Hz, start=5 * ms, stop=4 * ms), ["no step is left"]),
        (sp.gamma_process(-1 * Hz, shape=1.5, start=3 * mV), ["negative", "whole", "start"]),
    ],
)
def test_nonsense_of_trains_is_refused_all_at_once(stimulus, words, make):
    with pytest.raises(sp.SpikesimError) as fault:
        make(stimulus).compile("numpy")
    assert all(word in str(fault.value) for word in words), fault.value


@pytest.mark.parametrize(
    "make, stimulus, words",
    [
        (flowing, sp.ramp(0 * pA, 1 * pA), ["give stop="]),
        (flowing, sp.ramp(0 * pA, 1 * pA, start=5 * ms, stop=2 * ms), ["no step is left"]),
        (flowing, sp.white_noise(0 * pA, -1 * pA), ["std can't be negative"]),
        (flowing, sp.white_noise(0 * pA, 1 * pA, dt=0.25 * ms), ["a multiple of the network's"]),
        (flowing, sp.white_noise(0 * pA, 1 * pA, std_modulation=2 * pA, frequency=1 * Hz),
         ["std_modulation = 2 pA", "variance"]),
        (flowing, sp.white_noise(0 * pA, 1 * pA, std_modulation=1 * pA), ["but no frequency"]),
        (flowing, sp.white_noise(0 * pA, 1 * pA, frequency=1 * Hz), ["no std_modulation"]),
        (flowing, sp.ornstein_uhlenbeck(0 * pA, 1 * pA, 0 * ms), ["tau must be above 0"]),
        (flowing, sp.ornstein_uhlenbeck(0 * mV, -1 * pA, 0 * ms), ["mean", "sigma", "tau"]),
        (flowing, sp.sine(1 * pA, -2 * Hz), ["frequency can't be negative"]),
        (flowing, sp.expression("A*t", A=1 * pA), ["must be in pA"]),
        (spiking, sp.pulse_packet([1] * ms, sdev=5 * ms, activity=50), ["before the first step"]),
        (spiking, sp.pulse_packet([10] * ms, sdev=-5 * ms), ["sdev"]),
        (spiking, sp.pulse_packet([10] * mV, sdev=5 * mV, activity=0), ["times", "sdev", "activ"]),
        (spiking, sp.poisson(5 * Hz, n=3), ["a source is one train"]),
    ],
)  # fmt: skip
def test_nonsense_of_currents_and_packets_is_refused(make, stimulus, words):
    with pytest.raises(sp.SpikesimError) as fault:
        make(stimulus).compile("numpy")
    assert all(word in str(fault.value) for word in words), fault.value


@pytest.mark.parametrize("shared", [False, True])
def test_coloured_noise_that_is_looked_at(shared):
    """A port is recorded when a step begins: the noise takes its step then, and once only."""

    def net(looked_at):
        net = sp.Network(dt=0.1 * ms, seed=2)
        cells = net.population("cells", 3, sp.neurons.AdEx())
        net.stimulate(cells, sp.ornstein_uhlenbeck(500 * pA, 200 * pA, 5 * ms, shared=shared))
        net.record(cells, ["v", "I"] if looked_at else "v")
        return net

    results = [net(True).compile(b, conformance=True).run(300 * ms) for b in ("numpy", FAST)]
    plain = net(False).compile("numpy", conformance=True).run(300 * ms)["cells"]
    for result in results:
        current = result["cells"].I.values
        assert np.array_equal(result["cells"].v.values, plain.v.values)
        assert np.array_equal(current, results[0]["cells"].I.values)
        assert (len(np.unique(current[0])) == 1) == shared
    size = 1 if shared else 3
    changes = current[1:, :size] - 500 - np.exp(-0.1 / 5) * (current[:-1, :size] - 500)
    assert changes.std() == pytest.approx(200 * np.sqrt(1 - np.exp(-0.2 / 5)), rel=0.05)

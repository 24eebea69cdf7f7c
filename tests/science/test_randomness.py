"""What is drawn follows its law: Poisson sources and counts, delays. Seeds are fixed, so the tests
are not random."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import spikesim as sp
from spikesim.backends import find, names
from spikesim.units import Hz, ms, mV

BACKENDS = [name for name in names() if not find(name).unavailable()]
DT = 0.1


def fits(observed, expected):
    """p of the chi-square test for frequencies in proportion to `expected`; rare classes are put
    together."""
    observed, expected = np.asarray(observed, float), np.asarray(expected, float)
    expected = expected * observed.sum() / expected.sum()
    keep = expected >= 10
    observed = np.append(observed[keep], observed[~keep].sum())
    expected = np.append(expected[keep], expected[~keep].sum())
    if expected[-1] < 10:
        observed, expected = observed[:-1], expected[:-1]
    return stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue


@pytest.mark.parametrize("backend", BACKENDS)
def test_poisson_sources(backend):
    n, duration, rates = 600, 500.0, np.repeat([20.0, 150.0], 300)
    net = sp.Network(dt=DT * ms, seed=3)
    source = net.population("source", n, sp.neurons.Poisson(rate=rates * Hz))
    net.record(source, "spikes")
    spikes = net.run(duration * ms, backend)["source"].spikes
    counts = np.bincount(spikes.i, minlength=n)
    steps = round(duration / DT)
    for rate in (20.0, 150.0):
        p, mine = rate * DT * 1e-3, counts[rates == rate]
        law = stats.binom(steps, p)
        error = np.sqrt(law.var() / len(mine))
        assert abs(mine.mean() - law.mean()) < 3.5 * error
        assert stats.chi2.cdf((mine.var() * len(mine)) / law.var(), len(mine) - 1) == pytest.approx(
            0.5, abs=0.499
        )
        most = int(law.ppf(1 - 1e-9))
        observed = np.bincount(np.minimum(mine, most), minlength=most + 1)
        assert fits(observed, law.pmf(np.arange(most + 1)) * len(mine)) > 1e-3
    # Intervals are geometric: no memory.
    trains = [t for t in spikes.trains()[300:] if len(t) > 1]
    intervals = np.round(np.concatenate([np.diff(t) for t in trains]) / DT).astype(int)
    assert intervals.min() == 1
    p, length = 150.0 * DT * 1e-3, np.arange(1, 400)
    observed = np.bincount(intervals)[1:400]
    assert fits(observed, (1 - p) ** length * (steps - length)) > 1e-3  # they start in time to end
    # Every step alike.
    found = np.round(spikes.t / DT).astype(int) - 1
    assert fits(np.bincount(found * 20 // steps, minlength=20), np.ones(20)) > 1e-3


@pytest.mark.parametrize("mean", [0.08, 3.0, 60.0])
@pytest.mark.parametrize("backend", BACKENDS)
def test_superposed_counts(backend, mean):
    """n trains as one count a step: Poisson, independent from step to step and between neurons."""
    n, steps, trains = 40, 500, 100
    net = sp.Network(dt=DT * ms, seed=11)
    cell = net.population("cell", n, sp.neuron("", v=sp.state(0 * mV)))
    rate = mean / trains / DT * 1e3
    net.stimulate(cell, sp.poisson(rate=rate * Hz, n=trains), weight=1 * mV)
    net.record(cell, "v")
    v = net.run(steps * DT * ms, backend, precision="float64")["cell"].v.values
    counts = np.diff(v, axis=0)
    assert (counts == np.round(counts)).all()
    counts = counts.astype(int)
    law = stats.poisson(mean)
    error = np.sqrt(mean / counts.size)
    assert abs(counts.mean() - mean) < 3.5 * error
    # The variance of a sample variance: (mean + 2 mean^2)/size for a Poisson law.
    assert abs(counts.var() - mean) < 3.5 * np.sqrt((mean + 2 * mean**2) / counts.size)
    observed = np.bincount(counts.ravel())
    assert fits(observed, law.pmf(np.arange(len(observed))) * counts.size) > 1e-3
    for a, b in [(counts[1:], counts[:-1]), (counts[:, 1:], counts[:, :-1])]:
        correlation = np.corrcoef(a.ravel(), b.ravel())[0, 1]
        assert abs(correlation) < 3.5 / np.sqrt(a.size)


def drawn_delays(delay, n=300):
    net = sp.Network(dt=DT * ms, seed=2)
    cell = net.population("cell", n, sp.neurons.LIF())
    net.project(cell, cell, sp.all_to_all(), weight=1 * mV, delay=delay)
    lowered = net.compile("numpy").lowered
    return np.asarray(lowered.delivery.rows.delay)


@pytest.mark.parametrize(
    "mean, sd, low, high", [(1.5, 0.75, 0.1, None), (0.75, 0.375, 0.1, None), (2.0, 3.0, 0.5, 3.0)]
)
def test_delays_follow_the_truncated_normal_law(mean, sd, low, high):
    """The part of the law that rounds to each step, after redrawing what lies outside."""
    bounds = {"low": low * ms} | ({"high": high * ms} if high else {})
    delays = drawn_delays(sp.normal(mean * ms, sd * ms, **bounds))
    top = np.inf if high is None else high
    law = stats.truncnorm((low - mean) / sd, (top - mean) / sd, loc=mean, scale=sd)
    steps = np.arange(delays.max() + 2)
    expected = law.cdf((steps + 0.5) * DT) - law.cdf((steps - 0.5) * DT)
    observed = np.bincount(delays, minlength=len(steps))
    assert (observed[expected == 0] == 0).all() and delays.min() >= round(low / DT)
    assert fits(observed, expected * len(delays)) > 1e-3


def test_lognormal_and_uniform_delays():
    steps = np.arange(2000)
    delays = drawn_delays(sp.lognormal(1.2 * ms, 0.5))
    law = stats.lognorm(0.5, scale=1.2)
    expected = law.cdf((steps + 0.5) * DT) - law.cdf((steps - 0.5) * DT)
    assert fits(np.bincount(delays, minlength=2000), expected * len(delays)) > 1e-3
    delays = drawn_delays(sp.uniform(0.5 * ms, 2.5 * ms))
    observed = np.bincount(delays)
    assert (observed[:5] == 0).all() and len(observed) == 26
    # The first and the last step are reached from one side only.
    assert fits(observed[5:], np.r_[0.5, np.ones(19), 0.5]) > 1e-3

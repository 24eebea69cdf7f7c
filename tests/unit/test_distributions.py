"""Distributions: their laws against SciPy's, their draws a function of the counters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spikesim.distributions import check, lognormal, normal, uniform
from spikesim.units import DIMENSIONLESS, VOLTAGE, mV, volt

N = 20_000


def draws(distribution, seed=1, stream=5, n=N):
    return distribution.draw(seed, stream, np.arange(n), 0)


def truncated(law, low, high):
    """The law of 'redraw until inside': its cumulative distribution."""
    below, upto = law.cdf(low), law.cdf(high)
    return lambda x: np.clip((law.cdf(x) - below) / (upto - below), 0, 1)


INF = np.inf
LAWS = {
    "uniform": (uniform(-3.0, 5.0), stats.uniform(-3, 8).cdf),
    "normal": (normal(2.0, 0.5), stats.norm(2, 0.5).cdf),
    "normal, low": (normal(1.5, 0.75, low=0.1), truncated(stats.norm(1.5, 0.75), 0.1, INF)),
    "normal, both": (normal(0.0, 1.0, -0.5, 2.0), truncated(stats.norm(0, 1), -0.5, 2)),
    "normal, upper tail": (normal(0.0, 1.0, low=4.0), truncated(stats.norm(0, 1), 4, INF)),
    "normal, lower tail": (normal(0.0, 1.0, high=-4.0), truncated(stats.norm(0, 1), -INF, -4)),
    "lognormal": (lognormal(3.0, 0.7), stats.lognorm(0.7, scale=3).cdf),
    "lognormal, both": (
        lognormal(3.0, 0.7, 1.0, 4.0),
        truncated(stats.lognorm(0.7, scale=3), 1, 4),
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_laws_are_those_of_scipy(name):
    distribution, cdf = LAWS[name]
    assert not distribution.faults()
    assert stats.kstest(draws(distribution), cdf).pvalue > 1e-3


def test_truncated_is_the_law_of_redrawing():
    generator = np.random.default_rng(0)
    redrawn = generator.normal(1.5, 0.75, size=4 * N)
    redrawn = redrawn[redrawn >= 1.2][:N]
    assert stats.ks_2samp(draws(normal(1.5, 0.75, low=1.2)), redrawn).pvalue > 1e-3


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-100, 100),
    st.floats(1e-3, 100),
    st.floats(-3, 3),
    st.floats(0.1, 3),
    st.integers(0, 2**32 - 1),
)
def test_bounds_hold_exactly(mean, sd, low, width, seed):
    bounded = normal(mean, sd, low=mean + low * sd, high=mean + (low + width) * sd)
    values = draws(bounded, seed, n=2000)
    assert values.min() >= bounded.low and values.max() <= bounded.high
    assert bounded.lowest() == bounded.low


def test_the_top_of_a_bounded_law_is_finite():
    """The last possible uniform number, mapped into the upper half, would round to 1."""
    last = np.array([1 - 2.0**-53])
    assert np.isfinite(normal(0.0, 1.0, low=0.0).quantile(last)).all()
    assert np.isfinite(lognormal(1.0, 1.0, low=1.0).quantile(last)).all()


def test_no_width():
    assert (draws(normal(3.0, 0.0), n=10) == 3).all()
    assert (draws(normal(3.0, 0.0, low=3.0), n=10) == 3).all()
    assert (draws(lognormal(3.0, 0.0), n=10) == 3).all()
    assert (draws(uniform(3.0, 3.0), n=10) == 3).all()
    assert not normal(3.0, 0.0, low=3.0).faults()


@pytest.mark.parametrize("name", LAWS)
def test_draws_are_a_function_of_seed_stream_and_counters(name):
    distribution, _ = LAWS[name]
    whole = draws(distribution, n=100)
    some = np.array([97, 3, 3, 50])
    assert np.array_equal(distribution.draw(1, 5, some, 0), whole[some])
    assert np.array_equal(draws(distribution, n=100), whole)
    others = (
        draws(distribution, seed=2, n=100),
        draws(distribution, stream=6, n=100),
        distribution.draw(1, 5, np.arange(100), 1),
    )
    for other in others:
        assert not np.isin(other, whole).any()


def test_units_go_once():
    plain = normal(-60 * mV, 0.005 * volt, low=-70 * mV).stripped(VOLTAGE, "v")
    assert (plain.mean, plain.sd, plain.low, plain.high) == (-60.0, 5.0, -70.0, None)
    assert lognormal(1 * mV, 0.5).stripped(VOLTAGE, "w").sigma == 0.5
    assert uniform(0, 1).stripped(DIMENSIONLESS, "x") == uniform(0.0, 1.0)


def test_infinite_bounds_are_no_bounds():
    open_ended = normal(0.0, 1.0, low=-INF, high=INF)
    assert not check(open_ended, "x")
    assert np.array_equal(draws(open_ended, n=50), draws(normal(0.0, 1.0), n=50))
    assert check(normal(0.0, 1.0, low=INF), "x")
    assert check(uniform(-INF, 1.0), "x")

"""The cortical microcircuit at full scale under the constant drive, against NEST; and the measures
by which they are compared."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from spikesim.native import why_missing
from spikesim.results import Spikes
from spikesim.units import ms

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "examples"))

import microcircuit


@pytest.fixture(scope="module")
def agreement() -> Iterator[ModuleType]:
    """benchmarks/agreement.py: a script of a folder, not of a package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        yield importlib.import_module("agreement")


def spikes_of(trains: list[np.ndarray], duration: float = 10_500.0) -> Spikes:
    """Spikes of neurons that fire at these times, ms."""
    i = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
    t = np.concatenate(trains)
    order = np.lexsort((i, t))
    return Spikes(t[order], i[order], np.arange(len(trains)), duration)


def test_measures_of_known_trains(agreement):
    early, late = np.array([100.0, 500.0]), np.array([10_500.0])  # the first two do not count
    trains = [
        np.concatenate([early, [600.0, 610.0, 640.0]]),  # intervals of 10 and 30 ms
        np.array([700.0, 800.0]),
        early,
        np.concatenate([[500.1], late]),
    ]
    rate, cv, correlation = agreement.measures(spikes_of(trains))
    np.testing.assert_allclose(rate, [0.3, 0.2, 0.0, 0.2])
    np.testing.assert_allclose(cv, [10 / 20])
    # No two fire in one bin: the product of the mean counts, over that of their deviations.
    p, q = np.array([3, 3, 2]) / 5000, np.array([2, 2, 2]) / 5000
    expected = -np.sqrt(p * q / ((1 - p) * (1 - q)))
    np.testing.assert_allclose(np.sort(correlation), np.sort(expected))


@pytest.mark.parametrize("times, alike", [((502.0, 500.1), True), ((502.0, 502.1), False)])
def test_a_bin_holds_its_end_but_not_its_start(agreement, times, alike):
    spikes = spikes_of([np.array([time]) for time in times])
    (found,) = agreement.measures(spikes)[2]
    assert found == pytest.approx(1.0 if alike else -1 / 4999)


def test_250_of_those_that_fired_are_compared_in_pairs(agreement):
    rng = np.random.default_rng(1)
    trains = [np.sort(rng.uniform(501, 10_499, 5)) if k % 3 else np.array([]) for k in range(900)]
    a, b, c = (agreement.measures(spikes_of(trains), seed)[2] for seed in (1, 1, 2))
    assert len(a) == 250 * 249 // 2 and np.isfinite(a).all()
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_distance_and_quantiles(agreement):
    rng = np.random.default_rng(2)
    x, y = rng.normal(0, 1, 20_000), rng.normal(0.1, 1, 20_000)
    apart = 0.0398782  # of the distribution functions, at 0.05
    assert agreement.distance(x, y) == pytest.approx(apart, abs=0.015)
    for values in (x, rng.poisson(3, 20_000) / 10):
        # As near as 1000 of 20,000 can be, up to rounding, which may part a few.
        assert agreement.distance(values, agreement.quantiles(values)) < 1 / 2000 + 3 / 20_000
    assert agreement.distance(x, x) == 0 and agreement.distance(x, x + 100) == 1


def test_reference_is_that_of_the_constant_drive(agreement):
    kept = np.load(agreement.FILE)
    stated = [0.918, 2.966, 4.187, 5.705, 8.043, 8.465, 1.114, 7.650]
    np.testing.assert_allclose(kept["means"], stated, atol=5e-4)
    assert kept["sizes"][:, 0].tolist() == microcircuit.SIZES.tolist()
    np.testing.assert_allclose(kept["quantiles"][:, 0].mean(axis=1), kept["means"], rtol=5e-3)


def test_a_short_run_is_compared_by_its_mean_rates_only(agreement):
    results = microcircuit.network(0.01).run(600 * ms)
    found = agreement.compare(results)
    assert found["distances"] == [] and found["means"][0] == results["L23E"].spikes.rate(500)


def test_a_comparison_as_table_and_rows(agreement):
    means, distances = agreement.OTHER_MEANS.tolist(), agreement.OTHER_DISTANCES.tolist()
    other = {"means": means, "distances": distances}
    lines = agreement.text(other).splitlines()
    assert "  ".join(lines[1].split()) == (
        "L23E  0.929  0.918  +1.2  (+1.2)  0.012  (0.012)  0.008  (0.008)  0.065  (0.065)"
    )
    assert len(lines) == 10 and "D of" not in agreement.text(other | {"distances": []})
    rows = agreement.rows("net", other, "-float64")
    assert [row.name for row in rows[:4]] == [
        "net-L23E-rate-float64", "net-L23E-D-rate-float64", "net-L23E-D-cv-float64",
        "net-L23E-D-correlation-float64",
    ]  # fmt: skip
    assert len(rows) == 32 and all(row.ratio == 1 for row in rows if "-D-" in row.name)
    assert len(agreement.rows("net", other | {"distances": []})) == 8


# The largest distance of two distributions of correlation, among 16 to 400 pairs of 250 neurons in
# one run of ours and 250 in one with another seed: few neurons, so large distances.
CORRELATION_SPREAD = [0.106, 0.080, 0.077, 0.083, 0.100, 0.054, 0.125, 0.039]


@pytest.mark.slow
@pytest.mark.skipif(bool(why_missing()), reason="too slow and large without the C++ kernels")
def test_full_scale_has_the_rates_and_distributions_of_nest(agreement):
    """As long as NEST's run, since a distribution depends on how long one looks.

    The network is that of seed 1. Others differ by more than the sampling error of one run: NEST's
    two seeds by 2.3% in L6E, and seed 2 has 5.6% more than NEST in L23E, 3.9% less in L6E, and
    a distribution of rates in L23E just beyond what is allowed here.
    """
    results = microcircuit.network(1.0, drive="dc", seed=1).run(agreement.STOP * ms)
    found, kept = agreement.compare(results), np.load(agreement.FILE)
    said = agreement.text(found)

    # 3%, and three standard errors of the mean of 10 s, from that of its seconds: a machine that
    # rounds otherwise takes another path through the same network.
    starts = np.arange(agreement.START, agreement.STOP, 1000.0)
    seconds = np.array([
        [results[p].spikes.rate(start, start + 1000.0) for start in starts]
        for p in agreement.POPULATIONS
    ])  # fmt: skip
    error = seconds.std(axis=1, ddof=1) / np.sqrt(len(starts))
    apart = np.abs(found["means"] - kept["means"])
    assert np.all(apart < 0.03 * kept["means"] + 3 * error), said

    # In units of what so many neurons let one expect, two seeds of NEST, and seeds 1 and 2 of
    # ours, are at most 1.7 apart in any population; half as much again is allowed.
    expected = np.sqrt(2 / kept["sizes"])[:, :2]
    allowed = 1.5 * np.max(agreement.OTHER_DISTANCES[:, :2] / expected) * expected
    distances = np.array(found["distances"])
    assert np.all(distances[:, :2] < allowed), said
    assert np.all(distances[:, 2] < CORRELATION_SPREAD), said

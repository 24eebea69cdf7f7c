"""Statistics of spikes and traces: what is known of Poisson, periodic and sinusoidal data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikesim.errors import DimensionError, ParameterError
from spikesim.results import Spikes, Trace
from spikesim.units import Hz, mV, second
from spikesim.units import ms as msec

DT = 0.1


def made(trains: list[np.ndarray], duration: float) -> Spikes:
    """Spikes of neurons 0, 1 ..., from the numbers of their steps."""
    t = np.concatenate([(np.asarray(n, dtype=int) + 1) * DT for n in trains])
    i = np.repeat(np.arange(len(trains)), [len(n) for n in trains])
    order = np.lexsort((i, t))
    return Spikes(t[order], i[order], np.arange(len(trains)), duration)


def poisson(neurons: int, duration: float, chance: float) -> Spikes:
    rng = np.random.default_rng(3)
    steps = round(duration / DT)
    return made([np.flatnonzero(rng.random(steps) < chance) for _ in range(neurons)], duration)


def test_poisson_has_cv_and_fano_of_one_and_no_correlation() -> None:
    spikes = poisson(20, 100_000, 0.002)  # 20 spikes/s; CV is sqrt(1 - p), Fano 1 - p
    assert np.mean(spikes.cv()) == pytest.approx(1, abs=0.02)
    assert np.mean(spikes.fano(100)) == pytest.approx(1, abs=0.03)
    pairs = spikes.correlation(5 * msec)
    assert len(pairs) == 190 and abs(pairs.mean()) < 0.003
    density = spikes.spectrum(1 * msec)
    # A Poisson process is white: 2*rate/neurons, one-sided.
    assert np.mean(density.power[5:-5]) == pytest.approx(2 * spikes.rate() / 20, rel=0.03)
    assert density.unit == "(spikes/s)^2/Hz" and density.frequency[-1] == 500
    assert repr(density) == "Spectrum: [501] in (spikes/s)^2/Hz, up to 500 Hz"


def test_periodic_trains() -> None:
    spikes = made([np.arange(99, 10_000, 100), np.arange(49, 10_000, 100), []], 1000)
    assert [len(gaps) for gaps in spikes.isi()] == [99, 99, 0]
    np.testing.assert_allclose(spikes.isi()[0], 10)
    np.testing.assert_allclose(spikes.cv(), [0, 0, np.nan], atol=1e-9)
    np.testing.assert_array_equal(spikes.fano(50), [0, 0, np.nan])
    psth = spikes.psth(np.arange(100, 900, 100) * msec, 10, 20, 5)
    assert psth.unit == "spikes/s" and list(psth.t) == [-10, -5, 0, 5, 10, 15]
    # Spikes at multiples of 10 ms end a bin, those at 5 ms more too.
    np.testing.assert_allclose(psth.values[:, 0], [0, 200, 0, 200, 0, 200])
    np.testing.assert_allclose(psth.values[:, 1], [200, 0, 200, 0, 200, 0])
    assert not psth.values[:, 2].any()
    (pair,) = spikes.correlation(5)
    assert pair == pytest.approx(-1)
    np.testing.assert_array_equal(spikes.correlation(10), [np.nan])  # one spike in every bin


@given(st.lists(st.sets(st.integers(0, 199)), min_size=1, max_size=4), st.integers(1, 60),
       st.integers(0, 100))  # fmt: skip
def test_bins_hold_their_end(steps: list[set[int]], width: int, first: int) -> None:
    spikes = made([np.array(sorted(one)) for one in steps], 200 * DT)
    if width > 200 - first:
        with pytest.raises(ParameterError, match=r"bin is .*expected at most the"):
            spikes.binned(width * DT, first * DT)
        return
    counts = spikes.binned(width * DT, first * DT)
    bins = (200 - first) // width
    expected = [
        [len([n for n in one if first + k * width <= n < first + (k + 1) * width])
         for k in range(bins)]
        for one in steps
    ]  # fmt: skip
    np.testing.assert_array_equal(counts, np.reshape(expected, (len(steps), bins)))


def test_spectrum_of_a_sine() -> None:
    t = np.arange(0, 4000, 0.5)
    wave = 3 * np.sin(2 * np.pi * 20e-3 * t)
    trace = Trace(t, np.stack([wave, 0 * wave], axis=1).astype(np.float32), "mV", np.arange(2))
    density = trace.spectrum()
    assert density.power.shape == (1001, 2) and density.unit == "mV^2/Hz" and len(density) == 1001
    assert density.frequency[density.power[:, 0].argmax()] == 20
    step = density.frequency[1]
    assert density.power[:, 0].sum() * step == pytest.approx(4.5, rel=1e-3)  # the variance
    assert trace.spectrum(segment=0.5 * second).frequency[1] == 2
    assert len(trace.spectrum(1000, 1500)) == 501
    assert Trace(t, wave, "1", np.arange(1)).spectrum().unit == "1/Hz"


def test_what_can_not_be_counted() -> None:
    spikes = poisson(2, 100, 0.01)
    with pytest.raises(ParameterError, match=r"bin is 0 ms; expected more than 0"):
        spikes.binned(0)
    with pytest.raises(DimensionError, match=r"bin: got 5 hertz"):
        spikes.correlation(5 * Hz)
    with pytest.raises(ParameterError, match=r"only one window of 60 ms fits"):
        spikes.fano(60)
    assert len(spikes.correlation(1, n=1)) == 0
    with pytest.raises(ParameterError, match=r"before is 7 ms; expected a whole number of bins"):
        spikes.psth([50], 7, 10, 2)
    with pytest.raises(ParameterError, match=r"an event is at 95 ms; expected events whose time"):
        spikes.psth([50, 95] * msec, 10, 10, 2)
    with pytest.raises(ParameterError, match=r"0 events, 10 bins"):
        spikes.psth([], 10, 10, 2)
    with pytest.raises(ParameterError, match=r"events: expected times, such as"):
        spikes.psth(["now"], 10, 10, 2)
    with pytest.raises(DimensionError, match=r"events: got .*expected a quantity in ms"):
        spikes.psth([1, 2] * mV, 10, 10, 2)
    trace = Trace(np.array([0.0, 1.0, 5.0]), np.zeros(3), "mV", np.arange(1))
    with pytest.raises(ParameterError, match=r"3 samples; expected at least two, evenly spaced"):
        trace.spectrum()
    with pytest.raises(ParameterError, match=r"segment is 200 ms; expected two samples of 1 ms"):
        spikes.spectrum(segment=200)


@pytest.mark.filterwarnings("ignore")
def test_as_elephant_defines_them() -> None:
    elephant = pytest.importorskip("elephant.statistics")
    conversion = pytest.importorskip("elephant.conversion")
    matrices = pytest.importorskip("elephant.spike_train_correlation")
    neo, pq = pytest.importorskip("neo"), pytest.importorskip("quantities")
    spikes = poisson(4, 10_000, 0.002)
    # Half a step earlier, no spike is on the edge of a bin.
    trains = [neo.SpikeTrain((t - DT / 2) * pq.ms, t_stop=10_000 * pq.ms) for t in spikes.trains()]
    np.testing.assert_allclose(spikes.cv(), [elephant.cv(elephant.isi(t)) for t in trains])
    for train, fano in zip(trains, spikes.fano(500), strict=True):
        parts = [train.time_slice(k * 500 * pq.ms, (k + 1) * 500 * pq.ms) for k in range(20)]
        assert elephant.fanofactor(parts) == pytest.approx(fano)
    matrix = matrices.correlation_coefficient(conversion.BinnedSpikeTrain(trains, 5 * pq.ms))
    np.testing.assert_allclose(spikes.correlation(5), matrix[np.triu_indices(4, 1)])

"""Results: trains, rates and CVs against plain loops; views in any order; times with units."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikesim.errors import DimensionError, ParameterError, UnknownNameError
from spikesim.results import PopulationResult, Results, Spikes, Trace, milliseconds
from spikesim.units import ms, mV, second

DT = 0.1


@st.composite
def recordings(draw: st.DrawFn) -> Spikes:
    """Spikes as a run gives them: sorted by (step, place in the view), numbers by the view."""
    size = draw(st.integers(1, 8))
    view = draw(st.permutations(range(size)))[: draw(st.integers(0, size))]
    neurons = np.array(view, dtype=np.int64)
    steps = draw(st.integers(1, 40))
    found = (
        draw(st.sets(st.tuples(st.integers(0, steps - 1), st.sampled_from(view)))) if view else ()
    )
    order = sorted(found, key=lambda one: (one[0], view.index(one[1])))
    t = np.array([(n + 1) * DT for n, _ in order], dtype=float)
    return Spikes(t, np.array([i for _, i in order], dtype=np.int64), neurons, steps * DT)


@given(recordings())
def test_trains(spikes: Spikes) -> None:
    trains = spikes.trains()
    assert len(trains) == len(spikes.neurons)
    for number, train in zip(spikes.neurons, trains, strict=True):
        assert list(train) == [t for t, i in zip(spikes.t, spikes.i, strict=True) if i == number]


@given(recordings(), st.integers(0, 45))
def test_counts_and_rates(spikes: Spikes, first: int) -> None:
    # A label on the start belongs to the step before it, whatever 3*0.1 rounds to.
    start = first / 10
    step = np.rint(spikes.t / DT)
    counts = [sum((spikes.i == n) & (step > first)) for n in spikes.neurons]
    assert list(spikes.counts(start)) == counts
    if start >= spikes.duration:
        with pytest.raises(ParameterError, match=r"start earlier"):
            spikes.rates(start)
        return
    expected = np.array(counts) / (spikes.duration - start) * 1000
    np.testing.assert_allclose(spikes.rates(start), expected)
    mean = sum(expected) / len(expected) if len(expected) else 0.0
    assert spikes.rate(start) == pytest.approx(mean)


@given(recordings(), st.integers(0, 20), st.integers(1, 5))
def test_cv(spikes: Spikes, first: int, at_least: int) -> None:
    expected = []
    for number in spikes.neurons:
        train = [t for t, i in zip(spikes.t, spikes.i, strict=True) if i == number]
        train = [t for t in train if round(t / DT) > first]
        if len(train) >= max(2, at_least):
            gaps = [b - a for a, b in pairwise(train)]
            mean = sum(gaps) / len(gaps)
            expected.append((sum((g - mean) ** 2 for g in gaps) / len(gaps)) ** 0.5 / mean)
    np.testing.assert_allclose(spikes.cv(first / 10, at_least), expected, atol=1e-9)


def nothing(neurons: int = 3) -> Spikes:
    return Spikes(np.empty(0), np.empty(0, np.int64), np.arange(neurons), 10.0)


def test_no_spikes() -> None:
    silent = nothing()
    assert len(silent) == 0
    assert [len(t) for t in silent.trains()] == [0, 0, 0]
    assert list(silent.rates()) == [0, 0, 0]
    assert silent.rate() == 0
    assert silent.cv().shape == (0,)


def test_times_with_units_or_in_ms() -> None:
    spikes = Spikes(np.array([1.0, 5.0]), np.array([0, 0]), np.arange(1), 10.0)
    assert spikes.rate(2 * ms) == spikes.rate(2.0) == pytest.approx(1000 / 8)
    assert milliseconds(0.5 * second, "start") == 500
    with pytest.raises(DimensionError, match=r"start: got 5 .*expected a quantity in ms"):
        spikes.rate(5 * mV)
    for odd in (np.nan, True, [1.0, 2.0]):
        with pytest.raises(ParameterError, match=r"start is .*expected a time, such as 100"):
            spikes.rate(odd)


def results() -> Results:
    trace = Trace(np.arange(3.0), np.arange(6.0).reshape(3, 2), "mV", np.array([4, 1]))
    recorded = {"spikes": nothing(), "v": trace, "ampa.I": trace}
    silent = PopulationResult("inh")
    return Results({"exc": PopulationResult("exc", recorded), "inh": silent}, 10.0, DT, 1, "numpy")


def test_names_of_what_was_recorded() -> None:
    run = results()
    assert list(run) == ["exc", "inh"]
    assert len(run) == 2
    assert run["exc"].v is run["exc"]["v"]
    assert run["exc"]["ampa.I"].unit == "mV"
    assert {"spikes", "v"} <= set(dir(run["exc"]))
    with pytest.raises(UnknownNameError, match=r"no population 'ecx'; did you mean 'exc'"):
        run["ecx"]
    with pytest.raises(
        UnknownNameError, match=r"'w' was recorded of population 'exc'; recorded were"
    ):
        run["exc"]["w"]
    with pytest.raises(
        AttributeError, match=r"nothing called 'spikes'.*nothing was; record it with"
    ):
        run["inh"].spikes  # noqa: B018
    assert not hasattr(run["inh"], "__len__")


def test_a_trace_is_an_array() -> None:
    trace = results()["exc"].v
    assert len(trace) == 3
    assert np.asarray(trace).shape == (3, 2)
    assert np.mean(trace) == 2.5


def test_results_as_text() -> None:
    text = repr(results())
    assert text.startswith("Results of 10 ms on numpy, dt 0.1 ms\n  exc.spikes: 0 spikes of 3")
    assert "exc.v: [3, 2] in mV" in text
    assert "inh" not in text
    assert repr(results()["inh"]) == "inh: nothing recorded"
    of_no_time = Spikes(np.empty(0), np.empty(0, np.int64), np.arange(3), 0.0)
    assert (
        repr(PopulationResult("exc", {"spikes": of_no_time})) == "exc.spikes: 0 spikes of 3 neurons"
    )

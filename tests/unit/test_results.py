"""Results: trains, rates and CVs against plain loops; views in any order; times with units."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikesim as sp
from spikesim.errors import DimensionError, ParameterError, UnknownNameError
from spikesim.results import Connections, PopulationResult, Results, Spikes, Trace, milliseconds
from spikesim.units import Hz, ms, mV, pA, second

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


@given(recordings(), st.integers(0, 45), st.none() | st.integers(0, 45))
def test_counts_and_rates(spikes: Spikes, first: int, last: int | None) -> None:
    # A label on the start belongs to the step before it, whatever 3*0.1 rounds to.
    start, steps = first / 10, round(spikes.duration / DT)
    stop = None if last is None else min(max(first, last), steps) / 10
    if stop is not None and stop < start:
        with pytest.raises(ParameterError, match=r"stop is .* before start"):
            spikes.counts(start, stop)
        return
    end = steps if stop is None else round(stop / DT)
    step = np.rint(spikes.t / DT)
    counts = [sum((spikes.i == n) & (step > first) & (step <= end)) for n in spikes.neurons]
    assert list(spikes.counts(start, stop)) == counts
    if first >= end:
        with pytest.raises(ParameterError, match=r"start earlier"):
            spikes.rates(start, stop)
        return
    length = (spikes.duration if stop is None else stop) - start
    expected = np.array(counts) / length * 1000
    np.testing.assert_allclose(spikes.rates(start, stop), expected)
    mean = sum(expected) / len(expected) if len(expected) else 0.0
    assert spikes.rate(start, stop) == pytest.approx(mean)


@given(recordings(), st.integers(0, 20), st.none() | st.integers(20, 40), st.integers(1, 5))
def test_cv(spikes: Spikes, first: int, last: int | None, at_least: int) -> None:
    steps = round(spikes.duration / DT)
    end = steps if last is None else min(last, steps)
    first = min(first, end)
    expected = []
    for number in spikes.neurons:
        train = [t for t, i in zip(spikes.t, spikes.i, strict=True) if i == number]
        train = [t for t in train if first < round(t / DT) <= end]
        expected.append(np.nan)  # one value a neuron, also where it has too few spikes
        if len(train) >= max(2, at_least):
            gaps = [b - a for a, b in pairwise(train)]
            mean = sum(gaps) / len(gaps)
            expected[-1] = (sum((g - mean) ** 2 for g in gaps) / len(gaps)) ** 0.5 / mean
    stop = None if last is None else end / 10
    got = spikes.cv(first / 10, stop, at_least=at_least)
    np.testing.assert_allclose(got, expected, atol=1e-9)


def test_times_that_are_no_part_of_the_run() -> None:
    spikes = nothing()
    for what in (spikes.rate, spikes.rates, spikes.counts, spikes.cv):
        with pytest.raises(ParameterError, match=r"start is -100 ms; the run starts at 0 ms"):
            what(-100)
        with pytest.raises(ParameterError, match=r"stop is 11 ms; the run ends at 10 ms"):
            what(0, stop=11 * ms)
        with pytest.raises(ParameterError, match=r"stop is 2 ms, before start, 3 ms"):
            what(3, stop=2)


def nothing(neurons: int = 3) -> Spikes:
    return Spikes(np.empty(0), np.empty(0, np.int64), np.arange(neurons), 10.0)


def test_no_spikes() -> None:
    silent = nothing()
    assert len(silent) == 0
    assert [len(t) for t in silent.trains()] == [0, 0, 0]
    assert list(silent.rates()) == [0, 0, 0]
    assert silent.rate() == 0
    assert silent.cv().shape == (3,) and np.all(np.isnan(silent.cv()))


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


def test_short_texts_with_units() -> None:
    spikes = Spikes(np.array([1.0, 5.0]), np.array([0, 0]), np.arange(4), 10.0)
    assert repr(spikes) == "Spikes: 2 spikes of 4 neurons, 50 spikes/s, 10 ms"
    assert repr(results()["exc"].v) == "Trace: [3, 2] in mV, 0 to 2 ms"
    assert repr(Trace(np.empty(0), np.empty((0, 2)), "mV", np.arange(2))) == "Trace: [0, 2] in mV"
    ends = np.array([0, 1])
    made = Connections(ends, ends, np.array([1.5, 2.0]), np.array([1.0, 1.0]), "pA")
    assert repr(made) == "Connections: 2, weight 1.5 to 2 pA, delay 1 ms"
    none = np.empty(0)
    assert repr(Connections(none, none, none, none, "pA")) == "Connections: none"


def two_views(first: object, second: object, what: str, **options: object) -> PopulationResult:
    net = sp.Network(dt=DT * ms, seed=1)
    p = net.population("p", 6, sp.neurons.LIF())
    net.stimulate(p, sp.dc([450, 900, 600, 900, 450, 400] * pA))
    net.record(p[first], what)
    net.record(p[second], what, **options)
    net.record(p, what, every=7 * DT * ms) if what == "v" else None
    return net.run(60 * ms, "numpy")["p"]


VIEWS = [(slice(2), slice(2, 6)), (slice(4), slice(2, 6)), ([5, 1], [4, 1, 0])]


@pytest.mark.parametrize(("first", "second"), VIEWS)
def test_two_recordings_of_spikes_are_one(first: object, second: object) -> None:
    spikes = two_views(first, second, "spikes").spikes
    every = two_views(slice(6), slice(6), "spikes").spikes
    neurons = list(dict.fromkeys([*np.arange(6)[first], *np.arange(6)[second]]))
    assert list(spikes.neurons) == neurons
    order = [(t, neurons.index(i)) for t, i in zip(spikes.t, spikes.i, strict=True)]
    assert order == sorted(set(order)) and len(order) > 6
    for number, train in zip(spikes.neurons, spikes.trains(), strict=True):
        assert list(train) == list(every.trains()[number])


@pytest.mark.parametrize(("first", "second"), VIEWS)
def test_two_traces_of_one_interval_are_one(first: object, second: object) -> None:
    result = two_views(first, second, "v")
    assert list(result.recorded) == ["v", "v#2"]
    assert len(result["v#2"]) == 86 and result["v#2"].values.shape[1] == 6
    neurons = list(dict.fromkeys([*np.arange(6)[first], *np.arange(6)[second]]))
    assert list(result.v.neurons) == neurons
    np.testing.assert_array_equal(result.v.values[::7], result["v#2"].values[:, neurons])


def test_rates_of_two_views_stay_apart() -> None:
    result = two_views(slice(2), slice(2, 6), "rate", every=5 * ms)
    assert list(result.recorded) == ["rate", "rate#2"]


def test_times_of_a_run_are_as_one_writes_them() -> None:
    """333 steps of 0.1 ms are 33.3 ms, and not 33.300000000000004."""
    net = sp.Network(dt=0.1 * ms)
    net.record(net.population("cells", 2, sp.neurons.Poisson(rate=50 * Hz)), "spikes")
    simulation = net.compile("numpy").start()
    first, second = simulation.run(33.3 * ms), simulation.run(33.3 * ms)
    assert (first.duration, second.start) == (33.3, 33.3)
    assert (first["cells"].spikes.duration, second["cells"].spikes.start) == (33.3, 33.3)

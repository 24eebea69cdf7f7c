"""What all plots take alike: populations first, `ax` by name; and what they say of silence."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest

import spikesim as sp
from spikesim import plotting
from spikesim.errors import ParameterError
from spikesim.results import Connections, PopulationResult, Results, Spikes

NAMES = plotting.__all__
EMPTY = np.empty(0)


@pytest.fixture(autouse=True)
def no_screen() -> Iterator[None]:
    matplotlib.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def results(t: Any = (), i: Any = (), start: float = 0.0) -> Results:
    """100 ms of two populations of three neurons; the second is silent."""
    times, numbers = np.array(t, dtype=float), np.array(i, dtype=int)
    made = {
        "exc": Spikes(times, numbers, np.arange(3), 100.0, start),
        "inh": Spikes(EMPTY, EMPTY.astype(int), np.arange(3), 100.0, start),
    }
    populations = {name: PopulationResult(name, {"spikes": s}) for name, s in made.items()}
    return Results(populations, 100.0, 0.1, 1, "numpy", start=start)


def said(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("name", NAMES)
def test_ax_is_given_by_name(name: str) -> None:
    ax = inspect.signature(getattr(plotting, name)).parameters["ax"]
    assert ax.kind is inspect.Parameter.KEYWORD_ONLY and ax.default is None


@pytest.mark.parametrize("of", [Results, Connections, sp.Model])
def test_ax_of_methods_is_given_by_name(of: type) -> None:
    takes = {n: inspect.signature(m).parameters for n, m in inspect.getmembers(of, callable)
             if not n.startswith("__")}  # fmt: skip
    kinds = {p["ax"].kind for p in takes.values() if "ax" in p}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("plot", ["raster", "rates", "psth"])
def test_populations_come_first(plot: str) -> None:
    run = results([5.0, 7.0], [0, 1])
    assert "of exc" in getattr(run, plot)("exc").get_ylabel()
    import matplotlib.pyplot as plt

    for wrong in (plt.subplots()[1], 3, ["exc", 3]):
        with pytest.raises(ParameterError, match="expected the name of a population"):
            getattr(run, plot)(wrong)


@pytest.mark.parametrize("wrong", ["exc", 3, np.empty(2, dtype=object), [None, None]])
def test_what_is_no_ax(wrong: Any) -> None:
    run = results([5.0, 7.0], [0, 1])
    net = sp.Network()
    net.population("a", 1, sp.neurons.LIF())
    made = Connections(*np.zeros((4, 1), dtype=int), "pA")
    draws = [run.raster, run.rates, run.psth, run.distribution, made.matrix, made.delays]
    for draw in (*draws, lambda ax: plotting.graph(net, ax=ax)):
        with pytest.raises(ParameterError, match="expected an Axes of matplotlib"):
            draw(ax=wrong)


@pytest.mark.parametrize("plot", ["raster", "rates", "psth", "distribution"])
def test_silence_is_told(plot: str) -> None:
    ax = getattr(results(), plot)()
    assert "no spikes" in said(ax)
    ax.figure.canvas.draw()
    assert "no spikes" not in said(getattr(results([5.0, 7.0], [0, 1]), plot)())


def test_nothing_to_count_is_told() -> None:
    for of in ("cv", "isi"):
        assert "too few spikes" in said(results([5.0], [0]).distribution(of))
    none = Connections(EMPTY.astype(int), EMPTY.astype(int), EMPTY, EMPTY, "pA")
    for ax in (none.matrix(), none.delays()):
        assert said(ax) == ["no connections"]


def test_intervals_of_zero_are_told_and_not_drawn() -> None:
    """Two spikes in one step: an interval of 0 has no place on a logarithmic axis."""
    ax = results([5.0, 5.0, 7.0, 10.0, 14.0], [0] * 5).distribution("isi", "exc")
    ax.figure.canvas.draw()
    assert ax.get_title(loc="left") == "0.25 of all intervals are 0 ms, not on this axis"
    (line,) = [p.get_data() for p in ax.patches if not p.get_fill()]
    assert line.values.sum() == pytest.approx(0.75)
    only = results([5.0, 5.0], [0, 0]).distribution("isi", "exc")
    only.figure.canvas.draw()
    assert only.get_title(loc="left").startswith("1 of all intervals")


def test_bins_of_intervals_are_no_comb() -> None:
    """Intervals of 1 to 20 steps, each as often as the others: no bin is empty."""
    t = np.cumsum(np.tile(np.arange(1, 21), 40) * 0.1)
    made = Spikes(t, np.zeros(len(t), int), np.arange(1), 1000.0)
    run = Results({"exc": PopulationResult("exc", {"spikes": made})}, 1000.0, 0.1, 1, "numpy")
    (line,) = [p.get_data() for p in run.distribution("isi").patches if not p.get_fill()]
    assert (line.values > 0).all() and line.values.sum() == pytest.approx(1.0)


def test_events_of_psth() -> None:
    run = results([505.0, 507.0], [0, 1], start=500.0)
    assert run.psth("exc", bin=10).get_xlim() == (0, 100)  # a run that goes on: from its start
    (line,) = [p.get_data() for p in run.psth("exc", bin=10).patches if not p.get_fill()]
    assert line.values[0] == pytest.approx(2 / 3 / 10e-3)
    with pytest.raises(ParameterError, match="events: got none; expected one time at least"):
        run.psth(events=[])
    with pytest.raises(ParameterError, match="events: expected times"):
        run.psth(events=[np.nan])
    with pytest.raises(ParameterError, match=r"events are at 2000 ms, the run goes from 500"):
        run.psth(events=[2000])
    with pytest.raises(ParameterError, match=r"expected events from 520 to 570 ms"):
        run.psth(events=[510], before=20, after=30)
    with pytest.raises(ParameterError, match=r"600 ms; give a shorter time before or after"):
        run.psth(events=[510], before=20, after=300)


def test_windows_beside_the_run() -> None:
    for plot in (results().raster, results().rates):
        for start, stop in ((200, 300), (-20, -10)):
            with pytest.raises(ParameterError, match="the run goes from 0 to 100 ms"):
                plot(start=start, stop=stop)

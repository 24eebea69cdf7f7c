"""Plots: what is drawn where, thinning, windows, and errors that say what was recorded."""

import builtins
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import DimensionError, ParameterError, UnknownNameError
from spikesim.plotting import select
from spikesim.results import PopulationResult, Results, Spikes, Trace
from spikesim.units import ms, mV

pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")
DT = 0.1


@pytest.fixture(autouse=True)
def no_screen() -> Iterator[None]:
    import matplotlib

    matplotlib.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def random_spikes(seed: int, neurons: Any, count: int, steps: int = 1000) -> Spikes:
    rng = np.random.default_rng(seed)
    neurons = np.asarray(neurons)
    step = np.sort(rng.integers(1, steps + 1, count))
    return Spikes(step * DT, rng.choice(neurons, count), neurons, steps * DT)


def make(**populations: dict[str, Any]) -> Results:
    made = {name: PopulationResult(name, what) for name, what in populations.items()}
    return Results(made, 100.0, DT, 1, "numpy")


def two() -> Results:
    v = Trace(np.arange(100.0), np.random.default_rng(0).normal(size=(100, 3)), "mV", np.arange(3))
    return make(
        exc={"spikes": random_spikes(1, np.arange(80), 900), "v": v},
        inh={"spikes": random_spikes(2, np.arange(20), 400)},
        silent={},
    )


def texts(ax: Any) -> list[str]:
    return [t.get_text() for t in ax.texts]


def dots(ax: Any) -> int:
    return sum(len(line.get_xdata()) for line in ax.lines if line.get_linestyle() == "None")


def test_raster_draws_every_spike() -> None:
    ax = two().raster()
    assert dots(ax) == 1300
    assert [t.get_text() for t in ax.get_yticklabels()] == ["exc (80)", "inh (20)"]
    top, bottom = ax.get_yticks()
    assert top < bottom and ax.yaxis_inverted()  # the first population is uppermost
    assert texts(ax) == ["112", "200", "spikes/s"]
    assert len(ax.figure.axes) == 2  # rates below
    ax.figure.canvas.draw()


def test_raster_on_given_axes() -> None:
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert two().raster(ax=ax) is ax
    assert ax.figure.axes == [ax]
    assert ax.get_xlabel() == "time (ms)"


def test_raster_in_a_window() -> None:
    run = two()
    ax = run.raster(populations="inh", start=20 * ms, stop=50.0)
    t = run["inh"].spikes.t
    assert dots(ax) == np.sum((t > 20) & (t < 50.05))
    assert ax.get_xlim() == (20, 50)
    assert ax.get_ylabel() == "neuron of inh (20)"


@pytest.mark.parametrize("most", [50, 333, 900, 1299])
def test_raster_thins_neurons_evenly_and_says_so(most: int) -> None:
    ax = two().raster(most=most)
    assert 0 < dots(ax) <= most
    assert ax.get_title(loc="left").startswith("every ")
    assert texts(ax) == ["112", "200", "spikes/s"]  # rates are those of all neurons


def test_raster_thins_to_one_neuron_a_population_at_least() -> None:
    assert dots(two().raster(most=1)) > 0


def test_raster_of_a_view_in_any_order() -> None:
    spikes = Spikes(np.array([1.0, 2.0]), np.array([7, 2]), np.array([7, 2, 5]), 100.0)
    ax = make(cells={"spikes": spikes}).raster()
    (line,) = [one for one in ax.lines if len(one.get_xdata()) == 2]
    first, second = line.get_ydata()
    assert first < second  # the order of the view
    assert [t.get_text() for t in ax.get_yticklabels()] == ["7", "2", "5"]
    assert len(ax.figure.axes) == 1  # three neurons have no rate over time


def test_raster_of_silence_and_of_many_populations() -> None:
    empty = Spikes(np.empty(0), np.empty(0, np.int64), np.arange(30), 100.0)
    ax = make(**{f"p{k}": {"spikes": empty} for k in range(10)}).raster()
    assert dots(ax) == 0
    assert len(ax.get_yticks()) == 10
    assert texts(ax.figure.axes[1]) == ["all"]
    ax.figure.canvas.draw()


def test_colours_can_be_chosen() -> None:
    ax = two().raster(colors={"inh": "black"})
    assert [t.get_color() for t in ax.get_yticklabels()][1] == "black"


def test_several_recordings_of_a_population_are_one() -> None:
    a = Spikes(np.array([1.0, 2.0]), np.array([0, 1]), np.arange(2), 100.0)
    b = Spikes(np.array([2.0, 3.0]), np.array([1, 5]), np.array([1, 5]), 100.0)
    both = select.spikes_of(PopulationResult("p", {"spikes": a, "spikes#2": b}))
    assert both is not None
    assert list(both.neurons) == [0, 1, 5]
    assert list(zip(both.t, both.i, strict=True)) == [(1.0, 0), (2.0, 1), (3.0, 5)]


@pytest.mark.parametrize("width", [0.1, 0.3, 1.0, 7.0, 100.0, 1000.0])
def test_histogram_agrees_with_a_loop(width: float) -> None:
    spikes = random_spikes(3, np.arange(5), 300)
    edges = select.bins((0.0, 100.0), width)
    got = select.histogram(spikes, edges, 1e-3 * DT)
    step, bounds = np.rint(spikes.t / DT), np.rint(edges / DT)
    for value, low, high in zip(got, bounds[:-1], bounds[1:], strict=True):
        count = np.sum((step > low) & (step <= high))
        assert value == pytest.approx(count / (5 * (high - low) * DT) * 1e3)


def test_good_width() -> None:
    assert select.good_width((0.0, 1000.0), 0.1) == 5
    assert select.good_width((0.0, 100.0), 0.1) == 1
    assert select.good_width((0.0, 0.5), 0.1) == 0.5
    assert select.good_width((0.0, 100.0), 4.0) == 5


def test_rates() -> None:
    ax = two().rates()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["exc", "inh"]
    ax = two().rates(populations="exc", bin=10 * ms)
    values, edges, _ = ax.patches[-1].get_data()
    assert len(values) == 10
    assert np.sum(values) * 80 * 0.01 == pytest.approx(900)
    assert list(edges) == [10.0 * k for k in range(11)]
    many = make(**{f"p{k}": {"spikes": random_spikes(k, np.arange(9), 50)} for k in range(6)})
    assert len(many.rates().figure.axes) == 6


def test_recorded_rates_are_drawn() -> None:
    recorded = Trace(
        np.array([0.0, 40.0, 80.0]), np.array([1.0, 2.0, 3.0]), "spikes/s", np.arange(3)
    )
    run = make(exc={"rate": recorded})
    values, _edges, _ = run.rates().patches[-1].get_data()
    assert list(values) == [1, 2, 3]
    with pytest.raises(ParameterError, match=r"recorded in bins of 40 ms.*leave bin out"):
        run.rates(bin=5 * ms)


def test_traces() -> None:
    ax = two().traces("exc", "v")
    panels = ax.figure.axes
    assert len(panels) == 3 and panels[0] is ax
    assert len(ax.lines[0].get_xdata()) == 100
    spikes = two()["exc"].spikes
    assert len(ax.lines[1].get_xdata()) == np.sum(spikes.i == 0)
    assert two().traces("exc", "v", neurons=2).get_ylabel() == "v of exc 2 (mV)"
    ax.figure.canvas.draw()


def test_traces_share_given_axes() -> None:
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert two().traces("exc", "v", neurons=[0, 2], ax=ax, start=10, stop=20) is ax
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["neuron 0", "neuron 2"]
    assert len(ax.lines[0].get_xdata()) == 11


def test_faults_say_what_was_recorded() -> None:
    run = two()
    with pytest.raises(UnknownNameError, match=r"no population 'exx'; did you mean 'exc'"):
        run.raster(populations=["exx"])
    with pytest.raises(
        UnknownNameError, match=r"of population 'silent' to draw: recorded were: exc\.spikes, "
    ):
        run.raster(populations="silent")
    with pytest.raises(UnknownNameError, match=r"no spikes to draw: nothing was recorded at all"):
        make(exc={}).raster()
    with pytest.raises(
        UnknownNameError, match=r"neither spikes nor rates were recorded.*net\.record"
    ):
        make(exc={}).rates()
    with pytest.raises(UnknownNameError, match=r"neither .* of population 'silent' were recorded"):
        run.rates(populations=["silent"])
    with pytest.raises(UnknownNameError, match=r"'u' was recorded of population 'exc'; "):
        run.traces("exc", "u")
    with pytest.raises(
        UnknownNameError, match=r"is no variable of its neurons; draw it with result\."
    ):
        run.traces("exc", "spikes")
    with pytest.raises(UnknownNameError, match=r"neuron 9 of .*; recorded were neurons 0, 1, 2"):
        run.traces("exc", "v", neurons=[0, 9])
    with pytest.raises(ParameterError, match=r"nothing to draw from 50 ms to 20 ms"):
        run.raster(start=50, stop=20)
    with pytest.raises(ParameterError, match=r"bin is 0.01 ms; expected at least a step"):
        run.rates(bin=0.01)
    with pytest.raises(DimensionError, match=r"bin: got 5 "):
        run.rates(bin=5 * mV)


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError("No module named 'matplotlib'")
        return real(name, *rest, **more)

    run = two()
    monkeypatch.setattr(builtins, "__import__", refuse)
    for draw in (run.raster, run.rates, lambda: run.traces("exc", "v")):
        with pytest.raises(ImportError, match=r"pip install 'spikesim\[plot\]'"):
            draw()


def test_plots_of_a_real_run() -> None:
    net = sp.Network(dt=DT * ms, seed=1)
    cells = net.population("cells", 50, sp.neurons.Poisson())
    net.record(cells, ["spikes", "rate"])
    run = net.run(50 * ms, "numpy")
    assert dots(run.raster()) == len(run["cells"].spikes)
    run.rates().figure.canvas.draw()
    assert "matplotlib" in sys.modules


def test_traces_of_a_silent_neuron_keep_their_panels() -> None:
    v = Trace(np.arange(100.0), np.random.default_rng(0).normal(size=(100, 3)), "mV", np.arange(3))
    spikes = Spikes(np.array([10.0, 20.0]), np.array([1, 2]), np.arange(3), 100.0)
    ax = make(p={"spikes": spikes, "v": v}).traces("p", "v")
    ax.figure.canvas.draw()  # constrained layout warns, and warnings are errors, where it gives up
    assert all(panel.get_position().height > 0.2 for panel in ax.figure.axes)

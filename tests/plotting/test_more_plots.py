"""PSTH, distributions, connections and graphs: what is drawn, and that there is a picture."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import ParameterError, UnknownNameError
from spikesim.plotting import delays, distribution, graph, matrix, psth
from spikesim.results import Connections, PopulationResult, Results, Spikes
from spikesim.units import ms, mV

pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")


@pytest.fixture(autouse=True)
def no_screen() -> Iterator[None]:
    import matplotlib

    matplotlib.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def coloured(ax: Any) -> float:
    """The part of the picture that is neither white nor grey."""
    canvas = ax.figure.canvas
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    return float(np.mean(np.ptp(image, axis=-1) > 40))


def regular(period: float, neurons: int = 4, duration: float = 100.0) -> Spikes:
    t = np.arange(period, duration + 1e-9, period).repeat(neurons)
    return Spikes(t, np.tile(np.arange(neurons), len(t) // neurons), np.arange(neurons), duration)


def run(count: int = 2) -> Results:
    named = {f"p{k}": {"spikes": regular(5.0 + k)} for k in range(count)}
    made = {name: PopulationResult(name, what) for name, what in named.items()}
    return Results(made, 100.0, 0.1, 1, "numpy")


def steps(ax: Any) -> list[np.ndarray]:
    return [p.get_data().values for p in ax.patches if not p.get_fill()]


def test_psth_without_arguments_is_the_whole_run() -> None:
    ax = run().psth()
    assert ax.get_xlim() == (0, 100)
    assert ax.get_title(loc="left") == "1 trial"
    assert len(steps(ax)) == 2
    assert coloured(ax) > 0.002


def test_psth_counts_every_event_of_every_run() -> None:
    ax = psth([run(1), run(1)], events=[20, 40] * ms, before=10 * ms, after=10 * ms, bin=5 * ms)
    assert ax.get_title(loc="left") == "4 trials"
    np.testing.assert_allclose(steps(ax)[0], 200.0)  # a spike every 5 ms
    late = psth(run(1), events=[20 * ms, 95 * ms], after=10 * ms)
    assert late.get_title(loc="left") == "1 trial"  # 105 ms is beyond the run


def test_psth_refuses_what_is_not_there() -> None:
    with pytest.raises(ParameterError, match="no event has all of"):
        run().psth(events=95.0, after=10.0)
    with pytest.raises(ParameterError, match="nothing to draw"):
        run().psth(events=95.0, after=0.0)
    with pytest.raises(ParameterError, match="expected at least a step"):
        run().psth(bin=0.01)
    with pytest.raises(ParameterError, match="got no results"):
        psth([])


@pytest.mark.parametrize("of", ["rate", "cv", "isi"])
@pytest.mark.parametrize("count", [1, 2, 6])
def test_distributions(of: str, count: int) -> None:
    ax = run(count).distribution(of)
    assert coloured(ax) > 0.002
    assert len(ax.figure.axes) == (count if count > 4 else 1)
    for values in steps(ax):
        assert values.sum() == pytest.approx(1.0)  # nothing falls outside


def test_distribution_of_silence_and_of_nonsense() -> None:
    silent = Spikes(np.empty(0), np.empty(0, dtype=int), np.arange(3), 100.0)
    quiet = Results({"p": PopulationResult("p", {"spikes": silent})}, 100.0, 0.1, 1, "numpy")
    for of in ("rate", "cv", "isi"):
        quiet.distribution(of).figure.canvas.draw()
    with pytest.raises(UnknownNameError, match="no distribution of 'rates'; did you mean 'rate'"):
        quiet.distribution("rates")


def test_matrix_adds_what_is_double() -> None:
    source, target = np.array([0, 0, 2]), np.array([1, 1, 0])
    made = Connections(source, target, np.array([1.0, 2.0, -4.0]), np.ones(3), "pA")
    (image,) = made.matrix().images
    assert np.array_equal(image.get_array(), [[0, 3], [0, 0], [-4, 0]])
    assert image.get_clim() == (-4, 4)
    assert coloured(image.axes) > 0.05


def test_matrix_of_many_is_in_blocks() -> None:
    source = np.arange(1000)
    made = Connections(source, source, np.ones(1000), np.ones(1000), "mV")
    ax = matrix(made)
    (image,) = ax.images
    assert image.get_array().shape == (334, 334)
    assert "sum over 3 by 3" in ax.figure.axes[1].get_ylabel()


def test_delays() -> None:
    made = Connections(*[np.zeros(4, dtype=int)] * 2, np.ones(4), np.array([1, 1, 1.5, 2]), "pA")
    ax = made.delays()
    assert [bar.get_height() for bar in ax.patches] == [2, 1, 1]
    assert coloured(ax) > 0.02
    many = Connections(*[np.zeros(99, dtype=int)] * 2, np.ones(99), np.arange(99.0), "pA")
    assert sum(bar.get_height() for bar in delays(many).patches) == 99
    none = Connections(*[np.empty(0, dtype=int)] * 2, np.empty(0), np.empty(0), "pA")
    delays(none).figure.canvas.draw()
    matrix(none).figure.canvas.draw()


def network() -> sp.Network:
    net = sp.Network(dt=0.1 * ms)
    exc = net.population("exc", 80, sp.neurons.LIF())
    inh = net.population("inh", 20, sp.neurons.LIF())
    net.project(exc, [exc, inh], sp.fixed_indegree(10), weight=1 * mV, delay=1 * ms)
    net.project(exc, inh, sp.all_to_all(), weight=1 * mV)
    net.project(inh, exc, sp.all_to_all(), weight=sp.normal(-2 * mV, 1 * mV), delay=1 * ms)
    return net


def test_graph_of_a_network_and_of_its_model() -> None:
    net = network()
    for ax in (graph(net), net.compile("numpy").graph()):
        shown = [text.get_text() for text in ax.texts]
        assert shown == ["800", "200", "1,600", "1,600", "exc\n80", "inh\n20"]
        assert len(ax.patches) == 4 + 2
        assert coloured(ax) > 0.01
    alone = sp.Network(dt=0.1 * ms)
    alone.population("one", 1, sp.neurons.LIF())
    graph(alone).figure.canvas.draw()


def test_given_axes_are_used_and_returned() -> None:
    import matplotlib.pyplot as plt

    net = network()
    made = net.compile("numpy").connections("exc->inh")
    for draw in (
        lambda ax: run().psth(ax=ax),
        lambda ax: distribution(run(6), ax=ax),
        lambda ax: made.matrix(ax=ax),
        lambda ax: made.delays(ax=ax),
        lambda ax: graph(net, ax=ax),
    ):
        _, ax = plt.subplots()
        assert draw(ax) is ax
        ax.figure.canvas.draw()

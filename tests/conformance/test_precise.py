"""Spikes between the steps: the closed form, the rules of arrivals, the same bits everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

import spikesim as sp
from spikesim.backends import find, names
from spikesim.backends.cpp import executable
from spikesim.errors import (
    DescriptionError,
    ParameterError,
    SeveralErrors,
    SpikesimError,
    TooLargeError,
    UnsupportedError,
)
from spikesim.units import Hz, ms, mV, nS, pA

# Not cuda, which lacks them.
HERE = [name for name in names() if name != "cuda" and not find(name).unavailable()]
FAST = [name for name in HERE if name != "jax"]  # which compiles every network for seconds
TAU, C, E_L, V_TH = 10.0, 250.0, -70.0, -55.0


def run(net: sp.Network, duration: float, backend: str = HERE[0], **more: Any) -> sp.Results:
    return net.compile(backend, conformance=True).run(duration * ms, **more)


def driven(
    arrivals: list[float], weights: list[float], dt: float = 0.1, cell: Any = None,
    synapse: Any = None, unit: Any = mV, order: str = "standard",
) -> sp.Network:  # fmt: skip
    """A neuron at which spikes arrive at given times, with given weights."""
    net = sp.Network(dt=dt * ms, order=order)
    trains = [np.array([t - 1.0]) * ms for t in arrivals]
    source = net.population("source", len(arrivals), sp.spike_times(trains), precise=True)
    made = net.population("cell", 1, sp.neurons.LIF() if cell is None else cell, precise=True)
    net.project(source, made, sp.all_to_all(), synapse=synapse, weight=np.array(weights) * unit,
                delay=1 * ms)  # fmt: skip
    net.record(made, "spikes")
    net.record(made, "v")
    return net


# --- what is known from outside ------------------------------------------------------------------


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("dt", [1.0, 0.1, 0.01])
def test_a_constant_current_gives_the_closed_form(dt: float, backend: str) -> None:
    currents, t_ref = np.array([380.0, 500.0, 1000.0]), 2.0
    net = sp.Network(dt=dt * ms)
    cells = net.population("cells", 3, sp.neurons.LIF(), precise=True)
    net.stimulate(cells, sp.dc(currents * pA))
    net.record(cells, "spikes")
    for current, train in zip(currents, run(net, 100, backend)["cells"].spikes.trains(),
                              strict=True):  # fmt: skip
        first = -TAU * np.log(1 - (V_TH - E_L) * C / (current * TAU))
        expected = first + np.arange(len(train)) * (first + t_ref)
        assert len(train) == 1 + int((100 - first) // (first + t_ref))
        # Where the potential creeps over the threshold, its rounding makes more of a difference.
        slope = (current * TAU / C - (V_TH - E_L)) / TAU
        assert np.abs(train - expected).max() < max(1e-12, 2e-13 / slope)


@pytest.mark.parametrize("dt", [0.25, 0.1])
def test_a_synaptic_current_crosses_where_the_solution_does(dt: float) -> None:
    tau, weight, at = 2.0, 6000.0, 3.1234567

    def v(t: float) -> float:  # Rotter and Diesmann 1999, of an exponential current
        s = t - at
        part = np.exp(-s / TAU) - np.exp(-s / tau)
        return float(E_L + weight / C * TAU * tau / (TAU - tau) * part)

    net = driven([at], [weight], dt, synapse=sp.synapses.ExpCurrent(tau=tau * ms), unit=pA)
    (t,) = run(net, 12)["cell"].spikes.t
    assert abs(t - brentq(lambda t: v(t) - V_TH, at, at + 3, xtol=1e-14)) < 1e-12


def test_an_alpha_current_that_barely_crosses() -> None:
    """Near its peak, where the potential is a parabola, the crossing is as sharp as rounding lets
    it be. Another arrival, of weight 0, is where it is looked at."""
    tau, at = 2.0, 3.05

    def v(s: float, weight: float) -> float:
        r = 1 / TAU - 1 / tau
        shape = (np.exp(-s / TAU) + np.exp(-s / tau) * (r * s - 1)) / r**2
        return float(weight * np.e / tau / C * shape)

    peak = max(v(s, 1.0) for s in np.linspace(4, 8, 40001))
    weight = (V_TH - E_L) / peak * (1 + 1e-6)
    top = max(np.linspace(4, 8, 40001), key=lambda s: v(s, weight))
    net = driven([at, at + top], [weight, 0.0], synapse=sp.synapses.AlphaCurrent(tau=tau * ms),
                 unit=pA)  # fmt: skip
    expected = at + brentq(lambda s: v(s, weight) - (V_TH - E_L), top - 1, top, xtol=1e-14)
    (t,) = run(net, 20)["cell"].spikes.t
    assert abs(t - expected) < 1e-8


def test_spikes_do_not_depend_on_the_step() -> None:
    def network(dt: float) -> sp.Network:
        rng = np.random.default_rng(3)
        net = sp.Network(dt=dt * ms, seed=2)
        cells = net.population("cells", 20, sp.neurons.LIF(), precise=True)
        times = [np.arange(1.0, 99.0) + rng.uniform(0, 0.4, 98) for _ in range(20)]
        source = net.population("in", 20, sp.spike_times([t * ms for t in times]), precise=True)
        how = {"synapse": sp.synapses.ExpCurrent(tau=2 * ms), "delay": 1 * ms}
        net.project(source, cells, sp.fixed_indegree(3), weight=120 * pA, **how)
        net.project(cells, cells, sp.fixed_indegree(5), weight=60 * pA, **how)
        net.stimulate(cells, sp.dc(300 * pA))
        net.record(cells, "spikes")
        return net

    long, short = (run(network(dt), 60, HERE[0])["cells"].spikes for dt in (0.5, 0.1))
    assert len(long) > 100
    assert np.array_equal(long.i, short.i)
    assert np.abs(long.t - short.t).max() < 1e-10


# --- the rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("order", ["standard", "nest"])
def test_a_jump_over_the_threshold_is_a_spike_at_once(order: str, backend: str) -> None:
    for at in (2.03125, 2.0):  # between steps, and at the end of one
        (t,) = run(driven([at], [20.0], order=order), 5, backend)["cell"].spikes.t
        assert t == at


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("at", [2.03125, 2.0])
def test_arrivals_of_one_moment_are_summed_first(at: float, backend: str) -> None:
    assert not len(run(driven([at, at], [20.0, -20.0]), 5, backend)["cell"].spikes)
    assert len(run(driven([at, at + 0.01], [20.0, -20.0]), 5, backend)["cell"].spikes) == 1
    assert list(run(driven([at, at], [8.0, 8.0]), 5, backend)["cell"].spikes.t) == [at]


@pytest.mark.parametrize("backend", FAST)
def test_the_refractory_period_ends_between_steps(backend: str) -> None:
    at = 2.03125
    for later, spikes in ((1.99, 1), (2.0, 2), (2.01, 2)):  # its end is no part of it
        found = run(driven([at, at + later], [20.0, 20.0]), 6, backend)["cell"].spikes
        assert len(found) == spikes


def test_a_step_of_its_own_length_is_the_shortest_refractory_period() -> None:
    cell = sp.neurons.LIF(t_ref=0.1 * ms)
    at = [2.0 + 0.03 * k for k in range(8)]
    t = run(driven(at, [20.0] * 8, cell=cell), 5)["cell"].spikes.t
    assert np.allclose(t, [2.0, 2.12], atol=1e-12)


def test_a_population_on_the_grid_gets_them_at_the_end_of_the_step() -> None:
    net = driven([2.03125], [20.0])
    cell = net.populations["cell"]
    grid = net.population("grid", 1, sp.neurons.LIF())
    back = net.population("back", 1, sp.neurons.LIF(), precise=True)
    net.project(cell, grid, sp.all_to_all(), weight=20 * mV, delay=1 * ms)
    net.project(grid, back, sp.all_to_all(), weight=20 * mV, delay=1 * ms)
    net.record([grid, back], "spikes")
    results = run(net, 8)
    assert np.allclose(results["grid"].spikes.t, [3.2])  # arrives at 3.1, seen a step later
    assert np.array_equal(results["back"].spikes.t, results["grid"].spikes.t + 1.0)


def test_samples_are_taken_on_the_grid() -> None:
    net = driven([2.03125], [5.0])
    v = run(net, 4)["cell"].v
    expected = np.where(v.t > 2.03125, 5 * np.exp(-(v.t - 2.03125) / TAU), 0.0)
    assert np.allclose(v.values[:, 0] - E_L, expected, atol=1e-12)


def test_the_reset_may_read_the_time_of_the_spike() -> None:
    cell = sp.neuron(
        "dv/dt = (0*mV - v)/tau : mV (unless refractory)",
        spike="v > 10*mV", reset="v = 0*mV; last = t", refractory=2 * ms, tau=10 * ms,
        last=sp.state(0 * ms),
    )  # fmt: skip
    results = run(driven([2.03125], [20.0], cell=cell), 5)
    assert results["cell"].final["last"][0] == pytest.approx(2.03125, abs=1e-14)


def test_a_threshold_that_moves() -> None:
    """Its own equation, and the distance is a sum of both."""
    cell = sp.neuron(
        """dv/dt = (I0 - v)/(10*ms) : mV (unless refractory)
        dth/dt = (10*mV - th)/(20*ms) : mV""",
        spike="th < v", reset="v = 0*mV; th += 5*mV", refractory=1 * ms, I0=20 * mV,
    )  # fmt: skip
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cell", 1, cell, th=10 * mV, precise=True)
    net.record(cells, "spikes")
    t = run(net, 40)["cell"].spikes.t

    def after(last: float, jump: float) -> float:
        start = last + (1.0 if last else 0.0)
        far = lambda t: (  # noqa: E731
            20 * (1 - np.exp(-(t - start) / 10)) - 10 - jump * np.exp(-(t - last) / 20)
        )
        return float(brentq(far, start, start + 60, xtol=1e-14))

    first = after(0.0, 0.0)
    assert abs(t[0] - first) < 1e-12
    assert abs(t[1] - after(first, 5.0)) < 1e-12


def test_new_spikes_for_a_list() -> None:
    net = driven([2.03125], [20.0])
    net.record(net.populations["source"], "spikes")
    for backend in FAST:
        simulation = net.compile(backend, conformance=True).start()
        simulation.run(4 * ms)
        simulation.set_spikes("source", [[5.3125] * ms])
        results = simulation.run(6 * ms)
        assert list(results["source"].spikes.t) == [5.3125]
        assert list(results["cell"].spikes.t) == [6.3125]


# --- the same everywhere -------------------------------------------------------------------------


@st.composite
def networks(draw: Any) -> sp.Network:
    number = st.integers(0, 2**16)
    dt = draw(st.sampled_from([0.1, 0.25, 0.5]))
    rng = np.random.default_rng(draw(number))
    order = draw(st.sampled_from(["standard", "nest"]))
    net = sp.Network(dt=dt * ms, seed=draw(number), order=order)
    n = draw(st.sampled_from([1, 5, 17]))
    made = []
    for k in range(draw(st.integers(1, 2))):
        cell = sp.neurons.LIF(
            tau_m=rng.uniform(5, 20, n) * ms if draw(st.booleans()) else 10 * ms,
            t_ref=rng.uniform(dt, 3, n) * ms if draw(st.booleans()) else 2 * ms,
        )
        made.append(net.population(f"c{k}", n, cell, v=sp.uniform(-70 * mV, -56 * mV),
                                   precise=True))  # fmt: skip
        net.stimulate(made[-1], sp.dc(rng.uniform(200, 600, n) * pA))
    if draw(st.booleans()):
        net.stimulate(made[0], sp.sine(100 * pA, 50 * Hz))
    grid = net.population("grid", n, sp.neurons.LIF())
    net.stimulate(grid, sp.dc(rng.uniform(300, 700, n) * pA))
    train = [np.cumsum(rng.uniform(1.01 * dt, 8, 9)) * ms for _ in range(n)]
    given_ = net.population("given", n, sp.spike_times(train), precise=draw(st.booleans()))
    chance = net.population("chance", n, sp.neurons.Poisson(rate=100 * Hz))
    synapse, scale = draw(
        st.sampled_from(
            [
                (sp.synapses.ExpCurrent(tau=1.7 * ms), 200 * pA),
                (sp.synapses.AlphaCurrent(tau=2.3 * ms), 90 * pA),
                (sp.synapses.Delta(), 2.3 * mV),
            ]
        )
    )
    if draw(st.booleans()):
        net.stimulate(made[0], sp.poisson(100 * Hz), synapse=synapse, weight=scale)
    for source in (*made, grid, given_, chance):
        for target in made:
            if draw(st.booleans()):
                weight = sp.uniform(-0.3 * scale, scale)
                delay = draw(st.sampled_from([dt * ms, 2 * ms, sp.uniform(0.5 * ms, 3 * ms)]))
                net.project(source, target, sp.fixed_probability(0.4), synapse=synapse,
                            weight=weight, delay=delay)  # fmt: skip
    net.project(made[0], grid, sp.fixed_probability(0.4), synapse=synapse, weight=scale,
                delay=dt * ms)  # fmt: skip
    for one in (*made, grid, given_):
        net.record(one, "spikes")
        if one is not given_:
            net.record(one, "v", every=3 * dt * ms)
    return net


def everything(results: sp.Results) -> dict[str, np.ndarray]:
    found = {}
    for name, population in results.populations.items():
        for what, data in population.recorded.items():
            for column in ("t", "i") if what == "spikes" else ("t", "values"):
                found[f"{name}.{what}.{column}"] = getattr(data, column)
        found |= {f"{name}.{state}": v for state, v in population.final.items()}
    return found


def assert_same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert a.keys() == b.keys()
    for name, value in a.items():
        assert value.tobytes() == b[name].tobytes(), name


def same_bits_on(backends: list[str], examples: int) -> None:
    @settings(max_examples=examples, derandomize=True, database=None, deadline=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(net=networks(), steps=st.sampled_from([37, 61]))
    def same(net: sp.Network, steps: int) -> None:
        first, *others = (everything(run(net, steps * net.dt.magnitude, b)) for b in backends)
        for other in others:
            assert_same(first, other)

    same()


def test_random_networks_have_the_same_bits() -> None:
    same_bits_on(FAST, 10)


def test_random_networks_have_the_same_bits_on_jax() -> None:
    same_bits_on(HERE, 2)


@pytest.mark.slow
def test_many_random_networks() -> None:
    same_bits_on(HERE, 60)


def coupled(n: int = 80, weight: Any = 90 * pA) -> sp.Network:
    rng = np.random.default_rng(0)
    net = sp.Network(dt=0.1 * ms, seed=1)
    cells = net.population("cells", n, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -56 * mV),
                           precise=True)  # fmt: skip
    net.stimulate(cells, sp.dc(rng.uniform(380, 600, n) * pA))
    net.project(cells, cells, sp.fixed_indegree(8), weight=weight, delay=sp.uniform(1 * ms, 3 * ms),
                synapse=sp.synapses.ExpCurrent(tau=2 * ms), name="rec")  # fmt: skip
    net.record(cells, "spikes")
    return net


@pytest.mark.parametrize("backend", FAST)
def test_a_run_goes_on_from_a_file_bit_for_bit(backend: str, tmp_path: Path) -> None:
    model = coupled(20).compile(backend, conformance=True)
    whole = model.run(14 * ms)["cells"].spikes
    simulation = model.start()
    first = simulation.run(9.3 * ms)["cells"].spikes
    simulation.save(tmp_path / "moment")
    second = model.load(tmp_path / "moment").run(4.7 * ms)["cells"].spikes
    assert len(first) and len(second)
    assert np.array_equal(np.append(first.t, second.t), whole.t)
    assert np.array_equal(np.append(first.i, second.i), whole.i)


def test_a_branch_with_other_weights_is_the_same_everywhere() -> None:
    """Spikes under way arrive with the weights of the branch."""

    def branch(backend: str) -> dict[str, np.ndarray]:
        model = coupled(20).compile(backend, conformance=True)
        simulation = model.start()
        simulation.run(9.3 * ms)
        other = model.start(params={"rec.weight_scale": 2.5})
        other.restore(simulation.store())
        return everything(other.run(6 * ms))

    first, *others = (branch(b) for b in HERE)
    assert len(first["cells.spikes.t"]) > 10
    for other in others:
        assert_same(first, other)


def test_names_of_a_run_are_those_of_the_user() -> None:
    net = coupled(20)
    (projection,) = net.projections
    net.record(projection, "weight", every=1 * ms)
    model = net.compile(conformance=True)
    assert not [name for name in model.parameters if "precise" in name or "held" in name]
    made, results = model.connections("rec"), model.run(2 * ms, params={"rec.weight": 50 * pA})
    assert len(made) == 160
    assert made.delay.min() >= 1 and made.delay.max() <= 3
    assert (results.projections["rec"].weight.values == 50).all()


@pytest.mark.skipif("cpp" not in HERE, reason="the C++ part is not built")
def test_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(executable, "_threads", lambda _, n=threads: n)
        found.append(everything(run(coupled(300), 15, "cpp")))
    assert len(found[0]["cells.spikes.t"]) > 100
    assert_same(*found)


def test_a_recording_on_disk_keeps_the_times(tmp_path: Path) -> None:
    model = coupled(20).compile(conformance=True)
    memory = model.run(12 * ms)["cells"].spikes
    model.run(12 * ms, sink=sp.to_disk(tmp_path / "run.zarr"))
    disk = sp.read_recording(tmp_path / "run.zarr")["cells"].spikes
    assert np.array_equal(disk.t, memory.t)
    assert np.array_equal(disk.i, memory.i)
    assert np.abs(memory.t / 0.1 - np.round(memory.t / 0.1)).max() > 0.1
    assert (np.diff(memory.t) >= 0).all()


# --- what is refused -----------------------------------------------------------------------------


def population(model: Any, **more: Any) -> sp.Network:
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", 2, model, precise=True, **more)
    net.record(cells, "spikes")
    return net


def refused(net: sp.Network, *parts: str, kind: type[SpikesimError] = DescriptionError) -> None:
    with pytest.raises((kind, SeveralErrors)) as caught:
        net.compile(precision="float64").run(1 * ms)
    for part in (*parts,):
        assert part in str(caught.value)


def test_neurons_that_have_no_series() -> None:
    refused(population(sp.neurons.AdEx()), "'cells'", "not linear", "leave precise=True out")
    noisy = sp.neuron("dv/dt = -v/(10*ms) + 1*mV*xi/(1*ms)**0.5 : mV (unless refractory)",
                      spike="v > 1*mV", reset="v = 0*mV", refractory=2 * ms)  # fmt: skip
    refused(population(noisy), "noise", "xi")
    chance = sp.neuron("dv/dt = -v/(10*ms) : mV (unless refractory)", spike="rand() < 0.1",
                       reset="v = 0*mV", refractory=2 * ms)  # fmt: skip
    refused(population(chance), "no threshold", "v >= V_th")
    eager = sp.neuron("dv/dt = -v/(10*ms) : mV", spike="v > 1*mV", reset="v = 0*mV")
    refused(population(eager), "no refractory period", "at least dt")

    class Coarse(sp.neurons.LIF):
        method = "euler"

    refused(population(Coarse()), "'euler'", "'exact'")


def test_synapses_and_sources_that_have_no_place() -> None:
    net = population(sp.neurons.LIF())
    cells = net.populations["cells"]
    net.project(cells, cells, sp.all_to_all(), synapse=sp.synapses.ExpConductance(),
                weight=1 * nS, delay=1 * ms)  # fmt: skip
    refused(net, "not linear", "currents in place of conductances")
    net = population(sp.neurons.LIF())
    cells = net.populations["cells"]
    net.project(cells, cells, sp.all_to_all(), synapse=sp.synapses.GapJunction(), weight=1 * nS)
    refused(net, "couples them")
    net = population(sp.neurons.LIF())
    cells = net.populations["cells"]
    net.project(cells, cells, sp.all_to_all(), weight=1 * mV, delay=0 * ms)
    refused(net, "at least 1 is needed, 0.1 ms")
    net = population(sp.neurons.LIF())
    cells = net.populations["cells"]
    net.project(cells, cells, sp.all_to_all(), weight=1 * mV, delay=1 * ms, release=0.5)
    refused(net, "release=", "leave one of them out")
    packet = sp.pulse_packet([5] * ms, sdev=1 * ms)
    refused(population(packet), "spikes at the end of a step", "sp.spike_times")


def test_values_that_do_not_fit_the_step() -> None:
    refused(population(sp.neurons.LIF(tau_m=0.04 * ms)), "dt of at most 0.08 ms",
            kind=ParameterError)  # fmt: skip
    refused(population(sp.neurons.LIF(t_ref=0.05 * ms)), "refractory period of at least one step",
            "0.05 ms", kind=ParameterError)  # fmt: skip
    model = population(sp.neurons.LIF()).compile(precision="float64")
    with pytest.raises(ParameterError, match="compile the network with the shortest"):
        model.run(1 * ms, params={"cells.tau_m": 0.5 * ms})


def test_words_that_do_not_fit() -> None:
    with pytest.raises(DescriptionError, match="expected True or False"):
        sp.Network().population("cells", 1, sp.neurons.LIF(), precise="yes")  # type: ignore[arg-type]
    net = population(sp.neurons.LIF())
    net.record(net.populations["cells"], "spikes", variables=["v"])
    refused(net, "variables= is for spikes at the end of a step", kind=ParameterError)


@pytest.mark.parametrize("backend", HERE)
def test_float32_is_refused(backend: str) -> None:
    with pytest.raises(UnsupportedError, match="needs precision='float64'"):
        population(sp.neurons.LIF()).compile(backend)


@pytest.mark.parametrize("delay", [1e8, 1e9])
@pytest.mark.parametrize("backend", FAST)
def test_a_delay_that_memory_cannot_hold(backend, delay):
    net = sp.Network(dt=0.1 * ms)
    source = net.population("source", 1, sp.spike_times([[1.03] * ms]), precise=True)
    cell = net.population("cell", 1, sp.neurons.LIF(), precise=True)
    net.project(source, cell, sp.all_to_all(), weight=5 * mV, delay=delay * ms)
    with pytest.raises(TooLargeError, match="precise times under way"):
        net.compile(backend, precision="float64")

"""What the language of models has, on every backend: the same bits, and what the text says."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends import find, names
from spikesim.errors import SpikesimError
from spikesim.units import Hz, ms, mV, pA

BACKENDS = [name for name in names() if not find(name).unavailable()]
DT = 0.25


def everywhere(net, duration, **options):
    """Results of a network on NumPy, after they were seen to be the same on all backends, and the
    same for a run that is stored, taken further, and taken up again."""
    results = {}
    for backend in BACKENDS:
        model = net.compile(backend, conformance=True)
        results[backend] = whole = model.run(duration * ms, **options)
        going = model.start(**options)
        going.run(duration / 2 * ms)
        moment = going.store()
        going.run(duration / 4 * ms)
        going.restore(moment)
        last = going.run(duration / 2 * ms)
        for p in whole:
            for name, value in whole[p].final.items():
                assert np.array_equal(value, last[p].final[name]), (backend, p, name)
    meaning = results["numpy"]
    for backend, other in results.items():
        for p in meaning:
            assert meaning[p].recorded.keys() == other[p].recorded.keys()
            for what, ours in meaning[p].recorded.items():
                theirs = other[p].recorded[what]
                for column in ("t", "i", "values"):
                    if hasattr(ours, column):
                        a, b = getattr(ours, column), getattr(theirs, column)
                        assert a.dtype == b.dtype and np.array_equal(a, b), (backend, p, what)
            for name, value in meaning[p].final.items():
                assert np.array_equal(value, other[p].final[name]), (backend, p, name)
    for backend in BACKENDS:
        single = net.run(duration * ms, backend, **options)
        for p in meaning:
            for name, value in meaning[p].final.items():
                if value.dtype == np.float64:
                    assert single[p].final[name].dtype == np.float32, (backend, p, name)
    return meaning


def one(model, size=3, **initial):
    """A network of one population, `cells`."""
    net = sp.Network(dt=DT * ms, seed=3)
    return net, net.population("cells", size, model, **initial)


# --- kinds ---------------------------------------------------------------------------------------


def test_integers_and_booleans_are_states_like_others():
    net, cells = one(
        sp.neuron(
            """
            dv/dt = slope : mV
            spikes_left : integer
            n : integer
            late : boolean
            odd : boolean
            """,
            slope=[1, 2, 4] * mV / ms,
            limit=sp.parameter(2, dtype=int),
            spike="v >= 4*mV and not late",
            reset="""
            v = 0*mV
            n += 1
            odd = n % 2 == 1
            spikes_left = limit - n
            late = n >= limit or t > 100*ms
            """,
        )
    )
    net.record(cells, ["spikes", "n", "late", "odd"])
    final = everywhere(net, 16)["cells"]
    assert final.final["n"].tolist() == [2, 2, 2] and final.final["n"].dtype == np.int32
    assert final.final["late"].tolist() == [True] * 3 and final.final["late"].dtype == bool
    assert final.final["spikes_left"].tolist() == [0, 0, 0]
    n, odd = final["n"].values, final["odd"].values
    assert np.array_equal(odd, n % 2 == 1)
    assert final.spikes.t[final.spikes.i == 0].tolist() == [4, 8]


def test_whole_numbers_wrap_nowhere_but_where_they_are_kept():
    model = sp.neuron(
        "dv/dt = 1*mV/ms : mV\nn : integer\nx : 1\ny : 1",
        spike="v > 2*mV",
        reset="n = 100000 + n; x = n*100000.5; y = n**2; v = 0*mV",
    )
    net, _ = one(model, 1)
    final = everywhere(net, 2.5)["cells"].final
    assert final["n"] == 100000 and final["x"] == 100000 * 100000.5 and final["y"] == 1e10


def test_values_of_kinds_are_checked():
    model = sp.neuron(
        "dv/dt = v_inf/tau : mV\nn : integer\nb : boolean",
        v_inf=1 * mV, tau=1 * ms, k=sp.parameter(3, dtype=int), on=True,
        spike="on and v > k*mV", reset="n += k; b = True",
    )  # fmt: skip
    net, cells = one(model)
    net.run(1 * ms, params={"cells.k": 2, "cells.on": [True, False, True], "cells.n": 4})
    for params in ({"cells.k": 2.5}, {"cells.on": 1}, {"cells.n": 3e9}, {"cells.n": 1 * mV}):
        with pytest.raises(SpikesimError):
            net.run(1 * ms, params=params)
    cells.initialize(n=[1, 2, 3], b=[True, False, True])
    assert net.run(0.25 * ms)["cells"].final["b"].tolist() == [True, False, True]
    cells.initialize(n=[1, 2, 2.5], b=0)
    with pytest.raises(SpikesimError, match=r"got 2\.5, expected a whole number") as caught:
        net.run(1 * ms)
    assert "b: got 0, expected True or False" in str(caught.value)


def test_a_line_of_its_own_declares_a_parameter_or_what_blocks_set():
    model = sp.neuron(
        "dv/dt = (I - v)/tau : 1\nI : 1\ntau : ms\ncount : integer",
        spike="v > 1",
        reset="count += 1",
    )
    kinds = {name: d.kind for name, d in model.definition.declared.items()}
    assert kinds == {"v": "state", "I": "parameter", "tau": "parameter", "count": "state"}
    net, _ = one(model)
    with pytest.raises(SpikesimError, match="needs a value for 'I'"):
        net.compile("numpy")


# --- initial values ------------------------------------------------------------------------------


def test_initial_values_by_expression():
    model = sp.neuron(
        "dv/dt = (E - v)/tau + I*R/tau : mV\nI : pA\nn : integer\nb : boolean",
        E=-70 * mV, tau=10 * ms, R=sp.parameter(0.1 * mV / pA), spike="v > 0*mV",
        reset="n += 1; b = True",
    )  # fmt: skip
    net, cells = one(model, 50)
    cells.initialize(v="E + I/pA*mV + 10*mV*rand()", I="i*pA/N", n="poisson(3) + 1", b="i % 2 == 1")
    cells[10:20].initialize(v=-60 * mV, n=list(range(10)))
    cells[:40][15:].initialize(v="E + randn()*mV")
    cells[3].initialize(v=sp.uniform(-1 * mV, 0 * mV))
    for backend in BACKENDS:
        values = net.compile(backend, conformance=True).binder.bind()
        v, I = values["cells.v"], values["cells.I"]
        assert np.array_equal(I, np.arange(50) / 50)
        assert (v[:3] >= -70 + I[:3]).all() and (v[:3] < -60 + I[:3]).all()
        assert v[10:15].tolist() == [-60.0] * 5 and np.abs(v[15:40] + 70).max() < 5
        assert -1 <= v[3] < 0 and len(np.unique(v)) == 50 - 4
        assert values["cells.n"][10:20].tolist() == list(range(10))
        assert values["cells.n"].dtype == np.int32 and values["cells.n"].min() >= 0
        assert np.array_equal(values["cells.b"], np.arange(50) % 2 == 1)
    net.record(cells, "v")
    started = everywhere(net, 2)["cells"].v.values[0]
    assert np.array_equal(started, v)
    other = net.run(1 * ms, params={"cells.E": -80 * mV}, conformance=True)["cells"].v.values[0]
    assert np.allclose(other[[0, 45]], started[[0, 45]] - 10) and other[10] == -60
    again = net.run(1 * ms, seed=99, conformance=True)["cells"].v.values[0]
    assert np.array_equal(again, started)  # the run's seed has no part in it


def test_faults_of_initial_values():
    two = "dv/dt = (E - v)/tau : mV\ndw/dt = v/tau : mV"
    net, cells = one(sp.neuron(two, E=1 * mV, tau=1 * ms))
    cells.initialize(v="w + 1*mV", w="v", u=3)
    with pytest.raises(SpikesimError) as caught:
        net.compile("numpy")
    assert "need one another: v, w" in str(caught.value) and "no state 'u'" in str(caught.value)
    net, cells = one(sp.neuron("dv/dt = (E - v)/tau : mV", E=1 * mV, tau=1 * ms))
    cells.initialize(v="E + 3")
    with pytest.raises(SpikesimError, match="can't add mV and 1"):
        net.compile("numpy")


# --- actions -------------------------------------------------------------------------------------


def test_actions_at_an_interval_and_at_times():
    text = "dv/dt = 1*mV/ms : mV\nx : 1\nn : integer"
    model = sp.neuron(text, reset="x = 0; n = 0", spike="v > 1*volt")
    net, cells = one(model, 40)
    cells.every(1 * ms, "n += 1; x += 0.5*n", start=0.5 * ms)
    cells[:10].every(2 * ms, "v = 0*mV; x = rand() + i")
    cells[5:30].at([0.25, 3] * ms, "x = x/3 + v/mV + n; n *= 2")
    net.record(cells, ["v", "x", "n"])
    result = everywhere(net, 4)["cells"]
    n, v, x = result["n"].values, result["v"].values, result["x"].values
    # a sample is taken before the actions of its step
    assert n[:, 39].tolist() == [0] * 3 + [1] * 4 + [2] * 4 + [3] * 4 + [4]
    assert n[-1, 6] == 7 and n[13, 6] == 6
    assert np.allclose(v[:, 0] % 2, (np.arange(16) * DT) % 2) and v[8, 0] == 2 and v[9, 0] == DT
    assert np.allclose(v[:, 39], np.arange(16) * DT)
    assert (np.floor(x[1, :10]) == [*range(5), *[0] * 5]).all() or x[1, 7] > 7
    assert len(np.unique(x[1, :10] % 1)) == 10


def test_what_looks_at_a_current_when_a_step_begins_sees_that_of_the_step():
    model = sp.neuron("dv/dt = 0*mV/ms : mV\nx : pA\ny : 1", spike="v > 0*mV", reset="x=0*pA; y=0",
                      I=sp.port(pA))  # fmt: skip
    net, cells = one(model)
    net.stimulate(cells, sp.step_current([0, 1] * ms, [1, 3] * pA))
    net.stimulate(cells, sp.dc(2 * pA))
    cells.every(0.25 * ms, "x = I; y = t/ms")
    net.record(cells, ["x", "I"])
    result = everywhere(net, 2)["cells"]
    assert result["x"].values[:, 0].tolist() == [0, 3, 3, 3, 3, 5, 5, 5]
    assert result["I"].values[:, 0].tolist() == [3, 3, 3, 3, 5, 5, 5, 5]
    assert result.final["y"][0] == 1.75


# --- subexpressions ------------------------------------------------------------------------------


def test_what_is_constant_over_a_step():
    """Held through the stages of a Runge-Kutta step; a random one is drawn once a step."""
    model = sp.neuron(
        """
        drive = exp(-v/mV) + t/ms : 1 (constant over dt)
        noise = randn() : 1 (constant over dt)
        many = poisson(2 + drive) : integer (constant over dt)
        twice = 2*drive
        dv/dt = drive*mV/ms : mV
        dw/dt = (noise + many)/ms : 1
        """,
        method="rk4",
        v=sp.state(0 * mV),
    )
    net, cells = one(model)
    net.record(cells, ["v", "w", "drive", "noise", "many", "twice"])
    result = everywhere(net, 4)["cells"]
    v, w = result.v.values, result["w"].values
    t = np.arange(16)[:, None] * DT
    assert np.allclose(result["drive"].values, np.exp(-v) + t, rtol=1e-14)
    assert np.allclose(np.diff(v, axis=0), DT * result["drive"].values[:-1], rtol=1e-12)
    assert np.array_equal(result["twice"].values, 2 * result["drive"].values)
    noise, many = result["noise"].values, result["many"].values
    assert np.allclose(np.diff(w, axis=0), DT * (noise + many)[:-1], atol=1e-12)
    assert many.dtype == np.int32 and len(np.unique(noise)) == noise.size


def test_names_and_ports_are_recorded():
    model = sp.neuron(
        "dv/dt = (-v + R*total)/tau : mV\ntotal = I + 2*pA\nhigh = v > 1*mV",
        I=sp.port(pA), R=sp.parameter(1 * mV / pA), tau=10 * ms, spike="v > 3*mV", reset="v = 0*mV",
        refractory="1*ms",
    )  # fmt: skip
    net, cells = one(model, 2)
    net.stimulate(cells[0], sp.step_current([0, 1] * ms, [0, 3] * pA))
    synapse = sp.synapses.ExpCurrent(tau=2 * ms)
    net.stimulate(cells[1], sp.poisson(1000 * Hz), synapse=synapse, weight=5 * pA)
    words = ["v", "total", "high", "I", "exp_current.I", "not_refractory"]
    net.record(cells, [*words, "spikes"])
    result = everywhere(net, 20)["cells"]
    values = {word: result[word].values for word in words}
    assert values["I"][:8, 0].tolist() == [0] * 4 + [3] * 4
    assert np.array_equal(values["I"][:, 1], values["exp_current.I"][:, 1])
    assert np.array_equal(values["total"], values["I"] + 2)
    assert np.array_equal(values["high"], values["v"] > 1)
    held = np.zeros((80, 2), bool)
    for t, i in zip(result.spikes.t, result.spikes.i, strict=True):
        step = round(t / DT)
        held[step + 1 : step + 5, i] = True
    assert np.array_equal(values["not_refractory"], ~held) and held.any()


# --- refractoriness ------------------------------------------------------------------------------


def test_refractory_while_a_condition_holds():
    """After Brian2: from the spike on, until the condition is false as a step begins."""
    model = sp.neuron(
        "dv/dt = -v/tau + slope*int(not_refractory) : mV\ndw/dt = 1*mV/ms : mV (unless refractory)",
        slope=[10, 20] * mV / ms, tau=2 * ms, spike="v > 10*mV", refractory="v > 5*mV",
        reset="n += 1", n=sp.state(0, dtype=int),
    )  # fmt: skip
    net, cells = one(model, 2)
    net.record(cells, ["v", "w", "spikes", "not_refractory"])
    result = everywhere(net, 20)["cells"]
    v, w = result["v"].values, result["w"].values
    expected_v, expected_w, free, spikes = [np.zeros(2)], [np.zeros(2)], np.ones(2, bool), []
    decay = np.exp(-DT / 2)
    for step in range(79):
        free = free | ~(expected_v[-1] > 5)
        grown = decay * expected_v[-1] + 2 * (1 - decay) * np.array([10, 20]) * free
        expected_v.append(grown)
        expected_w.append(expected_w[-1] + DT * free)
        fired = (grown > 10) & free
        spikes += [(step + 1) * DT for _ in np.flatnonzero(fired)]
        free = free & ~fired
    assert np.allclose(v, expected_v) and np.allclose(w, expected_w)
    assert len(spikes) > 4 and np.allclose(
        np.sort(result.spikes.t[result.spikes.t < 19.8]),
        spikes[: len(result.spikes.t[result.spikes.t < 19.8])],
    )


def test_a_refractory_period_that_a_state_decides():
    model = sp.neuron(
        "dv/dt = 1*mV/ms : mV (unless refractory)\nlonger : ms",
        spike="v >= 1*mV", reset="v = 0*mV; longer += 1*ms", refractory="longer",
    )  # fmt: skip
    net, cells = one(model, 1)
    net.record(cells, "spikes")
    assert everywhere(net, 16)["cells"].spikes.t.tolist() == [1, 3, 6, 10, 15]


# --- shared and linked ---------------------------------------------------------------------------


def test_shared_variables():
    model = sp.neuron(
        """
        beat = sin(2*3.14159*t/period) + level : 1 (constant over dt, shared)
        luck = rand() : 1 (constant over dt, shared)
        dv/dt = (beat + luck)*mV/ms : mV
        """,
        period=sp.parameter(5 * ms, shared=True),
        level=sp.state(1, shared=True), count=sp.state(0, dtype=int, shared=True),
        on=sp.state(True, shared=True), n=sp.state(0), spike="on and v > 2*mV", reset="v = 0*mV",
    )  # fmt: skip
    net, cells = one(model, 200)
    cells.every(
        1 * ms, "n = count; count += 1; n += 10*count; level = level/2 + rand(); on = not on"
    )
    net.record(cells[:2], ["beat", "luck", "level", "v", "count"])
    net.record(cells, "spikes")
    for backend, threads in (("cpp", 1), ("cpp", 2)):
        if backend in BACKENDS:
            cores = "spikesim.backends.cpp.executable._threads"
            with patch(cores, lambda program, threads=threads: threads):
                result = everywhere(net, 6)
    final, cells_ = result["cells"].final, result["cells"]
    assert final["count"].shape == () and final["count"] == 6 and final["level"].shape == ()
    assert np.array_equal(final["n"], np.full(200, 5 + 60))
    beat, luck, level = (cells_[word].values for word in ("beat", "luck", "level"))
    assert np.array_equal(beat[:, 0], beat[:, 1]) and len(np.unique(luck)) == len(luck)
    t = np.arange(24) * DT
    assert np.allclose(beat[:, 0], np.sin(2 * 3.14159 * t / 5) + level[:, 0], atol=1e-12)
    assert len(cells_.spikes)


def test_faults_of_shared_variables():
    with pytest.raises(SpikesimError) as caught:
        sp.neuron(
            "dv/dt = s/ms : 1\ns : 1 (shared)\ndw/dt = 1/ms : 1\nb = v + 1 : 1 (shared)",
            w=sp.state(0, shared=True), spike="v > 1", reset="s = v",
        )  # fmt: skip
    for part in (
        "'w' is shared by all",
        "'b' is shared, so it can't depend on 'v'",
        "an action can",
    ):
        assert part in str(caught.value)
    net, cells = one(sp.neuron("dv/dt = s/ms : 1", s=sp.state(0, shared=True)))
    cells.initialize(s=[1, 2, 3])
    cells.every(1 * ms, "s = v")
    cells[:2].every(1 * ms, "s = 1")
    with pytest.raises(SpikesimError) as caught:
        net.compile("numpy")
    for part in ("s is shared; give one value", "can't depend on 'v'", "can't be set of a view"):
        assert part in str(caught.value)


def test_linked_variables():
    source = sp.neuron(
        "dx/dt = -x/tau : mV\nn : integer", tau=4 * ms, x=sp.state(0 * mV),
        spike="x < 1*mV", reset="x += 2*mV; n += 1",
    )  # fmt: skip
    reader, linked = sp.neuron, sp.linked
    net = sp.Network(dt=DT * ms)
    waves = net.population("waves", 4, source, x=[1, 2, 3, 4] * mV)
    same = net.population(
        "same", 4, reader("dv/dt = (x - v)/tau + x_2/ms*int(k) : mV", tau=linked(waves[2]["tau"]),
                          x=linked(waves["x"]), x_2=linked(waves["x"], index=[3, 3, 0, 1]),
                          k=linked(waves[:1]["n"]))
    )  # fmt: skip
    late = net.population(
        "late", 6, reader("dv/dt = y/ms : mV", y=sp.linked(same[1:3]["v"], [0, 1] * 3))
    )
    net.record(waves, ["x", "n"])
    net.record(same, ["v", "x", "x_2", "k"])
    net.record(late, ["y", "v"])
    result = everywhere(net, 8)
    x = result["waves"]["x"].values
    assert np.array_equal(result["same"]["x"].values, x)
    assert np.array_equal(result["same"]["x_2"].values, x[:, [3, 3, 0, 1]])
    assert np.array_equal(
        result["same"]["k"].values, np.repeat(result["waves"]["n"].values[:, :1], 4, 1)
    )
    assert result["waves"]["n"].values[-1, 0] > 0
    y = result["late"]["y"].values
    assert np.array_equal(y, result["same"]["v"].values[:, [1, 2] * 3])
    assert np.allclose(np.diff(result["late"]["v"].values, axis=0), DT * y[:-1])


def test_faults_of_links():
    net, other = sp.Network(), sp.Network()
    foreign = other.population("far", 3, sp.neuron("dv/dt = 1*mV/ms : mV"))
    near = net.population("near", 2, sp.neuron("dv/dt = 1*mV/ms : mV"))
    net.population("a", 3, sp.neuron("dv/dt = x/ms : mV", x=sp.linked(foreign["v"])))
    net.population("b", 3, sp.neuron("dv/dt = x/ms : mV", x=sp.linked(near["v"])))
    net.population("c", 3, sp.neuron("dv/dt = x/ms : mV", x=sp.linked(near["v"], [0, 1, 2])))
    net.population("d", 3, sp.neurons.LIF(C=sp.linked(near["v"])))
    with pytest.raises(SpikesimError) as caught:
        net.compile("numpy")
    for part in ("of another network", "of 2 neurons, but there are 3", "has 2 neurons, 0 to 1",
                 "it follows 'v', in mV, expected a variable in pF"):  # fmt: skip
        assert part in str(caught.value), part
    with pytest.raises(SpikesimError, match="no variable 'w'; known are: v"):
        near["w"]
    with pytest.raises(SpikesimError, match="expected a variable of a population"):
        sp.linked(near)


# --- events --------------------------------------------------------------------------------------


def bursting(**more):
    return sp.neuron(
        "dv/dt = slope : mV\ncalm : boolean\nbursts : integer",
        slope=np.linspace(1, 3, more.pop("size", 6)) * mV / ms,
        spike="v >= 2*mV", reset="v -= 2*mV",
        events={
            "high": sp.event("v > 1.5*mV and calm", "bursts += 1; calm = False"),
            "low": sp.event("v < 0.5*mV", "calm = True"),
        },
        **more,
    )  # fmt: skip


def test_events_beside_spikes():
    net, cells = one(bursting(), 6)
    net.record(cells, ["spikes", "high", "low", "v", "calm", "bursts"])
    net.record(cells[[4, 1]], "high")
    result = everywhere(net, 8)["cells"]
    v, calm, bursts, spikes = np.zeros(6), np.zeros(6, bool), np.zeros(6, int), []
    high, low, slope = [], [], np.linspace(1, 3, 6)
    for step in range(32):
        assert np.allclose(result["v"].values[step], v)
        assert np.array_equal(result["calm"].values[step], calm)
        assert np.array_equal(result["bursts"].values[step], bursts)
        v = v + DT * slope
        fired, up, down = v >= 2 - 1e-12, (v > 1.5) & calm, v < 0.5
        spikes += [((step + 1) * DT, i) for i in np.flatnonzero(fired)]
        high += [((step + 1) * DT, i) for i in np.flatnonzero(up)]
        low += [((step + 1) * DT, i) for i in np.flatnonzero(down)]
        v, bursts = v - 2 * fired, bursts + up
        calm = (calm & ~up) | down
    for word, expected in (("spikes", spikes), ("high", high), ("low", low)):
        got = result[word]
        pairs = list(zip(got.t.tolist(), got.i.tolist(), strict=True))
        assert pairs == [(t, int(i)) for t, i in expected] and pairs, word


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("order", ["standard", "nest"])
def test_events_trigger_projections(threads, order):
    """On any number of threads, alone and beside the spikes of the same neurons."""
    net = sp.Network(dt=DT * ms, seed=2, order=order)
    first = net.population("first", 200, bursting(size=200))
    model = sp.neuron("dv/dt = 0.5*mV/ms : mV", events={"up": sp.event("v > 3*mV", "v = 0*mV")})
    second = net.population("second", 150, model)
    quiet = sp.neuron("dv/dt = 0*mV/ms : mV\ndg/dt = -g/tau : mV", tau=3 * ms)
    target = net.population("target", 300, quiet)
    rule = sp.fixed_probability(0.1)
    delay = sp.uniform(0.5 * ms, 2 * ms)
    net.project(first, target, rule, weight=1 * mV, delay=delay)
    net.project(first, target, rule, weight=0.3 * mV, delay=delay, event="high", synapse="g")
    net.project(
        first[50:], second, rule, weight=sp.normal(0.1 * mV, 0.05 * mV), delay=1 * ms, event="low"
    )
    net.project(second, target, rule, weight=-0.1 * mV, delay=delay, event="up")
    net.record(target, ["v", "g"])
    net.record(first, ["spikes", "high", "low"])
    net.record(second, "up")
    with patch("spikesim.backends.cpp.executable._threads", lambda program: threads):
        result = everywhere(net, 10)
    assert len(result["second"]["up"]) and result["target"]["g"].values.max() > 0.5


def test_one_event_arrives_where_it_should():
    net = sp.Network(dt=DT * ms)
    cells = net.population("cells", 2, bursting(size=2))
    target = net.population("target", 1, sp.neuron("dv/dt = 0*mV/ms : mV"))
    net.project(cells, target, sp.all_to_all(), weight=1 * mV, delay=0.5 * ms, event="high")
    net.record(cells, "high")
    net.record(target, "v")
    result = everywhere(net, 8)
    v, t = result["target"]["v"].values[:, 0], np.arange(32) * DT
    expected = [(result["cells"]["high"].t + 0.5 <= now).sum() for now in t]
    assert v.tolist() == expected and v[-1] > 2


def test_faults_of_events():
    with pytest.raises(SpikesimError) as caught:
        sp.neuron(
            "dv/dt = 1*mV/ms : mV",
            events={
                "up": "v > 1*mV",
                "spikes": sp.event("v > 1*mV"),
                "a": sp.event("v > 1"),
                "b": sp.event("v > 1*mV", "w = 1"),
                "v": sp.event("v > 0*mV"),
            },
        )
    for part in (
        "'up': expected sp.event(",
        "'spikes' can't be the name",
        "event a: can't compare",
        "event b, line 1: only state variables",
        "'v' is both a name and an event",
    ):
        assert part in str(caught.value), part
    net, cells = one(sp.neuron("dv/dt = 1*mV/ms : mV", events={"up": sp.event("v > 1*mV")}))
    net.project(cells, cells, sp.all_to_all(), weight=1 * mV, event="op")
    net.record(cells, "upp")
    with pytest.raises(SpikesimError) as caught:
        net.compile("numpy")
    for part in ("has no event 'op'; known are: up", "no such state variable; did you mean 'up'"):
        assert part in str(caught.value), part


# --- functions and arrays over time --------------------------------------------------------------


def test_functions_of_brian2():
    """Those that it has: a value each, checked against NumPy."""
    texts = {
        **{f: f"{f}(x)" for f in (
            "abs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "exp", "expm1", "ceil",
            "floor", "sign", "exprel")},
        "arcsin": "arcsin(x/5)", "arccos": "arccos(x/5)", "log": "log(x + 5)",
        "log10": "log10(x + 5)", "log1p": "log1p(x + 3)", "sqrt": "sqrt(x + 4)",
        "clip": "clip(x, -1, 2)", "int": "int(x)", "mod": "x % 1.5", "floordiv": "x // 1.5",
        "pow": "(x + 5)**1.5", "timestep": "timestep(t + 3*ms, 0.1*ms)",
        "where": "1 if x > 0 else -1",
    }  # fmt: skip
    lines = "\n".join(f"y_{name} = {text}" for name, text in texts.items())
    x = np.linspace(-3.7, 3.9, 40)
    net, cells = one(sp.neuron(f"dx/dt = 0/ms : 1\n{lines}"), 40, x=x)
    net.record(cells, [f"y_{name}" for name in texts])
    result = everywhere(net, 0.5)["cells"]
    of_numpy = {
        "exprel": np.expm1(x) / x, "arcsin": np.arcsin(x / 5), "arccos": np.arccos(x / 5),
        "log": np.log(x + 5), "log10": np.log10(x + 5), "log1p": np.log1p(x + 3),
        "sqrt": np.sqrt(x + 4), "clip": np.clip(x, -1, 2), "int": np.trunc(x), "mod": x % 1.5,
        "floordiv": x // 1.5, "pow": (x + 5) ** 1.5, "timestep": np.full(40, 30),
        "where": np.where(x > 0, 1, -1),
    }  # fmt: skip
    for name in texts:
        expected = of_numpy[name] if name in of_numpy else getattr(np, name)(x)
        assert np.allclose(result[f"y_{name}"].values[0], expected, rtol=1e-14, atol=1e-15), name


def test_arrays_that_are_called():
    rows = np.array([[1.0, 2, 3], [10, 20, 30], [100, 200, 300]])
    net, cells = one(
        sp.neuron(
            """
            late = drive(t - 1*ms)
            mine = each(t, i % 3)
            dv/dt = (drive(t) + mine)/ms : mV
            """,
            drive=sp.timed_array([1, 2, 4] * mV, dt=0.75 * ms), method="euler",
            each=sp.timed_array(rows * mV, dt=1 * ms), spike="v > each(t, 0)", reset="v = 0*mV",
        ),
        5,
    )  # fmt: skip
    net.record(cells, ["v", "late", "mine", "spikes"])
    result = everywhere(net, 4)["cells"]
    t = np.arange(16) * DT
    assert result["late"].values[:, 0].tolist() == [1] * 7 + [2] * 3 + [4] * 6
    row = np.minimum(t.astype(int), 2)
    mine = rows[row][:, np.arange(5) % 3]
    assert np.array_equal(result["mine"].values, mine)
    v = np.zeros(5)
    for step in range(16):
        assert np.allclose(result["v"].values[step], v)
        v = v + DT * ([1, 2, 4][min(step // 3, 2)] + mine[step])
        v = np.where(v > rows[row[step], 0], 0, v)
    assert len(result.spikes)


def test_faults_of_arrays_that_are_called():
    array = sp.timed_array([1, 2] * mV, dt=1 * ms)
    for text, message in (
        ("I", r"'I' is an array over time; call it: I\(t\)"),
        ("I(t, i)", r"I\(\) takes 1 arguments, got 2"),
        ("I(3)", r"I\(\) takes a time, such as t"),
        ("J(t)", "unknown function 'J'"),
        ("I(t)*mV", "must be in mV/ms"),
    ):
        with pytest.raises(SpikesimError, match=message):
            sp.neuron(f"dv/dt = {text}/ms : mV", I=array)
    with pytest.raises(SpikesimError, match=r"dt is 0.*expected one time above 0"):
        sp.neuron("dv/dt = I(t)/ms : mV", I=sp.timed_array([1, 2] * mV, dt=0 * ms))

"""Plastic projections: what rules mean, and what is refused."""

from __future__ import annotations

import gc
import tracemalloc
from itertools import groupby

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import ParameterError, SeveralErrors, SpikesimError
from spikesim.units import Hz, kHz, ms, mV, pA

DT = 0.1


class Relay(sp.NeuronModel):
    """Fires in the step after something arrives at v; z only adds up."""

    v = sp.state(0.0)
    z = sp.state(0.0)
    spike = "v > 0.5"
    reset = "v = 0"


def pair(rule, pre, post, axonal=0.0, dendritic=1.0, weight=45.0, order="standard", **more):
    """One synapse between neurons that fire at given times (ms)."""
    net = sp.Network(dt=DT * ms, order=order)
    source = net.population("a", 1, sp.spike_times(np.asarray(pre) * ms))
    driver = net.population("d", 1, sp.spike_times((np.asarray(post) - DT) * ms))
    target = net.population("b", 1, Relay())
    net.project(
        driver,
        target,
        sp.one_to_one(),
        synapse=sp.synapses.Delta("v"),
        weight=1.0,
        delay=(DT if order == "nest" else 0) * ms,
    )
    made = net.project(
        source,
        target,
        sp.one_to_one(),
        synapse=sp.synapses.Delta("z"),
        weight=weight,
        plasticity=rule,
        axonal_delay=axonal * ms,
        dendritic_delay=dendritic * ms,
        **more,
    )
    net.record(made, "weight")
    net.record(target, ["spikes", "z"])
    return net


def times(seed, n=40, span=400.0, digits=0):
    return np.unique(np.round(np.random.default_rng(seed).uniform(2, span, n), digits))


def expected(pre, post, axonal, dendritic, weight, rate, mu_plus, mu_minus, w_max, nest):
    """The weight after all spikes, event by event."""
    events = [(round((t + axonal) / DT), 0) for t in pre]
    events += [(round((t + dendritic) / DT), 1) for t in post]
    tau, w, x, y = 20.0, weight, (0.0, 0), (0.0, 0)

    def now(trace, n):
        return trace[0] * np.exp(-(n - trace[1]) * DT / tau)

    def depress(w, y):
        return max(w - rate * w_max * (w / w_max) ** mu_minus * y, 0.0)

    def potentiate(w, x):
        return min(w + rate * w_max * (1 - w / w_max) ** mu_plus * x, w_max)

    for n, group in groupby(sorted(events), key=lambda e: e[0]):
        kinds = {kind for _, kind in group}
        before = now(x, n), now(y, n)
        if nest and 1 in kinds:
            w = potentiate(w, before[0])
        if 0 in kinds:
            w, x = depress(w, before[1]), (before[0] + 1, n)
        if not nest and 1 in kinds:
            w = potentiate(w, now(x, n))
        if 1 in kinds:
            y = before[1] + 1, n
    return w


@pytest.mark.parametrize("order", ["standard", "nest"])
@pytest.mark.parametrize("coincidence", ["sequential", "nest"])
@pytest.mark.parametrize("axonal, dendritic", [(0.0, 0.1), (0.0, 3.0), (2.0, 1.0), (0.7, 4.3)])
@pytest.mark.parametrize("mu", [(0.0, 0.0), (1.0, 1.0), (0.5, 0.3), (0.0, 1.0)])
def test_stdp_event_by_event(order, coincidence, axonal, dendritic, mu):
    pre, post = times(1), times(2)
    rule = sp.plasticity.STDP(w_max=100.0, mu_plus=mu[0], mu_minus=mu[1], coincidence=coincidence)
    net = pair(rule, pre, post, axonal, dendritic, order=order)
    results = net.run(500 * ms, precision="float64")
    assert np.allclose(results["b"].spikes.t, post, atol=1e-9)
    w = expected(pre, post, axonal, dendritic, 45.0, 0.01, *mu, 100.0, coincidence == "nest")
    assert results["a->b"].final["weight"][0] == pytest.approx(w, rel=1e-12)


@pytest.mark.parametrize("gap", [-40.0, -10.0, -1.0, 1.0, 10.0, 40.0])
def test_the_window_of_sixty_pairs(gap):
    """Bi and Poo's protocol: 60 pairs at 1 Hz change an additive synapse by 60 times the window."""
    pre = 100.0 + 1000.0 * np.arange(60)
    rule = sp.plasticity.STDP(w_max=1e6, rate=1e-8, alpha=1.2)
    results = pair(rule, pre, pre + gap, 0.0, 0.0, 1e3).run(60_500 * ms, precision="float64")
    window = np.exp(-gap / 20) if gap > 0 else -1.2 * np.exp(gap / 20)
    change = results["a->b"].final["weight"][0] - 1e3
    assert change == pytest.approx(60 * 0.01 * window, rel=1e-6)


@pytest.mark.parametrize("rate", [2.0, 5.0, 10.0, 20.0, 50.0])
def test_the_steady_state_of_short_term_plasticity(rate):
    """Tsodyks, Pawelzik and Markram (1998), eqs. 4 and 5, for regular spikes."""
    U, rec, fac, interval = 0.2, 200.0, 500.0, 1e3 / rate
    net = sp.Network(dt=DT * ms)
    source = net.population("a", 1, sp.spike_times(np.arange(1, 200) * interval * ms))
    target = net.population("b", 1, Relay())
    rule = sp.plasticity.TsodyksMarkram(U=U, tau_rec=rec * ms, tau_fac=fac * ms)
    net.project(source, target, sp.one_to_one(), synapse=sp.synapses.Delta("z"), weight=1.0,
                plasticity=rule, delay=1 * ms)  # fmt: skip
    net.record(target, "z")
    results = net.run((199 * interval + 10) * ms, precision="float64")
    sent = np.diff(results["b"].z.values[:, 0])
    u = U / (1 - (1 - U) * np.exp(-interval / fac))
    x = (1 - np.exp(-interval / rec)) / (1 - (1 - u) * np.exp(-interval / rec))
    assert sent[np.flatnonzero(sent)][-1] == pytest.approx(u * x, rel=1e-9)


class Written(sp.PlasticityModel):
    """STDP with mu = 0, as a user writes it."""

    tau = sp.parameter(20 * ms)
    w_max = sp.parameter(sp.weight_unit)
    equations = """
        dx/dt = -x/tau : 1
        dy/dt = -y/tau : 1 (event-driven)
    """
    on_pre = "x += 1; weight = clip(weight - 0.01*w_max*y, 0, w_max)"
    on_post = "y += 1; weight = clip(weight + 0.01*w_max*x, 0, w_max)"


def test_a_rule_written_by_hand_equals_the_ready_made_one():
    pre, post = times(3), times(4)
    ready, mine = (
        pair(rule, pre, post).run(500 * ms, precision="float64")["a->b"].weight.values
        for rule in (sp.plasticity.STDP(w_max=100.0), Written(w_max=100.0))
    )
    assert np.array_equal(ready, mine) or np.allclose(ready, mine, rtol=1e-13)


def test_learning_is_frozen_and_goes_on():
    net = pair(sp.plasticity.STDP(w_max=100.0), times(1), times(2))
    running = net.compile().start()
    first = running.run(100 * ms)["a->b"].final["weight"]
    running.set({"a->b.learning": False})
    frozen = running.run(100 * ms)["a->b"]
    assert np.all(frozen.weight.values == first)
    running.set({"a->b.learning": True})
    assert running.run(100 * ms)["a->b"].final["weight"] != first


def test_traces_of_one_side_are_stored_once_a_neuron():
    def states(**delays):
        net = sp.Network(dt=DT * ms)
        a = net.population("a", 4, sp.neurons.Poisson(rate=50 * Hz))
        b = net.population("b", 3, sp.neurons.LIF())
        net.project(a, b, sp.all_to_all(), synapse=sp.synapses.ExpCurrent, weight=40 * pA,
                    plasticity=sp.plasticity.STDP(w_max=100 * pA), **delays)  # fmt: skip
        model = net.compile("numpy")
        return {f.name for f in model.lowered.plastic[0].fields if f.kind == "state"}

    assert states(axonal_delay=0 * ms, dendritic_delay=1 * ms) == {"weight"}
    several = np.linspace(1, 2, 12) * ms
    assert states(axonal_delay=0 * ms, dendritic_delay=several) == {"weight", "y", "last_step"}
    assert states(axonal_delay=several, dendritic_delay=1 * ms) == {"weight", "x", "last_step"}


def fault(rule, **more):
    with pytest.raises(SpikesimError) as caught:
        net = pair(rule, [1], [2]) if not more else None
        if net is None:
            net = sp.Network(dt=DT * ms)
            a = net.population("a", 1, sp.spike_times([1] * ms))
            b = net.population("b", 1, Relay())
            net.project(a, b, sp.one_to_one(), synapse=sp.synapses.Delta("z"),
                        **({"weight": 45.0, "plasticity": rule} | more))  # fmt: skip
        net.compile("numpy")
    return str(caught.value)


class Charging(sp.PlasticityModel):
    """The weight follows a trace at every step."""

    x = sp.state(0.0)
    q = sp.state(0.0)
    equations = """
    dx/dt = -x/(20*ms)
    dq/dt = (x*x - q)/(7*ms)
    """
    on_pre = "x += 1"
    each_step = "weight += 0.01*x + 0.001*q"
    weight_unit = 1


def test_what_is_read_at_every_step_is_moved_at_every_step():
    """Whether the trace is one a neuron or, as delays are one each, one a synapse."""

    def weights(axonal):
        net = pair(Charging(), [3, 11, 12, 40], [90], axonal)
        return net.run(100 * ms, "numpy")["a->b"].weight.values

    first = weights(1.0)
    assert first[-1] > 46 and np.allclose(weights(np.array([1.0])), first, rtol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "jax", "cpp"])
@pytest.mark.parametrize("delay", [1 * ms, sp.uniform(1 * ms, 2 * ms)])
def test_a_projection_without_synapses(delay, backend):
    net = sp.Network(dt=DT * ms)
    a = net.population("a", 2, sp.spike_times([[1.0] * ms] * 2))
    b = net.population("b", 2, Relay())
    net.project(a, b, sp.explicit([], []), synapse=sp.synapses.Delta("z"), weight=1.0,
                plasticity=sp.plasticity.STDP(w_max=2.0), axonal_delay=delay,
                dendritic_delay=delay)  # fmt: skip
    assert len(net.run(5 * ms, backend)["a->b"].final["weight"]) == 0


def test_delays_have_no_default():
    rule = sp.plasticity.STDP(w_max=100.0)
    assert "needs the two parts of the delay, got no axonal_delay" in fault(
        rule, dendritic_delay=1 * ms
    )
    assert "only the delay as a whole" in fault(rule, delay=1 * ms)


def test_weights_outside_the_bounds():
    rule = sp.plasticity.STDP(w_max=10.0)
    assert "weights of 45" in fault(rule) and "0 to 10" in fault(rule)


def test_modulators_must_be_connected():
    rule = sp.plasticity.DopamineSTDP(A_plus=1.0, A_minus=1.0, w_min=0.0, w_max=100.0)
    assert "modulator 'dopamine' of DopamineSTDP is not connected" in fault(rule)


def test_faults_come_together():
    rule = sp.plasticity.STDP(w_max=10.0, tau_pluss=3 * ms)
    with pytest.raises(SeveralErrors) as caught:
        pair(rule, [1], [2], release=0.5).compile("numpy")
    told = str(caught.value)
    for part in ("'tau_pluss'", "release=", "weights of 45"):
        assert part in told


@pytest.mark.parametrize(
    "texts, told",
    [
        ({"on_pre": "wight += 1"}, "'wight'"),
        ({"on_pre": "weight += pre.u"}, "pre.u"),
        ({"on_post": "transmit(weight)"}, "transmit"),
        ({"on_pre": "transmit(weight); transmit(weight)"}, "twice"),
        ({"equations": "dx/dt = -x : 1"}, "dx/dt"),
        ({"bounds": "0"}, "bounds"),
        ({"coincidence": "brian"}, "coincidence"),
        ({"on_spike": "weight += 1"}, "on_spike"),
        ({"weight_unit": mV, "on_pre": "weight += 1*pA"}, "pA"),
    ],
)
def test_bad_texts(texts, told):
    with pytest.raises(SpikesimError) as caught:
        type("Wrong", (sp.PlasticityModel,), texts)
    assert told in str(caught.value)


def test_what_the_target_lacks_is_told_together():
    net = pair(sp.plasticity.Clopath(w_min=0.0, w_max=100.0), [3], [4])
    with pytest.raises(
        SeveralErrors, match=r"(?s)no 'u_bar'.*no 'u_minus'.*no 'u_plus'.*in mV, but"
    ):
        net.run(1 * ms)


def test_what_is_recorded_has_its_unit():
    net = sp.Network(dt=DT * ms)
    a, b = (net.population(name, 1, sp.neurons.LIF()) for name in "ab")
    made = net.project(
        a, b, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(), weight=40 * pA,
        plasticity=sp.plasticity.STDP(w_max=100 * pA), axonal_delay=0 * ms, dendritic_delay=1 * ms,
    )  # fmt: skip
    net.record(made, ["weight", "x"])
    results = net.run(1 * ms)["a->b"]
    assert results.weight.unit == "pA" and results.x.unit == "1"


def test_a_connection_that_is_not_there():
    net = pair(sp.plasticity.STDP(w_max=100.0), [3], [4])
    net.record(net.projections[-1][[7]], "weight")
    with pytest.raises(sp.errors.DescriptionError, match="the rule made 1 connections"):
        net.run(1 * ms)


@pytest.mark.parametrize("backend", ["numpy", "cpp"])
def test_a_division_by_zero_is_told_as_one(backend):
    class Wrong(sp.PlasticityModel):
        on_pre = "weight = weight*(0/0)"

    with pytest.raises(sp.errors.NotFiniteError, match="divides by zero"):
        pair(Wrong(), [3], [4]).run(10 * ms, backend)


def test_only_neurons_are_refractory():
    with pytest.raises(sp.errors.EquationError, match="unless refractory"):
        type(
            "Rule", (sp.PlasticityModel,),
            {"equations": "dx/dt = -x/(5*ms) (unless refractory)", "x": sp.state(0.0)},
        )  # fmt: skip


def test_a_modulator_of_another_unit():
    net = sp.Network()
    cell = net.population("cell", 1, sp.neurons.LIF())
    rule = sp.plasticity.DopamineSTDP(
        A_plus=1.0, A_minus=1.0, w_min=0.0, w_max=100.0, baseline=0.1 * kHz, dopamine=cell["v"]
    )
    assert "expected that of one neuron" in fault(rule)


def test_memory_of_a_plastic_synapse():
    """12 bytes: two ends, the place in the column of its target, the weight; and in a run the
    weight that the chunk began with. A trace pair, and what is under way, is the neurons'."""

    def most(learn):
        net = sp.Network(dt=DT * ms, seed=1)
        cells = net.population("c", 1000, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -50 * mV))
        if learn:
            rule = sp.plasticity.STDP(w_max=100 * pA)
            delays = {"axonal_delay": 0 * ms, "dendritic_delay": 1 * ms}
            current = sp.synapses.ExpCurrent()
            net.project(cells, cells, sp.all_to_all(), synapse=current, weight=10 * pA,
                        plasticity=rule, **delays)  # fmt: skip
        model = net.compile("cpp", precision="float32")
        model.run(1 * ms)
        gc.collect()
        tracemalloc.start()
        try:
            model = net.compile("cpp", precision="float32")
            simulation = model.start()
            tracemalloc.reset_peak()
            simulation.run(50 * ms)
            simulation.run(50 * ms)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert most(True) - most(False) < 16 * 10**6 + 400 * 1000


def test_a_rule_whose_states_reach_nothing():
    """Of habit, from Brian2."""
    with pytest.raises(SpikesimError, match=r"nothing that it changes \(a, w\) reaches the target"):

        class Habit(sp.PlasticityModel):
            w = sp.state(0.5)
            a = sp.state(0.0)
            on_pre = "a += 1"
            on_post = "w = clip(w + a, 0, 1)"


def test_names_of_brian():
    with pytest.raises(SeveralErrors) as caught:

        class Habits(sp.PlasticityModel):
            equations = "dweight/dt = -weight/(10*ms)"
            on_pre = "weight += w; weight += v_post"
            on_post = "weight += post.v"

    told = str(caught.value)
    for part in ("'weight' has no equation; change it in each_step", "is called 'weight'",
                 "a variable of the neuron is post.v, declared in reads",
                 "reads = {'v': mV}"):  # fmt: skip
        assert part in told, told
    assert "declare it as a state" not in told


def test_plastic_synapses_are_counted():
    net = sp.Network(dt=DT * ms)
    a = net.population("a", 100, sp.neurons.Poisson(rate=1 * Hz))
    b = net.population("b", 10, sp.neurons.LIF())
    made = net.project(a, b, sp.all_to_all(), synapse=sp.synapses.Delta(), weight=1 * mV,
                       plasticity=sp.plasticity.STDP(w_max=2 * mV), axonal_delay=1 * ms,
                       dendritic_delay=2 * ms)  # fmt: skip
    net.record(made[:500], "weight", every=1 * ms)
    model = net.compile("cpp", precision="float32")
    assert "1000 synapses, longest delay 30 steps" in model.explain()
    memory = model.memory(100 * ms).parts
    assert memory["plastic synapses"] == 16 * 1000
    assert memory["recordings"] == 100 * (8 + 4 * 500)


# ---- what a thing means does not hang on where it is stored --------------------------------------

ONE, DRAWN = 1 * ms, sp.uniform(1 * ms, 1.04 * ms)  # on the grid the same


def stored(rule, dendritic, order="standard", post=(5.0, 25.0), every=None):
    """Pre spikes at 10 and 30 ms; the simulation of the network."""
    net = sp.Network(dt=DT * ms, order=order)
    source = net.population("a", 1, sp.spike_times([10.0, 30.0] * ms))
    driver = net.population("d", 1, sp.spike_times((np.asarray(post) - DT) * ms))
    target = net.population("b", 1, Relay())
    net.project(driver, target, sp.one_to_one(), synapse=sp.synapses.Delta("v"), weight=1.0,
                delay=(DT if order == "nest" else 0) * ms)  # fmt: skip
    axonal = 0 * ms if dendritic is ONE else sp.uniform(0 * ms, 0.04 * ms)
    made = net.project(source, target, sp.all_to_all(), synapse=sp.synapses.Delta("z"), weight=5.0,
                       plasticity=rule, axonal_delay=axonal, dendritic_delay=dendritic,
                       name="a->b")  # fmt: skip
    if every:
        net.record(made, "y", every=every * ms)
    return net


class Post(sp.PlasticityModel):
    """A trace of postsynaptic spikes, which only weights read."""

    tau = sp.parameter(20 * ms)
    w0 = sp.parameter(sp.weight_unit)
    y = sp.state(0.0)
    equations = "dy/dt = -y/tau"
    on_pre = "weight -= 0.02*w0*y"
    on_post = "y += 1"


@pytest.mark.parametrize("backend", ["numpy", "cpp", "jax"])
def test_nests_coincidence_with_a_trace_in_the_synapse(backend):
    for dendritic in (ONE, DRAWN):
        net = stored(Post(w0=5.0, coincidence="nest"), dendritic)
        weight = net.run(50 * ms, backend).projections["a->b"].final["weight"]
        y = np.exp(-4 / 20), np.exp(-24 / 20) + np.exp(-4 / 20)  # post at 6 and 26 ms
        assert weight == pytest.approx(5 - 0.1 * sum(y), rel=1e-6)


def test_a_counter_with_nests_coincidence():
    class Counting(sp.PlasticityModel):
        k = sp.state(0.0)
        on_pre = "weight += 0.01*weight*k"
        on_post = "k += 1"

    found = [
        stored(Counting(coincidence="nest"), delay, post=(9.0, 29.0))
        .run(50 * ms, "numpy")["a->b"].final["weight"][0]
        for delay in (ONE, DRAWN)
    ]  # fmt: skip
    assert found[0] == pytest.approx(5 * 1.01) and found[1] == found[0]


@pytest.mark.parametrize("order", ["standard", "nest"])
def test_an_initial_value_decays_alike(order):
    class Decays(sp.PlasticityModel):
        w0 = sp.parameter(sp.weight_unit)
        y = sp.state(1.0)
        equations = "dy/dt = -y/(20*ms)"
        on_pre = "weight += w0*y"
        on_post = "y += 0"

    one, drawn = (
        stored(Decays(w0=1.0), delay, order)
        .run(20 * ms, "numpy", precision="float64")["a->b"]
        .final["weight"][0]
        for delay in (ONE, DRAWN)
    )
    assert drawn == pytest.approx(one, rel=1e-12)


@pytest.mark.parametrize("delay", [ONE, DRAWN])
def test_coupled_equations_are_solved_together(delay):
    """x' = (y - x)/10, y' = -y/20 from y(0) = 1: x = 2 (exp(-t/20) - exp(-t/10))."""

    class Coupled(sp.PlasticityModel):
        w0 = sp.parameter(sp.weight_unit)
        x = sp.state(0.0)
        y = sp.state(0.0)
        equations = """
            dx/dt = (y - x)/(10*ms)
            dy/dt = -y/(20*ms)
        """
        on_pre = "weight += w0*x; x = 0"
        on_post = "y += 1"

    net = stored(Coupled(w0=1.0), delay, post=(5.0,))
    weight = net.run(20 * ms, "numpy", precision="float64")["a->b"].final["weight"][0]
    x = 2 * (np.exp(-4 / 20) - np.exp(-4 / 10))  # post at 6 ms, pre at 10
    assert weight == pytest.approx(5 + x, abs=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "cpp", "jax"])
@pytest.mark.parametrize("order", ["standard", "nest"])
def test_between_events(order, backend):
    """What stands still between events is final, and can be set, as of now."""
    net = stored(Post(w0=5.0), DRAWN, order, post=(5.0,))
    simulation = net.compile(backend, precision="float64").start()
    first = simulation.run(9 * ms)["a->b"].final
    assert list(first) == ["weight", "y"]
    late = DT if order == "nest" else 0.0  # in NEST's order what a step finds acts in the next
    assert first["y"][0] == pytest.approx(np.exp(-(3 - late) / 20), rel=1e-9)
    simulation.set({"a->b.tau": 10 * ms})
    second = simulation.run(0.5 * ms)["a->b"].final
    assert second["y"][0] == pytest.approx(first["y"][0] * np.exp(-0.05), rel=1e-9)
    simulation.set({"a->b.y": 1.0})
    assert simulation.run(0.5 * ms)["a->b"].final["y"][0] == pytest.approx(np.exp(-0.05), rel=1e-9)
    with pytest.raises(SpikesimError, match=r"moves from event to event.*\(clock-driven\)"):
        stored(Post(w0=5.0), DRAWN, every=1.0).compile(backend)


@pytest.mark.parametrize("word", ["elapsed", "grid", "active", "weight_scale", "last_step", "step"])
def test_names_that_are_taken(word):
    with pytest.raises(SpikesimError, match=f"'{word}' has a meaning of its own"):
        type("Taken", (Post,), {word: sp.parameter(1.0)})
    with pytest.raises(SpikesimError, match=f"'{word}' has a meaning of its own"):
        type("Taken", (Post,), {"modulators": {word: mV}})


def test_a_rate_that_only_decays():
    """It has an equation, and no block writes it."""

    class Slowing(sp.PlasticityModel):
        w0 = sp.parameter(sp.weight_unit)
        eta = sp.state(1.0)
        y = sp.state(0.0)
        equations = """
            deta/dt = -eta/(100*ms)
            dy/dt = -y/(20*ms)
        """
        on_pre = "weight -= 0.02*w0*y"
        on_post = "y += eta"

    for backend in ("numpy", "cpp"):
        for delay in (ONE, DRAWN):
            final = stored(Slowing(w0=5.0), delay, post=(5.0,)).run(20 * ms, backend)["a->b"].final
            y = np.exp(-6 / 100) * np.exp(-4 / 20)
            assert final["weight"][0] == pytest.approx(5 - 0.1 * y, rel=1e-6)


def test_drawn_bounds():
    net = sp.Network(dt=DT * ms)
    a = net.population("a", 50, sp.neurons.Poisson(rate=1 * Hz))
    b = net.population("b", 1, sp.neurons.LIF())
    net.project(a, b, sp.all_to_all(), synapse=sp.synapses.Delta(), weight=5 * mV,
                plasticity=sp.plasticity.STDP(w_max=sp.uniform(4 * mV, 10 * mV)),
                axonal_delay=0 * ms, dendritic_delay=1 * ms)  # fmt: skip
    with pytest.raises(ParameterError, match=r"weights of 5 mV, but the rule keeps them within 0"):
        net.run(1 * ms)

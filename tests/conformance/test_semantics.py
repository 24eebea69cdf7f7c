"""What a step means, against facts worked out by hand, on every backend."""

from unittest.mock import patch

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends import find, names
from spikesim.backends import numpy as numpy_backend
from spikesim.backends.cpp import executable as cpp_backend
from spikesim.backends.jax import executable as jax_backend
from spikesim.errors import NotFiniteError, ParameterError
from spikesim.units import Hz, ms, mV, pA, pF

BACKENDS = [name for name in names() if not find(name).unavailable()]
DT = 0.25  # a power of two, so that the arithmetic below is exact


@pytest.fixture(params=BACKENDS)
def run(request):
    """Runs a network in float64; returns the results."""

    def of(net, duration, **options):
        return net.run(duration * ms, request.param, **({"precision": "float64"} | options))

    return of


def counter(**states):
    """A neuron without dynamics: it adds up what arrives."""
    return sp.neuron("", v=sp.state(0 * mV), **states)


def ramp(refractory="0*ms", **names):
    """A neuron whose v grows by 1 mV/ms and by what I brings; it may spike."""
    return sp.neuron(
        "dv/dt = slope + I/C  (unless refractory)",
        **({"spike": "v > 1000*mV", "refractory": refractory} | names),
        v=sp.state(0 * mV),
        I=sp.port(pA),
        C=1 * pF,
        slope=1 * mV / ms,
    )


def trains(*times):
    """Sources that spike at the given labels in ms."""
    return sp.spike_times([np.array(t) * ms for t in times])


def v_of(results, name="cell"):
    return results[name].v.values


# --- equations -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["auto", "exact", "exponential_euler", "euler", "heun", "rk4"])
def test_rates_that_are_numbers(run, method):
    net = sp.Network(dt=DT * ms)
    model = sp.neuron("dv/dt = 2*mV/ms : mV\ndw/dt = 0*pA/ms : pA", method=method)
    net.population("cell", 2, model, v=[1, 2] * mV, w=3 * pA)
    final = run(net, 4)["cell"].final
    assert final["v"].tolist() == [9, 10] and final["w"].tolist() == [3, 3]


# --- delays --------------------------------------------------------------------------------------

# delay in ms, steps of 0.1 ms: floor(delay/dt + 0.5 + 1e-9)
DELAYS = [(0.0, 0), (0.1, 1), (1.0, 10), (1.5, 15), (2.15, 22), (0.15, 2), (0.149, 1), (0.04, 0)]


@pytest.mark.parametrize("order", ["standard", "nest"])
def test_a_spike_labelled_t_arrives_at_t_plus_delay(run, order):
    net = sp.Network(dt=0.1 * ms, order=order)
    listed = [(ms_, steps) for ms_, steps in DELAYS if steps or order == "standard"]
    source = net.population("source", 1, trains([0.5]))
    cell = net.population("cell", len(listed), counter())
    for k, (delay, _) in enumerate(listed):
        net.project(source, cell[k], sp.all_to_all(), weight=1 * mV, delay=delay * ms)
    net.record(cell, "v")
    v = v_of(run(net, 4))
    for k, (_, steps) in enumerate(listed):
        assert np.flatnonzero(v[:, k])[0] == 5 + steps
        assert set(v[:, k]) == {0.0, 1.0}


def test_the_parts_of_a_delay_are_rounded_one_by_one(run):
    net = sp.Network(dt=0.1 * ms)
    source, cell = net.population("source", 1, trains([0.1])), net.population("cell", 1, counter())
    net.project(
        source,
        cell,
        sp.all_to_all(),
        weight=1 * mV,
        axonal_delay=0.16 * ms,  # 2 steps
        dendritic_delay=0.16 * ms,  # 2 steps, though the sum is nearer to 3
    )
    net.record(cell, "v")
    assert np.flatnonzero(v_of(run(net, 1)))[0] == 1 + 4


def test_a_chain_of_zero_delays_takes_a_step_a_link(run):
    # Standard order: what arrives in a step is seen by the threshold of the next.
    net = sp.Network(dt=DT * ms)
    source = net.population("source", 1, trains([1.0]))
    cell = net.population("cell", 3, counter_that_spikes())
    net.project(source, cell[0], sp.all_to_all(), weight=1 * mV, delay=0 * ms)
    net.project(cell[:2], cell[1:], sp.one_to_one(), weight=1 * mV, delay=0 * ms)
    net.record(cell, "spikes")
    spikes = run(net, 3)["cell"].spikes
    np.testing.assert_array_equal(spikes.i, [0, 1, 2])
    np.testing.assert_array_equal(spikes.t, [1.25, 1.5, 1.75])


def counter_that_spikes():
    return sp.neuron("", spike="v > 0.5*mV", reset="v = 0*mV", v=sp.state(0 * mV))


# --- order ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("order, label", [("standard", 2.25), ("nest", 2.0)])
def test_orders_differ_by_one_step_for_jumps(run, order, label):
    net = sp.Network(dt=DT * ms, order=order)
    source = net.population("source", 1, trains([1.5]))
    cell = net.population("cell", 1, counter_that_spikes())
    net.project(source, cell, sp.all_to_all(), weight=1 * mV, delay=0.5 * ms)
    net.record(cell, ["spikes", "v"])
    results = run(net, 3)
    np.testing.assert_array_equal(results["cell"].spikes.t, [label])
    # It arrives at t = 2 in both, and the reset of the step in which it is found takes it away.
    expected = np.zeros(12)
    expected[8] = 1.0 if order == "standard" else 0.0
    np.testing.assert_array_equal(v_of(results)[:, 0], expected)


# --- labels, reset, refractoriness ---------------------------------------------------------------


def test_a_spike_is_labelled_with_the_end_of_its_step(run):
    net = sp.Network(dt=DT * ms)
    cell = net.population("cell", 1, ramp(spike="v >= 1*mV", reset="v = -1*mV"))
    net.record(cell, ["spikes", "v"])
    results = run(net, 4)
    # v(1 ms) = 1 mV is reached by the step from 0.75 to 1; from -1 mV it takes 2 ms more.
    np.testing.assert_array_equal(results["cell"].spikes.t, [1.0, 3.0])
    expected = [0, 0.25, 0.5, 0.75, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, -1, -0.75, -0.5]
    np.testing.assert_array_equal(v_of(results)[:15, 0], expected)


@pytest.mark.parametrize(
    "period, steps", [(0, 0), (0.1, 0), (0.25, 1), (0.3, 1), (0.5, 2), (1.1, 4)]
)
def test_held_for_that_many_steps_after_the_spike(run, period, steps):
    net = sp.Network(dt=DT * ms)
    model = ramp(spike="v >= 1*mV", reset="v = 0*mV", refractory="r", r=period * ms)
    cell = net.population("cell", 1, model)
    net.record(cell, ["spikes", "v"])
    results = run(net, 6)
    between = 1.0 + steps * DT
    expected = np.arange(1.0, 6.0 + 1e-9, between)
    np.testing.assert_array_equal(results["cell"].spikes.t, expected)
    after = v_of(results)[4 : 4 + steps + 2, 0]
    np.testing.assert_array_equal(after, [0.0] * (steps + 1) + [0.25])


def test_held_for_ever(run):
    """So many steps that they fit in no 32-bit number."""
    net = sp.Network(dt=DT * ms)
    model = ramp(spike="v >= 1*mV", reset="v = 0*mV", refractory="r", r=1e12 * ms)
    net.record(net.population("cell", 1, model), "spikes")
    np.testing.assert_array_equal(run(net, 9)["cell"].spikes.t, [1.0])


def test_nothing_spikes_while_held(run):
    net = sp.Network(dt=DT * ms)
    model = sp.neuron("", spike="v > 0.5*mV", refractory="r", v=sp.state(1 * mV), r=0.75 * ms)
    net.record(net.population("cell", 1, model), "spikes")
    np.testing.assert_array_equal(run(net, 3)["cell"].spikes.t, [0.25, 1.25, 2.25])


def test_arrivals_while_held(run):
    """A variable that stands still drops what arrives; another keeps it."""
    net = sp.Network(dt=DT * ms)
    model = sp.neuron(
        "dv/dt = 0*mV/ms  (unless refractory)\ndw/dt = 0*mV/ms",
        spike="v > 0.5*mV",
        reset="v = 0*mV",
        refractory="r",
        v=sp.state(0 * mV),
        w=sp.state(0 * mV),
        r=0.75 * ms,
    )
    cell = net.population("cell", 1, model)
    # Found in the step that ends at 1.25, held in the three that end at 1.5, 1.75 and 2.
    first = net.population("first", 1, trains([1.0]))
    then = net.population("then", 1, trains([1.25, 1.5, 1.75, 2.0, 2.25]))
    net.project(first, cell, sp.all_to_all(), weight=1 * mV, delay=0 * ms)
    net.project(then, cell, sp.all_to_all(), weight=0.125 * mV, delay=0 * ms)
    net.project(
        then, cell, sp.all_to_all(), synapse=sp.synapses.Delta("w"), weight=0.125 * mV, delay=0 * ms
    )
    net.record(cell, ["spikes", "v", "w"])
    results = run(net, 3)
    np.testing.assert_array_equal(results["cell"].spikes.t, [1.25])
    # Samples at 1, 1.25 ... 2.5. What comes with the spike is taken away by the reset.
    np.testing.assert_array_equal(v_of(results)[4:11, 0], [1, 0, 0, 0, 0, 0.125, 0.125])
    kept = np.array([0, 1, 2, 3, 4, 5, 5]) * 0.125
    np.testing.assert_array_equal(results["cell"].w.values[4:11, 0], kept)


# --- sampling and stimuli ------------------------------------------------------------------------


def test_samples_start_at_zero_and_show_the_state_before_the_step(run):
    net = sp.Network(dt=DT * ms)
    cell = net.population("cell", 2, ramp(), v=np.array([0, 8]) * mV)
    net.record(cell, "v", every=0.75 * ms)
    results = run(net, 2.5)
    np.testing.assert_array_equal(results["cell"].v.t, [0, 0.75, 1.5, 2.25])
    np.testing.assert_array_equal(v_of(results), [[0, 8], [0.75, 8.75], [1.5, 9.5], [2.25, 10.25]])
    np.testing.assert_array_equal(results["cell"].final["v"], [2.5, 10.5])


# An integrator of 1 pF: 1 pA for one step of 0.25 ms adds 0.25 mV. 16 steps.
SIGNALS = {
    "dc": (sp.dc(1 * pA), np.ones(16)),
    "dc from 1": (sp.dc(1 * pA, start=1 * ms), np.repeat([0, 1], [4, 12])),
    "dc until 2": (sp.dc(1 * pA, stop=2 * ms), np.repeat([1, 0], [8, 8])),
    "dc from 1 until 2": (
        sp.dc(1 * pA, start=1 * ms, stop=2 * ms),
        np.repeat([0, 1, 0], [4, 4, 8]),
    ),
    "steps": (
        sp.step_current(np.array([0.5, 1, 3]) * ms, np.array([2, -1, 4]) * pA),
        np.repeat([0, 2, -1, 4], [2, 2, 8, 4]),
    ),
    "timed array": (
        sp.timed_array(np.array([1, 2, 4]) * pA, dt=0.75 * ms),
        np.repeat([1, 2, 4], [3, 3, 10]),  # the last row holds on
    ),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_a_current_acts_in_the_step_that_starts_at_its_time(run, name):
    stimulus, current = SIGNALS[name]
    net = sp.Network(dt=DT * ms)
    model = sp.neuron("dv/dt = I/C", v=sp.state(0 * mV), I=sp.port(pA), C=1 * pF)
    cell = net.population("cell", 3, model)
    net.stimulate(cell[1:], stimulus)
    net.record(cell, "v")
    v = v_of(run(net, 4))
    expected = np.concatenate([[0], np.cumsum(current)[:-1]]) * DT
    np.testing.assert_array_equal(v, np.stack([0 * expected, expected, expected], axis=1))


def test_a_timed_array_has_a_column_a_neuron_of_the_view(run):
    net = sp.Network(dt=DT * ms)
    model = sp.neuron("dv/dt = I/C", v=sp.state(0 * mV), I=sp.port(pA), C=1 * pF)
    cell = net.population("cell", 3, model)
    net.stimulate(cell[[2, 0]], sp.timed_array(np.array([[1, 2], [4, 8]]) * pA, dt=0.5 * ms))
    net.record(cell, "v")
    final = run(net, 1)["cell"].final["v"]
    np.testing.assert_array_equal(final, [0.5 * (2 + 8), 0, 0.5 * (1 + 4)])


def test_stimuli_add_up(run):
    net = sp.Network(dt=DT * ms)
    cell = net.population("cell", 2, ramp())
    net.stimulate(cell, sp.dc(1 * pA))
    net.stimulate(cell[0], sp.dc(2 * pA))
    np.testing.assert_array_equal(run(net, 1)["cell"].final["v"], [4, 2])


def test_poisson_rates_may_be_distributions(run):
    net = sp.Network(dt=DT * ms, seed=1)
    cell = net.population("cell", 40, counter())
    net.stimulate(cell, sp.poisson(rate=sp.uniform(0 * Hz, 4000 * Hz)), weight=1 * mV)
    counts = run(net, 100)["cell"].final["v"]
    # 0 to 400 expected; as spread out as that, and not like one rate for all.
    assert 100 < counts.mean() < 300 and counts.std() > 60


def test_more_poisson_spikes_than_can_be_drawn(run):
    net = sp.Network(dt=DT * ms)
    net.stimulate(net.population("cell", 2, counter()), sp.poisson(10 * Hz), weight=1 * mV)
    faults = {
        3e6: r"poisson.rate = 3000 .*<= 700.*several stimuli",
        -1: r"poisson.rate.*at least 0",
    }
    for rate, fault in faults.items():
        with pytest.raises(ParameterError, match=fault):
            run(net, 1, params={"cell.poisson.rate": rate * Hz})


def test_rates_count_the_steps_of_their_bin(run):
    net = sp.Network(dt=DT * ms)
    # Labels up to the end of a bin belong to it: a spike labelled 1 is found in the step to 1.
    source = net.population("source", 4, trains([0.25, 1.0], [1.0], [1.25], [2.5]))
    net.record(source, "rate", every=1 * ms)
    net.record(source[:2], "rate", every=0.5 * ms)
    results = run(net, 2.5)
    np.testing.assert_array_equal(results["source"].rate.t, [0, 1, 2])
    per_ms = np.array([3 / 4, 1 / 4, 1 / 4 / 0.5])  # the last bin is half as long
    np.testing.assert_array_equal(results["source"].rate.values, per_ms * 1e3)
    few = results["source"]["rate#2"].values
    np.testing.assert_array_equal(few, np.array([1 / 2, 2 / 2, 0, 0, 0]) / 0.5 * 1e3)


# --- length and chunks ---------------------------------------------------------------------------


def busy():
    """A network in which everything happens: noise, delays, chains, samples, rates."""
    net = sp.Network(dt=DT * ms, seed=4)
    cell = net.population("cell", 5, sp.neurons.LIF(t_ref=1 * ms), v=sp.uniform(-60 * mV, -55 * mV))
    source = net.population("source", 4, trains([1, 5, 9.25], [], [2], [2.5, 2.75, 3]))
    noise = net.population("noise", 3, sp.neurons.Poisson(rate=300 * sp.units.Hz))
    synapse = sp.synapses.ExpCurrent()
    for pre in (source, noise, cell):
        delay = sp.uniform(0 * ms, 3 * ms)
        net.project(pre, cell, sp.all_to_all(), synapse=synapse, weight=200 * pA, delay=delay)
    net.stimulate(cell, sp.step_current(np.array([1, 6]) * ms, np.array([400, 500]) * pA))
    net.record([cell, source, noise], "spikes")
    net.record(cell[::2], "v", every=1.25 * ms)
    net.record(cell, "v", every=DT * ms)
    net.record(cell, "rate", every=2 * ms)
    return net


def everything(results):
    found = {}
    for name in results:
        for what, data in results[name].recorded.items():
            for column in ("t", "i", "values"):
                if hasattr(data, column):
                    found[name, what, column] = getattr(data, column)
        found |= {(name, x, "final"): a for x, a in results[name].final.items()}
    return found


@pytest.mark.parametrize("chunk", [1, 7, 40, 80])
@pytest.mark.parametrize("backend", BACKENDS)
def test_chunks_change_nothing(backend, chunk):
    whole = everything(busy().run(10 * ms, backend))
    with (
        patch.object(numpy_backend, "_CHUNK", chunk),
        patch.object(jax_backend, "_LONGEST_CHUNK", chunk),
        patch.object(cpp_backend, "_CHUNK_STEPS", chunk),
    ):
        parts = everything(busy().run(10 * ms, backend))
    assert whole.keys() == parts.keys()
    assert sum(len(a) for key, a in whole.items() if key[2] == "i") > 20
    for key, array in whole.items():
        np.testing.assert_array_equal(parts[key], array, err_msg=str(key))


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_step_and_one_step(backend):
    model = busy().compile(backend)
    nothing = model.run(0 * ms)
    assert len(nothing["cell"].spikes) == 0 and nothing["cell"].spikes.duration == 0
    assert nothing["cell"].v.values.shape == (0, 3) and nothing["cell"].rate.values.shape == (0,)
    start = nothing["cell"].final["v"]
    assert ((start >= -60) & (start <= -55)).all()
    one = model.run(DT * ms)
    np.testing.assert_array_equal(one["cell"].v.values, start[None, ::2])
    np.testing.assert_array_equal(one["cell"].rate.t, [0])
    # A shorter run is the beginning of a longer one.
    np.testing.assert_array_equal(
        model.run(2 * ms)["cell"]["v#2"].values, model.run(10 * ms)["cell"]["v#2"].values[:8]
    )


# --- numbers at their limits ---------------------------------------------------------------------


def blow_up(precision):
    """dv/dt = v^2/(mV ms) by Euler from 10 mV: the step at whose end v is infinite."""
    v, step, dtype = np.dtype(precision).type(10), 0, np.dtype(precision).type
    with np.errstate(over="ignore"):
        while np.isfinite(v):
            v, step = v + dtype(DT) * (v * v), step + 1
    return step


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("chunk", [3, 1000])
@pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
def test_a_state_that_blows_up_is_located(run, precision, chunk):
    net = sp.Network(dt=DT * ms)
    model = sp.neuron("dv/dt = v*v/(1*mV)/(1*ms)", method="euler", v=sp.state(0 * mV))
    net.population("quiet", 5, ramp())
    net.population("wild", 9, model, v=np.where(np.arange(9) == 6, 10, 0) * mV)
    step = blow_up(precision)
    assert step == {"float32": 7, "float64": 10}[precision]  # so the precision is what it says
    with (
        patch.object(numpy_backend, "_CHUNK", chunk),
        patch.object(jax_backend, "_LONGEST_CHUNK", chunk),
        patch.object(cpp_backend, "_CHUNK_STEPS", chunk),
        pytest.raises(NotFiniteError) as fault,
    ):
        run(net, 10, precision=precision)
    told = f"population 'wild': v of neuron 6 became inf in the step that ends at {step * DT:g} ms"
    assert told in str(fault.value) and "1 of 9 neurons" in str(fault.value)


# dt is 1 ms. After e^-708 numbers are subnormal: flushed to zeros of their sign, on all backends.
DECAYS = {
    "exact": ("exact", 5.0),  # P = e^-0.2
    "halved": ("euler", 2.0),  # v - v/2: subnormal results are exact
    "quartered": ("euler", 4 / 3),
    "swinging": ("euler", 2 / 3),  # v - 1.5 v
    "rk4": ("rk4", 3.0),
}


@pytest.mark.parametrize("name", DECAYS)
def test_subnormal_numbers_are_zero(name):
    method, tau = DECAYS[name]
    net = sp.Network(dt=1 * ms)
    model = sp.neuron("dv/dt = -v/tau", v=sp.state(0 * mV), tau=tau * ms, method=method)
    start = np.array([1, -1, 1e-300, 3e-308, -3e-308, 4.1e-308, 1e-310, -1e-310, 0, 7.7])
    cell = net.population("cell", len(start), model, v=start * mV)
    net.record(cell, "v")
    first, *others = (v_of(net.run(10_000 * ms, b, conformance=True)) for b in BACKENDS)
    assert all(first.tobytes() == other.tobytes() for other in others)
    tiny = (np.abs(first) < 2.0**-1022) & (first != 0)
    assert not tiny.any() and (np.abs(first[-1]) < 1e-307).all()

"""Random networks: NumPy, JAX, C++ and CUDA (on the host) give the same bits in conformance mode.

Every spike, every recorded state, every rate and the final states are compared. `make test` runs a
few examples; `pytest -m slow` runs 300.
"""

import re
from collections import Counter
from unittest.mock import patch

import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, Phase, assume, given, note, reject, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim.backends import numpy as numpy_backend
from spikesim.backends import sharing, synapses
from spikesim.backends.cpp import executable as cpp_backend
from spikesim.backends.cuda import executable as cuda_backend
from spikesim.backends.cuda import host
from spikesim.backends.jax import executable as jax_backend
from spikesim.errors import DescriptionError, RunError
from spikesim.native import why_missing
from spikesim.units import Hz, ms, mV, nS, pA

# Small, so that a run crosses the borders of chunks, and not at the same steps on both.
CHUNKS = {"numpy": 29, "jax": 37, "cpp": 41, "cuda": 43}


def number(low, high):
    """A float anywhere between, of which every bit matters."""
    scattered = st.integers(0, 2**32 - 1).map(lambda k: k * 2654435761 % 2**32 / 2**32)
    return scattered.map(lambda part: low + (high - low) * part)


# --- values --------------------------------------------------------------------------------------


@st.composite
def value(draw, low, high, unit, size=None):
    """A scalar, an array of `size` or a distribution, between low and high."""
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "uniform", "normal", "lognormal"]))
    if kind == "array" and size is not None:
        seed = draw(st.integers(0, 99))
        return np.random.default_rng(seed).uniform(low, high, size) * unit
    a, b = sorted((draw(number(low, high)), draw(number(low, high))))
    if kind in ("scalar", "array") or b - a < 1e-3 * (high - low):
        return a * unit
    if kind == "uniform":
        return sp.uniform(a * unit, b * unit)
    if kind == "normal" or a <= 0:
        middle = (a + b) / 2
        return sp.normal(middle * unit, (b - a) * unit, low=a * unit, high=b * unit)
    return sp.lognormal(a * unit, draw(number(0.1, 1)), low=a / 2 * unit, high=b * unit)


@st.composite
def view(draw, population):
    """All of a population, or a slice, a list or a mask of it."""
    n = population.size
    kind = draw(st.sampled_from(["all", "all", "slice", "list", "mask"]))
    if kind == "slice" and n > 1:
        start = draw(st.integers(0, n - 2))
        return population[start : draw(st.integers(start + 1, n)) : draw(st.sampled_from([1, 2]))]
    if kind == "list":
        numbers = draw(st.lists(st.integers(0, n - 1), min_size=1, unique=True))
        return population[numbers]
    if kind == "mask":
        mask = np.arange(n) % draw(st.integers(2, 3)) == 0
        return population[mask]
    return population


# --- models --------------------------------------------------------------------------------------

# Dimensionless functions of x and y, over all operations of the equations.
LEAVES = st.one_of(
    st.sampled_from(["x", "y", "k", "t/(3*ms)"]), number(-3, 3).map(lambda c: f"({c!r})")
)


def combine(inner):
    def of(form):
        return st.tuples(inner, inner, inner).map(lambda parts: form.format(*parts))

    return st.sampled_from(
        [
            *("({0} + {1})", "({0} - {1})", "{0}*{1}", "({0})/(1.5 + abs({1}))", "-({0})"),
            *("({0})**2", "({0})**3", "abs({0})**1.7", "(1 + abs({0}))**min(2, {1})"),
            *("exp(min(2, {0}))", "expm1(min(2, {0}))", "exprel(min(2, {0}))"),
            *("log(0.1 + abs({0}))", "log1p(abs({0}))", "sqrt(abs({0}))"),
            *("sin({0})", "cos({0})", "tan(clip({0}, -1, 1))"),
            *("tanh({0})", "sinh(clip({0}, -2, 2))", "cosh(clip({0}, -2, 2))"),
            *("({0} if {1} > {2} else {1})", "({0} if {0} <= 0 and not {1} == 1 else {2})"),
            *("min({0}, {1})", "max({0}, {1})", "clip({0}, -1, 1)", "sign({0})"),
            *("floor({0})", "ceil({0})", "({0}) % 0.7", "({0}) // 0.3", "abs({0}) % (1 + k)"),
        ]
    ).flatmap(of)


EXPRESSION = st.recursive(LEAVES, combine, max_leaves=6)
HELD = st.sampled_from(["", "  (unless refractory)"])
METHODS = ["exact", "exponential_euler", "euler", "heun", "rk4", "auto"]


def only(name, expression):
    """The expression with one variable in place of both."""
    return re.sub(r"\b[xy]\b", name, expression)


@st.composite
def equations(draw, method):
    """Two equations, of v and w, that `method` can integrate."""
    tau = draw(number(2, 30))
    x, y = "x = (v + 60*mV)/(10*mV)", "y = w/(50*pA)"
    if method == "exact" or (method == "auto" and draw(st.booleans())):
        a, b, c = (draw(number(-1, 1)) for _ in range(3))
        dv = f"(E - v)/({tau!r}*ms) + (I + {a!r}*w)/C"
        dw = f"(({b!r}*nS)*(v - E) - ({c!r} + 1.5)*w)/tau_w"
    elif method in ("exponential_euler", "auto"):
        f, g, h = (draw(EXPRESSION) for _ in range(3))
        f, g, h = only("y", f), only("y", g), only("x", h)
        dv = f"(E - v)*(1.1 + tanh({f}))/({tau!r}*ms) + (I + 9*pA*tanh({g}))/C"
        dw = f"(60*pA*tanh({h}) - w)/tau_w"
    else:
        f, g = draw(EXPRESSION), draw(EXPRESSION)
        dv = f"(E - v + 9*mV*tanh({f}))/({tau!r}*ms) + (I - w)/C"
        dw = f"(60*pA*cos({g}) - w)/tau_w"
    return f"{x}\n{y}\ndv/dt = {dv}{draw(HELD)}\ndw/dt = {dw}{draw(HELD)}"


@st.composite
def inline(draw, size):
    """A model without a class."""
    method = draw(st.sampled_from(METHODS))
    return sp.neuron(
        draw(equations(method)),
        method=method,
        name=f"inline_{method}",
        spike=draw(
            st.sampled_from(
                [
                    "v > -55*mV",
                    "v >= -55*mV + 3*mV*randn()",
                    "rand() < dt/(2*ms)",
                    "v > -58*mV and rand() < 0.5",
                    "rand() < dt/(4*ms)*exp((v + 55*mV)/(4*mV))",
                    "poisson(0.2) > 0",
                ]
            )
        ),
        reset=draw(
            st.sampled_from(
                [
                    "v = -65*mV",
                    "v = -65*mV + 4*mV*rand()\nw += b",
                    "v -= 12*mV + 1*mV*randn()\nw *= 0.7",
                    "v = E + 0.3*(v - E)\nw -= b*k/3",
                    "v = -65*mV if v > -50*mV else -70*mV\nw /= 1.3",
                ]
            )
        ),
        refractory=draw(st.sampled_from(["t_ref", "0*ms", "t_ref + 1*ms*k"])),
        v=sp.state(-65 * mV),
        w=sp.state(0 * pA),
        I=sp.port(pA),
        E=draw(value(-70, -55, mV, size)),
        C=draw(value(80, 300, sp.units.pF, size)),
        k=draw(value(0, 3, 1.0, size)),
        b=draw(value(1, 20, pA, size)),
        tau_w=draw(value(5, 100, ms, size)),
        t_ref=draw(value(0, 3, ms, size)),
    )


@st.composite
def model(draw, size):
    kind = draw(st.sampled_from(["lif", "lif", "adex", "traub_miles", "inline", "inline"]))
    if kind == "lif":
        return sp.neurons.LIF(
            tau_m=draw(value(5, 20, ms, size)),
            t_ref=draw(value(0, 3, ms, size)),
            V_th=draw(value(-58, -52, mV, size)),
        )
    if kind == "adex":
        return sp.neurons.AdEx(t_ref=draw(value(0, 2, ms)), b=draw(value(0, 100, pA, size)))
    if kind == "traub_miles":
        return sp.neurons.TraubMiles(g_Na=draw(value(15_000, 22_000, nS)))
    return draw(inline(size))


@st.composite
def source(draw, size, dt):
    """A population of spike sources."""
    if draw(st.booleans()):
        return sp.neurons.Poisson(rate=draw(value(20, 400, Hz, size)))
    trains = st.lists(st.integers(1, 150), unique=True, max_size=20)
    return sp.spike_times([np.array(draw(trains)) * dt * ms for _ in range(size)])


# --- projections, stimuli, recordings ------------------------------------------------------------


@st.composite
def rule(draw, n_source, n_target):
    """(rule, number of connections where it is known)."""
    kind = draw(
        st.sampled_from(
            [
                *("all_to_all", "one_to_one", "probability", "indegree", "outdegree", "total"),
                *("explicit", "matrix", "sparse"),
            ]
        )
    )
    autapses, multapses = draw(st.booleans()), draw(st.booleans())
    if kind == "one_to_one" and n_source == n_target:
        return sp.one_to_one(), n_source
    if kind == "all_to_all":
        return sp.all_to_all(autapses=autapses), None
    if kind == "indegree":
        most = 5 if multapses else min(5, n_source - 1)
        return sp.fixed_indegree(
            draw(st.integers(0, most)), autapses or n_source < 2, multapses
        ), None
    if kind == "outdegree":
        most = 5 if multapses else min(5, n_target - 1)
        return sp.fixed_outdegree(
            draw(st.integers(0, most)), autapses or n_target < 2, multapses
        ), None
    if kind == "total":
        return sp.fixed_total_number(draw(st.integers(0, 40))), None
    if kind in ("explicit", "matrix", "sparse"):
        count = draw(st.integers(0, 30))
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        pre, post = rng.integers(0, n_source, count), rng.integers(0, n_target, count)
        if kind == "explicit":
            return sp.explicit(pre, post), count
        # Positive, since conductances take nothing else.
        sparse = scipy.sparse.coo_array(
            (rng.uniform(0.1, 2, count), (pre, post)), (n_source, n_target)
        )
        return sp.from_matrix(sparse if kind == "sparse" else sparse.toarray()), None
    return sp.fixed_probability(draw(number(0, 0.6)), autapses), None


@st.composite
def synapse(draw):
    """(synapse, scale of its weights, their unit)."""
    return draw(
        st.sampled_from(
            [
                (sp.synapses.ExpCurrent(tau=2 * ms), 300, pA),
                (sp.synapses.ExpCurrent(tau=5.3 * ms, name="slow"), -100, pA),
                (sp.synapses.ExpConductance(), 8, nS),
                (sp.synapses.ExpConductance(tau=7 * ms, E=-80 * mV, name="gaba"), 6, nS),
                (sp.synapses.Delta(), 3, mV),
                (sp.synapses.Delta(), -1, mV),
                (None, 2, mV),
            ]
        )
    )


def weights(scale, unit, count):
    low, high = sorted((0.2 * scale, scale))
    return value(low, high, unit, count)


@st.composite
def delays(draw, order, dt, count):
    least = dt if order == "nest" else 0.0
    if draw(st.booleans()):
        return {"delay": draw(value(least, 4, ms, count))}
    parts = {"axonal_delay": draw(value(least, 2, ms, count))}
    return parts | {"dendritic_delay": draw(value(0, 2, ms, count))}


@st.composite
def wave(draw, unit, scale, n):
    """A signal in `unit` of about this size."""
    sine = sp.sine(
        draw(value(0, scale, unit, n)), draw(value(5, 200, Hz, n)),
        offset=scale * unit, phase=draw(number(-4, 4)), start=draw(st.sampled_from([None, 1 * ms])),
    )  # fmt: skip
    ramp = sp.ramp(0 * unit, draw(value(0, scale, unit, n)), stop=9 * ms)
    return draw(st.sampled_from([sine, ramp, sp.expression("A*exp(-t/(5*ms))", A=scale * unit)]))


@st.composite
def stimulus(draw, chosen, dt):
    """Keywords of Network.stimulate."""
    n = len(chosen)
    kind = draw(st.sampled_from(["dc", "step", "timed", "wave", "noise", "train", "train"]))
    if kind == "dc":
        bounds = draw(st.sampled_from([{}, {"start": 1 * ms}, {"start": 1 * ms, "stop": 7 * ms}]))
        return {"stimulus": sp.dc(draw(value(300, 1500, pA, n)), **bounds)}
    if kind == "step":
        times = np.cumsum(draw(st.lists(st.integers(1, 40), min_size=1, max_size=4))) - 1
        amplitudes = [draw(number(-100, 1500)) for _ in times]
        return {"stimulus": sp.step_current(times * dt * ms, amplitudes * pA)}
    if kind == "timed":
        shape = draw(st.sampled_from([(3,), (4, n)]))
        values = np.random.default_rng(draw(st.integers(0, 99))).uniform(0, 1500, shape)
        return {"stimulus": sp.timed_array(values * pA, dt=draw(st.integers(1, 30)) * dt * ms)}
    if kind == "wave":
        return {"stimulus": draw(wave(pA, 200, n))}
    if kind == "noise":
        noise = sp.ornstein_uhlenbeck(
            draw(value(0, 900, pA, n)), draw(value(0, 300, pA, n)), draw(value(1, 20, ms, n)),
            shared=draw(st.booleans()), start=draw(st.sampled_from([None, 2 * ms])),
        )  # fmt: skip
        every = draw(st.sampled_from([None, dt * ms, 3 * dt * ms]))
        white = sp.white_noise(draw(value(0, 900, pA, n)), 200 * pA, dt=every)
        return {"stimulus": draw(st.sampled_from([noise, white]))}
    synapse_, scale, unit = draw(synapse())
    rate = draw(value(5, 50, Hz, n))
    changing = draw(wave(Hz, 50, n))
    trains = [
        *[sp.poisson(rate=rate, n=k) for k in (1, 100, 1000)],
        sp.poisson(changing, n=100, stop=8 * ms),
        sp.gamma_process(changing, shape=draw(st.integers(1, 5))),
        sp.poisson_dead_time(rate, draw(value(0, 10, ms, n))),
        sp.correlated_poisson(rate, 0.5),
    ]
    return {
        "stimulus": draw(st.sampled_from(trains)),
        "synapse": synapse_,
        "weight": draw(weights(scale, unit, n)),
    }


@st.composite
def networks(draw):
    """(network, number of steps, seed of the run)."""
    order, dt = (
        draw(st.sampled_from(["standard", "nest"])),
        draw(st.sampled_from([0.1, 0.25, 0.05])),
    )
    net = sp.Network(dt=dt * ms, seed=draw(st.integers(0, 2**32 - 1)), order=order)
    neurons = []
    for k in range(draw(st.integers(1, 3))):
        size = draw(st.sampled_from([1, 4, 9, 16, 25]))
        made = net.population(f"p{k}", size, draw(model(size)))
        made.initialize(v=draw(value(-70, -50, mV, size)))
        neurons.append(made)
    everybody = list(neurons)
    if draw(st.booleans()):
        size = draw(st.sampled_from([1, 8, 9, 16]))
        everybody.append(net.population("source", size, draw(source(size, dt))))
    for _ in range(draw(st.integers(1, 4))):
        pre = draw(view(draw(st.sampled_from(everybody))))
        post = draw(view(draw(st.sampled_from(neurons))))
        chosen, count = draw(rule(len(pre), len(post)))
        synapse_, scale, unit = draw(synapse())
        weight = draw(weights(scale, unit, count))
        if chosen.own_weights() is not None:
            chosen = sp.from_matrix(chosen.matrix * scale, unit=unit)
            weight = None
        arrival = draw(delays(order, dt, count))
        net.project(pre, post, chosen, synapse=synapse_, weight=weight, **arrival)
    for made in neurons:
        for _ in range(draw(st.integers(1, 2))):
            chosen = draw(view(made))
            net.stimulate(chosen, **draw(stimulus(chosen, dt)))
    for made in everybody:
        net.record(draw(view(made)), "spikes")
    for made in neurons:
        net.record(draw(view(made)), "v", every=draw(st.integers(1, 30)) * dt * ms)
    net.record(draw(view(draw(st.sampled_from(everybody)))), "rate", every=7 * dt * ms)
    return net, draw(st.sampled_from([100, 200, 223])), draw(st.integers(0, 2**32 - 1))


# --- the comparison ------------------------------------------------------------------------------


def arrays_of(results):
    """Everything a run gave, by name."""
    found = {}
    for name, population in results.populations.items():
        for what, data in population.recorded.items():
            columns = ("t", "i", "neurons") if what.startswith("spikes") else ("t", "values")
            for column in columns:
                found[f"{name}.{what}.{column}"] = getattr(data, column)
        for state, values in population.final.items():
            found[f"{name}.{state} at the end"] = values
    return found


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def compiled(net, backend):
    try:
        return net.compile(backend, conformance=True)
    except DescriptionError as fault:  # a conductance on neurons with method="exact"
        assert "needs equations that are linear with constant coefficients" in str(fault)
        reject()


def outcome(model, duration, seed):
    try:
        return arrays_of(model.run(duration, seed=seed))
    except RunError as fault:  # a network that blows up must do so everywhere
        return {"fault": np.array(str(fault))}


# What was drawn may fire whenever it can.
pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")


def check(examples, fewest_spikes, backends):
    seen = Counter()

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # shrinking takes many minutes; add Phase.shrink where it helps
        suppress_health_check=list(HealthCheck),
    )
    @given(networks())
    def same_everywhere(drawn):
        net, steps, seed = drawn
        meaning = compiled(net, "numpy")
        duration = steps * meaning.program.dt * ms
        first = outcome(meaning, duration, seed)
        spikes = sum(len(v) for name, v in first.items() if name.endswith("spikes.i"))
        assume("fault" in first or spikes >= fewest_spikes)
        note(meaning.text(lowered=True))
        for k, name in enumerate(backends):
            # Such small ones would all be stored in one way, and run by one thread.
            threads = 1 + (seed // 4 % 4 == 0)
            with (
                patch.object(cpp_backend, "_threads", lambda _, n=threads: n),
                patch.object(sharing, "_TABLE_COSTS", (seed + k) % 2),
                patch.object(synapses, "_FEWEST_IN_A_SEGMENT", (seed + k) // 2 % 2),
            ):
                # Without shared memory there is no fast path.
                shared = 0 if name == "cuda general" else None
                blocks, lanes = (1, 2, 4)[seed % 3], (1, 3)[seed // 3 % 2]
                with host.instead(blocks, shared=shared, lanes=lanes):
                    model = compiled(net, name.split()[0])
                    other = outcome(model, duration, seed)
            seen[f"{name} fast"] += "fast path" in str(model.explain())
            assert first.keys() == other.keys()
            different = [what for what in first if not same_bits(first[what], other[what])]
            assert not different, name
        seen["examples"] += 1
        seen["faults"] += "fault" in first
        seen["spikes"] += spikes

    with (
        patch.object(numpy_backend, "_CHUNK", CHUNKS["numpy"]),
        patch.object(jax_backend, "_LONGEST_CHUNK", CHUNKS["jax"]),
        patch.object(cpp_backend, "_CHUNK_STEPS", CHUNKS["cpp"]),
        patch.object(cuda_backend, "_CHUNK_STEPS", CHUNKS["cuda"]),
    ):
        same_everywhere()
    assert seen["examples"] == examples, seen
    assert seen["faults"] < seen["examples"] / 10, seen
    if "cuda" in backends:
        assert seen["cuda fast"] > examples / 3, seen
        assert not seen["cuda general fast"], seen
    print(dict(seen))


@pytest.mark.skipif(bool(why_missing()), reason="the C++ part is not built")
def test_random_networks_in_cpp():
    check(examples=40, fewest_spikes=10, backends=["cpp"])


@pytest.mark.skipif(bool(host.why_missing()), reason="no C++ compiler")
def test_a_few_random_networks_in_cuda_on_the_host():
    check(examples=12, fewest_spikes=10, backends=["cuda", "cuda general"])


@pytest.mark.slow
@pytest.mark.skipif(bool(host.why_missing()), reason="no C++ compiler")
def test_200_random_networks_in_cuda_on_the_host():
    check(examples=200, fewest_spikes=10, backends=["cuda", "cuda general"])


def test_a_few_random_networks_in_jax():
    check(examples=8, fewest_spikes=10, backends=["jax"])


@pytest.mark.slow
def test_300_random_networks():
    check(examples=300, fewest_spikes=10, backends=["jax", *([] if why_missing() else ["cpp"])])

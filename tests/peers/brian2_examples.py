"""spikesim against Brian2 on models of its documentation, each built in both.

The models are those of Brian2's examples `adaptive_threshold`, `IF_curve_LIF`,
`IF_curve_Hodgkin_Huxley` and `phase_locking`; what these draw at random is drawn here and handed to
both. In float64 every spike must be the same, and v within 1e-9 mV.
Hodgkin-Huxley cells amplify rounding, and Brian2 has SymPy rearrange their sums: after 500 ms the
two are 4e-9 mV apart, while either is 1e-9 to 2e-9 mV from the same method in extended precision.
So there v is compared after each step by itself, from Brian2's states.
Brian2 labels a spike with the start of its step, we with the end; and it holds a refractory neuron
one step less.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from comparison import Comparisons, Row, identical

import spikesim as sp
from spikesim.units import Hz, ms, mV, nS, pA, pF

DT = 0.1
WATCHED = 5


def adaptive_threshold(rng: np.random.Generator) -> tuple[sp.Network, Callable[[], dict]]:
    """A threshold that each spike raises; Poisson input."""
    arrivals = np.flatnonzero(rng.random(20_000) < 500e-3 * DT)  # 500 Hz for 2 s
    net = sp.Network(dt=DT * ms)
    source = net.population("source", 1, sp.spike_times([(arrivals + 1) * DT * ms]))
    model = sp.neuron(
        "dv/dt = -v/tau : mV\ndvt/dt = (rest - vt)/tau_t : mV",
        spike="v > vt", reset="v = 0*mV; vt += 3*mV",
        tau=10 * ms, tau_t=15 * ms, rest=10 * mV,
    )  # fmt: skip
    cells = net.population("cells", 1, model, vt=10 * mV)
    net.project(source, cells, sp.all_to_all(), weight=3 * mV, delay=0 * ms)

    def brian() -> dict:
        import brian2 as b

        group = b.NeuronGroup(
            1, "dv/dt = -v/(10*ms) : volt\ndvt/dt = (10*mV - vt)/(15*ms) : volt",
            threshold="v > vt", reset="v = 0*mV; vt += 3*mV", method="exact",
        )  # fmt: skip
        group.vt = 10 * b.mV
        given = b.SpikeGeneratorGroup(1, np.zeros(len(arrivals), int), arrivals * DT * b.ms)
        synapses = b.Synapses(given, group, on_pre="v += 3*mV")
        synapses.connect()
        return followed(b, [group, given, synapses], group, 2000.0, b.mV)

    return net, brian


def if_curve(rng: np.random.Generator) -> tuple[sp.Network, Callable[[], dict]]:
    """A thousand neurons, each with a drive of its own."""
    drive = np.linspace(0, 20, 1000)
    net = sp.Network(dt=DT * ms)
    model = sp.neuron(
        "dv/dt = (v0 - v)/tau : mV  (unless refractory)",
        spike="v > theta", reset="v = 0*mV", refractory="t_ref",
        tau=10 * ms, theta=10 * mV, t_ref=(5 - DT) * ms, v0=drive * mV,
    )  # fmt: skip
    net.population("cells", 1000, model)

    def brian() -> dict:
        import brian2 as b

        group = b.NeuronGroup(
            1000, "dv/dt = (v0 - v)/(10*ms) : volt (unless refractory)\nv0 : volt",
            threshold="v > 10*mV", reset="v = 0*mV", refractory=5 * b.ms, method="exact",
        )  # fmt: skip
        group.v0 = drive * b.mV
        return followed(b, [group], group, 1000.0, b.mV)

    return net, brian


def if_curve_hodgkin_huxley(rng: np.random.Generator) -> tuple[sp.Network, Callable[[], dict]]:
    """A hundred Traub-Miles cells; refractory for as long as v is above the threshold."""
    drive = 700 * np.arange(100) / 100  # pA
    text = """
    m_alpha = 0.32*4/exprel((13 - u)/4)/ms {flag}
    m_beta = 0.28*5/exprel((u - 40)/5)/ms {flag}
    h_alpha = 0.128*exp((17 - u)/18)/ms {flag}
    h_beta = 4/(1 + exp((40 - u)/5))/ms {flag}
    n_alpha = 0.032*5/exprel((15 - u)/5)/ms {flag}
    n_beta = 0.5*exp((10 - u)/40)/ms {flag}
    dm/dt = m_alpha*(1 - m) - m_beta*m : 1
    dh/dt = h_alpha*(1 - h) - h_beta*h : 1
    dn/dt = n_alpha*(1 - n) - n_beta*n : 1
    """
    net = sp.Network(dt=DT * ms)
    model = sp.neuron(
        "u = (v + 63*mV)/mV\n"
        "dv/dt = (gl*(-65*mV - v) - gn*m*m*m*h*(v - 50*mV) - gk*n*n*n*n*(v + 90*mV) + I)/C : mV\n"
        + text.format(flag=""),
        spike="v > -40*mV", refractory="v > -40*mV", method="exponential_euler",
        gl=10 * nS, gn=20_000 * nS, gk=6_000 * nS, C=200 * pF, I=drive * pA,
    )  # fmt: skip
    net.population("cells", 100, model, v=-65 * mV)

    def brian() -> dict:
        import brian2 as b

        group = b.NeuronGroup(
            100,
            "u = (v + 63*mV)/mV : 1\n"
            "dv/dt = (10*nS*(-65*mV - v) - 20*uS*m*m*m*h*(v - 50*mV)"
            " - 6*uS*n*n*n*n*(v + 90*mV) + I)/(200*pF) : volt\nI : amp\n"
            + text.format(flag=": Hz"),
            threshold="v > -40*mV", refractory="v > -40*mV", method="exponential_euler",
        )  # fmt: skip
        group.v, group.I = -65 * b.mV, drive * b.pA
        gates = b.StateMonitor(group, ["m", "h", "n"], record=range(WATCHED))
        found = followed(b, [group, gates], group, 500.0, b.mV)
        found["states"] = {x: np.asarray(getattr(gates, x)).T for x in "mhn"}
        found |= {"model": model, "I": drive[:WATCHED]}
        return found

    return net, brian


def phase_locking(rng: np.random.Generator) -> tuple[sp.Network, Callable[[], dict]]:
    """Neurons locked to a sine that is part of their equation."""
    start = rng.random(2000)
    net = sp.Network(dt=DT * ms)
    model = sp.neuron(
        "dv/dt = (-v + a*sin(2*pi*f*t) + b)/tau : 1", spike="v > 1", reset="v = 0",
        method="euler", tau=20 * ms, b=1.2, a=0.05, f=10 * Hz,
    )  # fmt: skip
    net.population("cells", 2000, model, v=start)

    def brian() -> dict:
        import brian2 as b

        group = b.NeuronGroup(
            2000, "dv/dt = (-v + 0.05*sin(2*pi*10*Hz*t) + 1.2)/(20*ms) : 1",
            threshold="v > 1", reset="v = 0", method="euler",
        )  # fmt: skip
        group.v = start
        return followed(b, [group], group, 1000.0, 1.0)

    return net, brian


def followed(b, objects, group, duration: float, unit: object) -> dict:
    """Run Brian2; spikes as (steps, neurons), v as [samples, neurons]."""
    spikes = b.SpikeMonitor(group)
    trace = b.StateMonitor(group, "v", record=range(min(WATCHED, len(group))))
    network = b.Network(*objects, spikes, trace)
    b.defaultclock.dt = DT * b.ms
    network.run(duration * b.ms)
    steps = np.round(np.asarray(spikes.t / b.ms) / DT).astype(int)
    return {
        "duration": duration,
        "spikes": (steps, np.asarray(spikes.i)),
        "v": np.asarray(trace.v / unit).T,
    }


def steps_alone(theirs: dict, backend: str) -> np.ndarray:
    """v [samples, neurons] where each step starts from Brian2's states: a neuron for each step."""
    v = theirs["v"]
    before = {x: a[:-1].ravel() for x, a in theirs["states"].items()}
    before |= {"v": v[:-1].ravel() * mV, "I": np.tile(theirs["I"], len(v) - 1) * pA}
    net = sp.Network(dt=DT * ms)
    net.population("cells", v[1:].size, theirs["model"], **before)
    after = net.run(DT * ms, backend, precision="float64")["cells"].final["v"]
    return np.concatenate([v[:1], after.reshape(-1, v.shape[1])])


def compare(name: str, backend: str, build: Callable) -> Row:
    """Run both."""
    import brian2

    brian2.prefs.codegen.target = "numpy"
    net, brian = build(np.random.default_rng(1))
    theirs = brian()
    cells = net.populations["cells"]
    net.record(cells, "spikes")
    net.record(cells[:WATCHED], "v")
    result = net.run(theirs["duration"] * ms, backend, precision="float64")["cells"]
    ours = np.round(result.spikes.t / DT).astype(int) - 1, result.spikes.i
    v = result.v.values
    if "states" in theirs:
        name, v = f"{name}, each step,", steps_alone(theirs, backend)
    difference = float(np.abs(v - theirs["v"]).max())
    same = identical(ours, theirs["spikes"])
    return Row(f"{name} {backend}", len(ours[0]), same, difference, 1e-9)


def comparisons() -> Comparisons:
    """Every model on every backend."""
    models = {
        "adaptive threshold": adaptive_threshold,
        "f-I curve": if_curve,
        "f-I curve, Hodgkin-Huxley": if_curve_hodgkin_huxley,
        "phase locking": phase_locking,
    }
    return [
        (name, partial(compare, name, backend, build))
        for name, build in models.items()
        for backend in ("numpy", "jax", "cpp")
    ]

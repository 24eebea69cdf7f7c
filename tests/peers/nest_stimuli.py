"""Stimuli against NEST's generators: two samples of one law.

Each row compares what 200 trains or neurons of either did, by the test of Kolmogorov and Smirnov
(or, for an alternating current, which is not random, value by value).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nest
import nest_networks
import numpy as np
from comparison import Comparisons, Law
from scipy import stats

import spikesim as sp
from spikesim.units import Hz, mV, pA, pF, second
from spikesim.units import ms as milli

DT, N, SECONDS = 0.1, 200, 10.0

Trains = list[np.ndarray]


def ours(source: Any, seconds: float = SECONDS) -> Trains:
    """Trains of a population."""
    net = sp.Network(dt=DT * milli, seed=5)
    net.record(net.population("source", N, source), "spikes")
    return net.run(seconds * second, precision="float64")["source"].spikes.trains()


def nests(model: str, seconds: float = SECONDS, **values: float) -> Trains:
    """Trains that N parrots get from one generator."""
    fresh()
    generator, parrots = nest.Create(model, params=values), nest.Create("parrot_neuron", N)
    recorder = nest.Create("spike_recorder")
    nest.Connect(generator, parrots)
    nest.Connect(parrots, recorder)
    nest.Simulate(seconds * 1000)
    senders, times = recorder.events["senders"], recorder.events["times"]
    first = parrots[0].global_id
    return [np.sort(times[senders == first + k]) for k in range(N)]


def fresh() -> None:
    """NEST, empty."""
    nest_networks._kernel(DT).rng_seed = 7


def intervals(trains: Trains) -> np.ndarray:
    return np.concatenate([np.diff(t) for t in trains])


def phases(trains: Trains, period: float, shift: float) -> np.ndarray:
    return np.concatenate([(t + shift) % period for t in trains])


def correlations(trains: Trains) -> np.ndarray:
    """Of pairs of trains, in bins of 1 ms; spikes at the ends of bins may not fall apart."""
    edges = np.arange(0.05, SECONDS * 1000, 1.0)
    binned = np.array([np.histogram(t, edges)[0] for t in trains[:40]])
    pairs = np.corrcoef(binned)
    return np.concatenate([np.diagonal(pairs, 1)])


def same(a: np.ndarray, b: np.ndarray) -> float:
    """The p-value that two samples are of one law. Ties of the grid are broken at random."""
    rng = np.random.default_rng(1)
    spread = [x + rng.uniform(-DT / 2, DT / 2, len(x)) * 0.999 for x in (a, b)]
    return float(stats.ks_2samp(*spread).pvalue)


def rates(a: Trains, b: Trains) -> float:
    return float(stats.ks_2samp(*([len(t) + 1e-3 * k for k, t in enumerate(x)] for x in (a, b)))[1])


def trains_alike(mine: Any, model: str, **values: float) -> dict[str, float]:
    a, b = ours(mine), nests(model, **values)
    return {"intervals": same(intervals(a), intervals(b)), "counts": rates(a, b)}


def sinusoid(mine: Any, model: str, **values: float) -> dict[str, float]:
    """Also where in the period spikes lie. NEST's reach the parrots after a delay of 1 ms."""
    a, b = ours(mine), nests(model, **values)
    period = 1000 / values["frequency"]
    found = {"phases": same(phases(a, period, 0.0), phases(b, period, -1.0))}
    return found | {"intervals": same(intervals(a), intervals(b)), "counts": rates(a, b)}


def mother() -> dict[str, float]:
    a = ours(sp.correlated_poisson(20 * Hz, p_copy=0.4))
    b = nests("mip_generator", rate=50.0, p_copy=0.4)
    p = float(stats.ttest_ind(correlations(a), correlations(b)).pvalue)
    return {"correlation": p, "intervals": same(intervals(a[:1]), intervals(b[:1]))}


def packet() -> dict[str, float]:
    a = np.concatenate(ours(sp.pulse_packet([100.0] * milli, sdev=5 * milli), 0.2))
    fresh()
    generator = nest.Create(
        "pulsepacket_generator", params={"pulse_times": [100.0], "activity": N, "sdev": 5.0}
    )
    recorder = nest.Create("spike_recorder")
    nest.Connect(generator, recorder)
    nest.Simulate(200.0)
    return {"times": same(a, recorder.events["times"])}


MEMBRANE = {"C_m": 250.0, "tau_m": 10.0, "E_L": -70.0, "V_th": 1e3}


def membranes(stimulus: Any, n: int, duration: float) -> np.ndarray:
    """Potentials [times, n] of our neurons."""
    net = sp.Network(dt=DT * milli, seed=3)
    cells = net.population("cells", n, sp.neurons.LIF(C=250 * pF, V_th=1e3 * mV))
    net.stimulate(cells, stimulus)
    net.record(cells, "v")
    return net.run(duration * milli, precision="float64")["cells"].v.values


def their_membranes(model: str, n: int, duration: float, **values: float) -> np.ndarray:
    """Potentials [times, n] of NEST's; the generator's delay is one step."""
    fresh()
    cells = nest.Create("iaf_psc_exp", n, params=MEMBRANE)
    nest.Connect(nest.Create(model, params=values), cells, syn_spec={"delay": DT})
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": DT})
    nest.Connect(meter, cells)
    nest.Simulate(duration)
    order = np.lexsort((meter.events["senders"], meter.events["times"]))
    return np.asarray(meter.events["V_m"])[order].reshape(-1, n)


def noise() -> dict[str, float]:
    mine = sp.white_noise(50 * pA, 200 * pA, dt=1 * milli)
    a = membranes(mine, 2000, 60.0)[-1]
    b = their_membranes("noise_generator", 2000, 60.0, mean=50.0, std=200.0, dt=1.0)[-1]
    modulated = sp.white_noise(0 * pA, 200 * pA, dt=1 * milli, std_modulation=200 * pA,
                               frequency=10 * Hz)  # fmt: skip
    c = membranes(modulated, 2000, 75.0)[-1]
    d = their_membranes("noise_generator", 2000, 75.0, mean=0.0, std=200.0, dt=1.0,
                        std_mod=200.0, frequency=10.0, phase=0.0)[-1]  # fmt: skip
    return {"potential": float(stats.ks_2samp(a, b)[1]),
            "modulated": float(stats.ks_2samp(c, d)[1])}  # fmt: skip


def alternating() -> dict[str, float]:
    """1 where traces agree. NEST's current is that of the end of a step, and reaches the neuron two
    steps after the start; the first row of its meter is the state at dt."""
    ahead = 2 * np.pi * 0.020 * DT
    mine = sp.sine(100 * pA, 20 * Hz, offset=50 * pA, phase=np.pi / 3 + ahead)
    a = membranes(mine, 1, 100.0)
    b = their_membranes("ac_generator", 1, 100.0, amplitude=100.0, offset=50.0, frequency=20.0,
                        phase=60.0)  # fmt: skip
    return {"traces": float(np.abs(a[: len(b) - 1] - b[1:]).max() < 1e-9)}


SINE = sp.sine(30 * Hz, 10 * Hz, offset=40 * Hz, phase=np.pi / 6)
WAVE = {"rate": 40.0, "amplitude": 30.0, "frequency": 10.0, "phase": 30.0}
ROWS: dict[str, Callable[[], dict[str, float]]] = {
    "poisson_generator": lambda: trains_alike(sp.poisson(40 * Hz), "poisson_generator", rate=40.0),
    "sinusoidal_poisson_generator": lambda: sinusoid(
        sp.poisson(SINE), "sinusoidal_poisson_generator", **WAVE
    ),
    "sinusoidal_gamma_generator": lambda: sinusoid(
        sp.gamma_process(SINE, shape=3), "sinusoidal_gamma_generator", order=3.0, **WAVE
    ),
    "gamma_sup_generator": lambda: trains_alike(
        sp.gamma_process(40 * Hz, shape=4), "gamma_sup_generator", rate=40.0, gamma_shape=4
    ),
    "ppd_sup_generator": lambda: trains_alike(
        sp.poisson_dead_time(40 * Hz, 5 * milli), "ppd_sup_generator", rate=40.0, dead_time=5.0
    ),
    "mip_generator": mother,
    "pulsepacket_generator": packet,
    "noise_generator": noise,
    "ac_generator": alternating,
}


def comparisons() -> Comparisons:
    """Every generator."""
    return [(name, lambda name=name, run=run: Law(name, run())) for name, run in ROWS.items()]

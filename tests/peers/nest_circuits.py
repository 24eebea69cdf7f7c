"""spikesim against NEST, one network handed to both.

Connectivity, weights, delays, initial potentials and input spikes are ours; NEST gets them as
arrays. In float64 every spike must be the same and potentials agree within 1e-9 mV. The
microcircuit, drawn anew by each, is compared by its rates.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "examples"))

import microcircuit
import nest_networks
from comparison import Comparisons, Row, identical

import spikesim as sp
from spikesim.units import ms, mV, pA, pF

DT = 0.1
STEPS = 10_000
WATCHED = 20


def input_trains(n: int, probability: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(neuron, step) of input spikes: each neuron in each step with a probability."""
    rng = np.random.default_rng(seed)
    step, neuron = np.nonzero(rng.random((STEPS - 1, n)) < probability)
    return neuron, step + 1


def handed_over(model: sp.Model, sizes: dict[str, int]) -> tuple[np.ndarray, ...]:
    """Source, target, weight and delay (steps) of all recurrent connections, numbered through."""
    first = dict(zip(sizes, np.cumsum([0, *sizes.values()])[:-1], strict=True))
    parts = []
    for source in sizes:
        for target in sizes:
            c = model.connections(f"{source}->{target}")
            parts.append((c.source + first[source], c.target + first[target], c.weight,
                          np.round(c.delay / DT).astype(int)))  # fmt: skip
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def compare(kind: str, backend: str, n: int, seed: int) -> Row:
    """One recurrent network of `n` neurons, 1 s."""
    delta = kind == "iaf_psc_delta"
    unit = mV if delta else pA
    net = sp.Network(dt=DT * ms, seed=seed, order="nest" if delta else "standard")
    cell = sp.neurons.LIF(C=250 * pF, tau_m=10 * ms, E_L=-65 * mV, V_th=-50 * mV,
                          V_reset=-65 * mV, t_ref=2 * ms)  # fmt: skip
    sizes = {"exc": n * 4 // 5, "inh": n - n * 4 // 5}
    populations = [
        net.population(name, size, cell, v=sp.uniform(-65 * mV, -50 * mV))
        for name, size in sizes.items()
    ]
    excitatory, inhibitory = (None, None) if delta else (
        sp.synapses.ExpCurrent(tau=0.5 * ms, name="excitatory"),
        sp.synapses.ExpCurrent(tau=1.5 * ms, name="inhibitory"))  # fmt: skip
    strength = 0.3 if delta else 87.8
    drive = (2.0 if delta else 4.5) * strength
    for source, synapse, sign in (
        (populations[0], excitatory, 1),
        (populations[1], inhibitory, -4),
    ):
        bound = {"low": 0 * unit} if sign > 0 else {"high": 0 * unit}
        for target in populations:
            net.project(source, target, sp.fixed_probability(0.1), synapse=synapse,
                        weight=sp.normal(sign * strength * unit, 0.1 * strength * unit, **bound),
                        delay=sp.normal(1.5 * ms, 0.75 * ms, low=0.1 * ms))  # fmt: skip
    neuron, step = input_trains(n, 0.2, seed)
    first = 0
    for population in populations:
        mine = (neuron >= first) & (neuron < first + population.size)
        trains = sp.spike_times(step[mine] * DT * ms, indices=neuron[mine] - first)
        source = net.population(f"to_{population.name}", population.size, trains)
        net.project(source, population, sp.one_to_one(), synapse=excitatory,
                    weight=drive * unit, delay=DT * ms)  # fmt: skip
        first += population.size
    net.record(populations, "spikes")
    net.record(populations[0][:WATCHED], "v")

    model = net.compile(backend, precision="float64")
    results = model.run(STEPS * DT * ms)
    initial = model.binder.bind()
    source, target, weight, delay = handed_over(model, sizes)
    theirs = nest_networks.model_network(
        model=kind, n=n, source=source, target=target, weight=weight, delay_steps=delay,
        input_neuron=neuron, input_weight=drive,
        input_time_steps=step + 1, v_initial_mV=np.concatenate([initial[f"{p}.v"] for p in sizes]),
        parameters={"C_m": 250.0, "tau_m": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0,
                    "t_ref": 2.0, "I_e": 0.0}
        | ({} if delta else {"tau_syn_ex": 0.5, "tau_syn_in": 1.5}),
        duration_steps=STEPS, dt_ms=DT, record_v_of=np.arange(WATCHED),
    )  # fmt: skip
    steps = np.concatenate([np.round(results[p].spikes.t / DT).astype(int) for p in sizes])
    offset = dict(zip(sizes, (0, sizes["exc"]), strict=True))
    neurons = np.concatenate([results[p].spikes.i + offset[p] for p in sizes])
    same = identical((steps, neurons), (theirs["times_steps"], theirs["senders"]))
    # Our row k is the state at k dt, NEST's row k the state at (k + 1) dt.
    difference = np.abs(results["exc"].v.values[1:] - theirs["v"][:-1]).max()
    name = f"{kind} {backend} n={n} seed={seed}"
    return Row(name, len(steps), same, float(difference), 1e-9)


def compare_microcircuit(seeds: int) -> Row:
    """Mean rates of the microcircuit at a tenth of its size, over seeds of both simulators.

    The figure is the largest of: difference over 10% of NEST's rate, or over three standard errors
    of the difference, whichever bound is wider; at most 1 passes.
    """
    ours, theirs, spikes = [], [], 0
    for seed in range(1, seeds + 1):
        results = microcircuit.network(0.1, seed=seed).run(2100 * ms)
        ours.append([results[p].spikes.rate(100.0) for p in microcircuit.POPULATIONS])
        spikes += sum(len(results[p].spikes) for p in microcircuit.POPULATIONS)
        theirs.append(nest_networks.microcircuit(0.1, 0.1, seed, 2000.0, 100.0)["rates"])
    a, b = np.array(ours), np.array(theirs)
    error = np.sqrt(a.var(0, ddof=1) / seeds + b.var(0, ddof=1) / seeds)
    bound = np.maximum(0.1 * b.mean(0), 3 * error)
    worst = float((np.abs(a.mean(0) - b.mean(0)) / bound).max())
    for k, p in enumerate(microcircuit.POPULATIONS):
        print(f"  {p:5} ours {a[:, k].mean():6.3f} NEST {b[:, k].mean():6.3f} "
              f"standard error {error[k]:.3f} spikes/s")  # fmt: skip
    return Row(f"microcircuit at 0.1, {seeds} seeds each", spikes, spikes, worst, 1.0, "")


def comparisons() -> Comparisons:
    """Two networks on every backend with five seeds, and the microcircuit."""
    todo: Comparisons = []
    for backend in ("numpy", "jax", "cpp"):
        for seed in range(1, 6):
            todo += [
                (kind, partial(compare, kind, backend, n, seed))
                for kind, n in (("iaf_psc_exp", 1000), ("iaf_psc_delta", 100))
            ]
    todo.append(("microcircuit", partial(compare_microcircuit, 5)))
    return todo

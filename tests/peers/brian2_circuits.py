"""spikesim against Brian2, one network handed to both.

Connectivity, delays and initial values are ours; Brian2 gets them as arrays. In float64 every spike
must be the same. Brian2 labels a spike with the start of its step, we with the end, so its steps
are shifted by one; and it holds a refractory neuron one step less, so our t_ref is one dt shorter.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "examples"))

import brian2_networks
import coba
import cobahh
import cuba
from comparison import Comparisons, Row, identical

import spikesim as sp
from spikesim.units import ms

DT = 0.1
WATCHED = 10


def handed_over(model: sp.Model, n_exc: int) -> dict[str, np.ndarray]:
    """Connectivity as Brian2's networks take it: numbered through, excitatory neurons first."""
    arrays: dict[str, np.ndarray] = {}
    first = {"exc": 0, "inh": n_exc}
    for source, word in (("exc", "exc"), ("inh", "inh")):
        parts = [(model.connections(f"{source}->{target}"), target) for target in first]
        arrays[f"source_{word}"] = np.concatenate([c.source + first[source] for c, _ in parts])
        arrays[f"target_{word}"] = np.concatenate([c.target + first[t] for c, t in parts])
        arrays[f"delay_{word}_ms"] = np.concatenate([c.delay for c, _ in parts])
    return arrays


def compare(
    name: str, backend: str, n: int, duration: float, delay: object,
    network: Callable[..., sp.Network], oracle: Callable[..., dict[str, np.ndarray]],
    t_ref: float, initial: dict[str, tuple[str, float]],
) -> Row:  # fmt: skip
    """Run both. `initial`: the peer's argument: (our variable, factor into the peer's unit)."""
    net = network(n, delay=delay)
    net.record(net.populations["exc"][:WATCHED], "v")
    model = net.compile(backend, precision="float64")
    held = {f"{p}.t_ref": (t_ref - DT) * ms for p in ("exc", "inh")}
    results = model.run(duration * ms, params=held)
    n_exc = net.populations["exc"].size
    values = model.binder.bind(held)
    start = {
        word: np.concatenate([values[f"{p}.{variable}"] for p in ("exc", "inh")]) * factor
        for word, (variable, factor) in initial.items()
    }
    theirs = oracle(n_exc=n_exc, n_inh=n - n_exc, duration_ms=duration, dt_ms=DT,
                    n_recorded=WATCHED, **handed_over(model, n_exc), **start)  # fmt: skip
    populations = [(results["exc"], 0), (results["inh"], n_exc)]
    steps = np.concatenate([np.round(p.spikes.t / DT).astype(int) for p, _ in populations])
    neurons = np.concatenate([p.spikes.i + first for p, first in populations])
    same = identical((steps, neurons), (theirs["times_steps"] + 1, theirs["neurons"]))
    difference = float(np.abs(results["exc"].v.values - theirs["v"]).max())
    return Row(f"{name} {backend} n={n} {duration:g} ms", len(steps), same, difference, 1e-6)


def comparisons() -> Comparisons:
    """CUBA, COBA and COBAHH on every backend."""
    delays = sp.uniform(0 * ms, 3 * ms)
    conductances = {"v_initial_mV": ("v", 1.0), "ge_initial": ("ampa.g", 0.1),
                    "gi_initial": ("gaba.g", 0.1)}  # fmt: skip
    in_nS = {"v_initial_mV": ("v", 1.0), "ge_initial_nS": ("ampa.g", 1.0),
             "gi_initial_nS": ("gaba.g", 1.0)}  # fmt: skip
    todo: Comparisons = []
    for backend in ("numpy", "jax", "cpp"):
        for word, delay in (("no delay", 0 * ms), ("delays", delays)):
            todo.append((word, partial(
                compare, f"CUBA, {word},", backend, 4000, 1000.0, delay, cuba.network,
                brian2_networks.cuba, 5.0, {"v_initial_mV": ("v", 1.0)})))  # fmt: skip
        todo.append(("COBA", partial(
            compare, "COBA", backend, 4000, 200.0, 0 * ms, coba.network, brian2_networks.coba, 5.0,
            conductances)))  # fmt: skip
        todo.append(("COBAHH", partial(
            compare, "COBAHH", backend, 1000, 200.0, 0 * ms, cobahh.network,
            brian2_networks.cobahh, 3.0, in_nS)))  # fmt: skip
    return todo

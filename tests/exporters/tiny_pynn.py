"""As much of PyNN's interface as scripts use, with one cell, IF_curr_exp, by its closed solution.

    tau_m dv/dt = v_rest - v + tau_m I/cm,    I decays with tau_syn,    weights in nA

A spike of step s, at (s + 1) dt, adds its weight to I when the delay is over, after the step.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

world: dict[str, Any] = {}


def setup(timestep: float, min_delay: float) -> None:
    """A new, empty world."""
    world.update(dt=timestep, populations=[], projections=[])


def end() -> None:
    """Nothing is left open."""


class SpikeSourceArray:
    def __init__(self, spike_times: list[list[float]]):
        self.parameters = {"spike_times": spike_times}


class SpikeSourcePoisson:
    def __init__(self, rate: Any, start: float, duration: float):
        self.parameters = {"rate": rate}


class IF_curr_exp:
    def __init__(self, **parameters: Any):
        self.parameters = {"tau_syn_E": 5.0, "tau_syn_I": 5.0} | parameters


class StaticSynapse:
    """As it is."""


def FromListConnector(rows: list[tuple[int, int, float, float]]) -> Any:
    return rows


class Population:
    def __init__(self, size: int, cells: Any, label: str):
        self.size, self.cells, self.label = size, cells, label
        self.spikes: list[tuple[int, float]] = []
        world["populations"].append(self)

    def initialize(self, **values: Any) -> None:
        self.start = values

    def record(self, what: str) -> None:
        assert what == "spikes"

    def get_data(self, what: str) -> Any:
        trains = [[t for j, t in self.spikes if j == i] for i in range(self.size)]
        return SimpleNamespace(segments=[SimpleNamespace(spiketrains=trains)])


def Projection(
    pre: Population, post: Population, rows: Any, synapse: StaticSynapse, receptor_type: str
) -> None:
    signs = {r[2] >= 0 for r in rows}
    assert signs == {receptor_type == "excitatory"}, "PyNN refuses the sign of a weight"
    world["projections"].append((pre, post, rows, receptor_type))


def run(duration: float) -> None:
    """All populations, a step at a time."""
    dt = world["dt"]
    steps = round(duration / dt)
    fired: dict[int, set[tuple[int, int]]] = {}
    arriving: dict[tuple[int, str], np.ndarray] = {}
    state = {}
    for p in world["populations"]:
        if isinstance(p.cells, SpikeSourceArray):
            trains = p.cells.parameters["spike_times"]
            fired[id(p)] = {(round(t / dt) - 1, i) for i, ts in enumerate(trains) for t in ts}
        else:
            q = {k: np.broadcast_to(v, p.size) for k, v in p.cells.parameters.items()}
            v = np.array(np.broadcast_to(p.start["v"], p.size), float)
            state[id(p)] = [v, 0 * v, 0 * v, np.zeros(p.size, int), q]
            for r in ("excitatory", "inhibitory"):
                arriving[id(p), r] = np.zeros((steps + 1000, p.size))
    for n in range(steps):
        for p in world["populations"]:
            if id(p) in state:
                spikes = _step(state[id(p)], dt, arriving[id(p), "excitatory"][n],
                               arriving[id(p), "inhibitory"][n])  # fmt: skip
            else:
                spikes = np.array([(n, i) in fired[id(p)] for i in range(p.size)])
            p.spikes += [(int(i), (n + 1) * dt) for i in np.flatnonzero(spikes)]
            for pre, post, rows, receptor in world["projections"]:
                if pre is p:
                    for i, j, w, d in rows:
                        if spikes[i]:
                            arriving[id(post), receptor][n + round(d / dt), j] += w


def _step(state: list[Any], dt: float, up: np.ndarray, down: np.ndarray) -> np.ndarray:
    v, ie, ii, held, q = state
    rest, tau = q["v_rest"], q["tau_m"]
    moved = rest + (v - rest) * np.exp(-dt / tau)
    for current, word in ((ie, "tau_syn_E"), (ii, "tau_syn_I")):
        s = q[word]
        # The convolution of two exponentials; for equal ones, its limit.
        near = np.abs(s - tau) < 1e-9
        gap = np.where(near, 1, s - tau)
        gain = np.where(
            near, dt * np.exp(-dt / tau), s * tau / gap * (np.exp(-dt / s) - np.exp(-dt / tau))
        )
        moved = moved + gain * current / q["cm"]
    free = held == 0
    v[:] = np.where(free, moved, v)
    held -= ~free
    ie *= np.exp(-dt / q["tau_syn_E"])
    ii *= np.exp(-dt / q["tau_syn_I"])
    ie += up
    ii += down
    spikes = free & (v >= q["v_thresh"])
    v[spikes] = np.broadcast_to(q["v_reset"], v.shape)[spikes]
    held[spikes] = np.rint(q["tau_refrac"] / dt).astype(int)[spikes]
    return spikes

"""Random networks of the cells that PyNN has, of a kind each, for the tests of its scripts."""

from __future__ import annotations

from typing import Any

import numpy as np
from exporter_networks import ByHand, ByHandCurrent

import spikesim as sp
from spikesim.units import Hz, ms, mV, nS, pA, pF

EXACT = ("currents", "alpha", "jumps", "izhikevich", "by hand")
NEAR = ("conductances", "alpha conductances", "adex")
SIZES = {"in": 20, "given": 15, "a": 25, "b": 15}


def network(seed: int, kind: str, coupled: bool = True) -> sp.Network:
    """Poisson sources and given spikes, two recurrent populations that differ; a constant current,
    several synapses of a pair, and parameters and delays that differ within a population.

    coupled: are there synapses from neurons, too, and not from sources alone?
    """
    rng = np.random.default_rng(seed)
    jumps = kind in ("jumps", "izhikevich")
    dt = float(rng.choice([0.1, 0.5, 1.0])) if kind in ("currents", "alpha", "by hand") else 0.1
    order = "nest" if jumps else str(rng.choice(["standard", "nest"]))
    net = sp.Network(dt=dt * ms, seed=seed, order=order)
    times = [np.unique(rng.integers(2, int(120 / dt), 12)) * dt * ms for _ in range(SIZES["given"])]
    groups = {
        "in": net.population("in", SIZES["in"], sp.poisson(rate=rng.uniform(40, 90, 20) * Hz)),
        "given": net.population("given", SIZES["given"], sp.spike_times(times)),
    }
    for name in "ab":
        model, start = _model(rng, kind, SIZES[name], dt)
        groups[name] = net.population(name, SIZES[name], model, **start)
    if kind in ("currents", "jumps", "adex", "izhikevich"):
        most = 4 if kind == "izhikevich" else 150
        net.stimulate(groups["a"], sp.dc(rng.uniform(0, most) * pA))
    for target in "ab":
        up, down, strength, unit = _synapses(rng, kind)
        for source in groups:
            n = 9 * SIZES[target]
            pre, post = rng.integers(0, SIZES[source], n), rng.integers(0, SIZES[target], n)
            inhibitory = source in ("b" if coupled else "given")
            if source in "ab" and not coupled:
                continue
            weight = strength * rng.uniform(0.3, 1.2, n)
            if inhibitory:
                weight = 2 * weight if kind in NEAR else -weight
            net.project(
                groups[source], groups[target], sp.explicit(pre, post),
                synapse=down if inhibitory else up, weight=weight * unit,
                delay=rng.integers(1, 9, n) * dt * ms,
            )  # fmt: skip
    return net


def _model(rng: np.random.Generator, kind: str, n: int, dt: float) -> tuple[Any, dict[str, Any]]:
    """A neuron, and its initial values."""
    if kind == "by hand":
        return ByHand(cap=rng.uniform(100, 300) * ms), {}
    if kind == "izhikevich":
        made = sp.neurons.Izhikevich(
            a=rng.uniform(0.02, 0.1) / ms, b=rng.uniform(0.2, 0.25),
            c=rng.uniform(-65, -50, n) * mV, d=rng.uniform(2, 8) * mV,
        )  # fmt: skip
        return made, {"v": rng.uniform(-70, -60, n) * mV}
    if kind == "adex":
        return sp.neurons.AdEx(V_T=rng.uniform(-53, -50, n) * mV, t_ref=1 * ms), {}
    model: Any = sp.neurons.LIF if kind not in NEAR else _RungeKutta
    made = model(
        C=rng.uniform(100, 400) * pF, tau_m=rng.uniform(8, 20, n) * ms,
        E_L=rng.uniform(-72, -66) * mV, V_th=rng.uniform(-58, -52, n) * mV,
        V_reset=rng.uniform(-75, -65) * mV, t_ref=int(rng.integers(0, 4)) * dt * ms,
    )  # fmt: skip
    return made, {"v": rng.uniform(-70, -60, n) * mV}


class _RungeKutta(sp.neurons.LIF):
    method = "rk4"


def _synapses(rng: np.random.Generator, kind: str) -> tuple[Any, Any, float, Any]:
    """What excites, what inhibits, how strong a weight is, and its unit."""
    tau, other = rng.uniform(1, 8, 2) * ms
    s = sp.synapses
    if kind == "currents":
        shared = s.ExpCurrent(tau=tau)
        return shared, s.ExpCurrent(tau=other, name="down") if rng.integers(2) else shared, 150, pA
    if kind == "alpha":
        return s.AlphaCurrent(tau=tau), s.AlphaCurrent(tau=other, name="down"), 100, pA
    if kind == "by hand":
        return ByHandCurrent(tau=tau), ByHandCurrent(tau=other, name="down"), 500, Hz
    if kind in ("jumps", "izhikevich"):
        return s.Delta(), s.Delta(), 2 if kind == "jumps" else 6, mV
    model: Any = s.AlphaConductance if kind == "alpha conductances" else s.ExpConductance
    strength = 12 if kind == "adex" else 3
    return model(tau=tau, E=0 * mV), model(tau=other, E=-80 * mV, name="down"), strength, nS

"""Two populations, and distributions, for the tests of connectivity."""

from __future__ import annotations

import spikesim as sp
from spikesim.units import ms, pA

WEIGHTS = [
    5 * pA,
    sp.uniform(-1 * pA, 3 * pA),
    sp.normal(20 * pA, 4 * pA),
    sp.normal(20 * pA, 15 * pA, low=0 * pA),
    sp.normal(-20 * pA, 15 * pA, low=-25 * pA, high=0 * pA),
    sp.normal(3 * pA, 0 * pA),
    sp.lognormal(20 * pA, 0.5),
    sp.lognormal(20 * pA, 1.5, high=90 * pA),
]
DELAYS = [
    0 * ms,
    1.5 * ms,
    sp.uniform(0 * ms, 3 * ms),
    sp.normal(1.5 * ms, 0.75 * ms, low=0.05 * ms),
    sp.lognormal(1 * ms, 0.8),
]


def two(n_source=23, n_target=31, seed=5, order="standard"):
    net = sp.Network(dt=0.1 * ms, seed=seed, order=order)
    a = net.population("a", n_source, sp.neurons.LIF())
    b = net.population("b", n_target, sp.neurons.LIF())
    return net, a, b

"""Small networks that use, together, all that the CUDA kernels can do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import spikesim as sp
from spikesim.units import Hz, ms, mV, nS, pA, pF

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "examples"))

import adex
import cobahh
import microcircuit


class Rule(sp.PlasticityModel):
    """A trace of each kind, a modulator, chance, and something at every step."""

    w_max = sp.parameter(2 * mV)
    x = sp.state(0.0)
    y = sp.state(0.0)
    z = sp.state(0.5)
    equations = """
    dx/dt = -x/(20*ms)
    dy/dt = -y/(30*ms)
    dz/dt = (post.v/(60*mV) - z)/(40*ms)
    """
    on_pre = "weight -= 0.1*w_max*y*z*rand(); x += 1; transmit(weight*(1 + 0.1*y))"
    on_post = "weight += 0.1*w_max*x*(1 + level); y += 1"
    each_step = "weight *= 0.9999"
    reads = {"v": mV}  # noqa: RUF012
    modulators = {"level": 1}  # noqa: RUF012
    bounds = ("0*w_max", "w_max")
    weight_unit = mV


def everything(
    order: str = "standard", delay: float = 0.5, couplings: bool = True, fast: bool = False
) -> sp.Network:
    """Two populations with events of two kinds, shared variables, links, actions at intervals,
    noise, synapses with one delay (ms), many, and failures; synapses that learn; and couplings of
    every kind. fast: without what the fast path can't do."""
    net = sp.Network(dt=0.1 * ms, seed=3, order=order)
    cell = sp.neuron(
        """
        dv/dt = (g*(E - v) + 20*nS*mV*exp(min(v + 50*mV, 15*mV)/(2*mV)) + I + 9*pA*beat)/C
        beat = sin(2*pi*t/period) + level : 1 (constant over dt, shared)
        """,
        spike="v > -40*mV", reset="v = -60*mV; n += 1", refractory="1*ms",
        events={"high": sp.event("v > -50*mV and calm", "calm = False"),
                "low": sp.event("v < -55*mV and not calm", "calm = True")},
        method="rk4", v=sp.state(-65 * mV), I=sp.port(pA), C=100 * pF, g=10 * nS,
        E=sp.parameter(-65 * mV), n=sp.state(0, dtype=int), calm=sp.state(True),
        period=sp.parameter(5 * ms, shared=True), level=sp.state(1.0, shared=True),
    )  # fmt: skip
    a = net.population("a", 70, cell, v=sp.uniform(-70 * mV, -50 * mV))
    follower = sp.neuron("dw/dt = (x - w)/(5*ms) : mV", x=sp.linked(a[:33]["v"]))
    net.population("follower", 33, follower)
    b = net.population("b", 90, cell, E=sp.normal(-62 * mV, 3 * mV), v=-58 * mV)
    a.every(0.7 * ms, "level = -level")
    b[:9].every(1.1 * ms, "v += 1*mV*randn()")

    if couplings:
        junction = sp.synapses.GapJunction(evaluated="stage")
        drawn = sp.normal(1 * nS, 0.3 * nS, low=0 * nS)
        net.project(a, a, sp.symmetric(sp.fixed_probability(0.1)), synapse=junction, weight=drawn)
        nmda = sp.synapses.SaturatingNMDA(name="nmda")
        net.project(a, b, sp.all_to_all(), synapse=nmda, weight=0.02 * nS, delay=1 * ms)
    net.project(b, a, sp.fixed_probability(0.2), weight=sp.uniform(0 * mV, 1 * mV),
                delay=delay * ms)  # fmt: skip
    net.project(a, b, sp.fixed_probability(0.2), weight=1 * mV, event="high",
                delay=sp.uniform(delay * ms, delay * ms + 3 * ms))  # fmt: skip
    net.project(b, b, sp.fixed_probability(0.2), weight=1 * mV, delay=delay * ms,
                release=None if fast else 0.5)  # fmt: skip
    if not fast:
        for source, target, axonal in ((a, b, 0.3 * ms), (b, a, sp.uniform(0 * ms, 1 * ms))):
            net.project(source, target, sp.fixed_probability(0.2), name=f"learns_{source.name}",
                        weight=sp.uniform(0 * mV, 1 * mV), plasticity=Rule(level=a[:1]["level"]),
                        axonal_delay=axonal, dendritic_delay=delay * ms)  # fmt: skip
    net.stimulate([a, b], sp.poisson(2000 * Hz, n=2), weight=1 * mV)
    net.stimulate(a, sp.white_noise(100 * pA, 200 * pA))
    net.record([a, b], "spikes", variables=() if fast else "v")
    net.record(a[::3], ["v", "n"], every=0.5 * ms)
    if not fast:
        net.record(b, "spikes")
    return net


NETWORKS: dict[str, Callable[[], sp.Network]] = {
    "microcircuit": lambda: microcircuit.network(0.01),
    "adex": lambda: adex.network(200),
    "cobahh": lambda: cobahh.network(200),
    "everything": everything,
}

"""The text of whole programs, before and after the passes, and the CUDA code made of them, as they
were when last looked at.

A change of these files shows what a change of the code does to programs. To accept it:
`SPIKESIM_UPDATE_GOLDEN=1 pytest tests/golden`, then look at the difference.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends.cuda import host
from spikesim.build import build
from spikesim.ir import text
from spikesim.passes import lower
from spikesim.units import Hz, ms, mV, nS, pA

HERE = Path(__file__).parent


def balanced():
    """Integrate-and-fire neurons with two currents: exact propagators, a constant current put into
    them, superposed Poisson trains, heterogeneous delays."""
    net = sp.Network(dt=0.1 * ms, seed=1)
    exc = net.population("exc", 80, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -55 * mV))
    inh = net.population("inh", 20, sp.neurons.LIF(tau_m=np.linspace(8, 12, 20) * ms))
    ampa = sp.synapses.ExpCurrent(tau=2 * ms, name="ampa")
    gaba = sp.synapses.ExpCurrent(tau=5 * ms, name="gaba")
    weight = sp.normal(50 * pA, 5 * pA, low=0 * pA)
    delay = sp.normal(1.5 * ms, 0.75 * ms, low=0.1 * ms)
    net.project(
        exc, [exc, inh], sp.fixed_probability(0.1), synapse=ampa, weight=weight, delay=delay
    )
    net.project(inh, [exc, inh], sp.fixed_indegree(4), synapse=gaba, weight=-200 * pA, delay=1 * ms)
    net.stimulate(exc, sp.poisson(rate=8 * Hz, n=1000), synapse=ampa, weight=50 * pA)
    net.stimulate(inh, sp.dc(400 * pA))
    net.record([exc, inh], "spikes")
    net.record(exc[:5], "v", every=1 * ms)
    net.record(inh, "rate", every=5 * ms)
    return net


def conductances():
    """Exponential integrate-and-fire and Hodgkin-Huxley neurons: RK4 and exponential Euler,
    reversal potentials, spike sources, a current that changes, views."""
    net = sp.Network(dt=0.05 * ms, seed=2)
    adex = net.population("adex", 10, sp.neurons.AdEx(t_ref=2 * ms))
    hh = net.population("hh", 6, sp.neurons.TraubMiles(), v=-65 * mV)
    times = net.population("times", 2, sp.spike_times([np.array([1, 2.5]) * ms, np.array([]) * ms]))
    ampa = sp.synapses.ExpConductance(tau=5 * ms, name="ampa")
    gaba = sp.synapses.ExpConductance(tau=10 * ms, E=-80 * mV, name="gaba")
    net.project(adex, hh[::2], sp.all_to_all(), synapse=ampa, weight=6 * nS, delay=0.5 * ms)
    net.project(hh, adex[[1, 4]], sp.fixed_outdegree(2), synapse=gaba, weight=67 * nS)
    net.project(
        times,
        hh,
        sp.explicit([0, 0, 1], [5, 2, 2]),
        synapse=ampa,
        weight=np.array([1, 2, 3]) * nS,
        axonal_delay=0.2 * ms,
        dendritic_delay=0.3 * ms,
    )
    net.stimulate(adex[2:], sp.step_current(np.array([1, 3]) * ms, np.array([500, 0]) * pA))
    net.record([adex, hh], ["spikes", "v"])
    return net


def jumps():
    """NEST's order, voltage jumps, an inline model with noise, Poisson sources."""
    net = sp.Network(dt=0.1 * ms, seed=3, order="nest")
    noisy = sp.neuron(
        """
        drive = gain*sin(2*3.141592653589793*t/(20*ms))
        dv/dt = (v0 - v + drive)/tau  (unless refractory) : mV
        """,
        spike="v > threshold + 1*mV*randn()",
        reset="v = v0 + 2*mV*rand()",
        refractory="r",
        method="heun",
        name="noisy",
        v0=-60 * mV,
        gain=3 * mV,
        threshold=-50 * mV,
        tau=12 * ms,
        r=1.5 * ms,
    )
    cell = net.population("cell", 8, noisy, v=-60 * mV)
    noise = net.population("noise", 30, sp.neurons.Poisson(rate=100 * Hz))
    net.project(noise, cell, sp.fixed_total_number(90), weight=1.5 * mV, delay=1 * ms)
    net.project(
        cell, cell, sp.fixed_probability(0.3, autapses=False), weight=-0.5 * mV, delay=0.3 * ms
    )
    net.record(cell, ["spikes", "v"])
    return net


NETWORKS = {"balanced": balanced, "conductances": conductances, "jumps": jumps}


def compare(path: Path, new: str) -> None:
    if os.environ.get("SPIKESIM_UPDATE_GOLDEN"):
        path.write_text(new, encoding="utf-8")
    old = path.read_text(encoding="utf-8")
    lines = old.splitlines(), new.splitlines()
    change = "\n".join(difflib.unified_diff(*lines, f"{path.name}", "now", lineterm=""))
    assert new == old, f"the program changed; see the head of {Path(__file__).name}\n{change}"


@pytest.mark.parametrize("name", NETWORKS)
def test_text_is_as_it_was(name):
    program = build(NETWORKS[name]())
    for stage, one in (("before", program), ("after", lower(program))):
        compare(HERE / f"{name}.{stage}.txt", text.program(one))


@pytest.mark.skipif(bool(host.why_missing()), reason="no C++ compiler")
@pytest.mark.parametrize("name", NETWORKS)
def test_cuda_code_is_as_it_was(name):
    with host.instead():
        ((code, _),) = NETWORKS[name]().compile("cuda").executable.kernels
    compare(HERE / f"{name}.cu", code)

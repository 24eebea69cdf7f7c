"""What an attack found: networks that fitted, and came out as something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spikesim as sp
from spikesim import exporters
from spikesim.errors import DescriptionError, UnfitError
from spikesim.exporters import pynn
from spikesim.exporters.nir import readers
from spikesim.units import Hz, ms, mV, pA

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
FAMILY = ("loihi2", "c99", "verilog", "netx")


class Integrator(sp.NeuronModel):
    """Adds up."""

    V_th = sp.parameter(10 * mV, "threshold")
    v = sp.state(0 * mV, "potential")
    equations = "dv/dt = 0*v/(1*ms)"
    spike = "v >= V_th"
    reset = "v = 0*mV"


class Stepped(sp.neurons.LIF):
    """By Euler's method."""

    method = "euler"


def added(weight: Any, p: float = 1.0, **start: Any) -> sp.Network:
    """Sources that all feed integrators."""
    net = sp.Network(dt=1 * ms, seed=1, order="nest")
    source = net.population("in", 4, sp.poisson(rate=200 * Hz))
    cells = net.population("c", 3, Integrator(), **start)
    net.project(source, cells, sp.fixed_probability(p), weight=weight)
    return net


def leaky(**given: Any) -> sp.Network:
    """One layer of leaky neurons with currents."""
    net = sp.Network(dt=1 * ms, seed=1)
    source = net.population("in", 4, sp.poisson(rate=200 * Hz))
    start = {"v": given.pop("v")} if "v" in given else {}
    model = given.pop("model", sp.neurons.LIF)(
        t_ref=0 * ms, E_L=-70 * mV, V_reset=-70 * mV, V_th=-50 * mV, **given
    )
    cells = net.population("c", 3, model, **start)
    current = sp.synapses.ExpCurrent(tau=3 * ms)
    net.project(source, cells, sp.all_to_all(), synapse=current, weight=600 * pA)
    return net


def broken(net: sp.Network, target: str) -> set[str]:
    return {f.rule for f in exporters.fit(net, target).broken}


@pytest.mark.parametrize("target", FAMILY)
def test_sums_that_meet_the_threshold_are_spikes(target: str) -> None:
    """Two weights of half a threshold, to a chip that spikes above it."""
    found = exporters.compare(added(5 * mV), target, 200 * ms)
    assert found.causes["order, reset"]["c"].exact == 1
    assert found.whole["c"].exact == 1 and found.whole["c"].spikes[0] > 50


def test_netx_has_no_start() -> None:
    """A third of the way to the threshold was rounded away by the check, not by the file."""
    assert "start" in broken(leaky(v=-63.4 * mV), "netx")
    assert "start" not in broken(leaky(v=-70 * mV), "netx")


@pytest.mark.parametrize("target", FAMILY)
def test_initial_values_beyond_the_chip(target: str) -> None:
    assert "start" in broken(leaky(v=-1e9 * mV), target)


@pytest.mark.parametrize("target", [*FAMILY, "darwin3", "xylo_a3"])
def test_steps_that_overshoot(target: str) -> None:
    """Euler's method, with a step longer than the time constant."""
    found = exporters.fit(leaky(tau_m=0.4 * ms), target)
    assert "a step multiplies" not in str(found)
    found = exporters.fit(leaky(model=Stepped, tau_m=0.4 * ms), target)
    assert not found and "a step multiplies a state by -1.5" in str(found)


def test_speck(tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match="nothing feeds it"):
        exporters.export(added(5 * mV, p=0.0), "speck", tmp_path / "out", 20 * ms)
    assert "weights" in broken(added(5 * mV, v=-500000 * mV), "speck")
    several = [f for f in exporters.fit(added(25 * mV), "speck").findings if f.rule == "order"]
    assert any("spikes as often" in f.detail for f in several)
    chip = exporters.quantize(added(-5 * mV), "speck").integers
    assert np.abs(chip.synapses[0].weight).max() == 127


@pytest.mark.parametrize("name", ["x\0y", "\ud800", "\u202ename", "a\u200bb", "x\x1b[31m"])
def test_names_that_no_file_can_have(name: str) -> None:
    with pytest.raises(DescriptionError, match="can't be seen"):
        sp.Network(dt=1 * ms).population(name, 3, sp.neurons.LIF())


def misshapen(sources: int, edges: str) -> sp.Network:
    """Sources 0, 1 ... and populations a, b, c; edges as "0a ab ba"."""
    net = sp.Network(dt=1 * ms, seed=1)
    model = sp.neurons.LIF(E_L=0 * mV, V_reset=0 * mV, V_th=10 * mV, t_ref=0 * ms)
    groups = {f"{k}": net.population(f"s{k}", 4, sp.poisson(rate=50 * Hz)) for k in range(sources)}
    groups |= {name: net.population(name, 3, model, v=0 * mV) for name in "abc" if name in edges}
    for source, target in edges.split():
        current = sp.synapses.ExpCurrent(tau=(3 if source == "0" else 7) * ms)
        net.project(groups[source], groups[target], sp.all_to_all(), synapse=current,
                    weight=sp.uniform(-50 * pA, 300 * pA), delay=0 * ms)  # fmt: skip
    return net


@pytest.mark.parametrize(
    ("sources", "edges"),
    [(1, "0a ab ba bc"), (2, "0a 1a ab"), (1, "0a aa"), (1, "0a 0b bc ac"), (1, "0a ab 0b bc"),
     (1, "0a ab ac"), (1, "ab ba"), (1, "0a bc"), (0, "ab")],
)  # fmt: skip
def test_what_breaks_says_what_would_not(sources: int, edges: str) -> None:
    net = misshapen(sources, edges)
    everything = (*exporters.targets.names(), *readers.names(), "nir", *pynn.profiles())
    for target in everything:
        for found in exporters.fit(net, target).broken:
            assert found.remedy, f"{target}: {found.rule}, {found.place}: {found.detail}"


def test_no_share_of_a_limit_that_stands_for_none() -> None:
    (leak,) = (f for f in exporters.fit(leaky(), "speck").broken if f.rule == "leak")
    assert leak.share is not None and leak.share > 1e4
    text = str(exporters.fit(leaky(), "speck"))
    assert "lost in a step: 0.0951626 of 1e-06; a neuron without a leak" in text

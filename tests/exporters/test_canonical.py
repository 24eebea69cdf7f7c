"""Recognition reads equations, not names; the normal form does what the network does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from exporter_networks import ByHand, network
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim import exporters
from spikesim.build import build
from spikesim.exporters import chip
from spikesim.exporters.canonical import recognise
from spikesim.exporters.nir import readers
from spikesim.exporters.normal import normal_form
from spikesim.exporters.pynn import profiles
from spikesim.exporters.sampled import sample
from spikesim.exporters.targets import find
from spikesim.units import Hz, ms, mV, nS, pA

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")
SLOW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(st.integers(0, 10**6), st.sampled_from(["standard", "nest"]), st.booleans())
def test_normal_form_spikes_as_the_network(seed: int, order: str, handwritten: bool) -> None:
    net = network(seed, order, handwritten)
    normal = normal_form(recognise(build(net)))
    assert not normal.obstacles
    target = find("loihi2")
    expected = sample(net, 150 * ms)
    real = target.scale(normal)
    for layer, chip_layer in zip(normal.layers, real.layers, strict=True):
        # The rule's own du and dv, unrounded, are the network's decays.
        assert chip_layer.parameters["dv"] == pytest.approx(4096 * (1 - layer.leak[0]))
    found = chip.run(real, target.advance, expected.sources)
    for name, spikes in expected.cells.items():
        assert np.array_equal(spikes, found.spikes[name])


def test_a_handwritten_lif_is_a_lif() -> None:
    """Other names, another scale, other signs: the same normal form."""
    net = sp.Network(dt=0.5 * ms)
    net.population("hand", 3, ByHand(cap=250 * ms))
    net.population("lif", 3, sp.neurons.LIF(tau_m=20 * ms, t_ref=0 * ms))
    found = normal_form(recognise(build(net)))
    assert not found.obstacles
    hand, lif = found.layers
    for word in ("leak", "bias", "unit", "v", "held"):
        np.testing.assert_allclose(getattr(hand, word), getattr(lif, word), atol=1e-12)
    assert lif.leak[0] == pytest.approx(np.exp(-0.5 / 20))
    assert hand.drop is None and lif.drop is None


@pytest.mark.parametrize("method", ["euler", "heun", "rk4", "exponential_euler"])
def test_the_method_of_integration_counts(method: str) -> None:
    net = sp.Network(dt=1 * ms)
    net.population("n", 2, sp.neurons.LIF(tau_m=4 * ms, t_ref=0 * ms))
    program = build(net)
    changed = replace(program, neurons=(replace(program.neurons[0], method=method),))
    leak = normal_form(recognise(changed)).layers[0].leak[0]
    x = -1 / 4
    expected = {"euler": 1 + x, "heun": 1 + x + x**2 / 2, "exponential_euler": np.exp(x),
                "rk4": 1 + x + x**2 / 2 + x**3 / 6 + x**4 / 24}  # fmt: skip
    assert leak == pytest.approx(expected[method])


def test_each_obstacle_is_told_with_its_place() -> None:
    net = sp.Network(dt=0.1 * ms)
    adex = net.population("adex", 2, sp.neurons.AdEx())
    cond = net.population("cond", 2, sp.neurons.LIF())
    net.project(adex, cond, sp.all_to_all(), synapse=sp.synapses.ExpConductance(), weight=1 * nS)
    net.stimulate(cond, sp.sine(amplitude=3 * pA, frequency=0.01 / ms))
    lost = net.population("lost", 2, sp.neurons.LIF())
    net.project(cond, lost, sp.all_to_all(), weight=1 * mV, release=0.5)
    obstacles = recognise(build(net)).obstacles
    assert {o.place for o in obstacles} == {"adex", "cond", "cond->lost"}
    assert all(o.what and o.remedy for o in obstacles)


def learning(plasticity: sp.PlasticityModel | None, weight: object) -> sp.Network:
    net = sp.Network(dt=1 * ms, seed=1)
    source = net.population("in", 8, sp.poisson(rate=60 * Hz))
    cells = net.population("c", 6, sp.neurons.LIF(t_ref=0 * ms))
    more: dict[str, object] = {"delay": 1 * ms}
    if plasticity:
        more = {"plasticity": plasticity, "axonal_delay": 0 * ms, "dendritic_delay": 1 * ms}
    net.project(
        source, cells, sp.fixed_probability(0.5), synapse=sp.synapses.ExpCurrent(), weight=weight,
        name="p", **more,
    )  # fmt: skip
    return net


def test_what_was_learned_can_be_exported() -> None:
    net = learning(sp.plasticity.STDP(w_max=900 * pA), 500 * pA)
    (broken,) = exporters.fit(net, "loihi2").broken
    assert (broken.place, broken.detail) == ("p", "its synapses learn")
    assert not exporters.fit(net, "pynn").fits
    final = net.run(200 * ms)["p"].final["weight"]
    assert len(np.unique(final)) > 1
    made = exporters.quantize(learning(None, final * pA), "loihi2").real.synapses[0]
    assert made.weight / made.weight.max() == pytest.approx(final / final.max(), rel=1e-6)


@pytest.mark.parametrize("rule", [sp.plasticity.STDP, sp.plasticity.TsodyksMarkram])
def test_of_synapses_that_learn_nothing_else_is_held_against_them(rule: type) -> None:
    """Their currents and first weights are read: the other rules look at what they are."""
    net = learning(rule(**({"w_max": 900 * pA} if rule is sp.plasticity.STDP else {})), 500 * pA)
    for name in ("c99", "verilog", "netx", "pynn", "spinnaker", "snntorch"):
        details = {f.detail for f in exporters.fit(net, name).broken} - {"delays"}
        assert details == {"its synapses learn"}, name


def test_sources_alone_fit_nowhere() -> None:
    net = sp.Network(dt=1 * ms)
    net.population("in", 3, sp.poisson(rate=60 * Hz))
    for name in (*exporters.targets.names(), *profiles(), "nir", *readers.names()):
        details = {f.detail for f in exporters.fit(net, name).broken}
        assert "it has no neurons" in details, name

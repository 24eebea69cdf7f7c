"""What the papers, and textbooks, say of their neurons: rates, rheobases, bifurcations, bursts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import fsolve

import spikesim as sp
from spikesim.units import ms, mV, nS, pA

N = sp.neurons


def trains(
    model: sp.NeuronModel, current: Any, unit: Any, duration: float, dt: float, **initial: Any
) -> list[np.ndarray]:
    """Spike times, ms, of a neuron for each current."""
    net = sp.Network(dt=dt * ms)
    cells = net.population("cells", len(current), model, **initial)
    net.stimulate(cells, sp.dc(np.asarray(current, float) * unit))
    net.record(cells, "spikes")
    return net.run(duration * ms, "cpp", precision="float64")["cells"].spikes.trains()


def rates(*arguments: Any, **initial: Any) -> np.ndarray:
    """Spikes/s in the second half of the run, from intervals; 0 for one that fell silent."""
    half = arguments[3] / 2
    late = [t[t > half] for t in trains(*arguments, **initial)]
    return np.array([1e3 / np.diff(t).mean() if len(t) > 2 else 0.0 for t in late])


def test_squid_axon_fires_from_6_3_uA_per_cm2_and_then_at_52_per_s():
    """Rinzel and Miller (1980), Math. Biosci. 49:27: repetitive firing begins at 6.26 uA/cm^2, with
    an amplitude and a rate of its own (type II)."""
    current = np.array([5.5, 6.0, 6.2, 6.35, 7.0, 10.0])
    found = rates(N.HodgkinHuxley(), 100 * current, pA, 2000, 0.02)
    np.testing.assert_array_equal(found > 0, [False, False, False, True, True, True])
    assert 50 < found[3] < 55
    assert found[5] == pytest.approx(68.3, abs=0.5)  # a textbook's value for 10 uA/cm^2


def test_wang_buzsaki_fires_from_0_to_400_per_s():
    """Their figure 1: a rheobase of about 0.16 uA/cm^2, rates as low as one likes, and up to
    400 spikes/s."""
    current = np.array([0.15, 0.165, 0.2, 1.0, 5.0, 20.0])
    found = rates(N.WangBuzsaki(), 100 * current, pA, 3000, 0.02)
    assert found[0] == 0 and 0 < found[1] < 5
    np.testing.assert_allclose(found[2:], [8.6, 60, 190, 405], rtol=0.03)


def test_no_spikes_are_counted_of_a_neuron_held_up_by_a_strong_current():
    for model, current in ((N.WangBuzsaki(), 8000), (N.HodgkinHuxley(), 30_000)):
        assert rates(model, [current], pA, 500, 0.01)[0] == 0
    assert rates(N.FitzHughNagumo(), [2.0], 1, 1000, 0.05)[0] == 0


def test_connor_stevens_is_type_1_with_its_a_current_and_type_2_without():
    """Dayan and Abbott (2001), figure 6.2; their figure starts at 8 uA/cm^2."""
    current = np.array([7.9, 8.2, 8.4, 9.0, 10.0])
    found = rates(N.ConnorStevens(), 100 * current, pA, 3000, 0.02)
    assert found[0] == 0 and 0 < found[1] < 5
    # On an invariant circle the rate grows like a root at first, and never jumps.
    assert (np.diff(found) > 0).all() and found[-1] < 40
    current = np.arange(7.0, 10.0, 0.1)
    without = N.ConnorStevens(g_A=0 * nS, E_L=-72 * mV)
    found = rates(without, 100 * current, pA, 1000, 0.02)
    assert found[0] == 0 and found[found > 0].min() > 70


def morris_lecar_rest(current: float) -> tuple[float, float]:
    """The fixed point at a current in uA/cm^2 (type II values)."""

    def balance(v: float) -> float:
        m, w = (1 + np.tanh((v + 1.2) / 18)) / 2, (1 + np.tanh((v - 2) / 30)) / 2
        return current - 2 * (v + 60) - 4.4 * m * (v - 120) - 8 * w * (v + 84)

    v = float(fsolve(balance, -20.0)[0])
    return v, (1 + np.tanh((v - 2) / 30)) / 2


@pytest.mark.parametrize(
    "current, stable", [(93.0, True), (94.7, False), (211.0, False), (213.0, True)]
)
def test_morris_lecar_loses_its_rest_in_hopf_bifurcations(current, stable):
    """Rinzel and Ermentrout (1998): at 93.86 and at 212 uA/cm^2."""
    v, w = morris_lecar_rest(current)
    net = sp.Network(dt=0.1 * ms)
    cell = net.population("cell", 1, N.MorrisLecar(), v=(v + 0.01) * mV, w=w)
    net.stimulate(cell, sp.dc(100 * current * pA))
    net.record(cell, "v")
    trace = net.run(10_000 * ms, "cpp", precision="float64")["cell"].v.values[:, 0]
    late, early = (np.ptp(part) for part in (trace[-2000:], trace[:2000]))
    assert (late < early) == stable


def test_morris_lecar_type_2_starts_at_a_rate_of_its_own():
    """Bistable from 88.3 uA/cm^2, where the limit cycle is born, up to the Hopf bifurcation."""
    found = rates(N.MorrisLecar(), [8700, 8900, 9300], pA, 4000, 0.1)
    assert found[0] == 0 and found[1] > 8


def test_morris_lecar_type_1_starts_at_zero():
    """Rinzel and Ermentrout (1998): a saddle-node on the limit cycle at 39.96 uA/cm^2, above which
    the rate grows like a root."""
    cell = N.MorrisLecar(g_Ca=400 * nS, V_3=12 * mV, V_4=17.4 * mV, phi=1 / (15 * ms))
    above = np.array([-0.02, 0.02, 0.08, 0.32])
    found = rates(cell, 100 * (39.963 + above), pA, 12_000, 0.1)
    assert found[0] == 0
    np.testing.assert_allclose(found[2:] / found[1:-1], 2, rtol=0.12)


@pytest.mark.parametrize("factor, stable", [(0.99, True), (1.01, False)])
def test_fitzhugh_nagumo_loses_its_rest_where_its_jacobian_says(factor, stable):
    """The trace 1 - v^2 - epsilon b vanishes at v = -sqrt(1 - 0.064), I = 0.3313."""
    v = -np.sqrt(1 - 0.08 * 0.8)
    current = factor * ((v + 0.7) / 0.8 - v + v**3 / 3)
    rest = float(fsolve(lambda v: v - v**3 / 3 - (v + 0.7) / 0.8 + current, -1.0)[0])
    net = sp.Network(dt=0.05 * ms)
    start = {"v": rest + 1e-4, "w": (rest + 0.7) / 0.8}
    cell = net.population("cell", 1, N.FitzHughNagumo(), **start)
    net.stimulate(cell, sp.dc(current))
    net.record(cell, "v")
    trace = net.run(1500 * ms, "cpp", precision="float64")["cell"].v.values[:, 0]
    assert (np.ptp(trace[-2000:]) < np.ptp(trace[:2000])) == stable


def test_hindmarsh_rose_rests_bursts_and_fires():
    """Hindmarsh and Rose (1984): from rest over bursts to regular firing as the input grows."""
    rest, bursts, regular = (
        np.diff(t[t > 2000]) for t in trains(N.HindmarshRose(), [1.0, 2.0, 4.0], 1, 6000, 0.02)
    )
    assert len(rest) == 0
    long = bursts > 4 * np.median(bursts)
    assert 5 < long.sum() < len(bursts) / 3  # silence between bursts of several spikes
    assert len(regular) > 100 and np.ptp(regular) < 0.1


def test_theta_neuron_fires_at_the_root_of_its_input():
    """Ermentrout and Kopell (1986): a rate of sqrt(I)/pi, and none at I < 0."""
    current = np.array([-0.1, 0.01, 0.1, 1.0, 4.0])
    found = rates(N.Theta(), current, 1, 4000, 0.01)
    np.testing.assert_allclose(found, 1e3 * np.sqrt(np.maximum(current, 0)) / np.pi, rtol=1e-4)


@pytest.mark.parametrize(
    "name, gain",
    [
        ("LinearRate", lambda h: 2 * h),
        ("ThresholdLinearRate", lambda h: np.clip(2 * (h - 0.5), 0, 3)),
        ("SigmoidRate", lambda h: 2 / (1 + np.exp(-1.5 * (h - 0.5)))),
        ("TanhRate", lambda h: np.tanh(2 * (h - 0.5))),
    ],
)
def test_rate_units_settle_at_their_gain(name, gain):
    """r = (mu + gain)/decay (1 - exp(-decay t/tau)): the input holds, so the method is exact."""
    model = getattr(N, name)
    given = {"g": 2.0, "theta": 0.5, "alpha": 3.0, "beta": 1.5}
    known = {k: v for k, v in given.items() if k in model.definition.declared}
    unit = model(tau=7 * ms, decay=0.8, mu=0.3, **known)
    h = np.array([-1.0, 0.2, 1.0, 4.0])
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("units", 4, unit)
    net.stimulate(cells, sp.dc(h))
    net.record(cells, "r")
    trace = net.run(20 * ms, "cpp", precision="float64")["units"].r
    goal = (0.3 + gain(h)) / 0.8
    expected = goal * -np.expm1(-0.8 * trace.t[:, None] / 7)
    np.testing.assert_allclose(trace.values, expected, rtol=1e-12, atol=1e-12)


def test_the_adaptation_of_adex_does_not_see_how_far_the_upswing_shoots():
    """With the peak far above the threshold, spikes move by less than the time the upswing takes;
    and the adaptation grows by b, not by what 1e9 mV within a step would give."""
    net = sp.Network(dt=0.1 * ms)
    peak = np.array([-40.4, 0.0, 20.0]) * mV
    cell = net.population("cell", 3, N.AdEx(V_peak=peak, V_reset=-60 * mV))
    net.stimulate(cell, sp.dc(700 * pA))
    net.record(cell, ["w", "spikes"])
    found = net.run(120 * ms, "numpy", precision="float64")["cell"]
    low, zero, high = found.spikes.trains()
    assert len(low) == 2
    np.testing.assert_allclose(zero, low, atol=0.45)
    np.testing.assert_allclose(high, low, atol=0.45)
    assert found.w.values.max() < 300


def test_a_refractory_period_may_depend_on_states_and_time():
    cell = sp.neuron(
        "dv/dt = 1*mV/ms : mV", spike="v > 5*mV", reset="v = 0*mV", refractory="t/10 + v/mV*ms"
    )
    net = sp.Network(dt=0.1 * ms)
    net.record(net.population("cell", 1, cell), "spikes")
    assert len(net.run(200 * ms, "numpy")["cell"].spikes) > 2

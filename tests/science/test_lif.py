"""The leaky integrate-and-fire neuron and its postsynaptic potentials, against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends import find, names
from spikesim.units import ms, mV, pA, pF

BACKENDS = [name for name in names() if not find(name).unavailable()]
DT = 0.1
C, TAU, E_L, V_TH, V_RESET, T_REF = 250.0, 10.0, -70.0, -55.0, -65.0, 2.0


def lif(**values):
    given = {
        "C": C * pF,
        "tau_m": TAU * ms,
        "E_L": E_L * mV,
        "V_th": V_TH * mV,
        "V_reset": V_RESET * mV,
        "t_ref": T_REF * ms,
    }
    return sp.neurons.LIF(**given | values)


@pytest.mark.parametrize("backend", BACKENDS)
def test_subthreshold_response_to_a_step_current(backend):
    start, current = 5.0, np.array([-300.0, 10.0, 200.0, 370.0])  # rheobase: 375 pA
    net = sp.Network(dt=DT * ms)
    cell = net.population("cell", 4, lif(), v=E_L * mV)
    net.stimulate(cell, sp.dc(current * pA, start=start * ms))
    net.record(cell, "v")
    v = net.run(100 * ms, backend, precision="float64")["cell"].v
    since = np.maximum(v.t - start, 0)[:, None]
    expected = current * TAU / C * -np.expm1(-since / TAU)
    assert (v.values[v.t <= start] == E_L).all()
    # Relative to the potential itself, which is what float64 can hold.
    np.testing.assert_allclose(v.values, E_L + expected, rtol=1e-12, atol=0)
    np.testing.assert_allclose(v.values - E_L, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("backend", BACKENDS)
def test_f_i_curve(backend):
    """T = t_ref + tau ln((RI + E_L - V_reset)/(RI + E_L - V_th)), rounded up to the grid."""
    rng = np.random.default_rng(1)
    n = 200
    current = rng.uniform(380, 1500, n)
    tau, t_ref = rng.uniform(5, 20, n), rng.uniform(0, 5, n)
    net = sp.Network(dt=DT * ms)
    model = lif(tau_m=tau * ms, t_ref=t_ref * ms, C=C * tau / TAU * pF)  # the same R for all
    cell = net.population("cell", n, model, v=V_RESET * mV)
    net.stimulate(cell, sp.dc(current * pA))
    net.record(cell, "spikes")
    spikes = net.run(400 * ms, backend, precision="float64")["cell"].spikes
    drive = current * TAU / C
    climb = tau * np.log((drive + E_L - V_RESET) / (drive + E_L - V_TH)) / DT
    assert (np.abs(climb - np.round(climb)) > 1e-6).all()  # no crossing too near to a grid point
    steps = np.ceil(climb) + np.floor(t_ref / DT + 0.5)
    for train, first, interval in zip(spikes.trains(), np.ceil(climb), steps, strict=True):
        assert len(train) >= 2
        np.testing.assert_array_equal(np.round(train[:1] / DT), [first])
        np.testing.assert_array_equal(np.round(np.diff(train) / DT), interval)


def psp(t, weight, tau_s):
    """The response to one exponential current; t from its arrival."""
    if tau_s == TAU:
        value = weight / C * t * np.exp(-t / TAU)
    else:
        factor = weight / C * tau_s * TAU / (TAU - tau_s)
        value = factor * (np.exp(-t / TAU) - np.exp(-t / tau_s))
    return np.where(t > 0, value, 0.0)


@pytest.mark.parametrize("tau_s", [0.5, 2.0, 10.0, 30.0])
@pytest.mark.parametrize("backend", BACKENDS)
def test_postsynaptic_potential(backend, tau_s):
    weight, spike, delay = 87.8, 3.0, 1.5
    net = sp.Network(dt=DT * ms)
    source = net.population("source", 1, sp.spike_times([np.array([spike]) * ms]))
    cell = net.population("cell", 1, lif(E_L=0 * mV, V_th=1000 * mV), v=0 * mV)
    synapse = sp.synapses.ExpCurrent(tau=tau_s * ms)
    net.project(
        source, cell, sp.all_to_all(), synapse=synapse, weight=weight * pA, delay=delay * ms
    )
    net.record(cell, "v")
    v = net.run(600 * ms, backend, precision="float64")["cell"].v
    t, potential = v.t, v.values[:, 0]
    np.testing.assert_allclose(potential, psp(t - spike - delay, weight, tau_s), atol=1e-13)
    # Peak: where the derivative is zero. Area: the charge times the resistance.
    if tau_s == TAU:
        peak = TAU
    else:
        peak = np.log(TAU / tau_s) * TAU * tau_s / (TAU - tau_s)
    assert abs(t[np.argmax(potential)] - (spike + delay + peak)) <= DT
    highest = psp(np.array(peak), weight, tau_s)
    assert highest * (1 - 1e-3) < potential.max() <= highest * (1 + 1e-12)
    assert potential.sum() * DT == pytest.approx(weight * tau_s * TAU / C, rel=4e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_potentials_add_up(backend):
    times, weights = np.array([1.0, 1.0, 4.0, 4.1]), np.array([50.0, -20.0, 30.0, 70.0])
    net = sp.Network(dt=DT * ms)
    source = net.population("source", 4, sp.spike_times([t * ms for t in times[:, None]]))
    cell = net.population("cell", 1, lif(E_L=0 * mV, V_th=1000 * mV), v=0 * mV)
    net.project(
        source,
        cell,
        sp.explicit(np.arange(4), np.zeros(4, int)),
        synapse=sp.synapses.ExpCurrent(tau=2 * ms),
        weight=weights * pA,
        delay=0.7 * ms,
    )
    net.record(cell, "v")
    v = net.run(50 * ms, backend, precision="float64")["cell"].v
    expected = sum(psp(v.t - t - 0.7, w, 2.0) for t, w in zip(times, weights, strict=True))
    np.testing.assert_allclose(v.values[:, 0], expected, atol=1e-13)

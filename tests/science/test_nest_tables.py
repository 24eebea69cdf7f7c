"""Responses of single neurons that NEST's own tests expect.

The numbers are those of NEST 3.10's testsuite/pytests/neurons: test_iaf_psc_alpha.py,
test_iaf_psp.py, test_mat2_psc_exp.py and test_amat2_psc_exp.py, with six digits there. Its
generators are silent at t = 0 and its currents act a step after they arrive: a current that is on
from the start there starts at 0.2 ms here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spikesim as sp
from spikesim.units import ms, mV, pA, pF

BACKENDS = ["numpy", "cpp"]
CHARGING = {3: -69.602, 4: -69.2079, 5: -68.8178, 6: -68.4316, 7: -68.0492, 8: -67.6706,
            9: -67.2958, 10: -66.9247}  # fmt: skip
ALPHA_DC = {1: -70, 2: -70} | CHARGING | {
    45: -56.0204, 46: -55.7615, 47: -55.5051, 48: -55.2513, 49: -55.0001, 50: -70, 60: -70, 70: -70,
} | {step + 68: v for step, v in CHARGING.items()} | {79: -66.5572}  # fmt: skip
PSP = {29: -70, 30: -70, 31: -69.9974, 32: -69.9899, 33: -69.9781, 34: -69.9624, 35: -69.9434,
       40: -69.8108, 45: -69.6435, 50: -69.4681, 55: -69.3008, 57: -69.2383}  # fmt: skip
MAT2_V = {2: -70, 3: -67.6238, 4: -65.2947, 5: -63.0117, 10: -52.2573, 11: -50.2324, 12: -48.2477,
          15: -42.5262, 20: -33.7212, 21: -32.0634}  # fmt: skip
MAT2_THRESHOLD = {10: -51, 11: -12, 12: -12.3692, 15: -13.4548, 20: -15.1935, 21: -15.531}
AMAT2_V = {10: -1.76209, 20: -1.54683, 30: -1.35205, 50: -1.01633, 100: -0.419699}
AMAT2_THETA = {10: 0.211679, 20: 0.717335, 30: 1.36815, 50: 2.73557, 100: 4.86044}


def run(cell: Any, backend: str, current: Any, duration: float, *more: str) -> Any:
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", 1, cell)
    net.stimulate(cells, current)
    net.record(cells, ["spikes", "v", *more])
    return net.run(duration * ms, backend, precision="float64")["cells"]


def assert_expected(values: np.ndarray, table: dict[int, float]) -> None:
    assert values[list(table)] == pytest.approx(list(table.values()), rel=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_charging_spike_and_refractoriness(backend: str) -> None:
    """test_iaf_psc_alpha: 1000 pA, the default neuron."""
    result = run(sp.neurons.LIF(), backend, sp.dc(1000 * pA, start=0.2 * ms), 8)
    assert_expected(result["v"].values[:, 0], ALPHA_DC)
    assert np.allclose(result.spikes.t, [5.0])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dt", [0.1, 0.2, 0.5, 1.0])
def test_a_postsynaptic_potential_whatever_the_step(backend: str, dt: float) -> None:
    """test_iaf_psp: a spike at 2 ms, weight 100 pA, delay 1 ms."""
    net = sp.Network(dt=dt * ms)
    source = net.population("source", 1, sp.spike_times([[2.0] * ms]))
    cells = net.population("cells", 1, sp.neurons.LIF())
    net.project(source, cells, sp.all_to_all(), synapse=sp.synapses.AlphaCurrent(tau=2 * ms),
                weight=100 * pA, delay=1 * ms)  # fmt: skip
    net.record(cells, "v")
    v = net.run(7 * ms, backend, precision="float64")["cells"]["v"]
    values = dict(zip(np.round(v.t / 0.1).astype(int).tolist(), v.values[:, 0], strict=True))
    shared = [step for step in PSP if step in values]
    assert len(shared) >= 2
    assert [values[k] for k in shared] == pytest.approx([PSP[k] for k in shared], rel=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("cell", [
    sp.neurons.MAT2(),
    sp.neurons.AMAT2(C=100 * pF, tau_m=5 * ms, tau_v=15 * ms, alpha_1=37 * mV, alpha_2=2 * mV,
                     omega=-51 * mV),
], ids=["MAT2", "AMAT2 without its own part"])  # fmt: skip
def test_multi_timescale_adaptive_threshold(backend: str, cell: Any) -> None:
    """test_mat2_psc_exp, test_amat2_psc_exp: 2400 pA."""
    result = run(cell, backend, sp.dc(2400 * pA, start=0.2 * ms), 8, "theta_1", "theta_2")
    assert np.allclose(result.spikes.t, [1.1, 3.2, 5.4])
    assert_expected(result["v"].values[:, 0], MAT2_V)
    threshold = -51 + result["theta_1"].values[:, 0] + result["theta_2"].values[:, 0]
    assert_expected(threshold, MAT2_THRESHOLD)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_threshold_that_follows_the_potential(backend: str) -> None:
    """test_amat2_psc_exp, from a Mathematica solution: beta = 2/ms, 10 pA, from 2 mV below rest."""
    net = sp.Network(dt=0.1 * ms)
    cell = sp.neurons.AMAT2(E_L=0 * mV, omega=2 * mV, beta=2 / ms, alpha_2=10 * mV)
    cells = net.population("cells", 1, cell, v=-2 * mV)
    net.stimulate(cells, sp.dc(10 * pA))
    net.record(cells, ["v", "theta_v"])
    result = net.run(10.1 * ms, backend, precision="float64")["cells"]
    assert_expected(result["v"].values[:, 0], AMAT2_V)
    assert_expected(result["theta_v"].values[:, 0], AMAT2_THETA)

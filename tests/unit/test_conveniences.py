"""What users of other simulators write without thinking works."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends import find, names
from spikesim.units import Hz, ms, mV, nA, pA


def test_units_come_with_a_star():
    names: dict[str, object] = {}
    exec("from spikesim.units import *", names)
    assert names["mV"] == mV and "strip" not in names


def test_populations_go_by_name():
    net = sp.Network(dt=0.1 * ms)
    net.population("a", 3, sp.neurons.Poisson(rate=500 * Hz))
    net.population("b", 3, sp.neurons.LIF())
    net.project("a", "b", sp.one_to_one(), weight=20 * mV)
    net.record(["a", "b"], "spikes")
    results = net.run(20 * ms, "numpy")
    assert len(results["a"].spikes) > 0 and len(results["b"].spikes) > 0


@pytest.mark.parametrize("times", [[0.2, 0.5] * ms, [[0.2, 0.5] * ms], [0.2 * ms, 0.5 * ms]])
def test_one_source_takes_its_times_as_they_are(times):
    net = sp.Network(dt=0.1 * ms)
    net.population("a", 1, sp.spike_times(times))
    net.record("a", "spikes")
    np.testing.assert_allclose(net.run(1 * ms, "numpy")["a"].spikes.t, [0.2, 0.5])


def test_the_flag_may_stand_before_the_unit():
    one = sp.neuron("dv/dt = -v/(9*ms) (unless refractory) : mV", spike="v > 1*mV",
                    refractory="1*ms")  # fmt: skip
    other = sp.neuron("dv/dt = -v/(9*ms) : mV (unless refractory)", spike="v > 1*mV",
                      refractory="1*ms")  # fmt: skip
    assert one.definition == other.definition


@pytest.mark.filterwarnings("ignore:population:spikesim.errors.RunWarning")  # on purpose
@pytest.mark.parametrize("backend", [name for name in names() if not find(name).unavailable()])
def test_adex_stays_finite_under_any_drive(backend):
    """The upswing is cut off at V_peak, so that no stage of a step overflows."""
    net = sp.Network(dt=0.1 * ms, seed=1)
    a = net.population("a", 4, sp.neurons.AdEx())
    net.stimulate(a[:2], sp.dc(100 * nA))
    net.stimulate(a[2:], sp.poisson(1000 * Hz, n=10), weight=3 * mV)
    net.stimulate(a[2:], sp.dc(1000 * pA))
    net.record(a, "spikes")
    counts = net.run(50 * ms, backend)["a"].spikes.counts()
    assert counts[0] > 200 and counts[2] > 0  # adaptation slows the first down

"""Slips in synapses that act continuously, and in their projections: got, expected, how to mend."""

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import (
    ConnectivityError,
    DescriptionError,
    DimensionError,
    EquationError,
    ParameterError,
    UnknownNameError,
)
from spikesim.units import Hz, ms, mV, nS, pA


def synapse(**changes):
    """A synapse that is right, but for `changes`."""
    body = {
        "tau": sp.parameter(5 * ms),
        "s": sp.state(0.0),
        "g": sp.state(0 * nS),
        "presynaptic": "ds/dt = -s/tau",
        "on_spike": "s += 1",
        "continuous": "g += weight*pre.s",
        "output": "g*(0*mV - v)",
        "reads": {"v": mV},
    }
    body = {k: v for k, v in (body | changes).items() if v is not None}
    return type("S", (sp.SynapseModel,), body)


MODELS = {
    "unknown name of the source": (
        {"continuous": "g += weight*pre.q"},
        EquationError,
        ["S, continuous", "unknown name 'pre.q'; did you mean", "^"],
    ),
    "a variable that is not read": (
        {"continuous": "g += weight*pre.u/mV"}, EquationError, ["unknown name 'pre.u'"]
    ),
    "a state of the source without its side": (
        {"continuous": "g += weight*s"}, EquationError, ["state of the source", "pre.s"]
    ),
    "the same in the output": ({"output": "s*g*(0*mV - v)"}, EquationError, ["output", "pre.s"]),
    "a state of the target in presynaptic": (
        {"presynaptic": "ds/dt = -s/tau*(1 + g/nS)"}, EquationError, ["state of the target"]
    ),
    "what is summed is read": (
        {"continuous": "g += weight*pre.s + 0.1*g"}, EquationError, ["is what is being summed"]
    ),
    "a sum with an equation": (
        {"equations": "dg/dt = -g/tau"}, EquationError, ["a state without an equation"]
    ),
    "no sum": ({"continuous": "weight*pre.s"}, EquationError, ["continuous must be 'x += ...'"]),
    "another dimension": (
        {"continuous": "g += weight*pre.v"}, DimensionError, ["S, continuous", "must be in nS"]
    ),
    "both kinds": ({"on_arrival": "g += weight"}, EquationError, ["one or the other"]),
    "presynaptic without a sum": (
        {"continuous": None, "on_arrival": "g += weight"}, EquationError, ["give it"]
    ),
    "on_spike into another state": (
        {"on_spike": "g += 1*nS"}, EquationError, ["on_spike must be", "a state of `presynaptic`"]
    ),
    "no unit": ({"weight_unit": "nS"}, Exception, ["weight_unit"]),
    "unknown time": (
        {"evaluated": "always"}, DescriptionError, ["'step' or 'stage', got 'always'"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MODELS)
def test_slips_in_models(case):
    changes, error, words = MODELS[case]
    with pytest.raises(error) as caught:
        synapse(**changes)
    for word in words:
        assert word in str(caught.value)


def test_the_model_of_the_slips_is_right():
    assert synapse()().name == "s"
    with pytest.raises(DescriptionError, match="for synapses with `continuous`"):
        sp.synapses.ExpCurrent(evaluated="stage")


def cell(method="auto"):
    return sp.neuron("dv/dt = (E - v)/tau + R*I", spike="v > 9*mV", reset="v = E", method=method,
                     E=0 * mV, tau=9 * ms, v=sp.state(0 * mV), I=sp.port(pA),
                     R=1 * mV / (pA * ms))  # fmt: skip


def network(method="auto", source=None, rule=None, **options):
    net = sp.Network()
    a = net.population("a", 3, source or cell(method))
    b = net.population("b", 3, cell())
    given = {"synapse": sp.synapses.GapJunction(), "weight": 1 * nS} | options
    net.project(a, b, rule or sp.all_to_all(), **given)
    return net


def alone(rule):
    net = sp.Network()
    a = net.population("a", 3, cell())
    net.project(a, a, rule, synapse=sp.synapses.GapJunction(), weight=1 * nS)
    return net


GAP, GATE = sp.synapses.GapJunction, sp.synapses.SaturatingNMDA
NETWORKS = {
    "a delay": (lambda: network(delay=1 * ms), ConnectivityError, ["has none; leave it out"]),
    "weight in another unit": (lambda: network(weight=1 * pA), DimensionError, ["nS"]),
    "negative": (lambda: network(weight=-1 * nS), ParameterError, ["at least 0"]),
    "release": (lambda: network(release=0.5), ConnectivityError, ["acts continuously"]),
    "spike sources": (
        lambda: network(source=sp.spike_times([[1.0] * ms] * 3)),
        DescriptionError,
        ["which have none"],
    ),
    "a source without v": (
        lambda: network(source=sp.neurons.Poisson(rate=1 * Hz)), UnknownNameError,
        ["reads 'v' (in mV) of its source, but 'a' has none"],
    ),
    "many delays of one gate": (
        lambda: network(synapse=GATE(), delay=sp.uniform(1 * ms, 2 * ms)), ConnectivityError,
        ["is one number"],
    ),
    "a delay in the dendrite": (
        lambda: network(synapse=GATE(), dendritic_delay=1 * ms), ConnectivityError,
        ["give delay, not dendritic_delay"],
    ),
    "too many weights": (
        lambda: network(weight=np.ones(5) * nS), ConnectivityError, ["the rule makes 9"]
    ),
    "an exact method": (
        lambda: network("exact", synapse=GAP(evaluated="stage")), DescriptionError,
        ["one explicit method", "'a': exact", "'b': rk4"],
    ),
    "symmetric of two populations": (
        lambda: network(rule=sp.symmetric(sp.all_to_all())), ConnectivityError, ["the same view"]
    ),
    "a junction with itself": (
        lambda: alone(sp.symmetric(sp.explicit([1, 2], [0, 2]))),
        ConnectivityError,
        ["the pair at 1 joins a neuron to itself"],
    ),
    "symmetric of no rule": (
        lambda: network(rule=sp.symmetric(3)), ConnectivityError, ["takes a rule", "got 3"]
    ),
    "chance above 1": (
        lambda: network(synapse=sp.synapses.ExpCurrent(), weight=1 * pA, release=1.5),
        ParameterError, ["release goes from 1.5 to 1.5", "0 to 1"],
    ),
    "an open distribution": (
        lambda: network(synapse=sp.synapses.ExpCurrent(), weight=1 * pA,
                        release=sp.normal(0.5, 0.1)), ParameterError, ["low=0, high=1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NETWORKS)
def test_slips_in_networks(case):
    make, error, words = NETWORKS[case]
    with pytest.raises(error) as caught:
        make().compile("numpy")
    for word in words:
        assert word in str(caught.value)


def test_stimuli_do_not_drive_continuous_synapses():
    net = sp.Network()
    a = net.population("a", 3, cell())
    net.stimulate(a, sp.poisson(9 * Hz), synapse=sp.synapses.GapJunction(), weight=1 * nS)
    with pytest.raises(DescriptionError, match="takes no trains of spikes"):
        net.compile("numpy")


# --- symmetric connections -----------------------------------------------------------------------


def connections(rule, n=40, **options):
    net = sp.Network(seed=3)
    a = net.population("a", n, cell())
    net.project(a, a, rule, synapse=sp.synapses.GapJunction(), **({"weight": 1 * nS} | options))
    return net.compile("numpy").connections("a->a")


def test_symmetric_pairs_have_one_weight():
    c = connections(sp.symmetric(sp.fixed_probability(0.3)), weight=sp.uniform(1 * nS, 2 * nS))
    matrix = np.zeros((40, 40))
    np.add.at(matrix, (c.source, c.target), c.weight)
    assert np.array_equal(matrix, matrix.T) and not matrix.diagonal().any()
    joined = matrix[np.triu_indices(40, 1)] > 0
    assert joined.mean() == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / joined.size))
    assert len(np.unique(c.weight)) == joined.sum() and c.weight.max() < 2


def test_symmetric_pairs_given_one_by_one():
    c = connections(sp.symmetric(sp.explicit([3, 0], [1, 2])), weight=[5, 7] * nS)
    found = {(int(s), int(t)): w for s, t, w in zip(c.source, c.target, c.weight, strict=True)}
    assert found == {(3, 1): 5, (1, 3): 5, (0, 2): 7, (2, 0): 7}

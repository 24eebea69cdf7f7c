"""Every argument of every word that users write, given nonsense: an error of ours, if any."""

import warnings

import numpy as np
import pytest
import scipy.sparse

import spikesim as sp
from spikesim.build import build
from spikesim.errors import SpikesimError
from spikesim.passes.draw import draw
from spikesim.units import Hz, ms, mV, nS, pA

NONSENSE = {
    "None": None,
    "True": True,
    "text": "nonsense",
    "empty text": "",
    "bytes": b"1",
    "zero": 0,
    "minus one": -1,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a huge number": 10**400,
    "complex": 1j,
    "dict": {},
    "set": {1},
    "empty list": [],
    "ragged": [[1], [1, 2]],
    "strings": ["a", "b"],
    "cube": np.ones((2, 2, 2)),
    "objects": np.array([object()]),
    "objects in a table": np.array([[None, "a"], [1, 2]], dtype=object),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "a time": 5 * ms,
    "a potential": 5 * mV,
    "times": [1, 2, 3] * ms,
    "a list of times": [1 * ms, 2 * ms],
    "a mixed list": [1 * ms, 2],
    "NaN ms": np.nan * ms,
    "minus one ms": -1 * ms,
    "unit": pA,
    "function": lambda: 1,
    "class": int,
    "object": object(),
    "distribution": sp.normal(1 * ms, 2 * ms),
    "a distribution of NaN": sp.normal(np.nan * pA, 1 * pA),
    "a distribution of text": sp.uniform("a", "b"),
    "rule": sp.all_to_all(),
    "rule class": sp.fixed_probability,
    "model": sp.neurons.LIF(),
    "model class": sp.neurons.LIF,
    "base class": sp.NeuronModel,
    "synapse": sp.synapses.ExpCurrent(),
    "synapse class": sp.synapses.Delta,
    "stimulus": sp.dc(1 * pA),
    "declaration": sp.parameter(1 * ms),
    "sparse": scipy.sparse.eye_array(3),
    "network": sp.Network(),
    "slice": slice(None),
    "warning": UserWarning("x"),
}


def network(**options):
    net = sp.Network(**options)
    return net, net.population("cells", 3, sp.neurons.LIF())


def with_project(**options):
    net, cells = network()
    options = {"rule": sp.all_to_all(), "weight": 1 * mV, "delay": 1 * ms} | options
    options = {"source": cells, "target": cells} | options
    net.project(**options)
    return net


def with_stimulus(*args, **options):
    net, cells = network()
    options = {"target": cells} | options
    net.stimulate(stimulus=args[0], **options)
    return net


def with_model(model, **initial):
    net = sp.Network()
    net.population("cells", 3, model, **initial)
    return net


def with_record(*args, **options):
    net, cells = network()
    net.record(*(args or (cells,)), **options)
    return net


def with_view(key):
    net, cells = network()
    net.record(cells[key], "v")
    return net


def neuron_class(**body):
    body = {"v": sp.state(0 * mV), "equations": "dv/dt = -v/(5*ms)"} | body
    return with_model(type("M", (sp.NeuronModel,), body)())


def synapse_class(**body):
    body = {"g": sp.state(0 * nS), "equations": "dg/dt = -g/ms", "on_arrival": "g += weight"} | body
    return with_project(synapse=type("S", (sp.SynapseModel,), body)(), weight=1 * nS)


WORDS = {
    "dt": lambda x: network(dt=x)[0],
    "seed": lambda x: network(seed=x)[0],
    "order": lambda x: network(order=x)[0],
    "population name": lambda x: sp.Network().population(x, 3, sp.neurons.LIF()),
    "population size": lambda x: sp.Network().population("a", x, sp.neurons.LIF()),
    "population model": lambda x: with_model(x),
    "initial": lambda x: with_model(sp.neurons.LIF(), v=x),
    "parameter": lambda x: with_model(sp.neurons.LIF(C=x)),
    "refractory period": lambda x: with_model(sp.neurons.LIF(t_ref=x)),
    "number as parameter": lambda x: with_model(sp.neurons.TraubMiles(m=x)),
    "model by position": lambda x: with_model(sp.neurons.LIF(x)),
    "view": with_view,
    "source": lambda x: with_project(source=x),
    "target": lambda x: with_project(target=x),
    "sources": lambda x: with_project(source=[x]),
    "rule": lambda x: with_project(rule=x),
    "synapse": lambda x: with_project(synapse=x),
    "synapse parameter": lambda x: with_project(
        synapse=sp.synapses.ExpCurrent(tau=x), weight=1 * pA
    ),
    "synapse name": lambda x: with_project(synapse=sp.synapses.ExpCurrent(name=x), weight=1 * pA),
    "jump": lambda x: with_project(synapse=sp.synapses.Delta(x)),
    "weight": lambda x: with_project(weight=x),
    "delay": lambda x: with_project(delay=x),
    "axonal": lambda x: with_project(delay=None, axonal_delay=x),
    "dendritic": lambda x: with_project(delay=None, dendritic_delay=x),
    "port": lambda x: with_project(synapse=sp.synapses.ExpCurrent(), weight=1 * pA, port=x),
    "projection name": lambda x: with_project(name=x),
    "all_to_all autapses": lambda x: with_project(rule=sp.all_to_all(x)),
    "probability": lambda x: with_project(rule=sp.fixed_probability(x)),
    "indegree": lambda x: with_project(rule=sp.fixed_indegree(x)),
    "outdegree": lambda x: with_project(rule=sp.fixed_outdegree(x)),
    "number": lambda x: with_project(rule=sp.fixed_total_number(x)),
    "multapses": lambda x: with_project(rule=sp.fixed_indegree(1, multapses=x)),
    "pairs": lambda x: with_project(rule=sp.explicit(x, x)),
    "matrix": lambda x: with_project(rule=sp.from_matrix(x), weight=None),
    "matrix unit": lambda x: with_project(rule=sp.from_matrix(np.ones((3, 3)), unit=x)),
    "normal": lambda x: with_project(weight=sp.normal(x, x)),
    "normal low": lambda x: with_project(weight=sp.normal(1 * mV, 1 * mV, low=x)),
    "uniform": lambda x: with_project(weight=sp.uniform(x, x)),
    "lognormal": lambda x: with_project(weight=sp.lognormal(1 * mV, x)),
    "stimulus": lambda x: with_stimulus(x),
    "stimulus name": lambda x: with_stimulus(sp.dc(1 * pA), name=x),
    "stimulus port": lambda x: with_stimulus(sp.dc(1 * pA), port=x),
    "stimulus target": lambda x: with_stimulus(sp.dc(1 * pA), target=x),
    "dc": lambda x: with_stimulus(sp.dc(x)),
    "dc start": lambda x: with_stimulus(sp.dc(1 * pA, start=x)),
    "dc stop": lambda x: with_stimulus(sp.dc(1 * pA, stop=x)),
    "step times": lambda x: with_stimulus(sp.step_current(x, [1, 2] * pA)),
    "step values": lambda x: with_stimulus(sp.step_current([1, 2] * ms, x)),
    "timed array": lambda x: with_stimulus(sp.timed_array(x, dt=1 * ms)),
    "timed array dt": lambda x: with_stimulus(sp.timed_array([1, 2] * pA, dt=x)),
    "rate": lambda x: with_stimulus(sp.poisson(rate=x), weight=1 * mV),
    "trains": lambda x: with_stimulus(sp.poisson(rate=1 * Hz, n=x), weight=1 * mV),
    "ramp": lambda x: with_stimulus(sp.ramp(x, 1 * pA, stop=5 * ms)),
    "ramp stop": lambda x: with_stimulus(sp.ramp(0 * pA, 1 * pA, stop=x)),
    "sine": lambda x: with_stimulus(sp.sine(1 * pA, x, start=1 * ms)),
    "sine phase": lambda x: with_stimulus(sp.sine(1 * pA, 1 * Hz, phase=x, offset=x)),
    "expression": lambda x: with_stimulus(sp.expression(x)),
    "expression value": lambda x: with_stimulus(sp.expression("a*t*pA/ms", a=x)),
    "noise": lambda x: with_stimulus(sp.white_noise(x, x)),
    "noise dt": lambda x: with_stimulus(sp.white_noise(0 * pA, 1 * pA, dt=x)),
    "noise shared": lambda x: with_stimulus(sp.white_noise(0 * pA, 1 * pA, shared=x)),
    "noise modulation": lambda x: with_stimulus(
        sp.white_noise(0 * pA, 1 * pA, std_modulation=x, frequency=1 * Hz)
    ),
    "coloured noise": lambda x: with_stimulus(sp.ornstein_uhlenbeck(0 * pA, x, x, shared=x)),
    "rate of sources": lambda x: with_model(sp.poisson(rate=x)),
    "trains of sources": lambda x: with_model(sp.poisson(rate=1 * Hz, n=x)),
    "dead time": lambda x: with_model(sp.poisson_dead_time(9 * Hz, x)),
    "gamma rate": lambda x: with_stimulus(sp.gamma_process(x, 3), weight=1 * mV),
    "gamma shape": lambda x: with_model(sp.gamma_process(9 * Hz, x)),
    "mother's rate": lambda x: with_model(sp.correlated_poisson(x, 0.5)),
    "p_copy": lambda x: with_stimulus(sp.correlated_poisson(9 * Hz, x), weight=1 * mV),
    "packet": lambda x: with_model(sp.pulse_packet(x, 1 * ms)),
    "packet sdev": lambda x: with_model(sp.pulse_packet([9] * ms, x)),
    "packet activity": lambda x: with_model(sp.pulse_packet([9] * ms, 1 * ms, activity=x)),
    "start": lambda x: with_model(sp.gamma_process(9 * Hz, 3, start=x, stop=x)),
    "stimulus weight": lambda x: with_stimulus(sp.poisson(rate=1 * Hz), weight=x),
    "spike times": lambda x: with_model(sp.spike_times(x)),
    "spike times by index": lambda x: with_model(sp.spike_times(x, indices=[0, 1])),
    "spike indices": lambda x: with_model(sp.spike_times([1, 2] * ms, indices=x)),
    "recorded view": lambda x: with_record(x, what="v"),
    "recorded what": lambda x: with_record(what=x),
    "recorded every": lambda x: with_record(what="v", every=x),
    "declared parameter": lambda x: neuron_class(p=sp.parameter(x)),
    "declared state": lambda x: neuron_class(p=sp.state(x)),
    "declared port": lambda x: neuron_class(p=sp.port(x)),
    "class attribute": lambda x: neuron_class(p=x),
    "equations": lambda x: neuron_class(equations=x),
    "spike": lambda x: neuron_class(spike=x),
    "reset": lambda x: neuron_class(spike="v > 1*mV", reset=x),
    "refractory": lambda x: neuron_class(spike="v > 1*mV", refractory=x),
    "method": lambda x: neuron_class(method=x),
    "synapse equations": lambda x: synapse_class(equations=x),
    "on_arrival": lambda x: synapse_class(on_arrival=x),
    "output": lambda x: synapse_class(output=x),
    "reads": lambda x: synapse_class(reads=x),
    "reads unit": lambda x: synapse_class(reads={"v": x}),
    "reads name": lambda x: synapse_class(reads={str(x): mV}),
    "inline equations": lambda x: with_model(sp.neuron(x)),
    "inline parameter": lambda x: with_model(sp.neuron("dv/dt = -v/ms : mV", p=x)),
    "inline name": lambda x: with_model(sp.neuron("dv/dt = -v/ms : mV", name=x)),
    "inline spike": lambda x: with_model(sp.neuron("dv/dt = -v/ms : mV", spike=x)),
}


@pytest.mark.parametrize("word", WORDS)
def test_nonsense(word):
    strange = []
    for name, value in NONSENSE.items():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                net = WORDS[word](value)
                if isinstance(net, sp.Network):
                    draw(build(net))
            except SpikesimError as fault:
                if "the program breaks its rules" in str(fault):
                    strange.append((name, fault))
            except Exception as fault:
                strange.append((name, repr(fault)))
    assert not strange

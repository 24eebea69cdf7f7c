"""What a new user, or one from another simulator, writes by habit: never accepted in silence."""

import numpy as np
import pytest

import spikesim as sp
from spikesim.build import build
from spikesim.errors import EquationError, ParameterError, SpikesimError
from spikesim.units import Hz, ms, mV, nS, pA, pF


def said(call, kind=SpikesimError):
    """The message of the error that a call raises."""
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("equation", "write equations ="),
        ("threshold", "write spike ="),
        ("refractory_period", "write refractory ="),
        ("metod", "did you mean 'method'?"),
    ],
)
def test_a_wrong_word_in_a_neuron_model(word, hint):
    message = said(lambda: type("M", (sp.NeuronModel,), {word: "v > 1*mV"}), EquationError)
    assert f"M: {word} =" in message and hint in message


def test_a_wrong_word_in_a_synapse_model():
    body = {"I": sp.state(pA), "output": "I", "on_arrival": "I += weight", "on_pre": "x"}
    message = said(lambda: type("S", (sp.SynapseModel,), body), EquationError)
    assert "on_pre" in message and "write on_arrival =" in message


def test_methods_properties_and_hidden_names_are_fine():
    class Fine(sp.NeuronModel):
        _note = "mine"
        x = sp.state(0)
        spike = "x > 1"

        @property
        def half(self):
            return 0.5

        def helper(self):
            return self.half

    assert Fine().helper() == 0.5


def test_threshold_and_refractory_of_the_short_form():
    text = "dv/dt = -v/(10*ms) : mV"
    message = said(lambda: sp.neuron(text, threshold="v > 1*mV", refractory=5 * ms))
    assert "write spike=" in message


@pytest.mark.parametrize(
    ("assign", "hint"),
    [
        (lambda net, p: setattr(p, "v", -60 * mV), "exc.initialize(v=...)"),
        (lambda net, p: setattr(p[0], "v", -60 * mV), "exc.initialize(v=...)"),
        (lambda net, p: setattr(p, "tau_m", 5 * ms), 'params={"exc.tau_m": ...}'),
        (lambda net, p: setattr(p, "tau_m", 5 * ms), "LIF(tau_m=...)"),
        (lambda net, p: setattr(p, "I", 5 * pA), "net.stimulate"),
        (lambda net, p: setattr(p, "tau", 5 * ms), "did you mean"),
        (lambda net, p: setattr(net, "timestep", 5 * ms), "no attribute 'timestep'"),
        (lambda net, p: setattr(net.projections[0], "weights", 1), "did you mean 'weight'?"),
        (lambda net, p: setattr(p.model, "tau_m", 5 * ms), "write LIF(tau_m=...)"),
        (lambda net, p: setattr(p.model, "tau", 5 * ms), "did you mean"),
    ],
)
def test_assignments_that_would_do_nothing(assign, hint):
    net = sp.Network(dt=0.1 * ms)
    exc = net.population("exc", 3, sp.neurons.LIF())
    net.project(exc, exc, sp.all_to_all(), weight=1 * mV)
    message = said(lambda: assign(net, exc), AttributeError)
    assert hint in message, message


def net_of(model, size=3):
    """A network of one population."""
    net = sp.Network(dt=0.1 * ms)
    return net, net.population("exc", size, model)


@pytest.mark.parametrize(
    ("model", "fragments"),
    [
        (sp.neurons.LIF(tau_m=-10 * ms), ["population 'exc', tau_m: got -10 ms", "above 0"]),
        (sp.neurons.LIF(C=-1 * pF), ["population 'exc', C: got -1 pF", "above 0"]),
        (sp.neurons.LIF(C=[1, -1, 1] * pF), ["C: got -1 pF at 1"]),
        (sp.neurons.LIF(C=sp.normal(1 * pF, 1 * pF)), ["C: ", "below 0", "low=..."]),
        (sp.neurons.AdEx(Delta_T=-1 * mV), ["Delta_T: got -1 mV"]),
        (sp.neurons.AdEx(g_L=-1 * nS), ["g_L: got -1 nS", "of at least 0"]),
        (sp.neurons.Poisson(rate=-1 * Hz), ["rate: got", "of at least 0"]),
    ],
)
def test_values_that_must_be_above_zero(model, fragments):
    message = said(lambda: build(net_of(model)[0]), ParameterError)
    assert all(part in message for part in fragments), message


def test_a_bound_holds_in_a_run_too():
    model = net_of(sp.neurons.LIF())[0].compile("numpy")
    message = said(lambda: model.run(1 * ms, params={"exc.tau_m": -1 * ms}), ParameterError)
    assert "tau_m: got -1 ms, expected a value above 0" in message


def test_values_within_a_bound():
    build(net_of(sp.neurons.LIF(C=sp.lognormal(100 * pF, 0.5)))[0])
    build(net_of(sp.neurons.LIF(C=sp.normal(100 * pF, 50 * pF, low=10 * pF)))[0])
    build(net_of(sp.neurons.AdEx(g_L=0 * nS))[0])


def test_a_bound_is_one_of_two():
    assert "'> 0' or '>= 0'" in said(lambda: sp.parameter(1 * ms, "x", bound="positive"))
    body = {"I": sp.state(pA), "on_arrival": "I += weight", "weight_bound": "no"}
    assert "weight_bound" in said(lambda: type("S", (sp.SynapseModel,), body))


def test_conductances_have_no_negative_weights():
    net, exc = net_of(sp.neurons.LIF())
    inhibitory = sp.synapses.ExpConductance(E=-80 * mV)
    net.project(exc, exc, sp.all_to_all(), synapse=inhibitory, weight=-20 * nS)
    message = said(lambda: build(net), ParameterError)
    assert "'exc->exc', weight: got -20 nS, expected a value of at least 0" in message
    assert "reversal potential" in message


def test_nor_have_those_of_a_stimulus():
    net, exc = net_of(sp.neurons.LIF())
    inhibitory = sp.synapses.ExpConductance(E=-80 * mV)
    net.stimulate(exc[:2], sp.poisson(10 * Hz), synapse=inhibitory, weight=[1, -2] * nS)
    assert "weight: got -2 nS" in said(lambda: build(net), ParameterError)


def test_a_rule_given_as_text():
    net, exc = net_of(sp.neurons.LIF())
    net.project(exc, exc, "all_to_all", weight=1 * mV)
    assert "write sp.all_to_all()" in said(lambda: build(net))


@pytest.mark.parametrize("again", [1, 2])
def test_a_file_of_a_room_is_no_attribute(again):
    assert "did you mean 'LIF'?" in said(lambda: sp.neurons.lif(), AttributeError)
    import spikesim.models.neurons.lif as module

    assert module.LIF is sp.neurons.LIF


def test_an_equation_that_lacks_its_dt():
    slip = "dv = (El-v)/tau : mV"
    message = said(lambda: sp.neuron(slip, El=-60 * mV, tau=5 * ms), EquationError)
    assert "write dv/dt" in message, message


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("C_m", "here it is called 'C'"),
        ("cm", "here it is called 'C'"),
        ("gL", "here it is called 'g_L'"),
        ("I_e", "sp.dc("),
        ("i_offset", "sp.dc("),
        ("tau_syn_ex", "ExpCurrent(tau=...)"),
        ("v_rest", "here it is called 'E_L'"),
        ("tau_refrac", "here it is called 't_ref'"),
        ("refractory", "here it is called 't_ref'"),
    ],
)
def test_names_of_other_simulators(name, hint):
    net, _ = net_of(sp.neurons.AdEx(**{name: 1 * mV}))
    assert hint in said(lambda: build(net), ParameterError)


@pytest.mark.parametrize("name", ["v_thresh", "Vt"])
def test_names_of_the_threshold(name):
    net, _ = net_of(sp.neurons.LIF(**{name: 1 * mV}))
    assert "here it is called 'V_th'" in said(lambda: build(net), ParameterError)


@pytest.mark.parametrize("name", ["g_L", "g_leak", "gl"])
def test_the_leak_of_a_model_with_a_time_constant(name):
    net, _ = net_of(sp.neurons.LIF(**{name: 1 * nS}))
    assert "the leak conductance is C/tau_m: give tau_m" in said(lambda: build(net), ParameterError)


def test_a_matrix_of_weights_and_a_weight():
    net, exc = net_of(sp.neurons.LIF())
    net.project(exc, exc, sp.from_matrix(np.eye(3), unit=mV), weight=2 * mV)
    assert "give one of them" in said(lambda: build(net))
    net, exc = net_of(sp.neurons.LIF())
    net.project(exc, exc, sp.from_matrix(np.eye(3) > 0), weight=2 * mV)
    build(net)


def test_a_matrix_as_the_weight_of_all_to_all():
    net, exc = net_of(sp.neurons.LIF())
    net.project(exc, exc, sp.all_to_all(), weight=np.ones((3, 3)) * mV)
    assert "use sp.from_matrix(" in said(lambda: build(net))


def test_a_rate_that_is_a_time():
    net, exc = net_of(sp.neurons.LIF())
    net.stimulate(exc, sp.poisson(10 * ms), weight=1 * mV)
    assert "such as 10*Hz" in said(lambda: build(net))


def test_two_synapses_of_one_given_name():
    def two(*names):
        net, exc = net_of(sp.neurons.LIF())
        for k, name in enumerate(names):
            synapse = sp.synapses.ExpCurrent(tau=(k + 1) * ms, name=name)
            net.project(exc, exc, sp.all_to_all(), synapse=synapse, weight=1 * pA)
        return build(net)

    assert "give this one another name" in said(lambda: two("fast", "fast"))
    two("fast", "slow")
    two(None, None)

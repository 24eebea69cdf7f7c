"""From what is written to the program: synapses that merge, ports, names, defaults."""

import numpy as np
import pytest

import spikesim as sp
from spikesim.build import build
from spikesim.ir import text
from spikesim.units import Hz, ms, mV, nA, nS, pA, pF


class TwoPorts(sp.NeuronModel):
    """Ports in two units, two of them in one."""

    tau = sp.parameter(10 * ms)
    v = sp.state(0 * mV)
    soma = sp.port(pA)
    dendrite = sp.port(pA)
    g = sp.port(nS)
    equations = "dv/dt = (mV*(soma + 2*dendrite)/pA - g*v/nS - v)/tau"
    spike = "v > 10*mV"


def net_of(model, size=3):
    net = sp.Network(dt=0.1 * ms)
    return net, net.population("cells", size, model)


def field_names(program):
    return [f.name for f in program.group("cells").fields]


def test_synapses_of_one_kind_are_one():
    net, cells = net_of(sp.neurons.LIF())
    for tau in (5 * ms, 0.005 * sp.units.second, 5.0 * ms):
        synapse = sp.synapses.ExpCurrent(tau=tau)
        net.project(cells, cells, sp.all_to_all(), synapse=synapse, weight=1 * pA)
    net.stimulate(cells, sp.poisson(1 * Hz), synapse=sp.synapses.ExpCurrent, weight=1 * pA)
    net.project(cells, cells, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(), weight=1 * pA)
    program = build(net)
    assert [n for n in field_names(program) if n.endswith(".tau")] == ["exp_current.tau"]


def test_synapses_of_other_values_are_others():
    net, cells = net_of(sp.neurons.LIF())
    laws = (
        sp.normal(5 * ms, 1 * ms, low=1 * ms),
        sp.normal(5 * ms, 2 * ms, low=1 * ms),
        [5, 6, 7] * ms,
        [5, 6, 8] * ms,
    )
    for tau in (5 * ms, 6 * ms, *laws, *laws):
        synapse = sp.synapses.ExpCurrent(tau=tau)
        net.project(cells, cells, sp.all_to_all(), synapse=synapse, weight=1 * pA)
    names = [n for n in field_names(build(net)) if n.endswith(".tau")]
    assert names == ["exp_current.tau", *(f"exp_current_{k}.tau" for k in range(2, 7))]


def test_synapses_at_two_ports_are_two():
    net, cells = net_of(TwoPorts())
    for port in ("soma", "dendrite", "soma"):
        synapse = sp.synapses.ExpCurrent()
        net.project(cells, cells, sp.all_to_all(), synapse=synapse, weight=1 * pA, port=port)
    (equation, *_) = build(net).group("cells").equations
    written = text.expression(equation.rate)
    assert "exp_current.I + 2.0 * exp_current_2.I" in written, written


def test_the_unit_of_a_current_chooses_the_port():
    net, cells = net_of(TwoPorts())
    net.stimulate(cells, sp.dc(1 * nS))
    net.stimulate(cells, sp.dc(1 * pA), port="dendrite")
    net.stimulate(cells, sp.step_current([1, 2] * ms, [1, 2] * nS))
    net.stimulate(cells, sp.timed_array([1, 2] * nS, dt=1 * ms))
    written = text.expression(build(net).group("cells").equations[0].rate)
    assert "(dc + step_current + timed_array) * v" in written, written
    assert "2.0 * dc#2" in written


def test_delays_by_default():
    for order, delay in (("standard", 0.0), ("nest", 0.1)):
        net = sp.Network(dt=0.1 * ms, order=order)
        cells = net.population("cells", 2, sp.neurons.LIF())
        net.project(cells, cells, sp.all_to_all(), weight=1 * mV)
        (edges,) = build(net).edges
        assert (edges.axonal, edges.dendritic) == (delay, 0.0)


def test_lists_of_populations():
    net = sp.Network()
    a = net.population("a", 4, sp.neurons.LIF())
    b = net.population("b", 3, sp.neurons.LIF())
    made = net.project([a, b], [a, b], sp.all_to_all(), weight=1 * mV)
    assert [p.name for p in made] == ["a->a", "a->b", "b->a", "b->b"]
    halves = net.project([a[:2], a[2:]], b, sp.all_to_all(), weight=1 * mV, name="c")
    assert [p.name for p in halves] == ["c:a->b", "c:a->b#2"]
    again = net.project(a, b, sp.all_to_all(), weight=1 * mV)
    assert again.name == "a->b#2"
    build(net)


def test_a_snapshot_is_not_touched_by_what_comes_later():
    net, cells = net_of(sp.neurons.LIF())
    program = build(net)
    before = text.program(program)
    net.stimulate(cells, sp.dc(1 * nA))
    cells.initialize(v=-60 * mV)
    assert text.program(program) == before
    assert text.program(build(net)) != before
    assert text.program(build(net)) == text.program(build(net))


def test_values_in_the_coherent_set():
    net, cells = net_of(sp.neurons.LIF(C=0.25 * sp.units.nF, tau_m=[10, 11, 12] * ms))
    cells.initialize(v=np.array([-0.07, -0.06, -0.05]) * sp.units.volt)
    group = build(net).group("cells")
    assert group.field("C").value == 250.0 and group.field("C").shared
    assert group.field("tau_m").value.tolist() == [10, 11, 12]
    assert group.field("v").value == pytest.approx([-70, -60, -50])
    assert group.field("V_th").value == -55.0


def test_inline_and_class_are_the_same():
    class Cell(sp.NeuronModel):
        tau = sp.parameter(10 * ms)
        C = sp.parameter(200 * pF)
        v = sp.state(0 * mV)
        I = sp.port(pA)
        equations = "dv/dt = -v/tau + I/C  (unless refractory)"
        spike = "v > 10*mV"
        reset = "v = 0*mV"
        refractory = "2*ms"

    inline = sp.neuron(
        "dv/dt = -v/tau + I/C : volt (unless refractory)",
        spike="v > 10*mV",
        reset="v = 0*mV",
        refractory="2*ms",
        name="Cell",
        tau=10 * ms,
        C=200 * pF,
        v=sp.state(0 * mV),
        I=sp.port(pA),
    )
    programs = [text.program(build(net_of(model)[0])) for model in (Cell(), inline)]
    assert programs[0] == programs[1]


def test_inline_arrays_and_distributions():
    model = sp.neuron(
        "dv/dt = (E - v)/tau : volt", tau=[10, 20, 30] * ms, E=sp.normal(-60 * mV, 5 * mV)
    )
    group = build(net_of(model)[0]).group("cells")
    assert group.field("tau").value.tolist() == [10, 20, 30]
    assert group.field("E").value == sp.normal(-60.0, 5.0)


def test_defaults_of_a_parent_go_on():
    class Slow(sp.neurons.LIF):
        tau_m = sp.parameter(50 * ms)

    group = build(net_of(Slow())[0]).group("cells")
    assert group.field("tau_m").value == 50.0 and group.field("C").value == 250.0

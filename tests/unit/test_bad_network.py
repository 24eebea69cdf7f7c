"""Slips in a network: each gives one clear error, before anything runs.

Every row is what a user of Brian2, NEST or PyNN may well write. The fragments are what the message
must hold: the object's name, what was got, what was expected, the remedy.
"""

import pickle

import numpy as np
import pytest
import scipy.sparse

import spikesim as sp
from spikesim.build import build
from spikesim.errors import (
    ConnectivityError,
    DescriptionError,
    DimensionError,
    ParameterError,
    SeveralErrors,
    SpikesimError,
    UnknownNameError,
)
from spikesim.units import Hz, ms, mV, nA, nS, pA, pF


class TwoPorts(sp.NeuronModel):
    """Two ports of one unit, and one of another."""

    tau = sp.parameter(10 * ms)
    R = sp.parameter(1 * mV / pA)
    v = sp.state(0 * mV)
    soma = sp.port(pA)
    dendrite = sp.port(pA)
    g = sp.port(nS)
    equations = "dv/dt = (R*(soma + dendrite - g*mV) - v)/tau"
    spike = "v > 10*mV"


class Silent(sp.NeuronModel):
    """Never spikes."""

    v = sp.state(0 * mV)
    I = sp.port(pA)
    equations = "dv/dt = -v/(10*ms)"


class Net:
    """A network with two populations, and short words for what tests do to it."""

    def __init__(self, **options):
        self.net = sp.Network(**({"dt": 0.1 * ms, "seed": 1} | options))
        self.exc = self.net.population("exc", 5, sp.neurons.LIF())
        self.inh = self.net.population("inh", 4, sp.neurons.LIF())

    def connect(self, rule=None, **options):
        options = {"weight": 1 * mV, "delay": 1 * ms} | options
        rule = sp.all_to_all() if rule is None else rule
        source, target = options.pop("source", self.exc), options.pop("target", self.inh)
        return self.net.project(source, target, rule, **options)

    def model(self, model, size=3, **initial):
        return self.net.population("p", size, model, **initial)

    def drive(self, stimulus, target=None, **options):
        self.net.stimulate(self.exc if target is None else target, stimulus, **options)


Current = sp.synapses.ExpCurrent


def matrix(*shape):
    return np.ones(shape)


# (what is written, the class of the error, parts of its message)
SLIPS = {
    # a bare number where a unit is due, and wrong dimensions
    "bare weight": (
        lambda n: n.connect(weight=5),
        DimensionError,
        ["projection 'exc->inh', weight", "got 5 without a unit", "mV", "5*mV"],
    ),
    "bare delay": (
        lambda n: n.connect(delay=1.5),
        DimensionError,
        ["projection 'exc->inh', delay", "got 1.5 without a unit", "1.5*ms"],
    ),
    "bare array of weights": (
        lambda n: n.connect(weight=np.ones(20)),
        DimensionError,
        ["'exc->inh', weight", "an array without a unit", "values*mV"],
    ),
    "bare interval": (
        lambda n: n.net.record(n.exc, "v", every=1),
        DimensionError,
        ["recording of 'v' of 'exc', every", "got 1 without a unit", "1*ms"],
    ),
    "bare parameter": (
        lambda n: n.model(sp.neurons.LIF(tau_m=10)),
        DimensionError,
        ["population 'p', tau_m", "got 10 without a unit", "10*ms"],
    ),
    "bare initial value": (
        lambda n: n.model(sp.neurons.LIF(), v=-70.0),
        DimensionError,
        ["population 'p', v", "got -70.0 without a unit", "-70.0*mV"],
    ),
    "bare dc": (
        lambda n: n.drive(sp.dc(300)),
        DimensionError,
        ["stimulus 'dc' of 'exc', amplitude", "got 300 without a unit", "300*pA"],
    ),
    "bare rate": (
        lambda n: n.drive(sp.poisson(rate=10), weight=1 * mV),
        DimensionError,
        ["stimulus 'poisson' of 'exc', rate", "got 10 without a unit", "10*Hz"],
    ),
    "weight in the wrong unit": (
        lambda n: n.connect(synapse=Current(), weight=1 * mV),
        DimensionError,
        ["'exc->inh', weight", "got 1 millivolt", "expected a quantity in pA"],
    ),
    "delay in the wrong unit": (
        lambda n: n.connect(delay=1 * mV),
        DimensionError,
        ["'exc->inh', delay", "1 millivolt", "in ms"],
    ),
    "a unit where none is due": (
        lambda n: n.model(sp.neurons.TraubMiles(), m=0.1 * ms),
        DimensionError,
        ["population 'p', m", "got 0.1 millisecond", "a plain number, no unit"],
    ),
    "list of two units": (
        lambda n: n.connect(sp.explicit([0, 1], [0, 1]), delay=[1 * ms, 1 * mV]),
        DimensionError,
        ["'exc->inh', delay", "a list of quantities in ms and mV"],
    ),
    "distribution with a bare sd": (
        lambda n: n.connect(delay=sp.normal(1.5 * ms, 0.75, low=0 * ms)),
        DimensionError,
        ["'exc->inh', delay, sd of normal()", "got 0.75 without a unit", "0.75*ms"],
    ),
    "sigma with a unit": (
        lambda n: n.connect(weight=sp.lognormal(1 * mV, 1 * mV)),
        DimensionError,
        ["'exc->inh', weight, sigma of lognormal()", "a plain number"],
    ),
    # what is no number
    "parameter as text": (
        lambda n: n.model(sp.neurons.LIF(C="250 pF")),
        ParameterError,
        ["population 'p', C", "got '250 pF'", "a number"],
    ),
    "number as text": (
        lambda n: n.model(sp.neurons.TraubMiles(m="0.5")),
        ParameterError,
        ["population 'p', m", "got '0.5'"],
    ),
    "delay as text": (
        lambda n: n.connect(delay="1 ms"),
        ParameterError,
        ["'exc->inh', delay", "got '1 ms'"],
    ),
    "weight of None in a list": (
        lambda n: n.connect(sp.explicit([0, 1], [0, 1]), weight=[1 * mV, None]),
        SpikesimError,
        ["'exc->inh', weight"],
    ),
    "complex": (
        lambda n: n.model(sp.neurons.TraubMiles(m=1j)),
        ParameterError,
        ["population 'p', m", "got 1j"],
    ),
    "ragged list": (
        lambda n: n.model(sp.neurons.TraubMiles(m=[[1], [1, 2]])),
        ParameterError,
        ["population 'p', m", "expected a number"],
    ),
    "a function": (
        lambda n: n.connect(weight=lambda d: d),
        ParameterError,
        ["'exc->inh', weight", "expected a number"],
    ),
    "a number too large": (
        lambda n: n.model(sp.neurons.TraubMiles(m=10**400)),
        ParameterError,
        ["population 'p', m", "expected a number"],
    ),
    "distribution times a unit": (
        lambda n: n.connect(delay=sp.normal(1.5, 0.75) * ms),
        ParameterError,
        ["normal() can't be multiplied", "sp.normal(1.5*ms, 0.5*ms)"],
    ),
    # missing
    "no weight": (
        lambda n: n.connect(weight=None),
        ParameterError,
        ["projection 'exc->inh' needs a weight, in mV", "weight="],
    ),
    "synapse without a weight": (
        lambda n: n.connect(weight=None, synapse=Current()),
        ParameterError,
        ["projection 'exc->inh' needs a weight, in pA"],
    ),
    "Poisson without a weight": (
        lambda n: n.drive(sp.poisson(rate=1 * Hz)),
        ParameterError,
        ["stimulus 'poisson' of 'exc'", "needs a weight, in mV"],
    ),
    "parameter set to None": (
        lambda n: n.model(sp.neurons.LIF(C=None)),
        ParameterError,
        ["population 'p'", "LIF needs a value for 'C' (membrane capacitance), in pF", "C=..."],
    ),
    "parameter without a default": (
        lambda n: n.model(
            type("M", (sp.NeuronModel,), {"C": sp.parameter(pF), "v": sp.state(mV)})()
        ),
        ParameterError,
        ["population 'p'", "M needs a value for 'C', in pF"],
    ),
    "no population": (
        lambda n: n.net.populations.clear(),
        DescriptionError,
        ["no population", "net.population(...)"],
    ),
    # not finite, out of range
    "NaN parameter": (
        lambda n: n.model(sp.neurons.LIF(C=np.nan * pF)),
        ParameterError,
        ["population 'p', C is nan", "finite"],
    ),
    "NaN in an array": (
        lambda n: n.model(sp.neurons.LIF(C=np.array([1, np.nan, np.inf]) * pF)),
        ParameterError,
        ["population 'p', C has 2 values that are not finite", "nan at 1"],
    ),
    "infinite weight": (
        lambda n: n.connect(weight=np.inf * mV),
        ParameterError,
        ["'exc->inh', weight is inf", "finite"],
    ),
    "NaN delay": (
        lambda n: n.connect(delay=np.nan * ms),
        ParameterError,
        ["'exc->inh', delay is nan"],
    ),
    "NaN in a matrix": (
        lambda n: n.connect(sp.from_matrix(np.full((5, 4), np.nan) * mV), weight=None),
        ParameterError,
        ["'exc->inh', weight has 20 values that are not finite"],
    ),
    "negative delay": (
        lambda n: n.connect(delay=-1 * ms),
        ConnectivityError,
        ["projection 'exc->inh'", "delay of -1 ms", "at least 0 ms"],
    ),
    "one negative delay": (
        lambda n: n.connect(delay=np.linspace(-0.5, 2, 20) * ms),
        ConnectivityError,
        ["delay of -0.5 ms", "at least 0 ms"],
    ),
    "negative axonal delay": (
        lambda n: n.connect(delay=None, axonal_delay=-2 * ms, dendritic_delay=3 * ms),
        ConnectivityError,
        ["axonal_delay of -2 ms"],
    ),
    "delay drawn below zero": (
        lambda n: n.connect(delay=sp.normal(1.5 * ms, 0.75 * ms)),
        ConnectivityError,
        ["'exc->inh'", "delay without a lower bound", "bound the distribution: low="],
    ),
    "uniform delay below zero": (
        lambda n: n.connect(delay=sp.uniform(-1 * ms, 1 * ms)),
        ConnectivityError,
        ["delay of -1 ms", "low="],
    ),
    "delay and a part of it": (
        lambda n: n.connect(axonal_delay=1 * ms),
        ParameterError,
        ["'exc->inh'", "either delay, or axonal_delay and dendritic_delay"],
    ),
    "negative refractory period": (
        lambda n: n.model(sp.neurons.LIF(t_ref=-2 * ms)),
        ParameterError,
        ["population 'p'", "refractory period (t_ref) is negative", "at least 0"],
    ),
    "one negative refractory period": (
        lambda n: n.model(sp.neurons.LIF(t_ref=np.array([1, -2, 3]) * ms)),
        ParameterError,
        ["population 'p'", "refractory period (t_ref) is negative"],
    ),
    "refractory period drawn below zero": (
        lambda n: n.model(sp.neurons.LIF(t_ref=sp.normal(2 * ms, 1 * ms))),
        ParameterError,
        ["population 'p'", "refractory period (t_ref) is negative"],
    ),
    "time constant of zero": (
        lambda n: n.model(sp.neurons.LIF(tau_m=0 * ms)),
        ParameterError,
        ["population 'p'", "tau_m is 0", "dv/dt divides by it"],
    ),
    "synapse time constant of zero": (
        lambda n: n.connect(synapse=Current(tau=0 * ms), weight=1 * pA),
        ParameterError,
        ["population 'inh'", "exp_current.tau is 0"],
    ),
    "probability above 1": (
        lambda n: n.connect(sp.fixed_probability(1.5)),
        ConnectivityError,
        ["projection 'exc->inh'", "p is 1.5", "a probability, a number from 0 to 1"],
    ),
    "negative probability": (
        lambda n: n.connect(sp.fixed_probability(-0.1)),
        ConnectivityError,
        ["p is -0.1"],
    ),
    "NaN probability": (
        lambda n: n.connect(sp.fixed_probability(np.nan)),
        ConnectivityError,
        ["p is nan"],
    ),
    "probability as text": (
        lambda n: n.connect(sp.fixed_probability("0.1")),
        ConnectivityError,
        ["p is '0.1'"],
    ),
    "probability with a unit": (
        lambda n: n.connect(sp.fixed_probability(10 * Hz)),
        ConnectivityError,
        ["p is", "from 0 to 1"],
    ),
    "probability of None": (
        lambda n: n.connect(sp.fixed_probability(None)),
        ConnectivityError,
        ["p is None"],
    ),
    "array of probabilities": (
        lambda n: n.connect(sp.fixed_probability(np.full(5, 0.1))),
        ConnectivityError,
        ["p is array"],
    ),
    "fractional indegree": (
        lambda n: n.connect(sp.fixed_indegree(2.5)),
        ConnectivityError,
        ["indegree is 2.5", "whole number of at least 0"],
    ),
    "negative outdegree": (
        lambda n: n.connect(sp.fixed_outdegree(-1)),
        ConnectivityError,
        ["outdegree is -1", "at least 0"],
    ),
    "infinite indegree": (
        lambda n: n.connect(sp.fixed_indegree(np.inf)),
        ConnectivityError,
        ["indegree is inf"],
    ),
    "indegree as text": (
        lambda n: n.connect(sp.fixed_indegree("many")),
        ConnectivityError,
        ["indegree is 'many'"],
    ),
    "indegree of True": (
        lambda n: n.connect(sp.fixed_indegree(True)),
        ConnectivityError,
        ["indegree is True"],
    ),
    "number of None": (
        lambda n: n.connect(sp.fixed_total_number(None)),
        ConnectivityError,
        ["number is None"],
    ),
    "indegree above the number of sources": (
        lambda n: n.connect(sp.fixed_indegree(6, multapses=False)),
        ConnectivityError,
        ["indegree is 6", "only 5 partners", "allow multapses"],
    ),
    "indegree without the neuron itself": (
        lambda n: n.connect(
            sp.fixed_indegree(5, multapses=False, autapses=False), source=n.exc, target=n.exc
        ),
        ConnectivityError,
        ["indegree is 5", "only 4 partners (without the neuron itself)"],
    ),
    "nobody but itself": (
        lambda n: n.connect(
            sp.fixed_outdegree(1, autapses=False), source=n.exc[0], target=n.exc[0]
        ),
        ConnectivityError,
        ["nobody to connect to"],
    ),
    "too many without multapses": (
        lambda n: n.connect(sp.fixed_total_number(19, multapses=False)),
        ConnectivityError,
        ["number is 19", "half of the 20 pairs", "fixed_probability"],
    ),
    "autapses as text": (
        lambda n: n.connect(sp.all_to_all(autapses="no")),
        ConnectivityError,
        ["autapses is 'no'", "True or False"],
    ),
    "multapses as text": (
        lambda n: n.connect(sp.fixed_indegree(1, multapses="no")),
        ConnectivityError,
        ["multapses is 'no'", "True or False"],
    ),
    "negative rate": (
        lambda n: n.drive(sp.poisson(rate=-5 * Hz), weight=1 * mV),
        ParameterError,
        ["stimulus 'poisson' of 'exc'", "rate can't be negative", "-0.005 1/ms"],
    ),
    "rate drawn below zero": (
        lambda n: n.drive(sp.poisson(rate=sp.normal(5 * Hz, 1 * Hz)), weight=1 * mV),
        ParameterError,
        ["stimulus 'poisson' of 'exc'", "rate can't be negative"],
    ),
    "negative number of trains": (
        lambda n: n.drive(sp.poisson(rate=5 * Hz, n=-3), weight=1 * mV),
        ParameterError,
        ["n can't be negative, got -3"],
    ),
    "half a train": (
        lambda n: n.drive(sp.poisson(rate=5 * Hz, n=2.5), weight=1 * mV),
        ParameterError,
        ["n = 2.5", "whole numbers"],
    ),
    "rate per millisecond for per second": (
        lambda n: n.drive(sp.poisson(rate=9 / ms, n=1000), weight=1 * mV),
        ParameterError,
        ["rate = 9 1/ms", "n = 1000", "700", "several stimuli"],
    ),
    # distributions
    "NaN bound": (
        lambda n: n.connect(weight=sp.normal(1 * mV, 1 * mV, low=np.nan * mV)),
        ParameterError,
        ["'exc->inh', weight", "low of normal() is nan"],
    ),
    "negative sd": (
        lambda n: n.connect(weight=sp.normal(1 * mV, -1 * mV)),
        ParameterError,
        ["sd = -1 is negative"],
    ),
    "array in a distribution": (
        lambda n: n.connect(weight=sp.normal(np.ones(3) * mV, 1 * mV)),
        ParameterError,
        ["mean of normal() is an array of shape (3,)", "one number"],
    ),
    "bounds the wrong way round": (
        lambda n: n.connect(weight=sp.normal(1 * mV, 1 * mV, low=2 * mV, high=1 * mV)),
        ParameterError,
        ["low = 2 is not below high = 1"],
    ),
    "uniform the wrong way round": (
        lambda n: n.connect(weight=sp.uniform(2 * mV, 1 * mV)),
        ParameterError,
        ["low = 2 is above high = 1"],
    ),
    "infinite uniform": (
        lambda n: n.connect(weight=sp.uniform(0 * mV, np.inf * mV)),
        ParameterError,
        ["high of uniform() is inf"],
    ),
    "bounds far from the law": (
        lambda n: n.connect(delay=sp.normal(1.5 * ms, 0.1 * ms, low=100 * ms)),
        ParameterError,
        ["bounds 100 to inf hold almost none of it", "units"],
    ),
    "mean outside the bounds, no width": (
        lambda n: n.connect(weight=sp.normal(1 * mV, 0 * mV, low=2 * mV)),
        ParameterError,
        ["hold almost none of it"],
    ),
    "median of zero": (
        lambda n: n.connect(weight=sp.lognormal(0 * mV, 1)),
        ParameterError,
        ["median = 0 is not positive"],
    ),
    "distribution missing its argument": (
        lambda n: n.connect(weight=sp.normal(None, 1 * mV)),
        ParameterError,
        ["'exc->inh', weight", "mean of normal() is missing"],
    ),
    # lengths and shapes
    "too few weights": (
        lambda n: n.connect(weight=np.ones(3) * mV),
        ConnectivityError,
        ["'exc->inh'", "weight has shape (3,)", "20 connections", "a distribution"],
    ),
    "too many delays": (
        lambda n: n.connect(sp.one_to_one(), target=n.exc, delay=np.ones(6) * ms),
        ConnectivityError,
        ["'exc->exc'", "delay has shape (6,)", "5 connections"],
    ),
    "weights as a matrix": (
        lambda n: n.connect(weight=np.ones((5, 4)) * mV),
        ConnectivityError,
        ["weight has shape (5, 4)", "20 connections"],
    ),
    "parameter of the wrong length": (
        lambda n: n.model(sp.neurons.LIF(C=np.ones(4) * pF)),
        ParameterError,
        ["population 'p'", "C has shape (4,)", "one value or 3"],
    ),
    "initial values of the wrong length": (
        lambda n: n.model(sp.neurons.LIF(), v=np.ones(2) * mV),
        ParameterError,
        ["population 'p'", "v has shape (2,)", "one value or 3"],
    ),
    "column of parameters": (
        lambda n: n.model(sp.neurons.LIF(C=np.ones((3, 1)) * pF)),
        ParameterError,
        ["C has shape (3, 1)"],
    ),
    "synapse parameter of the wrong length": (
        lambda n: n.connect(synapse=Current(tau=np.ones(5) * ms), weight=1 * pA),
        ParameterError,
        ["projection 'exc->inh'", "exp_current.tau has shape (5,)", "one value or 4"],
    ),
    "sources and targets of two lengths": (
        lambda n: n.connect(sp.explicit([0, 1, 2], [0, 1])),
        ConnectivityError,
        ["'exc->inh'", "lists of equal length", "(3,)", "(2,)"],
    ),
    "ragged pairs": (
        lambda n: n.connect(sp.explicit([[0], [1, 2]], [0, 1])),
        ConnectivityError,
        ["'exc->inh'", "quantities or lists of lists"],
    ),
    "pairs as floats": (
        lambda n: n.connect(sp.explicit([0.0, 1.0], [0, 1])),
        ConnectivityError,
        ["source holds float64 values", "indices are integers"],
    ),
    "no pairs": (
        lambda n: n.connect(sp.explicit(None, None)),
        ConnectivityError,
        ["lists of equal length"],
    ),
    "index out of range": (
        lambda n: n.connect(sp.explicit([0, 5], [0, 1])),
        ConnectivityError,
        ["'exc->inh'", "source index 5 is out of range", "0 to 4"],
    ),
    "negative index": (
        lambda n: n.connect(sp.explicit([0, 1], [0, -1])),
        ConnectivityError,
        ["target index -1 is out of range", "0 to 3"],
    ),
    "one_to_one of two sizes": (
        lambda n: n.connect(sp.one_to_one()),
        ConnectivityError,
        ["one_to_one needs equal sizes", "5 sources and 4 targets"],
    ),
    "matrix of the wrong shape": (
        lambda n: n.connect(sp.from_matrix(matrix(4, 5) * mV)),
        ConnectivityError,
        ["'exc->inh'", "shape (4, 5)", "(5, 4)"],
    ),
    "matrix of text": (
        lambda n: n.connect(sp.from_matrix([["a"]])),
        ConnectivityError,
        ["'exc->inh'", "the matrix can't be read"],
    ),
    "ragged matrix": (
        lambda n: n.connect(sp.from_matrix([[1], [1, 2]])),
        ConnectivityError,
        ["the matrix can't be read"],
    ),
    "matrix without a unit": (
        lambda n: n.connect(sp.from_matrix(matrix(5, 4)), weight=None),
        DimensionError,
        ["'exc->inh', weight", "without a unit", "mV"],
    ),
    "sparse matrix without a unit": (
        lambda n: n.connect(sp.from_matrix(scipy.sparse.csr_array(matrix(5, 4))), weight=None),
        DimensionError,
        ["'exc->inh', weight", "without a unit", "mV"],
    ),
    "matrix with two units": (
        lambda n: n.connect(sp.from_matrix(matrix(5, 4) * mV, unit=mV), weight=None),
        ConnectivityError,
        ["'exc->inh'", "leave unit out"],
    ),
    "matrix with text as unit": (
        lambda n: n.connect(sp.from_matrix(matrix(5, 4), unit="mV"), weight=None),
        ConnectivityError,
        ["'exc->inh'", "unit is 'mV'", "a unit such as pA"],
    ),
    # time
    "dt of zero": (
        lambda n: setattr(n.net, "dt", 0 * ms),
        ParameterError,
        ["dt of the network is 0 ms", "above 0"],
    ),
    "negative dt": (
        lambda n: setattr(n.net, "dt", -0.1 * ms),
        ParameterError,
        ["dt of the network is -0.1 ms"],
    ),
    "bare dt": (
        lambda n: setattr(n.net, "dt", 0.1),
        DimensionError,
        ["dt of the network", "got 0.1 without a unit", "0.1*ms"],
    ),
    "dt as text": (
        lambda n: setattr(n.net, "dt", "0.1 ms"),
        ParameterError,
        ["dt of the network", "'0.1 ms'"],
    ),
    "several dt": (
        lambda n: setattr(n.net, "dt", [0.1, 0.2] * ms),
        ParameterError,
        ["dt of the network has shape (2,)", "one time"],
    ),
    "NaN dt": (
        lambda n: setattr(n.net, "dt", np.nan * ms),
        ParameterError,
        ["dt of the network is nan ms"],
    ),
    "an interval that dt does not divide": (
        lambda n: n.net.record(n.exc, "v", every=0.25 * ms),
        ParameterError,
        ["recording of 'v' of 'exc'", "every 0.25 ms", "no multiple of dt = 0.1 ms", "0.2 ms"],
    ),
    "an interval below dt": (
        lambda n: n.net.record(n.exc, "v", every=0.01 * ms),
        ParameterError,
        ["every 0.01 ms", "such as 0.1 ms"],
    ),
    "an interval of zero": (
        lambda n: n.net.record(n.exc, "rate", every=0 * ms),
        ParameterError,
        ["recording of 'rate' of 'exc'", "every 0 ms"],
    ),
    "several intervals": (
        lambda n: n.net.record(n.exc, "v", every=[1, 2] * ms),
        ParameterError,
        ["recording of 'v' of 'exc'", "one time"],
    ),
    "an interval drawn": (
        lambda n: n.net.record(n.exc, "v", every=sp.uniform(1 * ms, 2 * ms)),
        ParameterError,
        ["recording of 'v' of 'exc'", "one time"],
    ),
    "spikes at an interval": (
        lambda n: n.net.record(n.exc, "spikes", every=1 * ms),
        ParameterError,
        ["recording of 'spikes' of 'exc'", "every spike is recorded"],
    ),
    "a table that dt does not divide": (
        lambda n: n.drive(sp.timed_array(np.ones(5) * pA, dt=0.25 * ms)),
        ParameterError,
        ["stimulus 'timed_array' of 'exc'", "0.25 ms", "multiple of the network's dt, 0.1 ms"],
    ),
    "a table with several dt": (
        lambda n: n.drive(sp.timed_array(np.ones(5) * pA, dt=[1, 2] * ms)),
        ParameterError,
        ["stimulus 'timed_array' of 'exc'", "one time"],
    ),
    "a table for other neurons": (
        lambda n: n.drive(sp.timed_array(np.ones((5, 3)) * pA, dt=1 * ms)),
        ParameterError,
        ["values have shape (5, 3)", "[times, 5]"],
    ),
    "a table drawn": (
        lambda n: n.drive(sp.timed_array(sp.normal(1 * pA, 1 * pA), dt=1 * ms)),
        ParameterError,
        ["stimulus 'timed_array' of 'exc'", "expected an array"],
    ),
    "an empty table": (
        lambda n: n.drive(sp.timed_array(np.empty(0) * pA, dt=1 * ms)),
        ParameterError,
        ["values have shape (0,)"],
    ),
    "steps out of order": (
        lambda n: n.drive(sp.step_current([10, 5] * ms, [1, 2] * pA)),
        ParameterError,
        ["stimulus 'step_current' of 'exc'", "times must grow"],
    ),
    "steps of two lengths": (
        lambda n: n.drive(sp.step_current([10, 15] * ms, [1, 2, 3] * pA)),
        ParameterError,
        ["lists of equal length", "(2,)", "(3,)"],
    ),
    "one step": (
        lambda n: n.drive(sp.step_current(10 * ms, 1 * pA)),
        ParameterError,
        ["lists of equal length"],
    ),
    "steps drawn": (
        lambda n: n.drive(sp.step_current([1, 2] * ms, sp.normal(1 * pA, 1 * pA))),
        ParameterError,
        ["amplitudes", "expected an array"],
    ),
    "stop before start": (
        lambda n: n.drive(sp.dc(1 * pA, start=5 * ms, stop=2 * ms)),
        ParameterError,
        ["stimulus 'dc' of 'exc'", "stop (2 millisecond) is not after start (5 millisecond)"],
    ),
    "several starts": (
        lambda n: n.drive(sp.dc(1 * pA, start=[1, 2] * ms)),
        ParameterError,
        ["stimulus 'dc' of 'exc'", "start", "one time"],
    ),
    "amplitudes for other neurons": (
        lambda n: n.drive(sp.dc(np.ones(3) * pA)),
        ParameterError,
        ["amplitude has shape (3,)", "one value or 5"],
    ),
    # spike times
    "spike at zero": (
        lambda n: n.net.population("in", 2, sp.spike_times([[0.0] * ms, [1.0] * ms])),
        ParameterError,
        ["source 'in'", "a spike at 0 ms", "first possible time is dt = 0.1 ms"],
    ),
    "two spikes in one step": (
        lambda n: n.net.population("in", 1, sp.spike_times([[1.0, 1.01] * ms])),
        ParameterError,
        ["source 'in'", "element 0 has two spikes", "1 ms"],
    ),
    "trains for other sources": (
        lambda n: n.net.population("in", 3, sp.spike_times([[1.0] * ms, [2.0] * ms])),
        ParameterError,
        ["source 'in'", "2 trains for 3 sources"],
    ),
    "one time instead of trains": (
        lambda n: n.net.population("in", 1, sp.spike_times(5 * ms)),
        ParameterError,
        ["source 'in'", "one array of times for each source"],
    ),
    "no times": (
        lambda n: n.net.population("in", 1, sp.spike_times(None)),
        ParameterError,
        ["source 'in'", "one array of times for each source"],
    ),
    "bare times": (
        lambda n: n.net.population("in", 2, sp.spike_times([[1.0], [2.0]])),
        DimensionError,
        ["source 'in'", "times of 0", "without a unit"],
    ),
    "NaN time": (
        lambda n: n.net.population("in", 1, sp.spike_times([[1.0, np.nan] * ms])),
        ParameterError,
        ["source 'in'", "not finite"],
    ),
    "indices out of range": (
        lambda n: n.net.population("in", 2, sp.spike_times([1, 2] * ms, indices=[0, 2])),
        ParameterError,
        ["source 'in'", "index 2 is out of range", "0 to 1"],
    ),
    "indices of another length": (
        lambda n: n.net.population("in", 2, sp.spike_times([1, 2] * ms, indices=[0])),
        ParameterError,
        ["source 'in'", "as many integer indices as times", "1 of int64 for 2 times"],
    ),
    "indices as floats": (
        lambda n: n.net.population("in", 2, sp.spike_times([1, 2] * ms, indices=[0.0, 1.0])),
        ParameterError,
        ["integer indices"],
    ),
    "ragged indices": (
        lambda n: n.net.population("in", 2, sp.spike_times([1, 2] * ms, indices=[[0], [1, 2]])),
        ParameterError,
        ["integer indices"],
    ),
    "a time beyond counting": (
        lambda n: n.net.population("in", 1, sp.spike_times([[1e12] * ms])),
        ParameterError,
        ["source 'in'", "more than 2^31 steps"],
    ),
    "a source has no state": (
        lambda n: n.net.population("in", 1, sp.spike_times([[1.0] * ms]), v=1 * mV),
        UnknownNameError,
        ["population 'in'", "a source has no state"],
    ),
    # unknown names
    "unknown parameter": (
        lambda n: n.model(sp.neurons.LIF(tau=10 * ms)),
        ParameterError,
        ["population 'p'", "LIF has no parameter or state 'tau'", "'tau_m'"],
    ),
    "unknown state": (
        lambda n: n.model(sp.neurons.LIF(), V=-60 * mV),
        UnknownNameError,
        ["population 'p'", "no state 'V' to initialize", "'v'"],
    ),
    "a port initialized": (
        lambda n: n.model(sp.neurons.LIF(), I=1 * pF),
        UnknownNameError,
        ["population 'p'", "no state 'I'"],
    ),
    "a parameter initialized in another unit": (
        lambda n: n.model(sp.neurons.LIF(), C=1 * mV),
        DimensionError,
        ["population 'p', C: got 1 millivolt", "expected a quantity in pF"],
    ),
    "unknown recording": (
        lambda n: n.net.record(n.exc, "spike"),
        UnknownNameError,
        ["recording of 'spike' of 'exc'", "did you mean 'spikes'"],
    ),
    "unknown port": (
        lambda n: n.drive(sp.dc(1 * pA), port="J"),
        UnknownNameError,
        ["stimulus 'dc' of 'exc'", "no port 'J'", "known are: I"],
    ),
    "unknown variable to jump": (
        lambda n: n.connect(synapse=sp.synapses.Delta("V")),
        UnknownNameError,
        ["projection 'exc->inh'", "'inh' has no state 'V'", "'v'"],
    ),
    "synapse by name": (
        lambda n: n.connect(synapse="ampa"),
        UnknownNameError,
        ["'inh' has no state 'ampa'"],
    ),
    "rule by name": (
        lambda n: n.connect("fixed_probability"),
        UnknownNameError,
        ["projection 'exc->inh'", "unknown rule 'fixed_probability'", "did you mean"],
    ),
    "rule as a number": (
        lambda n: n.connect(0.1),
        UnknownNameError,
        ["projection 'exc->inh'", "unknown rule 0.1", "sp.fixed_probability(0.1)"],
    ),
    "rule without its value": (
        lambda n: n.connect(sp.fixed_probability),
        ConnectivityError,
        ["projection 'exc->inh'", "the rule needs values", "'p'"],
    ),
    "synapse reads what is not there": (
        lambda n: n.connect(
            source=n.exc,
            target=n.net.population("q", 1, _no_v()),
            synapse=sp.synapses.ExpConductance(),
            weight=1 * nS,
        ),
        UnknownNameError,
        ["projection 'exc->q'", "ExpConductance reads 'v' (in mV)", "'q' has none"],
    ),
    "synapse reads another unit": (
        lambda n: n.connect(
            source=n.exc,
            target=n.net.population("q", 1, _plain_v()),
            synapse=sp.synapses.ExpConductance(),
            weight=1 * nS,
        ),
        DimensionError,
        ["projection 'exc->q'", "reads 'v' in mV", "in 'q' it is in 1"],
    ),
    # ports
    "several ports": (
        lambda n: n.connect(target=n.model(TwoPorts()), synapse=Current(), weight=1 * pA),
        DescriptionError,
        ["projection 'exc->p'", "several ports", "soma (pA), dendrite (pA)", "port="],
    ),
    "a current into several ports": (
        lambda n: n.drive(sp.dc(1 * pA), n.model(TwoPorts())),
        DescriptionError,
        ["stimulus 'dc' of 'p'", "several ports", "port="],
    ),
    "the wrong port": (
        lambda n: n.connect(target=n.model(TwoPorts()), synapse=Current(), weight=1 * pA, port="g"),
        DescriptionError,
        ["projection 'exc->p'", "the port 'g' of 'p' can't take a quantity in pA", "g (nS)"],
    ),
    "no port": (
        lambda n: n.drive(sp.dc(1 * pA), n.model(sp.neurons.Poisson())),
        DescriptionError,
        ["stimulus 'dc' of 'p'", "no port of 'p'", "its ports: none"],
    ),
    "port of a jump": (
        lambda n: n.connect(port="I"),
        DescriptionError,
        ["projection 'exc->inh'", "a jump of a variable needs no port"],
    ),
    "port that is no text": (
        lambda n: n.connect(synapse=Current(), weight=1 * pA, port=3),
        UnknownNameError,
        ["'inh' has no port 3"],
    ),
    # things in the wrong place
    "a neuron model as synapse": (
        lambda n: n.connect(synapse=sp.neurons.LIF()),
        DescriptionError,
        ["projection 'exc->inh'", "expected a synapse such as"],
    ),
    "a number as synapse": (
        lambda n: n.connect(synapse=5),
        DescriptionError,
        ["projection 'exc->inh'", "expected a synapse", "got 5"],
    ),
    "a type as synapse": (
        lambda n: n.connect(synapse=int),
        DescriptionError,
        ["expected a synapse"],
    ),
    "a number as stimulus": (
        lambda n: n.drive(300 * pA),
        DescriptionError,
        ["of 'exc'", "expected a stimulus such as sp.dc(...)"],
    ),
    "a source as stimulus": (
        lambda n: n.drive(sp.spike_times([[1.0] * ms])),
        DescriptionError,
        ["of 'exc'", "net.population(name, size, it)"],
    ),
    "a weight for a current": (
        lambda n: n.drive(sp.dc(1 * pA), weight=1 * mV),
        DescriptionError,
        ["stimulus 'dc' of 'exc'", "no synapse and no weight"],
    ),
    "spikes to a source": (
        lambda n: n.connect(target=n.model(sp.spike_times([[1.0] * ms]), size=1)),
        DescriptionError,
        ["projection 'exc->p'", "a spike source can't receive spikes"],
    ),
    "a current into a source": (
        lambda n: n.drive(sp.dc(1 * pA), n.model(sp.spike_times([[1.0] * ms]), size=1)),
        DescriptionError,
        ["stimulus 'dc' of 'p'", "the spike source 'p' has no port"],
    ),
    "a source that never spikes": (
        lambda n: n.connect(source=n.model(Silent())),
        ConnectivityError,
        ["projection 'p->inh'", "'p', never spikes"],
    ),
    "recording spikes that never come": (
        lambda n: n.net.record(n.model(Silent()), "spikes"),
        DescriptionError,
        ["recording of 'spikes' of 'p'", "never spikes"],
    ),
    "a stimulus called like a state": (
        lambda n: n.drive(sp.dc(1 * pA), name="v"),
        DescriptionError,
        ["stimulus 'v' of 'exc'", "has that name", "name="],
    ),
    "seed out of range": (
        lambda n: setattr(n.net, "seed", -1),
        ParameterError,
        ["seed of the network is -1", "0 to 2^32 - 1"],
    ),
    "seed as text": (
        lambda n: setattr(n.net, "seed", "one"),
        ParameterError,
        ["seed of the network is 'one'"],
    ),
    "seed as float": (
        lambda n: setattr(n.net, "seed", 1.5),
        ParameterError,
        ["seed of the network is 1.5"],
    ),
    # refused on the spot
    "size of zero": (
        lambda n: n.net.population("p", 0, sp.neurons.LIF()),
        DescriptionError,
        ["population 'p'", "size is 0", "whole number of 1 or more"],
    ),
    "fractional size": (
        lambda n: n.net.population("p", 3.0, sp.neurons.LIF()),
        DescriptionError,
        ["population 'p'", "size is 3.0", "whole number"],
    ),
    "size as text": (
        lambda n: n.net.population("p", "3", sp.neurons.LIF()),
        DescriptionError,
        ["size is '3'"],
    ),
    "two populations of one name": (
        lambda n: n.net.population("exc", 3, sp.neurons.LIF()),
        DescriptionError,
        ["the name 'exc' is taken", "another"],
    ),
    "a population called like a projection": (
        lambda n: (n.connect(name="p"), n.net.population("p", 3, sp.neurons.LIF())),
        DescriptionError,
        ["the name 'p' is taken"],
    ),
    "two projections of one name": (
        lambda n: (n.connect(name="c"), n.connect(name="c")),
        DescriptionError,
        ["the name 'c' is taken"],
    ),
    "two stimuli of one name": (
        lambda n: [n.drive(sp.dc(1 * pA), name="c") for _ in range(2)],
        DescriptionError,
        ["the name 'c' is taken"],
    ),
    "a projection called like a population": (
        lambda n: n.connect(name="exc"),
        DescriptionError,
        ["the name 'exc' is taken"],
    ),
    "a name with a space": (
        lambda n: n.net.population("my cells", 3, sp.neurons.LIF()),
        DescriptionError,
        ["a population's name", "got 'my cells'"],
    ),
    "a name that is a number": (
        lambda n: n.net.population(3, 3, sp.neurons.LIF()),
        DescriptionError,
        ["a population's name", "got 3"],
    ),
    "a reserved name": (
        lambda n: n.net.population("delivery", 3, sp.neurons.LIF()),
        DescriptionError,
        ["'delivery'", "a meaning of its own"],
    ),
    "a dotted name of a projection": (
        lambda n: n.connect(name="a.b"),
        DescriptionError,
        ["got 'a.b'"],
    ),
    "a name of a projection that is a number": (
        lambda n: n.connect(name=5),
        DescriptionError,
        ["got 5"],
    ),
    "no model": (
        lambda n: n.net.population("p", 3, "LIF"),
        DescriptionError,
        ["population 'p'", "a neuron model such as sp.neurons.LIF()", "'LIF'"],
    ),
    "a synapse as model": (
        lambda n: n.net.population("p", 3, Current()),
        DescriptionError,
        ["population 'p'", "a neuron model such as"],
    ),
    "the base as model": (
        lambda n: n.net.population("p", 3, sp.NeuronModel),
        ParameterError,
        ["NeuronModel is the base of models", "sp.neurons.LIF"],
    ),
    "the base as synapse": (
        lambda n: n.connect(synapse=sp.SynapseModel),
        ParameterError,
        ["SynapseModel is the base of models"],
    ),
    "a parameter by position": (
        lambda n: sp.neurons.LIF(250 * pF),
        ParameterError,
        ["LIF(250 picofarad)", "given by name", "LIF(C="],
    ),
    "a synapse's parameter by position": (
        lambda n: Current(5 * ms),
        ParameterError,
        ["ExpCurrent(5 millisecond)", "ExpCurrent(tau="],
    ),
    "a synapse's name that is none": (
        lambda n: Current(name="fast ampa"),
        ParameterError,
        ["ExpCurrent: name is a word", "'fast ampa'"],
    ),
    "a name that no population has": (
        lambda n: n.net.project("ecx", n.inh, sp.all_to_all(), weight=1 * mV),
        DescriptionError,
        ["source: expected a population", "'ecx'", "populations here: exc, inh"],
    ),
    "no population at all": (
        lambda n: n.net.project([], n.inh, sp.all_to_all(), weight=1 * mV),
        DescriptionError,
        ["an empty list"],
    ),
    "a population of another network": (
        lambda n: n.connect(target=Net().exc),
        DescriptionError,
        ["target", "belongs to another network"],
    ),
    "recording nothing": (
        lambda n: n.net.record(n.exc, None),
        DescriptionError,
        ["record: expected 'spikes', 'rate' or a state's name, got None"],
    ),
    "recording a number": (
        lambda n: n.net.record(n.exc, ["v", 3]),
        DescriptionError,
        ["got 3"],
    ),
    "unknown order": (
        lambda n: sp.Network(order="nset"),
        UnknownNameError,
        ["unknown order 'nset'", "'nest'"],
    ),
    "an order that is no text": (
        lambda n: sp.Network(order=["nest"]),
        UnknownNameError,
        ["unknown order ['nest']"],
    ),
    # views
    "neuron out of range": (
        lambda n: n.exc[5],
        DescriptionError,
        ["population 'exc'", "index 5 is out of range", "5 neurons, 0 to 4"],
    ),
    "neuron far below zero": (
        lambda n: n.exc[-6],
        DescriptionError,
        ["index -6 is out of range"],
    ),
    "list out of range": (
        lambda n: n.exc[[0, 7]],
        DescriptionError,
        ["population 'exc'", "index 7 is out of range"],
    ),
    "a neuron twice": (
        lambda n: n.exc[[0, 4, -1]],
        DescriptionError,
        ["holds a neuron twice"],
    ),
    "a mask of another length": (
        lambda n: n.exc[np.ones(4, bool)],
        DescriptionError,
        ["population 'exc'", "one value a neuron, 5, got 4"],
    ),
    "a slice beyond the end": (
        lambda n: n.exc[10:20],
        DescriptionError,
        ["population 'exc'", "picks none of its 5 neurons"],
    ),
    "an empty list": (lambda n: n.exc[[]], DescriptionError, ["picks none"]),
    "float": (lambda n: n.exc[1.0], DescriptionError, ["index with a number"]),
    "slice of floats": (lambda n: n.exc[0.5:2], DescriptionError, ["index with a number"]),
    "slice step of zero": (lambda n: n.exc[::0], DescriptionError, ["index with a number"]),
    "text": (lambda n: n.exc["w"], UnknownNameError, ["'exc' has no variable 'w'"]),
    "None": (lambda n: n.exc[None], DescriptionError, ["index with a number"]),
    "True": (lambda n: n.exc[True], DescriptionError, ["index with a number"]),
    "two indices": (lambda n: n.exc[[[0, 1], [2, 3]]], DescriptionError, ["index with a number"]),
    "ragged index": (lambda n: n.exc[[[0], [1, 2]]], DescriptionError, ["index with a number"]),
    "part of a view out of range": (
        lambda n: n.exc[:2][3],
        DescriptionError,
        ["index 3 is out of range", "2 neurons"],
    ),
}


def _no_v():
    return sp.neuron("du/dt = -u/ms + I*mV/pA/ms : mV", I=sp.port(pA))


def _plain_v():
    return sp.neuron("dv/dt = -v/ms + I/pA/ms : 1", I=sp.port(pA))


@pytest.mark.parametrize("slip", SLIPS)
def test_slips(slip):
    write, kind, parts = SLIPS[slip]
    with pytest.raises(SpikesimError) as caught:
        net = Net()
        write(net)
        build(net.net)
    message = str(caught.value)
    assert isinstance(caught.value, kind), (type(caught.value), message)
    assert not isinstance(caught.value, SeveralErrors), message
    missing = [part for part in parts if part not in message]
    assert not missing, message


def test_the_network_of_the_slips_is_right():
    net = Net()
    net.connect()
    net.drive(sp.dc(1 * nA))
    net.drive(sp.poisson(rate=1 * Hz), weight=1 * mV)
    net.net.record(net.exc, "v", every=0.3 * ms)
    build(net.net)


def test_several_faults_together():
    net = Net(dt=-1 * ms, seed=-1)
    net.connect(weight=None)
    net.connect(sp.fixed_probability(2.0), delay=-1 * ms)
    net.drive(sp.dc(5))
    net.net.population("p", 3, sp.neurons.LIF(C="x", tau_m=np.nan * ms), w=1 * mV)
    net.net.record(net.exc, "u", every=1)
    with pytest.raises(SeveralErrors) as caught:
        build(net.net)
    message = str(caught.value)
    assert message.startswith("the network has 11 faults:")
    assert len(caught.value.errors) == 11
    parts = (
        "dt of the network is -1 ms",
        "seed of the network is -1",
        "population 'p', C: got 'x'",
        "population 'p', tau_m is nan",
        "no state 'w'",
        "projection 'exc->inh' needs a weight",
        "p is 2.0",
        "delay of -1 ms",
        "stimulus 'dc' of 'exc', amplitude: got 5 without a unit",
        "every: got 1 without a unit",
        "recording of 'u' of 'exc': no such state variable",
    )
    missing = [part for part in parts if part not in message]
    assert not missing, message
    assert [line[:5] for line in message.splitlines()[1:]].count("  11.") == 1


def test_errors_travel_between_processes():
    net = Net(dt=-1 * ms, seed=-1)
    with pytest.raises(SeveralErrors) as caught:
        build(net.net)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert [type(e) for e in copy.errors] == [type(e) for e in caught.value.errors]


@pytest.mark.parametrize("order, delay, fine", [("nest", 0.0, False), ("nest", 0.05, True)])
def test_shortest_delay_of_the_order_of_nest(order, delay, fine):
    net = Net(order=order)
    net.connect(delay=delay * ms)
    if fine:
        build(net.net)  # rounds up to one step
        return
    with pytest.raises(ConnectivityError, match=r"delay of 0 ms; expected at least 0\.1 ms"):
        build(net.net)


def test_unknown_backend_rule_model_and_unit():
    net = Net().net
    with pytest.raises(UnknownNameError, match=r"unknown backend 'nunpy'.*'numpy'"):
        net.compile("nunpy")
    with pytest.raises(UnknownNameError, match="unknown backend 5"):
        net.compile(5)
    for write, wanted in (
        (lambda: sp.fixed_probabilty, "fixed_probability"),
        (lambda: sp.neurons.LIFF, "LIF"),
        (lambda: sp.synapses.ExpCurent, "ExpCurrent"),
        (lambda: sp.units.millivolt, "mV"),
        (lambda: sp.Netwrok, "Network"),
    ):
        with pytest.raises(SpikesimError, match=wanted):
            write()
        with pytest.raises(AttributeError):
            write()


def test_nothing_is_drawn_before_the_faults_are_told(monkeypatch):
    def never(*_):
        raise AssertionError("drawn")

    monkeypatch.setattr("spikesim.connectivity.base.words", never)
    monkeypatch.setattr("spikesim.distributions.words", never)
    net = Net()
    net.connect(sp.fixed_indegree(3), weight=sp.normal(1 * mV, 1 * mV))
    net.connect(delay=-1 * ms)
    with pytest.raises(ConnectivityError):
        net.net.run(10 * ms, backend="numpy")


@pytest.mark.parametrize("name", ["a/b", "/", "x" * 201, "\u00e9" * 101])
def test_names_that_would_be_no_folder(name):
    net = sp.Network()
    with pytest.raises(DescriptionError, match=r"/|at most"):
        net.population(name, 1, sp.neurons.LIF())
    cells = net.population("a", 1, sp.neurons.LIF())
    with pytest.raises(DescriptionError, match=r"/|at most"):
        net.project(cells, cells, sp.one_to_one(), weight=1 * mV, name=name)


@pytest.mark.parametrize("every", [1e300, 1e18, 3e8, float("inf")])
@pytest.mark.parametrize("what", ["v", "rate", "action"])
def test_intervals_beyond_the_longest_run(what, every):
    """In the machine they would be 0, or negative."""
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("a", 2, sp.neurons.LIF())
    if what == "action":
        cells.every(every * ms, "v = E_L")
    else:
        net.record(cells, what, every=every * ms)
    with pytest.raises(SpikesimError, match=r"at most|finite"):
        net.compile("numpy")

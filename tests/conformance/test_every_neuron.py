"""Every ready-made neuron model: documented, and with the same bits on every backend whatever its
parameters. A new file in spikesim/models/neurons is tested by being there."""

from __future__ import annotations

import functools
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim.backends import find, names
from spikesim.models.declaration import Declared
from spikesim.units import CURRENT, DIMENSIONLESS, VOLTAGE, kHz, ms, mV, unit_name

NEURONS = sorted(dir(sp.neurons))
BACKENDS = ["numpy", *(n for n in names() if n != "numpy" and not find(n).unavailable())]
DT = 0.02  # ms: stable for the stiffest models, with any of the parameters below
STEPS = 250
INPUT = np.array([0, 0.5, 2, 4, 16])  # one for each neuron; currents in pA per pF
SIZE = len(INPUT)
SILENT = {"Parrot"}  # without input of its own


def definition(name: str) -> Any:
    return getattr(sp.neurons, name).definition


@pytest.mark.parametrize("name", NEURONS)
def test_documented(name: str) -> None:
    """A paper or another simulator's name in the docstring, a meaning for each word."""
    text = getattr(sp.neurons, name).__doc__ or ""
    assert re.search(r"\((18|19|20)\d\d\)|NEST's|Brian2's", text), "whose model is it?"
    for word, declared in definition(name).declared.items():
        assert declared.meaning, word


def unit(declared: Declared) -> Any:
    """The unit of a declared name."""
    return mV._REGISTRY.Unit(unit_name(declared.dimension) or "dimensionless")


def network(name: str, net: sp.Network) -> None:
    """A few neurons under different input and random jumps, as a population of that name."""
    declared = definition(name).declared
    cells = net.population(name, SIZE, getattr(sp.neurons, name)())
    port = next((n for n, d in declared.items() if d.kind == "port"), None)
    if port:
        current = declared[port].dimension == CURRENT
        capacitance = declared["C"].default if current and "C" in declared else 1.0
        net.stimulate(cells, sp.dc(INPUT * capacitance * unit(declared[port])), port=port)
    if "v" in declared and declared["v"].dimension == VOLTAGE:
        net.stimulate(cells, sp.poisson(1 * kHz), weight=0.5 * mV)
    if definition(name).spike is not None:
        net.record(cells, "spikes")
    net.record(cells, [n for n, d in declared.items() if d.kind == "state"])


@functools.cache
def compiled(backend: str) -> sp.Model:
    """All models side by side."""
    net = sp.Network(dt=DT * ms, seed=1, order="nest")
    for name in NEURONS:
        network(name, net)
    return net.compile(backend, conformance=True)


def near(declared: Declared, rng: np.random.Generator) -> float:
    """A value around the default of a parameter, or from 0 to 1 where that is 0; in the bound."""
    default = declared.default
    if declared.dimension == DIMENSIONLESS and 0 < default < 100 and default == int(default):
        return float(rng.integers(1, 2 * int(default) + 1))
    if declared.dimension == VOLTAGE and not declared.bound:
        return default + rng.uniform(-3, 3)
    return rng.uniform() if default == 0 else default * rng.uniform(0.7, 1.4)


def parameters(name: str, rng: np.random.Generator) -> dict[str, Any]:
    """Parameters of a model, one value for each neuron, that are what the model requires."""
    model = getattr(sp.neurons, name)
    declared = {n: d for n, d in definition(name).declared.items() if d.kind == "parameter"}
    sets: list[dict[str, float]] = []
    while len(sets) < SIZE:
        values = {n: near(d, rng) for n, d in declared.items()}
        if all(eval(text, {"floor": math.floor}, values) for text in model.require):
            sets.append(values)
    return {
        f"{name}.{n}": np.array([values[n] for values in sets]) * unit(d)
        for n, d in declared.items()
    }


def same_bits(seed: int, backends: list[str]) -> None:
    rng = np.random.default_rng(seed)
    params = {n: value for name in NEURONS for n, value in parameters(name, rng).items()}
    first, *others = [m.run(STEPS * DT * ms, params=params) for m in map(compiled, backends)]
    for name in NEURONS:
        a = first[name]
        for b in (other[name] for other in others):
            if definition(name).spike is not None:
                assert np.array_equal(a.spikes.t, b.spikes.t), name
                assert np.array_equal(a.spikes.i, b.spikes.i), name
            for state in a.recorded.keys() - {"spikes"}:
                x, y = a[state].values, b[state].values
                assert np.isfinite(x).all(), f"{name}.{state}"
                assert np.array_equal(x.view(np.int64), y.view(np.int64)), f"{name}.{state}"


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=1, deadline=None)
def test_same_bits(seed: int) -> None:
    """One run, with SIZE sets of parameters of each model. (JAX takes a minute to compile all.)"""
    same_bits(seed, [b for b in BACKENDS if b != "jax"])


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1))
@settings(max_examples=200 // SIZE, deadline=None)
def test_same_bits_of_many(seed: int) -> None:
    same_bits(seed, BACKENDS)


@pytest.mark.parametrize("name", [n for n in NEURONS if definition(n).spike and n not in SILENT])
def test_spikes(name: str) -> None:
    """What is compared above is not silence. The step is one that all are fit for."""
    net = sp.Network(dt=0.02 * ms, seed=1, order="nest")
    network(name, net)
    assert len(net.run(300 * ms, "numpy" if "cpp" not in BACKENDS else "cpp")[name].spikes) > 0

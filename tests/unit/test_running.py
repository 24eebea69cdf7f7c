"""What is wrong with a run is said before it starts, in our own errors."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import DimensionError, ParameterError, SeveralErrors, UnknownNameError
from spikesim.units import ms, mV, second

NET = sp.Network(dt=0.1 * ms)
NET.population("exc", 3, sp.neurons.LIF())
MODEL = NET.compile("numpy")

BAD_RUNS = {
    "seed as text": ({"seed": "a"}, ParameterError, "whole number"),
    "seed as a fraction": ({"seed": 1.5}, ParameterError, "1.5"),
    "seed below zero": ({"seed": -1}, ParameterError, "-1"),
    "seed too large": ({"seed": 2**32}, ParameterError, "2^32 - 1"),
    "params as a list": ({"params": [1]}, ParameterError, "values by name"),
    "params with a misspelt name": ({"params": {"exc.tau": 3 * ms}}, UnknownNameError, "exc.tau_m"),
    "params with a number as name": ({"params": {3: 3 * ms}}, UnknownNameError, "3"),
    "params without unit": ({"params": {"exc.tau_m": 3}}, DimensionError, "ms"),
    "params drawn": ({"params": {"exc.v": sp.normal(0 * mV, 1 * mV)}}, ParameterError, "array"),
    "params of a wrong length": ({"params": {"exc.v": [1, 2] * mV}}, ParameterError, "exc.v"),
    "a time constant of zero": ({"params": {"exc.tau_m": 0 * ms}}, ParameterError, "tau_m is 0"),
    "a negative period": ({"params": {"exc.t_ref": -2 * ms}}, ParameterError, "negative"),
}


@pytest.mark.parametrize("name", BAD_RUNS)
def test_bad_runs(name):
    options, kind, part = BAD_RUNS[name]
    with pytest.raises(kind) as caught:
        MODEL.run(1 * ms, **options)
    assert part in str(caught.value)


@pytest.mark.parametrize(
    "duration", [-1 * ms, np.inf * ms, 3, 3 * mV, [1, 2] * ms, 1e9 * second, 1e300 * ms]
)
def test_bad_durations(duration):
    with pytest.raises((ParameterError, DimensionError)):
        MODEL.run(duration)


@pytest.mark.parametrize("options", [{"precison": "float64"}, {"seeds": 3}])
def test_misspelt_options(options):
    with pytest.raises(UnknownNameError) as caught:
        NET.run(1 * ms, "numpy", **options)
    assert "did you mean" in str(caught.value)


@pytest.mark.parametrize("precision", ["double", 64, ["float32"], np.zeros(2)])
def test_bad_precisions(precision):
    with pytest.raises(ParameterError):
        NET.compile("numpy", precision=precision)


@pytest.mark.parametrize("backend", ["cuda9", 3, None, np.zeros(2)])
def test_bad_backends(backend):
    with pytest.raises(UnknownNameError):
        NET.compile(backend)


def test_faults_of_params_come_together():
    with pytest.raises(SeveralErrors) as caught:
        MODEL.run(1 * ms, params={"exc.tau": 3 * ms, "exc.tau_m": 3, "exc.v": np.nan * mV})
    assert len(caught.value.errors) == 3

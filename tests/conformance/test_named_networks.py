"""The networks of the examples: all backends give the same bits in conformance mode, and the same
statistics otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends import find, names
from spikesim.units import ms, mV

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "examples"))

import adex
import brunel
import coba
import cobahh
import cuba
import decision
import microcircuit
import wang_buzsaki

DELAYS = sp.normal(1.5 * ms, 0.75 * ms, low=0 * ms)
# name: (the network at a number of neurons or a scale, size in short, in full)
NETWORKS: dict[str, tuple[Callable[..., sp.Network], object, object]] = {
    "adex": (lambda n: adex.network(n), 200, 1000),
    "brunel": (lambda scale: brunel.network(scale), 0.03, 0.1),
    "coba": (lambda n: coba.network(n, delay=DELAYS), 400, 2000),
    "cobahh": (lambda n: cobahh.network(n, delay=DELAYS), 200, 1000),
    "cuba": (lambda n: cuba.network(n, delay=DELAYS), 400, 2000),
    "decision": (lambda scale: decision.network(25.6, scale), 0.05, 0.2),
    "wang_buzsaki": (lambda partners: wang_buzsaki.network(0.03, partners), 60, 100),
    "microcircuit": (lambda scale: microcircuit.network(scale), 0.01, 0.02),
}


def network(name: str, full: bool) -> sp.Network:
    """A network that also records some states."""
    make, short, whole = NETWORKS[name]
    net = make(whole if full else short)
    for population in net.populations.values():
        states = {n for n, d in population.model.definition.declared.items() if d.kind == "state"}
        if "v" in states:
            net.record(population[:3], "v", every=0.5 * ms)
    return net


def assert_same_bits(net: sp.Network, duration: float) -> None:
    meaning, *others = (
        net.compile(backend, conformance=True).run(duration * ms)
        for backend in ("numpy", *(n for n in names() if n != "numpy"))
        if not find(backend).unavailable()
    )
    assert sum(len(meaning[p].spikes) for p in meaning) > 0
    for other in others:
        assert_equal(meaning, other)


def assert_equal(a: sp.Results, b: sp.Results) -> None:
    for p in a:
        for what, ours in a[p].recorded.items():
            theirs = b[p].recorded[what]
            for column in ("t", "i", "values"):
                if hasattr(ours, column):
                    assert np.array_equal(getattr(ours, column), getattr(theirs, column)), (p, what)
        for variable, values in a[p].final.items():
            assert np.array_equal(values, b[p].final[variable]), (p, variable)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_same_bits(name):
    assert_same_bits(network(name, full=False), 60)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_same_bits_for_a_second(name):
    assert_same_bits(network(name, full=True), 1000)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_same_statistics_in_normal_mode(name, precision):
    """Rates and CVs within sampling error, which five runs of either kind tell."""
    make, _, full = NETWORKS[name]
    net = make(full)

    def mean(values: np.ndarray) -> float:
        known = values[np.isfinite(values)]  # not where spikes are too few for intervals
        return float(np.mean(known)) if len(known) else np.nan

    def statistics(model: sp.Model, seeds: range) -> np.ndarray:
        rows = []
        for seed in seeds:
            rng = np.random.default_rng(seed)
            values = model.binder.bind()
            start = {f"{p}.v": rng.permutation(values[f"{p}.v"]) * mV for p in net.populations}
            results = model.run(500 * ms, seed=seed, params=start)
            spikes = [results[p].spikes for p in net.populations]
            rows.append([x for s in spikes for x in (s.rate(50.0), mean(s.cv(50.0)))])
        return np.array(rows)

    reference = statistics(net.compile("numpy", precision="float64"), range(1, 6))
    ours = statistics(net.compile(precision=precision), range(11, 16))
    error = np.sqrt((reference.var(0, ddof=1) + ours.var(0, ddof=1)) / 5)
    difference = np.abs(reference.mean(0) - ours.mean(0))
    known = np.isfinite(difference)
    assert known[::2].all() and known.sum() > known.size / 2
    bound = 5 * error + 0.01 * np.abs(reference.mean(0))
    assert np.all(difference[known] < bound[known]), difference / error

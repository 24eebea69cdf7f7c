"""Stochastic equations against Brian2's: two samples of one law.

Brian2 draws other numbers, so final states of many neurons are compared, by the test of Kolmogorov
and Smirnov. Where noise is multiplicative, this tells Ito from Stratonovich.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import brian2 as b2
import numpy as np
from comparison import Comparisons, Law
from scipy import stats

import spikesim as sp
from spikesim.units import ms

N = 20_000
# Text, method here, method there, variable. Dimensionless, so that both read one text.
ROWS = {
    "additive, exact here, euler there": (
        "dx/dt = -x/(10*ms) + 0.5*ms**-0.5*xi", "exact", "euler", "x"),
    "additive, non-linear, euler": (
        "dx/dt = (x - x**3)/(5*ms) + 0.4*ms**-0.5*xi", "euler", "euler", "x"),
    "multiplicative, heun": ("dx/dt = 0.02*x/ms + 0.3*x*ms**-0.5*xi", "heun", "heun", "x"),
    "multiplicative, milstein": (
        "dx/dt = 0.02*x/ms + 0.3*x*ms**-0.5*xi", "milstein", "milstein", "x"),
    "multiplicative, auto": ("dx/dt = -0.1*x/ms + 0.3*x*ms**-0.5*xi", "auto", None, "x"),
    "one noise in two equations": (
        "dx/dt = (y - x)/(5*ms) + 0.3*ms**-0.5*xi_a\ndy/dt = -y/(2*ms) + 0.3*ms**-0.5*xi_a",
        "exact", "euler", "x"),
    "two noises": (
        "dx/dt = (y - x)/(5*ms) + 0.3*ms**-0.5*xi_1\ndy/dt = -y/(2*ms) + 0.3*ms**-0.5*xi_2",
        "exact", "euler", "x"),
}  # fmt: skip


def ours(text: str, method: str, variable: str, dt: float, duration: float) -> np.ndarray:
    states: dict[str, Any] = {line[1]: sp.state(1.0) for line in text.splitlines()}
    net = sp.Network(dt=dt * ms, seed=1)
    net.population("cells", N, sp.neuron(text, method=method, **states))
    return np.asarray(net.run(duration * ms, precision="float64")["cells"].final[variable])


def theirs(text: str, method: str | None, variable: str, dt: float, duration: float) -> np.ndarray:
    b2.start_scope()
    b2.defaultclock.dt = dt * b2.ms
    b2.seed(2)
    equations = "\n".join(f"{line} : 1" for line in text.splitlines())
    options = {} if method is None else {"method": method}
    group = b2.NeuronGroup(N, equations, **options)
    for line in text.splitlines():
        setattr(group, line[1], 1)
    network = b2.Network(group)
    network.run(duration * b2.ms)
    return np.asarray(getattr(group, variable)[:])


def compare(name: str) -> Law:
    """One system, 4 ms in steps of 0.02 ms."""
    b2.prefs.codegen.target = "numpy"
    text, method, other, variable = ROWS[name]
    a, b = ours(text, method, variable, 0.02, 4.0), theirs(text, other, variable, 0.02, 4.0)
    return Law(name, {variable: float(stats.ks_2samp(a, b)[1])})


def comparisons() -> Comparisons:
    """Every system."""
    return [(name, partial(compare, name)) for name in ROWS]

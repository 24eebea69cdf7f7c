"""Stochastic equations against Brian2's: two samples of one law.

Run by `make peer-brian2-networks`. Brian2 draws other numbers, so final states of many neurons are
compared, by the test of Kolmogorov and Smirnov. Where noise is multiplicative, this tells Ito from
Stratonovich.
"""

from __future__ import annotations

import sys
from typing import Any

import brian2 as b2
import numpy as np
from scipy import stats

import spikesim as sp
from spikesim.units import ms

N = 20_000
LEAST_P = 1e-3
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


def main() -> int:
    """Run all rows; 0 if no p-value is too small."""
    b2.prefs.codegen.target = "numpy"
    failed = 0
    for name, (text, method, other, variable) in ROWS.items():
        a = ours(text, method, variable, 0.02, 4.0)
        b = theirs(text, other, variable, 0.02, 4.0)
        p = float(stats.ks_2samp(a, b)[1])
        failed += p < LEAST_P
        told = f"mean {a.mean():.4f} and {b.mean():.4f}, deviation {a.std():.4f} and {b.std():.4f}"
        print(f"{name:36} p = {p:.3g}; {told}{'   FAILED' if p < LEAST_P else ''}")
    print(f"{len(ROWS)} systems, {failed} comparisons failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

"""spikesim against NEST, models that NEST integrates with an adaptive step. Run by `make peer-nest`.

Ten uncoupled neurons of each model get the same spike trains and currents. Both compute in float64
and both make errors, so spikes are to be as many, each within one step of NEST (0.1 ms), and
potentials within 1e-3 mV. Where a spike is near, a time is all that can be compared: samples in
the `blind` window around one are left out.

The step is ours: 0.1 ms where NEST looks for spikes and resets at the ends of its steps as well;
0.001 ms for AdEx, which NEST resets inside a step; 0.01 ms for spikes that the equations make.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import nest_networks
from comparison import Row, report

import spikesim as sp
from spikesim.units import ms, mV, nS, pA, pF

STEP = 0.1  # of NEST, ms
NEURONS = 10
N, S = sp.neurons, sp.synapses


class LIF(N.LIF):
    """As ready-made, but for the method: `auto` is of first order with conductances."""

    method = "rk4"


class TraubMiles(N.TraubMiles):
    """As NEST counts its spikes, at maxima above V_T + 30 mV; `auto` is of first order."""

    spike = """
    v >= V_T + 30*mV
    and g_L*(E_L - v) - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) + I < 0*pA
    """
    method = "rk4"


@dataclass
class Case:
    """One model of NEST, `theirs` its parameters where they are not the defaults.

    synapses: excitatory and inhibitory. weights: of their spikes. current: the largest constant
    one, pA; neuron k gets k/(NEURONS - 1) of it. dt: our step, ms. blind: ms before and after a
    spike in which potentials are not compared.
    """

    kind: str
    ours: sp.NeuronModel
    synapses: tuple[Any, Any]
    weights: tuple[float, float]
    current: float
    theirs: Mapping[str, Any] = field(default_factory=dict)
    dt: float = STEP
    blind: tuple[float, float] = (0.0, 0.0)


def exponential(kind: Any, unit: Any) -> tuple[Any, Any]:
    """Synapses with time constants of 2 and 6 ms, one for each sign."""
    reversal = ({"E": 0 * mV}, {"E": -85 * mV}) if unit == nS else ({}, {})
    return tuple(
        kind(tau=tau * ms, name=name, **e)
        for tau, name, e in zip((2, 6), ("excitatory", "inhibitory"), reversal, strict=True)
    )


def beta() -> tuple[Any, Any]:
    """The same with a rise of 0.5 and 1 ms."""
    kind = S.DoubleExpConductance
    return (kind(tau_rise=0.5 * ms, tau_decay=2 * ms, E=0 * mV, name="excitatory"),
            kind(tau_rise=1 * ms, tau_decay=6 * ms, E=-85 * mV, name="inhibitory"))  # fmt: skip


TAUS = {"tau_syn_ex": 2.0, "tau_syn_in": 6.0}
LIF_COND = LIF(C=250 * pF, tau_m=250 / 16.6667 * ms, E_L=-70 * mV, V_th=-55 * mV,
               V_reset=-60 * mV, t_ref=2 * ms)  # fmt: skip
ADEX = N.AdEx(V_reset=-60 * mV, V_peak=0 * mV)
ADEX_REF = N.AdEx(V_reset=-60 * mV, V_peak=0 * mV, t_ref=2 * ms)
REVERSALS = {"E_ex": 0.0, "E_in": -85.0}
EXP_G, ALPHA_G = exponential(S.ExpConductance, nS), exponential(S.AlphaConductance, nS)
EXP_I, ALPHA_I = exponential(S.ExpCurrent, pA), exponential(S.AlphaCurrent, pA)
FINE: dict[str, Any] = {"dt": 0.001, "blind": (3.0, 0.3)}

CASES = [
    Case("iaf_cond_exp", LIF_COND, EXP_G, (4, 6), 500, TAUS),
    Case("iaf_cond_alpha", LIF_COND, ALPHA_G, (2, 3), 500, TAUS),
    Case("iaf_cond_beta", LIF_COND, beta(), (3, 4), 500,
         {"tau_rise_ex": 0.5, "tau_decay_ex": 2.0, "tau_rise_in": 1.0, "tau_decay_in": 6.0}),
    Case("iaf_cond_exp_sfa_rr", N.LIFSfaRR(), EXP_G, (10, 10), 1500, TAUS | REVERSALS),
    Case("aeif_cond_exp", ADEX, EXP_G, (8, 8), 800, TAUS, **FINE),
    Case("aeif_cond_exp", ADEX_REF, EXP_G, (8, 8), 800, TAUS | {"t_ref": 2.0}, **FINE),
    Case("aeif_cond_alpha", ADEX, ALPHA_G, (4, 4), 800, TAUS, **FINE),
    Case("aeif_psc_exp", ADEX, EXP_I, (400, 200), 800, TAUS, **FINE),
    Case("aeif_psc_alpha", ADEX, ALPHA_I, (200, 100), 800, TAUS, **FINE),
    Case("hh_psc_alpha", N.HodgkinHuxley(), ALPHA_I, (150, 100), 1500, TAUS, 0.01, (3, 5)),
    Case("hh_cond_exp_traub", TraubMiles(t_ref=2 * ms), EXP_G, (6, 12), 800,
         TAUS | REVERSALS, 0.01, (3, 5)),
]  # fmt: skip


def input_trains(seed: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(neuron, step, sign) of input spikes: about one each 4 ms excites, one each 10 ms inhibits."""
    rng = np.random.default_rng(seed)
    draw = rng.random((steps - 2, NEURONS))
    step, neuron = np.nonzero(draw < 0.035)
    return neuron, step + 1, np.where(draw[step, neuron] < 0.025, 1, -1)


def compare(case: Case, seed: int, duration: float) -> Row:
    """Run both for `duration` ms. The row: spikes, how many are within a step of NEST's, and the
    largest difference of potentials."""
    steps = round(duration / STEP)
    neuron, step, sign = input_trains(seed, steps)
    current = case.current * np.arange(NEURONS) / (NEURONS - 1)
    net = sp.Network(dt=case.dt * ms)
    cells = net.population("cells", NEURONS, case.ours)
    unit = nS if "_cond_" in case.kind else pA
    for synapse, which, weight in zip(case.synapses, (1, -1), case.weights, strict=True):
        mine = sign == which
        trains = sp.spike_times(step[mine] * STEP * ms, indices=neuron[mine])
        source = net.population(f"to_{synapse.name}", NEURONS, trains)
        strength = weight if unit == nS else which * weight
        net.project(source, cells, sp.one_to_one(), synapse=synapse, weight=strength * unit,
                    delay=STEP * ms)  # fmt: skip
    net.stimulate(cells, sp.dc(current * pA))
    net.record(cells, "spikes")
    net.record(cells, "v", every=STEP * ms)
    ours = net.run(duration * ms, "cpp", precision="float64")["cells"]

    initial = {n: d.default for n, d in case.ours.definition.declared.items() if d.kind == "state"}
    gates = {"m": "Act_m", "h": "Inact_h", "n": "Act_n"}
    start = {theirs: initial[mine] for mine, theirs in gates.items() if mine in initial}
    theirs = nest_networks.uncoupled(
        case.kind, NEURONS, neuron, step + 1, np.where(sign > 0, case.weights[0], -case.weights[1]),
        {**case.theirs, **start, "I_e": current}, initial["v"], steps, STEP)  # fmt: skip

    spikes = [np.sort(theirs["times_steps"][theirs["senders"] == k]) * STEP for k in range(NEURONS)]
    close, total = 0, 0
    usable = np.ones((steps, NEURONS), bool)
    grid = STEP * np.arange(1, steps + 1)
    for k, (a, b) in enumerate(zip(ours.spikes.trains(), spikes, strict=True)):
        total += max(len(a), len(b))
        if len(a) == len(b):
            close += int((np.abs(a - b) < 1.01 * STEP).sum())
        for t in (*a, *b):
            usable[(grid > t - case.blind[0]) & (grid < t + case.blind[1]), k] = False
    difference = np.abs(ours.v.values[1:] - theirs["v"][: len(ours.v.values) - 1])
    worst = float(difference[usable[: len(difference)]].max())
    refractory = " t_ref=2" if case.ours is ADEX_REF else ""
    return Row(f"{case.kind}{refractory} dt={case.dt:g} seed={seed}", total, close, worst, 1e-3)


def main() -> int:
    """All comparisons, with two inputs each."""
    return report([(c.kind, partial(compare, c, seed, 500.0)) for c in CASES for seed in (1, 2)])


if __name__ == "__main__":
    sys.exit(main())

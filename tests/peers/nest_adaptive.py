"""spikesim against NEST: models that NEST integrates with an adaptive step.

Ten uncoupled neurons of each model get the same spike trains and currents, in float64. Spikes are
to be as many, each within one of NEST's steps, and potentials within 1e-3 mV, but for a
window around spikes where stated. Our method is rk4; our step is 0.1 ms where that is enough:

- iaf_cond_*: NEST, too, looks for spikes and resets at the ends of its steps.
- iaf_cond_exp_sfa_rr: its fast conductance (11/ms after a spike) needs 0.01 ms; the reset stays on
  NEST's grid.
- hh_*: 0.01 ms, and NEST's step too: at 0.1 ms its own error, which is up to 1e-3 mV a step, adds
  up to 0.024 mV.
- aeif_*: NEST resets inside a step; so does the neuron here, to first order, with 0.0002 ms and
  NEST's tolerance at 1e-10. It seems that NEST's integrator goes on with the slope from before what
  was added or reset, and a neuron that lingers at threshold multiplies that by up to 1e4. So
  potentials are compared up to each neuron's fifth spike (beyond, up to 0.16 mV of difference were
  seen), and of aeif_psc_delta, which feels it at each arrival, up to the first.
- gif_cond_exp: with a threshold so sharp that nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import nest_models
import nest_networks
import numpy as np
from comparison import Comparisons, Row

import spikesim as sp
from spikesim.units import ms, mV, nS, pA, pF

STEP = 0.1  # of the input, and of NEST where nothing else is said, ms
NEURONS = 10
BOUND = 1e-3  # of the difference of potentials, mV
N, S = sp.neurons, sp.synapses


class LIF(N.LIF):
    """As ready-made, but for the method: `auto` is of first order with conductances."""

    method = "rk4"


ON_GRID = "(t + dt)/(0.1*ms) - floor((t + dt)/(0.1*ms) + 1e-6) < 1e-6"
TO_GRID = "ceil((t + dt)/(0.1*ms) - 1e-6)*0.1*ms - (t + dt)"


class LIFSfaRR(N.LIFSfaRR):
    """With NEST's grid for spikes, and a finer one for the rest."""

    spike = f"v >= V_th and {ON_GRID}"


class AdEx(N.AdEx):
    """As in NEST, the reset is inside a step, where the upswing ends: by the exponential term alone
    v is infinite after `up`, and v + Delta_T is its mean on the way. What is left of the step is
    for what follows; or the neuron is held to the end of NEST's step, and then for t_ref.
    """

    up = sp.state(ms)
    left = sp.state(ms)
    equations = f"""
    v_0 = v : mV (constant over dt)
    w_0 = w : pA (constant over dt)
    {N.AdEx.equations}"""
    reset = """
    up = C/g_L*exp((V_T - v_0)/Delta_T)
    left = dt - up
    w = w_0 + b + up*(a*(v_0 + Delta_T - E_L) - w_0)/tau_w
    w += left*(a*(V_reset - E_L) - w)/tau_w
    v = V_reset
    v += left*int(t_ref == 0*ms)*(g_L*(E_L - v + Delta_T*exp((v - V_T)/Delta_T)) - w + I)/C
    """
    refractory = f"t_ref + ({TO_GRID} if t_ref > 0*ms else 0*ms)"


class GIF(N.GIF):
    """With conductances, by a method of high order."""

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
    spike in which potentials are not compared. step: of NEST, ms. first: the spike of a neuron at
    which the comparison of its potential ends.
    """

    kind: str
    ours: sp.NeuronModel
    synapses: tuple[Any, Any]
    weights: tuple[float, float]
    current: float
    theirs: Mapping[str, Any] = field(default_factory=dict)
    dt: float = STEP
    blind: tuple[float, float] = (0.0, 0.0)
    step: float = STEP
    first: int = 10**6


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


OF_BETA = {"tau_rise_ex": 0.5, "tau_decay_ex": 2.0, "tau_rise_in": 1.0, "tau_decay_in": 6.0}
TAUS = {"tau_syn_ex": 2.0, "tau_syn_in": 6.0}
LIF_COND = LIF(C=250 * pF, tau_m=250 / 16.6667 * ms, E_L=-70 * mV, V_th=-55 * mV,
               V_reset=-60 * mV, t_ref=2 * ms)  # fmt: skip
ADEX = AdEx(V_reset=-60 * mV, V_peak=0 * mV)
ADEX_REF = AdEx(V_reset=-60 * mV, V_peak=0 * mV, t_ref=2 * ms)
REVERSALS = {"E_ex": 0.0, "E_in": -85.0}
EXP_G, ALPHA_G = exponential(S.ExpConductance, nS), exponential(S.AlphaConductance, nS)
EXP_I, ALPHA_I = exponential(S.ExpCurrent, pA), exponential(S.AlphaCurrent, pA)
TIGHT = {"gsl_error_tol": 1e-10}
FINE: dict[str, Any] = {"dt": 0.0002, "blind": (0.15, 0.15), "first": 5}

CASES = [
    Case("iaf_cond_exp", LIF_COND, EXP_G, (4, 6), 500, TAUS),
    Case("iaf_cond_alpha", LIF_COND, ALPHA_G, (2, 3), 500, TAUS),
    Case("iaf_cond_beta", LIF_COND, beta(), (3, 4), 500, OF_BETA),
    Case("iaf_cond_exp_sfa_rr", LIFSfaRR(), EXP_G, (10, 10), 1500, TAUS | REVERSALS,
        dt=0.01),
    Case("aeif_cond_exp", ADEX, EXP_G, (8, 8), 800, TAUS | TIGHT, **FINE),
    Case("aeif_cond_exp", ADEX_REF, EXP_G, (8, 8), 800, TAUS | TIGHT | {"t_ref": 2.0}, **FINE),
    Case("aeif_cond_alpha", ADEX, ALPHA_G, (4, 4), 800, TAUS | TIGHT, **FINE),
    Case("aeif_psc_exp", ADEX, EXP_I, (400, 200), 800, TAUS | TIGHT, **FINE),
    Case("aeif_psc_alpha", ADEX, ALPHA_I, (200, 100), 800, TAUS | TIGHT, **FINE),
    Case("aeif_psc_delta", ADEX, (None, None), (1.5, 2), 800, **{**FINE, "first": 1}),
    Case("hh_psc_alpha", N.HodgkinHuxley(), ALPHA_I, (150, 100), 1500, TAUS, 0.01, (3, 5),
         0.01),
    Case("hh_cond_exp_traub", TraubMiles(t_ref=2 * ms), EXP_G, (6, 12), 800,
         TAUS | REVERSALS, 0.01, (3, 5), 0.01),
    Case("hh_cond_beta_gap_traub", TraubMiles(V_T=-50 * mV, t_ref=2 * ms), beta(), (6, 12), 800,
         OF_BETA | REVERSALS, 0.01, (3, 5), 0.01),
    Case("gif_cond_exp", GIF(Delta_V=1e-9 * mV, **nest_models.GIF), EXP_G, (4, 6), 300,
         TAUS | REVERSALS | nest_models.OF_GIF | {"gsl_error_tol": 1e-9}, blind=(0.01, 0.05)),
]  # fmt: skip


def input_trains(seed: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(neuron, step, sign) of input: a spike in 4 ms that excites, one in 10 ms that inhibits."""
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
    unit = nS if "_cond_" in case.kind else mV if "_delta" in case.kind else pA
    for synapse, which, weight in zip(case.synapses, (1, -1), case.weights, strict=True):
        mine = sign == which
        trains = sp.spike_times(step[mine] * STEP * ms, indices=neuron[mine])
        source = net.population(f"input_{which + 1}", NEURONS, trains)
        strength = weight if unit == nS else which * weight
        net.project(source, cells, sp.one_to_one(), synapse=synapse, weight=strength * unit,
                    delay=STEP * ms)  # fmt: skip
    net.stimulate(cells, sp.dc(current * pA))
    net.record(cells, "spikes")
    net.record(cells, "v", every=case.step * ms)
    ours = net.run(duration * ms, "cpp", precision="float64")["cells"]

    initial = {n: d.default for n, d in case.ours.definition.declared.items() if d.kind == "state"}
    gates = {"m": "Act_m", "h": "Inact_h", "n": "Act_n"}
    start = {theirs: initial[mine] for mine, theirs in gates.items() if mine in initial}
    finer = round(STEP / case.step)
    steps *= finer
    weight = np.where(sign > 0, case.weights[0], -case.weights[1])
    theirs = nest_networks.uncoupled(
        case.kind, NEURONS, neuron, (step + 1) * finer, weight,
        {**case.theirs, **start, "I_e": current}, initial["v"], steps, case.step)  # fmt: skip

    spikes = [
        np.sort(theirs["times_steps"][theirs["senders"] == k]) * case.step for k in range(NEURONS)
    ]
    close, total = 0, 0
    usable = np.ones((steps, NEURONS), bool)
    grid = case.step * np.arange(1, steps + 1)
    for k, (a, b) in enumerate(zip(ours.spikes.trains(), spikes, strict=True)):
        total += max(len(a), len(b))
        if len(a) == len(b):
            on_grid = np.ceil(a / case.step - 1e-6) * case.step  # as NEST labels what is inside
            close += int((np.abs(on_grid - b) < 1.01 * case.step).sum())
        for t in (*a, *b):
            usable[(grid > t - case.blind[0]) & (grid < t + case.blind[1]), k] = False
        for t in b[case.first - 1 : case.first]:
            usable[grid > t - case.blind[0], k] = False
    difference = np.abs(ours.v.values[1:] - theirs["v"][: len(ours.v.values) - 1])
    worst = float(difference[usable[: len(difference)]].max())
    refractory = " t_ref=2" if case.ours is ADEX_REF else ""
    return Row(f"{case.kind}{refractory} dt={case.dt:g} seed={seed}", total, close, worst, BOUND)


RATES = {
    "lin_rate_ipn": (N.LinearRate, {"g": 2.0}),
    "threshold_lin_rate_ipn": (N.ThresholdLinearRate, {"g": 2.0, "theta": 0.5, "alpha": 1.5}),
    "sigmoid_rate_ipn": (N.SigmoidRate, {"g": 2.0, "beta": 1.5, "theta": 0.5}),
    "sigmoid_rate_gg_1998_ipn": (N.SigmoidRateGG1998, {"g": 0.1}),
    "tanh_rate_ipn": (N.TanhRate, {"g": 2.0, "theta": 0.5}),
}


def compare_rate(kind: str) -> Row:
    """One rate unit under two steps, without noise. The row counts samples in place of spikes."""
    model, gain = RATES[kind]
    net = sp.Network(dt=STEP * ms)
    unit = net.population("unit", 1, model(tau=7 * ms, decay=0.8, mu=0.3, **gain), r=0.2)
    first, second = 5.0, 25.0  # when they start; NEST's act a delay of 1 ms later
    net.stimulate(unit, sp.dc(1.65, start=(first + 1) * ms, stop=(second + 1) * ms), name="first")
    net.stimulate(unit, sp.dc(-0.6, start=(second + 1) * ms), name="second")
    net.record(unit, "r")
    ours = net.run(60 * ms, "cpp", precision="float64")["unit"].r.values[:, 0]
    parameters = {"tau": 7.0, "lambda": 0.8, "mu": 0.3, "sigma": 0.0, "rate": 0.2, **gain}
    theirs = nest_networks.rate_unit(
        kind, parameters, 1.5, [first, second], [1.1, -0.4], 550, STEP)  # fmt: skip
    difference = np.abs(ours[theirs["steps"]] - theirs["r"])
    close = int((difference < 1e-12).sum())
    return Row(kind, len(difference), close, float(difference.max()), 1e-12, "")


def comparisons() -> Comparisons:
    """All comparisons, those of spiking neurons with two inputs each."""
    spiking = [(c.kind, partial(compare, c, seed, 500.0)) for c in CASES for seed in (1, 2)]
    return spiking + [(kind, partial(compare_rate, kind)) for kind in RATES]

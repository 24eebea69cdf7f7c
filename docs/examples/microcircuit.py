r"""
The cortical microcircuit (Potjans and Diesmann 2014)
=====================================================

A column of 77,169 neurons below 1 mm\ :sup:`2` of early sensory cortex: four layers, each with
excitatory and inhibitory neurons, connected as anatomy and physiology found it. Cerebral Cortex
24:785; numbers are from tables 4 and 5 of the paper, the initial potentials from the authors'
reference implementation.

Scaled down, neurons and indegrees shrink, weights grow by 1/sqrt(K scale), and a constant current
makes up for the mean input that is lost. Under a constant drive a small network is silent, so
scale it down with the Poisson drive.

Run: ``python docs/examples/microcircuit.py --scale 0.1 --drive poisson --duration 2``
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

import spikesim as sp
from spikesim.units import Hz, ms, mV, pA, pF, second

# %%
# The numbers
# -----------

POPULATIONS = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
EXTERNAL_INDEGREES = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
# Mean rates at full scale, spikes/s (one seed), and initial potentials, mV.
FULL_RATES = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
V_MEAN = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])
V_SD = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])
# What NEST 3.10 gives with neurons and indegrees at 0.1 under the Poisson drive (one seed).
NEST_RATES_TENTH = np.array([0.43, 2.07, 3.91, 4.97, 6.62, 7.73, 0.82, 6.98])
# Connection probabilities: row = target, column = source.
PROBABILITIES = np.array([
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
])
PSP, EXTERNAL_RATE = 0.15, 8.0  # mV, spikes/s
C, TAU_M, TAU_SYN = 250.0, 10.0, 0.5  # pF, ms, ms
INHIBITORY = np.arange(8) % 2 == 1


# %%
# What scaling makes of them
# --------------------------


def current_of_psp() -> float:
    """Amplitude (pA) of an exponential current whose postsynaptic potential peaks at 1 mV."""
    ratio = TAU_M / TAU_SYN
    shape = ratio ** (-TAU_M / (TAU_M - TAU_SYN)) - ratio ** (-TAU_SYN / (TAU_M - TAU_SYN))
    return 1.0 / (TAU_M * TAU_SYN / (C * (TAU_SYN - TAU_M)) * shape)


@dataclass(frozen=True)
class Parameters:
    """What scaling makes of the numbers: sizes [8]; synapses, weights (pA) [target, source];
    external indegrees [8], weight (pA) and rate; constant current (pA) [8]."""

    sizes: np.ndarray
    synapses: np.ndarray
    weights: np.ndarray
    external_indegrees: np.ndarray
    external_weight: float
    current: np.ndarray


def parameters(n_scale: float, k_scale: float, drive: str) -> Parameters:
    """Scale the network: neurons by n_scale, indegrees by k_scale.

    drive: "poisson", or "dc" with the mean of it.
    """
    pairs = np.outer(SIZES, SIZES).astype(float)
    full = np.round(np.log1p(-PROBABILITIES) / np.log1p(-1.0 / pairs))
    external = PSP * current_of_psp()
    weights = np.where(INHIBITORY, -4.0, 1.0) * np.full((8, 8), external)
    weights[0, 2] *= 2.0  # L4E to L23E
    recurrent_input = (weights * full / SIZES[:, None]) @ FULL_RATES  # pA spikes/s
    external_input = external * EXTERNAL_INDEGREES * EXTERNAL_RATE
    lost = recurrent_input + (external_input if drive == "poisson" else 0.0)
    current = 1e-3 * TAU_SYN * (1.0 - np.sqrt(k_scale)) * lost
    if drive == "dc":
        current = current + 1e-3 * TAU_SYN * external_input
    return Parameters(
        np.round(SIZES * n_scale).astype(int),
        np.round(full * n_scale * k_scale).astype(int),
        weights / np.sqrt(k_scale),
        EXTERNAL_INDEGREES * k_scale,
        external / np.sqrt(k_scale),
        current,
    )


# %%
# The network
# -----------
#
# 64 possible projections between 8 populations. The number of synapses of each is fixed, and
# pairs may be connected more than once.


def network(
    scale: float = 0.1, k_scale: float | None = None, drive: str = "poisson", seed: int = 1
) -> sp.Network:
    """The microcircuit with neurons (and indegrees, unless k_scale says otherwise) at `scale`."""
    p = parameters(scale, scale if k_scale is None else k_scale, drive)
    net = sp.Network(dt=0.1 * ms, seed=seed)
    cell = sp.neurons.LIF(C=C * pF, tau_m=TAU_M * ms, E_L=-65 * mV, V_th=-50 * mV,
                          V_reset=-65 * mV, t_ref=2 * ms)
    synapse = sp.synapses.ExpCurrent(tau=TAU_SYN * ms, name="synapse")
    populations = [
        net.population(name, int(size), cell, v=sp.normal(mean * mV, sd * mV))
        for name, size, mean, sd in zip(POPULATIONS, p.sizes, V_MEAN, V_SD, strict=True)
    ]
    for t, target in enumerate(populations):
        for s, source in enumerate(populations):
            if p.synapses[t, s]:
                mean = p.weights[t, s] * pA
                # Redrawn until the sign is right, and the delay rounds to at least one step.
                bound = {"high": 0 * pA} if INHIBITORY[s] else {"low": 0 * pA}
                delay = (0.75 if INHIBITORY[s] else 1.5) * ms
                net.project(
                    source, target, sp.fixed_total_number(int(p.synapses[t, s])),
                    synapse=synapse, weight=sp.normal(mean, 0.1 * abs(mean), **bound),
                    delay=sp.normal(delay, 0.5 * delay, low=0.05 * ms),
                )
        net.stimulate(target, sp.dc(p.current[t] * pA))
        if drive == "poisson":
            net.stimulate(target, sp.poisson(EXTERNAL_RATE * Hz, n=p.external_indegrees[t]),
                          synapse=synapse, weight=p.external_weight * pA)
    net.record(populations, "spikes")
    return net


# %%
# Run it
# ------
#
# At a tenth of the size, the rates can be compared with those of NEST.


def table(results: sp.Results, discard: float, scale: float, drive: str) -> str:
    """Rate and irregularity of each population after `discard` ms, beside known ones."""
    compare = scale == 0.1 and drive == "poisson"
    lines = ["population  rate (1/s)  CV of intervals" + ("  NEST (1/s)" if compare else "")
             + "  full scale, published (1/s)"]
    for k, name in enumerate(POPULATIONS):
        spikes = results[name].spikes
        cv = spikes.cv(discard)
        irregular = np.nanmean(cv) if np.isfinite(cv).any() else np.nan
        line = f"{name:10}  {spikes.rate(discard):10.2f}  {irregular:15.2f}"
        line += f"  {NEST_RATES_TENTH[k]:10.2f}" if compare else ""
        lines.append(f"{line}  {FULL_RATES[k]:27.2f}")
    lines.append(f"Without the first {discard:g} of {results.duration:g} ms. CV: mean over the "
                 "neurons with at least 3 spikes."
                 + (" NEST: one seed." if compare else ""))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run, print the table, draw the raster."""
    parser = argparse.ArgumentParser(description=network.__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="of neurons and indegrees")
    parser.add_argument("--k-scale", type=float, help="of indegrees, if not that of neurons")
    parser.add_argument("--drive", choices=("poisson", "dc"), default="poisson")
    parser.add_argument("--duration", type=float, default=2.0, help="seconds of model time")
    parser.add_argument("--discard", type=float, default=0.1, help="seconds left out at the start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--plot", default="microcircuit.png", help="where the raster goes")
    options = parser.parse_args(arguments)

    net = network(options.scale, options.k_scale, options.drive, options.seed)
    model = net.compile(options.backend)
    print(model.explain())
    total = (options.duration + options.discard) * second
    results = model.run(total, progress=True)
    print(table(results, options.discard * 1e3, options.scale, options.drive))
    if options.plot:
        results.raster().figure.savefig(options.plot, dpi=150, bbox_inches="tight")
        print(f"raster: {options.plot}, of the whole run, 0 to {results.duration:g} ms")
    return results


if __name__ == "__main__":
    main()

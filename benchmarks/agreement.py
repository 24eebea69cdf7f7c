"""How near a run of the full-scale microcircuit under the constant drive is to NEST's.

Simulators of this network are compared by the distributions of rate, of the irregularity of
intervals and of correlation in each population, and the measure of likeness is what two runs of
NEST with other seeds differ by (Dasbach et al. 2021, Frontiers in Neuroscience 15:757790).

reference/microcircuit.npz sums up a run of NEST 3.10 with the model's reference implementation:
full scale, constant (DC) drive, optimised initial potentials, steps of 0.1 ms, seed 55; spikes
after 0.5 s, up to 10.5 s. For population p and measure m it holds

    means [p]                  spikes/s, over all neurons
    sizes [p, m]               how many values there were
    quantiles [p, m, 1000]     of them, as `quantiles` makes them
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import table
from table import Row

FILE = Path(__file__).resolve().parent / "reference" / "microcircuit.npz"
NEST = "NEST 3.10"
POPULATIONS = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
MEASURES = ("rate", "cv", "correlation")
START, STOP = 500.0, 10_500.0  # ms
BIN = 2.0  # ms
SAMPLED = 250

# NEST with another seed, all else the same: mean rates, spikes/s, and the distances of its
# distributions from the reference, [population, measure].
OTHER_MEANS = np.array([0.929, 2.965, 4.191, 5.696, 7.977, 8.463, 1.089, 7.652])
OTHER_DISTANCES = np.array([
    [0.012, 0.018, 0.005, 0.015, 0.012, 0.024, 0.020, 0.017],
    [0.008, 0.023, 0.006, 0.015, 0.013, 0.046, 0.009, 0.017],
    [0.065, 0.061, 0.021, 0.020, 0.013, 0.015, 0.038, 0.032],
]).T  # fmt: skip


def measures(spikes: Any, seed: int = 0) -> list[np.ndarray]:
    """MEASURES of one population's Spikes after START, up to STOP: as many arrays of values.

    rate: spikes/s, of each neuron. cv: standard deviation of the intervals (of n of them, divided
    by n) over their mean, of each neuron with at least 3 spikes. correlation: Pearson's, of counts
    in bins of 2 ms, of each pair of 250 of the neurons that fired, which `seed` draws.
    """
    cv = spikes.cv(START, STOP, at_least=3)
    correlation = spikes.correlation(BIN, SAMPLED, START, STOP, seed=seed)
    return [spikes.rates(START, STOP), cv[np.isfinite(cv)], correlation]


def quantiles(values: np.ndarray, number: int = 1000) -> np.ndarray:
    """Those of the values at the levels (k + 1/2)/number: as near as so many can be [number]."""
    levels = (np.arange(number) + 0.5) / number
    return np.quantile(values, levels, method="inverted_cdf").astype(np.float32)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Kolmogorov's and Smirnov's: the largest difference of the distribution functions, 0 to 1."""
    from scipy.stats import ks_2samp

    # Many values are discrete, and rounding errors must not part what is equal.
    a, b = (np.round(np.asarray(values, float), 6) for values in (a, b))
    return float(ks_2samp(a, b, method="asymp").statistic)


def compare(results: Any) -> dict[str, list[Any]]:
    """A run beside the reference: "means" [8], spikes/s, and "distances" [8][3].

    A distribution depends on how long one looks: of a run that ends before STOP, distances are [].
    """
    means = [results[p].spikes.rate(START, min(STOP, results.duration)) for p in POPULATIONS]
    if results.duration < STOP:
        return {"means": means, "distances": []}
    theirs = np.load(FILE)["quantiles"]
    distances = [
        [distance(ours, nest) for ours, nest in zip(measures(results[p].spikes), of_p, strict=True)]
        for p, of_p in zip(POPULATIONS, theirs, strict=True)
    ]
    return {"means": means, "distances": distances}


def text(found: Mapping[str, Any]) -> str:
    """What `compare` found, as a table."""
    reference = np.load(FILE)["means"]
    head = ["", "1/s", NEST, "%", *(f"D of {m}" for m in MEASURES if found["distances"])]
    lines = []
    for k, mean in enumerate(found["means"]):
        ours, other = (100 * (x / reference[k] - 1) for x in (mean, OTHER_MEANS[k]))
        line = [POPULATIONS[k], f"{mean:.3f}", f"{reference[k]:.3f}", f"{ours:+.1f} ({other:+.1f})"]
        if found["distances"]:
            pairs = zip(found["distances"][k], OTHER_DISTANCES[k], strict=True)
            line += [f"{ours:.3f} ({other:.3f})" for ours, other in pairs]
        lines.append(line)
    return (
        f"{table.text(head, lines)}\nmean rates after {START:g} ms; D: Kolmogorov-Smirnov distance "
        f"from {NEST}; in brackets: the same of {NEST} with another seed"
    )


def rows(case: str, found: Mapping[str, Any], ending: str = "") -> list[Row]:
    """The same: mean rates beside NEST's, and distances beside those of its other seed."""
    reference = np.load(FILE)["means"]
    made = []
    for k, mean in enumerate(found["means"]):
        name = f"{case}-{POPULATIONS[k]}"
        made.append(Row(f"{name}-rate{ending}", mean, float(reference[k]), f"{NEST}, kept", "1/s"))
        for m, ours in enumerate(found["distances"][k] if found["distances"] else ()):
            other, of = float(OTHER_DISTANCES[k, m]), f"{name}-D-{MEASURES[m]}{ending}"
            made.append(Row(of, ours, other, f"{NEST}, two seeds", "1"))
    return made

"""Statistics of spike trains, on plain arrays: counts in bins, Fano factors, correlations.

Bins hold their end but not their start, ]a, b], since a spike is labelled with the end of its step.
"""

from __future__ import annotations

import numpy as np

from .times import SLACK


def places(t: np.ndarray, start: float, width: float) -> np.ndarray:
    """The number of the bin that each time lies in, int64; the first begins at `start`."""
    return np.ceil((t - start - SLACK) / width).astype(np.int64) - 1


def rows(i: np.ndarray, neurons: np.ndarray) -> np.ndarray:
    """Where in `neurons` each of the numbers `i` stands; -1 if nowhere."""
    top = max(i.max(initial=-1), neurons.max(initial=-1)) + 1
    if top <= 4 * (len(i) + len(neurons)) + 1000:
        row = np.full(top, -1, dtype=np.int64)
        row[neurons] = np.arange(len(neurons))
        return row[i]
    if not len(neurons):
        return np.full(len(i), -1)
    # Slower, but of few spikes with high numbers that table would be large for nothing.
    order = np.argsort(neurons, kind="stable")
    row = order[np.searchsorted(neurons, i, sorter=order).clip(max=len(neurons) - 1)]
    return np.where(neurons[row] == i, row, -1)


def binned(row: np.ndarray, place: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """How many spikes are in each row and place, int64 [rows, places]; those outside are left."""
    inside = (row >= 0) & (place >= 0) & (place < shape[1])
    flat = row[inside] * shape[1] + place[inside]
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)


def fano(counts: np.ndarray) -> np.ndarray:
    """Variance over mean of each row of counts (divided by n); NaN where there are none [rows]."""
    with np.errstate(invalid="ignore"):
        return counts.var(axis=1) / counts.mean(axis=1)


def correlation(counts: np.ndarray) -> np.ndarray:
    """Pearson's of each pair of rows (0, 1), (0, 2) ... (1, 2) ...; NaN where one is constant."""
    if len(counts) < 2:
        return np.empty(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.corrcoef(counts)[np.triu_indices(len(counts), 1)]

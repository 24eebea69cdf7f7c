"""What white noise adds in a step to variables that follow linear equations."""

from __future__ import annotations

import numpy as np

_TERMS = 16  # of Taylor series whose ratios are 1/2 at most
# A pivot of a correlation matrix below this is rounding: its variable adds no noise of its own.
_NO_PIVOT = 1e-13


def covariance(matrix: np.ndarray, noise: np.ndarray, duration: float) -> np.ndarray:
    """Q = integral over s from 0 to `duration` of e^{As} B B^T e^{A^T s}, [..., n, n].

    matrix: A [..., n, n]; noise: B [..., n, m]. A short time h by Taylor series; then it is doubled
    until it is long enough, by Q(2h) = Q(h) + P(h) Q(h) P(h)^T with the propagator P(h). Only
    semidefinite matrices are added, so nothing cancels however stiff A is, where the exponential of
    the block matrix [[-A, B B^T], [0, A^T]] (Van Loan 1978, IEEE Trans. Autom. Control 23:395)
    overflows.
    """
    n = matrix.shape[-1]
    spread = np.broadcast_shapes(matrix.shape[:-2], noise.shape[:-2])
    a = np.broadcast_to(matrix, (*spread, n, n))
    largest = float(np.abs(a).sum(axis=-1).max(initial=0.0)) * duration
    doublings = max(0, int(np.ceil(np.log2(4 * largest)))) if largest > 0 else 0
    h = duration / 2.0**doublings
    a = a * h
    term = noise @ _transposed(noise) * h
    power = np.broadcast_to(np.eye(n), a.shape)
    q, p = term, power
    for k in range(1, _TERMS):
        term = (a @ term + term @ _transposed(a)) / (k + 1)
        power = a @ power / k
        q, p = q + term, p + power
    for _ in range(doublings):
        q = q + p @ q @ _transposed(p)
        p = p @ p
    return (q + _transposed(q)) / 2


def noise_factor(matrix: np.ndarray, noise: np.ndarray, duration: float) -> np.ndarray:
    """A lower triangular L [..., n, n] with L L^T = `covariance`, which may be semidefinite."""
    q = covariance(matrix, noise, duration)
    sigma = np.sqrt(np.maximum(np.diagonal(q, axis1=-2, axis2=-1), 0.0))
    scale = np.where(sigma > 0, sigma, 1.0)
    rest = q / (scale[..., :, None] * scale[..., None, :])
    factor = np.zeros_like(rest)
    for k in range(rest.shape[-1]):
        pivot = rest[..., k, k]
        some = pivot > _NO_PIVOT
        root = np.sqrt(np.where(some, pivot, 1.0))
        column = np.where(some[..., None], rest[..., :, k] / root[..., None], 0.0)
        column[..., :k] = 0.0
        factor[..., :, k] = column
        rest = rest - column[..., :, None] * column[..., None, :]
    return factor * scale[..., :, None]


def _transposed(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -2)

"""The linear nodes of NIR as sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array, eye_array

LINEAR = ("Linear", "Affine", "Scale", "Conv2d", "SumPool2d", "AvgPool2d", "Flatten", "Delay")
MOST_NEURONS = 2**24  # of a node
_MOST_ENTRIES = 2**27
_LARGEST_KERNEL = 512


def _few(values: int, entries: int) -> None:
    """Raise ValueError for what would fill the memory."""
    if values > MOST_NEURONS or entries > _MOST_ENTRIES:
        raise ValueError(f"{values} values of {entries} connections are too many")


def matrix_of(
    node: Any, kind: str, shape: tuple[int, ...]
) -> tuple[Any, np.ndarray, tuple[int, ...]]:
    """(matrix [out, in], bias [out], shape of what comes out) of a node that gets `shape`.

    Raises ValueError where shapes don't fit.
    """
    size = int(np.prod(shape))
    if kind in ("Linear", "Affine"):
        weight = np.asarray(node.weight, np.float64)
        if weight.ndim != 2 or weight.shape[1] != size:
            raise ValueError(f"a weight of shape {weight.shape} for {size} values")
        bias = np.ravel(node.bias) if kind == "Affine" else np.zeros(len(weight))
        if len(bias) != len(weight):
            raise ValueError(f"a bias of {len(bias)} values for {len(weight)} rows")
        return csr_array(weight), bias.astype(np.float64), (len(weight),)
    if kind == "Scale":
        scale = np.ravel(np.asarray(node.scale, np.float64))
        if len(scale) not in (1, size):
            raise ValueError(f"a scale of {len(scale)} values for {size}")
        return diags_array(np.broadcast_to(scale, (size,))), np.zeros(size), shape
    if kind == "Flatten":
        return eye_array(size), np.zeros(size), _flattened(node, shape)
    if len(shape) != 3:
        raise ValueError(f"a {kind} of values of shape {shape}, expected (channels, y, x)")
    if kind == "Conv2d":
        return _convolution(node, shape)
    return _pooling(node, kind, shape)


def _flattened(node: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    start = int(node.start_dim) % len(shape)
    end = int(node.end_dim) % len(shape)
    return (*shape[:start], int(np.prod(shape[start : end + 1])), *shape[end + 1 :])


def _pair(value: Any) -> tuple[int, int]:
    found = np.ravel(value)
    whole = found.dtype.kind in "iuf" and len(found) in (1, 2)
    if not whole or not np.array_equal(found, np.rint(found)):
        raise ValueError(f"{value!r} is no whole number")
    if np.abs(found).max() > MOST_NEURONS:
        raise ValueError(f"{value!r} is too large")
    return int(found[0]), int(found[-1])


def _convolution(node: Any, shape: tuple[int, ...]) -> tuple[Any, np.ndarray, tuple[int, ...]]:
    weight = np.asarray(node.weight, np.float64)
    if isinstance(node.padding, str):
        raise ValueError(f"padding {node.padding!r}; expected numbers")
    out, per_group, *kernel = weight.shape
    groups = _pair(node.groups)[0]
    if groups < 1 or per_group * groups != shape[0] or out % groups:
        raise ValueError(f"weights of shape {weight.shape} in {groups} groups for {shape}")
    taps, extent = _taps(kernel, shape, node.stride, node.padding, node.dilation)
    rows, columns, values = [], [], []
    pixels = np.arange(shape[1] * shape[2]).reshape(shape[1:])
    places = np.arange(extent[0] * extent[1]).reshape(extent)
    _few(out * places.size, weight.size * places.size)
    channel = np.arange(out)[:, None, None]
    source = channel // (out // groups) * per_group + np.arange(per_group)[:, None]
    for (ky, kx), (target_y, target_x, source_y, source_x) in taps:
        p, q = (
            places[np.ix_(target_y, target_x)].ravel(),
            pixels[np.ix_(source_y, source_x)].ravel(),
        )
        shape_of = out, per_group, len(p)
        rows.append(np.broadcast_to(channel * places.size + p, shape_of).ravel())
        columns.append((source * pixels.size + q).ravel())
        values.append(np.repeat(weight[:, :, ky, kx].ravel(), len(p)))
    full = out * places.size, shape[0] * pixels.size
    matrix = _assembled(values, rows, columns, full)
    bias = np.ravel(np.asarray(node.bias, np.float64))
    if len(bias) not in (1, out):
        raise ValueError(f"a bias of {len(bias)} values for {out} channels")
    return matrix, np.repeat(np.broadcast_to(bias, out), places.size), (out, *extent)


def _pooling(
    node: Any, kind: str, shape: tuple[int, ...]
) -> tuple[Any, np.ndarray, tuple[int, ...]]:
    kernel = _pair(node.kernel_size)
    taps, extent = _taps(kernel, shape, node.stride, node.padding, (1, 1))
    pixels = np.arange(shape[1] * shape[2]).reshape(shape[1:])
    places = np.arange(extent[0] * extent[1]).reshape(extent)
    _few(shape[0] * places.size, shape[0] * places.size * kernel[0] * kernel[1])
    share = 1.0 if kind == "SumPool2d" else 1.0 / (kernel[0] * kernel[1])
    rows, columns, values = [], [], []
    for _, (target_y, target_x, source_y, source_x) in taps:
        p, q = (
            places[np.ix_(target_y, target_x)].ravel(),
            pixels[np.ix_(source_y, source_x)].ravel(),
        )
        for c in range(shape[0]):
            rows.append(c * places.size + p)
            columns.append(c * pixels.size + q)
            values.append(np.full(len(p), share))
    full = shape[0] * places.size, shape[0] * pixels.size
    return _assembled(values, rows, columns, full), np.zeros(full[0]), (shape[0], *extent)


def _taps(kernel: Any, shape: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """For each element of a kernel, which outputs read which inputs; and the output's extent."""
    axes = []
    extent = []
    for axis in range(2):
        k, n = int(kernel[axis]), int(shape[axis + 1])
        s, p, d = (_pair(word)[axis] for word in (stride, padding, dilation))
        if s < 1 or d < 1 or p < 0 or k < 1:
            raise ValueError(f"kernel {k}, stride {s}, padding {p}, dilation {d}")
        m = (n + 2 * p - d * (k - 1) - 1) // s + 1
        if m < 1:
            raise ValueError(f"a kernel of {k} is larger than the {n} values that it reads")
        if k > _LARGEST_KERNEL or m > MOST_NEURONS:
            raise ValueError(f"a kernel of {k}, {m} values wide, is too large")
        extent.append(m)
        at = np.arange(m)
        found = []
        for tap in range(k):
            source = at * s - p + tap * d
            inside = (source >= 0) & (source < n)
            found.append((at[inside], source[inside]))
        axes.append(found)
    taps = [
        ((ky, kx), (axes[0][ky][0], axes[1][kx][0], axes[0][ky][1], axes[1][kx][1]))
        for ky in range(len(axes[0]))
        for kx in range(len(axes[1]))
    ]
    return taps, tuple(extent)


def _assembled(values: Any, rows: Any, columns: Any, shape: tuple[int, int]) -> Any:
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return csr_array(coo_array(entries, shape=shape))

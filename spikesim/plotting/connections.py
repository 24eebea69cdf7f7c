"""Connections of a projection: who is connected to whom, and how late."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..results import Connections
from .canvas import INK, PALETTE, axes, checked, new_figure, quiet, remark

_MOST = 400  # rows or columns drawn; with more neurons a cell stands for several


def matrix(connections: Connections, *, ax: Any = None) -> Any:
    """Draw the weights from each source (down) to each target (across).

    Several connections of one pair add up. Of more than 400 neurons, a cell is the sum over a block
    of them. Blue is positive, red negative, white none. The highest numbers are those that have a
    connection.

    Returns the Axes. Raises ImportError without matplotlib.
    """
    rows, columns = _extent(connections.source), _extent(connections.target)
    step = max(1, -(-max(rows, columns) // _MOST))
    shape = -(-rows // step), -(-columns // step)
    place = np.ravel_multi_index(
        (connections.source // step, connections.target // step), shape
    )  # fmt: skip
    total = np.bincount(place, connections.weight, minlength=shape[0] * shape[1]).reshape(shape)
    if checked(ax) is None:
        across = float(np.clip(3.6 * columns / rows, 2.4, 7.0))
        down = float(np.clip(3.6 * rows / columns, 1.8, 4.6))
        ax = new_figure(across + 1.4, min(down, 4.6) + 0.6).subplots()
    limit = float(np.abs(total).max(initial=0.0)) or 1.0
    image = ax.imshow(
        total, cmap="RdBu", vmin=-limit, vmax=limit, interpolation="nearest", aspect="auto",
        extent=(-0.5, shape[1] * step - 0.5, shape[0] * step - 0.5, -0.5),
    )  # fmt: skip
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8)
    unit = f" ({connections.unit})" if connections.unit not in ("", "1") else ""
    block = f", sum over {step} by {step}" if step > 1 else ""
    bar.set_label(f"weight{unit}{block}", fontsize=9, color=INK)
    bar.ax.tick_params(labelsize=8, colors=INK)
    bar.outline.set_visible(False)
    quiet(ax)
    ax.set_xlabel("target")
    ax.set_ylabel("source")
    if not len(connections):
        remark(ax, "no connections")
    return ax


def delays(connections: Connections, *, ax: Any = None) -> Any:
    """Draw a histogram of the delays, in steps of time if there are few.

    Returns the Axes. Raises ImportError without matplotlib.
    """
    values, counts = np.unique(np.round(connections.delay, 9), return_counts=True)
    ax = axes(ax, 4.6, 2.8)
    if 0 < len(values) <= 60:  # each delay is a bar: delays are whole steps
        width = float(np.diff(values).min()) if len(values) > 1 else 0.1
        ax.bar(values, counts, 0.9 * width, color=PALETTE[0])
        room = max(3 * width, 0.05 * (values[-1] - values[0]))
        ax.set_xlim(values[0] - room, values[-1] + room)
    elif len(values):
        ax.hist(connections.delay, bins=50, color=PALETTE[0])
    quiet(ax)
    ax.set_xlabel("delay (ms)")
    ax.set_ylabel("connections")
    if not len(connections):
        remark(ax, "no connections")
    return ax


def _extent(numbers: np.ndarray) -> int:
    return int(numbers.max(initial=0)) + 1

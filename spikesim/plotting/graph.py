"""A network as a graph: populations with their sizes, projections with their counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..backends.memory import expected
from ..build import build
from ..distributions import Distribution
from ..ir.program import Edges, Program
from ..network import Network
from .canvas import INK, axes, quiet

_RADIUS = 0.17
_NODE = "#555555"
_INHIBITION = "#D55E00"
_EXCITATION = "#0072B2"
_MOST_LABELS = 16  # arrows; with more of them counts would cover each other


def graph(network: Any, *, ax: Any = None) -> Any:
    """Draw the populations of a Network (or Model) in a circle, and an arrow for each projection.

    The wider an arrow, the more connections; with up to 16 projections their number stands beside.
    Orange is for negative weights, blue for others. A number that a rule draws is its expectation.

    Returns the Axes. Raises what the network's description lacks, and ImportError without
    matplotlib.
    """
    program: Program = build(network) if isinstance(network, Network) else network.program
    sizes = {n.name: n.size for n in program.neurons}
    counts = {
        e.name: expected(e, sizes) for e in (*program.edges, *program.plastic, *program.couplings)
    }
    places = _circle([*sizes])
    ax = axes(ax, 5.2, 5.2 if len(sizes) > 2 else 2.6)
    from matplotlib.patches import Circle

    most = max(counts.values(), default=1.0) or 1.0
    between: Counter[tuple[str, str]] = Counter()
    for e in (*program.edges, *program.plastic, *program.couplings):
        ends = e.source.group, e.target.group
        between[ends] += 1
        label = f"{counts[e.name]:,.0f}" if len(counts) <= _MOST_LABELS else ""
        width = 0.6 + 2.6 * np.sqrt(counts[e.name] / most)
        bow = 0.18 * between[ends]
        _arrow(ax, places[ends[0]], places[ends[1]], bow, _colour(e), width, label)
    for name, (x, y) in places.items():
        ax.add_patch(Circle((x, y), _RADIUS, color=_NODE, zorder=3, lw=0))
        ax.text(x, y, f"{name}\n{sizes[name]:,}", ha="center", va="center", fontsize=8,
                color="white", fontweight="bold", zorder=4)  # fmt: skip
    quiet(ax)
    ax.set_aspect("equal")
    ax.set_axis_off()
    x, y = np.abs([*places.values()]).max(axis=0, initial=0.0) + 3.4 * _RADIUS
    ax.set_xlim(-x, x)
    ax.set_ylim(-y, y)
    return ax


def _circle(names: list[str]) -> dict[str, np.ndarray]:
    """Places on a circle, the first at the left, clockwise; one alone in the middle."""
    if len(names) == 1:
        return {names[0]: np.zeros(2)}
    angle = np.pi - 2 * np.pi * np.arange(len(names)) / len(names)
    return dict(zip(names, np.column_stack([np.cos(angle), np.sin(angle)]), strict=True))


def _colour(e: Edges) -> str:
    weight: Any = next((f.value for f in e.fields if f.name == "weight"), 1.0)
    if isinstance(weight, Distribution):
        weight = weight.quantile(np.array(0.5))
    return _INHIBITION if np.size(weight) and np.mean(weight) < 0 else _EXCITATION


def _arrow(
    ax: Any, start: np.ndarray, end: np.ndarray, bow: float, colour: str, width: float, label: str
) -> None:
    """A bow from one place to another, or a ring that stands away from the middle."""
    from matplotlib.patches import Circle, FancyArrowPatch

    way = end - start
    length = float(np.linalg.norm(way))
    if not length:
        outwards = start / np.linalg.norm(start) if start.any() else np.array([0.0, 1.0])
        centre = start + (1.0 + 2 * bow) * _RADIUS * outwards
        ring = Circle((centre[0], centre[1]), 0.95 * _RADIUS, fill=False, ec=colour, lw=width)
        ring.set_alpha(0.85)
        ax.add_patch(ring)
        at = centre + 0.95 * _RADIUS * outwards
    else:
        across = np.array([way[1], -way[0]]) / length
        shrink = 1.2 * _RADIUS * way / length + 0.2 * _RADIUS * across
        a, b = start + shrink, end - shrink + 0.4 * _RADIUS * across
        ax.add_patch(FancyArrowPatch(
            a, b, connectionstyle=f"arc3,rad={bow}", arrowstyle="-|>", lw=width, color=colour,
            mutation_scale=8 + 2 * width, shrinkA=0, shrinkB=0, zorder=2, alpha=0.85,
        ))  # fmt: skip
        at = (a + b) / 2 + 0.5 * bow * float(np.linalg.norm(b - a)) * across
    if label:
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        ax.text(*at, label, ha="center", va="center", fontsize=7.5, color=INK, zorder=5, bbox=box)

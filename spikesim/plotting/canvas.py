"""What the plots share on the side of matplotlib: loading it, colours, quiet axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ParameterError

# Eight colours that the colour-blind can tell apart (after Okabe and Ito 2008), darkest first.
PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#AA4499",
    "#56B4E9",
    "#E69F00",
    "#66A61E",
    "#666666",
)
INK = "#333333"
MUTED = "#777777"
FAINT = "#E4E4E4"


def pyplot() -> Any:
    """matplotlib.pyplot. ImportError, saying what to install, where it is missing."""
    try:
        import matplotlib.pyplot
    except ImportError as fault:
        raise ImportError(
            f"plots need matplotlib, which can't be loaded ({fault}): pip install 'spikesim[plot]'"
        ) from fault
    return matplotlib.pyplot


def colours(names: Sequence[str], chosen: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A colour for each population: the chosen one, or the next of PALETTE."""
    picked = {name: PALETTE[k % len(PALETTE)] for k, name in enumerate(names)}
    return picked | {name: c for name, c in (chosen or {}).items() if name in picked}


def new_figure(width: float, height: float) -> Any:
    """A figure of a size in inches whose panels arrange themselves."""
    return pyplot().figure(figsize=(width, height), layout="constrained")


def axes(ax: Any, width: float, height: float) -> Any:
    """The Axes given, or those of a new figure of a size in inches.

    Raises ParameterError for what is no Axes.
    """
    return new_figure(width, height).subplots() if checked(ax) is None else ax


def checked(ax: Any) -> Any:
    """`ax`, an Axes or None. Raises ParameterError for anything else."""
    if ax is None or isinstance(ax, pyplot().Axes):
        return ax
    got = f"a {type(ax).__name__}" if np.size(ax) != 1 or np.ndim(ax) else f"{ax!r:.60}"
    one = "; of several, give one, such as ax=axes[0]" if np.ndim(ax) else ""
    raise ParameterError(
        f"ax is {got}; expected an Axes of matplotlib, as in figure, ax = plt.subplots(){one}"
    )


def remark(ax: Any, text: str) -> None:
    """Say in the middle of an Axes why nothing is drawn there."""
    ax.text(
        0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", fontsize=9, color=MUTED
    )


def quiet(ax: Any) -> None:
    """Leave only the lines of an Axes that carry a scale."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(INK)
    ax.spines[["left", "bottom"]].set_linewidth(0.8)
    ax.tick_params(colors=INK, labelsize=8, width=0.8)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set_color(INK)
        label.set_fontsize(9)


def beside(ax: Any, height: float, text: str, colour: Any, xycoords: Any = "axes fraction") -> None:
    """Write at the right-hand side of an Axes."""
    ax.annotate(
        text,
        (1.0, height),
        xytext=(6, 0),
        xycoords=xycoords,
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=colour,
    )


def legend(ax: Any) -> None:
    """Names in the colours of their lines, at the right-hand side of an Axes."""
    ax.legend(
        frameon=False,
        fontsize=8,
        labelcolor="linecolor",
        handlelength=0,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.05),
    )


def extent_in_points(ax: Any) -> tuple[float, float]:
    """Width and height of an Axes, in points, before a layout engine has moved it."""
    box, (width, height) = ax.get_position(), ax.figure.get_size_inches()
    return 72.0 * box.width * width, 72.0 * box.height * height

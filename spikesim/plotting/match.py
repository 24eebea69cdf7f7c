"""What a chip does to a network's spikes: how many survive, by cause, and which differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UnknownNameError, did_you_mean
from .canvas import FAINT, INK, MUTED, PALETTE, axes, legend, quiet, remark

if TYPE_CHECKING:
    from ..exporters import Errors

_LOST, _MORE = PALETTE[1], PALETTE[0]
_MOST = 200  # neurons drawn, those that differ most


def causes(errors: Errors, *, ax: Any = None) -> Any:
    """Draw F1 of spikes in the same step, and within the slack, for the whole and for each cause.

    errors: of `exporters.compare`. A dot a population, hollow within the slack; the further to the
    left, the more a cause alone does to the spikes.

    Returns the Axes. Raises ImportError without matplotlib.
    """
    rows = {"all together": errors.whole, **errors.causes}
    ax = axes(ax, 5.4, 0.5 + 0.34 * len(rows))
    groups = list(errors.whole)
    for y, found in enumerate(rows.values()):
        ax.axhline(y, color=FAINT, lw=0.8, zorder=0)
        for k, group in enumerate(groups):
            one, colour = found[group], PALETTE[k % len(PALETTE)]
            # Populations beside each other, so that equal values are seen.
            at = y + 0.16 * (k - (len(groups) - 1) / 2)
            ax.plot([one.exact, one.within], [at, at], color=colour, lw=0.8)
            ax.plot(one.within, at, "o", ms=5, mfc="white", mec=colour, mew=1.0)
            ax.plot(one.exact, at, "o", ms=5, color=colour, label=group if not y else None)
    quiet(ax)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(-0.03, 1.03)
    slack = next(iter(errors.whole.values())).slack
    ax.set_xlabel(f"F1 of spikes: in the same step, hollow within {slack} steps")
    if len(groups) > 1:
        legend(ax)
    return ax


def differences(errors: Errors, group: str | None = None, *, ax: Any = None) -> Any:
    """Draw a population's spikes: those that the chip has as well, has not, and has besides.

    group: a population; default the one whose spikes differ most. Of more than 200 neurons the 200
    that differ most are drawn. A line marks the first step that differs.

    Returns the Axes. Raises UnknownNameError for an unknown population, and ImportError without
    matplotlib.
    """
    if group is None:
        group = min(errors.whole, key=lambda g: errors.whole[g].exact)
    if group not in errors.whole:
        raise UnknownNameError(f"no population {group!r:.40}; {did_you_mean(group, errors.whole)}")
    expected, found = errors.expected[group], errors.found[group]
    wrong = np.abs(expected - found).sum(axis=0)
    shown = np.sort(np.argsort(-wrong, kind="stable")[:_MOST])
    ax = axes(ax, 6.8, 2.8)
    a, b = expected[:, shown], found[:, shown]
    kinds = (
        ("on both", np.minimum(a, b), MUTED),
        ("lost on the chip", np.maximum(a - b, 0), _LOST),
        ("on the chip alone", np.maximum(b - a, 0), _MORE),
    )
    size = float(np.clip(160 / max(len(shown), 1), 1.2, 8))
    for label, counts, colour in kinds:
        steps, rows = np.nonzero(counts)
        t = (steps + 1) * errors.dt
        ax.plot(t, rows, "|", ms=size, mew=1.0, color=colour, label=f"{label}: {counts.sum():,}",
                rasterized=len(t) > 3000)  # fmt: skip
    first = errors.whole[group].diverges
    if first is not None:
        ax.axvline((first + 1) * errors.dt, color=INK, lw=0.8, ls=":")
    if not expected.any() and not found.any():
        remark(ax, "no spikes")
    quiet(ax)
    ax.set_xlim(0, len(expected) * errors.dt)
    ax.set_ylim(-0.7, max(len(shown), 1) - 0.3)
    ax.set_xlabel("time (ms)")
    of = "" if len(shown) == expected.shape[1] else f", {len(shown)} of {expected.shape[1]:,}"
    ax.set_ylabel(f"neurons of {group}{of}")
    legend(ax)
    return ax

"""Plots of what a chip does to spikes: what is drawn is what was compared."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from spikesim import plotting
from spikesim.errors import UnknownNameError
from spikesim.exporters import Errors
from spikesim.exporters.match import match


def errors() -> Errors:
    """Of a: a spike lost, one that is new, one on both; of b: none at all."""
    a, b = np.zeros((10, 3), np.int64), np.zeros((10, 2), np.int64)
    found = a.copy()
    a[2, 0] = a[5, 1] = found[5, 1] = found[9, 2] = 1
    whole = {"a": match(a, found), "b": match(b, b)}
    expected, got = {"a": a, "b": b}, {"a": found, "b": b}
    return Errors(whole, {"weights": whole}, expected, got, 0.5)


def test_differences() -> None:
    ax = plotting.differences(errors())
    drawn = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
             for line in ax.get_lines()[:3]}  # fmt: skip
    assert drawn == {
        "on both: 1": ([3.0], [1]), "lost on the chip: 1": ([1.5], [0]),
        "on the chip alone: 1": ([5.0], [2]),
    }  # fmt: skip
    assert list(ax.get_lines()[3].get_xdata()) == [1.5, 1.5]
    assert plotting.differences(errors(), "b").texts[0].get_text() == "no spikes"
    with pytest.raises(UnknownNameError, match="a, b"):
        plotting.differences(errors(), "c")


def test_causes() -> None:
    made = errors()
    ax = plotting.causes(made)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["all together", "weights"]
    filled = [line.get_xdata()[0] for line in ax.get_lines() if line.get_label() in ("a", "b")]
    assert filled == [made.whole["a"].exact, made.whole["b"].exact]

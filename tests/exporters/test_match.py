"""Measures of how alike spike trains are, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikesim.errors import ParameterError
from spikesim.exporters.match import Errors, match


def trains(*steps: list[int]) -> np.ndarray:
    found = np.zeros((10, len(steps)), np.int64)
    for k, one in enumerate(steps):
        found[one, k] = 1
    return found


def test_by_hand() -> None:
    """Neuron 0: one of two in its step, the other 1 later. Neuron 1: 5 late, and one too many."""
    m = match(trains([1, 4], [2]), trains([1, 5], [7, 9]), slack=2)
    assert m.exact == pytest.approx(2 * 1 / 7)
    assert m.within == pytest.approx(2 * 2 / 7)
    assert m.diverges == 2
    assert m.spikes == (3, 4)
    assert not m.same_winner


def test_equal_and_empty() -> None:
    same = match(trains([1], [3, 4]), trains([1], [3, 4]))
    assert (same.exact, same.within, same.diverges, same.rates) == (1.0, 1.0, None, 1.0)
    nothing = match(trains([], []), trains([], []))
    assert nothing.exact == 1.0 and nothing.same_winner


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_a_shift_is_seen_within_it(seed: int, shift: int) -> None:
    rng = np.random.default_rng(seed)
    a = np.zeros((40, 3), np.int64)
    a[5:30][rng.random((25, 3)) < 0.2] = 1
    b = np.roll(a, shift, axis=0)
    m = match(a, b, slack=shift)
    assert m.within == 1.0 and m.rates == 1.0
    assert m.exact <= match(a, b, slack=0).within + 1e-12


def test_shapes() -> None:
    with pytest.raises(ParameterError, match="expected the same"):
        match(np.zeros((3, 2)), np.zeros((4, 2)))


def errors(whole: tuple[np.ndarray, np.ndarray], **causes: tuple[np.ndarray, np.ndarray]) -> Errors:
    found = {cause: {"c": match(*pair)} for cause, pair in causes.items()}
    return Errors({"c": match(*whole)}, found, {"c": whole[0]}, {"c": whole[1]}, 1.0)


def test_where_nothing_spiked_agreement_says_nothing() -> None:
    silent = trains([], [])
    text = str(errors((silent, silent), weights=(silent, silent)))
    assert text.count("so that they agree says nothing") == 2
    assert text.endswith("Nothing spiked: give stronger input, or a longer run.")
    assert "F1" not in text


def test_the_text_says_which_cause_matters_most() -> None:
    a, b, c = trains([1, 4]), trains([1, 5]), trains([7, 9])
    text = str(errors((a, c), bias=(a, a), weights=(a, c), decay=(a, b)))
    assert text.startswith("as a whole    c: F1 0.0000")
    assert "Most is lost by: weights (alone, F1 0.0000" in text
    assert "No cause alone changes a spike" in str(errors((a, a), bias=(a, a)))


def test_the_text_says_that_recurrent_networks_drift() -> None:
    a = trains([0, 1], [0, 1, 2, 3], [0])
    b = trains([6, 7], [6, 7, 8, 9], [9])
    assert "Rates agree, steps do not: c." in str(errors((a, b), bias=(a, a)))
    assert "Rates agree" not in str(errors((a, a), bias=(a, a)))

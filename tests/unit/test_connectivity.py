"""Rules: degrees, autapses, multapses, order, laws; every draw a function of its counters."""

from collections import Counter

import numpy as np
import pytest
import scipy.sparse
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

import spikesim as sp
from spikesim import random
from spikesim.build import build
from spikesim.connectivity import base
from spikesim.connectivity.base import Ends
from spikesim.passes.draw import draw as draw_program
from spikesim.units import ms, mV, nS, pA

SIZE = 24


@st.composite
def views(draw):
    """Two views: of one population (they overlap or not), or of two."""
    index = st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=SIZE, unique=True)
    source, target = np.array(draw(index)), np.array(draw(index))
    return source, target, draw(st.booleans())


def ends_of(source, target, same):
    return Ends.between(source, target, SIZE, same)


def pairs_of(rule, source, target, same, seed=1, stream=7):
    """The neurons that are connected, as a list of (source, target)."""
    ends = ends_of(source, target, same)
    assert not rule.faults(ends)
    pairs = rule.draw(ends, seed, stream)
    check_order(pairs, rule, ends)
    return list(zip(source[pairs.source].tolist(), target[pairs.target].tolist(), strict=True))


def check_order(pairs, rule, ends):
    assert (np.diff(pairs.source) >= 0).all()
    for array in (pairs.source, pairs.target, pairs.row, pairs.position, pairs.given):
        assert array.dtype == np.int64 and array.shape == pairs.source.shape
    if len(pairs):
        assert pairs.source.min() >= 0 and pairs.source.max() < ends.n_source
        assert pairs.target.min() >= 0 and pairs.target.max() < ends.n_target
    assert sorted(pairs.given) == list(range(len(pairs)))
    counters = set(zip(pairs.row.tolist(), pairs.position.tolist(), strict=True))
    assert len(counters) == len(pairs)  # each connection has draws of its own
    count = rule.count(ends)
    assert count is None or count == len(pairs)


def itself(found, same):
    return [pair for pair in found if same and pair[0] == pair[1]]


# --- degrees, autapses, multapses ----------------------------------------------------------------


@given(views(), st.booleans())
def test_all_to_all(view, autapses):
    source, target, same = view
    found = pairs_of(sp.all_to_all(autapses), *view)
    expected = [(s, t) for s in source for t in target if autapses or not same or s != t]
    assert found == expected


@given(views())
def test_one_to_one(view):
    source, target, same = view
    n = min(len(source), len(target))
    assert pairs_of(sp.one_to_one(), source[:n], target[:n], same) == list(
        zip(source[:n], target[:n], strict=True)
    )


@given(views(), st.sampled_from([0.0, 1e-320, 0.02, 0.3, 0.9, 0.999, 1.0]), st.booleans())
def test_fixed_probability(view, p, autapses):
    found = pairs_of(sp.fixed_probability(p, autapses), *view)
    assert max(Counter(found).values(), default=1) == 1
    assert autapses or not itself(found, view[2])
    if p in (0.0, 1e-320):
        assert not found
    if p == 1.0:
        assert found == pairs_of(sp.all_to_all(autapses), *view)


def degrees(found, side, of):
    counted = Counter(pair[side] for pair in found)
    return [counted[one] for one in of.tolist()]


@settings(deadline=None)
@given(views(), st.integers(0, SIZE), st.booleans(), st.booleans(), st.booleans())
def test_fixed_degrees(view, degree, autapses, multapses, outward):
    source, target, same = view
    rule = (sp.fixed_outdegree if outward else sp.fixed_indegree)(degree, autapses, multapses)
    fixed, others = (source, target) if outward else (target, source)
    shared = same and bool(set(source.tolist()) & set(target.tolist()))
    available = len(others) - (not autapses and shared)
    possible = degree == 0 or (available > 0 and (multapses or degree <= available))
    assert (not rule.faults(ends_of(*view))) == possible
    assume(possible)
    found = pairs_of(rule, *view)
    assert degrees(found, 0 if outward else 1, fixed) == [degree] * len(fixed)
    assert autapses or not itself(found, same)
    assert multapses or max(Counter(found).values(), default=1) == 1


@settings(deadline=None)
@given(views(), st.integers(0, 80), st.booleans(), st.booleans())
def test_fixed_total_number(view, number, autapses, multapses):
    source, target, same = view
    rule = sp.fixed_total_number(number, autapses, multapses)
    assume(not rule.faults(ends_of(*view)))
    found = pairs_of(rule, *view)
    assert len(found) == number
    assert autapses or not itself(found, same)
    assert multapses or max(Counter(found).values(), default=1) == 1
    assert {s for s, _ in found} <= set(source) and {t for _, t in found} <= set(target)


@given(views(), st.data())
def test_explicit_keeps_duplicates_and_order(view, data):
    source, target, _ = view
    pair = st.tuples(st.integers(0, len(source) - 1), st.integers(0, len(target) - 1))
    given_pairs = data.draw(st.lists(pair, max_size=40))
    rule = sp.explicit([s for s, _ in given_pairs], [t for _, t in given_pairs])
    pairs = rule.draw(ends_of(*view), 1, 1)
    check_order(pairs, rule, ends_of(*view))
    drawn = list(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True))
    assert drawn == sorted(given_pairs, key=lambda one: one[0])
    assert [given_pairs[k] for k in pairs.given] == drawn


# --- reproducible, whatever is drawn along -------------------------------------------------------

RULES = [
    sp.fixed_probability(0.3),
    sp.fixed_probability(0.97, autapses=False),
    sp.fixed_indegree(7),
    sp.fixed_indegree(7, autapses=False, multapses=False),
    sp.fixed_indegree(15, autapses=False, multapses=False),
    sp.fixed_indegree(12, autapses=False, multapses=False),
    sp.fixed_outdegree(12, autapses=False, multapses=False),
    sp.fixed_outdegree(20, multapses=False),
    sp.fixed_total_number(70, autapses=False, multapses=False),
    sp.fixed_total_number(500),
]
HALF = np.arange(SIZE // 2)  # of the sources some have themselves among the targets, some do not
WHOLE = np.arange(SIZE)


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("source, target", [(WHOLE, WHOLE), (WHOLE, HALF)], ids=["whole", "half"])
def test_reproducible_and_independent_of_the_block(rule, source, target, monkeypatch):
    if rule.faults(ends_of(source, target, True)):
        pytest.skip("more partners than there are")
    usual = pairs_of(rule, source, target, True)
    assert usual == pairs_of(rule, source, target, True)
    for block in (1, 7, 100):
        monkeypatch.setattr(base, "BLOCK", block)
        assert pairs_of(rule, source, target, True) == usual
    for other in ({"seed": 2}, {"stream": 8}):
        assert pairs_of(rule, source, target, True, **other) != usual


@pytest.mark.parametrize("size, degree", [(24, 12), (23, 12), (24, 11), (25, 12)])
def test_how_a_row_is_drawn_depends_on_that_row_alone(size, degree):
    """At half of the partners the way to draw changes: one row more must change no other."""
    source = np.arange(size)
    rule = sp.fixed_indegree(degree, autapses=False, multapses=False)

    def sources_of(targets):
        self_position = np.where(targets < size, targets, -1)
        pairs = rule.draw(Ends(size, len(targets), self_position), 1, 7)
        return [sorted(pairs.source[pairs.target == k]) for k in range(len(targets))]

    # A target outside of the sources has one partner more.
    alone = sources_of(np.array([100]))
    with_others = sources_of(np.array([100, 3]))
    assert alone == with_others[:1] and len(source) == size


def test_indegree_is_what_its_definition_says():
    """Source k of a target is floor(word0 n / 2^32) at counter (target, k)."""
    pairs = sp.fixed_indegree(5).draw(Ends(17, 11), 3, 9)
    for s, t, row, position in zip(
        pairs.source, pairs.target, pairs.row, pairs.position, strict=True
    ):
        assert row == t
        word = int(random.words(3, 9, int(t), int(position))[0])
        assert s == word * 17 >> 32


# --- laws ----------------------------------------------------------------------------------------


def chi_square(counts, expected):
    counts, expected = np.asarray(counts, float), np.broadcast_to(expected, np.shape(counts))
    statistic = ((counts - expected) ** 2 / expected).sum()
    return stats.chi2.sf(statistic, np.size(counts))


def matrix_of(rule, n, m, seeds, same=False):
    """How often each pair is connected, over many seeds."""
    total = np.zeros((n, m))
    ends = Ends.between(np.arange(n), np.arange(m), n, same)
    for seed in range(seeds):
        pairs = rule.draw(ends, seed, 11)
        np.add.at(total, (pairs.source, pairs.target), 1)
    return total


@pytest.mark.parametrize("p", [0.02, 0.3, 0.8])
def test_every_pair_has_the_probability(p):
    seeds = 3000
    hits = matrix_of(sp.fixed_probability(p), 6, 15, seeds)
    variance = seeds * p * (1 - p)
    z = (hits - seeds * p) / np.sqrt(variance)
    assert stats.chi2.sf((z**2).sum(), z.size) > 1e-3
    assert stats.kstest(z.ravel(), "norm").pvalue > 1e-3


def test_number_of_connections_is_binomial():
    ends, p = Ends(20, 30), 0.1
    counts = [len(sp.fixed_probability(p).draw(ends, seed, 3)) for seed in range(1500)]
    law = stats.binom(600, p)
    edges = [0, *law.ppf([0.1, 0.3, 0.5, 0.7, 0.9]).astype(int) + 1, 601]
    observed = np.histogram(counts, edges)[0]
    expected = np.diff(law.cdf(np.array(edges) - 1)) * len(counts)
    assert stats.chisquare(observed, expected).pvalue > 1e-3


@pytest.mark.parametrize(
    "rule",
    [
        sp.fixed_indegree(4),
        sp.fixed_indegree(4, multapses=False),
        sp.fixed_indegree(8, multapses=False),
        sp.fixed_outdegree(3),
        sp.fixed_total_number(30),
    ],
    ids=str,
)
def test_partners_are_drawn_evenly(rule):
    seeds, n = 1500, 10
    hits = matrix_of(rule, n, n, seeds)
    mean = hits.sum() / hits.size
    # Without multapses counts vary less than Poisson's, so this can only be too easy to pass;
    # the smallest and the largest make up for that.
    assert chi_square(hits, mean) > 1e-3
    assert abs(hits - mean).max() < 5 * np.sqrt(mean)


def test_without_autapses_the_others_are_drawn_evenly():
    hits = matrix_of(sp.fixed_indegree(3, autapses=False), 8, 8, 2000, same=True)
    assert (np.diag(hits) == 0).all()
    others = hits[~np.eye(8, dtype=bool)]
    assert chi_square(others, others.mean()) > 1e-3


# --- weights and delays --------------------------------------------------------------------------


def edges_of(rule, *, size=(5, 4), synapse=None, seed=1, name=None, **options):
    """The edges of one projection, drawn."""
    net = sp.Network(seed=seed)
    a = net.population("a", size[0], sp.neurons.LIF())
    b = net.population("b", size[1], sp.neurons.LIF())
    net.project(a, b, rule, synapse=synapse, name=name, **options)
    (edges,) = draw_program(build(net)).edges
    return edges


def dense_of(edges, size=(5, 4)):
    found = np.zeros(size)
    np.add.at(
        found,
        (edges.pattern.source, edges.pattern.target),
        np.broadcast_to(edges.field("weight").value, len(edges.pattern)),
    )
    return found


MATRIX = np.array([[0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 0, 0], [4, 5, 6, 7], [0, 0, 8, 0]], float)


@pytest.mark.parametrize(
    "given_matrix",
    [
        MATRIX * pA,
        MATRIX.tolist() * pA,
        scipy.sparse.csr_array(MATRIX) * pA,
        scipy.sparse.csc_matrix(MATRIX) * pA,
        scipy.sparse.lil_array(MATRIX) * pA,
    ],
    ids=["dense", "list", "csr", "csc matrix", "lil"],
)
def test_weights_of_a_matrix(given_matrix):
    edges = edges_of(sp.from_matrix(given_matrix), synapse=sp.synapses.ExpCurrent())
    assert np.array_equal(dense_of(edges), MATRIX)
    assert len(edges.pattern) == 8


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_array, scipy.sparse.coo_matrix])
def test_weights_of_a_matrix_with_its_unit_apart(kind):
    edges = edges_of(sp.from_matrix(kind(MATRIX), unit=nS), synapse=sp.synapses.ExpConductance())
    assert np.array_equal(dense_of(edges), MATRIX)


def test_duplicates_and_zeros_of_a_sparse_matrix_are_connections():
    coo = scipy.sparse.coo_array(([5.0, 1.0, 2.0, 0.0], ([3, 0, 0, 1], [2, 1, 1, 1])), shape=(5, 4))
    edges = edges_of(sp.from_matrix(coo, unit=mV))
    assert edges.pattern.source.tolist() == [0, 0, 1, 3]
    assert edges.pattern.target.tolist() == [1, 1, 1, 2]
    assert edges.field("weight").value.tolist() == [1.0, 2.0, 0.0, 5.0]


def test_a_weight_of_ones_own_for_a_matrix():
    edges = edges_of(sp.from_matrix(MATRIX != 0), weight=3 * mV)
    assert np.array_equal(dense_of(edges), 3.0 * (MATRIX != 0))


@given(st.permutations(range(6)))
def test_arrays_are_in_the_order_of_the_pairs(order):
    source, target = np.array([4, 0, 2, 0, 4, 1]), np.array([0, 1, 2, 3, 0, 1])
    weights = np.arange(6) + 10.0
    edges = edges_of(
        sp.explicit(source[order], target[order]),
        weight=weights[order] * mV,
        delay=weights[order] * ms,
    )
    got = {
        (s, t, w, d)
        for s, t, w, d in zip(
            edges.pattern.source,
            edges.pattern.target,
            edges.field("weight").value,
            edges.axonal,
            strict=True,
        )
    }
    assert got == set(zip(source, target, weights, weights, strict=True))


@pytest.mark.parametrize(
    "rule", [sp.all_to_all(), sp.fixed_indegree(60), sp.fixed_probability(0.9)], ids=str
)
def test_laws_of_weights_and_delays(rule):
    edges = edges_of(
        rule,
        size=(60, 50),
        weight=sp.normal(2 * mV, 0.5 * mV),
        delay=sp.normal(1.5 * ms, 0.75 * ms, low=0.1 * ms),
    )
    weights, delays = edges.field("weight").value, edges.axonal
    assert stats.kstest(weights, stats.norm(2, 0.5).cdf).pvalue > 1e-3
    assert stats.kstest(delays, stats.truncnorm(-1.4 / 0.75, np.inf, 1.5, 0.75).cdf).pvalue > 1e-3
    assert abs(stats.pearsonr(weights, delays).statistic) < 4 / np.sqrt(len(weights))


def test_draws_of_a_projection_depend_on_the_seed_and_its_name_only():
    options = {"weight": sp.normal(2 * mV, 0.5 * mV), "delay": sp.uniform(1 * ms, 2 * ms)}
    rule = sp.fixed_probability(0.5)

    def drawn(**more):
        edges = edges_of(rule, **options, **more)
        return (
            edges.pattern.target.tolist(),
            edges.field("weight").value.tolist(),
            edges.axonal.tolist(),
        )

    assert drawn(name="c") == drawn(name="c")
    for first, other in zip(drawn(name="c"), drawn(name="c", seed=2), strict=True):
        assert first != other
    for first, other in zip(drawn(name="c"), drawn(name="d"), strict=True):
        assert first != other


def test_axonal_and_dendritic_parts_are_drawn_apart():
    law = sp.uniform(1 * ms, 2 * ms)
    edges = edges_of(sp.all_to_all(), weight=1 * mV, axonal_delay=law, dendritic_delay=law)
    assert not np.isin(edges.axonal, edges.dendritic).any()


# --- views ---------------------------------------------------------------------------------------


def test_views_of_views():
    cells = sp.Network().population("cells", 10, sp.neurons.LIF())
    odd = cells[1::2]
    assert odd.indices.tolist() == [1, 3, 5, 7, 9]
    assert odd[1:3].indices.tolist() == [3, 5]
    assert odd[-1].indices.tolist() == [9]
    assert odd[[4, 0]].indices.tolist() == [9, 1]
    assert odd[np.array([True, False, False, False, True])].indices.tolist() == [1, 9]
    assert cells[[-1, 2]].indices.tolist() == [9, 2]
    assert cells[::-1].indices.tolist() == list(range(9, -1, -1))
    assert cells[:100].indices.tolist() == list(range(10))
    assert len(cells[np.int64(3)]) == 1


def test_autapses_on_overlapping_views():
    net = sp.Network()
    cells = net.population("cells", 10, sp.neurons.LIF())
    net.project(
        cells[:6], cells[[9, 5, 0]], sp.all_to_all(autapses=False), weight=1 * mV, delay=1 * ms
    )
    (edges,) = draw_program(build(net)).edges
    source, target = np.arange(6)[edges.pattern.source], np.array([9, 5, 0])[edges.pattern.target]
    assert len(source) == 6 * 3 - 2 and not (source == target).any()

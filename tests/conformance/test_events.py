"""The event operations of the JAX backend: what they compute, batched and differentiated."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikesim import portable, random
from spikesim.backends.jax.events import compact, deliver, poisson

N_SOURCES, N_SLOTS, DELAYS = 7, 5, 4
SYNAPSES = 40


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def table(seed=0, synapses=SYNAPSES):
    """(row_pointer, slot, delay) with rows of every length, one of them empty."""
    rng = np.random.default_rng(seed)
    source = np.sort(rng.integers(0, N_SOURCES - 1, synapses))
    counts = np.bincount(source, minlength=N_SOURCES)
    row_pointer = np.concatenate([[0], np.cumsum(counts)])
    slot, delay = rng.integers(0, N_SLOTS, synapses), rng.integers(0, DELAYS, synapses)
    return jnp.asarray(row_pointer), jnp.asarray(slot, jnp.int32), jnp.asarray(delay, jnp.int32)


def operands(seed=0):
    rng = np.random.default_rng(seed + 100)
    ring = jnp.asarray(rng.normal(size=DELAYS * N_SLOTS))
    return ring, jnp.asarray(rng.random(N_SOURCES) < 0.6), jnp.asarray(rng.normal(size=SYNAPSES))


def by_hand(ring, fired, weights, row_pointer, slot, delay, step):
    ring = np.array(ring).reshape(DELAYS, N_SLOTS)
    for source in np.flatnonzero(fired):
        for k in range(row_pointer[source], row_pointer[source + 1]):
            ring[(step + delay[k]) % DELAYS, slot[k]] += weights[k]
    return ring.ravel()


def call(ring, fired, weights, *connectivity, step=2, width=4):
    connectivity = connectivity or table()
    step = jnp.int32(step)
    return deliver(ring, fired, weights, *connectivity, step, n_slots=N_SLOTS, width=width)


# --- compact -------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([1, 2, 31, 32, 33, 64, 100]), st.floats(0, 1), st.integers(0, 99))
def test_compact_finds_the_set_flags(size, part, seed):
    flags = np.random.default_rng(seed).random(size) < part
    with jax.enable_x64(True):
        found, count = jax.jit(compact)(flags)
    expected = np.flatnonzero(flags)
    assert int(count) == len(expected) and found.dtype == count.dtype == np.int32
    np.testing.assert_array_equal(found[: len(expected)], expected)
    np.testing.assert_array_equal(found[len(expected) :], 0)


def test_compact_batched():
    flags = np.random.default_rng(1).random((6, 45)) < 0.3
    found, count = jax.vmap(compact)(flags)
    for k, row in enumerate(flags):
        one, number = compact(row)
        np.testing.assert_array_equal(found[k], one)
        assert count[k] == number == row.sum()
    across = jax.vmap(compact, in_axes=1, out_axes=(1, 0))(flags.T)
    np.testing.assert_array_equal(across[0].T, found)


# --- deliver -------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 4, 64])
@pytest.mark.parametrize("step", [0, 1, 3, 4, 1001])
def test_deliver_adds_each_weight_at_its_place(step, width):
    for seed in range(3):
        args = (*operands(seed), *table(seed))
        got = jax.jit(partial(call, step=step, width=width))(*args)
        np.testing.assert_allclose(got, by_hand(*map(np.asarray, args), step), rtol=1e-14)


def test_deliver_without_spikes_or_synapses():
    ring, fired, weights = operands()
    np.testing.assert_array_equal(call(ring, jnp.zeros_like(fired), weights), ring)
    nothing = call(ring, fired, weights[:0], *table(synapses=0))
    np.testing.assert_array_equal(nothing, ring)


BATCHES = {
    "ring": (0, None, None),
    "fired": (None, 0, None),
    "weights": (None, None, 0),
    "weights along axis 1": (None, None, 1),
    "all": (0, 0, 0),
}


@pytest.mark.parametrize("name", BATCHES)
def test_deliver_batched(name):
    axes = BATCHES[name]
    many = [operands(seed) for seed in range(5)]
    args = [
        many[0][k] if axis is None else jnp.stack([m[k] for m in many], axis=axis)
        for k, axis in enumerate(axes)
    ]
    got = jax.jit(jax.vmap(call, in_axes=axes))(*args)
    for j in range(5):
        one = [many[0 if axis is None else j][k] for k, axis in enumerate(axes)]
        np.testing.assert_array_equal(got[j], call(*one))


def test_deliver_batched_in_the_step():
    ring, fired, weights = operands()
    steps = jnp.arange(6, dtype=jnp.int32)
    run = partial(deliver, n_slots=N_SLOTS, width=4)
    got = jax.vmap(run, in_axes=(None,) * 6 + (0,))(ring, fired, weights, *table(), steps)
    for step in range(6):
        np.testing.assert_array_equal(got[step], call(ring, fired, weights, step=step))


@pytest.mark.parametrize("which", [3, 4, 5])
def test_connectivity_is_never_batched(which):
    args = [*operands(), *table()]
    args[which] = jnp.stack([args[which]] * 2)
    axes = [0 if k == which else None for k in range(6)]
    with pytest.raises(NotImplementedError, match="connectivity can't be batched; batch weights"):
        jax.vmap(call, in_axes=axes)(*args)


def test_deliver_forward_derivative():
    (ring, fired, weights), connectivity = operands(), table()
    d_ring, _, d_weights = operands(9)

    def along(e):
        return call(ring + e * d_ring, fired, weights + e * d_weights, *connectivity)

    _, tangent = jax.jvp(along, (0.0,), (1.0,))
    # It is linear: a difference of any length is exact but for rounding.
    np.testing.assert_allclose(tangent, along(1.0) - along(0.0), atol=1e-13)
    only_ring = jax.jvp(lambda r: call(r, fired, weights), (ring,), (d_ring,))[1]
    np.testing.assert_array_equal(only_ring, d_ring)


@pytest.mark.parametrize("jit", [False, True])
def test_deliver_reverse_derivative(jit):
    (ring, fired, weights), connectivity = operands(), table()
    target = jnp.asarray(np.random.default_rng(5).normal(size=ring.shape))

    def loss(ring, weights):
        return jnp.sum((call(ring, fired, weights, *connectivity) - target) ** 2)

    gradient = jax.grad(loss, argnums=(0, 1))
    by_ring, by_weights = (jax.jit(gradient) if jit else gradient)(ring, weights)
    h = 1e-6
    for k in range(len(ring)):
        up, down = (float(loss(ring.at[k].add(s * h), weights)) for s in (1, -1))
        assert by_ring[k] == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-7)
    for k in range(SYNAPSES):
        up, down = (float(loss(ring, weights.at[k].add(s * h))) for s in (1, -1))
        assert by_weights[k] == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-7)
    silent = np.repeat(~np.asarray(fired), np.diff(connectivity[0]))
    assert silent.any() and (np.asarray(by_weights)[silent] == 0).all()


def test_gradient_of_a_batch_and_through_a_scan():
    ring, fired, weights = operands()

    def total(weights):
        def one(ring, step):
            return deliver(ring, fired, weights, *table(), step, n_slots=N_SLOTS, width=4), None

        last, _ = jax.lax.scan(one, ring, jnp.arange(3, dtype=jnp.int32))
        return jnp.sum(last**2)

    many = jnp.stack([weights, 2 * weights, -weights])
    batched = jax.vmap(jax.grad(total))(many)
    h = 1e-6
    for row, gradient in zip(many, batched, strict=True):
        for k in (0, 11, 39):
            up, down = (float(total(row.at[k].add(s * h))) for s in (1, -1))
            assert gradient[k] == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-7)


# --- poisson -------------------------------------------------------------------------------------


def counts(u, mean):
    u, mean = jnp.asarray(u), jnp.asarray(mean)
    zero = jnp.asarray(portable.exp(-np.asarray(mean, float), portable.NUMPY))
    return poisson(u, mean, zero, jnp.floor(mean + 12 * jnp.sqrt(mean) + 32))


def test_poisson_counts_are_those_of_the_definition():
    rng = np.random.default_rng(2)
    u = np.concatenate([rng.random(500), [0.0, 1 - 2.0**-53]])
    for mean in (0.0, 0.01, 1.7, 40.0, 650.0):
        expected = random.poisson(u, portable.exp(np.float64(-mean), portable.NUMPY), mean)
        got = counts(u, np.full_like(u, mean))
        assert got.dtype == np.int32
        np.testing.assert_array_equal(got, expected)


def test_poisson_batched():
    rng = np.random.default_rng(3)
    u, mean = jnp.asarray(rng.random((4, 30))), jnp.asarray(rng.uniform(0, 9, 30))
    zero, limit = jnp.exp(-mean), jnp.floor(mean + 12 * jnp.sqrt(mean) + 32)
    got = jax.vmap(poisson, in_axes=(0, None, None, None))(u, mean, zero, limit)
    across = jax.vmap(poisson, in_axes=(1, None, None, None))(u.T, mean, zero, limit)
    for k in range(4):
        np.testing.assert_array_equal(got[k], poisson(u[k], mean, zero, limit))
    np.testing.assert_array_equal(across, got)


def test_a_count_has_no_derivative():
    u, mean = jnp.asarray([0.1, 0.5, 0.9]), jnp.asarray([0.5, 2.0, 30.0])

    def weighed(mean, weight):
        zero, limit = jnp.exp(-mean), jnp.floor(mean + 12 * jnp.sqrt(mean) + 32)
        return jnp.sum(weight * poisson(u, mean, zero, limit))

    by_mean, by_weight = jax.grad(weighed, argnums=(0, 1))(mean, 2.0)
    np.testing.assert_array_equal(by_mean, 0)
    assert by_weight == float(weighed(mean, 1.0)) > 0
    value, tangent = jax.jvp(weighed, (mean, 2.0), (jnp.ones(3), 0.0))
    assert value == 2 * by_weight and tangent == 0

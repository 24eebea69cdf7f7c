"""The C++ kernels against the XLA loops and NumPy: same bits, on any number of threads, with
derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spikesim as sp
from spikesim import portable, random
from spikesim.backends import synapses
from spikesim.backends.base import Options
from spikesim.backends.jax import executable, native
from spikesim.build import build
from spikesim.native import why_missing
from spikesim.native.rules import Weighing
from spikesim.passes import SYMBOLIC, lower
from spikesim.units import Hz, ms, mV, pA

pytestmark = pytest.mark.skipif(bool(why_missing()), reason="the kernels are not built")


def balanced(n: int = 500, order: str = "standard") -> sp.Network:
    """Neurons with two ports, spread delays, Poisson drive on a part of them."""
    net = sp.Network(dt=0.1 * ms, seed=7, order=order)
    fast = sp.synapses.ExpCurrent(tau=2 * ms, name="fast")
    slow = sp.synapses.ExpCurrent(tau=8 * ms, name="slow")
    exc = net.population("exc", n * 4 // 5, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -55 * mV))
    inh = net.population("inh", n // 5, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -55 * mV))
    low = 0.1 * ms if order == "nest" else 0 * ms
    for source, synapse, weight in ((exc, fast, 60 * pA), (inh, slow, -150 * pA)):
        delay = sp.normal(1 * ms, 0.5 * ms, low=low)
        net.project(source, [exc, inh], sp.fixed_probability(0.1), synapse=synapse,
                    weight=sp.normal(weight, 5 * pA), delay=delay)  # fmt: skip
    net.stimulate(exc[: n // 3], sp.poisson(8 * Hz, n=1000), synapse=fast, weight=50 * pA)
    net.stimulate(inh, sp.poisson(np.linspace(1, 9, n // 5) * Hz, n=900), synapse=fast,
                  weight=50 * pA)  # fmt: skip
    net.record([exc, inh], "spikes")
    return net


def run(net: sp.Network, **options: object) -> tuple[np.ndarray, ...]:
    """Spikes and final potentials of 60 ms."""
    results = net.compile("jax", **options).run(60 * ms)
    parts = [(results[p].spikes.t, results[p].spikes.i, results[p].final["v"]) for p in results]
    assert all(len(p[0]) for p in parts)
    return tuple(column for part in parts for column in part)


def same(a: tuple[np.ndarray, ...], b: tuple[np.ndarray, ...]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("order", ["standard", "nest"])
def test_kernels_and_xla_loops_give_the_same_bits(order, monkeypatch):
    ours = run(balanced(order=order), conformance=True)
    monkeypatch.setattr(executable, "_use_native", lambda: False)
    assert same(ours, run(balanced(order=order), conformance=True))


@pytest.mark.parametrize("options", [{"conformance": True}, {"precision": "float32"}])
def test_any_number_of_threads_gives_the_same_bits(options, monkeypatch):
    monkeypatch.setattr(synapses, "_FEWEST_SLOTS", 100)
    results = []
    for threads in (1, 2, 4):
        monkeypatch.setattr(executable, "_threads", lambda n=threads: n)
        results.append(run(balanced(), **options))
    assert same(results[0], results[1]) and same(results[0], results[2])


@pytest.mark.parametrize("size", [1, 7, 64, 1000, 20_000])
@pytest.mark.parametrize("mean", [0.0, 0.02, 1.6, 40.0, 700.0])
def test_poisson_counts_are_those_of_the_definition(mean, size):
    zero = portable.exp(np.float64(-mean), portable.NUMPY)
    u = random.uniform(*random.words(5, 77, 9, np.arange(size)))
    expected = random.poisson(u, zero, mean)
    with jax.enable_x64(True):
        for shape in ((), (size,)):
            counts = native.draw(
                "poisson", jnp.uint32(5), 77, jnp.int32(9), size,
                jnp.full(shape, mean), jnp.full(shape, zero),
            )  # fmt: skip
            assert np.array_equal(np.asarray(counts), expected)


def defined(kind, seed, step, size):
    words = random.words(seed, 77, step, np.arange(size))
    return random.uniform(*words) if kind == "uniform" else random.normal(*words, portable.NUMPY)


# Blocks of 256, parts of 16384: whole ones, and some left over.
@pytest.mark.parametrize("size", [0, 1, 7, 255, 256, 1001, 16_385, 300_001])
@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_numbers_are_those_of_the_definition(kind, size):
    with jax.enable_x64(True):
        for seed, step in ((5, 0), (2**32 - 1, 2**31 + 3), (0, 2**32 - 1)):
            drawn = native.draw(kind, jnp.uint32(seed), 77, jnp.uint32(step), size)
            assert drawn.dtype == np.float64
            assert np.array_equal(drawn, defined(kind, seed, step, size))


@pytest.mark.parametrize("kind", ["uniform", "normal", "poisson"])
def test_numbers_of_a_batch_have_no_derivative(kind):
    def drawn(step, mean):
        args = (mean, jnp.exp(-mean)) if kind == "poisson" else ()
        return native.draw(kind, jnp.uint32(5), 77, step, 300, *args)

    with jax.enable_x64(True):
        steps, mean = jnp.arange(3, dtype=jnp.uint32), jnp.float64(1.5)
        batch = jax.vmap(drawn, in_axes=(0, None))(steps, mean)
        assert np.array_equal(batch, [drawn(step, mean) for step in steps])
        # Of mean * drawn the derivative is the second factor.
        scaled = jax.vmap(jax.grad(lambda mean, step: jnp.sum(mean * drawn(step, mean))), (None, 0))
        np.testing.assert_allclose(scaled(mean, steps), batch.sum(axis=1), rtol=1e-12)


@pytest.fixture
def arrivals():
    """What arrives three steps on, as a function of the weights; and where a plain sum puts it."""
    rng = np.random.default_rng(3)
    net = sp.Network(dt=0.1 * ms, seed=3)
    a = net.population("a", 50, sp.neurons.Poisson())
    b = net.population("b", 40, sp.neurons.LIF())
    net.project(a, b, sp.fixed_indegree(9), weight=1 * mV, delay=sp.uniform(0 * ms, 0.3 * ms))
    delivery = net.compile("numpy").lowered.delivery
    rows = delivery.rows
    table = synapses.Synapses(lower(build(net), SYMBOLIC), Options("float64"), 2)
    (store,) = table.stores
    store.table.fill([Weighing()], store.weight, True)
    source = np.repeat(np.arange(delivery.n_sources), np.diff(rows.row_pointer))
    part = np.searchsorted(store.table.part_start, rows.slot, side="right")
    order = np.lexsort((rows.delay, source, part))
    fired = rng.random((4, delivery.n_sources)) < 0.3

    def kernel(weights):
        arrays = {k: jnp.asarray(v) for k, v in table.arrays.items()}
        events = native.NativeEvents(table.program.delivery, arrays)
        under_way = events.start(weights.dtype)
        for step, flags in enumerate(fired):
            arrived, under_way = events.exchange(
                under_way, jnp.asarray(flags), {"delivery.weights": weights[order]}, 0, step, step
            )
        return arrived

    def plain(weights):
        sent = fired[3 - rows.delay, source]
        out = np.zeros(delivery.n_slots)
        np.add.at(out, rows.slot[sent], weights[sent])
        return out

    with jax.enable_x64(True):
        yield kernel, plain, rng.normal(size=len(rows.slot))


def test_arrivals_are_a_plain_sum(arrivals):
    kernel, plain, weights = arrivals
    np.testing.assert_allclose(kernel(jnp.asarray(weights)), plain(weights), rtol=1e-14)


def test_derivatives_of_arrivals(arrivals):
    kernel, plain, weights = arrivals
    change = np.random.default_rng(4).normal(size=weights.shape)
    out, moved = jax.jvp(kernel, (jnp.asarray(weights),), (jnp.asarray(change),))
    np.testing.assert_allclose(moved, plain(change), rtol=1e-13, atol=1e-13)
    pull = np.random.default_rng(5).normal(size=out.shape)
    gradient = jax.grad(lambda w: jnp.sum(kernel(w) * pull))(jnp.asarray(weights))
    # The transpose of a linear map: <pull, A change> = <A^T pull, change>.
    assert np.dot(gradient, change) == pytest.approx(np.dot(pull, plain(change)), rel=1e-12)


def test_a_batch_is_its_members(arrivals):
    kernel, plain, weights = arrivals
    batch = np.stack([weights, 2 * weights, -weights])
    out = jax.vmap(kernel)(jnp.asarray(batch))
    np.testing.assert_allclose(out, [plain(w) for w in batch], rtol=1e-14)

"""A spiking classifier of scikit-learn's digits, to be handed to chips.

64 pixels, or 16, 64 hidden neurons, 10 output neurons: leaky integrate-and-fire neurons with
synaptic currents, trained in JAX on the very steps that they compute, with a surrogate gradient in
place of the spike's (Zenke and Ganguli 2018, Neural Comput. 30:1514: the fast sigmoid). A pixel
spikes at regular intervals, a full one in every second step. The class is the output neuron with
most spikes.

The images come in one long train, with a pause after each, as a sensor would send them. For chips
whose neurons do not leak there is a classifier of integrators, whose synapses are jumps; nothing
calms these in a pause, so each image finds them at rest, as a host would set them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

DT, TAU_M, TAU_SYN = 1.0, 16.0, 4.0  # ms
SHOWN, PAUSE = 30, 50  # steps
HIDDEN, CLASSES = 64, 10
RATE, BATCH = 3e-3, 64
RESETS = ("to a value", "by subtraction")


@dataclass(frozen=True, eq=False)
class Images:
    """Pixels from 0 to 1, [images, 64], and the digits that they show."""

    pixels: np.ndarray
    digits: np.ndarray


def load(tested: int) -> tuple[Images, Images]:
    """Images for training, and others, so many of each digit as there are, for the test."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pixels, digits = load_digits(return_X_y=True)
    parts = train_test_split(pixels / 16, digits, test_size=tested, stratify=digits, random_state=0)
    return Images(parts[0], parts[2]), Images(parts[1], parts[3])


def coarser(images: Images) -> Images:
    """The same with one pixel for four, 16 in all: for chips of few inputs."""
    fours = images.pixels.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4))
    return Images(fours.reshape(len(fours), -1), images.digits)


def encode(pixels: np.ndarray) -> np.ndarray:
    """Spikes [images, SHOWN, pixels]."""
    sent = np.floor(0.5 * pixels[:, None] * np.arange(SHOWN + 1)[:, None])
    return np.diff(sent, axis=1).astype(np.int64)


def train(
    images: Images, reset: str, epochs: int, leaks: bool = True, seed: int = 0
) -> list[np.ndarray]:
    """Weights [post, pre] of both layers, in distances of the threshold to the reset."""
    import jax
    import jax.numpy as jnp
    import optax

    @jax.custom_jvp
    def spike(x: Any) -> Any:
        return (x > 0).astype(x.dtype)

    @spike.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        (x,), (dx,) = primals, tangents
        return spike(x), dx / (1 + 5 * jnp.abs(x)) ** 2

    leak, decay = (np.exp(-DT / TAU_M), np.exp(-DT / TAU_SYN)) if leaks else (1.0, 0.0)

    def counts(weights: Any, given: Any) -> Any:
        """Output spikes [images, classes]; and those of the hidden layer."""

        def step(state: Any, arriving: Any) -> Any:
            found, fired = [], arriving
            for w, (u, v) in zip(weights, state, strict=True):
                u = decay * u + fired @ w.T
                v = leak * v + u
                fired = spike(v - 1)
                found.append((u, jnp.where(fired > 0, 0, v) if reset == RESETS[0] else v - fired))
            return found, fired

        rest = [tuple(jnp.zeros((len(given), len(w))) for _ in range(2)) for w in weights]
        return jax.lax.scan(step, rest, jnp.swapaxes(given, 0, 1))[1].sum(axis=0)

    def loss(weights: Any, given: Any, digits: Any) -> Any:
        scores = jax.nn.log_softmax(0.5 * counts(weights, given))
        return -jnp.take_along_axis(scores, digits[:, None], axis=1).mean()

    optimizer = optax.adam(RATE)

    @jax.jit
    def improved(weights: Any, state: Any, given: Any, digits: Any) -> Any:
        slope = jax.grad(loss)(weights, given, digits)
        updates, state = optimizer.update(slope, state)
        return optax.apply_updates(weights, updates), state

    rng = np.random.default_rng(seed)
    spikes = encode(images.pixels).astype(np.float32)
    shapes = (HIDDEN, spikes.shape[2]), (CLASSES, HIDDEN)
    weights = [jnp.asarray(rng.normal(0, 0.3 / np.sqrt(k), (n, k)), jnp.float32) for n, k in shapes]
    state = optimizer.init(weights)
    for _ in range(epochs):
        order = rng.permutation(len(spikes))
        for k in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[k : k + BATCH]
            weights, state = improved(weights, state, spikes[batch], images.digits[batch])
    return [np.asarray(w, np.float64) for w in weights]


def network(weights: list[np.ndarray], pixels: np.ndarray, reset: str, leaks: bool = True) -> Any:
    """The classifier, looking at images one after the other."""
    import spikesim as sp
    from spikesim.units import ms, mV, pA, pF

    class Subtracting(sp.neurons.LIF):
        """A spike takes the threshold's height off."""

        reset = "v -= V_th - E_L"

    class Integrating(sp.neurons.LIF):
        """Does not leak either."""

        equations = "dv/dt = I/C  (unless refractory)"
        reset = "v -= V_th - E_L"

    net = sp.Network(dt=DT * ms, order="standard" if leaks else "nest")
    step, pixel = np.nonzero(train_of(pixels))
    times = [(step[pixel == k] + 1) * DT * ms for k in range(pixels.shape[1])]
    groups = [net.population("pixels", pixels.shape[1], sp.spike_times(times))]
    model = sp.neurons.LIF if reset == RESETS[0] else Subtracting if leaks else Integrating
    neuron = model(
        C=1 * pF, tau_m=TAU_M * ms, E_L=0 * mV, V_reset=0 * mV, V_th=1 * mV, t_ref=0 * ms
    )
    current = sp.synapses.ExpCurrent(tau=TAU_SYN * ms)
    # What 1 pA does to v in a step: Rotter and Diesmann (1999), Biol. Cybern. 81:381, section 3.1.
    decayed = np.exp(-DT / TAU_M) - np.exp(-DT / TAU_SYN)
    effect = decayed * TAU_M * TAU_SYN / (TAU_M - TAU_SYN)
    for name, w in zip(("hidden", "digits"), weights, strict=True):
        groups.append(net.population(name, len(w), neuron, v=0 * mV))
        each = w.T.ravel()
        synapse, weight = (current, each / effect * pA) if leaks else (None, each * mV)
        net.project(
            groups[-2], groups[-1], sp.all_to_all(), synapse=synapse, weight=weight,
            delay=(0 if leaks else DT) * ms,
        )  # fmt: skip
    return net


def train_of(pixels: np.ndarray) -> np.ndarray:
    """Spikes [steps, pixels] of all images and the pauses between them."""
    shown = encode(pixels)
    return np.pad(shown, ((0, 0), (0, PAUSE), (0, 0))).reshape(-1, shown.shape[2])


def accuracy(spikes: np.ndarray, digits: np.ndarray) -> float:
    """Per cent of images whose digit has most spikes, alone, of [steps, classes]."""
    counts = spikes.reshape(len(digits), SHOWN + PAUSE, CLASSES).sum(axis=1)
    best = counts == counts.max(axis=1, keepdims=True)
    right = best[np.arange(len(digits)), digits] & (best.sum(axis=1) == 1)
    return 100 * float(right.mean())

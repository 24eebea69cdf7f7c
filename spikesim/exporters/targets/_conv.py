"""Convolutions in lists of synapses: shapes of populations that make one of every projection.

Neurons are numbered as in a flattened array [channel, y, x] of square maps. A projection between
two such arrays is a convolution where the weight depends on both channels and on the place in a
kernel alone; sum pooling before it is a kernel whose blocks are alike. A dense projection is one
as well: its kernel covers the source's map, and there is one place to put it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

Shape = tuple[int, int]  # channels, side of the square map
SIDE_IN, SIDE_OUT, CHANNELS, KERNEL, PADDING = 128, 64, 1024, 16, 7
STRIDES, POOLS = (1, 2, 4, 8), (1, 2, 4)
_TOO_LARGE = 1e12  # more words than any network has: what no core holds is taken if all else fails


@dataclass(frozen=True, eq=False)
class Edge:
    """The synapses between two groups, one a pair of neurons; weight [n]."""

    source: str
    target: str
    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Convolution:
    """A convolution: shapes on both sides (the source's before it is pooled), and its kernel."""

    source: Shape
    target: Shape
    pool: int
    kernel: int
    stride: int
    padding: int

    @property
    def words(self) -> int:
        """Of kernel memory: c 2^(ceil log2 k^2 + ceil log2 f) (sinabs, DynapcnnLayer)."""
        return self.source[0] << _bits(self.kernel**2) + _bits(self.target[0])

    @property
    def neurons(self) -> int:
        """Words of neuron memory: f 2^(2 ceil log2 side) (sinabs, DynapcnnLayer)."""
        return self.target[0] << 2 * _bits(self.target[1])

    def weights(self, edge: Edge) -> np.ndarray:
        """The kernel [feature, channel, y, x]."""
        f, c, y, x = _places(edge, self.source, self.target, self.pool, self.stride)
        full = np.zeros((self.target[0], self.source[0], self.kernel, self.kernel),
                        edge.weight.dtype)  # fmt: skip
        full[f, c, y + self.padding, x + self.padding] = edge.weight
        return full


def _bits(n: int) -> int:
    """ceil(log2 n)."""
    return (n - 1).bit_length()


def shapes(size: int, side: int) -> list[Shape]:
    """All [channels, side, side] that hold so many neurons."""
    found = ((size // h**2, h) for h in range(1, side + 1) if size % h**2 == 0)
    return [(c, h) for c, h in found if c <= CHANNELS]


def convolutions(
    edge: Edge, source: Shape, target: Shape, pools: Sequence[int]
) -> Iterator[Convolution]:
    """The ways to say an edge as a convolution, between these shapes."""
    h, g = source[1], target[1]
    first = edge.post < g * g  # what is none mostly shows in the first map, in less time
    head = replace(edge, pre=edge.pre[first], post=edge.post[first], weight=edge.weight[first])
    for pool in (pool for pool in pools if h % pool == 0):
        for stride in STRIDES:
            low = high = 0
            for part in (head, edge):
                places = _places(part, source, target, pool, stride)
                low = int(min(p.min(initial=0) for p in places[2:]))
                high = int(max(p.max(initial=0) for p in places[2:]))
                if high - low >= KERNEL or -low > PADDING:
                    break
                if g * pool > 1 and not _alike(part, places, source, target, pool, stride):
                    break
            else:
                found = _kernel(h // pool, g, stride, low, high)
                if found:
                    yield Convolution(source, target, pool, *found)


def _kernel(h: int, g: int, stride: int, low: int, high: int) -> tuple[int, int, int] | None:
    """(kernel, stride, padding), the smallest that covers these places and makes maps of side g."""
    made = []
    for padding in range(-low, PADDING + 1):
        most = h + 2 * padding - stride * (g - 1)
        kernel = max(high + padding + 1, most - stride + 1, 1)
        if kernel <= min(most, KERNEL):
            made.append((kernel, stride, padding))
    return min(made, default=None)


def _places(
    edge: Edge, source: Shape, target: Shape, pool: int, stride: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of each synapse: feature, channel, and where in the kernel, y and x, without padding."""
    c, at = np.divmod(edge.pre, source[1] ** 2)
    y, x = np.divmod(at, source[1])
    f, at = np.divmod(edge.post, target[1] ** 2)
    v, u = np.divmod(at, target[1])
    return f, c, y // pool - stride * v, x // pool - stride * u


def _alike(
    edge: Edge, places: tuple[np.ndarray, ...], source: Shape, target: Shape, pool: int, stride: int
) -> bool:
    """Has each place of the kernel one weight, wherever it is put?"""
    f, c, y, x = places
    low, wide = min(y.min(initial=0), x.min(initial=0)), KERNEL
    key = ((f * source[0] + c) * wide + y - low) * wide + x - low
    _, first, back, count = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    weight = edge.weight[first]
    if not np.allclose(edge.weight, weight[np.ravel(back)], rtol=1e-12, atol=0):
        return False
    put = stride * np.arange(target[1])
    inside = [
        int(((put + d >= 0) & (put + d < source[1] // pool)).sum()) for d in range(low, low + wide)
    ]
    there = np.array(inside)
    full = there[y[first] - low] * there[x[first] - low] * pool**2
    return bool((count == full).all())


def arrange(
    sources: Mapping[str, int], sizes: Mapping[str, int], edges: Sequence[Edge],
    uniform: Mapping[str, np.ndarray], most: tuple[int, int],
) -> tuple[dict[str, Convolution], list[str]]:  # fmt: skip
    """By target, the convolution of its edge, such that populations have one shape each and that
    the kernels and neurons take the least memory, no core more than it has if there is a way; and
    the targets for which there is none.

    edges: one to each target, without loops. uniform [size], by target: what has to be the same all
    over a map. most: words of the largest core, of kernels and of neurons.
    """
    outgoing: dict[str, list[Edge]] = {}
    for edge in edges:
        outgoing.setdefault(edge.source, []).append(edge)
    unsaid: list[str] = []
    known: dict[tuple[str, Shape], tuple[float, dict[str, Convolution]]] = {}

    def best(group: str, shape: Shape) -> tuple[float, dict[str, Convolution]]:
        """Memory, and convolutions, of all that comes after a group of that shape."""
        if (group, shape) not in known:
            made: dict[str, Convolution] = {}
            total = 0.0
            for edge in outgoing.get(group, ()):
                took, rest = following(edge, shape)
                total, made = total + took, {**made, **rest}
            known[group, shape] = total, made
        return known[group, shape]

    def following(edge: Edge, shape: Shape) -> tuple[float, dict[str, Convolution]]:
        found: tuple[float, dict[str, Convolution]] = (np.inf, {})
        for other in shapes(sizes[edge.target], SIDE_OUT):
            maps = uniform[edge.target].reshape(other[0], -1)
            if not np.allclose(maps, maps[:, :1], rtol=1e-12, atol=0):
                continue
            pools = POOLS if edge.source not in sources else (1,)
            for one in convolutions(edge, shape, other, pools):
                took, rest = best(edge.target, other)
                took += one.words + one.neurons
                took += _TOO_LARGE * (one.words > most[0] or one.neurons > most[1])
                if took < found[0]:
                    found = took, {edge.target: one, **rest}
        return found

    made: dict[str, Convolution] = {}
    for group, size in sources.items():
        if group in outgoing:
            options = [best(group, shape) for shape in shapes(size, SIDE_IN)]
            took, rest = min(options, key=lambda one: one[0], default=(np.inf, {}))
            made |= rest if np.isfinite(took) else {}
    unsaid = [edge.target for edge in edges if edge.target not in made]
    return made, unsaid

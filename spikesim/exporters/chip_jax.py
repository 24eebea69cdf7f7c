"""The interpreter of chips in JAX: the loop of `chip.run`, compiled, for runs that are long.

Rules are the same functions: they take the operations of whatever arrays they are given. All
numbers have 64 bits, so results are those of NumPy, bit for bit where they are whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .chip import Chip, ChipLayer, Rule, Trace, input_of


class _Arrivals:
    """What arrives at a layer in a step; see `chip.Arrivals`."""

    def __init__(self, chip: Chip, layer: ChipLayer, ring: Mapping[str, Any], now: Any) -> None:
        order = [*chip.sources, *(one.name for one in chip.layers)]
        mine = [s for s in chip.synapses if s.target == layer.name and len(s.pre)]
        self._synapses = sorted(mine, key=lambda s: order.index(s.source))
        self._chip, self._layer, self._ring, self._now = chip, layer, ring, now

    def __getitem__(self, kind: int) -> Any:
        import jax.numpy as jnp

        whole = self._chip.integer
        total = jnp.zeros(self._layer.size, jnp.int64 if whole else jnp.float64)
        for s, latency, at in self._parts(kind):
            fired = self._fired(s.source, latency)[s.pre[at]].astype(total.dtype)
            weight = s.weight[at] if whole else s.weight[at] * 2.0**s.exponent
            arrived = jnp.zeros_like(total).at[s.post[at]].add(fired * weight.astype(total.dtype))
            total += _shifted(arrived, s.exponent) if whole else arrived
        return total

    def onto(self, kind: int, x: Any, low: int, high: int) -> Any:
        import jax
        import jax.numpy as jnp

        for s, latency, at in self._parts(kind):
            fired = self._fired(s.source, latency)
            weight = np.zeros((len(fired), self._layer.size), np.int64)
            np.add.at(weight, (s.pre[at], s.post[at]), s.weight[at])
            table = jnp.asarray(weight)

            def add(k: Any, x: Any, table: Any = table, fired: Any = fired, s: Any = s) -> Any:
                return jnp.clip(x + _shifted(table[k] * fired[k], s.exponent), low, high)

            x = jax.lax.fori_loop(0, len(weight), add, x)
        return x

    def _parts(self, kind: int) -> Any:
        """Synapses by latency."""
        for s in self._synapses:
            if s.kind == kind:
                for latency in np.unique(s.latency):
                    yield s, int(latency), s.latency == latency

    def _fired(self, source: str, latency: int) -> Any:
        ring = self._ring[source]
        return ring[(self._now - latency) % len(ring)]


def run(chip: Chip, rule: Rule, given: Mapping[str, np.ndarray], steps: int | None = None) -> Trace:
    """As `chip.run`. Raises ImportError where JAX can't be loaded, and what that raises."""
    import jax
    import jax.numpy as jnp

    spikes, steps = input_of(chip, given, steps)
    slots = 1 + max((int(s.latency.max(initial=0)) for s in chip.synapses), default=0)
    sizes = dict(chip.sources) | {one.name: one.size for one in chip.layers}
    with jax.enable_x64(True):
        number = jnp.int64 if chip.integer else jnp.float64
        rings = {name: jnp.zeros((slots, size), jnp.int64) for name, size in sizes.items()}
        states = {
            one.name: {x: jnp.asarray(v, number) for x, v in one.start.items()}
            for one in chip.layers
        }

        def step(carried: Any, now: Any) -> Any:
            rings, states = dict(carried[0]), {name: dict(s) for name, s in carried[1].items()}
            number, row = now
            for name, fired in row.items():
                rings[name] = rings[name].at[number % slots].set(fired)
            for one in chip.layers:
                arriving: Any = _Arrivals(chip, one, rings, number)
                fired = rule(one, states[one.name], arriving, chip.integer)
                rings[one.name] = rings[one.name].at[number % slots].set(fired)
            fired = {one.name: rings[one.name][number % slots] for one in chip.layers}
            return (rings, states), (fired, states)

        rows = {name: jnp.asarray(spikes[name], jnp.int64) for name in chip.sources}
        start = rings, states
        _, (fired, traces) = jax.jit(lambda *a: jax.lax.scan(step, *a))(
            start, (jnp.arange(steps), rows)
        )
        found = {name: np.asarray(x) for name, x in fired.items()}
        kept = {n: {x: np.asarray(v) for x, v in s.items()} for n, s in traces.items()}
    return Trace({**spikes, **found}, kept)


def _shifted(x: Any, exponent: int) -> Any:
    return x << exponent if exponent >= 0 else x >> -exponent

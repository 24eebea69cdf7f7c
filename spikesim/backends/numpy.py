"""The reference: every step in NumPy, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import random
from ..ir.program import Delivery, Program, Unreliable
from ..passes import CONCRETE, COUPLED, LEARNING, lower
from .base import Backend, Chunk, Options, State, refuse_stored_weights, refuse_unsupported
from .binding import Binder, HostArrays
from .coupling import Joined, joined
from .drive import listed, resent
from .memory import estimate, refuse_too_large
from .plasticity import wired
from .step import Step

_CHUNK = 256


class NumPyArrays(HostArrays):
    """NumPy, with subnormal results flushed to zeros of the same sign, as XLA and GPUs do.

    Looking at every result would cost more than most operations. The processor tells of a result
    that is subnormal and rounded. In conformance mode an exact one must not slip through either:
    its product with the number just below 1 is rounded, and so is told of.
    """

    def __init__(self, options: Options):
        super().__init__(options.conformance)
        limits = np.finfo(options.dtype)
        self.smallest, self.below_one = limits.smallest_normal, 1 - limits.epsneg
        self.underflow = False

    def note(self, *_: Any) -> None:
        """Called by NumPy when an operation underflowed."""
        self.underflow = True

    def settle(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray | np.floating) or value.dtype.kind != "f":
            return value
        if self.conformance:
            np.multiply(value, self.below_one)
        if self.underflow:
            self.underflow = False
            return np.where(np.abs(value) < self.smallest, np.copysign(0, value), value)
        return value


class NumPyEvents:
    """Delivery through the ring, in place."""

    def __init__(self, delivery: Delivery):
        self.delivery = delivery
        self.rows = delivery.longest + 1

    def start(self, dtype: Any) -> np.ndarray:
        return np.zeros(self.rows * self.delivery.n_slots, dtype)

    def exchange(
        self, under_way: np.ndarray, fired: np.ndarray, values: Mapping[str, np.ndarray],
        seed: np.ndarray, found: int, due: int,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        ring = under_way.reshape(self.rows, -1)
        ring[(due - 1) % self.rows] = 0
        self._send(under_way, fired, values, seed, found)
        return ring[due % self.rows].copy(), under_way

    def _send(
        self, ring: np.ndarray, fired: np.ndarray, values: Mapping[str, np.ndarray],
        seed: np.ndarray, found: int,
    ) -> None:  # fmt: skip
        d = self.delivery.rows
        assert d is not None
        sources = np.flatnonzero(fired)
        if not len(sources):
            return
        start, end = d.row_pointer[sources], d.row_pointer[sources + 1]
        lengths = end - start
        first = np.repeat(start - np.cumsum(lengths) + lengths, lengths)
        synapse = first + np.arange(int(lengths.sum()))
        if d.unreliable is not None:
            synapse = synapse[self._released(d.unreliable, synapse, values, seed, found)]
        row = (found + d.delay[synapse].astype(np.int64)) % self.rows
        np.add.at(
            ring, row * self.delivery.n_slots + d.slot[synapse], values["delivery.weights"][synapse]
        )

    def _released(
        self, u: Unreliable, synapse: np.ndarray, values: Mapping[str, np.ndarray],
        seed: np.ndarray, found: int,
    ) -> np.ndarray:  # fmt: skip
        """Which of the synapses transmit a spike of step `found`."""
        k = np.minimum(np.searchsorted(u.place, synapse), len(u.place) - 1)
        words = random.threefry2x32(seed, u.stream[k], np.uint32(found), u.number[k])
        released = random.uniform(*words) < values["delivery.release"][k]
        return released | (u.place[k] != synapse)


class NumPyCoupling:
    """Sums in place, edge by edge."""

    def __init__(self, ends: Joined):
        self.edges, self.source, self.target, self.ends = (
            ends.edges, ends.source, ends.target, ends,
        )  # fmt: skip

    def total(self, values: np.ndarray) -> np.ndarray:
        if values.dtype == np.float64:
            total = np.bincount(self.target, values, self.ends.size)
        else:
            total = np.zeros(self.ends.size, values.dtype)
            np.add.at(total, self.target, values)
        if self.ends.spread is None:
            return total
        spread = np.zeros(self.ends.whole, values.dtype)
        spread[self.ends.spread] = total[0]
        return spread


class NumPyExecutable:
    """A program run by NumPy."""

    compilations = 0

    def __init__(self, program: Program, options: Options):
        self.memory = estimate(program, options, None, 1, 1)
        refuse_too_large(self.memory)
        program = lower(program, CONCRETE + COUPLED + LEARNING)
        assert program.delivery is not None
        self.binder = Binder(program, options)
        self.program, self.options = program, options
        self.arrays = NumPyArrays(options)
        events, couplings = NumPyEvents(program.delivery), [*map(NumPyCoupling, joined(program))]
        self.step = Step(program, self.arrays, events, options.dtype, couplings, wired(program))

    def explain(self) -> list[str]:
        return []

    def prepare(self, values: Mapping[str, np.ndarray], seed: int) -> NumPyRunning:
        return NumPyRunning(self, values, seed)


class NumPyRunning:
    """A program run by NumPy, with the values of a run."""

    def __init__(self, made: NumPyExecutable, values: Mapping[str, np.ndarray], seed: int):
        dtype = made.options.dtype
        self.made, self.chunk, self.seed = made, _CHUNK, np.asarray(seed, np.uint32)
        self.values = {
            n: v.astype(dtype) if v.dtype == np.float64 else v for n, v in values.items()
        }
        self.probes = [
            (p, f"{p.source.group}.{p.variable}", p.source.index) for p in made.program.sampled()
        ]

    def start(self) -> State:
        with self._flushing():
            state = self.made.step.initial(self.values)
        return state | {"recent": self.made.step.nothing_recent()}

    def resend(self, state: State, n: int) -> State:
        step = self.made.step
        under_way = resent(
            step.events, state["recent"], step.late, self.values, self.seed, n, step.dtype
        )
        return state | {"under way": under_way}

    def advance(self, state: State, n: int, count: int) -> Chunk:
        changing = ("under way", "recent", *self.made.step.learning.changing)
        state = state | {name: state[name].copy() for name in changing}
        fired = np.zeros((count, len(state["fired"])), dtype=bool)
        rows: dict[str, list[np.ndarray]] = {p.name: [] for p, _, _ in self.probes}
        logs: dict[str, list[tuple[np.ndarray, ...]]] = {p.name: [] for p in self.made.step.logged}
        with self._flushing():
            step = self.made.step
            for k in range(count):
                if step.begins:
                    state = step.begin(self.values, state, np.int32(n + k), self.seed)
                for p, name, index in self.probes:
                    if (n + k) % p.every == 0:
                        rows[p.name].append(self._each(state, name)[index])
                state, seen = step(self.values, state, np.int32(n + k), self.seed)
                fired[k] = state["fired"]
                state["recent"][(n + k) % len(state["recent"])] = fired[k]
                for probe, (had, *values) in seen.items():
                    who = np.flatnonzero(had)
                    logs[probe].append((np.full(len(who), n + k), who, *(v[who] for v in values)))
        samples = {}
        for p, name, index in self.probes:
            shape = (len(rows[p.name]), len(self._each(state, name)[index]))
            samples[p.name] = np.array(rows[p.name], state[name].dtype).reshape(shape)
        kept = {
            name: tuple(np.concatenate(column) for column in zip(*log, strict=True))
            for name, log in logs.items()
        }
        return state, listed(fired, n), samples, kept

    def _each(self, state: State, name: str) -> np.ndarray:
        """The values of a state; one that is shared stands once for each neuron."""
        size = self.made.program.owner(name.partition(".")[0]).size
        return np.broadcast_to(state[name], (size,)) if not state[name].shape else state[name]

    def _flushing(self) -> Any:
        arrays = self.made.arrays
        arrays.underflow = False
        return np.errstate(all="ignore", under="call", call=arrays.note)


class NumPyBackend(Backend):
    """Runs everywhere, no compilation; what it computes is what a program means."""

    name = "numpy"

    def unavailable(self) -> str:
        return ""

    def lower(self, program: Program, options: Options) -> NumPyExecutable:
        refuse_unsupported(program, self)
        refuse_stored_weights(options, self.name)
        return NumPyExecutable(program, options)


BACKEND = NumPyBackend()

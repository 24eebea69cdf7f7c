"""The loop over steps as one XLA computation: a while loop with a length that is an argument."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...errors import UnsupportedError
from ...ir.program import Delivery, Program, Rows
from ...native import available, register
from ...passes import CONCRETE, COUPLED, LEARNING, lower
from ...passes.layout import addresses
from ...random import threefry2x32, uniform
from ..base import Chunk, Log, Options, State
from ..binding import Binder
from ..coupling import joined
from ..drive import listed, resent, sample_steps
from ..memory import estimate, refuse_too_large
from ..plasticity import wired
from ..step import Step
from ..synapses import Synapses, part_starts, planned
from .arrays import JaxArrays
from .coupling import JaxCoupling
from .events import deliver
from .exact import as_written
from .native import NativeEvents

# In conformance mode XLA may not regroup constants (algsimp); `as_written` does the rest. Level 1
# compiles faster than the highest, and what it makes is about as fast.
_AS_WRITTEN = {"xla_backend_optimization_level": 1, "xla_disable_hlo_passes": "algsimp"}
_BUFFER_BYTES = 2**25
_LONGEST_CHUNK = 1000
_WIDEST = 512


class RingEvents:
    """Delivery in plain XLA, through a ring of arrivals: row n mod delays belongs to step n.

    The row of the step before is cleared first; in this order XLA needs no copy of the ring.
    """

    def __init__(self, delivery: Delivery, arrays: Mapping[str, Any]):
        self.rows, self.n_slots = delivery.longest + 1, delivery.n_slots
        self.width, self.arrays = _width(delivery), arrays

    def start(self, dtype: Any) -> Any:
        return jnp.zeros(self.rows * self.n_slots, dtype)

    def exchange(
        self, under_way: Any, fired: Any, values: Mapping[str, Any], seed: Any, found: Any,
        due: Any,
    ) -> tuple[Any, Any]:  # fmt: skip
        weights = released(self.arrays, values, seed, found)
        nothing = jnp.zeros(self.n_slots, under_way.dtype)
        ring = jax.lax.dynamic_update_slice(under_way, nothing, (self._first(due - 1),))
        a = self.arrays
        ring = deliver(
            ring,
            fired,
            weights,
            a["row_pointer"],
            a["slot"],
            a["delay"],
            found,
            n_slots=self.n_slots,
            width=self.width,
        )
        return jax.lax.dynamic_slice(ring, (self._first(due),), (self.n_slots,)), ring

    def _first(self, step: Any) -> Any:
        return jnp.mod(step, self.rows) * self.n_slots


def lookups(rows: Rows) -> dict[str, np.ndarray]:
    """What delivery in XLA looks up, by name."""
    found = {"row_pointer": rows.row_pointer, "slot": rows.slot, "delay": rows.delay}
    if rows.unreliable is not None:
        u = rows.unreliable
        found |= {"unreliable": u.place, "unreliable.number": u.number,
                  "unreliable.stream": u.stream}  # fmt: skip
    return found


def released(tables: Mapping[str, Any], values: Mapping[str, Any], seed: Any, found: Any) -> Any:
    """The weights; 0 where a synapse does not transmit a spike of step `found`."""
    weights = values["delivery.weights"]
    if "unreliable" not in tables:
        return weights
    step = jnp.asarray(found).astype(jnp.uint32)
    words = threefry2x32(seed, tables["unreliable.stream"], step, tables["unreliable.number"])
    kept = weights[tables["unreliable"]]
    kept = jnp.where(uniform(*words) < values["delivery.release"], kept, jnp.zeros_like(kept))
    return weights.at[tables["unreliable"]].set(kept)


class JaxExecutable:
    """A program compiled by XLA, once for all parameters, seeds and durations."""

    def __init__(self, program: Program, options: Options):
        self.options, self.compilations = options, 0
        if options.deterministic and jax.default_backend() != "cpu":
            raise UnsupportedError(
                f"on {jax.default_backend()} XLA adds what arrives in any order, so "
                "deterministic=True can't be promised; use backend='cpp' or leave it out"
            )
        # The kernels know no release; XLA draws for every synapse in every step.
        native = _use_native() and not any(e.unreliable for e in program.edges)
        threads = _threads()
        parts = len(part_starts(addresses(program).n_slots, threads)) - 1
        tables = planned(program, options, False) if native else None
        self.memory = estimate(program, options, tables, parts, threads)
        refuse_too_large(self.memory)
        self.native = Synapses(program, options, threads) if native else None
        program = self.native.program if self.native else lower(program, CONCRETE)
        self.program = lower(program, COUPLED + LEARNING)
        self.binder = Binder(self.program, options, self.native)
        self.chunk = _chunk(self.program, options)
        if self.native:
            self.binder.bind()  # draws the weights
            arrays = self.native.arrays
        else:
            assert self.program.delivery is not None and self.program.delivery.rows is not None
            arrays = lookups(self.program.delivery.rows)
        self.joined = joined(self.program)
        for k, ends in enumerate(self.joined):
            arrays = arrays | JaxCoupling.arrays(k, ends)
        self.wired = wired(self.program)
        for k, w in enumerate(self.wired):
            arrays = arrays | {f"plastic.{k}.{name}": a for name, a in w.arrays().items()}
        with jax.enable_x64(True):
            # device_put takes arrays on pages of their own without a copy.
            self.table = {name: jax.device_put(a) for name, a in arrays.items()}
            self.table["zero"] = jnp.int64(0)
        self.compiled = jax.jit(
            self._advance, compiler_options=_AS_WRITTEN if options.conformance else None
        )

    def _step(self, table: Mapping[str, Any]) -> Step:
        delivery = self.program.delivery
        assert delivery is not None
        arrays = JaxArrays(self.options.conformance, self.native is not None, table["zero"])
        events = NativeEvents(delivery, table) if self.native else RingEvents(delivery, table)
        couplings = [JaxCoupling(k, ends.edges, table) for k, ends in enumerate(self.joined)]
        plastic = [
            w.with_arrays({name: table[f"plastic.{k}.{name}"] for name in w.arrays()})
            for k, w in enumerate(self.wired)
        ]
        return Step(self.program, arrays, events, self.options.dtype, couplings, plastic)

    def _advance(
        self, table: Any, values: Any, seed: Any, state: Any, n0: Any, count: Any
    ) -> tuple[Any, Any, Any, Any]:
        """(state, fired [chunk, sources], samples, logs) after `count` steps from n0.

        Of a probe that is logged: who had the event, and values of all [chunk, elements].
        """
        self.compilations += 1  # runs when JAX traces, once a compilation
        made = self._step(table)
        step: Callable[..., Any] = made
        begin: Callable[..., Any] | None = made.begin if made.begins else None
        if self.options.conformance:
            step = as_written(step, table["zero"])
            begin = as_written(begin, table["zero"]) if begin else None
        probes = self.program.sampled()
        fired = jnp.zeros((self.chunk, state["fired"].shape[0]), bool)
        samples = {
            p.name: jnp.zeros(
                (-(-self.chunk // p.every) + 1, self._width(p)), self._dtype(p, p.variable)
            )
            for p in probes
        }
        logs = {
            p.name: tuple(
                jnp.zeros((self.chunk, self._width(p)), dtype)
                for dtype in (bool, *(self._dtype(p, name) for name in p.variables))
            )
            for p in self.program.probes
            if p.logged
        }

        def one(carry: Any) -> Any:
            n, state, fired, samples, logs = carry
            if begin:
                state = begin(values, state, n, seed)
            for p in probes:
                # Off the beat the sample goes to a row that a later one overwrites, or the last.
                row = n // p.every - (n0 + p.every - 1) // p.every
                row = jnp.where(n % p.every == 0, row, samples[p.name].shape[0] - 1)
                value = state[f"{p.source.group}.{p.variable}"]
                if value.ndim:
                    value = value[p.source.index]
                samples = samples | {p.name: samples[p.name].at[row].set(value)}
            state, seen = step(values, state, n, seed)
            logs = jax.tree.map(lambda log, now: log.at[n - n0].set(now), logs, seen)
            return n + 1, state, fired.at[n - n0].set(state["fired"]), samples, logs

        start = n0, state, fired, samples, logs
        return jax.lax.while_loop(lambda c: c[0] < n0 + count, one, start)[1:]

    def _width(self, probe: Any) -> int:
        return len(probe.source.indices(self.program.owner(probe.source.group).size))

    def _dtype(self, probe: Any, variable: str) -> Any:
        dtype = self.program.owner(probe.source.group).field(variable).dtype
        return {"float": self.options.dtype, "int": np.int32, "bool": np.bool_}[dtype]

    def explain(self) -> list[str]:
        return self.native.explain() if self.native else []

    def prepare(self, values: Mapping[str, np.ndarray], seed: int) -> JaxRunning:
        return JaxRunning(self, values, seed)


class JaxRunning:
    """A program compiled by XLA, with the values of a run."""

    def __init__(self, made: JaxExecutable, values: Mapping[str, np.ndarray], seed: int):
        self.made, self.chunk = made, made.chunk
        with jax.enable_x64(True):
            self.bound = {
                name: jnp.asarray(v, made.options.dtype if v.dtype == np.float64 else v.dtype)
                for name, v in values.items()
            }
            self.seed = jnp.uint32(seed)

    def start(self) -> State:
        with jax.enable_x64(True):
            step = self.made._step(self.made.table)
            state = step.initial(self.bound)
        # The C++ kernels keep nothing else of spikes than that they were found.
        return state if self.made.native else state | {"recent": step.nothing_recent()}

    def resend(self, state: State, n: int) -> State:
        if self.made.native:
            return state
        with jax.enable_x64(True):
            step = self.made._step(self.made.table)
            under_way = resent(
                step.events, state["recent"], step.late, self.bound, self.seed, n, step.dtype
            )
        return state | {"under way": under_way}

    def advance(self, state: State, n: int, count: int) -> Chunk:
        recent = state.get("recent")
        moved = {name: value for name, value in state.items() if name != "recent"}
        with jax.enable_x64(True):
            state, fired, samples, logs = self.made.compiled(
                self.made.table, self.bound, self.seed, moved, jnp.int32(n), jnp.int32(count)
            )
        if recent is not None:
            last = np.arange(max(0, count - len(recent)), count)
            recent = np.array(recent)
            recent[(n + last) % len(recent)] = np.asarray(fired)[last]
            state = state | {"recent": recent}
        kept = {
            p.name: np.asarray(samples[p.name])[: len(sample_steps(n, count, p.every))]
            for p in self.made.program.sampled()
        }
        return state, listed(np.asarray(fired)[:count], n), kept, {
            name: _log(*(np.asarray(column)[:count] for column in log), first=n)
            for name, log in logs.items()
        }  # fmt: skip


def _log(had: np.ndarray, *values: np.ndarray, first: int) -> Log:
    """The events of flags [steps, elements], and values of those who had them."""
    steps, who = listed(had, first)
    return steps, who, *(v[steps - first, who] for v in values)


def _use_native() -> bool:
    """Are the C++ kernels there, and is this a CPU? Then JAX is told of them."""
    native = jax.default_backend() == "cpu" and available()
    if native:
        register()
    return native


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _chunk(program: Program, options: Options) -> int:
    """Steps a chunk: as many as the buffers of recordings hold."""
    sizes = {n.name: n.size for n in program.owners()}
    assert program.delivery is not None
    width = program.delivery.n_sources
    for p in (*program.sampled(), *(p for p in program.probes if p.logged)):
        bytes_each = options.dtype.itemsize * (len(p.variables) or 1) + p.logged
        width += bytes_each * len(p.source.indices(sizes[p.source.group])) // p.every
    return int(np.clip(_BUFFER_BYTES // max(width, 1), 1, _LONGEST_CHUNK))


def _width(delivery: Delivery) -> int:
    """Synapses taken at a time: the longest row, up to a bound, as a power of two."""
    assert delivery.rows is not None
    longest = int(np.diff(delivery.rows.row_pointer).max(initial=1))
    return int(min(_WIDEST, 2 ** int(np.ceil(np.log2(max(longest, 1))))))

"""One step of a network on arrays: the meaning of the order of phases, for NumPy and JAX alike.
native/machine.cc is the same in C++.

The state is a dict of arrays by "group.field", with "fired" [sources] (who had an event in the last
step) and "under way" (spikes that have not arrived yet, in a form of the event operations' own);
where there are precise groups, with "sent": see `precise.sent`. A step takes one and gives the
next; nothing is changed in place, but by the event operations that a backend brings along.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..ir.expr import Draw
from ..ir.program import Block, Neurons, Program
from ..passes.inputs import arriving
from .coupling import Coupling, EdgeScope
from .evaluate import Array, Arrays, Drawing, evaluate, operations
from .plasticity import Learning, Wired
from .precise import between, rows, sent, timed

State = dict[str, Array]
# Of each probe of events that is logged, in its view: who had the event, and values of variables.
Seen = dict[str, tuple[Array, ...]]


class Events(Protocol):
    """The event operations of a backend."""

    def start(self, dtype: Any) -> Any:
        """What is under way before the first step: nothing."""
        ...

    def exchange(
        self,
        under_way: Any,
        fired: Array,
        values: Mapping[str, Array],
        seed: Array,
        found: Array,
        due: Array,
    ) -> tuple[Array, Any]:
        """(what arrives in step `due` [slots], what is under way after that).

        First the spikes of `fired`, found in step `found`, are sent; with a delay of 0 a spike
        arrives in the step in which it was found. values: what is bound, "delivery.weights" and
        "delivery.release" among it.
        """
        ...


class Step:
    """The step function of a program, for one array library."""

    def __init__(
        self, program: Program, arrays: Arrays, events: Events, dtype: Any,
        couplings: Sequence[Coupling] = (), plastic: Sequence[Wired] = (),
    ):  # fmt: skip
        assert program.delivery is not None
        self.couplings, self.delivery = couplings, program.delivery
        self.timed, self.learning = timed(program), Learning(program, arrays, plastic)
        self.program, self.arrays, self.events, self.dtype = program, arrays, events, dtype
        self.table = operations(arrays)
        self.dtypes = {
            f"{n.name}.{f.name}": {"float": dtype, "int": "int32", "bool": "bool"}[f.dtype]
            for n in program.neurons
            for f in n.fields
            if f.kind in ("state", "arrival")
        }
        self.logged = [p for p in program.probes if p.logged]
        self.slots = {(g, v): start for g, v, start in program.delivery.slots}
        self.begins = bool(program.links) or any(n.begin for n in program.neurons)
        self.shared = {f"{n.name}.{f.name}" for n in program.neurons for f in n.fields if f.shared}

    @property
    def late(self) -> bool:
        """Are spikes sent in the step after the one that they are found in?"""
        order = self.program.order
        return order.index("deliver") < order.index("threshold")

    def nothing_recent(self) -> np.ndarray:
        """Flags of the sources in the steps that spikes may still be under way from."""
        assert self.program.delivery is not None
        return np.zeros((self.program.delivery.longest + 1, self.program.delivery.n_sources), bool)

    def initial(self, values: Mapping[str, Array]) -> State:
        """The state at t = 0: initial values, nothing under way, nobody has fired."""
        xp, delivery = self.arrays.xp, self.program.delivery
        assert delivery is not None
        state: State = {
            name: xp.asarray(values[name]).astype(dtype)
            for name, dtype in self.dtypes.items()
            if name in values
        }
        state["under way"] = self.events.start(self.dtype)
        state["fired"] = xp.zeros(delivery.n_sources, dtype="bool")
        if self.timed:
            state["sent"] = xp.full((rows(self.program), delivery.n_sources), np.inf)
        return state | self.learning.initial(values, self.dtype)

    def begin(self, values: Mapping[str, Array], state: State, n: Array, seed: Array) -> State:
        """The state as step n begins, before samples are taken: links are read, and what is
        constant over a step is computed. Needed only where `begins`."""
        run = _Running(self, values, dict(state), n, seed)
        run.begin()
        return run.state

    def __call__(
        self, values: Mapping[str, Array], state: State, n: Array, seed: Array
    ) -> tuple[State, Seen]:
        """The state after step n, and what probes of events saw in it.

        `values` are bound, `n` an int32, `seed` a uint32.
        """
        run = _Running(self, values, dict(state), n, seed)
        threshold_done = False
        for phase in self.program.order:
            if phase == "deliver":
                # Before the threshold, the spikes to send are those of the step before.
                run.deliver(n if threshold_done else n - 1, n)
            elif phase in ("act", "inputs", "couple", "update", "threshold", "reset"):
                getattr(run, phase)()
            threshold_done |= phase == "threshold"
        return run.state, run.seen


class _Running:
    """One step being taken."""

    def __init__(
        self, step: Step, values: Mapping[str, Array], state: State, n: Array, seed: Array
    ):
        self.step, self.values, self.state, self.n = step, values, state, n
        self.xp = step.arrays.xp
        self.drawing = Drawing(step.arrays, seed, self.xp.asarray(n).astype("uint32"))
        self.time = {
            "step": n,
            "dt": step.program.dt,
            "t": self.xp.asarray(n).astype("float64") * step.program.dt,
        }
        self.scopes = {g.name: self._scope(g) for g in step.program.neurons}
        self.fired: dict[tuple[str, str], Array] = {}
        self.seen: Seen = {}

    def _scope(self, group: Neurons) -> dict[str, Array]:
        """The values that the run does not change, by the names the group uses."""
        known = {
            f.name: self.values[f"{group.name}.{f.name}"]
            for f in group.fields
            if f.kind not in ("state", "arrival")
        }
        return known | self.time

    def _now(self, group: Neurons) -> dict[str, Array]:
        return {
            f.name: self.state[f"{group.name}.{f.name}"]
            for f in group.fields
            if f.kind in ("state", "arrival") and f"{group.name}.{f.name}" in self.state
        }

    def values_of(self, group: str, name: str) -> Array:
        """A variable or parameter of a group, as it is now."""
        key = f"{group}.{name}"
        return self.state[key] if key in self.state else self.values[key]

    def respond(self, group: Neurons, block: Block, flags: Array, time: dict[str, Array]) -> None:
        """What spikes make of traces that neurons keep for their plastic synapses, at that time."""
        self._block(group, block, flags, time)

    def _draw(self, group: Neurons, single: bool = False) -> Callable[[Draw, list[Array]], Array]:
        if single:
            return lambda node, args: self.drawing.draw(group.name, 1, node, args)[0]
        return lambda node, args: self.drawing.draw(group.name, group.size, node, args)

    def _block(
        self, group: Neurons, block: Block, mask: Array | None = None,
        time: Mapping[str, Array] | None = None,
    ) -> None:  # fmt: skip
        """Run statements in order; where there is a mask, only for the elements in it. time: t and
        step, where they are not those of the step."""
        if not block:
            return
        now = self._now(group) | dict(time or {})
        scope = ChainMap(now, self.scopes[group.name])
        for s in block:
            draw = self._draw(group, f"{group.name}.{s.target}" in self.step.shared)
            value = evaluate(s.value, scope, self.step.arrays, self.step.table, draw)
            if s.local:
                now[s.target] = value
                continue
            old = now[s.target]
            if s.how == "+=":
                value = self.step.arrays.settle(old + value)
            elif s.how == "max=":
                value = self.xp.maximum(old, value)
            if mask is not None:
                value = self.xp.where(mask, value, old)
            name = f"{group.name}.{s.target}"
            value = self.xp.asarray(value).astype(self.step.dtypes[name])
            now[s.target] = self.state[name] = self.xp.broadcast_to(value, old.shape)

    def begin(self) -> None:
        """What is read of other groups, and what stays as it is through the step."""
        sizes = {g.name: g.size for g in self.step.program.neurons}
        read = {}
        for link in self.step.program.links:
            source = f"{link.source.group}.{link.variable}"
            value = self.state[source] if source in self.state else self.values[source]
            if value.shape:
                value = value[link.source.indices(sizes[link.source.group])]
            name = f"{link.reader}.{link.name}"
            value = value.astype(self.step.dtypes[name])
            read[name] = self.xp.broadcast_to(value, (sizes[link.reader],))
        self.state |= read
        for group in self.step.program.neurons:
            self._block(group, group.begin)

    def act(self) -> None:
        """Clocks whose step this is."""
        for clock in self.step.program.clocks:
            due: Array = (self.n >= clock.offset) & ((self.n - clock.offset) % clock.every == 0)
            if clock.at is not None:
                due = (self.xp.asarray(clock.at, dtype="int32") == self.n).any()
            group = self.step.program.group(clock.group)
            if self.step.arrays.traced:
                self._block(group, clock.block, due)
            elif due:
                self._block(group, clock.block)

    def inputs(self) -> None:
        """Signals take their values for this step."""
        for group in self.step.program.neurons:
            self._block(group, group.inputs)

    def couple(self, each: str = "step") -> None:
        """Sum what continuous synapses do, from the state as it is now."""
        totals: dict[str, Array] = {}
        for c in self.step.couplings:
            (one,) = c.edges.continuous
            if one.each != each:
                continue
            group = self.step.program.group(c.edges.target.group)
            pre, post = (
                ChainMap(self._now(self.step.program.group(v.group)), self.scopes[v.group])
                for v in (c.edges.source, c.edges.target)
            )
            scope = EdgeScope(c, self.values, pre, post)
            value = evaluate(one.value, scope, self.step.arrays, self.step.table)
            name = f"{group.name}.{one.variable}"
            value = self.xp.broadcast_to(value, c.target.shape).astype(self.step.dtypes[name])
            total = self.step.arrays.settle(c.total(value))
            known = totals.get(name)
            totals[name] = total if known is None else self.step.arrays.settle(known + total)
        self.state |= totals

    def update(self) -> None:
        """States move from t_n to t_{n+1}; in stages, where neurons are coupled in the step."""
        groups = self.step.program.neurons
        for group in groups:
            self._block(group, group.update)
        for k in range(max((len(g.stages) for g in groups), default=0)):
            if k:
                self.couple("stage")
            for group in groups:
                if group.stages:
                    self._block(group, group.stages[k])
        for group in groups:
            if group.precise:
                between(self, group)

    def threshold(self) -> None:
        """Find who meets the condition of an event."""
        delivery = self.step.program.delivery
        assert delivery is not None
        for group in self.step.program.neurons:
            scope = ChainMap(self._now(group), self.scopes[group.name])
            for event in group.events:
                met = evaluate(
                    event.condition, scope, self.step.arrays, self.step.table, self._draw(group)
                )
                met = self.xp.broadcast_to(self.xp.asarray(met, dtype="bool"), (group.size,))
                self.fired[group.name, event.name] = met
        if delivery.sources:
            parts = [self.fired[name, event] for name, event, _ in delivery.sources]
            self.state["fired"] = self.xp.concatenate(parts)
        if self.step.timed:
            self.state["sent"] = sent(self)
        if self.step.learning:
            self.step.learning.remember(self.state, self.n)
        for p in self.step.logged:
            name, index = p.source.group, p.source.index
            values = [self.state[f"{name}.{variable}"] for variable in p.variables]
            self.seen[p.name] = tuple(x[index] for x in (self.fired[name, p.event], *values))

    def deliver(self, found: Array, n: Array) -> None:
        """Send the spikes found in step `found`; let what is due in step n arrive."""
        events, learning = self.step.events, self.step.learning
        if learning:
            learning.respond(self, found)
        state = self.state
        arrived, state["under way"] = events.exchange(
            state["under way"], state["fired"], self.values, self.drawing.seed, found, n
        )
        if learning:
            arrived = self.step.arrays.settle(arrived + learning.arrived(state, n))
        for group in self.step.program.neurons:
            for port in group.ports:
                start = self.step.slots[group.name, port.variable]
                name = f"{group.name}.{arriving(port.variable)}"
                state[name] = arrived[start : start + group.size]
            self._block(group, group.arrive)
            for port in group.ports:
                del state[f"{group.name}.{arriving(port.variable)}"]

    def reset(self) -> None:
        """Run the reset block of every event for those who had it."""
        for group in self.step.program.neurons:
            for event in group.events:
                self._block(group, event.reset, self.fired[group.name, event.name])

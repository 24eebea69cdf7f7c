"""A program on a GPU: its code compiled, its arrays put into the device's memory, run by launches
of one kernel that takes thousands of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from ... import random
from ...ir.program import Program
from ...ir.verify import released
from ...native import machine
from ...passes import COUPLED, LEARNING, lower
from ...passes.layout import addresses, port_of
from ..base import Chunk, Options, State
from ..binding import LARGEST, Binder
from ..coupling import joined
from ..drive import sample_steps
from ..memory import estimate, refuse_too_large
from ..plasticity import TRANSMITTED, wired
from ..plasticity import longest as longest_learning
from ..synapses import Store, Synapses, part_starts, planned, release_of, weights_of
from . import layout
from .connect import DeviceTable
from .device import Device, Snapshot
from .groups import Groups
from .placement import Fast, launch_bound, tiles
from .recordings import EventLog, Samples, Spikes

# A chunk has so many updates of neurons, but not more steps.
_CHUNK_UPDATES, _CHUNK_STEPS = 10**9, 20_000
# A launch has so many, where spikes are fetched while the next is under way.
_LAUNCH_STEPS = 5_000
_SAMPLE_BYTES = 2**26  # of a chunk


class CudaExecutable:
    """A program that is run by launches of one kernel."""

    def __init__(self, program: Program, options: Options, device: Device):
        self.options, self.device = options, device
        parts = len(part_starts(addresses(program).n_slots, 1)) - 1
        tables = planned(program, options, True, "cuda")
        self.memory = estimate(program, options, tables, parts, 1)
        refuse_too_large(self.memory, device.free_bytes())
        self.fast = Fast(program, options, device)
        self.synapses = Synapses(
            program, options, 1, share=True, make=partial(DeviceTable, device), backend="cuda",
            placing=self.fast,
        )  # fmt: skip
        self.program = lower(self.synapses.program, COUPLED + LEARNING)
        self.wired = wired(self.program, narrow=True)
        self.joined = joined(self.program)
        self.binder = Binder(self.program, options, self.synapses)
        self.kernels: dict[tuple[str, int], Callable[..., None]] = {}
        self.prepare(self.binder.bind(), program.seed)  # compiled now; what is missing is told

    @property
    def compilations(self) -> int:
        """How many texts were compiled."""
        return len({text for text, _ in self.kernels})

    def kernel(self, text: str, shared: int) -> Callable[..., None]:
        """The kernel of a text, with so many bytes of shared memory a block."""
        if (text, shared) not in self.kernels:
            exact = self.options.conformance
            made = self.device.kernel(text, "spikesim_run", exact, shared)
            self.kernels[text, shared] = made
        return self.kernels[text, shared]

    def explain(self) -> list[str]:
        bound = launch_bound(self.program)
        return [
            f"{self.device.name}: {self.fast.explain()}",
            *([bound] if bound else []),
            *self.synapses.explain(),
        ]

    def prepare(self, values: Mapping[str, np.ndarray], seed: int) -> CudaRunning:
        return CudaRunning(self, values, seed)


class CudaRunning:
    """A program and the values of a run on the device."""

    def __init__(self, made: CudaExecutable, values: Mapping[str, np.ndarray], seed: int):
        program, options, device = made.program, made.options, made.device
        assert program.delivery is not None
        self.made, self.program, self.device, self.seed = made, program, device, seed
        self.options, self.delivery = options, program.delivery
        self.uploads = layout.Uploads(device)
        self.stores = made.synapses.stores
        late = program.order.index("deliver") < program.order.index("threshold")
        delays = [d for s in self.stores for d in s.table.delays]
        longest = program.delivery.longest
        rows = max(longest + 2, longest_learning(program) + 2, 3)
        placement = self.placement = made.fast.placement
        whole = not placement and options.deterministic and options.precision == "float32"
        self.sum = made.fast.sums if placement else np.dtype("i8") if whole else options.dtype
        self.groups = Groups(
            program, made.joined, made.wired, values, options, device, self.uploads, self.sum
        )
        self.state: dict[str, Any] = dict(self.groups.states)
        self.state["log"] = device.zeros((rows, program.delivery.n_sources), np.int32)
        self.state["log.count"] = device.zeros(rows, np.int32)
        n_slots = program.delivery.n_slots
        rings = [s for s in self.stores if s.table.segment is None]
        # Of another path, it would not be what this one leaves between launches.
        self.ring = "ring of blocks" if placement else "ring"
        if rings:
            self.state[self.ring] = device.zeros((longest + 1, n_slots), self.sum)
        learned = self.groups.plastic
        if learned.transmitted:
            self.state[TRANSMITTED] = learned.transmitted
        arrived = len(rings) < len(self.stores)
        steps = max(2, placement.interval if placement else 0)
        recording = any(p.event and not p.logged for p in program.probes)
        least = steps * program.delivery.n_sources
        self.spikes = Spikes(device, least) if recording else None
        self.logs = [EventLog(self, p) for p in program.probes if p.logged]
        self.done = device.zeros(2, np.int64)
        up = self.uploads
        tables = [] if placement else [
            self._table(k, s, values) for k, s in enumerate(self.stores)
        ]  # fmt: skip
        units = up.array(self._units(values), np.float64) if whole else 0
        plastic = learned.structures(units)
        part_start = made.synapses.part_start
        self.network = layout.Network(
            program.dt, late, not delays or bool(min(delays) > late),
            bool(program.links), any(g.begin for g in program.neurons), bool(program.clocks),
            self.groups.rounds, len(program.neurons), up.structures(self.groups.structures),
            *self._tiles(), len(self.groups.couplings), up.structures(self.groups.couplings),
            program.delivery.n_sources, n_slots, len(part_start) - 1, len(tables),
            up.array(part_start, np.int64), up.structures(tables),
            up.keep(device.zeros((2, n_slots), self.sum)) if arrived else 0,
            self.state[self.ring].address if rings else 0,
            units, longest + 1, rows,
            self.state["log"].address, self.state["log.count"].address,
            n_logs=len(self.logs), logs=up.structures([log.structure for log in self.logs]),
            exchange=up.structures([self._exchange(values)]) if placement else 0,
            n_plastic=len(plastic), plastic=up.structures(plastic),
            transmitted=learned.transmitted.address if learned.transmitted else 0,
            transmitted_rows=learned.rows,
        )  # fmt: skip
        self.uploaded = device.upload(np.frombuffer(bytes(self.network), np.uint8))
        self.kernel = made.kernel(
            self.groups.text(device.lanes, "fast" if placement else "general"),
            placement.shared_bytes(self.sum.itemsize) if placement else 0,
        )
        self.latest: State | None = None
        self.again, self.exchanges = False, 0
        size = sum(n.size for n in program.neurons)
        samples = sum(
            8 * len(p.source.indices(program.owner(p.source.group).size)) / p.every
            for p in program.sampled()
        )  # fmt: skip
        most = min(_CHUNK_UPDATES // max(size, 1), _SAMPLE_BYTES // max(int(samples), 1))
        self.chunk = int(np.clip(most, 1, _CHUNK_STEPS))

    def _table(self, k: int, store: Store, values: Mapping[str, np.ndarray]) -> Any:
        t, up = store.table, self.uploads
        weight, release = values[weights_of(k)], values.get(release_of(k))
        number, stream = None, 0
        if release is not None:
            assert isinstance(t, DeviceTable)
            number = t.number
            stream = random.stream(released(self.program.edges[store.edges[0]]))
        here = up.array(weight, weight.dtype) if store.shared else _at(weight)
        width = self.options.weight_dtype.itemsize
        return machine.Table(
            _at(t.segment), _at(t.row), _at(t.delay), up.array(t.delays, np.int32), len(t.delays),
            _at(t.target), here, width, store.shared, _at(number),
            0 if release is None else up.array(release, np.float64),
            release is not None and release.ndim > 0, stream,
        )  # fmt: skip

    def _tiles(self) -> tuple[int, int]:
        """How many, and where they are."""
        found, p = tiles(self.program), self.placement
        places = np.stack([p.slot, p.place], axis=1) if p else np.zeros((len(found), 2), np.int32)
        return len(found), self.uploads.array(np.hstack([found, places]), np.int32)

    def _exchange(self, values: Mapping[str, np.ndarray]) -> Any:
        """What the fast path needs besides."""
        p, up, zeros = self.placement, self.uploads, self.device.zeros
        assert p
        slices = []
        for k, store in enumerate(self.stores):
            weight = values[weights_of(k)]
            whole = self.made.fast.whole(weight) if store.shared else weight
            at = up.array(whole, whole.dtype) if store.shared else _at(weight)
            t: Any = store.table
            slices.append(layout.Slices(
                _at(t.base), _at(t.offset), _at(t.target), at,
                self.options.weight_dtype.itemsize, store.shared,
            ))  # fmt: skip
        words, counts = zeros((2, p.blocks, 2), np.uint64), zeros((p.n_kept, p.blocks), np.int32)
        lists = zeros((p.n_kept, p.blocks, p.n_listed), np.uint16)
        return layout.Exchange(
            p.interval, p.n_slots, p.n_listed, p.n_kept, self.made.fast.unit,
            *(up.keep(memory) for memory in (words, counts, lists)),
            up.array(p.source, np.int32), len(slices), up.structures(slices), p.shift,
        )  # fmt: skip

    def _units(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """What 1 is worth in the sums of each slot, and the inverse: powers of two, so that no sum
        can reach 2^62."""
        bound = {(g, v): 0.0 for g, v, _ in self.delivery.slots}
        for e, most, indegree in zip(
            self.program.edges, self.made.synapses.most, self.delivery.largest_indegree, strict=True
        ):
            bound[port_of(e)] += most * indegree
        for w in self.made.wired:
            indegree = int(np.bincount(w.target, minlength=1).max())
            bound[port_of(w.edges)] += float(values[f"{w.edges.name}.{LARGEST}"]) * indegree
        units = np.ones((self.delivery.n_slots, 2))
        for group, variable, start in self.delivery.slots:
            if b := bound[group, variable]:
                exponent = np.ceil(np.log2(b)) - 62
                mine = slice(start, start + self.program.group(group).size)
                units[mine] = 2.0**exponent, 2.0**-exponent
        return units

    # the run

    def start(self) -> State:
        """A copy of the state; what is under way, which is large, stays on the device."""
        self.latest = {
            name: self.device.download(m)
            if name in self.groups.states
            else Snapshot(self.device, m)
            for name, m in self.state.items()
        }
        for name in self.groups.single:
            self.latest[name] = self.latest[name].reshape(())
        return self.latest

    def resend(self, state: State, n: int) -> State:
        self._take_over(state)
        self._network({})
        self.again = True
        self._launch(n, 0)
        return self.start()

    def _take_over(self, state: State) -> None:
        self.again = self.ring in self.state and self.ring not in state
        for name in self.state.keys() & state.keys():
            held = state[name]
            if isinstance(held, Snapshot) and held.device is self.device:
                self.device.copy(self.state[name], held.memory)
            else:
                self.device.write(self.state[name], np.asarray(held))

    def advance(self, state: State, n: int, count: int) -> Chunk:
        """`count` steps from step n."""
        if state is not self.latest:
            self._take_over(state)
        samples = self._samples(n, count)
        done = 0
        while done < count:
            self._network(samples)
            most = _LAUNCH_STEPS if self.spikes else count
            taken = self._launch(n + done, min(count - done, most))
            for log in self.logs:
                log.drain()
            for sample in samples.values():
                sample.taken += len(sample_steps(n + done, taken, sample.probe.every))
            done += taken
        logs = {log.name: log.taken() for log in self.logs}
        taken_samples = {name: self.device.download(s.out) for name, s in samples.items()}
        none = np.empty(0, np.int32)
        spikes = self.spikes.taken() if self.spikes else (none, none)
        return self.start(), spikes, taken_samples, logs

    def _launch(self, first: int, count: int) -> int:
        """Take up to `count` steps; how many were taken."""
        places = self.spikes.places() if self.spikes else [0, 0]
        room = self.spikes.room if self.spikes else 0
        launch = layout.Launch(
            first, count, *places, room, self.done.address, self.seed, self.again, self.exchanges
        )
        self.again = False
        self.device.write(self.done, np.zeros(2, np.int64))
        self.kernel(self.uploaded, launch)
        try:
            if self.spikes:
                self.spikes.fetch()
        finally:  # its memory must outlive the kernel
            self.device.wait()
        taken, written = (int(x) for x in self.device.download(self.done))
        if self.spikes:
            self.spikes.turn(written)
        if self.placement:
            self.exchanges += -(-taken // self.placement.interval)
        return taken

    def _network(self, samples: Mapping[str, Samples]) -> None:
        """Tell the device where samples go."""
        probes = layout.Uploads(self.device)
        self.network.n_probes = len(samples)
        self.network.probes = probes.structures([s.structure() for s in samples.values()])
        self.probes = probes  # kept as long as the launch needs it
        self.device.write(self.uploaded, np.frombuffer(bytes(self.network), np.uint8))

    def _samples(self, n: int, count: int) -> dict[str, Samples]:
        return {
            p.name: Samples(self, p, len(sample_steps(n, count, p.every)))
            for p in self.program.sampled()
        }


def _at(memory: Any) -> int:
    return 0 if memory is None else int(memory.address)

"""What a run on a GPU records: buffers that launches write into, and that are drained."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir.program import Probe
from ..base import Found, Log
from . import layout
from .device import Device

_ROOM = 2**20  # events of a launch


class Spikes:
    """Who fired, and when. A launch writes into one of two buffers; what the launch before it wrote
    into the other is fetched meanwhile. room: of a buffer, for at least `least` spikes."""

    def __init__(self, device: Device, least: int):
        self.device, self.room = device, max(_ROOM, least)
        zeros = device.zeros
        self.buffers = [[zeros(self.room, np.int32) for _ in range(2)] for _ in range(2)]
        self.parts: list[Found] = []
        self.written = 0  # spikes in the second buffer

    def places(self) -> list[int]:
        """Addresses for the steps and the sources of the next launch."""
        return [m.address for m in self.buffers[0]]

    def fetch(self) -> None:
        """Take out what the launch before the present one wrote."""
        if self.written:
            steps, sources = (self.device.aside(m, self.written) for m in self.buffers[1])
            order = np.lexsort((sources, steps))
            self.parts.append((steps[order], sources[order]))
        self.written = 0

    def turn(self, written: int) -> None:
        """A launch is over; it wrote so many spikes."""
        self.buffers.reverse()
        self.written = written

    def taken(self) -> Found:
        """All since it was last asked."""
        self.fetch()
        parts, self.parts = self.parts, []
        empty = np.empty(0, np.int32)
        steps, sources = zip(*parts, strict=True) if parts else ([empty], [empty])
        return np.concatenate(steps), np.concatenate(sources)


class Samples:
    """Where the samples of a probe go, in a chunk."""

    def __init__(self, run: Any, probe: Probe, samples: int):
        name = f"{probe.source.group}.{probe.variable}"
        self.probe, self.values, self.taken = probe, run.state[name], 0
        size = run.program.owner(probe.source.group).size
        index = np.asarray(probe.source.indices(size)) * (name not in run.groups.single)
        dtype = run.groups.dtypes[name]
        self.index = run.device.upload(np.ascontiguousarray(index, np.int64))
        self.count, self.width = len(index), dtype.itemsize
        self.out = run.device.zeros((samples, len(index)), dtype)

    def structure(self) -> Any:
        """For the launch that takes the samples after those that are taken."""
        out = self.out.address + self.taken * self.count * self.width
        return layout.Probe(
            self.values.address, self.index.address, out, self.width, self.count, self.probe.every
        )


class EventLog:
    """The events that a probe logs, drained after each launch."""

    def __init__(self, run: Any, probe: Probe):
        group, up, device = probe.source.group, run.uploads, run.device
        index = np.ascontiguousarray(probe.source.indices(run.program.group(group).size), np.int64)
        values = [run.groups.logged[group, name] for name in probe.variables]
        room = max(_ROOM, 2 * len(index))
        self.name, self.device = probe.name, device
        dtypes = [np.dtype("i4"), np.dtype("i4"), *(dtype for _, dtype in values)]
        self.columns = [device.zeros(room, dtype) for dtype in dtypes]
        self.count = device.zeros(1, np.uint32)
        self.parts: list[Log] = []
        columns = [
            layout.Column(address, c.address, dtype.itemsize)
            for (address, dtype), c in zip(values, self.columns[2:], strict=True)
        ]
        self.structure = layout.Log(
            run.groups.flags[group, probe.event], up.array(index, np.int64), len(index),
            len(columns), up.structures(columns), self.columns[0].address,
            self.columns[1].address, room, self.count.address,
        )  # fmt: skip

    def drain(self) -> None:
        """Take out what has been put in."""
        n = int(self.device.download(self.count)[0])
        step, position, *columns = (self.device.download(c, n) for c in self.columns)
        order = np.lexsort((position, step))
        self.parts.append(tuple(c[order] for c in (step, position, *columns)))
        self.device.write(self.count, np.zeros(1, np.uint32))

    def taken(self) -> Log:
        """All since it was last asked."""
        parts, self.parts = self.parts, []
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

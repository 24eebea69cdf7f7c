"""What the soak tests do in processes of their own: python work.py NAME ARGUMENTS."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np

import spikesim as sp
from spikesim.recording.sinks import Sink
from spikesim.units import Hz, ms, mV, pA, second

sys.path.insert(0, str(Path(__file__).parents[2] / "docs/examples"))
import cuba
import microcircuit

warnings.simplefilter("ignore", sp.errors.RunWarning)
NETWORKS = {"cuba": cuba.network, "microcircuit": lambda: microcircuit.network(0.1)}
BUSY = {"exc.E_L": -20 * mV, "inh.E_L": -20 * mV}  # CUBA at about 31 spikes/s


def say(**found: object) -> None:
    print(json.dumps(found), flush=True)


def peak() -> float:
    """The most memory that this process has had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident() -> int:
    """Its present memory, bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def kept(name: str, sink: str, folder: str, seconds: str, every: str, checkpoint: str) -> None:
    """A run with checkpoints, or without; its spikes end up in a file."""
    place = Path(folder)
    model = NETWORKS[name]().compile()
    if sink == "disk":
        import zarr  # noqa: F401  (it takes half a second)
    options = {} if checkpoint == "no" else {"checkpoint": place / "checkpoint",
                                              "every": float(every) * ms}  # fmt: skip
    say(ready=True)
    start = time.perf_counter()
    result = model.run(
        float(seconds) * second,
        sink=sp.to_disk(place / "run.zarr") if sink == "disk" else None,
        **options,
    )
    lasts = time.perf_counter() - start
    if sink == "disk":
        result = sp.read_recording(place / "run.zarr")
    spikes = {f"{p}.{x}": getattr(result[p].spikes, x) for p in result for x in ("t", "i")}
    np.savez(place / "spikes.npz", **spikes)
    say(spikes=sum(len(result[p].spikes) for p in result), lasts=lasts)


class Digest(Sink):
    """Keeps a checksum and the number of the spikes."""

    def open(self, columns, about, mark=None):
        self.sums = {c.group: [0, 0, 0] for c in columns}
        self.groups = {c.name: c.group for c in columns}

    def add(self, piece, end):
        for name, (steps, elements) in piece.items():
            note(self.sums[self.groups[name]], steps, elements)


def note(sums: list[int], *sides: np.ndarray) -> None:
    for k, side in enumerate(sides):
        sums[k] = zlib.crc32(np.ascontiguousarray(side, np.int32).tobytes(), sums[k])
    sums[2] += len(sides[0])


def much(sink: str, path: str, seconds: str) -> None:
    """CUBA with many spikes, recorded on disk, not at all, or as a checksum."""
    import zarr  # noqa: F401  (its import is no part of the run)

    net = cuba.network()
    if sink == "nothing":
        net.requests.clear()
    model = net.compile()
    model.run(100 * ms, params=BUSY)
    into = {"disk": lambda: sp.to_disk(path), "digest": Digest}.get(sink, lambda: None)()
    start, used = time.perf_counter(), time.process_time()
    model.run(float(seconds) * second, params=BUSY, sink=into)
    found = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - used}
    say(**found, peak=peak(), sums=getattr(into, "sums", None))


def read(path: str, seconds: str) -> None:
    """The checksum of a recording, read bit by bit."""
    sums: dict[str, list[int]] = {"exc": [0, 0, 0], "inh": [0, 0, 0]}
    for first in range(0, int(seconds), 20):
        part = sp.read_recording(path, first * second, (first + 20) * second)
        for p in part:
            spikes = part[p].spikes
            note(sums[p], np.rint(spikes.t / part.dt) - 1, spikes.i)
    say(sums=sums, peak=peak())


def runs(backend: str, count: str) -> None:
    """Many runs of one model, with other parameters each time."""
    model = cuba.network(400).compile(backend)
    model.run(2 * ms)
    before, sizes = model.compilations, []
    for k in range(int(count)):
        values = {"exc.tau_m": (15 + k % 97 / 10) * ms, "exc->exc.weight_scale": 1 + k % 7 / 7}
        model.run(2 * ms, params=values, seed=k)
        if k % 50 == 0:
            sizes.append((k, resident()))
    say(compilations=model.compilations - before, sizes=sizes)


def compilations(backend: str, count: str) -> None:
    """Many models, one after the other."""
    sizes = []
    for k in range(int(count)):
        cuba.network(200, seed=k).compile(backend).run(1 * ms)
        if k % 10 == 0:
            sizes.append((k, resident()))
    say(sizes=sizes)


def clock(backend: str, seconds: str) -> None:
    """A long run, whole and in stretches of a second."""
    net = sp.Network(dt=0.1 * ms, seed=2)
    cells = net.population("cells", 10, sp.neurons.LIF())
    times = np.arange(1, int(seconds)) * 1e3
    given = net.population("given", 1, sp.spike_times([times * ms]))
    syn = sp.synapses.ExpCurrent(tau=2 * ms)
    net.stimulate(cells, sp.poisson(800 * Hz), synapse=syn, weight=250 * pA)
    net.project(given, cells, sp.all_to_all(), synapse=syn, weight=9000 * pA, delay=1 * ms)
    net.record([cells, given], "spikes")
    model = net.compile(backend)
    whole = model.run(float(seconds) * second)
    simulation, parts, sizes = model.start(), [], []
    for k in range(int(seconds)):
        parts.append(simulation.run(1 * second)["cells"].spikes)
        if k % 10 == 0:
            sizes.append((k, resident()))
    t, i = (np.concatenate([getattr(p, x) for p in parts]) for x in "ti")
    spikes = whole["cells"].spikes
    say(
        late=float(np.abs(whole["given"].spikes.t - times).max()),
        given=len(whole["given"].spikes) - len(times),
        same=bool(np.array_equal(t, spikes.t) and np.array_equal(i, spikes.i)),
        spikes=len(t),
        t=simulation.t,
        sizes=sizes,
    )


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])

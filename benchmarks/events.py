"""What events cost: the time of a step against the number of synapses that spikes cross in it.

Sources that may fire in every step reach --targets leaky integrate-and-fire neurons, each by
--outdegree synapses. How many of them fire is a parameter of the run: one compiled network gives
all points from 10,000 to 1,000,000 events, and the line through them. A step's time is that of the
second half of a run, when all delays are over. Then: the memory of a synapse. Times are the
processor's.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from contest import ending, finish, hold, parser, rounds, seconds
from ours import load
from table import Row, median, result

EVENTS = (10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)


def network(
    sources: int, outdegree: int, targets: int, longest: float = 0.0, shared: bool = True
) -> Any:
    """`on` of a source: does it fire? longest: of the delays in ms, which are drawn; 0: none has
    any. shared: do all synapses have one weight? Weights are too small for targets to fire."""
    import spikesim as sp
    from spikesim.units import ms, pA

    net = sp.Network(dt=0.1 * ms, seed=1)
    firing = sp.neuron("", spike="on > 0", on=np.ones(sources), name="Firing")
    net.project(
        net.population("sources", sources, firing),
        net.population("targets", targets, sp.neurons.LIF()),
        sp.fixed_outdegree(outdegree),
        synapse=sp.synapses.ExpCurrent(),
        weight=0.001 * pA if shared else sp.uniform(0 * pA, 0.002 * pA),
        delay=sp.uniform(0.1 * ms, longest * ms) if longest else 0 * ms,
    )
    return net


def sweep(options: argparse.Namespace, precision: str) -> dict[str, Any]:
    """backend; first_step: seconds from the call that compiles to the first step done; times: us a
    step in every run, by the number of events."""
    from spikesim.units import ms

    steps = 200 if options.quick else 1000
    n, outdegree = max(EVENTS) // options.outdegree, options.outdegree
    net = network(n, outdegree, options.targets, options.delay, shared=False)
    load(options.backend)
    start = time.perf_counter()
    model = net.compile(options.backend, precision=precision)
    model.run(0.1 * ms)
    first_step = time.perf_counter() - start
    found: dict[int, Any] = {events: [] for events in EVENTS}
    for _ in range(rounds(options)):
        for events, times in found.items():
            on = {"sources.on": (np.arange(n) < events // outdegree).astype(float)}
            half, whole = (
                seconds(partial(model.run, k * steps * 0.1 * ms, params=on)) for k in (1, 2)
            )
            times.append((whole - half) / steps * 1e6)
    return {"backend": model.backend, "first_step": first_step, "times": found}


def line(points: dict[int, float]) -> tuple[float, float, float]:
    """Slope, intercept and r^2 of the line with the least squares of relative errors: absolute
    ones would see the largest points only."""
    x, y = np.array(list(points)), np.array(list(points.values()))
    slope, intercept = np.polyfit(x, y, 1, w=1 / y)
    unexplained = np.sum((y - slope * x - intercept) ** 2) / np.sum((y - y.mean()) ** 2)
    return float(slope), float(intercept), float(1 - unexplained)


def memory(options: argparse.Namespace, precision: str, shared: bool) -> dict[str, float]:
    """Bytes a synapse of a network with delays of up to 1.6 ms: what model.memory() tells of what
    stays, and, on Linux, what the process grows by. To be called in a new process."""
    from spikesim.units import ms

    def growth(sources: int) -> tuple[int, int]:
        before = resident()
        net = network(sources, options.outdegree, options.targets, 1.6, shared)
        model = net.compile(options.backend, precision=precision)
        model.run(0.1 * ms)
        parts = model.memory().parts
        return sum(parts.values()) - parts.get("while it is built", 0), resident() - before

    growth(1)  # loads what has nothing to do with the network
    sources = (10_000_000 if options.quick else 40_000_000) // options.outdegree
    told, grown = (size / (sources * options.outdegree) for size in growth(sources))
    return {"": told, "-process": grown} if grown else {"": told}


def resident() -> int:
    """Bytes of this process in memory; 0 where the system does not tell."""
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if pages.exists() else 0


def draw(lines: dict[str, dict[int, float]], title: str, path: Path) -> None:
    """The points and their lines, as PNG."""
    from spikesim.plotting.canvas import PALETTE, new_figure, quiet

    figure = new_figure(5.5, 4)
    ax = figure.add_subplot()
    x = np.geomspace(min(EVENTS), max(EVENTS), 200)
    for (name, points), colour in zip(lines.items(), PALETTE, strict=False):
        slope, intercept, r2 = line(points)
        label = f"{name}: {slope * 1e3:.2f} ns an event {intercept:+.1f} µs, r² = {r2:.4f}"
        ax.loglog(points.keys(), points.values(), "o", color=colour, markersize=5)
        ax.loglog(x, slope * x + intercept, color=colour, linewidth=1, label=label)
    ax.set_xlabel("events a step")
    ax.set_ylabel("time of a step (µs)")
    ax.legend(frameon=False, fontsize=8)
    ax.set_title(title, fontsize=9)
    quiet(ax)
    figure.savefig(path, dpi=150)


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    made = parser(__doc__)
    made.add_argument("--outdegree", type=int, default=1000, help="a divisor of 10,000")
    made.add_argument("--targets", type=int, default=10_000)
    made.add_argument("--delay", type=float, default=0.0, metavar="MS",
                      help="draw delays from 0.1 to this, at most 20; default: none")  # fmt: skip
    options = made.parse_args(arguments)
    hold(options.cores)
    rows, runs, lines = [], {}, {}

    def say(name: str, figure: float, unit: str) -> None:
        rows.append(Row(name + ending(precision), figure, None, "none", unit))

    for precision in options.precision:
        runs[precision] = swept = sweep(options, precision)
        points = {events: median(times) for events, times in swept["times"].items()}
        lines[precision] = points
        slope, intercept, r2 = line(points)
        for events, each in points.items():
            say(f"events-{events}", each / events * 1e3, "ns/event")
        say("events-slope", slope * 1e3, "ns/event")
        say("events-intercept", intercept, "us/step")
        say("events-r2", r2, "1")
        say("events-first-step", swept["first_step"], "s")
        for shared, kind in ((False, "own"), (True, "shared")):
            with ProcessPoolExecutor(1, get_context("spawn")) as process:
                found = process.submit(memory, options, precision, shared).result()
            for how, size in found.items():
                say(f"synapse-{kind}-weight{how}", size, "bytes")
    finish("events", rows, options, runs=runs, delay_ms=options.delay, targets=options.targets,
           outdegree=options.outdegree)  # fmt: skip
    if options.save:
        delays = f"delays up to {options.delay:g} ms" if options.delay else "no delays"
        title = (f"{swept['backend']}: {options.outdegree} synapses a source, {options.targets} "
                 f"targets, {delays}")  # fmt: skip
        draw(lines, title, result("events", "png"))


if __name__ == "__main__":
    sys.exit(main())

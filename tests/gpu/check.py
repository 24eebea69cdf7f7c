"""The backend `cuda` on an NVIDIA GPU: the bits of NumPy, no faults of memory, speed.

Without a GPU it exits with 2 and says what to do. `--host` goes through the same on the CPU, with
small sizes. Results go to benchmarks/results/DATE-gpu.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
sys.path.insert(0, str(Path(__file__).parents[1] / "cuda"))
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import table
import test_named_networks
import test_random_networks
from networks import everything, microcircuit

import spikesim as sp
from spikesim.backends import find
from spikesim.backends.cuda import device, host
from spikesim.units import ms, mV, pA

ROOT = Path(__file__).parents[2]
SANITIZERS = ("memcheck", "racecheck")
ROUNDS = 3
# ms of the race: discarded, and measured.
RACE, SHORT_RACE = (500, 10_000), (20, 50)


class Skipped(Exception):
    """Why something was not done."""


@contextmanager
def general() -> Iterator[None]:
    """Without shared memory, for which there is no fast path."""
    with patch.object(device.current(), "shared", 0):
        yield


def path_of(model: sp.Model) -> str:
    """The path that a model takes."""
    return "fast" if "fast path" in model.explain() else "general"


def same_bits(net: sp.Network, duration: float) -> str:
    """Compare with NumPy, by each path that there is, and say what was compared."""
    meaning = net.compile("numpy", conformance=True).run(duration * ms)
    told = dict.fromkeys([same_as(meaning, net, duration), same_by_general(meaning, net, duration)])
    return ", ".join(told)


def same_by_general(meaning: sp.Results, net: sp.Network, duration: float) -> str:
    with general():
        return same_as(meaning, net, duration)


def same_as(meaning: sp.Results, net: sp.Network, duration: float) -> str:
    model = net.compile("cuda", conformance=True)
    results = [meaning, model.run(duration * ms)]
    test_named_networks.assert_equal(*results)
    spikes = sum(len(p.spikes) for p in results[0].populations.values() if "spikes" in p.recorded)
    if not spikes:
        raise ValueError("no spike was compared")
    return f"{spikes} spikes alike ({path_of(model)})"


def random_networks(on_host: bool) -> str:
    """A few networks that Hypothesis draws."""
    examples = 5 if on_host else 30
    as_is = patch.object(host, "instead", lambda **_: nullcontext())  # the test would leave the GPU
    with as_is if not on_host else nullcontext():
        test_random_networks.check(examples, fewest_spikes=10, backends=["cuda"])
        with general():
            test_random_networks.check(examples, fewest_spikes=10, backends=["cuda general"])
    return f"{examples} networks alike"


def sanitize(tool: str) -> str:
    """A short run of a small network under a tool of compute-sanitizer."""
    program = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
    if not Path(program).exists():
        raise Skipped("compute-sanitizer is not installed; it comes with the CUDA toolkit")
    done = subprocess.run(
        [program, "--tool", tool, "--error-exitcode", "3", sys.executable, __file__, "--one"],
        capture_output=True, text=True, check=False, timeout=1200,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"exit status {done.returncode}\n{done.stdout[-3000:]}{done.stderr}")
    return done.stdout.strip().splitlines()[-1]


def balanced(neurons: int, indegree: int) -> sp.Network:
    """Excitatory and inhibitory neurons, 4 to 1, on the edge of firing; nothing is recorded."""
    net = sp.Network(dt=0.1 * ms, seed=1)
    cell = sp.neurons.LIF(t_ref=2 * ms)
    parts = (("exc", 4 * neurons // 5, 1), ("inh", neurons // 5, -5))
    start = sp.uniform(-70 * mV, -50 * mV)
    cells = [net.population(name, size, cell, v=start) for name, size, _ in parts]
    for source, (_, size, weight) in zip(cells, parts, strict=True):
        rule = sp.fixed_indegree(indegree * size // neurons)
        net.project(source, cells, rule, synapse=sp.synapses.ExpCurrent(tau=0.5 * ms),
                    weight=weight * 20 * pA, delay=sp.uniform(0.5 * ms, 2 * ms))  # fmt: skip
    net.stimulate(cells, sp.dc(400 * pA))
    return net


def race(name: str, net: sp.Network, on_host: bool, **options: Any) -> dict[str, Any]:
    """Wall time over model time, nothing recorded, and what comes before the first step. Compiled
    twice: what was not in the cache is by then."""
    net.requests.clear()
    cold = compiled(net, options)
    cached = compiled(net, options)
    discard, duration = SHORT_RACE if on_host else RACE
    found = []
    for _ in range(ROUNDS):
        run = cached["model"].start()
        run.run(discard * ms)
        began = time.perf_counter()
        run.run(duration * ms)
        found.append((time.perf_counter() - began) / duration * 1e3)
    model = cached["model"]
    stores = model.executable.synapses.stores
    synapses = sum(s.table.synapses for s in stores)
    size = sum(s.table.nbytes + s.weight.nbytes for s in stores)
    return {
        "name": name, "path": path_of(model),
        "factor": sorted(found)[ROUNDS // 2], "factors": found,
        "synapses": synapses, "bytes a synapse": size / synapses,
        "cold": cold["took"], "cached": cached["took"], "explain": model.explain(),
    }  # fmt: skip


def compiled(net: sp.Network, options: dict[str, Any]) -> dict[str, Any]:
    """A model, and the seconds that Network.compile took: synapses, kernel."""
    began = time.perf_counter()
    model = net.compile("cuda", **options)
    return {"model": model, "took": time.perf_counter() - began}


def races(on_host: bool) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """What is timed, by name."""
    scale = 0.02 if on_host else 1.0

    def circuit(name: str, drive: str = "dc", **options: Any) -> dict[str, Any]:
        return race(name, microcircuit.network(scale, drive=drive), on_host, **options)

    def by_general(name: str, **options: Any) -> dict[str, Any]:
        with general():
            return circuit(name, **options)

    for drive in ("dc", "poisson"):
        name = f"microcircuit, {drive}"
        yield f"{name}, general", partial(by_general, f"{name}, general", drive=drive)
        yield name, partial(circuit, name, drive)
    name = "microcircuit, dc, 16-bit weights"
    yield name, partial(circuit, name, weights="float16")
    name = "microcircuit, dc, general, deterministic"
    yield name, partial(by_general, name, deterministic=True)
    for neurons in (2_000,) if on_host else (1_000_000, 4_000_000, 12_000_000):
        name = f"balanced, {neurons} neurons"
        indegree = 100 if on_host else 1000
        yield name, lambda n=neurons, k=indegree, name=name: race(name, balanced(n, k), on_host)


def card() -> str:
    """The GPU and its driver."""
    asked = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    if not shutil.which(asked[0]):
        return device.current().name
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def commit() -> str:
    """Of the checkout."""
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


class Report:
    """What was done, and how it ended."""

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []

    @contextmanager
    def part(self, name: str) -> Iterator[Callable[[str], None]]:
        """Call what is given with a remark; an error is a failure, Skipped is none."""
        one = {"name": name, "outcome": "passed", "remark": ""}
        start = time.perf_counter()
        try:
            yield lambda remark: one.update(remark=remark)
        except Skipped as why:
            one.update(outcome="skipped", remark=str(why))
        except Exception as fault:  # whatever it is, the others are still of interest
            one.update(outcome="FAILED", remark=f"{type(fault).__name__}: {fault}")
        self.parts.append({**one, "seconds": round(time.perf_counter() - start, 2)})
        print(name, one["outcome"], one["remark"], flush=True)

    def count(self, outcome: str) -> int:
        return sum(part["outcome"] == outcome for part in self.parts)

    def text(self) -> str:
        """A short table, and the counts."""
        lines = [
            (p["name"], p["outcome"], f"{p['seconds']:.1f}", p["remark"].split("\n")[0][:70])
            for p in self.parts
        ]
        counts = (f"{self.count(o)} {o.lower()}" for o in ("passed", "FAILED", "skipped"))
        return table.text(("", "", "s", ""), lines) + "\n" + ", ".join(counts)


def main() -> int:
    """Do it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", action="store_true", help="on the CPU, with small sizes")
    parser.add_argument("--one", action="store_true", help="one short run of a small network only")
    options = parser.parse_args()
    warnings.simplefilter("ignore", sp.errors.RunWarning)  # what is drawn may fire much
    with ExitStack() as stack:
        if options.host:
            stack.enter_context(host.instead(2))
        if why := find("cuda").unavailable():
            print(f"There is no GPU to check: {why}.\n"
                  "Run this on a machine with one, or go through it on the CPU with: "
                  "make gpu-check CUDA_ARGS=--host")  # fmt: skip
            return 2
        if options.one:
            print(same_bits(everything(), 2), same_bits(everything(fast=True), 2))
            return 0
        return check(options.host)


def check(on_host: bool) -> int:
    """All parts; 1 if one fails."""
    report, rows = Report(), []
    about = {"card": card(), "commit": commit(), "date": date.today().isoformat(),
             "machine": table.machine()}  # fmt: skip
    for order in ("standard", "nest"):
        for fast in (False, True):
            with report.part(f"everything, {order}, {fast=}") as said:
                said(same_bits(everything(order, fast=fast), 20))
    for name in sorted(test_named_networks.NETWORKS):
        with report.part(name) as said:
            said(same_bits(test_named_networks.network(name, full=False), 60))
    with report.part("random networks") as said:
        said(random_networks(on_host))
    for tool in SANITIZERS:
        with report.part(tool) as said:
            if on_host:
                raise Skipped("for GPUs")
            said(sanitize(tool))
    for name, measure in races(on_host):
        with report.part(name) as said:
            row = measure()
            rows.append(row)
            said(f"{row['factor']:.4f} of real time ({row['path']}), made in {row['cached']:.2f} "
                 f"s, {row['bytes a synapse']:.2f} bytes a synapse")  # fmt: skip
    print(f"\n{about['card']}; {about['commit']}\n{report.text()}")
    if not on_host:
        path = table.result("gpu", "json")
        path.write_text(json.dumps({**about, "parts": report.parts, "rows": rows}, indent=1) + "\n")
        print(f"saved: {path}")
    return int(report.count("FAILED") > 0)


if __name__ == "__main__":
    sys.exit(main())

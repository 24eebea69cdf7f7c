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
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
sys.path.insert(0, str(Path(__file__).parents[1] / "cuda"))
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import table
import test_named_networks
import test_random_networks
from networks import everything

import spikesim as sp
from spikesim.backends import find
from spikesim.backends.cuda import device, host
from spikesim.units import ms

ROOT = Path(__file__).parents[2]
SANITIZERS = ("memcheck", "racecheck")
# Of the microcircuit: how it is scaled and driven, and how long it runs, ms.
FULL = ["--scale", "1", "--drive", "dc", "--discard", "500", "--duration", "10000"]
SHORT = ["--scale", "0.02", "--discard", "50", "--duration", "100"]


class Skipped(Exception):
    """Why something was not done."""


def same_bits(net: sp.Network, duration: float) -> str:
    """Compare with NumPy, and say what was compared."""
    results = [net.compile(b, conformance=True).run(duration * ms) for b in ("numpy", "cuda")]
    test_named_networks.assert_equal(*results)
    spikes = sum(len(p.spikes) for p in results[0].populations.values() if "spikes" in p.recorded)
    if not spikes:
        raise ValueError("no spike was compared")
    return f"{spikes} spikes alike"


def random_networks(on_host: bool) -> str:
    """A few networks that Hypothesis draws."""
    examples = 5 if on_host else 30
    as_is = patch.object(host, "instead", lambda **_: nullcontext())  # the test would leave the GPU
    with as_is if not on_host else nullcontext():
        test_random_networks.check(examples, fewest_spikes=10, backends=["cuda"])
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


def microcircuit(on_host: bool) -> list[dict[str, Any]]:
    """Time the microcircuit, nothing recorded; rows of the benchmark."""
    backend = "cpp" if on_host else "cuda"
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "microcircuit.py"), "--backend", backend,
         "--peers", "none", "--silent", "--json", "--rounds", "1" if on_host else "3",
         *(SHORT if on_host else FULL)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


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
            print(same_bits(everything(), 2))
            return 0
        return check(options.host)


def check(on_host: bool) -> int:
    """All parts; 1 if one fails."""
    report, rows = Report(), []
    about = {"card": card(), "commit": commit(), "date": date.today().isoformat(),
             "machine": table.machine()}  # fmt: skip
    for order in ("standard", "nest"):
        with report.part(f"everything, {order}") as said:
            said(same_bits(everything(order), 20))
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
    with report.part("speed of the microcircuit") as said:
        rows = microcircuit(on_host)
        said(", ".join(f"{r['name']} {r['ours']:.3g} {r['unit']}" for r in rows[:2]))
    print(f"\n{about['card']}; {about['commit']}\n{report.text()}")
    if not on_host:
        path = table.result("gpu", "json")
        path.write_text(json.dumps({**about, "parts": report.parts, "rows": rows}, indent=1) + "\n")
        print(f"saved: {path}")
    return int(report.count("FAILED") > 0)


if __name__ == "__main__":
    sys.exit(main())

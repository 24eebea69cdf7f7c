"""What the networks' benchmarks share: options, who takes part, and the report."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import agreement
import table
from race import Contestant, Measured, progress, race
from table import Row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PRECISIONS = ("float32", "float64")


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options that all benchmarks have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--quick", action="store_true", help="under 50 s, with fewer runs")
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    made.add_argument("--save", action="store_true", help="write benchmarks/results/DATE-NAME.json")
    made.add_argument("--rounds", type=int, help="runs of each; default 5, with --quick 3")
    return made


def network_parser(description: str | None) -> argparse.ArgumentParser:
    """And those of the networks."""
    made = parser(description)
    made.add_argument("--duration", type=float, help="ms of model time in a run")
    made.add_argument("--prepare", action="store_true",
                      help="only let the peers compile what --quick will use")  # fmt: skip
    made.add_argument("--peers", default="all", help="such as nest,brian2; default all; or none")
    made.add_argument("--cores", type=int, default=1, help="that each process may use")
    made.add_argument("--python", action="append", default=[], metavar="PEER=PATH",
                      help="its interpreter; default .venv-bench-PEER/bin/python")  # fmt: skip
    return made


def allowed_cores(number: int) -> list[int]:
    """The last cores that this process may use: the first tend to be busier."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))[-number:]


def compiled_in(name: str) -> tuple[str, str]:
    """The option that makes Brian2 keep what it compiled: a quick benchmark has no time for it."""
    return "--folder", str(ROOT / "build" / f"bench-brian2-{name}")


@dataclass(frozen=True)
class Case:
    """A network of one size. peers: name to the arguments of peers/NAME_networks.py.

    factor: report wall over model time, under this name, instead of time a step. agreement: compare
    our spikes with NEST's, as agreement.py does.
    """

    name: str
    example: str
    values: Mapping[str, Any]
    duration: float
    peers: Mapping[str, Sequence[str]]
    populations: tuple[str, ...] = ("exc", "inh")
    factor: str = ""
    agreement: bool = False
    notes: dict[str, str] = field(default_factory=dict)


def contestants(case: Case, options: argparse.Namespace) -> list[Contestant]:
    """Ours in both precisions, then the peers."""
    values = ("--values", json.dumps(case.values), "--duration", str(case.duration))
    if case.agreement:
        values += ("--agreement",)
    ours = [
        Contestant(f"spikesim {p}", (sys.executable, str(HERE / "ours.py"), case.example,
                                     *values, "--precision", p))
        for p in PRECISIONS
    ]  # fmt: skip
    paths = dict(choice.split("=", 1) for choice in options.python)
    chosen = case.peers if options.peers == "all" else options.peers.split(",")
    peers = []
    for peer in case.peers:
        if peer in chosen:
            python = paths.get(peer, str(ROOT / f".venv-bench-{peer}" / "bin" / "python"))
            script = str(HERE / "peers" / f"{peer}_networks.py")
            peers.append(Contestant(peer, (python, script, *case.peers[peer],
                                           "--duration", str(case.duration))))  # fmt: skip
    return ours + peers


def compare(case: Case, measured: Sequence[Measured]) -> list[Row]:
    """Rows of ours in each precision against each peer (or against none)."""
    ours = dict(zip(PRECISIONS, measured, strict=False))
    scale, unit = (1e3, "s/s") if case.factor else (1e5, "us/step")
    per_run = scale / case.duration
    figures = (("run", case.factor or f"{case.name}-run"), ("cpu", f"{case.name}-cpu"))
    rows = []
    for peer in measured[2:] or [Measured("none", missing="none asked for")]:
        name, there = peer.version or peer.name, bool(peer.runs)
        for key, row in figures:
            theirs = peer.of_runs(key) if there else None
            for precision, mine in ours.items():
                run = mine.of_runs(key)
                assert run is not None
                ending = "" if precision == "float32" else f"-{precision}"
                rows.append(
                    Row(row + ending, run * per_run, theirs and theirs * per_run, name, unit)
                )
        first, script = (peer.first_step, peer.script) if there else (None, None)
        mine = ours["float32"]
        assert mine.first_step is not None and mine.script is not None
        rows.append(Row(f"{case.name}-first-step", mine.first_step, first, name, "s"))
        rows.append(Row(f"{case.name}-script", mine.script, script, name, "s"))
    return rows


def phases(measured: Sequence[Measured]) -> str:
    """Seconds of every phase, and mean rates, of every contestant that took part."""
    lines = []
    for m in measured:
        if m.missing:
            continue
        times = [m.phases.get(p) for p in ("import", "build", "compile")]
        times += [m.of_runs(key) for key in ("setup", "run", "cpu", "memory")]
        rates = " ".join(table.figure(r) for r in m.rates)
        lines.append([m.name, *(table.figure(t) for t in times), rates])
    head = ("", "import", "build", "compile", "setup", "run", "cpu (s)", "MB", "mean rates (1/s)")
    return table.text(head, lines)


def remarks(case: Case, measured: Sequence[Measured]) -> list[str]:
    """Who is missing and why, and whose rates differ."""
    said = [f"{m.name} is missing: {m.missing}" for m in measured if m.missing]
    ours = measured[0].rates
    for m in measured[1:]:
        if not m.missing:
            # A peer may know only the rate of the whole network.
            by_population = len(m.rates) == len(ours)
            mine = ours if by_population else [mean_rate(ours, case.populations)]
            names = case.populations if by_population else ("all",)
            for k in table.rates_differ(mine, m.rates):
                said.append(
                    f"WARNING: {case.name}: rates differ by more than 10%: {names[k]} "
                    f"{mine[k]:.2f}, {m.name} {m.rates[k]:.2f} spikes/s"
                )
    return said


def mean_rate(rates: Sequence[float], populations: Sequence[str]) -> float:
    """Of the whole network of four parts excitatory neurons and one inhibitory."""
    assert tuple(populations) == ("exc", "inh")
    return 0.8 * rates[0] + 0.2 * rates[1]


def contest(benchmark: str, cases: Sequence[Case], options: argparse.Namespace) -> None:
    """Measure all cases and report. Exits with a message if ours fails."""
    say = progress if not options.json else (lambda _: None)
    cores = allowed_cores(options.cores)
    rounds = options.rounds or (3 if options.quick else 5)
    rows, likeness, details, before = [], [], [], table.loads()
    begun = time.monotonic()
    if options.prepare:
        for case in cases:
            found = race(contestants(case, options)[2:], 0, cores, say=progress)
            print("\n".join(f"{m.name}: {m.missing or 'ready'}" for m in found))
        return
    for case in cases:
        if not options.json:
            print(f"\n{case.name}: {case.duration:g} ms of model time, medians of up to {rounds}")
        limits = {"start_by": 36.0, "stop_after": 40.0, "give_up": 47.0} if options.quick else {}
        loaded = table.loads()
        measured = race(contestants(case, options), rounds, cores, say=say, **limits)
        for mine in measured[:2]:
            if mine.missing:
                sys.exit(f"{mine.name} failed: {mine.missing}")
        rows += compare(case, measured)
        said = remarks(case, measured)
        details.append({"case": case.name, "duration_ms": case.duration, "loads_before": loaded,
                        "values": dict(case.values), "remarks": said,
                        "contestants": [vars(m) for m in measured]})  # fmt: skip
        if not options.json:
            print("\n".join([phases(measured), *said]))
        for mine, ending in zip(measured, ("", "-float64"), strict=False):
            if case.agreement:
                found = mine.runs[-1]["agreement"]  # each run is the same
                likeness += agreement.rows(case.name, found, ending)
                if not options.json:
                    print(f"\n{mine.name}\n{agreement.text(found)}")
    after = table.loads()
    if not options.json:
        print(f"\nloads of the machine before {before}, after {after}; {len(cores)} of "
              f"{os.cpu_count()} cores; {time.monotonic() - begun:.0f} s\n")  # fmt: skip
    if options.json or options.save:  # else they have been printed
        rows += likeness
    table.report(benchmark, rows, {"cores": len(cores), "rounds": rounds, "loads_before": before,
                                   "loads_after": after, "cases": details},
                 options.json, options.save)  # fmt: skip

"""What the benchmarks share: options, who takes part, and the report."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import agreement
import table
from race import Contestant, Measured, progress, race
from table import Row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BEGUN, BEFORE = time.monotonic(), table.loads()
PRECISIONS = ("float32", "float64")
FIGURES = ("import", "describe", "build", "compile", "setup", "run", "cpu", "first_step", "script",
           "memory")  # fmt: skip


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options that all benchmarks have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--quick", action="store_true", help="under 50 s, with fewer runs")
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    made.add_argument("--save", action="store_true", help="write benchmarks/results/DATE-NAME.json")
    made.add_argument("--rounds", type=int, help="runs of each; default 5, with --quick 3")
    made.add_argument("--backend", default="auto", help="of spikesim; default auto")
    made.add_argument("--precision", choices=PRECISIONS, nargs="+", default=PRECISIONS,
                      help="of spikesim; default both")  # fmt: skip
    made.add_argument("--cores", type=int, default=1, help="that each process may use")
    return made


def network_parser(description: str | None) -> argparse.ArgumentParser:
    """And those of the networks."""
    made = parser(description)
    made.add_argument("--duration", type=float, help="ms of model time in a run")
    made.add_argument("--prepare", action="store_true",
                      help="only let the peers compile what --quick will use")  # fmt: skip
    made.add_argument("--peers", default="all", help="such as nest,brian2; default all; or none")
    made.add_argument("--python", action="append", default=[], metavar="PEER=PATH",
                      help="its interpreter; default .venv-bench-PEER/bin/python")  # fmt: skip
    return made


def allowed_cores(number: int) -> list[int]:
    """The last cores that this process may use: the first tend to be busier."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))[-number:]


def hold(cores: int) -> None:
    """Let this process use no more; call it before JAX counts them."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, allowed_cores(cores))


def rounds(options: argparse.Namespace) -> int:
    """Runs of each."""
    return int(options.rounds or (3 if options.quick else 5))


def seconds(function: Callable[[], object]) -> float:
    """What the processor spends in one call; a busy machine disturbs that less than the clock."""
    start = time.process_time()
    function()
    return time.process_time() - start


def compiled_in(name: str) -> tuple[str, str]:
    """The option that makes Brian2 keep what it compiled: a quick benchmark has no time for it."""
    return "--folder", str(ROOT / "build" / f"bench-brian2-{name}")


@dataclass(frozen=True)
class Case:
    """A network of one size. peers: name to the arguments of peers/NAME_networks.py.

    factor: report wall over model time, under this name, instead of time a step. agreement: compare
    our spikes with NEST's, as agreement.py does. more: options of ours.py.
    """

    name: str
    example: str
    values: Mapping[str, Any]
    duration: float
    peers: Mapping[str, Sequence[str]]
    populations: tuple[str, ...] = ("exc", "inh")
    factor: str = ""
    agreement: bool = False
    more: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)


def ours(case: Case, options: argparse.Namespace, precision: str, *more: str) -> Contestant:
    """spikesim in one precision. more: options of ours.py, after those of the case."""
    return Contestant(f"spikesim {precision}", (
        sys.executable, str(HERE / "ours.py"), case.example, "--values", json.dumps(case.values),
        "--duration", str(case.duration), "--backend", options.backend, "--precision", precision,
        *(("--agreement",) if case.agreement else ()), *case.more, *more,
    ))  # fmt: skip


def peers(case: Case, options: argparse.Namespace) -> list[Contestant]:
    """The others that were asked for."""
    paths = dict(choice.split("=", 1) for choice in options.python)
    chosen = case.peers if options.peers == "all" else options.peers.split(",")
    found = []
    for peer in case.peers:
        if peer in chosen:
            python = paths.get(peer, str(ROOT / f".venv-bench-{peer}" / "bin" / "python"))
            script = str(HERE / "peers" / f"{peer}_networks.py")
            found.append(Contestant(peer, (python, script, *case.peers[peer],
                                           "--duration", str(case.duration))))  # fmt: skip
    return found


def ending(precision: str) -> str:
    """Of the name of a row of ours: none for the default."""
    return "" if precision == "float32" else f"-{precision}"


def compare(case: Case, mine: Mapping[str, Measured], others: Sequence[Measured]) -> list[Row]:
    """Rows of ours, by precision, against each peer (or against none)."""
    run, unit = (1e3, "s/s") if case.factor else (1e5, "us/step")
    figures = (
        ("run", case.factor or f"{case.name}-run", run / case.duration, unit),
        ("cpu", f"{case.name}-cpu", run / case.duration, unit),
        ("first_step", f"{case.name}-first-step", 1.0, "s"),
        ("script", f"{case.name}-script", 1.0, "s"),
    )
    rows = []
    for peer in others or [Measured("none", missing="none asked for")]:
        for key, row, scale, row_unit in figures:
            theirs = peer.figure(key) if peer.runs else None
            for precision, m in mine.items():
                figure = m.figure(key)
                assert figure is not None
                rows.append(Row(row + ending(precision), figure * scale, theirs and theirs * scale,
                                peer.version or peer.name, row_unit))  # fmt: skip
    return rows


def phases(measured: Sequence[Measured]) -> str:
    """Seconds of every phase, and mean rates, of every contestant that took part."""
    lines = []
    for m in measured:
        if m.missing:
            continue
        rates = " ".join(table.figure(r) for r in m.rates)
        lines.append([m.name, *(table.figure(m.figure(f)) for f in FIGURES), rates])
    head = ("", *(f.replace("_", " ") for f in FIGURES[:-1]), "MB", "mean rates (1/s)")
    return "Seconds:\n" + table.text(head, lines)


def remarks(case: Case, measured: Sequence[Measured]) -> list[str]:
    """Who is missing and why, and whose rates differ."""
    said = [f"{m.name} is missing: {m.missing}" for m in measured if m.missing]
    ours = measured[0].rates
    for m in measured[1:]:
        if ours and not m.missing:
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
    rows, details, likeness = [], [], []
    if options.prepare:
        for case in cases:
            found = race(peers(case, options), 0, cores, say=progress)
            print("\n".join(f"{m.name}: {m.missing or 'ready'}" for m in found))
        return
    for case in cases:
        if not options.json:
            print(f"\n{case.name}: {case.duration:g} ms of model time, medians of up to "
                  f"{rounds(options)}")  # fmt: skip
        limits = {"start_by": 36.0, "stop_after": 40.0, "give_up": 47.0} if options.quick else {}
        loaded = table.loads()
        running = [ours(case, options, p) for p in options.precision] + peers(case, options)
        measured = race(running, rounds(options), cores, say=say, **limits)
        mine = dict(zip(options.precision, measured, strict=False))
        for m in mine.values():
            if m.missing:
                sys.exit(f"{m.name} failed: {m.missing}")
        rows += compare(case, mine, measured[len(mine) :])
        said = remarks(case, measured)
        details.append({"case": case.name, "duration_ms": case.duration, "loads_before": loaded,
                        "values": dict(case.values), "remarks": said,
                        "contestants": [vars(m) for m in measured]})  # fmt: skip
        if not options.json:
            versions = dict.fromkeys(m.version for m in measured if m.version)
            print("\n".join(["; ".join(versions), phases(measured), *said]))
        for precision, m in mine.items():
            if case.agreement:
                found = m.runs[-1]["agreement"]  # each run is the same
                ending = "" if precision == "float32" else f"-{precision}"
                likeness += agreement.rows(case.name, found, ending)
                if not options.json:
                    print(f"\n{m.name}\n{agreement.text(found)}")
    if options.json or options.save:  # else they have been printed
        rows += likeness
    finish(benchmark, rows, options, cases=details)


def finish(
    benchmark: str, rows: Sequence[Row], options: argparse.Namespace, **details: Any
) -> None:
    """Report, with the loads of the machine and how long this process took."""
    after = table.loads()
    if not options.json:
        print(f"\nloads of the machine before {BEFORE}, after {after}; {options.cores} of "
              f"{os.cpu_count()} cores; {time.monotonic() - BEGUN:.0f} s\n")  # fmt: skip
    details = {"cores": options.cores, "rounds": rounds(options), "loads_before": BEFORE,
               "loads_after": after, **details}  # fmt: skip
    table.report(benchmark, rows, details, options.json, options.save)

"""Runs contestants as child processes on the same cores, in turn: A B A B ..., so that the noise of
the machine hits all of them alike."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from table import median


@dataclass(frozen=True)
class Contestant:
    """name: short. command: of a process that speaks as peers/child.py does."""

    name: str
    command: tuple[str, ...]


@dataclass
class Measured:
    """What a contestant said. missing: why it did not take part; empty if it did."""

    name: str
    version: str = ""
    phases: dict[str, float] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    missing: str = ""

    def of_runs(self, key: str) -> float | None:
        """The median over the runs; None if no run has it."""
        values = [r[key] for r in self.runs if key in r]
        return median(values) if values else None

    @property
    def first_step(self) -> float | None:
        """Seconds from the call that builds to the first step done; None if they are not known."""
        if not {"build", "compile"} <= set(self.phases):
            return None
        return self.phases["build"] + self.phases["compile"] + (self.of_runs("setup") or 0.0)

    @property
    def script(self) -> float | None:
        """Seconds of all phases and one run; None if they are not known."""
        if self.first_step is None:
            return None
        return sum(self.phases.values()) + sum(self.of_runs(k) or 0.0 for k in ("setup", "run"))

    def figure(self, name: str) -> float | None:
        """first_step, script, a phase, or the median of what runs have by that name."""
        if name in ("first_step", "script"):
            found: float | None = getattr(self, name)
            return found
        return self.phases.get(name, self.of_runs(name))

    @property
    def rates(self) -> list[float]:
        """Mean rates by population, over the runs."""
        return [sum(x) / len(x) for x in zip(*(r["rates"] for r in self.runs), strict=True)]


class Failed(Exception):
    """A child process ended, or took too long."""


class Process:
    """A contestant that runs, held to `cores`."""

    def __init__(self, contestant: Contestant, cores: Sequence[int]):
        def hold() -> None:
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, cores)

        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            contestant.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            start_new_session=True, preexec_fn=hold,
        )  # fmt: skip
        self.buffer = b""

    def answer(self, until: float) -> dict[str, Any]:
        """The next line. Raises Failed."""
        assert self.process.stdout is not None
        stream = self.process.stdout.fileno()
        while b"\n" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                raise Failed("no time left")
            piece = os.read(stream, 65536)
            if not piece:
                raise Failed(self._last_error())
            self.buffer += piece
        line, _, self.buffer = self.buffer.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self) -> None:
        """Have it run once."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(b"run\n")
            self.process.stdin.flush()
        except BrokenPipeError as fault:
            raise Failed(self._last_error()) from fault

    def end(self) -> None:
        """Stop it and what it started; a compiler gets time to remove what it left unfinished."""
        for how, patience in ((signal.SIGTERM, 1.0), (signal.SIGKILL, None)):
            try:
                os.killpg(self.process.pid, how)
                self.process.wait(patience)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            assert stream is not None
            try:
                stream.close()
            except BrokenPipeError:
                pass

    def _last_error(self) -> str:
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it ended without a word"


def race(
    contestants: Sequence[Contestant],
    rounds: int,
    cores: Sequence[int],
    start_by: float = 3600.0,
    stop_after: float = 3600.0,
    give_up: float = 7200.0,
    say: Callable[[str], None] = lambda _: None,
) -> list[Measured]:
    """Start all, one after the other, then let each run once a round.

    Those not ready `start_by` seconds from now do not take part. No round begins `stop_after`
    seconds from now, but for the first. Who has not answered after `give_up` seconds is left out.
    """
    now = time.monotonic()
    measured = [Measured(c.name) for c in contestants]
    running: dict[int, Process] = {}
    try:
        for k, (contestant, found) in enumerate(zip(contestants, measured, strict=True)):
            say(f"{contestant.name}: starting")
            if not Path(contestant.command[0]).exists():
                found.missing = f"no {contestant.command[0]}; make bench-envs makes it"
                continue
            running[k] = Process(contestant, cores)
            try:
                ready = running[k].answer(now + start_by)
                found.phases, found.version = ready["phases"], ready["version"]
            except Failed as fault:
                found.missing = str(fault)
                running.pop(k).end()
        for turn in range(rounds):
            if turn and time.monotonic() - now > stop_after:
                break
            say(f"round {turn + 1} of {rounds}")
            for k in list(running):
                try:
                    running[k].ask()
                    measured[k].runs.append(running[k].answer(now + give_up))
                except Failed as fault:
                    measured[k].missing = str(fault)
                    measured[k].runs.clear()
                    running.pop(k).end()
    finally:
        for process in running.values():
            process.end()
    return measured


def progress(text: str) -> None:
    """A line on stderr, so that stdout holds only the table."""
    print(text, file=sys.stderr, flush=True)

"""What recording all spikes costs: CUBA with all of them, beside the same run recording nothing."""

from __future__ import annotations

import sys
from dataclasses import replace

from contest import Case, allowed_cores, ending, finish, ours, parser, phases
from race import progress, race
from table import Row


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    made = parser(__doc__)
    made.add_argument("--neurons", type=int, default=4000)
    made.add_argument("--duration", type=float, help="ms of model time in a run")
    options = made.parse_args(arguments)
    options.rounds = options.rounds or 5
    duration = options.duration or (2000 if options.quick else 10_000)
    case = Case(f"cuba-{options.neurons}", "cuba", {"n": options.neurons}, duration, {})
    rows, runs = [], {}
    for precision in options.precision:
        silent = replace(ours(case, options, precision, "--silent"), name="recording nothing")
        both = [ours(case, options, precision), silent]
        measured = race(both, options.rounds, allowed_cores(options.cores),
                        say=(lambda _: None) if options.json else progress)  # fmt: skip
        if not options.json:
            print(phases(measured))
        for key in ("run", "cpu"):
            times = [m.of_runs(key) for m in measured]
            if None in times:
                sys.exit(f"spikesim failed: {measured[0].missing or measured[1].missing}")
            every, none = (t * 1e5 / duration for t in times)
            name, last = f"{case.name}-recording-{key}", ending(precision)
            rows.append(Row(name + last, every, none, "recording nothing", "us/step"))
            rows.append(Row(f"{name}-share{last}", (1 - none / every) * 100, None, "none", "%"))
        runs[precision] = [m.runs for m in measured]
    finish("recording", rows, options, runs=runs)


if __name__ == "__main__":
    sys.exit(main())

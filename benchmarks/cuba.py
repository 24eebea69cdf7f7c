"""CUBA (Brette et al. 2007) of several sizes, against Brian2, NEST and BrainPy."""

from __future__ import annotations

import json
import sys

from contest import Case, compiled_in, contest, network_parser

SIZES = (100, 1000, 4000, 40_000)


def case(n: int, duration: float, keep: bool) -> Case:
    """`n` neurons. keep: Brian2 compiles only once."""
    kept = compiled_in(f"cuba-{n}-{duration:g}") if keep else ()
    return Case(
        f"cuba-{n}", "cuba", {"n": n}, duration,
        {
            "nest": ("cuba", "--values", json.dumps({"neurons": n})),
            "brian2": ("cuba", "--neurons", str(n), *kept),
            "brainpy": ("cuba", "--neurons", str(n)),
        },
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    parser = network_parser(__doc__)
    parser.add_argument("--neurons", type=int, action="append", help=f"default {SIZES}")
    options = parser.parse_args(arguments)
    quick = options.quick or options.prepare
    cases = []
    for n in options.neurons or ([4000] if quick else SIZES):
        duration = options.duration or (1000 if n > 10_000 else 2000 if quick else 10_000)
        cases.append(case(n, duration, quick))
    contest("cuba", cases, options)


if __name__ == "__main__":
    sys.exit(main())

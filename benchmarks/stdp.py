"""Song, Miller and Abbott (2000): 1,000 plastic inputs to one neuron, against Brian2."""

from __future__ import annotations

import sys

from contest import Case, compiled_in, contest, network_parser


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    parser = network_parser(__doc__)
    options = parser.parse_args(arguments)
    quick = options.quick or options.prepare
    duration = options.duration or (20_000 if quick else 100_000)
    kept = compiled_in(f"stdp-{duration:g}") if quick else ()
    case = Case(
        "stdp", "song_2000", {"inputs": 1000}, duration,
        {"brian2": ("song_2000", "--neurons", "1000", *kept)}, ("cell",),
    )  # fmt: skip
    contest("stdp", [case], options)


if __name__ == "__main__":
    sys.exit(main())

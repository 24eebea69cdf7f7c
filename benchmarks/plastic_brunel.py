"""A random network of 10,000 neurons that learns (Morrison et al. 2007), against Brian2."""

from __future__ import annotations

import sys

from contest import Case, compiled_in, contest, network_parser


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    parser = network_parser(__doc__)
    parser.add_argument("--neurons", type=int, help="default 10,000; with --quick 4,000")
    options = parser.parse_args(arguments)
    quick = options.quick or options.prepare
    n = options.neurons or (4000 if quick else 10_000)
    duration = options.duration or 500
    kept = compiled_in(f"plastic-brunel-{n}-{duration:g}") if quick else ()
    case = Case(
        f"plastic-brunel-{n}", "plastic_brunel", {"n": n}, duration,
        {"brian2": ("plastic_brunel", "--neurons", str(n), *kept)},
    )  # fmt: skip
    contest("plastic_brunel", [case], options)


if __name__ == "__main__":
    sys.exit(main())

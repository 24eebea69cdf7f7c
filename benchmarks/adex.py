"""COBA with 4,000 AdEx neurons (Brette and Gerstner 2005), against Brian2; rk4 in both."""

from __future__ import annotations

import sys

from contest import Case, compiled_in, contest, network_parser


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    parser = network_parser(__doc__)
    parser.add_argument("--neurons", type=int, default=4000)
    options = parser.parse_args(arguments)
    quick = options.quick or options.prepare
    n = options.neurons
    duration = options.duration or (300 if quick else 1000)
    kept = compiled_in(f"coba_adex-{n}-{duration:g}") if quick else ()
    network = ("coba_adex", "--neurons", str(n))
    peers = {"brian2": (*network, *kept)}
    contest("adex", [Case(f"adex-{n}", "coba_adex", {"n": n}, duration, peers)], options)


if __name__ == "__main__":
    sys.exit(main())

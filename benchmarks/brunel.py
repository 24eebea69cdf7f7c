"""Brunel's network (2000), voltage jumps and Poisson input, against NEST."""

from __future__ import annotations

import json
import sys

from contest import Case, contest, network_parser


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    parser = network_parser(__doc__)
    parser.add_argument("--scale", type=float, help="of 12,500 neurons; default 1, --quick 0.2")
    parser.add_argument("--g", type=float, default=5.0, help="relative strength of inhibition")
    parser.add_argument("--eta", type=float, default=2.0, help="relative external rate")
    options = parser.parse_args(arguments)
    scale = options.scale or (0.2 if options.quick else 1.0)
    values = {"scale": scale, "g": options.g, "eta": options.eta}
    nest = ("brunel", "--values", json.dumps(values), "--threads", str(options.cores))
    name = f"brunel-{round(12_500 * scale)}"
    contest("brunel", [Case(name, "brunel", values, options.duration or 500, {"nest": nest})],
            options)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

"""The microcircuit of Potjans and Diesmann (2014) at a scale, against NEST: wall over model time.

At full scale under the constant drive (--scale 1 --drive dc) our spikes are compared with those of
a run of NEST, too: see agreement.py. NEST itself needs 14 GB and two minutes a second there: leave
it out with --peers none.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import agreement
from contest import Case, contest, network_parser
from ours import example


def handed_over(scale: float, drive: str) -> dict[str, Any]:
    """The numbers of the example, for NEST."""
    m = example("microcircuit")
    p = m.parameters(scale, scale, drive)
    rates = m.EXTERNAL_RATE * p.external_indegrees * (drive == "poisson")
    return {
        "sizes": p.sizes.tolist(), "synapses": p.synapses.tolist(), "weights": p.weights.tolist(),
        "current": p.current.tolist(), "external_rates": rates.tolist(),
        "external_weight": float(p.external_weight), "v_mean": m.V_MEAN.tolist(),
        "v_sd": m.V_SD.tolist(),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    parser = network_parser(__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="of neurons and indegrees")
    parser.add_argument("--drive", choices=("poisson", "dc"), default="poisson")
    parser.add_argument("--discard", type=float, default=0, help="ms of ours before what counts")
    parser.add_argument("--silent", action="store_true", help="record nothing of ours")
    options = parser.parse_args(arguments)
    scale, drive = options.scale, options.drive
    values = json.dumps(handed_over(scale, drive))
    nest = ("microcircuit", "--values", values, "--threads", str(options.cores))
    known = scale == 1 and drive == "dc"
    duration = options.duration or (500 if options.quick else agreement.STOP if known else 2000)
    case = Case(
        f"microcircuit-{scale:g}", "microcircuit", {"scale": scale, "drive": drive},
        duration, {"nest": nest}, agreement.POPULATIONS, factor="real-time-factor",
        agreement=known and duration > agreement.START and not (options.discard or options.silent),
        more=("--discard", str(options.discard), *(("--silent",) if options.silent else ())),
    )  # fmt: skip
    contest("microcircuit", [case], options)


if __name__ == "__main__":
    sys.exit(main())

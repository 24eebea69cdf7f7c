"""What a random number costs: our draws as a run makes them, beside NumPy's Generator.

Ours are drawn from counters by the definitions of spikesim.random: any backend draws the same.
NumPy's come from the PCG64 stream, one after the other. Ours is what a run takes in which neurons
add a draw to a state in every step, less a run in which they add 1. Times are the processor's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from contest import ending, finish, hold, parser, rounds, seconds
from table import Row, median

SIZE = 8192  # of one step's draw: it stays in the cache
RATES = (0.1, 1.3, 10.0)  # Poisson counts a step: 1.3 is the microcircuit's drive


def ours(draw: str, steps: int, backend: str, precision: str) -> Callable[[], object]:
    """A run in which SIZE neurons add `draw`, an expression, in every step."""
    import spikesim as sp
    from spikesim.units import ms

    net = sp.Network(dt=1 * ms, seed=1)
    adding = sp.neuron("", spike="t >= 0*ms", reset=f"x += {draw}", x=sp.state(0.0), name="Adding")
    net.population("adding", SIZE, adding)
    model = net.compile(backend, precision=precision)
    model.run(1 * ms)
    return lambda: model.run(steps * ms)


def numpys(kind: str, mean: float, steps: int) -> Callable[[], object]:
    """The same numbers by NumPy."""
    generator = np.random.default_rng(1)
    out = np.empty(SIZE)
    draw: dict[str, Callable[[], Any]] = {
        "uniform": lambda: generator.random(out=out),
        "normal": lambda: generator.standard_normal(out=out),
        "poisson": lambda: generator.poisson(mean, SIZE),
    }

    def run() -> None:
        for _ in range(steps):
            draw[kind]()

    return run


def measure(options: argparse.Namespace, precision: str, steps: int) -> dict[str, Any]:
    """ns a number in every run of every case, ours and NumPy's."""
    cases = [("uniform", "rand()", 0.0), ("normal", "randn()", 0.0)]
    cases += [("poisson", f"poisson({rate})", rate) for rate in RATES]
    one = ours("1", steps, options.backend, precision)
    found = {}
    for kind, draw, mean in cases:
        both = ours(draw, steps, options.backend, precision), numpys(kind, mean, steps)
        times = [[seconds(f) for f in (*both, one)] for _ in range(rounds(options))]
        found[f"{kind}-{mean:g}" if mean else kind] = {
            "ours": [(mine - base) / (steps * SIZE) * 1e9 for mine, _, base in times],
            "peer": [theirs / (steps * SIZE) * 1e9 for _, theirs, _ in times],
        }
    return found


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    options = parser(__doc__).parse_args(arguments)
    hold(options.cores)
    rows, runs = [], {}
    for precision in options.precision:
        for name, times in measure(options, precision, 200 if options.quick else 1000).items():
            runs[name + ending(precision)] = times
            rows.append(Row(name + ending(precision), median(times["ours"]), median(times["peer"]),
                            f"NumPy {np.__version__}", "ns/number"))  # fmt: skip
    finish("noise", rows, options, runs=runs)


if __name__ == "__main__":
    sys.exit(main())

"""What a random number costs: our draws as a run makes them, beside NumPy's Generator.

Ours are drawn from counters by the definitions of spikesim.random: any backend draws the same.
NumPy's come from the PCG64 stream, one after the other. All are float64 (counts: ours int32), and
ours include adding each to an array, so that none is left out by the compiler.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import table
from contest import allowed_cores, parser
from table import Row, median

SIZE = 8192  # of one step's draw: it stays in the cache
RATES = (0.1, 1.3, 10.0)  # Poisson counts a step: 1.3 is the microcircuit's drive


def ours(kind: str, mean: float, steps: int) -> Callable[[], None]:
    """A function that draws SIZE numbers `steps` times, on JAX, by C++ kernels where they exist."""
    import jax
    import jax.numpy as jnp

    from spikesim.backends.evaluate import Drawing
    from spikesim.backends.jax.arrays import JaxArrays
    from spikesim.ir.expr import Draw
    from spikesim.native import why_missing

    arrays = JaxArrays(conformance=False, native=not why_missing())
    kind_of: Any = kind
    draw = Draw(kind_of, "noise")

    def sums(seed: Any) -> Any:
        def one(step: Any, total: Any) -> Any:
            drawing = Drawing(arrays, seed, step.astype(jnp.uint32))
            return total + drawing.draw("bench", SIZE, draw, [jnp.float64(mean)])

        start = jnp.zeros(SIZE, jnp.int32 if kind == "poisson" else jnp.float64)
        return jax.lax.fori_loop(jnp.int32(0), jnp.int32(steps), one, start)

    with jax.enable_x64(True):
        compiled = jax.jit(sums).lower(jnp.uint32(1)).compile()
        seed = jnp.uint32(1)

    def run() -> None:
        with jax.enable_x64(True):
            compiled(seed).block_until_ready()

    return run


def numpys(kind: str, mean: float, steps: int) -> Callable[[], None]:
    """The same by NumPy."""
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


def seconds(function: Callable[[], None]) -> float:
    """What the processor spends in one call; a busy machine disturbs that less than the clock."""
    start = time.process_time()
    function()
    return time.process_time() - start


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    options = parser(__doc__).parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, allowed_cores(1))  # before JAX counts them
    rounds = options.rounds or (3 if options.quick else 5)
    steps = 200 if options.quick else 1000
    before, rows, runs = table.loads(), [], {}
    cases = [("uniform", 0.0), ("normal", 0.0), *(("poisson", rate) for rate in RATES)]
    for kind, mean in cases:
        name = f"{kind}-{mean:g}" if mean else kind
        both = ours(kind, mean, steps), numpys(kind, mean, steps)
        for function in both:
            function()
        times = [[seconds(function) for function in both] for _ in range(rounds)]
        a, b = ([t / (steps * SIZE) * 1e9 for t in column] for column in zip(*times, strict=True))
        runs[name] = {"ours": a, "peer": b}
        rows.append(Row(name, median(a), median(b), f"NumPy {np.__version__}", "ns/number"))
    from spikesim.native import why_missing

    details = {"cores": 1, "rounds": rounds, "loads_before": before, "loads_after": table.loads(),
               "kernels": why_missing() or "C++", "runs": runs}  # fmt: skip
    if not options.json:
        print(f"loads of the machine before {before}, after {details['loads_after']}\n")
    table.report("noise", rows, details, options.json, options.save)


if __name__ == "__main__":
    sys.exit(main())

"""What the time of a step is made of: CUBA (Brette et al. 2007) on our backend and on XLA.

Without spikes (the threshold is out of reach) a step takes a time of its own and a time a neuron:
the line through several sizes. What spikes add is the difference to a run with them; `all` is that
run, `cobahh` one of COBAHH, which is full of exponentials. Nothing is recorded. Times are the
processor's, of the second half of a run.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

from contest import PRECISIONS, ending, finish, hold, parser, rounds, seconds
from events import line
from ours import example
from table import Row, median

SIZE = 4000
SIZES = (100, 1000, 10_000, SIZE)
COBAHH_SIZE = 1000
MODES: dict[str, dict[str, Any]] = {
    **{name: {"precision": name} for name in PRECISIONS},
    "conformance": {"conformance": True},
}
UNITS = {"own": "us/step", "neuron": "ns/neuron", "spikes": "us/step", "all": "us/step",
         "cobahh": "us/step"}  # fmt: skip


def compiled(name: str, n: int, backend: str, mode: str) -> Any:
    """An example with `n` neurons, recording nothing."""
    net = example(name).network(n)
    net.requests.clear()
    return net.compile(backend, **MODES[mode])


def step(model: Any, steps: int, spiking: bool = True) -> float:
    """us a step."""
    from spikesim.units import ms, mV

    params = {} if spiking else {"exc.V_th": 0 * mV, "inh.V_th": 0 * mV}
    runs = [partial(model.run, k * steps * 0.1 * ms, params=params) for k in (1, 2)]
    half, whole = (seconds(run) for run in runs)
    return (whole - half) / steps * 1e6


def measure(options: argparse.Namespace, backend: str, mode: str) -> dict[str, list[float]]:
    """The figures of UNITS in every round."""
    updates = 10**7 if options.quick else 5 * 10**7
    models = {n: compiled("cuba", n, backend, mode) for n in SIZES}
    cobahh = compiled("cobahh", COBAHH_SIZE, backend, mode)
    found: dict[str, list[float]] = {name: [] for name in UNITS}
    for _ in range(rounds(options)):
        silent = {n: step(model, updates // n, spiking=False) for n, model in models.items()}
        spiking = step(models[SIZE], updates // SIZE)
        slope, own = line(silent)[:2]
        with_exponentials = step(cobahh, updates // COBAHH_SIZE // 20)
        figures = own, slope * 1e3, spiking - silent[SIZE], spiking, with_exponentials
        for name, figure in zip(found, figures, strict=True):
            found[name].append(figure)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    options = parser(__doc__).parse_args(arguments)
    hold(options.cores)
    from spikesim.backends import choose

    chosen, _ = choose(options.backend)
    mine = chosen.name
    rows, runs = [], {}
    for mode in [*options.precision, "conformance"]:
        runs[mode] = {b: measure(options, b, mode) for b in dict.fromkeys((mine, "jax"))}
        ours, xla = runs[mode][mine], runs[mode]["jax"]
        for name, unit in UNITS.items():
            row = f"step-{name}{ending(mode)}"
            rows.append(Row(row, median(ours[name]), median(xla[name]), "jax", unit))
    finish("step", rows, options, backend=mine, runs=runs)


if __name__ == "__main__":
    sys.exit(main())

"""Networks for chips: the time to fit, quantise and export 10,000 neurons; digits on each target.

The large network: 10,000 leaky integrate-and-fire neurons, 1,000 sources, 100 synapses a neuron
(--quick: 20, and a third of the test images). Times are the processor's, medians over the rounds; a
stage holds those before it. A target that it does not fit has no times but that of the fit.

The classifier (digits.py) is trained once for each kind of reset, on a quarter of the pixels, and
as integrators that do not leak; a target gets the first that it can hold. `ours` is the per cent of
test images that it gets right in the target's integers, `peer` what the network gets right as it
was written, in float64. --markdown prints the table of docs/guide/hardware.md. Whatever lies in
spikesim/exporters/targets is measured. Networks run on the reference, in float64: --backend and
--precision change nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import digits
import numpy as np
from contest import finish, hold, parser, rounds, seconds
from table import Row, median

NEURONS, SOURCES, STEPS = 10_000, 1000, 20


def large(indegree: int) -> Any:
    """The network whose export is timed."""
    import spikesim as sp
    from spikesim.units import Hz, ms, pA

    net = sp.Network(dt=1 * ms, seed=1)
    source = net.population("in", SOURCES, sp.poisson(rate=50 * Hz))
    cells = net.population("cells", NEURONS, sp.neurons.LIF(tau_m=20 * ms, t_ref=0 * ms))
    current = sp.synapses.ExpCurrent(tau=4 * ms)
    for group, weight in (
        (source, sp.normal(100 * pA, 50 * pA)),
        (cells, sp.normal(-20 * pA, 5 * pA)),
    ):
        net.project(
            group, cells, sp.fixed_indegree(indegree // 2), synapse=current, weight=weight,
            delay=0 * ms,
        )  # fmt: skip
    return net


def times(target: str, net: Any, options: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of each stage in every round; each holds the ones before, as a user calls them."""
    from spikesim import exporters
    from spikesim.units import ms

    stages = {"fit": partial(exporters.fit, net, target)}
    if exporters.fit(net, target).fits:
        stages["quantize"] = partial(exporters.quantize, net, target)
        stages["export"] = partial(exporters.export, net, target, duration=STEPS * ms)
    found: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(rounds(options)):
        for name, stage in stages.items():
            with tempfile.TemporaryDirectory() as place:
                if name == "export":
                    stage = partial(stage, path=Path(place) / "out")
                found[name].append(seconds(stage))
    return found


@dataclass(frozen=True)
class Score:
    """Of one target: per cent right as written (None: no classifier fits) and in integers; the
    reset of the classifier; of the output spikes, F1 in the same step; or what did not fit of the
    classifier that comes nearest."""

    written: float | None = None
    integer: float | None = None
    reset: str = ""
    f1: float | None = None
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained network, and its runs as it was written: one, or one an image. counts: of its
    output spikes, [steps, classes], one run after the other; right: per cent of the images."""

    reset: str
    net: Any
    runs: list[Any]
    counts: np.ndarray
    right: float


def classifiers(images: tuple[digits.Images, digits.Images], epochs: int) -> list[Classifier]:
    """One for each kind of reset; and, subtracting, one of 16 pixels, for chips of few inputs, and
    one that does not leak."""
    from spikesim.exporters.sampled import sample

    few = digits.coarser(images[0]), digits.coarser(images[1])
    made = []
    value, lowered = digits.RESETS
    for name, reset, (trained, tested), leaks in (
        (value, value, images, True),
        (lowered, lowered, images, True),
        (f"{lowered}, 16 pixels", lowered, few, True),
        (f"{lowered}, no leak", lowered, images, False),
    ):
        weights = digits.train(trained, reset, epochs, leaks)
        parts = [tested.pixels] if leaks else np.split(tested.pixels, len(tested.pixels))
        nets = [digits.network(weights, part, reset, leaks) for part in parts]
        steps = len(parts[0]) * (digits.SHOWN + digits.PAUSE)
        runs = [sample(net, steps * net.dt) for net in nets]
        counts = np.concatenate([run.cells["digits"] for run in runs])
        right = digits.accuracy(counts, tested.digits)
        made.append(Classifier(name, nets[0], runs, counts, right))
    return made


def score(target: str, made: list[Classifier], tested: digits.Images) -> Score:
    """The first classifier that fits, in the target's integers."""
    from spikesim import exporters

    broken: list[tuple[str, ...]] = []
    for one in made:
        fit = exporters.fit(one.net, target)
        if fit.fits:
            chip = exporters.quantize(one.net, target)
            found = np.concatenate([chip.run(run.sources).spikes["digits"] for run in one.runs])
            right = digits.accuracy(found, tested.digits)
            f1 = exporters.match(one.counts, found).exact
            return Score(one.right, right, one.reset, f1)
        broken.append(tuple(f"{f.place}: {f.detail}" for f in fit.broken))
    return Score(broken=min(broken, key=len))


def markdown(scores: dict[str, Score]) -> str:
    """The table of the guide."""
    lines = ["| target | reset | as written, float64 | in integers | F1 of output spikes |",
             "|---|---|---|---|---|"]  # fmt: skip
    for name, s in scores.items():
        if s.written is None:
            lines.append(f"| `{name}` | does not fit: {'; '.join(s.broken)} | | | |")
        else:
            lines.append(
                f"| `{name}` | {s.reset} | {s.written:.1f}% | {s.integer:.1f}% | {s.f1:.3f} |"
            )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    made = parser(__doc__)
    made.add_argument("--markdown", action="store_true", help="only the table of the guide")
    options = made.parse_args(arguments)
    hold(options.cores)
    from spikesim.exporters import targets

    images = digits.load(tested=360)
    if options.quick:
        images = images[0], digits.Images(images[1].pixels[:120], images[1].digits[:120])
    trained = classifiers(images, epochs=30)
    scores = {name: score(name, trained, images[1]) for name in targets.names()}
    if options.markdown:
        print(markdown(scores))
        return
    net = large(20 if options.quick else 100)
    runs = {name: times(name, net, options) for name in targets.names()}
    rows = [
        Row(f"export-{name}-{stage}", median(took), None, "none", "s")
        for name, stages in runs.items() for stage, took in stages.items()
    ]  # fmt: skip
    rows += [
        Row(f"digits-{name}", s.integer, s.written, "as written, float64", "%")
        for name, s in scores.items() if s.integer is not None
    ]  # fmt: skip
    if not options.json:
        for name, s in scores.items():
            for line in s.broken:
                print(f"{name}: the classifier does not fit: {line}")
    finish("export", rows, options, runs=runs, scores={k: vars(s) for k, s in scores.items()})


if __name__ == "__main__":
    sys.exit(main())

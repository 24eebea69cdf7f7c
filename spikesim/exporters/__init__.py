"""Networks for neuromorphic chips: does it fit, what is rounded, what survives, and the proof.

    fit(net, "loihi2")               every rule: value, limit, place, remedy
    quantize(net, "loihi2")          the network in the chip's integers, to be run here bit for bit
    compare(net, "loihi2", 100*ms)   what rounding does to its spikes, by cause
    export(net, "loihi2", "out")     a folder with all of it, golden vectors included
    estimate(net, "loihi2", 100*ms)  a model of its energy and time
    verify("out", "lava")            somebody else's software on that folder

A network is read from its program before the passes: a leaky integrate-and-fire neuron is one
whoever wrote its equations. docs/guide/hardware.md is the guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UnknownNameError, did_you_mean
from . import artefact, chip, chip_jax, energy, targets
from .chip import Chip, Trace, mixed
from .energy import Estimate
from .match import Errors, Match, match
from .nir import fit_nir, readers
from .normal import normal_form
from .program import fit_program, forms
from .pynn import fit_pynn, profiles
from .report import Fit
from .sampled import Sample, sample
from .target import Target
from .verify import verify

if TYPE_CHECKING:
    from ..network import Network

__all__ = [
    "Errors", "Estimate", "Fit", "Match", "Quantized", "compare", "estimate", "export", "fit",
    "match", "quantize", "targets", "verify",
]  # fmt: skip


_INTERPRETERS = {"numpy": chip.run, "jax": chip_jax.run}


@dataclass(frozen=True, eq=False)
class Quantized:
    """A network in a target's numbers. real: before rounding. integers: after."""

    target: Target
    fit: Fit
    real: Chip
    integers: Chip

    def run(
        self,
        spikes: Mapping[str, np.ndarray],
        steps: int | None = None,
        integer: bool = True,
        backend: str = "numpy",
    ) -> Trace:
        """Run on spikes of the sources, [steps, size] each, bit for bit as the target does; or, in
        its order of operations, with real numbers. steps: of a network without sources. backend:
        "numpy", or "jax", which compiles first and is faster in long runs of small networks.

        Raises ParameterError for spikes of other groups or shapes, UnknownNameError for a backend.
        """
        if backend not in _INTERPRETERS:
            raise UnknownNameError(
                f"unknown backend {backend!r:.40}; {did_you_mean(backend, _INTERPRETERS)}"
            )
        made = self.integers if integer else self.real
        return _INTERPRETERS[backend](made, self.target.advance, spikes, steps)

    def alone(
        self, cause: str, spikes: Mapping[str, np.ndarray], steps: int | None = None
    ) -> Trace:
        """Real numbers, with one cause of errors switched on: "weights", one of the target's
        `causes`, or "parameters", all that is rounded before the run."""
        made = (
            replace(self.integers, integer=False)
            if cause == "parameters"
            else mixed(self.real, self.integers, self.target.causes, cause)
        )
        return chip.run(made, self.target.advance, spikes, steps)


def fit(network: Network, target: Any) -> Fit:
    """Does the network fit the target? Nothing is raised for one that does not.

    target: a chip, a profile of PyNN, "nir" or a reader of NIR, a form of programs. Raises
    UnknownNameError for an unknown target, and what `build` raises.
    """
    if isinstance(target, str) and target in profiles():
        return fit_pynn(network, target)
    if isinstance(target, str) and target in ("nir", *readers.names()):
        return fit_nir(network, "" if target == "nir" else target)
    if isinstance(target, str) and target in forms():
        return fit_program(network, target)
    return _fit(network, _chip(target))[1]


def quantize(network: Network, target: Any) -> Quantized:
    """The network by the rule of a chip. Raises UnfitError where it does not fit, UnknownNameError
    for what is no chip."""
    found = _chip(target)
    normal, report = _fit(network, found)
    report.require()
    real = found.scale(normal)
    return Quantized(found, report, real, found.round(real))


def compare(
    network: Network, target: Any, duration: Any, slack: int = 2, seed: Any = None
) -> Errors:
    """What the target does to the network's spikes, as a whole and by cause.

    Causes: "order, reset", the target's rule in real numbers against the network as it was written;
    what is rounded, each alone, against that; "arithmetic", what truncation and saturation of the
    states add when all is rounded.

    The network runs for `duration` as it was written, in float64, and the spikes of its sources go
    to the target's model. slack: see Match. Raises UnfitError where it does not fit, ParameterError
    for a duration that is not one step or more, and whole ones.
    """
    made = quantize(network, target)
    return _compare(made, sample(network, duration, seed), slack)


def estimate(network: Network, target: Any, duration: Any, seed: Any = None) -> Estimate:
    """Energy and time of a run of `duration` on the target: a model, from published figures.

    Raises UnfitError where the network does not fit, ParameterError for a duration as in `compare`.
    """
    made = quantize(network, target)
    sampled = sample(network, duration, seed)
    trace = made.run(sampled.sources, sampled.steps)
    return energy.estimate(made.target, made.integers, trace)


def export(network: Network, target: Any, path: Any, duration: Any, seed: Any = None) -> Quantized:
    """Write a folder with the network for the target, its report and golden vectors.

    duration: of model time, for the golden vectors. Raises UnfitError where the network does not
    fit, ParameterError for a duration as in `compare`, FileError where the folder is there already
    or can't be written; then nothing is.
    """
    made = quantize(network, target)
    sampled = sample(network, duration, seed)
    trace = made.run(sampled.sources, sampled.steps)
    errors = _compare(made, sampled, 2)
    with artefact.new_folder(path) as folder:
        artefact.write_network(made.integers, folder)
        artefact.write_vectors(trace, folder)
        made.fit.write(folder)
        (folder / "match.txt").write_text(errors.text() + "\n", "utf-8")
        spent = energy.estimate(made.target, made.integers, trace)
        (folder / "energy.txt").write_text(spent.text() + "\n", "utf-8")
        (folder / "energy.json").write_text(spent.json() + "\n", "utf-8")
        made.target.write(made.integers, trace, folder)
    return made


def _chip(target: Any) -> Target:
    """A chip; what else can be exported to has a function of its own."""
    others = {"PyNN": profiles(), "NIR": ["nir", *readers.names()], "programs": forms()}
    if isinstance(target, Target) or target in targets.names():
        return targets.find(target)
    if isinstance(target, str) and target in others["PyNN"]:
        kind, call = "a profile of PyNN", f"pynn.write_pynn(net, path, {target!r}, duration)"
    elif target == "nir":
        kind, call = "no chip but NIR", "nir.write_nir(net, path)"
    elif isinstance(target, str) and target in others["NIR"]:
        kind, call = "no chip but NIR", f"nir.export_nir(net, path, {target!r}, duration)"
    elif isinstance(target, str) and target in others["programs"]:
        kind, call = "a form of programs", f"program.write_program(net, path, {target!r}, duration)"
    else:
        kinds = {"chips": targets.names(), **others}
        near = did_you_mean(target, (name for names in kinds.values() for name in names))
        known = near if "?" in near else "; ".join(f"{k}: {', '.join(v)}" for k, v in kinds.items())
        raise UnknownNameError(f"unknown target {target!r:.40}; {known}")
    raise UnknownNameError(
        f"{target!r} is {kind}: exporters.{call} writes it, exporters.fit checks it. What computes "
        f"its numbers here is for chips: {', '.join(targets.names())}"
    )


def _fit(network: Network, target: Target) -> tuple[Any, Fit]:
    from ..build import build
    from .canonical import recognise

    normal = normal_form(recognise(build(network)), target.drawn_to)
    name = type(target).__module__.rpartition(".")[2]
    return normal, Fit.of(name, target, tuple(target.check(normal)))


def _compare(made: Quantized, sampled: Sample, slack: int) -> Errors:
    driven = sampled.sources, sampled.steps
    trace, real = made.run(*driven), made.run(*driven, integer=False)
    groups = [layer.name for layer in made.real.layers]

    def against(expected: Mapping[str, np.ndarray], found: Trace) -> dict[str, Match]:
        return {g: match(expected[g], found.spikes[g], slack) for g in groups}

    causes = {c: against(real.spikes, made.alone(c, *driven))
              for c in ("weights", *made.target.causes)}  # fmt: skip
    causes = {"order, reset": against(sampled.cells, real), **causes}
    rounded = made.alone("parameters", *driven)
    causes["arithmetic"] = against(rounded.spikes, trace)
    found = {g: trace.spikes[g] for g in groups}
    expected = {g: sampled.cells[g] for g in groups}
    return Errors(against(sampled.cells, trace), causes, expected, found, made.real.dt)

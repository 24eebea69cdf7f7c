"""A Network becomes a folder with its program for another runtime."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import __version__
from ...backends import find as backend
from ...backends.base import Options, refuse_rough_times, refuse_unsupported
from ...build import build, checked_seed
from ...errors import ParameterError, UnfitError, UnsupportedError
from ...ir.program import PRECISE_OFFSET, Program
from ...passes import SYMBOLIC, lower
from .. import artefact
from ..match import match
from ..report import Fit
from ..sampled import Sample, sample
from ..target import Finding
from .form import Form
from .forms import find

if TYPE_CHECKING:
    from ...network import Network
    from .steps import Steps


def fit_program(network: Network, form: Any = "stablehlo") -> Fit:
    """Can the form have the network's program? Nothing is raised for one that it can't.

    Raises UnknownNameError for an unknown form, and what `build` raises.
    """
    return _fit(build(network), find(form))


def write_program(
    network: Network, path: Any, form: Any = "stablehlo", duration: Any = None, seed: Any = None,
    steps: Any = 1, precision: Any = "float64",
) -> Fit:  # fmt: skip
    """Write a folder with the program as a function of tensors, the report, and golden vectors.

    Spikes of sources go in, spikes of populations come out; the state is handed from call to call,
    from start.npz on. duration: of model time, for the golden vectors, which are the program's own,
    run by JAX; match.txt compares them with the network as it was written. steps: so many in a
    call. precision: "float64" or "float32".

    Raises UnfitError where the form can't have the network, FileError where the folder is there
    already or can't be written, ParameterError; then nothing is written.
    """
    chosen, program = find(form), build(network)
    _fit(program, chosen).require()
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        raise ParameterError(f"steps is {steps!r:.40}; expected how many steps a call takes, 1 on")
    if chosen.most and steps > chosen.most:
        raise ParameterError(f"steps is {steps}; {chosen.title} has {chosen.most} a call")
    options = Options.of(precision=precision)
    try:
        refuse_rough_times(lower(program, SYMBOLIC), options)
    except UnsupportedError as fault:
        raise UnfitError(str(fault)) from fault
    given = sample(network, duration, seed)
    whole = given.steps // steps * steps
    if not whole:
        raise ParameterError(
            f"the golden vectors have {given.steps} steps, fewer than the {steps} of a call; give "
            "a longer duration"
        )
    from .steps import steps_of

    made = steps_of(program, options.precision, steps)
    number = program.seed if seed is None else checked_seed(seed, "seed")
    spikes = {f"spikes/{name}": x[:whole] for name, x in given.sources.items()}
    found = made.run(spikes, number, whole)
    report = _fit(program, chosen)
    with artefact.new_folder(path) as folder:
        chosen.write(made, folder)
        np.savez_compressed(folder / "start.npz", **made.start)  # type: ignore[arg-type]
        np.savez_compressed(folder / "vectors.npz", **spikes, **found)  # type: ignore[arg-type]
        facts = _facts(made, program, options, number, whole)
        (folder / "program.json").write_text(json.dumps(facts, indent=1), "utf-8")
        (folder / "match.txt").write_text(_matches(given, found, whole) + "\n", "utf-8")
        report.write(folder)
        artefact.write_scripts(folder, "tensors.py", chosen.script)
    return report


def _fit(program: Program, form: Form) -> Fit:
    name = type(form).__module__.rpartition(".")[2]
    return Fit.of(name, form, tuple(_findings(program)))


def _findings(program: Program) -> Iterator[Finding]:
    from .steps import sources_of

    lowered = lower(program, SYMBOLIC)
    try:
        refuse_unsupported(lowered, backend("jax"))
    except UnsupportedError as fault:
        yield Finding("model", "the network", "breaks", str(fault), "use what backend='jax' runs")
    else:
        yield Finding("model", "the network", "fits", "all of it runs by JAX")
    for work in program.upkeep:
        yield Finding(
            "model", work.edges, "breaks", "its synapses are scaled or rewired at intervals, which "
            "is done between calls", "leave projection.every(...) out, or do it to the weights",
        )  # fmt: skip
    sources = sources_of(program)
    if len(sources) == len(program.neurons):
        yield Finding("model", "the network", "breaks", "it has no neurons", "add a population")
    for group in lowered.neurons:
        if group.name in sources:
            between = any(f.name == PRECISE_OFFSET for f in group.fields)
            text = f"{group.size} inputs: who spikes in a step, from outside"
            yield Finding(
                "sources", group.name, "breaks" if between else "fits",
                "it spikes between steps" if between else text,
                "precise=False" if between else "",
            )  # fmt: skip


def _facts(
    made: Steps, program: Program, options: Options, seed: int, steps: int
) -> dict[str, Any]:
    """program.json."""
    tensors = {
        side: [{"name": n, "type": str(x.dtype), "shape": x.shape} for n, x in tensors.items()]
        for side, tensors in (("inputs", made.inputs), ("outputs", made.outputs))
    }
    return {
        "format": "spikesim program", "format version": 1, "version": __version__,
        "dt in ms": program.dt, "precision": options.precision, "steps a call": made.steps,
        "steps of the golden vectors": steps, "seed": seed, **tensors,
    }  # fmt: skip


def _matches(given: Sample, found: dict[str, np.ndarray], steps: int) -> str:
    """The program's spikes against those of the network as it was written."""
    lines = [
        f"{name}: {match(x[:steps], found[f'spikes/{name}'].astype(np.int64))}"
        for name, x in given.cells.items()
    ]
    return "\n".join(lines or ["no population spikes"])

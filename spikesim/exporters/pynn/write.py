"""A Network becomes a folder with a script of PyNN, or a report of why it can't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...build import build
from .. import artefact
from ..canonical import recognise
from ..chip import Trace
from ..report import Fit
from ..sampled import sample
from .machine import Machine
from .machines import find
from .network import PyNetwork, describe
from .script import arrays_of, emit

if TYPE_CHECKING:
    from ...network import Network


def fit_pynn(network: Network, profile: Any = "pynn") -> Fit:
    """Can what the profile names have the network? Nothing is raised for one that does not fit.

    Raises UnknownNameError for an unknown profile, and what `build` raises.
    """
    return _fit(network, find(profile))[1]


def write_pynn(
    network: Network, path: Any, profile: Any = "pynn", duration: Any = None, seed: Any = None
) -> Fit:
    """Write a folder with network.py, its connections, the report and golden vectors.

    duration: of model time, for the golden vectors: spikes of the sources, which the script
    replays, and the spikes that they give here. Sources are silent in the first step: PyNN's NEST
    has no spikes then. Raises UnfitError where the network does not fit, FileError where the folder
    is there already or can't be written; then nothing is.
    """
    machine = find(profile)
    net, report = _fit(network, machine)
    report.require()
    run = sample(network, duration, seed, silent=1)
    adapted = machine.adapted(net)
    with artefact.new_folder(path) as folder:
        text = emit(adapted, machine, run.steps)
        (folder / "network.py").write_text(text, "utf-8")
        np.savez_compressed(folder / "network.npz", **arrays_of(adapted))  # type: ignore[arg-type]
        artefact.write_vectors(Trace({**run.sources, **run.cells}, {}), folder)
        report.write(folder)
        artefact.write_scripts(folder, "run_pynn.py")
    return report


def _fit(network: Network, machine: Machine) -> tuple[PyNetwork, Fit]:
    net = describe(recognise(build(network), beyond=True))
    name = type(machine).__module__.rpartition(".")[2]
    return net, Fit.of(name, machine, tuple(machine.check(net)))

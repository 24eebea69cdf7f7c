"""From a network to results: the map of the library.

network  --build-->  program  --passes-->  lowered program  --backend-->  executable
executable + values of a run  --run-->  recorded arrays  -->  results
"""

from __future__ import annotations

import os
import time
from typing import Any

from .backends import choose
from .backends.base import Options
from .backends.memory import Memory, estimate, with_recordings
from .backends.synapses import planned
from .build import build
from .errors import UnknownNameError, did_you_mean, raise_all
from .model import Model
from .native import why_missing
from .network import Network
from .passes import SYMBOLIC, lower
from .results import Results

COMPILING = ("precision", "conformance", "deterministic", "weights")
RUNNING = ("params", "seed", "until", "every", "sink", "progress", "checkpoint")


def compile_network(network: Network, backend: str = "auto", **options: Any) -> Model:
    """A snapshot of the network, ready to run as a function of parameters, seed and duration.

    backend: "cpp", "jax", "cuda", "numpy", or "auto": cuda where there is a GPU and
    the network is not too small for it, else cpp where it was built, else jax.
    precision: "float32" (default) or "float64". conformance: float64 in which every backend gives
    the same bits. deterministic: the same results on any number of threads, run after run; refused
    where it can't be promised. weights: "float16" or "float32", to store them so (cpp, cuda).

    Raises SeveralErrors with all faults of the network, UnknownNameError for an unknown backend or
    option, UnsupportedError for what the backend lacks.
    """
    _check_names(options, COMPILING)
    choose(backend)  # or say that there is none of that name
    how = Options.of(**options)
    began = time.perf_counter()
    model = Model.of(build(network), how, backend)
    model.took = time.perf_counter() - began
    return model


def run_network(network: Network, duration: Any, backend: str = "auto", **options: Any) -> Results:
    """Compile and run once; `options` are those of compile_network and of Model.run."""
    _check_names(options, COMPILING + RUNNING)
    running = {name: options.pop(name) for name in RUNNING if name in options}
    return compile_network(network, backend, **options).run(duration, **running)


def estimate_memory(
    network: Network, backend: str = "auto", duration: Any = None, **options: Any
) -> Memory:
    """About what the network would take in memory; nothing is allocated.

    duration: with recordings, see Model.memory. Raises as compile_network does, except that a
    network may be too large for this machine.
    """
    _check_names(options, COMPILING)
    choose(backend)
    how, built = Options.of(**options), build(network)
    chosen, _ = choose(backend, built)
    program = lower(built, SYMBOLIC)
    native = chosen.name != "numpy" and not why_missing()
    tables = planned(program, how, chosen.name != "jax", chosen.name) if native else None
    threads = (os.cpu_count() or 1) if native else 1
    found = estimate(program, how, tables, threads, threads)
    return found if duration is None else with_recordings(found, program, how, duration)


def _check_names(options: dict[str, Any], known: tuple[str, ...]) -> None:
    raise_all(
        "the call",
        [
            UnknownNameError(f"unknown option {name!r}; {did_you_mean(name, known)}")
            for name in options
            if name not in known
        ],
    )

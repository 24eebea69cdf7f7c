"""What a backend is: Program -> Executable; and what an executable gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np

from ..errors import ParameterError, SpikesimError, UnsupportedError, raise_all
from ..ir.program import PRECISE_OFFSET, Program
from ..passes.layout import is_static

Precision = Literal["float32", "float64"]


@dataclass(frozen=True)
class Options:
    """How to compile.

    conformance: float64 in which every backend gives the same bits. deterministic: the same
    results on any number of threads, run after run. weights: the type in which they are stored;
    empty for the precision of the run.
    """

    precision: Precision = "float32"
    conformance: bool = False
    deterministic: bool = False
    weights: Literal["", "float16", "float32"] = ""

    @classmethod
    def of(
        cls,
        precision: Any = None,
        conformance: Any = False,
        deterministic: Any = False,
        weights: Any = "",
    ) -> Options:
        """Options as a user gives them. Raises SeveralErrors or ParameterError."""
        faults: list[SpikesimError] = []
        if isinstance(precision, str) and precision == "float32" and conformance is True:
            faults.append(
                ParameterError(
                    "precision='float32' with conformance=True: conformance is a kind of float64; "
                    "leave one of them out"
                )
            )
        precision = "float32" if precision is None else precision
        if not isinstance(precision, str) or precision not in get_args(Precision):
            faults.append(
                ParameterError(
                    f"unknown precision {precision!r:.40}; choose 'float32' or 'float64'"
                )
            )
        for name, value in (("conformance", conformance), ("deterministic", deterministic)):
            if not isinstance(value, bool):
                faults.append(ParameterError(f"{name} is {value!r:.40}; expected True or False"))
        if not isinstance(weights, str) or weights not in ("", "float16", "float32"):
            faults.append(
                ParameterError(
                    f"weights are to be stored as {weights!r:.40}; choose 'float16' or "
                    "'float32', or leave it out"
                )
            )
        elif weights and conformance is True:
            faults.append(
                ParameterError(
                    f"weights={weights!r} with conformance=True: conformance needs float64 "
                    "weights; leave one of them out"
                )
            )
        raise_all("the options", faults)
        return cls(
            "float64" if conformance else precision,
            conformance,
            deterministic,
            weights,
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        """The floating point type of states and parameters."""
        return np.dtype(self.precision)

    @property
    def weight_dtype(self) -> np.dtype[Any]:
        """The type in which weights are stored."""
        return np.dtype(self.weights or self.precision)


State = dict[str, Any]
Found = tuple[np.ndarray, np.ndarray]
Log = tuple[np.ndarray, ...]
Chunk = tuple[State, Found, dict[str, np.ndarray], dict[str, Log]]


class Running(Protocol):
    """A program with the values and the seed of a run.

    A state is all that a run needs to go on: arrays by name ("group.field", and a backend's own),
    some of them tuples of arrays. It is never changed in place. chunk: steps to take at a time.
    """

    chunk: int

    def start(self) -> State:
        """The state at t = 0."""
        ...

    def resend(self, state: State, n: int) -> State:
        """The state at step `n` of a run with other values or another seed, as this run takes it.

        Of a spike under way nothing is settled: it arrives with the weights of this run.
        """
        ...

    def advance(self, state: State, n: int, count: int) -> Chunk:
        """Take `count` steps from step `n`.

        Returns (state, spikes as (steps, sources) sorted, samples by probe [samples, elements],
        logs by probe of events, for those that are `logged`: steps and positions in the view,
        sorted, and the values of each variable).
        """
        ...


class Executable(Protocol):
    """A program made ready to run; a function of parameter values, a seed and a number of steps.

    program: as it went through the passes that the backend wants. binder: see `binding`. memory:
    what it takes, by part; see `memory`.
    """

    program: Program
    binder: Any
    memory: Any

    @property
    def compilations(self) -> int:
        """How often a compiler was at work."""
        ...

    def explain(self) -> list[str]:
        """What this backend decided, such as how synapses are stored, in lines."""
        ...

    def prepare(self, values: Mapping[str, np.ndarray], seed: int) -> Running:
        """Make ready for a run. `values` are bound (see `binding`)."""
        ...


class Backend(Protocol):
    """A way to run programs."""

    name: str

    def unavailable(self) -> str:
        """Why it can't be used here; empty if it can."""
        ...

    def unsuited(self, program: Program) -> str:
        """Why "auto" had better take another for this program, before the passes; empty if not."""
        return ""

    def lower(self, program: Program, options: Options) -> Executable:
        """Make ready. `program` has been through the symbolic passes.

        Raises UnsupportedError for what the backend lacks.
        """
        ...


def refuse_stored_weights(options: Options, backend: str) -> None:
    """Raise UnsupportedError for weights in a type of their own."""
    if options.weights:
        raise UnsupportedError(
            f"the backend {backend!r} keeps weights in the precision of the run, not in "
            f"{options.weights}; use backend='cpp', or leave weights={options.weights!r} out"
        )


def refuse_rough_times(program: Program, options: Options) -> None:
    """Raise UnsupportedError for precise groups in float32, which has no room for their times."""
    between = [n.name for n in program.neurons if any(f.name == PRECISE_OFFSET for f in n.fields)]
    if between and options.precision != "float64":
        raise UnsupportedError(
            f"population {between[0]!r} is precise, which needs precision='float64'; got "
            f"{options.precision!r}: write net.compile(precision='float64') or net.run(..., "
            "precision='float64')"
        )


def refuse_unsupported(program: Program, backend: Backend) -> None:
    """Raise UnsupportedError, naming everything that the backend, or any, does not run yet."""
    lacking = [
        f"edges {e.name!r}: blocks that write more than one port by a fixed weight"
        for e in (*program.edges, *program.timed)
        if not is_static(e)
    ]
    if lacking:
        raise UnsupportedError(
            f"the backend {backend.name!r} can't run: "
            + "; ".join(lacking)
            + ". No backend of this version can."
        )

"""Every error that spikesim raises on purpose.

    SpikesimError
    |-- DescriptionError (ValueError)   what was written can't be a network
    |   |-- EquationError               text that doesn't parse, or a name that isn't declared
    |   |-- DimensionError              units that don't fit
    |   |-- ParameterError              a value that is missing, not finite, or out of range
    |   |-- ConnectivityError           a projection that can't be drawn
    |   |-- TooLargeError (MemoryError)  a network that does not fit into memory
    |   |-- UnfitError                  a network that a neuromorphic chip can't hold
    |   |-- UnknownNameError            a population, variable, rule, model or backend nobody knows
    |   |   `-- UnknownAttributeError (AttributeError)  the same, written as `sp.name`
    |   `-- SeveralErrors               more than one of the above, reported together
    |-- UnsupportedError                a feature that this backend lacks, with one that has it
    |-- ProgramError                    a fault of ours: a pass made a program that verify refuses
    |-- FileError (OSError)             a file that can't be written, or isn't what it should be
    |   |-- CheckpointError             one that no run can go on from
    |   `-- RecordingError              recordings on disk
    `-- RunError                        what goes wrong while a network runs
        `-- NotFiniteError              a state became NaN or infinite

RunWarning (RuntimeWarning) is what a run warns of, once each: see `watch`.

A message says what was got, what was expected and how to mend it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any


class SpikesimError(Exception):
    """Root of the family: catch this to catch all."""


class DescriptionError(SpikesimError, ValueError):
    """What was written can't be a network."""


class EquationError(DescriptionError):
    """A line of equations that can't be read; the message marks the place with a caret."""


class DimensionError(DescriptionError):
    """Units that don't fit together."""


class ParameterError(DescriptionError):
    """A value that is missing, not finite, or outside its meaning."""


class ConnectivityError(DescriptionError):
    """A projection that can't be drawn."""


class TooLargeError(DescriptionError, MemoryError):
    """A network that does not fit into memory."""


class UnfitError(DescriptionError):
    """A network that a neuromorphic chip can't hold, with every rule that it breaks."""


class UnknownNameError(DescriptionError):
    """A name that nobody has declared."""


class UnknownAttributeError(UnknownNameError, AttributeError):
    """A name that a module of spikesim does not have."""


class SeveralErrors(DescriptionError):
    """All the faults of one description; `errors` holds them in order."""

    def __init__(self, subject: str, errors: Sequence[SpikesimError]):
        self.subject, self.errors = subject, tuple(errors)
        listed = "\n".join(
            f"  {k}. {str(error).replace(chr(10), chr(10) + '     ')}"
            for k, error in enumerate(errors, 1)
        )
        super().__init__(f"{subject} has {len(errors)} faults:\n{listed}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.subject, self.errors)


class UnsupportedError(SpikesimError):
    """A feature that the chosen backend lacks."""


class ProgramError(SpikesimError):
    """A program that breaks the rules of the IR: a fault of spikesim, please report it."""


class FileError(SpikesimError, OSError):
    """A file that can't be written or read, or that is not what it should be."""


class CheckpointError(FileError):
    """A checkpoint that is missing, broken, of another run, or can't be written."""


class RecordingError(FileError):
    """A recording on disk that can't be written or read."""


class RunError(SpikesimError):
    """What goes wrong while a network runs."""


class NotFiniteError(RunError):
    """A state variable became NaN or infinite, of a neuron of a group."""

    def __init__(self, message: str, group: str = "", neuron: int = 0):
        super().__init__(message)
        self.group, self.neuron = group, neuron


class RunWarning(RuntimeWarning):
    """A run that most likely is not what was meant, or that was interrupted."""


def raise_all(subject: str, errors: Sequence[SpikesimError]) -> None:
    """Raise nothing, the one error, or all of them together."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralErrors(subject, errors)


def did_you_mean(name: Any, known: Iterable[str]) -> str:
    """A half sentence for error messages: the nearest known names, or all of them if few."""
    known = sorted(set(known))
    by_lower = {word.lower(): word for word in known}
    near = difflib.get_close_matches(str(name).lower(), by_lower, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(by_lower[word]) for word in near) + "?"
    if 0 < len(known) <= 12:
        return "known are: " + ", ".join(known)
    return "no similar name is known"

"""Where recordings go: what a sink is; memory, and nowhere. On disk: see `disk`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .columns import Column, Entries, Piece, joined

Mark = dict[str, np.ndarray]


class Sink:
    """Where recordings go. A run calls `open`, then `add` with each piece, then `close` and
    `content`; or `abandon`, at any time after `open`. For a checkpoint it calls `mark`, after an
    `add`. This one keeps nothing: override what you need.

    lasting: what it keeps outlives the process.
    """

    lasting = False

    @property
    def elsewhere(self) -> str:
        """Where what was recorded is, as half a sentence; empty where `content` has it."""
        return f"what was recorded went to the sink {type(self).__name__}"

    def open(
        self, columns: Iterable[Column], about: dict[str, Any], mark: Mark | None = None
    ) -> None:
        """Get ready; with a mark, to go on from there, in another process maybe.

        columns: what will come. about: dt (ms) and first step of the recording, seed, backend,
        version; run: which run this is, where it has checkpoints, otherwise "".
        """

    def add(self, piece: Piece, end: int) -> None:
        """Take what a chunk gave: entries by column, (steps, values, ...). Steps ascend, in a piece
        and from one to the next. end: the step after the last of the chunk: up to there nothing is
        missing in any column but a rate, whose bin is handed out when it is over."""

    def content(self) -> dict[str, Entries]:
        """All that was recorded, by column: what is not there is not in the results of the run."""
        return {}

    def mark(self) -> Mark:
        """What a checkpoint keeps of it: arrays by name. What it counts on is on the disk."""
        return {}

    def close(self, end: int, final: dict[str, dict[str, np.ndarray]], complete: bool) -> None:
        """No more will come. end: the step after the last; final: states, by population and name;
        complete: False where the run was interrupted. `content` may be asked after it."""

    def abandon(self) -> None:
        """The run failed: let go of what others wait for. It may come before anything was added."""


class Nowhere(Sink):
    """Takes everything and keeps nothing."""

    elsewhere = "with sink=sp.to_nowhere() nothing is kept; leave it out to record in memory"


class Memory(Sink):
    """Everything in memory."""

    elsewhere = ""

    def open(
        self, columns: Iterable[Column], about: dict[str, Any], mark: Mark | None = None
    ) -> None:
        self.columns = list(columns)
        self.parts: dict[str, list[Entries]] = {c.name: [] for c in self.columns}
        if mark is not None:
            for c in self.columns:
                self.parts[c.name] = [marked(c, mark)]

    def add(self, piece: Piece, end: int) -> None:
        for name, entries in piece.items():
            if len(entries[0]):
                self.parts[name].append(entries)

    def content(self) -> dict[str, Entries]:
        for c in self.columns:
            parts = self.parts[c.name]
            if len(parts) != 1:
                self.parts[c.name] = [joined(c, parts)]
        return {name: parts[0] for name, parts in self.parts.items()}

    def mark(self) -> Mark:
        content = self.content()
        return {
            f"{c.name}/{part}": values
            for c in self.columns
            for part, values in zip(c.parts, content[c.name], strict=True)
        }


def marked(c: Column, mark: Mark) -> Entries:
    """The entries of a column in a mark, which is from a file: KeyError or ValueError where they
    can't be."""
    entries = tuple(mark[f"{c.name}/{part}"] for part in c.parts)
    for values, like in zip(entries, joined(c, []), strict=True):
        form = len(entries[0]), *like.shape[1:]
        if (values.shape, values.dtype) != (form, like.dtype):
            raise ValueError(f"{c.what} of {c.group}: {values.dtype} {values.shape}")
    if c.is_events and not ((entries[1] >= 0) & (entries[1] < len(c.neurons))).all():
        raise ValueError(f"{c.what} of {c.group}: a neuron that is not recorded")
    return entries

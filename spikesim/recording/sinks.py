"""Where recordings go: memory, or nowhere. On disk: see `disk`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .columns import Column, Entries, Piece, joined

Mark = dict[str, np.ndarray]


class Sink:
    """Where recordings go. This one takes everything and keeps nothing.

    lasting: what it keeps outlives the process.
    """

    lasting = False

    def open(
        self, columns: Iterable[Column], about: dict[str, Any], mark: Mark | None = None
    ) -> None:
        """Get ready; with a mark, to go on from there, in another process maybe.

        about: dt and first step of the recording, seed, backend, version; run: which run this is,
        where it has checkpoints, otherwise "".
        """

    def add(self, piece: Piece, end: int) -> None:
        """Take what a chunk gave. end: the step after its last."""

    def content(self) -> dict[str, Entries]:
        """All that was recorded, by column."""
        return {}

    def mark(self) -> Mark:
        """What a checkpoint keeps of it."""
        return {}

    def close(self, end: int, final: dict[str, dict[str, np.ndarray]], complete: bool) -> None:
        """No more will come. end: the step after the last; final: states, by population; complete:
        False where the run was interrupted."""

    def abandon(self) -> None:
        """The run failed: let go of what others wait for."""


class Memory(Sink):
    """Everything in memory."""

    def open(
        self, columns: Iterable[Column], about: dict[str, Any], mark: Mark | None = None
    ) -> None:
        self.columns = list(columns)
        self.parts: dict[str, list[Entries]] = {c.name: [] for c in self.columns}
        if mark is not None:
            for c in self.columns:
                self.parts[c.name] = [tuple(mark[f"{c.name}/{part}"] for part in c.parts)]

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

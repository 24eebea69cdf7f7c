"""Where recordings go: memory, or nowhere. On disk: see `disk`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .columns import Column, Pair, Piece, joined

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

    def add(self, piece: Piece) -> None:
        """Take what a chunk gave."""

    def content(self) -> dict[str, Pair]:
        """All that was recorded, by column."""
        return {}

    def mark(self) -> Mark:
        """What a checkpoint keeps of it."""
        return {}

    def close(self, end: int, final: dict[str, dict[str, np.ndarray]]) -> None:
        """No more will come. end: the step after the last; final: states, by population."""


class Memory(Sink):
    """Everything in memory."""

    def open(
        self, columns: Iterable[Column], about: dict[str, Any], mark: Mark | None = None
    ) -> None:
        self.columns = list(columns)
        self.parts: dict[str, list[Pair]] = {c.name: [] for c in self.columns}
        if mark is not None:
            for c in self.columns:
                self.parts[c.name] = [(mark[f"{c.name}/steps"], mark[f"{c.name}/values"])]

    def add(self, piece: Piece) -> None:
        for name, pair in piece.items():
            if len(pair[0]):
                self.parts[name].append(pair)

    def content(self) -> dict[str, Pair]:
        for c in self.columns:
            pairs = self.parts[c.name]
            if len(pairs) != 1:
                self.parts[c.name] = [joined(c, pairs)]
        return {name: pairs[0] for name, pairs in self.parts.items()}

    def mark(self) -> Mark:
        kept: Mark = {}
        for name, (steps, values) in self.content().items():
            kept[f"{name}/steps"], kept[f"{name}/values"] = steps, values
        return kept

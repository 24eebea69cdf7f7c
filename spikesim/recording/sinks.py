"""Where recordings go: memory, or nowhere. On disk: see `disk`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .columns import Column, Pair, Piece, joined


class Sink:
    """Where recordings go. This one takes everything and keeps nothing."""

    def open(self, columns: Iterable[Column], about: dict[str, Any]) -> None:
        """Get ready. about: dt and first step of the recording, seed, backend, version."""

    def add(self, piece: Piece) -> None:
        """Take what a chunk gave."""

    def content(self) -> dict[str, Pair]:
        """All that was recorded, by column."""
        return {}

    def mark(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps of it."""
        return {}

    def rewind(self, mark: dict[str, np.ndarray]) -> None:
        """Back to a mark, after `open`, in another process maybe."""

    def close(self, end: int, final: dict[str, dict[str, np.ndarray]]) -> None:
        """No more will come. end: the step after the last; final: states, by population."""


class Memory(Sink):
    """Everything in memory."""

    def open(self, columns: Iterable[Column], about: dict[str, Any]) -> None:
        self.columns = list(columns)
        self.parts: dict[str, list[Pair]] = {c.name: [] for c in self.columns}

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

    def mark(self) -> dict[str, np.ndarray]:
        kept: dict[str, np.ndarray] = {}
        for name, (steps, values) in self.content().items():
            kept[f"{name}/steps"], kept[f"{name}/values"] = steps, values
        return kept

    def rewind(self, mark: dict[str, np.ndarray]) -> None:
        for c in self.columns:
            self.parts[c.name] = [(mark[f"{c.name}/steps"], mark[f"{c.name}/values"])]

"""The GPU, through cuda.core; and what stands in for it."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import Structure
from typing import Any, Protocol

import numpy as np


class Memory(Protocol):
    """Memory of a device."""

    address: int
    nbytes: int


class Device(Protocol):
    """What a backend needs of a GPU.

    blocks: how many a launch has; all are there at the same time. lanes: threads of a block.
    """

    name: str
    blocks: int
    lanes: int

    def free_bytes(self) -> int | None:
        """Memory that may be taken; None where nobody knows."""
        ...

    def zeros(self, shape: Any, dtype: Any) -> Any:
        """New memory, of zeros."""
        ...

    def upload(self, array: np.ndarray) -> Any:
        """New memory with what is in an array."""
        ...

    def write(self, to: Any, array: np.ndarray) -> None:
        """Put an array into memory that there is."""
        ...

    def download(self, of: Any) -> np.ndarray:
        """A copy of what memory holds, with the shape and dtype it was made with."""
        ...

    def kernel(self, text: str, entry: str, exact: bool) -> Callable[[Any, Structure], None]:
        """A kernel of C++ code: a function of memory with its first argument and of its second.
        exact: no product is fused with a sum."""
        ...


replaced: Device | None = None  # see host.instead


def why_missing() -> str:
    """Why there is no GPU to run on; empty if there is one."""
    return "not yet"


def current() -> Device:
    """The GPU, or what stands in for it."""
    assert replaced is not None
    return replaced

"""Memory for large tables."""

from __future__ import annotations

import mmap
from contextlib import suppress
from typing import Any

import numpy as np


def allocate(shape: Any, dtype: Any) -> np.ndarray:
    """An array of zeros on pages of its own, large ones where there are: reads of a big table at
    random are faster so, and JAX takes it without a copy."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    # Private pages: shared ones, which Python takes by default, are never large.
    private = (
        {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    )
    pages = mmap.mmap(-1, max(size, 1), **private)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without large pages
            pages.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(pages, dtype, size // dtype.itemsize).reshape(shape)

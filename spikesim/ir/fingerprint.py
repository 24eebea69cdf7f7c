"""A number for a program: the same for the same network, another for any other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from .program import Program


def fingerprint(program: Program) -> str:
    """SHA-256 of all that a program holds, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in _parts(program):
        digest.update(part)
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    if is_dataclass(value):
        yield type(value).__name__.encode()
        for f in fields(value):
            yield f.name.encode()
            yield from _parts(getattr(value, f.name))
    elif isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        yield from _parts(value.item())
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype.str}{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif hasattr(value, "tocoo"):  # a sparse matrix of SciPy's
        matrix = value.tocoo()
        yield from _parts((matrix.shape, matrix.row, matrix.col, matrix.data))
    elif isinstance(value, tuple | list):
        yield f"({len(value)}".encode()
        for item in value:
            yield from _parts(item)
    else:
        yield f"{type(value).__name__}:{value!r};".encode()

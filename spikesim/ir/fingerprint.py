"""A number for a program: the same for the same network, another for any other; and its parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np

from .program import Field, Input, Probe, Program

_SUBJECTS = {
    "neurons": "population",
    "edges": "projection",
    "plastic": "plastic projection",
    "couplings": "coupling",
    "inputs": "stimulus",
    "probes": "recording",
    "clocks": "action",
    "links": "link",
    "synapse_probes": "recording of weights",
}


class Part(NamedTuple):
    """Part of a network. subject: "population 'exc'", or "" for the whole. name: "tau_m", "size".

    digest: a number for its value, hexadecimal. text: the value, where it is a number or a word.
    """

    subject: str
    name: str
    digest: str
    text: str


def outline(program: Program) -> tuple[Part, ...]:
    """All that a program holds, part by part, in the terms of the user."""
    found = []
    for f in fields(program):
        value = getattr(program, f.name)
        if f.name not in _SUBJECTS:
            found.append(_part("", f.name, value))
            continue
        for one in value:
            subject = _subject(_SUBJECTS[f.name], one)
            for inner in fields(one):
                held = getattr(one, inner.name)
                parts = held if inner.name == "fields" else ()
                found += [_part(subject, part.name, part) for part in parts]
                if inner.name != "fields":
                    found.append(_part(subject, inner.name, held))
    return tuple(found)


def fingerprint(program: Program) -> str:
    """SHA-256 of all that a program holds, as 64 hexadecimal digits."""
    return hashlib.sha256(repr(outline(program)).encode()).hexdigest()


def _subject(word: str, one: Any) -> str:
    if isinstance(one, Probe):
        what = one.variable or one.reduce or one.event
        return f"{word} {one.name}, {what!r} of {one.source.group!r}"
    place = f" of {one.target.group!r}" if isinstance(one, Input) else ""
    return f"{word} {one.name!r}{place}"


def _part(subject: str, name: str, value: Any) -> Part:
    digest = hashlib.sha256()
    for piece in _pieces(value):
        digest.update(piece)
    return Part(subject, name, digest.hexdigest()[:32], _text(value))


def _text(value: Any) -> str:
    if isinstance(value, Field):
        text, unit = _text(value.value), str(value.unit)
        return f"{text} {unit}" if text and unit not in ("", "1") else text
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        value = value.item()
    return f"{value}"[:40] if isinstance(value, bool | int | float | str) else ""


def _pieces(value: Any) -> Iterator[bytes]:
    if is_dataclass(value):
        yield type(value).__name__.encode()
        for f in fields(value):
            yield f.name.encode()
            yield from _pieces(getattr(value, f.name))
    elif isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        yield from _pieces(value.item())
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype.str}{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif hasattr(value, "tocoo"):  # a sparse matrix of SciPy's
        matrix = value.tocoo()
        yield from _pieces((matrix.shape, matrix.row, matrix.col, matrix.data))
    elif isinstance(value, tuple | list):
        yield f"({len(value)}".encode()
        for item in value:
            yield from _pieces(item)
    else:
        yield f"{type(value).__name__}:{value!r};".encode()

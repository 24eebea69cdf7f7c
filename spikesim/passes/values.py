"""Distributions of neurons' parameters and initial values become arrays, from the network's seed.

Stream: `group.v`; counter: (element, 0).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..distributions import Distribution
from ..ir.expr import Expr
from ..ir.program import Field, Neurons, Pieces, Program
from ..random import stream


def values(program: Program) -> Program:
    """No field of neurons is a Distribution."""
    return replace(program, neurons=tuple(_neurons(n, program.seed) for n in program.neurons))


def _neurons(group: Neurons, seed: int) -> Neurons:
    def drawn(f: Field, value: Any, index: Any) -> Any:
        if not isinstance(value, Distribution):
            return value
        element = np.arange(group.size) if index is None else index
        return value.draw(seed, stream(f"{group.name}.{f.name}"), element, 0)

    def value(f: Field) -> Any:
        if not isinstance(f.value, Pieces):
            return drawn(f, f.value, None)
        parts = tuple((index, drawn(f, part, index)) for index, part in f.value.parts)
        if any(isinstance(part, Expr) for _, part in parts):
            return Pieces(parts)
        whole = np.zeros(group.size)
        for index, part in parts:
            whole[slice(None) if index is None else index] = 0.0 if part is None else part
        return whole

    return replace(group, fields=tuple(replace(f, value=value(f)) for f in group.fields))

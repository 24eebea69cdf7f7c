"""Distributions of neurons' parameters and initial values become arrays, from the network's seed.

Stream: `group.v`; counter: (element, 0).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..distributions import Distribution
from ..ir.program import Field, Neurons, Program
from ..random import stream


def values(program: Program) -> Program:
    """No field of neurons is a Distribution."""
    return replace(program, neurons=tuple(_neurons(n, program.seed) for n in program.neurons))


def _neurons(group: Neurons, seed: int) -> Neurons:
    def value(f: Field) -> Any:
        if isinstance(f.value, Distribution):
            return f.value.draw(seed, stream(f"{group.name}.{f.name}"), np.arange(group.size), 0)
        return f.value

    return replace(group, fields=tuple(replace(f, value=value(f)) for f in group.fields))

"""From what a network means to what a backend runs: PIPELINE, in order.

Each pass is a function Program -> Program in a file of its own name; the result is verified. After
SYMBOLIC edges are rules still; a backend that can make its synapses from the rules goes on from
there, the others take CONCRETE as well. All take COUPLED.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ir.program import Program
from ..ir.verify import verify
from .couplings import couplings
from .delays import delays
from .draw import draw
from .hoist import hoist
from .inputs import inputs
from .integrate import integrate
from .layout import layout
from .plasticity import plasticity
from .precise import precise
from .refractory import refractory
from .stages import stages
from .synapses import synapses
from .timed import timed
from .values import values

Pass = Callable[[Program], Program]

SYMBOLIC: tuple[Pass, ...] = (
    refractory,  # holding becomes a counter, a flag and a condition on events
    inputs,  # stimuli and ports become statements of the groups they act on
    precise,  # spikes between the steps: what happens from one arrival to the next
    integrate,  # differential equations become the update of a step
    stages,  # which is cut where neurons are coupled within the step
    plasticity,  # what synapses do becomes responses, of synapses or, once for many, of neurons
    hoist,  # what only parameters decide is computed once, in the prologue
    values,  # distributions of neurons become arrays
    timed,  # edges whose spikes arrive between the steps become pairs
)
CONCRETE: tuple[Pass, ...] = (
    draw,  # rules become pairs, their distributions become arrays
    delays,  # milliseconds become steps
    layout,  # static edges become one table
)
COUPLED: tuple[Pass, ...] = (
    couplings,  # couplings become pairs, sorted by target
)
LEARNING: tuple[Pass, ...] = (
    synapses,  # plastic edges become pairs, sorted by source and target
)
PIPELINE = SYMBOLIC + CONCRETE + COUPLED + LEARNING


def lower(program: Program, passes: tuple[Pass, ...] = PIPELINE) -> Program:
    """Run the passes, verifying after each."""
    for one in passes:
        program = verify(one(program))
    return program

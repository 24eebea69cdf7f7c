"""What is to be recorded, as the user asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """`what` of a view, "spikes", "rate" or a state variable; every `every` (a time) or step.

    spikes: every spike of the elements in view. rate: their mean rate in bins of `every`. A state
    variable: samples at t = 0, every, 2 every, ... before the step that starts there. start, stop:
    times between which it is recorded; default the whole run. variables: of spikes, the state
    variables that are kept with each.
    """

    view: Any
    what: str
    every: Any = None
    start: Any = None
    stop: Any = None
    variables: tuple[str, ...] = ()

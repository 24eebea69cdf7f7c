"""A jump of one of the target's own variables."""

from __future__ import annotations


class Delta:
    """Each arrival adds the weight to a state variable of the target, the potential by default.

    A variable that stands still in the refractory period ignores arrivals meanwhile, as in NEST's
    `iaf_psc_delta` and in Brian2.
    """

    def __init__(self, variable: str = "v"):
        self.name = variable

    def __repr__(self) -> str:
        return f"Delta({self.name!r})"

"""XyloIMU, SYNS63300."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..target import Limit
from ._xylo import Xylo, expansions
from ._xylo import limits as common


class XyloIMU(Xylo):
    """496 hidden neurons with one synaptic time constant, 16 output neurons."""

    title = "SynSense XyloIMU"
    device = "syns63300"
    limits: ClassVar[Mapping[str, Limit]] = common(
        hidden=496, outputs=16, synapses=1, mapper="rockpool 3.1.0, syns63300/xylo_mapper.py"
    ) | expansions("rockpool 3.1.0, syns63300/xylo_samna.py")

"""XyloAudio 2, SYNS61201."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..energy import Cost
from ..target import Limit
from ._xylo import Xylo
from ._xylo import limits as common

_MAPPER = "rockpool 3.1.0, syns61201/xylo_mapper.py"
_POWER = (
    "Bos and Muir 2024, arXiv:2406.15112: of one network, beyond what is drawn at rest; "
    "it depends on the network"
)


class XyloA2(Xylo):
    """1000 hidden neurons with two synaptic time constants, 8 output neurons."""

    title = "SynSense XyloAudio 2"
    device = "syns61201"
    limits: ClassVar[Mapping[str, Limit]] = common(
        hidden=1000, outputs=8, synapses=2, mapper=_MAPPER
    )
    costs: ClassVar[Mapping[str, Cost]] = {"second": Cost(291e-6, None, _POWER, "guess")}

"""XyloAudio 3, SYNS65302."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..target import Limit
from ._xylo import Xylo, expansions
from ._xylo import limits as common

_RAM = "rockpool 3.1.0, syns65302/ram.py: the addresses of HFORAM and HWTRAM"


class XyloA3(Xylo):
    """992 hidden neurons with two synaptic time constants, 32 output neurons."""

    title = "SynSense XyloAudio 3"
    device = "syns65302"
    limits: ClassVar[Mapping[str, Limit]] = {
        **common(
            hidden=992, outputs=32, synapses=2, mapper="rockpool 3.1.0, syns65302/xylo_mapper.py"
        ),
        **expansions("rockpool 3.1.0, syns65302/xylo_samna.py"),
        "hidden synapses": Limit(31744, "pairs of hidden neurons with a synapse", _RAM, "guess"),
    }

"""SpiNNaker2 by s2_nir: forward Euler, weights and potentials in the chip's integers."""

from __future__ import annotations

from collections.abc import Iterable

from ...normal import Layer
from .norse import Norse


class SpiNNaker2(Norse):
    """The numbers are Norse's, as in the NIR paper. It is told ConversionConfig(dt=the network's,
    reset=ResetMethod.ZERO, integrator=IntegratorMethod.FORWARD, conn_delay=0)."""

    title = "SpiNNaker2, s2_nir.from_nir(graph, config)"
    verified = "by reading the NIR paper's scripts; s2_nir itself is not public"
    exact = "nothing is known to be: weights are rounded to integers"
    loops = ""
    source = "neuromorphs/NIR, paper/01_lif/lif_spinnaker2.py, docs supported_primitives.md"

    def lost(self, layer: Layer) -> Iterable[str]:
        """Digits."""
        yield "weights become integers of 8 bits; ConversionConfig(scale_weights=True)"

"""Our own CUDA kernels: a whole run inside one launch."""

from __future__ import annotations

from ...errors import UnsupportedError
from ...ir.program import Program
from ..base import Options, refuse_unsupported
from . import device
from .executable import CudaExecutable


class CudaBackend:
    """Runs on NVIDIA GPUs."""

    name = "cuda"

    def unavailable(self) -> str:
        return "" if device.replaced else device.why_missing()

    def lower(self, program: Program, options: Options) -> CudaExecutable:
        refuse_unsupported(program, self.name)
        between = [n.name for n in program.neurons if n.precise] + [e.name for e in program.timed]
        if between:
            raise UnsupportedError(
                f"the backend 'cuda' can't run {between[0]!r}: spikes between the steps of a "
                "population with precise=True; use backend='cpp', 'jax' or 'numpy', or leave "
                "precise=True out"
            )
        return CudaExecutable(program, options, device.current())


BACKEND = CudaBackend()

"""Our own CUDA kernels: a whole run inside one launch."""

from __future__ import annotations

from ...errors import UnsupportedError
from ...ir.program import Program
from ..base import Backend, Options, refuse_unsupported
from . import device
from .executable import CudaExecutable
from .placement import launch_bound


class CudaBackend(Backend):
    """Runs on NVIDIA GPUs."""

    name = "cuda"

    def unavailable(self) -> str:
        return "" if device.replaced else device.why_missing()

    def unsuited(self, program: Program) -> str:
        if device.replaced:
            return "there is no GPU, only what stands in for one"
        if _between(program):
            return "a population has precise=True"
        return super().unsuited(program) or launch_bound(program)

    def lower(self, program: Program, options: Options) -> CudaExecutable:
        refuse_unsupported(program, self)
        between = _between(program)
        if between:
            raise UnsupportedError(
                f"the backend 'cuda' can't run {between[0]!r}: spikes between the steps of a "
                "population with precise=True; use backend='cpp', 'jax' or 'numpy', or leave "
                "precise=True out"
            )
        return CudaExecutable(program, options, device.current())


def _between(program: Program) -> list[str]:
    """Who has spikes between the steps."""
    return [n.name for n in program.neurons if n.precise] + [e.name for e in program.timed]


BACKEND = CudaBackend()

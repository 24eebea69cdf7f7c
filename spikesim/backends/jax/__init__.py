"""JAX: CPU, GPU and TPU; differentiable; batched."""

from __future__ import annotations

import importlib.util

from ...ir.program import Program
from ..base import Backend, Executable, Options, refuse_stored_weights, refuse_unsupported


class JaxBackend(Backend):
    """Compiles the loop over steps with XLA. JAX is loaded when the first program is lowered."""

    name = "jax"

    def unavailable(self) -> str:
        if importlib.util.find_spec("jax") is None:
            return "JAX is not installed; pip install jax"
        return ""

    def lower(self, program: Program, options: Options) -> Executable:
        refuse_unsupported(program, self)
        refuse_stored_weights(options, self.name)
        from .executable import JaxExecutable

        return JaxExecutable(program, options)


BACKEND = JaxBackend()
